"""What learns from preference pairs, and what judges by it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from reviewlore.domain.finding import Tier
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.ranking.model import RankerModel

if TYPE_CHECKING:  # what a review need not load
    from reviewlore.domain.recipe import PromptContext, Recipe, TrainedAdapter
    from reviewlore.domain.training import Completion, Example, FitRequest, Reading, TokenLoss


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


@runtime_checkable
class Reader(Protocol):
    """A scorer that is a model, and so reads tokens."""

    def read(self, remarks: Sequence[Remark]) -> "Reading":
        """Return what judging these remarks makes it read, in tokens a remark."""
        ...


class RankerTrainer(Protocol):
    """Learns a ranker from preference pairs, in seconds, on a CPU."""

    def fit(self, pairs: Sequence[PreferencePair], *, seed: int) -> RankerModel:
        """Return the trained ranker; MissingExtra where the libraries for it are not installed."""
        ...

    def settings(self) -> dict[str, str]:
        """Return what the training is set to, for the lineage."""
        ...


class Probe(Protocol):
    """A trained adapter on its base, for what a ranking does not show."""

    def losses(self, texts: Sequence[str]) -> "tuple[TokenLoss, ...]":
        """Return how well each text is predicted from its beginning; one entry a text, in order."""
        ...

    def completions(self, context: "PromptContext", remarks: Sequence[str]) -> tuple[float, ...]:
        """Return the summed log-probability (nats) of each remark on a hunk, its end included, under the adapter."""
        ...

    def write(self, contexts: "Sequence[PromptContext]", tokens: int) -> "tuple[Completion, ...]":
        """Return the remark that the adapter writes on each hunk, greedily, of at most so many tokens."""
        ...


class AdapterTrainer(Protocol):
    """Trains a low-rank adapter by DPO, and scores with one. Files live in a folder while it works."""

    def fit(self, request: "FitRequest") -> "tuple[TrainedAdapter, dict[str, bytes]]":
        """Return the record of the run and the files it made; RefusedError where no pair can be trained on.

        A run of the same version and name that was interrupted is taken up where its last checkpoint lies.
        """
        ...

    def discard(self, version: str) -> None:
        """Remove what the runs of a version left on this machine to be taken up: it is kept elsewhere now."""
        ...

    def settings(self, recipe: "Recipe") -> dict[str, str]:
        """Return all that decides what a training makes, for the lineage and the version's identity."""
        ...

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> Scorer:
        """Return the judgement of a trained adapter after checking its files; StateError where one was changed."""
        ...

    def probe(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> Probe:
        """Return a trained adapter to be asked for more than preferences, its files checked as by `scorer`."""
        ...

    def prompted(
        self,
        manifest: VersionManifest,
        files: Mapping[str, bytes],
        name: str,
        choose: "Callable[[Remark], Sequence[Example]]",
    ) -> Scorer:
        """Return an adapter's base model without it, asked by a prompt whether the team will act on a remark.

        `choose` gives the examples that stand before a remark, the most telling last; none are left out but those that
        the model's window has no room for, from the first one on. The version of the scorer is `name`.
        """
        ...
