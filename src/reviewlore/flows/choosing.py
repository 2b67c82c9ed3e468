"""All candidates of one review to the few that are said: judged, merged, and held against what was said before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reviewlore.config import ReviewSettings
from reviewlore.domain.calibration import RuleRecord
from reviewlore.domain.finding import Dropped, Finding, Source
from reviewlore.flows.scoring import Judgement
from reviewlore.ranking.calibration import find_refuted
from reviewlore.ranking.text import parse_body
from reviewlore.stages.review.coordinate import coordinate
from reviewlore.stages.review.select import Past, select

# Facts are checked against the code, and no held-out remark is like them: their rules' own records judge them.
_JUDGED: tuple[Source, ...] = ("generated", "foreign")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is said, what is not and why, and what has to be known of how it was chosen."""

    kept: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()


def choose(
    candidates: Sequence[Finding],
    judgement: Judgement,
    settings: ReviewSettings,
    past: Past,
    *,
    dismissed: frozenset[str] = frozenset(),
    history: Sequence[RuleRecord] = (),
) -> Choice:
    """Return the few candidates worth saying; `past` needs neither words nor thresholds, `dismissed` are ids.

    `history` is what became of each rule's own findings: a rule that is addressed less often than asked for, beyond
    chance, is not said. Where held-out remarks never reached the target precision, there is no threshold, and that is
    said.
    """
    judged = judgement.judge_findings(candidates, history)
    merged, gone = coordinate(judged, telling_words)
    present = {finding.source for finding in merged if finding.probability is not None}
    found = {source: judgement.threshold(settings.target_precision, source) for source in _JUDGED if source in present}
    least = {source: value for source, value in found.items() if value is not None}
    refuted = find_refuted(history, settings.target_precision)
    known = replace(past, words=telling_words, thresholds=least, refuted=refuted)
    kept, dropped = select(merged, settings, dismissed, known)
    loose = [source for source in found if source not in least]
    notes = (_untold(loose, settings.target_precision),) if loose else ()
    return Choice(kept, (*gone, *dropped), notes)


def telling_words(text: str) -> frozenset[str]:
    """Return the stems of a text's words and names, without stop words."""
    return parse_body(text).parts


def _untold(sources: Sequence[Source], precision: float) -> str:
    """Say for whose remarks nothing promises that they are addressed as often as asked for."""
    return (
        f"On held-out remarks no score reached the target precision of {precision:g} for {' and '.join(sources)} "
        "findings: the likeliest are said, up to the cap, without that promise."
    )
