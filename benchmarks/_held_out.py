"""Scores of real remarks by rankers that have not seen their repository: one left out at a time."""

from collections.abc import Callable, Iterable, Sequence

from benchmarks._comments import Vectors

from reviewlore.adapters.boosting import train_ranker
from reviewlore.domain.calibration import HeldOutRemark
from reviewlore.domain.history import AuthorKind, Episode
from reviewlore.domain.preference import PairSettings, PreferencePair, Remark
from reviewlore.ranking.model import RankerModel
from reviewlore.stages.dataset import build_dataset


def remark_of(episode: Episode) -> Remark:
    return Remark(episode.anchor.path, episode.hunk, episode.body)


def usable(episodes: Sequence[Episode], seed: int) -> tuple[Episode, ...]:
    """The remarks that the product would calibrate on if all pull requests were later ones."""
    return build_dataset(episodes, seed=seed, settings=PairSettings(test_share=1.0)).held_out


def left_out(
    pairs: Sequence[PreferencePair],
    repositories: Iterable[str],
    seed: int,
    vectors: Vectors,
    say: Callable[[str], None],
) -> dict[str, RankerModel]:
    """Per repository, the prior as it would be had the repository not been there: no words, none of its pairs."""
    seen = {pair.repository for pair in pairs}
    whole = train_ranker(pairs, seed=seed, vectors=vectors, words=False)
    models = {}
    for repository in sorted(repositories):
        others = [pair for pair in pairs if pair.repository != repository]
        # Bots' remarks make no pairs of their own: where only bots speak, there is nothing to leave out.
        models[repository] = (
            train_ranker(others, seed=seed, vectors=vectors, words=False) if repository in seen else whole
        )
        say(f"{repository} left out: {len(others)} pairs of the others")
    return models


def held_out(
    episodes: Iterable[Episode], scores: dict[str, float], author: AuthorKind, *, by_pull_request: bool = False
) -> list[HeldOutRemark]:
    """The scored remarks of people or bots; what they share is the repository, or the pull request."""
    return [
        HeldOutRemark(
            scores[each.id],
            each.outcome == "addressed",
            f"{each.repository}#{each.pull_request}" if by_pull_request else each.repository,
        )
        for each in episodes
        if each.author_kind == author and each.id in scores
    ]


def score_left_out(episodes: Iterable[Episode], models: dict[str, RankerModel], vectors: Vectors) -> dict[str, float]:
    """Per episode, the score by the model that has not seen its repository."""
    remarks = {each.id: (each.repository, remark_of(each)) for each in episodes if each.repository in models}
    return {
        name: models[repository].score_vector(vectors(remark), remark.body)
        for name, (repository, remark) in remarks.items()
    }
