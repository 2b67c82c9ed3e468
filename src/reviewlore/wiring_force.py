"""Finds whose judgement a review gets: a workshop and an occasion in; the pinned version, or those in force, out."""

from typing import TYPE_CHECKING, Protocol

from reviewlore.adapters.git import GitRepo
from reviewlore.domain.calibration import Calibrations
from reviewlore.flows.in_force import InForce, Occasion, Shipped, find_in_force
from reviewlore.ports import AdapterTrainer, Store
from reviewlore.ranking.model import RankerModel

if TYPE_CHECKING:
    from reviewlore.adapters.checkout import Remote
    from reviewlore.config import Lock


class Bench(Protocol):
    """What finding a judgement takes of a workshop."""

    @property
    def repo(self) -> GitRepo:
        """The local repository."""
        ...

    @property
    def store(self) -> Store:
        """The state branch."""
        ...

    @property
    def prior(self) -> RankerModel:
        """The ranker that is shipped."""
        ...

    @property
    def prior_calibrations(self) -> Calibrations:
        """What its scores are worth."""
        ...

    @property
    def adapters(self) -> AdapterTrainer:
        """What asks adapters."""
        ...

    def source_of(self, address: str) -> "Remote":
        """Return the repository at an address, with the token to read it by where it is on the forge of this one."""
        ...


def find_judgement(bench: Bench, occasion: Occasion, lock: "Lock | None") -> InForce:
    """Return the pinned version's judgement where there is a lock, whatever the occasion, else that in force."""
    if lock is None:
        shipped = Shipped(bench.prior, bench.prior_calibrations)
        return find_in_force(bench.store, shipped, bench.adapters, occasion)
    from reviewlore.flows.locking import load_locked

    return load_locked(lock, lambda lock: open_source(bench, lock), bench.prior_calibrations, bench.adapters)


def open_source(bench: Bench, lock: "Lock") -> Store:
    """Return the store that holds what a lock pins: this repository's own, or a copy of another one's branch."""
    if not lock.repository:
        return bench.store
    from reviewlore.adapters.locked import open_locked
    from reviewlore.flows.locking import holds

    remote = bench.source_of(lock.repository)
    return open_locked(bench.repo.git_dir, remote, lock.branch, lock.version, lambda store: holds(store, lock))
