"""What training needs from outside, and what comes out of one: shared by the flows that train, judge and keep."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from reviewlore.config import MinimumSettings, ModelSettings
from reviewlore.domain.card import ModelCard
from reviewlore.domain.drift import MapFingerprint
from reviewlore.domain.evaluation import Evaluation, GateDecision
from reviewlore.domain.model import AT_ONCE, PromotionPolicy, RegistryEntry, VersionManifest
from reviewlore.domain.people import Role
from reviewlore.flows.training_lock import NoSigns, Pulse
from reviewlore.ports import AdapterTrainer, Clock, Console, LifeSigns, Meter, RankerTrainer, Store
from reviewlore.ranking.model import RankerModel


def _no_code(_: Collection[str]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class TrainContext:
    """What training needs from outside; packages, commit and hardware go into the lineage.

    `meter` measures what a run takes. `policy` is the policy in force, `price_per_hour` what an hour of this machine
    costs (0: not known). `approval` is the role that has to allow a dataset, `none`: nobody has to. `structure` returns
    the fingerprint of the code that is trained for, `code` the beginnings of some of its source files, without those at
    the paths it is given. `model` is the model of the settings with its prices, `precision` the share of remarks that
    should be addressed, `promotion` what becomes of a version that passed the gate. `draw_card` returns the files of a
    model card by their names, `pulse` beats while work goes on, `signs` tell which trainings of this machine are alive.
    """

    store: Store
    prior: RankerModel
    rankers: RankerTrainer
    adapters: AdapterTrainer
    clock: Clock
    console: Console
    packages: Mapping[str, str]
    code_commit: str
    hardware: str
    meter: Meter
    draw_card: Callable[[ModelCard], Mapping[str, bytes]]
    policy: Mapping[str, str] = field(default_factory=dict)
    price_per_hour: float = 0.0
    actor: str = "command line"
    approval: Role = "none"
    structure: Callable[[], MapFingerprint] = MapFingerprint
    code: Callable[[Collection[str]], tuple[str, ...]] = _no_code
    model: ModelSettings = field(default_factory=ModelSettings)
    precision: float = 0.7
    minima: tuple[MinimumSettings, ...] = ()
    promotion: PromotionPolicy = AT_ONCE
    pulse: Pulse = field(default_factory=Pulse)
    signs: LifeSigns = field(default_factory=NoSigns)


@dataclass(frozen=True, slots=True)
class Trained:
    """One finished training: its lineage, how all tiers did on the same pairs, what the gate said and what it led to.

    `standing` is its entry in the registry, None where nothing was written.
    """

    manifest: VersionManifest
    evaluation: Evaluation
    decision: GateDecision
    commit: str | None
    standing: RegistryEntry | None = None
