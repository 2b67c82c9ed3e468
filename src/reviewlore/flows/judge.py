"""How a version is judged: the newest dataset's held-out later pairs, the same for every tier, rival and baseline."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from reviewlore.domain.concern import specialist_of
from reviewlore.domain.evaluation import Comparison, Demand, Evaluation, Interval, TierScore
from reviewlore.domain.history import Episode
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.preference import Dataset, PreferencePair, Remark, is_judged
from reviewlore.errors import InputError, MissingExtra, RefusedError
from reviewlore.flows import state
from reviewlore.flows.bench import Bench, Entrant, remarks_of
from reviewlore.flows.card import read_judged
from reviewlore.flows.scoring import PRIOR, RankerScorer, load_version
from reviewlore.ports import AdapterTrainer, Clock, Console, Reader, Scorer, Store
from reviewlore.ranking import baselines
from reviewlore.ranking.model import RankerModel
from reviewlore.stages import evaluate, registry
from reviewlore.stages.dataset import check_leaks, dataset_id, rebuild_dataset, rebuild_refit_pairs
from reviewlore.stages.slices import slice_pairs

# A ranker that only learned that long comments win must not pass; what reads remark and code may not do clearly better.
_BASELINE_DEMANDS: dict[str, Demand] = {
    "random": "beat_beyond_chance",
    "longer wins": "beat_beyond_chance",
    "shorter wins": "beat_beyond_chance",
    "lexical overlap": "not_worse_beyond_chance",
    "comment only": "not_worse_beyond_chance",
}
_UNASKED: Demand = "beat"
# Fewer pairs than this cannot tell a 10-point difference from chance. Where a difference is above zero on every pull
# request, so is every resample of them; that happens by chance once in 2^n, and not before six below 2.5 %.
_MIN_TEST_PAIRS = 20
_MIN_TEST_PULL_REQUESTS = 6


@dataclass(frozen=True, slots=True)
class LoadedDataset:
    """The newest dataset with its pairs, rebuilt from the episodes and checked against the manifest's id.

    `test` has the pairs that ask a question of remarks; silence and revisions are only trained on. `built` has all.
    `specialist` is whose pairs are left (empty: everybody's).
    """

    manifest: DatasetManifest
    train: tuple[PreferencePair, ...]
    test: tuple[PreferencePair, ...]
    episodes: tuple[Episode, ...]
    built: Dataset
    specialist: str = ""

    def refit(self) -> tuple[PreferencePair, ...]:
        """Return what the ranker is trained on once it is judged: all remarks, paired as for training."""
        return self._own(rebuild_refit_pairs(self.episodes, self.manifest))

    def narrowed(self, specialist: str) -> "LoadedDataset":
        """Return the same dataset with the pairs alone whose chosen remark is a specialist's business.

        So with the held-out remarks, by which scores are calibrated. An empty name leaves everything.
        """
        own = replace(self, specialist=specialist)
        held_out = tuple(each for each in self.built.held_out if specialist in ("", specialist_of(each.concern)))
        return replace(
            own, train=own._own(self.train), test=own._own(self.test), built=replace(self.built, held_out=held_out)
        )

    def _own(self, pairs: Sequence[PreferencePair]) -> tuple[PreferencePair, ...]:
        if not self.specialist:
            return tuple(pairs)
        whose = {episode.id: specialist_of(episode.concern) for episode in self.episodes}
        return tuple(pair for pair in pairs if whose[pair.episodes[0]] == self.specialist)


@dataclass(frozen=True, slots=True)
class Rival:
    """What a candidate is compared with, and what is demanded; `most` pairs judge it (0: all), spread over them."""

    scorer: Scorer
    demand: Demand
    most: int = 0


@dataclass(frozen=True, slots=True)
class Rivals:
    """All that a candidate is compared with; `incumbent` names the active version, `notes` say who is not there."""

    versions: tuple[Rival, ...]
    incumbent: str | None = None
    notes: tuple[str, ...] = ()


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
    return rebuild(manifest, state.read_episodes(store))


def rebuild(manifest: DatasetManifest, episodes: tuple[Episode, ...]) -> LoadedDataset:
    """Return a dataset with its pairs, made again of episodes; RefusedError where they give another, or it leaks."""
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
    store: Store,
    prior: RankerModel,
    adapters: AdapterTrainer,
    clock: Clock,
    console: Console,
    dataset: LoadedDataset,
    *,
    price: float = 0.0,
    versions: Collection[str] | None = None,
) -> Evaluation:
    """Judge the prior, every version of the registry and the baselines on the held-out later pairs.

    `versions` are the ids of those to judge (None: all). A version that cannot run here (an adapter without the model
    extra) is left out, and said; so is that the prior has seen these repositories. How the version in force
    behaves, and its guards, are told as they were recorded when it was trained.
    """
    scorers: list[Scorer] = [RankerScorer(PRIOR, prior)]
    notes: list[str] = []
    if prior_has_seen(prior, dataset):
        notes.append("The shipped prior was trained on one of these repositories: its row says too much.")
        console.warn(notes[-1])
    for manifest in state.read_versions(store):
        if versions is not None and manifest.id not in versions:
            continue
        try:
            scorers.append(load_version(store, manifest, adapters, judged=True))
        except (MissingExtra, InputError) as error:
            notes.append(f"Version {manifest.id} is not judged here: {error}")
            console.warn(notes[-1])
    bench = _bench(dataset, clock, price)
    entrants = [*map(_entrant, scorers), *_baselines(dataset)]
    rows = [bench.run(each) for each in console.track(entrants, "Judging on later pull requests", len(entrants))]
    return _recall(store, _evaluation(dataset, tuple(score for score, _ in rows), tuple(notes)))


def judge(
    candidate: Scorer, rivals: Rivals, dataset: LoadedDataset, clock: Clock, console: Console, *, price: float = 0.0
) -> tuple[Evaluation, tuple[Comparison, ...]]:
    """Judge a candidate, its rivals and the baselines on the same pairs, and compare it with each, paired.

    `price` is what a model asks for reading a million tokens (0: not known).
    """
    bench = _bench(dataset, clock, price)
    versions = [(_entrant(candidate), _UNASKED), *((_entrant(r.scorer, r.most), r.demand) for r in rivals.versions)]
    rows = [
        (*bench.run(entrant), demand)
        for entrant, demand in console.track(versions, "Judging on later pull requests", len(versions))
    ]
    rows += [(*bench.run(entrant), _BASELINE_DEMANDS[entrant.name]) for entrant in _baselines(dataset)]
    own, kinds = rows[0][1], evaluate.kinds_in_mean(dataset.test)
    comparisons = tuple(
        Comparison(
            score,
            evaluate.paired_difference(
                [pair for pair in dataset.test if pair.id in wins], own, wins, seed=dataset.manifest.seed, kinds=kinds
            ),
            demand,
            incumbent=score.name == rivals.incumbent,
        )
        for score, wins, demand in rows[1:]
    )
    fewer = {score.name: len(wins) for score, wins, _ in rows if len(wins) < len(dataset.test)}
    return _evaluation(
        dataset, tuple(score for score, _, _ in rows), (*rivals.notes, *_tell(fewer, dataset))
    ), comparisons


def compare_served(served: Scorer, judged: Scorer, dataset: LoadedDataset) -> Interval:
    """Return the accuracy of the model to serve minus that of the judged one, paired, on the pairs that judged it."""
    first, second = (judge_together(scorer, dataset.test) for scorer in (served, judged))
    return evaluate.paired_difference(dataset.test, first, second, seed=dataset.manifest.seed)


def judge_together(scorer: Scorer, pairs: Sequence[PreferencePair]) -> dict[str, float]:
    """Return what `evaluate.judge_pairs` does, all remarks scored in one call (a model batches them)."""
    remarks = remarks_of(pairs)
    return evaluate.judge_pairs(pairs, dict(zip(remarks, scorer.score(remarks), strict=True)).__getitem__)


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


def _recall(store: Store, evaluation: Evaluation) -> Evaluation:
    """Add what was measured of the version in force, or of the newest one; on the dataset of its own training."""
    known = state.read_registry(store)
    entry = registry.find_active(known) or (known.entries[-1] if known.entries else None)
    if entry is None:
        return evaluation
    manifest = state.read_version(store, entry.id)
    recorded = read_judged(store, manifest)
    if recorded is None:
        told = f"How {entry.id} behaves beyond this was not recorded when it was trained, and is not measured here."
        return replace(evaluation, notes=(*evaluation.notes, told))
    then = recorded.evaluation
    told = (
        f"How {entry.id} behaves, and its guards, are as measured when it was trained on dataset {then.dataset[:12]}."
    )
    return replace(
        evaluation, diagnostics=then.diagnostics, guards=then.guards, subject=entry.id, notes=(*evaluation.notes, told)
    )


def _tell(fewer: dict[str, int], dataset: LoadedDataset) -> tuple[str, ...]:
    """Say who was judged on fewer pairs than there are; all others were judged on all."""
    if not fewer:
        return ()
    judged = ", ".join(f"{name} on {count}" for name, count in fewer.items())
    return (f"Judged on fewer than the {len(dataset.test)} pairs, spread evenly over them: {judged}.",)


def _entrant(scorer: Scorer, most: int = 0) -> Entrant:
    return Entrant(scorer.version, scorer.tier, scorer.score, scorer.read if isinstance(scorer, Reader) else None, most)


def _bench(dataset: LoadedDataset, clock: Clock, price: float) -> Bench:
    return Bench(dataset.test, slice_pairs(dataset.test, dataset.episodes), dataset.manifest.seed, clock, price)


def _baselines(dataset: LoadedDataset) -> list[Entrant]:
    functions = {
        "random": baselines.random_score,
        "longer wins": baselines.longer_wins,
        "shorter wins": baselines.shorter_wins,
        "lexical overlap": baselines.lexical_overlap,
        "comment only": baselines.comment_only(dataset.train),
    }
    return [Entrant(name, "baseline", _each(function)) for name, function in functions.items()]


def _each(score: Callable[[Remark], float]) -> Callable[[Sequence[Remark]], list[float]]:
    return lambda remarks: list(map(score, remarks))


def _evaluation(dataset: LoadedDataset, scores: tuple[TierScore, ...], notes: tuple[str, ...]) -> Evaluation:
    kinds: dict[str, int] = {}
    for pair in dataset.test:
        kinds[pair.kind] = kinds.get(pair.kind, 0) + 1
    pulls = len({pair.pull_request for pair in dataset.test})
    seed = dataset.manifest.seed
    return Evaluation(dataset.manifest.id, scores, dict(sorted(kinds.items())), pulls, seed, notes=notes)
