"""What a remark is about, in the words of mining, and whose business that is. Words in, a specialist out."""

from collections.abc import Mapping

from reviewlore.domain.finding import Specialist

# As the specialists' own instructions read: faults, and what an input can do, are debugging's; names, form and cost of
# code are refactoring's.
_SPECIALISTS: Mapping[str, Specialist] = {
    "architecture": "architecture",
    "testing": "testing",
    "documentation": "documentation",
    "error_handling": "debugging",
    "security": "debugging",
    "naming": "refactoring",
    "performance": "refactoring",
    "style": "refactoring",
}


def specialist_of(concern: str) -> Specialist:
    """Return whose business a concern is (`stages/mine.py: classify_concern`).

    What has no words of its own is debugging's, as is code that no specialist has a reason to look at
    (`stages/review/route.py`).
    """
    return _SPECIALISTS.get(concern, "debugging")
