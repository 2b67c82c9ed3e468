"""How much there is to learn from: the pairs and pull requests of one specialist, one language, both, or all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SliceCount:
    """Training pairs of one slice, and the pull requests they come from; an empty name is any specialist or language.

    A pair belongs to the specialist and the language of its chosen remark.
    """

    specialist: str
    language: str
    pairs: int
    pull_requests: int

    @property
    def name(self) -> str:
        """What people call the slice."""
        return " in ".join(part for part in (self.specialist, self.language) if part) or "all remarks"


@dataclass(frozen=True, slots=True)
class Shortage:
    """A slice that has less than its minimum; nothing is claimed of it."""

    found: SliceCount
    least_pairs: int
    least_pull_requests: int

    @property
    def told(self) -> str:
        """What is missing, in the words that the log and the manifest have."""
        return (
            f"not learned: {self.found.name} ({self.found.pairs} of {self.least_pairs} pairs, "
            f"{self.found.pull_requests} of {self.least_pull_requests} pull requests)"
        )
