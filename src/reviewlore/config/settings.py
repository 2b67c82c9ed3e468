"""The settings of one repository as records; every one has a default. What each key means stands here."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.architecture import ContractKind
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.domain.model import Policies, PromotionPolicy


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """What a review says: at most `max_comments`, none below `min_severity`, or of a kind in `silent`.

    `target_precision` is the share of remarks that should be addressed: by it the threshold is chosen on held-out data.
    `diagram` draws the changed imports between packages into the summary comment; `suggestions` lets a remark carry a
    change to commit. `skip_*` leave pull requests out (patterns, in any case), and `pause_after` many reviews of one
    pull request it waits to be asked. `guidance` are the team's own files for people and models that write code.
    `shadow` says nothing unless it is asked by a command, and records what it would have said. `check_run` records a
    check, `resolve_threads` resolves our own threads whose remark was addressed, where the permission exists.
    """

    max_comments: int = 5  # published gains come from saying less: the median useful bot says 1 to 3 things
    min_severity: Literal["info", "warning", "error"] = "info"
    min_confidence: float = 0.55  # leaves out what is true but mostly idle, such as a first import between two packages
    silent: tuple[str, ...] = ()
    fail_on: Literal["never", "info", "warning", "error"] = "never"
    exclude_paths: tuple[str, ...] = ()
    diagram: bool = True
    history_limit: int = 2000  # commits read for co-change: about two years of an active repository
    target_precision: float = 0.7
    specialists: tuple[str, ...] = SPECIALISTS
    suggestions: bool = True
    skip_drafts: bool = True
    skip_labels: tuple[str, ...] = ()
    skip_authors: tuple[str, ...] = ()
    skip_titles: tuple[str, ...] = ()
    pause_after: int = 20  # reviews of one pull request; 0: never
    guidance: tuple[str, ...] = (
        "AGENTS.md",
        "CLAUDE.md",
        "CONTRIBUTING.md",
        ".github/CONTRIBUTING.md",
        "docs/CONTRIBUTING.md",
        ".github/copilot-instructions.md",
        ".github/instructions/*.instructions.md",
    )
    shadow: bool = False
    check_run: bool = False
    resolve_threads: bool = False


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The model that writes remarks: none, a server that speaks OpenAI's interface, or one loaded here.

    `address` is the server's base (`http://127.0.0.1:8000/v1`), `name` the model's name there, or `OWNER/NAME` of a
    base model whose folder the machine names; `revision` its full commit id. Limits are per call (`context_tokens`,
    `answer_tokens`, `timeout` in seconds, `retries`), per review (`max_calls`), per pull request (`max_tokens`; 0:
    none) and per month (`monthly_tokens`, `monthly_cost`; 0: none). Prices are per million tokens. `structured`
    says whether answers are asked for by JSON schema. `embedding` is the folder of a model for retrieval, named by the
    machine.
    """

    kind: Literal["none", "openai", "transformers"] = "none"
    address: str = ""
    name: str = ""
    revision: str = ""
    context_tokens: int = 32_000
    answer_tokens: int = 2_000
    characters_per_token: float = 2.9  # the least seen in 80 files' diffs: a bound that needs no tokenizer
    timeout: int = 120
    retries: int = 2
    parallel: int = 4
    max_calls: int = 6
    max_tokens: int = 0
    monthly_tokens: int = 0
    monthly_cost: float = 0.0
    price_in: float = 0.0
    price_out: float = 0.0
    structured: Literal["auto", "never"] = "auto"
    embedding: str = ""


@dataclass(frozen=True, slots=True)
class ContractSettings:
    """One rule about imports; what each kind means is said at `domain.architecture.Contract`.

    `ignore` are imports that are allowed all the same, each as `importer -> imported`.
    """

    kind: ContractKind = "forbidden"
    name: str = ""
    layers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ignore_type_only: bool = False


