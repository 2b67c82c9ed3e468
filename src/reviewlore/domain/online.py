"""What became of our own remarks after they were posted: counts by week, tier, version, specialist and rule.

Made by `stages/online.py` from mined episodes, kept on the state branch. Numbers and names of ours only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OnlineRow:
    """Remarks of one kind posted in one ISO week (`2026-W47`): all of them, and what is known to have become of them.

    `dismissed` are declined by a person, `ignored` left as they were; of the rest nothing is known. `specialist` is
    empty for facts.
    """

    week: str
    tier: str
    version: str
    specialist: str
    rule: str
    posted: int
    addressed: int
    dismissed: int
    ignored: int

    @property
    def settled(self) -> int:
        """How many have an outcome."""
        return self.addressed + self.dismissed + self.ignored


@dataclass(frozen=True, slots=True)
class OnlineMetrics:
    """All rows, oldest week first."""

    rows: tuple[OnlineRow, ...] = ()
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Decline:
    """A version whose remarks are addressed significantly less often than those of the version before it.

    `chance` is the one-sided probability of so large a difference if both were equally good (Fisher's exact test).
    """

    version: str
    predecessor: str
    settled: int
    addressed: int
    before_settled: int
    before_addressed: int
    chance: float

    @property
    def reason(self) -> str:
        """The decline in one sentence."""
        chance = "p < 0.001" if self.chance < 0.001 else f"p = {self.chance:.3f}"
        return (
            f"{self.addressed} of {self.settled} of its settled remarks were addressed "
            f"({100 * self.addressed / self.settled:.0f} %), {self.before_addressed} of {self.before_settled} of "
            f"{self.predecessor} before it ({100 * self.before_addressed / self.before_settled:.0f} %); "
            f"{chance}, Fisher's exact test"
        )
