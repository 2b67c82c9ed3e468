"""Committable suggestion blocks, and whether the merged code has what they propose. Text in, evidence out."""

import re

from reviewlore.domain.fences import split_fences
from reviewlore.domain.history import OutcomeEvidence, RawRemark
from reviewlore.stages.outcome.anchor import as_lines, find_run, is_telling
from reviewlore.stages.outcome.weights import make_evidence

_SPACE = re.compile(r"\s+")
_ENOUGH = 0.6  # of the suggested lines that were new
_STRONGEST = ("suggestion_committed", "suggestion_reindented", "suggestion_partly")


def find_suggestions(body: str) -> tuple[str, ...]:
    """Return the code of a remark's committable suggestion blocks."""
    return tuple(block.code for block in split_fences(body)[1] if block.language == "suggestion")


def judge_suggestions(raw: RawRemark, before: str | None, after: str) -> tuple[OutcomeEvidence, ...]:
    """Say how much of what was suggested stands in the merged file and did not before.

    Blocks in the remark count, and in answers of its author and of the pull request's: anybody else could write down
    afterwards what was merged. `before` is None where the reviewed version is not at hand: then the rows of the hunk
    stand for it. That something suggested does not stand there tells nothing: it is often done in other words.
    """
    trusted = {raw.author, raw.pull_request_author} - {None, ""}
    said = (raw.body, *(reply.body for reply in raw.replies if reply.author in trusted))
    suggestions = [code for body in said for code in (*find_suggestions(body), *_find_diffs(body))]
    if not suggestions:
        return ()
    shown = "\n".join(row[1:] for row in raw.hunk.split("\n")[1:] if row[:1] in (" ", "+"))
    old, new = _told(shown if before is None else before), _told(after)
    kinds = [_judge(_told(code), old, new) for code in suggestions]
    found = [kind for kind in _STRONGEST if kind in kinds]
    return (make_evidence(found[0]),) if found else ()


def _find_diffs(body: str) -> tuple[str, ...]:
    """Return the rows that a diff in a remark would add: machines suggest in this form."""
    diffs = [block.code.split("\n") for block in split_fences(body)[1] if block.language == "diff"]
    return tuple("\n".join(row[1:] for row in rows if row[:1] == "+") for rows in diffs)


def _judge(wanted: list[str], before: list[str], after: list[str]) -> str | None:
    if not any(map(is_telling, wanted)):
        return None  # a deletion, or next to one: the lines themselves tell
    if len(find_run(wanted, after)) > len(find_run(wanted, before)):
        return "suggestion_committed"
    loose, then, now = ([_SPACE.sub("", line) for line in part] for part in (wanted, before, after))
    if len(find_run(loose, now)) > len(find_run(loose, then)):
        return "suggestion_reindented"
    new = [line for line in loose if line not in set(then)]
    there = set(now)
    return "suggestion_partly" if new and sum(line in there for line in new) >= _ENOUGH * len(new) else None


def _told(text: str) -> list[str]:
    return [line for line in as_lines(text) if line.strip()]
