"""What the code says became of a remark: two versions of its file and the patch between them in, evidence out."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reviewlore.domain.history import OutcomeEvidence, RawRemark
from reviewlore.domain.patch import PatchFile, PatchHunk
from reviewlore.stages.outcome.anchor import Pinned, as_lines, find_pinned, find_run, is_telling, locate, locate_removed
from reviewlore.stages.outcome.named import judge_named_code
from reviewlore.stages.outcome.runs import Run, find_after, find_runs, without_base
from reviewlore.stages.outcome.suggestions import judge_suggestions
from reviewlore.stages.outcome.weights import make_code_evidence

_NEAR = 3
_MOST_LINES = 40
_SPACE = re.compile(r"\s+")
Found = tuple[OutcomeEvidence, ...]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FileVersions:
    """What git holds of a remark's file.

    `reviewed` tells whether the commit the reviewer saw is here; `before` is the file in it, `after` the file in the
    last head, under its name there (None: there is none). `patch` leads from one to the other, None where nothing
    changed or the reviewed commit is not here. `base` is what the base branch did to the file between the two merge
    bases; `base_after` the file in the last head's merge base, for where the reviewed commit is not here.
    """

    reviewed: bool
    before: str | None
    after: str | None
    patch: PatchFile | None = None
    base: tuple[PatchHunk, ...] = ()
    base_after: str | None = None


@dataclass(frozen=True, slots=True)
class CodeChange:
    """What git says of one remark: evidence, and the commented lines as seen and as merged (at most 40 lines each).

    Either is None where it is not known; lines that are gone are an empty text.
    """

    evidence: Found = ()
    before: str | None = None
    after: str | None = None


def compare(raw: RawRemark, versions: FileVersions) -> CodeChange:
    """Return what became of the commented code; no evidence where the versions do not tell."""
    pinned = find_pinned(raw)
    seen = _joined(pinned.rows) if pinned.rows else None
    before, after = versions.before, versions.after
    if before is not None and before == after:
        return CodeChange((make_code_evidence("file_identical", raw),), seen, seen)
    if after is None:
        removed = before is not None
        return CodeChange((make_code_evidence("file_removed", raw),) if removed else (), seen, "" if removed else None)
    found = judge_suggestions(raw, before, after) or judge_named_code(raw, before, after, versions.base)
    if raw.line is None:
        return CodeChange((*found, make_code_evidence("file_changed", raw)) if before is not None else found)
    place, lines = None, as_lines(after)
    if before is not None and versions.patch is not None:
        place = (locate_removed if raw.side == "LEFT" else locate)(raw, pinned, as_lines(before))
    if place is None:
        told = _returned(raw, pinned, versions) if raw.side == "LEFT" else _witness(raw, pinned, lines, versions)
        kept = any(item.kind == "line_kept" for item in told)
        return CodeChange((*found, *told), seen, seen if kept else None)
    runs = find_runs(versions.patch.hunks) if versions.patch is not None else []
    own = without_base(runs, find_runs(versions.base))
    if raw.side == "LEFT":
        return CodeChange((*found, *(_returned(raw, pinned, versions) or _around(raw, place, own))), seen)
    told = _touched(raw, pinned, place, own, lines) or _around(raw, place, own)
    begin, behind = find_after(runs, *place)
    return CodeChange((*found, *told), seen, _joined(lines[begin - 1 : behind - 1]))


def _touched(raw: RawRemark, pinned: Pinned, place: Place, own: Sequence[Run], after: Sequence[str]) -> Found:
    """Say whether and how the pull request changed the commented lines themselves."""
    first, last = place
    touching = [run for run in own if run.touches(first, last)]
    if not touching:
        return ()
    gone = not any(run.added for run in touching) and all(run.covers(first, last) for run in touching)
    if all(_squeezed(run.removed) == _squeezed(run.added) for run in touching):
        kind = "lines_reformatted"
    elif _stand(pinned.rows, after):
        kind = "lines_moved"
    else:
        kind = "lines_removed" if gone else "lines_changed"
    return (make_code_evidence(kind, raw, _span(place)),)


def _around(raw: RawRemark, place: Place, own: Sequence[Run]) -> Found:
    """Say whether something was added right there, or changed close by."""
    first, last = place
    if any(run.lies_within(first, last) for run in own):
        kind = "lines_inserted"
    elif any(run.lies_within(first - _NEAR, last + _NEAR) for run in own):
        kind = "nearby_changed"
    else:
        kind = "lines_untouched"
    return (make_code_evidence(kind, raw, _span(place)),)


def _witness(raw: RawRemark, pinned: Pinned, after: Sequence[str], versions: FileVersions) -> Found:
    """Look for the commented lines in the last version of the file: the reviewed commit is not at hand.

    Lines that stand in many places do not tell. A context line that the base branch does not have either any more was
    removed by the base.
    """
    if find_run(pinned.window, after) and any(map(is_telling, pinned.window)):
        return (make_code_evidence("line_kept", raw),)
    theirs = None if versions.base_after is None else frozenset(as_lines(versions.base_after))
    rows = [
        row
        for row, own in zip(pinned.rows, pinned.own, strict=True)
        if is_telling(row) and (own or theirs is None or row in theirs)
    ]
    counts = Counter(after)
    gone = [row for row in rows if not counts[row]]
    if not gone:
        return (make_code_evidence("line_kept_alone", raw),) if any(counts[row] == 1 for row in rows) else ()
    text = _squeezed(after)
    again = _stand(gone, after) or all(_squeezed([row]) in text for row in gone)
    return (make_code_evidence("line_reindented" if again else "line_gone", raw),)


def _returned(raw: RawRemark, pinned: Pinned, versions: FileVersions) -> Found:
    """Say whether a line that the pull request had removed, and that was commented for it, came back."""
    after = Counter(line.strip() for line in as_lines(versions.after or ""))
    before = Counter(line.strip() for line in as_lines(versions.before or ""))
    rows = [row.strip() for row, own in zip(pinned.rows, pinned.own, strict=True) if own and is_telling(row)]
    back = any(after[row] > before[row] for row in rows)
    return (make_code_evidence("line_returned", raw),) if back else ()


def _stand(rows: Sequence[str], after: Sequence[str]) -> bool:
    """Whether all of these lines that say something stand in a file, wherever and however indented."""
    told = [row.strip() for row in rows if is_telling(row)]
    here = {line.strip() for line in after}
    return bool(told) and all(row in here for row in told)


def _squeezed(lines: Sequence[str]) -> str:
    return _SPACE.sub("", "".join(lines))


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines[:_MOST_LINES])


def _span(place: Place) -> str:
    return f"lines {place[0]}-{place[1]}"
