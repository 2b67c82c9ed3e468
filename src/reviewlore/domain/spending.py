"""What asking a model costs: what one review spent, what may still be spent, and what a month came to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spent:
    """What one review spent on a model: one line of the state branch's `usage/<year>-<month>.jsonl`.

    `at` is ISO 8601 in UTC; `pull_request` is 0 for a change that is none. `calls` were answered, `failed` were not.
    Tokens are as the server counts them, else estimated; `cost` is in the currency of the settings' prices. `seconds`
    adds up the calls, `latency` is the median of the answered ones.
    """

    at: str
    repository: str
    pull_request: int
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    seconds: float
    latency: float
    failed: int = 0

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may still be asked of a model; None where there is no limit.

    `calls` are of this review, `tokens` of the pull request over all its reviews, `monthly_*` of everybody's month.
    """

    calls: int | None = None
    tokens: int | None = None
    monthly_tokens: int | None = None
    monthly_cost: float | None = None


@dataclass(frozen=True, slots=True)
class MonthSpending:
    """What was spent in one month (`2026-01`); `latency` is the median of the reviews' medians, in seconds."""

    month: str
    reviews: int = 0
    calls: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    latency: float = 0.0
    models: dict[str, int] = field(default_factory=dict)
