"""What was said before: posted by us on this pull request, or dismissed by a maintainer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One remark as it was posted: the finding's id, its file, its rule and its words; empty where not known."""

    id: str
    path: str
    rule: str = ""
    text: str = ""
