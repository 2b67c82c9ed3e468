"""Code that a remark names, and whether it came into the file afterwards: a fix made on other lines than the commented.

Names in code marks and blocks count, and words that can only be code; never plain English.
"""

import re
from collections.abc import Sequence

from reviewlore.domain.fences import Block, split_fences
from reviewlore.domain.history import OutcomeEvidence, RawRemark
from reviewlore.domain.patch import PatchHunk
from reviewlore.stages.outcome.weights import make_code_evidence

_MARKED = re.compile(r"`([^`\n]+)`")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{3,}")
_BARE = re.compile(
    r"\b(?:[a-z]+_[a-z0-9_]+|[a-z]+[A-Z][A-Za-z0-9]+|[A-Z][a-z0-9]+[A-Z][A-Za-z0-9]+|[A-Z]+_[A-Z0-9_]+)\b"
)
_SHOWN = 3


def find_named_code(body: str) -> frozenset[str]:
    """Return the names a remark spells as code; of a suggested block only what cannot be plain English."""
    prose, blocks = split_fences(body)
    marked = [*(_code(block) for block in blocks if block.language != "suggestion"), *_MARKED.findall(prose)]
    bare = [prose, *(block.code for block in blocks if block.language == "suggestion")]
    return frozenset(name for part in marked for name in _NAME.findall(part)) | frozenset(
        name for part in bare for name in _BARE.findall(part)
    )


def judge_named_code(
    raw: RawRemark, before: str | None, after: str | None, base: Sequence[PatchHunk] = ()
) -> tuple[OutcomeEvidence, ...]:
    """Say whether something the remark names stands in the merged file that was not in the reviewed one.

    What came with the base branch (`base` are its hunks) is not counted.
    """
    if before is None or after is None:
        return ()
    new = find_named_code(raw.body) - frozenset(_NAME.findall(before))
    come = new & frozenset(_NAME.findall(after)) if new else frozenset()
    for hunk in base if come else ():
        come -= frozenset(_NAME.findall("\n".join(row for row in hunk.text.split("\n") if row[:1] == "+")))
    return (make_code_evidence("code_named_came", raw, ", ".join(sorted(come)[:_SHOWN])),) if come else ()


def _code(block: Block) -> str:
    """The code of a block; of a diff what it adds."""
    if block.language != "diff":
        return block.code
    return "\n".join(row for row in block.code.split("\n") if row[:1] == "+")
