"""Two versions of the judgement on one change: candidates found once, judged by both, out comes what differs.

Nothing is posted, and nothing is recorded but what asking a model took.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reviewlore.domain.calibration import Calibrations, RuleRecord
from reviewlore.domain.comparison import ComparedFinding, ComparedVersion, Verdict, VersionComparison
from reviewlore.domain.finding import Finding, Review, Tier
from reviewlore.domain.preference import Remark
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.review import Examined, ReviewContext, decide, examine, read_rule_records
from reviewlore.flows.scoring import PRIOR, Judgement, RankerScorer, load_calibrations, load_version
from reviewlore.flows.subject import ALONE, Circumstances
from reviewlore.ports import AdapterTrainer, Scorer, Store
from reviewlore.ranking.model import RankerModel
from reviewlore.stages.registry import find_entry


def load_named(
    store: Store, version: str, prior: RankerModel, calibrations: Calibrations, adapters: AdapterTrainer
) -> Judgement:
    """Return the judgement of any version, in force or not, by its id, an unambiguous prefix of it, or `prior`.

    `calibrations` are the prior's. RefusedError where there is no such version, MissingExtra or InputError where an
    adapter cannot run here, StateError where its files were changed.
    """
    if version == PRIOR:
        return Judgement(RankerScorer(PRIOR, prior), calibrations)
    entry = find_entry(state.read_registry(store), version)
    scorer = load_version(store, state.read_version(store, entry.id), adapters)
    return Judgement(scorer, load_calibrations(store, scorer, calibrations))


def compare_versions(
    context: ReviewContext, base: str, head: str, other: Judgement, known: Circumstances = ALONE
) -> VersionComparison:
    """Compare the version in force with another one on the change between two commit ids; see `review_change`.

    A model is asked once, by the version in force. RefusedError where both are the same version.
    """
    if other.version == context.scorer.version:
        raise RefusedError(f"{other.version} is the version in force: name another one to compare it with.")
    examined = examine(context, base, head, known)
    history = read_rule_records(context.store, examined.subject)
    sides = [
        _judge(context, examined, Judgement(_Once(each.scorer), each.calibrations), history)
        for each in (context.judgement, other)
    ]
    return _compare(examined, *sides)


@dataclass(frozen=True, slots=True)
class _Once:
    """A scorer that is asked once for each remark: an adapter takes seconds for a few."""

    scorer: Scorer
    known: dict[Remark, float] = field(default_factory=dict)

    @property
    def version(self) -> str:
        return self.scorer.version

    @property
    def tier(self) -> Tier:
        return self.scorer.tier

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        fresh = [remark for remark in dict.fromkeys(remarks) if remark not in self.known]
        if fresh:
            self.known.update(zip(fresh, self.scorer.score(fresh), strict=True))
        return [self.known[remark] for remark in remarks]


@dataclass(frozen=True, slots=True)
class _Side:
    """One version's review, what it says by id, and its verdict on each candidate by id."""

    judgement: Judgement
    review: Review
    said: Mapping[str, Finding]
    verdicts: Mapping[str, Verdict]


def _judge(context: ReviewContext, examined: Examined, judgement: Judgement, history: Sequence[RuleRecord]) -> _Side:
    judged: dict[str, Finding] = {}
    for finding in judgement.judge_findings(examined.candidates, history):
        judged.setdefault(finding.id, finding)
    review = decide(context, examined, judgement)
    said = {finding.id: finding for finding in review.findings}
    places = {name: place for place, name in enumerate(said, 1)}
    reasons = {item.id: item.reason for item in reversed(review.dropped)}
    order = sorted(judged, key=lambda name: -judged[name].score)
    verdicts = {
        name: Verdict(
            rank=rank,
            score=judged[name].score,
            probability=judged[name].probability if judged[name].measured else None,
            place=places.get(name),
            reason="" if name in places else reasons.get(name, "unsaid"),
        )
        for rank, name in enumerate(order, 1)
    }
    return _Side(judgement, review, said, verdicts)


def _compare(examined: Examined, first: _Side, second: _Side) -> VersionComparison:
    words = {**{finding.id: finding for finding in examined.candidates}, **second.said, **first.said}

    def pair(name: str) -> ComparedFinding:
        return ComparedFinding(words[name], first.verdicts[name], second.verdicts[name])

    unsaid = [name for name in first.verdicts if name not in first.said and name not in second.said]
    shared = [note for note in first.review.notes if note in second.review.notes]
    review = first.review
    return VersionComparison(
        repository=review.repository,
        base=review.base,
        head=review.head,
        first=_version(first, shared),
        second=_version(second, shared),
        candidates=len(first.verdicts),
        both=tuple(pair(name) for name in first.said if name in second.said),
        only_first=tuple(pair(name) for name in first.said if name not in second.said),
        only_second=tuple(pair(name) for name in second.said if name not in first.said),
        neither=tuple(pair(name) for name in unsaid if first.verdicts[name].reason != second.verdicts[name].reason),
        notes=tuple(shared),
        files_reviewed=review.files_reviewed,
        files_skipped=review.files_skipped,
        coverage=review.coverage,
        usage=review.usage,
    )


def _version(side: _Side, shared: Sequence[str]) -> ComparedVersion:
    review = side.review
    return ComparedVersion(
        version=side.judgement.version,
        tier=side.judgement.tier,
        said=len(review.findings),
        dropped=dict(sorted(Counter(item.reason for item in review.dropped).items())),
        notes=tuple(note for note in review.notes if note not in shared),
    )
