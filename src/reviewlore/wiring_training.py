"""Builds what training works with: a workshop in, the context of a training out."""

from typing import Protocol

from reviewlore.config import Settings
from reviewlore.domain.drift import MapFingerprint
from reviewlore.flows.training import TrainContext
from reviewlore.ports import AdapterTrainer, Clock, Console, Store
from reviewlore.ranking.model import RankerModel


class Workplace(Protocol):
    """What training takes of a workshop."""

    @property
    def console(self) -> Console:
        """Where progress is told."""
        ...

    @property
    def store(self) -> Store:
        """The state branch."""
        ...

    @property
    def settings(self) -> Settings:
        """The settings of the default branch."""
        ...

    @property
    def prior(self) -> RankerModel:
        """The ranker that is shipped."""
        ...

    @property
    def adapters(self) -> AdapterTrainer:
        """What trains and asks adapters."""
        ...

    @property
    def clock(self) -> Clock:
        """The system's clock."""
        ...

    @property
    def actor(self) -> str:
        """Who acts, for the audit log."""
        ...

    def structure(self) -> MapFingerprint:
        """Return the fingerprint of the code that is trained for."""
        ...


def make_train_context(workshop: Workplace) -> TrainContext:
    """Return what training on a repository needs: its state, the trainers, and what is said of this machine."""
    from reviewlore.adapters.machine import code_commit, package_versions, processor_name
    from reviewlore.adapters.training import BoostedRankers

    return TrainContext(
        store=workshop.store,
        prior=workshop.prior,
        rankers=BoostedRankers(workshop.prior),
        adapters=workshop.adapters,
        clock=workshop.clock,
        console=workshop.console,
        packages=package_versions(),
        code_commit=code_commit(),
        hardware=processor_name(),
        actor=workshop.actor,
        approval=workshop.settings.learn.approval,
        structure=workshop.structure,
    )
