"""Which candidates are said: scored findings in, the few worth saying out, every other with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reviewlore.config import ReviewSettings
from reviewlore.diff import FilePatch
from reviewlore.domain.finding import UNCHANGED, Dropped, Finding, Source
from reviewlore.domain.saying import Said
from reviewlore.stages.review.candidates import words_of
from reviewlore.stages.review.coordinate import Words, word_overlap

_RANK = {"info": 0, "warning": 1, "error": 2}
_ALIKE = 0.6  # share of the shorter text's words: the same remark in other words
_UNJUDGED = 0.5  # what an uncalibrated finding counts for beside calibrated ones


@dataclass(frozen=True, slots=True)
class Past:
    """What a finding is held against besides the settings.

    `thresholds` are the least probabilities by source (none: any), `refuted` rules whose own findings are addressed too
    seldom. `said` stands on this pull request, `standing` are the ids of findings that it says already, and `old` tells
    of any other whether it is on what an earlier review saw; `dismissed` is not wanted in this repository. `words`
    tells how alike texts are; without it only ids count. `patches` by path, where given, must show what is said.
    """

    thresholds: Mapping[Source, float] = field(default_factory=dict)
    refuted: frozenset[str] = frozenset()
    said: tuple[Said, ...] = ()
    dismissed: tuple[Said, ...] = ()
    words: Words | None = None
    patches: Mapping[str, FilePatch] | None = None
    standing: frozenset[str] = frozenset()
    old: Callable[[Finding], bool] = lambda finding: False


def select(
    findings: Sequence[Finding],
    settings: ReviewSettings,
    dismissed: frozenset[str] = frozenset(),
    past: Past | None = None,
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Keep at most `max_comments` new ones, worst first, then the likeliest to be addressed; one a line, none twice.

    What stands on the pull request takes no room from what a new push brings. Of what an earlier review saw, only
    errors are said, and only in the room that what stands leaves: else each push would bring those above the cap.
    `dismissed` are ids. An error of a declared contract is said however improbable, and whatever is like it.
    """
    judge = _Judge(settings, dismissed, past or Past())
    for finding in sorted(findings, key=_order):
        judge.take(finding)
    return tuple(judge.kept), tuple(judge.dropped)


def reaches(findings: Sequence[Finding], threshold: str) -> bool:
    """Whether a finding is at or above a severity; `never` is never reached."""
    return threshold != "never" and any(_RANK[finding.severity] >= _RANK[threshold] for finding in findings)


class _Judge:
    """Takes findings in their order, and keeps or drops each."""

    def __init__(self, settings: ReviewSettings, dismissed: frozenset[str], past: Past) -> None:
        self.settings, self.dismissed, self.past = settings, dismissed, past
        self.kept: list[Finding] = []
        self.dropped: list[Dropped] = []
        self._ids = set[str]()
        self._lines = set[tuple[str, str, int | None]]()
        self._room = settings.max_comments
        self._standing = past.standing | {item.id for item in past.said}

    def take(self, finding: Finding) -> None:
        """Keep a finding, or drop it with the first reason that holds."""
        place = (finding.anchor.path, finding.anchor.side, finding.anchor.line)
        stands = finding.id in self._standing
        reason = self._unwanted(finding) or self._unlikely(finding)
        old = reason is None and not stands and self.past.old(finding)
        # What was dropped for these reasons then is dropped for them again: looking twice changes no word.
        if reason is None and place in self._lines:
            reason = "same_line_as_a_worse_finding"
        if reason is None and not stands and self._room <= (len(self.past.standing) if old else 0):
            reason = "over_cap"
        if reason is None and old and finding.severity != "error":
            reason = UNCHANGED
        self._ids.add(finding.id)
        if reason is not None:
            self.dropped.append(Dropped(finding.id, finding.rule, reason))
            return
        self._lines.add(place)
        self._room -= not stands
        self.kept.append(finding)

    def _unwanted(self, finding: Finding) -> str | None:
        """Return why somebody does not want to hear a finding."""
        settings, past = self.settings, self.past
        checks: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("dismissed_before", lambda: finding.id in self.dismissed),
            ("duplicate", lambda: finding.id in self._ids),
            ("silenced_by_config", lambda: finding.rule in settings.silent or _short(finding) in settings.silent),
            ("off_diff", lambda: past.patches is not None and not _is_shown(finding, past.patches)),
            ("dismissed_before", lambda: not _declared(finding) and self._is_like_dismissed(finding)),
            ("already_said", lambda: finding.id not in self._standing and self._is_said(finding)),
        )
        return next((name for name, hit in checks if hit()), None)

    def _unlikely(self, finding: Finding) -> str | None:
        """Return why a finding is not worth hearing."""
        settings = self.settings
        least = self.past.thresholds.get(finding.source)
        improbable = least is not None and finding.probability is not None and finding.probability < least
        checks = (
            ("below_min_severity", _RANK[finding.severity] < _RANK[settings.min_severity]),
            # Another tool does not say how sure it is; the ranker's probability alone speaks for what it found.
            ("below_min_confidence", finding.source != "foreign" and finding.confidence < settings.min_confidence),
            ("rule_seldom_addressed", finding.rule in self.past.refuted and not _declared(finding)),
            ("below_threshold", improbable and not _declared(finding)),
        )
        return next((name for name, hit in checks if hit), None)

    def _is_like_dismissed(self, finding: Finding) -> bool:
        """Whether a maintainer dismissed the same rule on the same file, in like words."""
        for item in self.past.dismissed:
            if item.rule != finding.rule:
                continue
            if item.path == finding.anchor.path and (not item.text or self._alike(item.text, finding)):
                return True
        return False

    def _is_said(self, finding: Finding) -> bool:
        """Whether a remark that stands on this file of the pull request says the same."""
        return any(item.path == finding.anchor.path and self._alike(item.text, finding) for item in self.past.said)

    def _alike(self, text: str, finding: Finding) -> bool:
        words = self.past.words
        if words is None:
            return False
        return word_overlap(words(text), words(words_of(finding))) >= _ALIKE


def _order(finding: Finding) -> tuple[int, float, float, str, int, str]:
    line = finding.anchor.line or 0
    chance = _UNJUDGED if finding.probability is None else finding.probability
    return (-_RANK[finding.severity], -chance, -finding.score, finding.anchor.path, line, finding.id)


def _short(finding: Finding) -> str:
    return finding.rule.rpartition("/")[2]


def _declared(finding: Finding) -> bool:
    """Whether a finding breaks a rule that the team wrote down itself."""
    return finding.source == "architecture" and finding.severity == "error" and not finding.inferred


def _is_shown(finding: Finding, patches: Mapping[str, FilePatch]) -> bool:
    """Whether the diff shows where a finding stands: its file, and its line where it has one."""
    patch, line = patches.get(finding.anchor.path), finding.anchor.line
    return patch is not None and (line is None or patch.hunk_at(line, finding.anchor.side) is not None)
