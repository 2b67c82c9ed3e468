"""Another reviewer's findings: as candidates of a review, or scored by this team's judgement and given back."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewlore.diff import FilePatch
from reviewlore.domain.finding import Dropped, Finding
from reviewlore.domain.foreign import FindingKey, ForeignFile, ForeignFormat, ForeignVerdict
from reviewlore.domain.preference import Remark
from reviewlore.errors import InputError
from reviewlore.flows.scoring import Judgement, score_rows
from reviewlore.formats.foreign import read_foreign_file, render_scored, tell_format
from reviewlore.stages.review.foreign import Pinned, Pinner, find_foreign_candidates


def read_foreign(
    data: bytes, name: str, patches: Sequence[FilePatch], excluded: frozenset[str] = frozenset()
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Return the findings of a file (SARIF, rdjson, rdjsonl, JSON Lines) that a change shows, as candidates.

    `excluded` are paths that are not reviewed. Every other finding comes back with its reason; entries that are no
    finding on a file are dropped as `no_message`, `no_location` or `not_a_result`. InputError where the file is none.
    """
    found = read_foreign_file(data, name)
    candidates, dropped = find_foreign_candidates(found.findings, patches, excluded)
    unread = [
        Dropped(f"{name}:{reason}:{number}", "foreign", reason)
        for reason, count in found.unread.items()
        for number in range(count)
    ]
    return candidates, (*dropped, *unread)


@dataclass(frozen=True, slots=True)
class Filter:
    """From what on a finding is kept: a probability, or the one that reaches a precision; neither: all are."""

    keep_above: float | None = None
    target_precision: float | None = None


ALL = Filter()


@dataclass(frozen=True, slots=True)
class ForeignScores:
    """A file of findings with the verdicts; `notes` say in one sentence each what was found and what was left out."""

    text: str
    notes: tuple[str, ...] = ()


def score_file(
    data: bytes,
    name: str,
    judgement: Judgement,
    *,
    form: ForeignFormat | None = None,
    patches: Sequence[FilePatch] | None = None,
    wanted: Filter = ALL,
) -> ForeignScores:
    """Score a file of findings and return it in its own format; `patches` of None: nobody said which change it is.

    What the change does not show is kept and marked. Rows of JSON Lines bring their hunks with them, so without a
    change each has to have one. InputError where the file is none, or where no score reaches the precision asked for.
    """
    least = find_least(judgement, wanted)
    form = form or tell_format(data, name)
    if form == "jsonl" and patches is None:
        return _score_rows(data, name, judgement, least)
    found = read_foreign_file(data, name, form)
    pinner = Pinner(patches) if patches is not None else None
    pinned = [pinner.pin(each) if pinner else None for each in found.findings]
    remarks = [_remark(found, number, each) for number, each in enumerate(pinned)]
    scores, chances = judgement.judge(remarks, "bots")
    order = sorted(range(len(scores)), key=lambda number: (-scores[number], number))
    ranks = {number: rank for rank, number in enumerate(order, 1)}
    verdicts = {
        each.key: ForeignVerdict(
            score=scores[number],
            probability=_short(chances[number]),
            rank=ranks[number],
            place=at.place if (at := pinned[number]) else "unknown",
            kept=is_kept(chances[number], least),
        )
        for number, each in enumerate(found.findings)
    }
    return ForeignScores(render_scored(found, verdicts), _notes(found, verdicts, least))


def _score_rows(data: bytes, name: str, judgement: Judgement, least: float | None) -> ForeignScores:
    rows = score_rows(data, name, judgement)
    kept = [row for row in rows if is_kept(row.get("probability"), least)]
    notes = () if least is None else (tell_left_out(len(rows), len(rows) - len(kept), least),)
    # ASCII: also half a character and U+2028 pass through, on one line.
    return ForeignScores("".join(f"{json.dumps(row)}\n" for row in kept), notes)


def find_least(judgement: Judgement, wanted: Filter) -> float | None:
    """Return the least probability that is kept, None where all are; InputError where a precision is out of reach."""
    if wanted.target_precision is None:
        return wanted.keep_above
    least = judgement.threshold(wanted.target_precision, "foreign")
    if least is None:
        known = judgement.calibrations.bots
        best = max((point.precision for point in known.points), default=0.0) if known else 0.0
        raise InputError(
            f"No score reaches a precision of {wanted.target_precision:.0%} on the held-out remarks of machines; "
            f"{best:.0%} is the most that was reached. Ask for less, use --keep-above, or mine and train first: what "
            "became of a tool's remarks in this repository is what tells."
        )
    return least if wanted.keep_above is None else max(least, wanted.keep_above)


def is_kept(probability: float | None, least: float | None) -> bool:
    """Whether a finding is kept; one without a probability always is."""
    return least is None or probability is None or probability >= least


def tell_left_out(total: int, left_out: int, least: float) -> str:
    """Say how many findings were left out, and why."""
    return f"Left out {left_out} of {total} findings: their probability of being addressed is below {least:.3f}."


def _remark(found: ForeignFile, number: int, pinned: Pinned | None) -> Remark:
    finding = found.findings[number]
    hunk = pinned.hunk if pinned else ""
    if not hunk and found.format == "jsonl":
        known = found.document[finding.key[0]].get("diff_hunk")
        hunk = known if isinstance(known, str) else ""
    return Remark(pinned.anchor.path if pinned else finding.path, hunk, finding.body)


def _short(chance: float | None) -> float | None:
    return None if chance is None else round(chance, 6)


def _notes(found: ForeignFile, verdicts: Mapping[FindingKey, ForeignVerdict], least: float | None) -> tuple[str, ...]:
    notes = []
    places = Counter(verdict.place for verdict in verdicts.values())
    if places.pop("unknown", 0) and found.format != "jsonl":
        notes.append(
            "Nothing says which change the findings are on, so they were scored by their words alone: name it with "
            "--base and --head."
        )
    elif places:
        told = ", ".join(f"{count} {place}" for place, count in sorted(places.items()))
        notes.append(f"Of {places.total()} findings: {told}. What the change does not show was scored by its words.")
    if found.unread:
        told = ", ".join(f"{count} {reason}" for reason, count in found.unread.items())
        notes.append(f"Passed through without a score: {told}.")
    left_out = sum(not verdict.kept for verdict in verdicts.values())
    if least is not None:
        notes.append(tell_left_out(len(verdicts), left_out, least))
    return tuple(notes)
