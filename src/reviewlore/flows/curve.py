"""The ranker's learning curve on a dataset: trained on shares of the pull requests, judged on the same later ones.

Nothing is written. The embedded ranker stands for all tiers: it takes a second, and where it has stopped learning from
more of the same an adapter of few pairs has not begun.
"""

from collections.abc import Iterator, Sequence

from reviewlore.domain.concern import specialist_of
from reviewlore.domain.curve import LearningCurve
from reviewlore.domain.preference import Remark
from reviewlore.errors import MissingExtra, RefusedError
from reviewlore.flows import judge
from reviewlore.flows.judge import LoadedDataset
from reviewlore.ports import Console, RankerTrainer
from reviewlore.ranking.features import extract, feature_names
from reviewlore.ranking.model import RankerModel
from reviewlore.stages.curve import LEAST_PULL_REQUESTS, SHARES, Trial, draw_requests, fit_curve
from reviewlore.stages.dataset import rebuild_refit_pairs
from reviewlore.stages.evaluate import judge_pairs

_SEEDS = 3
_POSITION = {name: place for place, name in enumerate(feature_names())}


def draw_curve(rankers: RankerTrainer, dataset: LoadedDataset, console: Console, specialist: str = "") -> LearningCurve:
    """Return the learning curve; RefusedError where there is too little to draw one."""
    requests = _requests(dataset)
    missing = judge.find_shortfall(dataset)
    if len(requests) < LEAST_PULL_REQUESTS:
        missing = f"{len(requests)} pull requests to train on, at least {LEAST_PULL_REQUESTS} are needed"
    if missing is not None:
        raise RefusedError(f"There is too little to draw a learning curve: {missing}. Mine more pull requests.")
    wanted = [(share, seed) for seed in range(_SEEDS) for share in SHARES if share < 1.0 or seed == 0]
    judging = _Judging(rankers, dataset, requests, specialist)
    steps = console.track(wanted, "Training the ranker on shares of the pull requests", len(wanted))
    trials = [trial for share, seed in steps for trial in judging.trials(share, seed)]
    curve = fit_curve(trials, dataset.test, dataset.manifest.seed)
    if curve is None:
        raise RefusedError("There is too little to draw a learning curve: too few pairs. Mine more pull requests.")
    return curve


def try_curve(
    rankers: RankerTrainer, dataset: LoadedDataset, console: Console, specialist: str = ""
) -> LearningCurve | None:
    """Return the learning curve where one can be drawn."""
    try:
        return draw_curve(rankers, dataset, console, specialist)
    except (RefusedError, MissingExtra):
        return None


class _Judging:
    """Trains and judges one trial after another; what a remark looks like in numbers is computed once."""

    def __init__(
        self, rankers: RankerTrainer, dataset: LoadedDataset, requests: Sequence[str], specialist: str
    ) -> None:
        self._rankers, self._dataset, self._requests = rankers, dataset, requests
        self._specialist = specialist
        self._known: dict[Remark, tuple[float, ...]] = {}

    def trials(self, share: float, seed: int) -> Iterator[Trial]:
        """Yield the trial of a share and a draw; nothing where so few pairs train no ranker."""
        drawn = draw_requests(self._requests, share, seed)
        chosen = [
            episode
            for episode in self._dataset.episodes
            if f"{episode.repository}#{episode.pull_request}" in drawn
            and self._specialist in ("", specialist_of(episode.concern))
        ]
        # Paired anew, as a repository with this history would be: pairs of the whole would borrow from the rest.
        pairs = rebuild_refit_pairs(chosen, self._dataset.manifest)
        try:
            model = self._rankers.fit(pairs, seed=self._dataset.manifest.seed)
        except RefusedError:
            return
        wins = judge_pairs(self._dataset.test, lambda remark: self._score(model, remark))
        yield Trial(share, seed, len(drawn), len(pairs), wins)

    def _score(self, model: RankerModel, remark: Remark) -> float:
        known = self._known.get(remark)
        if known is None:
            known = self._known[remark] = extract(remark)
        return model.score_vector(tuple(known[_POSITION[name]] for name in model.features), remark.body)


def _requests(dataset: LoadedDataset) -> list[str]:
    """Return the pull requests of the training side, those of borrowed remarks included."""
    return sorted({name.rpartition("/")[0] for pair in dataset.train for name in pair.episodes})
