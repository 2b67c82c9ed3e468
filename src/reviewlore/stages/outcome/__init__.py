"""What became of a remark: evidence in, an outcome with its confidence out. Merged alone says nothing.

`compare` reads the code, `label` weighs it with what was answered and voted, `carry_over` keeps what was known better.
"""

from reviewlore.stages.outcome.anchor import find_telling_rows
from reviewlore.stages.outcome.code import CodeChange, FileVersions, compare
from reviewlore.stages.outcome.decision import anchored_code, carry_over, decide_outcome, label
from reviewlore.stages.outcome.suggestions import find_suggestions

__all__ = [
    "CodeChange",
    "FileVersions",
    "anchored_code",
    "carry_over",
    "compare",
    "decide_outcome",
    "find_suggestions",
    "find_telling_rows",
    "label",
]
