"""Builds what training works with: a workshop in, the context of a training out."""

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Protocol

from reviewlore.config import ModelSettings, Settings
from reviewlore.domain.drift import MapFingerprint
from reviewlore.errors import InputError
from reviewlore.flows.learn import policy_in_force
from reviewlore.flows.training import TrainContext
from reviewlore.flows.training_lock import BeatingConsole, Pulse
from reviewlore.ports import AdapterTrainer, Clock, Console, Store
from reviewlore.ranking.model import RankerModel
from reviewlore.wiring_secrets import find_adapters, find_bases, read_model_key

if TYPE_CHECKING:
    from reviewlore.adapters.git import GitRepo
    from reviewlore.domain.card import ModelCard
    from reviewlore.flows.service import Service
    from reviewlore.ports.serving import Exporter


def draw_card(card: "ModelCard") -> dict[str, bytes]:
    """Return a model card as the files that are kept beside a version; what draws is loaded only then."""
    from reviewlore.adapters.card_page import draw_card as draw

    return draw(card)


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
    def pulse(self) -> Pulse:
        """What beats while a training goes on."""
        ...

    @property
    def clock(self) -> Clock:
        """The system's clock."""
        ...

    @property
    def actor(self) -> str:
        """Who acts, for the audit log."""
        ...

    @property
    def repo(self) -> "GitRepo":
        """The repository whose code is trained for."""
        ...

    def structure(self) -> MapFingerprint:
        """Return the fingerprint of the code that is trained for."""
        ...


def make_train_context(workshop: Workplace) -> TrainContext:
    """Return what training on a repository needs: its state, the trainers, and what is said of this machine."""
    from reviewlore.adapters.energy import MachineMeter
    from reviewlore.adapters.life_sign import FileLifeSigns
    from reviewlore.adapters.machine import code_commit, package_versions, processor_name
    from reviewlore.adapters.training import BoostedRankers

    return TrainContext(
        store=workshop.store,
        prior=workshop.prior,
        rankers=BoostedRankers(workshop.prior),
        adapters=workshop.adapters,
        clock=workshop.clock,
        console=BeatingConsole(workshop.console, workshop.pulse),
        packages=package_versions(),
        code_commit=code_commit(),
        hardware=processor_name(),
        meter=MachineMeter(),
        draw_card=draw_card,
        policy=policy_in_force(workshop.settings.learn),
        price_per_hour=workshop.settings.learn.price_per_hour,
        actor=workshop.actor,
        approval=workshop.settings.learn.approval,
        structure=workshop.structure,
        code=partial(_read_code, workshop.repo),
        model=workshop.settings.model,
        precision=workshop.settings.review.target_precision,
        minima=workshop.settings.learn.minimum,
        pulse=workshop.pulse,
        signs=FileLifeSigns(workshop.repo.git_dir / "reviewlore-trainings"),
        promotion=workshop.settings.learn.promotion,
    )


def _read_code(repo: "GitRepo", touched: Collection[str]) -> tuple[str, ...]:
    """Return ordinary code of the default branch, or of what is checked out where there is none."""
    from reviewlore.flows.ordinary_code import sample_code

    for name in (repo.default_branch, lambda: "HEAD"):
        try:
            return sample_code(repo, repo.resolve(name()), touched)
        except InputError:
            continue
    return ()  # a repository that carries the state branch alone


def open_exporter() -> "Exporter":
    """Return what writes adapters for other programs."""
    from reviewlore.adapters.exporting import AdapterExporter

    return AdapterExporter(find_bases())


def open_service(model: ModelSettings) -> "Service | None":
    """Return where adapters in force are put: None where this machine names no folder for them.

    Settings have to be the default branch's: by those of any other branch, a stranger could send the key elsewhere.
    """
    folders = find_adapters()
    if folders is None:
        return None
    from reviewlore.adapters.openai_adapters import OpenAiAdapters
    from reviewlore.flows.service import Service

    server = OpenAiAdapters(model.address, read_model_key(model.address)) if model.kind == "openai" else None
    return Service(open_exporter(), *folders, server)
