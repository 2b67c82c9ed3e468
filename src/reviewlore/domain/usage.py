"""What a model was shown of a change, and what asking it cost. Added up call by call, told in the summary."""

from dataclasses import dataclass, field


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
