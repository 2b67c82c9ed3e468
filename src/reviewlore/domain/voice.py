"""How a team speaks in review: numbers about remarks of people that were acted on, never their words."""

from dataclasses import dataclass

ENOUGH = 30  # remarks below which nothing is said about a team's manner
_BRIEF = 30.0  # words; a median remark of this length has room for one reason at most
_ASKING = 0.4


@dataclass(frozen=True, slots=True)
class Voice:
    """What `remarks` have in common: their median length in words of prose, and the shares that ask, or say please."""

    remarks: int = 0
    median_words: float = 0.0
    questions: float = 0.0
    polite: float = 0.0

    @property
    def known(self) -> bool:
        """Whether there are remarks enough to follow."""
        return self.remarks >= ENOUGH

    @property
    def brief(self) -> bool:
        """Whether this team keeps to a sentence or two."""
        return self.known and self.median_words <= _BRIEF

    @property
    def asking(self) -> bool:
        """Whether this team tends to ask rather than to tell."""
        return self.known and self.questions >= _ASKING

    @property
    def manner(self) -> str:
        """How a remark should sound, in a sentence or two; empty where too little is known."""
        if not self.known:
            return ""
        share = f"{100 * self.questions:.0f} % of them end in a question, {100 * self.polite:.0f} % say please"
        return f"half of its remarks have at most {self.median_words:.0f} words; {share}."


SILENT = Voice()
