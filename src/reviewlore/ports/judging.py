"""What learns from preference pairs, and what judges by it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from reviewlore.domain.finding import Tier
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.ranking.model import RankerModel

if TYPE_CHECKING:  # what a review need not load
    from reviewlore.domain.recipe import Recipe, TrainedAdapter


class Scorer(Protocol):
    """The judgement in force: which of two remarks this team would stand by."""

    @property
    def version(self) -> str:
        """The version's id, or `prior` for what is shipped."""
        ...

    @property
    def tier(self) -> Tier:
        """The tier the version belongs to."""
        ...

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        """Return one score a remark, higher is better; what else is asked about changes it by rounding at most.

        An adapter reads remarks on one hunk together, so equal remarks may differ in the last digits (by 1e-3 of a
        token's log-probability in float32).
        """
        ...


class RankerTrainer(Protocol):
    """Learns a ranker from preference pairs, in seconds, on a CPU."""

    def fit(self, pairs: Sequence[PreferencePair], *, seed: int) -> RankerModel:
        """Return the trained ranker; MissingExtra where the libraries for it are not installed."""
        ...

    def settings(self) -> dict[str, str]:
        """Return what the training is set to, for the lineage."""
        ...


class AdapterTrainer(Protocol):
    """Trains a low-rank adapter by DPO, and scores with one. Files live in a folder while it works."""

    def fit(
        self, recipe: "Recipe", train: Sequence[PreferencePair], test: Sequence[PreferencePair], *, seed: int
    ) -> "tuple[TrainedAdapter, dict[str, bytes]]":
        """Return the record of the run and the files it made; RefusedError where the data is below the minimum."""
        ...

    def settings(self, recipe: "Recipe") -> dict[str, str]:
        """Return all that decides what a training makes, for the lineage and the version's identity."""
        ...

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> Scorer:
        """Return the judgement of a trained adapter after checking its files; StateError where one was changed."""
        ...
