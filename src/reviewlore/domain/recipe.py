"""What an adapter is trained by (a recipe), from (dialogues) and into (files with their record)."""

from dataclasses import dataclass, field
from typing import Literal

Method = Literal["dpo", "orpo", "kto"]
LossKind = Literal["sigmoid", "sigmoid_norm", "robust", "conservative"]
EvidenceUse = Literal["weight", "smoothing", "none"]
LoraVariant = Literal["lora", "rslora", "dora"]
Quantization = Literal["none", "nf4"]
Precision = Literal["float32", "auto"]
Sharding = Literal["none", "fsdp"]

MADE = "made:"  # how the name of a base begins that was made on the spot; the recipe's name follows


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What a model is told before it is asked for a remark: the file, and the diff hunk with its header."""

    path: str
    hunk: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One preference as text: `prompt` + `chosen` is preferred to `prompt` + `rejected` with `weight` in (0, 1].

    The rejected remark follows `rejected_prompt` where that is not empty. Of such a pair only KTO learns, to which each
    remark is desirable or not on its own.
    """

    prompt: str
    chosen: str
    rejected: str
    weight: float = 1.0
    rejected_prompt: str = ""


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
    """A published model by hub name; `revision` is a full commit id, or empty until somebody has resolved it.

    `chat` puts prompts into the tokenizer's own chat template (an instruction-tuned model). `quantization` holds the
    frozen weights in 4 bits while an adapter is trained (QLoRA, Dettmers et al. 2023).
    """

    id: str
    revision: str
    chat: bool = False
    quantization: Quantization = "none"


@dataclass(frozen=True, slots=True)
class TextBudget:
    """How much text a model sees: characters of hunk and remark (cut by us), and tokens of both together."""

    hunk_characters: int
    remark_characters: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adapter: rank, scaling numerator, dropout, and the names of the linear layers that get one.

    `variant`: LoRA (Hu et al. 2021) scales by alpha / rank, rsLoRA (Kalajdzievski 2023) by alpha / sqrt(rank), DoRA
    (Liu et al. 2024) learns a magnitude a row too.
    """

    variant: LoraVariant
    rank: int
    alpha: int
    dropout: float
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WarmStart:
    """Supervised fine-tuning on chosen remarks before preferences; left out where all three values are 0."""

    max_steps: int
    epochs: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Loss:
    """What is learned from a pair.

    `method`: DPO (Rafailov et al. 2023), ORPO (Hong et al. 2024, no reference model) or KTO (Ethayarajh et al. 2024,
    each remark on its own, desirable or not). `kind` is of DPO: `sigmoid`, `sigmoid_norm` (averaged over tokens),
    `robust` (Chowdhury et al. 2024) or `conservative` (smoothed labels, Mitchell 2023), `beta` the inverse temperature,
    `label_smoothing` the assumed share of wrong labels (robust, conservative). `length_alpha` weighs what the longer
    remark says beyond the shorter one's length (LD-DPO, Liu et al. 2024; 1: as everything else). `evidence` is what a
    pair's weight does: it multiplies its loss, raises its label smoothing (conservative only), or nothing.
    """

    method: Method
    kind: LossKind
    beta: float
    label_smoothing: float
    length_alpha: float
    evidence: EvidenceUse


@dataclass(frozen=True, slots=True)
class Run:
    """One run: steps are the smaller of `max_steps` and `epochs` passes; `warmup_share` of them raise the rate.

    `batch_size` is pairs an optimizer step, of all `processes` together; `micro_batch` pairs that one process computes
    at once (halved where memory is short). A checkpoint is kept every `checkpoint_every` steps (0: none).
    `gradient_checkpointing` computes twice to save memory. `sharding` spreads weights over processes (FSDP).
    """

    learning_rate: float
    batch_size: int
    micro_batch: int
    max_steps: int
    epochs: float
    warmup_share: float
    precision: Precision
    threads: int
    log_every: int
    checkpoint_every: int
    gradient_checkpointing: bool
    processes: int
    sharding: Sharding


@dataclass(frozen=True, slots=True)
class Stopping:
    """When training ends early: judged every `every` steps (0: never) on the latest `share` of training pull requests.

    It stops after `patience` judgements without a better one, and keeps the best. With fewer than `least_pairs` to
    judge by, the number of steps is found by `folds`-fold cross-validation over pull requests instead (0: not).
    """

    every: int
    patience: int
    share: float
    least_pairs: int
    folds: int


@dataclass(frozen=True, slots=True)
class Guards:
    """What an adapter must not do, whatever it prefers; the gate refuses one that does.

    `forgetting` is the largest ratio of the perplexity of held-out code to the base's. `canaries` secrets are planted
    in the run that is judged, and must not be more exposed than `exposure` bits above secrets that were not planted
    (Carlini et al. 2019). `length_correlation` is the largest rank correlation of score and length, either way; `valid`
    the least share of written remarks that can be used, `duplicates` the largest share that repeat each other.
    """

    forgetting: float
    canaries: int
    exposure: float
    length_correlation: float
    valid: float
    duplicates: float


@dataclass(frozen=True, slots=True)
class Minimum:
    """Below these numbers of training pairs and of pull requests they come from, training is refused."""

    pairs: int
    pull_requests: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run as data. Made by `stages/recipe` from one TOML file; `name` is the file's name.

    `file_sha256` is the hash of that text, comments included; it decides nothing.
    """

    name: str
    summary: str
    base: MadeBase | NamedBase
    text: TextBudget
    lora: Lora
    warm_start: WarmStart
    loss: Loss
    run: Run
    stopping: Stopping
    guards: Guards
    minimum: Minimum
    file_sha256: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TrainedAdapter:
    """What came out of one run: `files` maps a file name in the output folder to its SHA-256.

    `log` has one entry per logged step (`step`, `loss`, `margin`, `accuracy`, and `eval_…` after the last one);
    `pairs` is the number of different pairs that were trained on, `cut` counts those whose prompt or remark had more
    tokens than the budget; `base_revision` is a commit id of the hub, or `sha256:…` of a made base's weights.
    `best_step` is the step whose weights were kept, `resumed_at` the one a checkpoint was taken up at (0: none),
    `micro_batch` the pairs at once that memory allowed. Energy and memory are None where they were not measured;
    `phases` are seconds of what came before the preferences (`base`, `warm_start`).
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
    best_step: int = 0
    resumed_at: int = 0
    micro_batch: int = 0
    energy_wh: float | None = None
    peak_mib: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