@dataclass(frozen=True, slots=True)
class ArchitectureSettings:
    """Declared layers, top to bottom; siblings of one layer are joined by `|`. `contracts` are further rules.

    `facts` are the kinds of facts to be said although they are silent by default. `organisation` is a folder of cards
    of other repositories (`status --architecture --card`), in this repository or on the state branch.
    """

    layers: tuple[str, ...] = ()
    contracts: tuple[ContractSettings, ...] = ()
    facts: tuple[str, ...] = ()
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class MinimumSettings:
    """Below these numbers of training pairs, and of pull requests they come from, nothing is learned of a slice.

    A slice is what is said by one specialist, of code in one language; an empty one of them is any.
    """

    specialist: str = ""
    language: str = ""
    pairs: int = 30  # fewer, and an accuracy is known to 18 points either way
    pull_requests: int = 5  # remarks of one pull request rise and fall together


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """What is mined, kept and learned from.

    `licenses` are patterns of what a source may say of its text (none: any). `extra_kinds` of pairs are trained on too,
    `evaluation_repositories` never. From `drift_threshold` on, the share of the structure that moved since a version
    was trained, another training is due. A new dataset waits until somebody with the role `approval` allows it.
    `auto_rollback` takes a version back whose remarks are addressed significantly less often than its predecessor's.
    A version that passed the gate waits until somebody with the role `promotion_approval` allows it, and then judges
    `canary_share` percent of the pull requests until its trial is over (0: all at once).
    Less than its `minimum` is not trained on, or not claimed as learned; a row that names more goes before one that
    names less. `price_per_hour` is what an hour of the machine that trains costs, in any currency (0: it is not known).
    """

    exclude_paths: tuple[str, ...] = ()
    opted_out: tuple[str, ...] = ()
    bot_logins: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    nits: bool = True
    retention_days: int = 0  # 0: no limit
    extra_kinds: tuple[str, ...] = ()
    evaluation_repositories: tuple[str, ...] = ()
    approval: Literal["none", "write", "maintain", "admin"] = "none"
    auto_rollback: bool = True
    promotion_approval: Literal["none", "write", "maintain", "admin"] = "none"
    canary_share: int = 0
    # Measured month by month on public histories: a year moves pytest by 5 % and scrapy by 10 %, a rewrite (pydantic
    # 2) by 70 %. So two ordinary years are due, or one reorganisation.
    drift_threshold: float = 0.15
    price_per_hour: float = 0.0
    minimum: tuple[MinimumSettings, ...] = ()
    seed: int = 20260101

    @property
    def policies(self) -> Policies:
        """What a person's word is wanted on."""
        return Policies(self.approval, self.promotion)

    @property
    def promotion(self) -> PromotionPolicy:
        """What becomes of a version that passed the gate."""
        return PromotionPolicy(self.canary_share, self.promotion_approval)


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What the workflow that `reviewlore init` writes trains by the clock, and where; after a change, run it again.

    `tier` and `recipe` (empty: the tier's own) are those of the weekly run. `runner` are the labels of the runner that
    trains adapters, all of which it must have; the ranker is trained on a runner of the forge.
    """

    tier: Literal["embedded", "adapter"] = "embedded"
    recipe: str = ""
    runner: tuple[str, ...] = ("self-hosted", "gpu")


@dataclass(frozen=True, slots=True)
class StateSettings:
    """Where the bot's knowledge lives."""

    branch: str = "reviewlore/state"


@dataclass(frozen=True, slots=True)
class RecipeSettings:
    """What a repository may set of a shipped recipe: the full commit id of its base model, or nothing yet."""

    revision: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one repository; `recipes` is by the name of the recipe."""

    review: ReviewSettings = field(default_factory=ReviewSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    architecture: ArchitectureSettings = field(default_factory=ArchitectureSettings)
    learn: LearnSettings = field(default_factory=LearnSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    state: StateSettings = field(default_factory=StateSettings)
    recipes: dict[str, RecipeSettings] = field(default_factory=dict)
