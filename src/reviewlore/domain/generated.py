"""What a model had to say about a change, as far as it holds; made by `flows/generation.py`."""

from dataclasses import dataclass, field

from reviewlore.domain.finding import Dropped, Finding
from reviewlore.domain.usage import Coverage, Usage


@dataclass(frozen=True, slots=True)
class Generated:
    """What a model has to say that holds, what does not and why, what it was shown, what that took."""

    findings: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()
