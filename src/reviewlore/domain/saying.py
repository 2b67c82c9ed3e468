"""What was said before: posted by us on this pull request, or dismissed by a maintainer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One remark as it was posted: the finding's id, its rule, where it stands and its words.

    `rule`, `symbol` (the function or type around it) and `text` are empty where they are not known.
    """

    id: str
    path: str
    rule: str = ""
    text: str = ""
    symbol: str = ""
