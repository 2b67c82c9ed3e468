"""What may be asked of a model, and what it came to: requests, answers and limits in, allowances and sums out.

Before a request the most it can take is counted, by a bound on characters; after it what the server says it took.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.spending import Allowance, MonthSpending, Spent
from reviewlore.domain.tokens import bound_tokens
from reviewlore.domain.usage import Usage

_MESSAGE_TOKENS = 8  # what a chat template puts around a message, at most
_PER = 1_000_000  # tokens that a price is for


def price(prompt_tokens: int, completion_tokens: int, settings: ModelSettings) -> float:
    """Return what tokens cost, in the currency of the settings' prices."""
    return (prompt_tokens * settings.price_in + completion_tokens * settings.price_out) / _PER


def find_allowance(month: Iterable[Spent], pull_request: Iterable[Spent], settings: ModelSettings) -> Allowance:
    """Return what may still be asked after what was spent, in this month and on this pull request."""
    rows = list(month)
    tokens = sum(row.tokens for row in rows)
    cost = sum(row.cost for row in rows)
    own = sum(row.tokens for row in pull_request)
    return Allowance(
        calls=settings.max_calls,
        tokens=max(0, settings.max_tokens - own) if settings.max_tokens else None,
        monthly_tokens=max(0, settings.monthly_tokens - tokens) if settings.monthly_tokens else None,
        monthly_cost=max(0.0, settings.monthly_cost - cost) if settings.monthly_cost else None,
    )


def admit(requests: Sequence[ModelRequest], allowance: Allowance, settings: ModelSettings) -> list[str]:
    """Return for each request why it may not be asked (empty: it may), so that all the others fit together."""
    reasons = []
    for request in requests:
        prompt = _prompt_tokens(request, settings)
        left = charge(allowance, prompt, request.answer_tokens, price(prompt, request.answer_tokens, settings))
        reasons.append(_shortage(left, settings))
        if not reasons[-1]:
            allowance = left
    return reasons


def charge(allowance: Allowance, prompt_tokens: int, completion_tokens: int, cost: float) -> Allowance:
    """Return what is left after one call; below zero where it took more than there was."""
    tokens = prompt_tokens + completion_tokens
    return Allowance(
        calls=None if allowance.calls is None else allowance.calls - 1,
        tokens=None if allowance.tokens is None else allowance.tokens - tokens,
        monthly_tokens=None if allowance.monthly_tokens is None else allowance.monthly_tokens - tokens,
        monthly_cost=None if allowance.monthly_cost is None else allowance.monthly_cost - cost,
    )


def measure(request: ModelRequest, outcome: ModelAnswer | ModelFailure, settings: ModelSettings) -> Usage:
    """Return what one call took; what a server does not tell is estimated, and a call without an end counts as read."""
    read = _prompt_tokens(request, settings)
    if isinstance(outcome, ModelFailure):
        tokens = read if outcome.kind in ("timeout", "broken") else 0
        return Usage(failed=1, prompt_tokens=tokens, seconds=outcome.seconds, cost=price(tokens, 0, settings))
    prompt = read if outcome.prompt_tokens is None else outcome.prompt_tokens
    written = outcome.completion_tokens
    if written is None:
        written = bound_tokens(outcome.text, settings.characters_per_token)
    return Usage(
        model=outcome.model,
        calls=1,
        prompt_tokens=prompt,
        completion_tokens=written,
        seconds=outcome.seconds,
        cost=price(prompt, written, settings),
    )


def add_up_usage(rows: Iterable[Usage], model: str) -> Usage:
    """Return what several calls took together."""
    total = Usage(model=model)
    for row in rows:
        total = replace(
            total,
            calls=total.calls + row.calls,
            failed=total.failed + row.failed,
            prompt_tokens=total.prompt_tokens + row.prompt_tokens,
            completion_tokens=total.completion_tokens + row.completion_tokens,
            seconds=total.seconds + row.seconds,
            cost=total.cost + row.cost,
        )
    return total


def median_latency(rows: Iterable[Usage]) -> float:
    """Return the median seconds of the calls that were answered; 0 where none was."""
    return median([row.seconds for row in rows if row.calls] or [0.0])


def summarise(rows: Sequence[Spent], month: str) -> MonthSpending:
    """Return what a month's reviews spent together; `models` counts the calls of each."""
    models: Counter[str] = Counter()
    for row in rows:
        models[row.model] += row.calls
    return MonthSpending(
        month=month,
        reviews=len(rows),
        calls=sum(row.calls for row in rows),
        failed=sum(row.failed for row in rows),
        prompt_tokens=sum(row.prompt_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
        cost=round(sum(row.cost for row in rows), 6),
        seconds=round(sum(row.seconds for row in rows), 3),
        latency=round(median([row.latency for row in rows if row.calls] or [0.0]), 3),
        models=dict(sorted(models.items())),
    )


def _prompt_tokens(request: ModelRequest, settings: ModelSettings) -> int:
    texts = (request.system, request.user)
    return sum(bound_tokens(text, settings.characters_per_token) + _MESSAGE_TOKENS for text in texts)


def _shortage(left: Allowance, settings: ModelSettings) -> str:
    """Return which limit would be passed, and by which key of the settings it is set."""
    if left.calls is not None and left.calls < 0:
        return f"The {settings.max_calls} calls a review may make (model.max-calls) are used up."
    if left.tokens is not None and left.tokens < 0:
        return f"The pull request's {settings.max_tokens} tokens (model.max-tokens) would be passed."
    if left.monthly_tokens is not None and left.monthly_tokens < 0:
        return f"The month's {settings.monthly_tokens} tokens (model.monthly-tokens) would be passed."
    if left.monthly_cost is not None and left.monthly_cost < 0:
        return f"The month's cost of {settings.monthly_cost:g} (model.monthly-cost) would be passed."
    return ""
