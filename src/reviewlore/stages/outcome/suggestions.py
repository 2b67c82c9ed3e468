"""Committable suggestion blocks, and whether the merged code has what they propose. Text in, evidence out."""

import re
from collections.abc import Sequence

from reviewlore.domain.history import OutcomeEvidence, RawRemark
from reviewlore.stages.outcome.anchor import find_run
from reviewlore.stages.outcome.fences import split_fences
from reviewlore.stages.outcome.weights import make_evidence

_SPACE = re.compile(r"\s+")
_ENOUGH = 0.6  # of the suggested lines that were new
_STRONGEST = ("suggestion_committed", "suggestion_reindented", "suggestion_partly")


def find_suggestions(body: str) -> tuple[str, ...]:
    """Return the code of a remark's committable suggestion blocks."""
    return tuple(block.code for block in split_fences(body)[1] if block.language == "suggestion")


def judge_suggestions(
    raw: RawRemark, rows: Sequence[str], before: str | None, after: str
) -> tuple[OutcomeEvidence, ...]:
    """Say how much of what was suggested stands in the merged file and did not before.

    Blocks in the remark count, and in answers of its author and of the pull request's: anybody else could write down
    afterwards what was merged.

    `before` is None where the reviewed version is not at hand: then the commented rows stand for it. That something
    suggested does not stand there tells nothing: it is often done in other words.
    """
    trusted = {raw.author, raw.pull_request_author} - {None, ""}
    said = (raw.body, *(reply.body for reply in raw.replies if reply.author in trusted))
    suggestions = [text for body in said for text in find_suggestions(body)]
    if not suggestions:
        return ()
    old = _plain("\n".join(rows) if before is None else before)
    kinds = [_judge(_plain(text), old, rows, _plain(after)) for text in suggestions]
    found = [kind for kind in _STRONGEST if kind in kinds]
    return (make_evidence(found[0]),) if found else ()


def _judge(wanted: list[str], before: list[str], rows: Sequence[str], after: list[str]) -> str | None:
    if not wanted:
        return None  # a deletion: the lines themselves tell
    if len(find_run(wanted, after)) > len(find_run(wanted, before)):
        return "suggestion_committed"
    loose, then, now = ([_SPACE.sub("", line) for line in part] for part in (wanted, before, after))
    if len(find_run(loose, now)) > len(find_run(loose, then)):
        return "suggestion_reindented"
    known, there = {*then, *(_SPACE.sub("", row) for row in rows)}, set(now)
    new = [line for line in loose if line not in known]
    return "suggestion_partly" if new and sum(line in there for line in new) >= _ENOUGH * len(new) else None


def _plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]
