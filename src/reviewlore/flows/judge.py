"""How a version is judged: the newest dataset's held-out later pairs, the same for every tier, rival and baseline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.evaluation import Comparison, Demand, Evaluation, TierScore
from reviewlore.domain.finding import Tier
from reviewlore.domain.history import Episode
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.preference import Dataset, PreferencePair, Remark, is_judged
from reviewlore.errors import InputError, MissingExtra, RefusedError
from reviewlore.flows import state
from reviewlore.flows.scoring import PRIOR, load_version
from reviewlore.ports import AdapterTrainer, Clock, Console, Scorer, Store
from reviewlore.ranking import baselines
from reviewlore.ranking.model import RankerModel
from reviewlore.stages import evaluate
from reviewlore.stages.dataset import check_leaks, dataset_id, rebuild_dataset, rebuild_refit_pairs

# A ranker that only learned that long comments win must not pass; what reads remark and code may not do clearly better.
_BASELINE_DEMANDS: dict[str, Demand] = {
    "random": "beat_beyond_chance",
    "longer wins": "beat_beyond_chance",
    "shorter wins": "beat_beyond_chance",
    "lexical overlap": "not_worse_beyond_chance",
    "comment only": "not_worse_beyond_chance",
}
_UNASKED: Demand = "beat"
_Named = tuple[str, Tier | Literal["baseline"], Callable[[Remark], float]]
# Fewer pairs or pull requests than this cannot tell a 10-point difference from chance.
_MIN_TEST_PAIRS = 20
_MIN_TEST_PULL_REQUESTS = 3


@dataclass(frozen=True, slots=True)
class LoadedDataset:
    """The newest dataset with its pairs, rebuilt from the episodes and checked against the manifest's id.

    `test` has the pairs that ask a question of remarks; silence and revisions are only trained on. `built` has all.
    """

    manifest: DatasetManifest
    train: tuple[PreferencePair, ...]
    test: tuple[PreferencePair, ...]
    episodes: tuple[Episode, ...]
    built: Dataset

    def refit(self) -> tuple[PreferencePair, ...]:
        """Return what the ranker is trained on once it is judged: all remarks, paired as for training."""
        return rebuild_refit_pairs(self.episodes, self.manifest)


@dataclass(frozen=True, slots=True)
class Rivals:
    """The versions a candidate is compared with, each with what is demanded; `incumbent` names the active one."""

    versions: tuple[tuple[Scorer, Demand], ...]
    incumbent: str | None = None


def load_dataset(store: Store) -> LoadedDataset:
    """Return the newest dataset, from which nothing leaks into what it is judged by.

    RefusedError where nothing was mined, the episodes have changed since, or something leaks.
    """
    manifests = state.read_datasets(store)
    if not manifests:
        raise RefusedError("Nothing was mined yet: run `reviewlore mine` first.")
    manifest = manifests[-1]
    if manifest.forgotten_at:
        raise RefusedError(
            f"Something that dataset {manifest.id[:12]} held was forgotten, so nothing is trained on it. "
            "Run `reviewlore mine` to record what is left."
        )
    episodes = state.read_episodes(store)
    built = rebuild_dataset(episodes, manifest)
    if dataset_id(built.pairs) != manifest.id:
        raise RefusedError(
            f"The episodes no longer give dataset {manifest.id[:12]} (they were changed, or another version of "
            "reviewlore made it). Run `reviewlore mine` again to record the dataset as it is now."
        )
    refuse_leaks(built.pairs, episodes, manifest)
    train = tuple(pair for pair in built.pairs if pair.split == "train")
    test = tuple(pair for pair in built.pairs if pair.split == "test" and is_judged(pair))
    return LoadedDataset(manifest, train, test, episodes, built)


def refuse_leaks(pairs: Sequence[PreferencePair], episodes: Sequence[Episode], manifest: DatasetManifest) -> None:
    """Raise RefusedError where pairs may not be trained on and judged by; nothing is trained before this was asked."""
    leaks = check_leaks(pairs, episodes, manifest)
    if leaks:
        raise RefusedError(
            f"Dataset {manifest.id[:12]} leaks into what it would be judged by: {'; '.join(leaks)}. "
            "Run `reviewlore mine` again to make a new one; if that is refused too, please report it."
        )


def evaluate_all(
    store: Store, prior: RankerModel, adapters: AdapterTrainer, clock: Clock, console: Console, dataset: LoadedDataset
) -> Evaluation:
    """Judge the prior, every version of the registry and the baselines on the held-out later pairs.

    A version that cannot run here (an adapter without the model extra) is left out, and said.
    """
    scorers: list[_Named] = [(PRIOR, "embedded", prior.score)]
    for manifest in state.read_versions(store):
        try:
            scorer = load_version(store, manifest, adapters, judged=True)
        except (MissingExtra, InputError) as error:
            console.warn(f"Version {manifest.id} is not judged here: {error}")
            continue
        scorers.append((manifest.id, manifest.tier, _one_by_one(scorer, dataset.test)))
    scorers += _baselines(dataset)
    rows = [
        _score(name, tier, function, dataset.test, dataset.manifest.seed, clock)
        for name, tier, function in console.track(scorers, "Judging on later pull requests", len(scorers))
    ]
    return _evaluation(dataset, tuple(score for score, _ in rows))


def judge(
    candidate: Scorer, rivals: Rivals, dataset: LoadedDataset, clock: Clock, console: Console
) -> tuple[Evaluation, tuple[Comparison, ...]]:
    """Judge a candidate, its rivals and the baselines on the same pairs, and compare it with each, paired."""
    seed = dataset.manifest.seed
    versions = [(candidate, _UNASKED), *rivals.versions]
    rows = [
        (*_score(scorer.version, scorer.tier, _one_by_one(scorer, dataset.test), dataset.test, seed, clock), demand)
        for scorer, demand in console.track(versions, "Judging on later pull requests", len(versions))
    ]
    rows += [
        (*_score(name, tier, function, dataset.test, seed, clock), _BASELINE_DEMANDS[name])
        for name, tier, function in _baselines(dataset)
    ]
    own = rows[0][1]
    comparisons = tuple(
        Comparison(
            score,
            evaluate.paired_difference(dataset.test, own, wins, seed=seed),
            demand,
            incumbent=score.name == rivals.incumbent,
        )
        for score, wins, demand in rows[1:]
    )
    return _evaluation(dataset, tuple(score for score, _, _ in rows)), comparisons


def find_score(evaluation: Evaluation, name: str) -> TierScore:
    """Return one version's or baseline's row."""
    return next(score for score in evaluation.scores if score.name == name)


def prior_has_seen(prior: RankerModel, dataset: LoadedDataset) -> bool:
    """Whether the shipped prior was trained on one of these repositories: then comparing with it would be unfair."""
    seen = set(dict(prior.about).get("repositories", "").split())
    return any(pair.repository in seen for pair in dataset.test)


def find_shortfall(dataset: LoadedDataset) -> str | None:
    """Say what is missing before a comparison means anything, or None."""
    pulls = len({pair.pull_request for pair in dataset.test})
    if len(dataset.test) >= _MIN_TEST_PAIRS and pulls >= _MIN_TEST_PULL_REQUESTS:
        return None
    return (
        f"{len(dataset.test)} held-out pairs from {pulls} later pull requests, at least {_MIN_TEST_PAIRS} from "
        f"{_MIN_TEST_PULL_REQUESTS} are needed"
    )


def _baselines(dataset: LoadedDataset) -> list[_Named]:
    functions = {
        "random": baselines.random_score,
        "longer wins": baselines.longer_wins,
        "shorter wins": baselines.shorter_wins,
        "lexical overlap": baselines.lexical_overlap,
        "comment only": baselines.comment_only(dataset.train),
    }
    return [(name, "baseline", function) for name, function in functions.items()]


def _score(
    name: str,
    tier: Tier | str,
    function: Callable[[Remark], float],
    pairs: Sequence[PreferencePair],
    seed: int,
    clock: Clock,
) -> tuple[TierScore, dict[str, float]]:
    start = clock.monotonic()
    wins = evaluate.judge_pairs(pairs, function)
    remarks = len({remark for pair in pairs for remark in (pair.chosen, pair.rejected)})
    milliseconds = 1000.0 * (clock.monotonic() - start) / max(1, remarks)
    kind = tier if tier in ("embedded", "prompt", "adapter") else "baseline"
    score = evaluate.summarise(
        pairs, wins, name=name, tier=kind, seed=seed, milliseconds_per_remark=round(milliseconds, 3)
    )
    return score, wins


def _one_by_one(scorer: Scorer, pairs: Sequence[PreferencePair]) -> Callable[[Remark], float]:
    """Score all remarks of the pairs in one call (a model batches them) and answer from the result."""
    known: dict[Remark, float] = {}

    def score(remark: Remark) -> float:
        if not known:
            remarks = list(dict.fromkeys(remark for pair in pairs for remark in (pair.chosen, pair.rejected)))
            known.update(zip(remarks, scorer.score(remarks), strict=True))
        return known[remark]

    return score


def _evaluation(dataset: LoadedDataset, scores: tuple[TierScore, ...]) -> Evaluation:
    kinds: dict[str, int] = {}
    for pair in dataset.test:
        kinds[pair.kind] = kinds.get(pair.kind, 0) + 1
    pulls = len({pair.pull_request for pair in dataset.test})
    return Evaluation(dataset.manifest.id, scores, dict(sorted(kinds.items())), pulls, dataset.manifest.seed)
