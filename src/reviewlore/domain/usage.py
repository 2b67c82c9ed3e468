"""What a model was shown of a change, and what asking it cost. Added up call by call, told in the summary."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which files of a change a model was shown: whole, in part (path -> lines left out), or not (path -> reason)."""

    covered: tuple[str, ...] = ()
    clipped: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked of a model in one review.

    `calls` were answered (repairs included), `failed` were not; of the answers, `malformed` could not be used even
    after being `repaired`. Tokens are as the model's server counts them, else estimated; `seconds` is wall time, `cost`
    in the currency of the prices in the settings.
    """

    model: str = ""
    calls: int = 0
    failed: int = 0
    repaired: int = 0
    malformed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0


def tell_asking(coverage: Coverage, usage: Usage) -> tuple[str, ...]:
    """Return what a model was not shown, and what asking it took, in a sentence each; none where none was asked."""
    told = []
    if coverage.clipped:
        named = _some(f"{path} ({_count(rows, 'row')} left out)" for path, rows in coverage.clipped.items())
        told.append(f"Shown to the model in part: {named}.")
    if coverage.left_out:
        named = _some(f"{path} ({reason.replace('_', ' ')})" for path, reason in coverage.left_out.items())
        told.append(f"Not shown to the model: {named}.")
    if usage.calls or usage.failed:
        told.append(_spent(usage))
    return tuple(told)


def _spent(usage: Usage) -> str:
    odd = {"failed": usage.failed, "repaired": usage.repaired, "not usable": usage.malformed}
    calls = "".join([_count(usage.calls, "call"), *(f", {count} {name}" for name, count in odd.items() if count)])
    cost = f", cost {usage.cost:.4f}" if usage.cost else ""
    tokens = f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out"
    return f"Asked {usage.model}: {calls}; {tokens}, {usage.seconds:.1f} s{cost}."


def _some(items: Iterable[str]) -> str:
    """Name the first few, and say how many more there are: a list of hundreds would be read by nobody."""
    named = list(items)
    more = len(named) - _MOST_NAMED
    return ", ".join(named[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
