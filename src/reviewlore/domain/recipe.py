"""What an adapter is trained by (a recipe), from (dialogues) and into (files with their record)."""

from dataclasses import dataclass, field
from typing import Literal

LossKind = Literal["sigmoid", "sigmoid_norm", "robust"]
Precision = Literal["float32", "auto"]


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What a model is told before it is asked for a remark: the file, and the diff hunk with its header."""

    path: str
    hunk: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One preference as text: `prompt` + `chosen` is preferred to `prompt` + `rejected` with `weight` in (0, 1]."""

    prompt: str
    chosen: str
    rejected: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MadeBase:
    """A small Llama with random weights and a byte-level tokenizer, both made from the training texts.

    It proves that the training code runs; it knows no language beyond `warm_up_steps` of next-token training.
    """

    layers: int
    width: int
    heads: int
    vocabulary: int
    warm_up_steps: int
    warm_up_rate: float


@dataclass(frozen=True, slots=True)
class NamedBase:
    """A published model by hub name; `revision` is a full commit id, or empty until somebody has resolved it."""

    id: str
    revision: str


@dataclass(frozen=True, slots=True)
class TextBudget:
    """How much text a model sees: characters of hunk and remark (cut by us), and tokens of both together."""

    hunk_characters: int
    remark_characters: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adapter: rank, scaling numerator, dropout, and the names of the linear layers that get one."""

    rank: int
    alpha: int
    dropout: float
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """Preference loss: TRL's name for it, inverse temperature, and the assumed share of wrong labels (robust only)."""

    kind: LossKind
    beta: float
    label_smoothing: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run: steps are the smaller of `max_steps` and `epochs` passes; `warmup_share` of them raise the rate."""

    learning_rate: float
    batch_size: int
    max_steps: int
    epochs: float
    warmup_share: float
    precision: Precision
    threads: int
    log_every: int


@dataclass(frozen=True, slots=True)
class Minimum:
    """Below these numbers of training pairs and of pull requests they come from, training is refused."""

    pairs: int
    pull_requests: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run as data. Made by `stages/recipe.py` from one TOML file; `name` is the file's name."""

    name: str
    summary: str
    base: MadeBase | NamedBase
    text: TextBudget
    lora: Lora
    loss: Loss
    run: Run
    minimum: Minimum


@dataclass(frozen=True, slots=True)
class TrainedAdapter:
    """What came out of one run: `files` maps a file name in the output folder to its SHA-256.

    `log` has one entry per logged step (`step`, `loss`, `margin`, `accuracy`, and `eval_…` after the last one);
    `pairs` is the number of different pairs that were trained on, `cut` counts those whose prompt or remark had more
    tokens than the budget; `base_revision` is a commit id of the hub, or `sha256:…` of a made base's weights.
    """

    files: dict[str, str]
    log: tuple[dict[str, float], ...]
    seconds: float
    packages: dict[str, str]
    hardware: str
    base_model: str
    base_revision: str
    steps: int
    pairs: int
    cut: dict[str, int] = field(default_factory=dict)
