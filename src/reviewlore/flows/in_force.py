"""Whose judgement a pull request gets: everybody's version, and in its place a specialist's own for its findings."""

from collections.abc import Mapping
from dataclasses import dataclass

from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.errors import InputError, MissingExtra
from reviewlore.flows import state
from reviewlore.flows.scoring import Judgement, load_active, load_calibrations, load_version
from reviewlore.formats.standing import tell_canary
from reviewlore.ports import AdapterTrainer, Store
from reviewlore.ranking.model import RankerModel
from reviewlore.stages.registry import find_active, find_judging


@dataclass(frozen=True, slots=True)
class Shipped:
    """The ranker of day 0, and what its scores are worth."""

    prior: RankerModel
    calibrations: Calibrations


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is judged: a pull request of a repository (0: a change that is none, which no canary judges)."""

    repository: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class InForce:
    """The judgement of one occasion, the store that holds its versions, and what has to be known of it.

    `pinned`: a lock named the version; the first note says so.
    """

    judgement: Judgement
    store: Store
    notes: tuple[str, ...] = ()
    pinned: bool = False


def find_in_force(store: Store, shipped: Shipped, adapters: AdapterTrainer, occasion: Occasion = Occasion()) -> InForce:
    """Return whose judgement is used on an occasion, from the state branch; see `scoring.load_active`."""
    scorer, notes = load_active(store, shipped.prior, adapters, repository=occasion.repository, number=occasion.number)
    specialists, more = _load_specialists(store, shipped.calibrations, adapters, occasion)
    judgement = Judgement(scorer, load_calibrations(store, scorer, shipped.calibrations), specialists)
    return InForce(judgement, store, (*notes, *more))


def _load_specialists(
    store: Store, prior: Calibrations, adapters: AdapterTrainer, occasion: Occasion
) -> tuple[Mapping[str, Judgement], tuple[str, ...]]:
    """Return the versions that judge specialists' own findings, by specialist, and what has to be known of them.

    One that cannot run here leaves its findings to everybody's version, which is said.
    """
    registry = state.read_registry(store)
    found: dict[str, Judgement] = {}
    notes: list[str] = []
    for name in SPECIALISTS:
        judging = find_judging(registry, name, occasion.repository, occasion.number)
        if judging is None:
            continue
        try:
            scorer = load_version(store, state.read_version(store, judging.id), adapters)
        except (MissingExtra, InputError) as error:
            notes.append(f"{judging.id} cannot run here, so {name} findings are judged as all others: {error}")
            continue
        if judging.state == "canary":
            notes.append(tell_canary(judging, find_active(registry, name)))
        found[name] = Judgement(scorer, load_calibrations(store, scorer, prior))
    return found, tuple(notes)
