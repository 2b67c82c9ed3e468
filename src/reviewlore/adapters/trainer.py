"""One training run: a recipe and dialogues in, an adapter's files and their record out.

Owns trl and datasets, imported on first use. It decides nothing: which pairs, whether there are enough of them and
what becomes of the adapter are for others. A run that fails or is interrupted leaves no file behind.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reviewlore.adapters import weights
from reviewlore.adapters.bases import (
    REMARK_SHARE,
    Base,
    check_targets,
    encode,
    exact_arithmetic,
    make_base,
    make_tokenizer,
    open_named,
    quiet_libraries,
    save_base,
    use_bfloat16,
)
from reviewlore.adapters.lora import lora_config
from reviewlore.adapters.machine import package_versions, processor_name
from reviewlore.adapters.runs import (
    partial_folder,
    plain_errors,
    require_model_extra,
)
from reviewlore.domain.recipe import Dialogue, MadeBase, Recipe, TrainedAdapter
from reviewlore.errors import ConfigError, RefusedError, StorageError
from reviewlore.ports import Console
from reviewlore.stages.recipe import check_ready, plan_order, plan_steps

_SAY_EVERY = 3.0  # seconds between lines of progress
_EVALUATED = 128  # pairs for the log's last point; the verdict rests on all of them, scored elsewhere


def train_adapter(
    recipe: Recipe,
    train: Sequence[Dialogue],
    evaluation: Sequence[Dialogue],
    *,
    seed: int,
    output: Path,
    console: Console,
    base_folder: Path | None = None,
) -> TrainedAdapter:
    """Train a LoRA adapter by DPO (TRL, PEFT) and write it to the folder `output`, which must not exist yet.

    `evaluation` may be empty; otherwise loss and accuracy on it (on an even sample where it is large) end the log.
    `base_folder` says where a named base lies on this machine. With `precision = "float32"` on a CPU the same
    arguments give the same bytes.

    Raises ConfigError (no revision, recipe too large for the memory), RefusedError (no dialogue), MissingExtra,
    InputError (no base model), StorageError (disk full); nothing is written then.
    """
    check_ready(recipe)
    if not train:
        raise RefusedError(f"Recipe {recipe.name} got no training pair. Mine more pull requests first.")
    if output.exists():
        raise StorageError(f"{output} is already there; an adapter is never written over another one.")
    begin = time.monotonic()
    require_model_extra()
    _check_devices()
    with plain_errors(recipe, output), quiet_libraries(), partial_folder(output) as partial:
        with exact_arithmetic(recipe.run.threads):
            run = _Run(recipe, train, evaluation, seed, console, partial / "checkpoints")
            contents, log = run.learn(run.open_base(base_folder))
            hardware = _hardware(recipe)
        finished = partial / "adapter"
        finished.mkdir()
        for name, content in contents.items():
            (finished / name).write_bytes(content)
        finished.rename(output)
    settings = json.loads(contents[weights.SETTINGS])
    return TrainedAdapter(
        files=weights.hash_files(contents),
        log=log,
        seconds=round(time.monotonic() - begin, 2),
        packages=package_versions(),
        hardware=hardware,
        base_model=settings["base_model"],
        base_revision=settings["base_revision"],
        steps=run.steps,
        pairs=run.pairs,
        cut=run.cut,
    )


class _Run:
    """The state of one run: what is trained on, and what is written beside the adapter."""

    def __init__(
        self,
        recipe: Recipe,
        train: Sequence[Dialogue],
        evaluation: Sequence[Dialogue],
        seed: int,
        console: Console,
        folder: Path,
    ) -> None:
        self.recipe, self.train, self.evaluation = recipe, train, evaluation
        self.seed, self.console, self.folder = seed, console, folder
        self.steps = plan_steps(recipe, len(train))
        self.pairs = len(train)
        self.cut = {"prompt_tokens": 0, "remark_tokens": 0}
        self.contents: dict[str, bytes] = {}

    def open_base(self, folder: Path | None) -> Base:
        """Return the recipe's base model; a made one is warmed up, and its files are kept beside the adapter.

        Kept, not made again: it depends on every training text, every version and the processor, and it is small.
        """
        settings = self.recipe.base
        if not isinstance(settings, MadeBase):
            return open_named(settings, folder)
        texts = [text for each in self.train for text in (each.prompt, each.chosen, each.rejected)]
        tokenizer = make_tokenizer(texts, settings.vocabulary)
        base = make_base(settings, tokenizer, self.seed, self.recipe.text.max_tokens)
        self._warm_up(base, settings)
        self.contents[weights.TOKENIZER] = tokenizer
        self.contents[weights.BASE_WEIGHTS] = save_base(base)
        base.id = f"made:{self.recipe.name}"
        base.revision = weights.made_revision(self.contents[weights.BASE_WEIGHTS])
        return base

    def learn(self, base: Base) -> tuple[dict[str, bytes], tuple[dict[str, float], ...]]:
        """Return (the adapter's files, the training log)."""
        import torch
        from peft import get_peft_model_state_dict
        from safetensors.torch import save

        trainer, log = self._trainer(base)
        trainer.train()
        if self.evaluation:
            log.append(_entry(self.steps, trainer.evaluate(), "eval_"))
        tensors = {
            name: tensor.detach().to("cpu", torch.float32).contiguous()
            for name, tensor in sorted(get_peft_model_state_dict(trainer.model).items())
        }
        config = {**lora_config(self.recipe.lora).to_dict(), "base_model_name_or_path": base.id}
        config |= {"target_modules": sorted(self.recipe.lora.targets), "inference_mode": True}
        self.contents |= {
            weights.ADAPTER_WEIGHTS: bytes(save(tensors, metadata={"format": "pt"})),
            weights.ADAPTER_CONFIG: (json.dumps(config, indent=1, sort_keys=True) + "\n").encode(),
            weights.SETTINGS: weights.render_settings(self.recipe, base.id, base.revision),
        }
        return self.contents, tuple(log)

    def _trainer(self, base: Base) -> tuple[Any, list[dict[str, float]]]:
        """Return TRL's trainer, ready to run, and the list its log goes to."""
        from datasets import Dataset
        from transformers import PrinterCallback

        check_targets(base.model, self.recipe)
        log: list[dict[str, float]] = []
        order = plan_order([each.weight for each in self.train], self.steps * self.recipe.run.batch_size, self.seed)
        rows = {index: self._row(base, self.train[index]) for index in sorted(set(order))}
        self.pairs = len(rows)
        if self.pairs < len(self.train):
            self.console.say(f"{self.pairs} of {len(self.train)} pairs fit into {self.steps} steps")
        judged = [self._row(base, each) for each in self.evaluation[:: 1 + len(self.evaluation) // _EVALUATED]]
        trainer = _pretokenized_trainer()(
            model=base.model,
            args=self._arguments(),
            train_dataset=Dataset.from_list([rows[index] for index in order]),
            eval_dataset=Dataset.from_list(judged) if judged else None,
            processing_class=base.tokenizer,
            peft_config=lora_config(self.recipe.lora),
            callbacks=[_progress(self.console, log, self.steps)],
        )
        trainer.remove_callback(PrinterCallback)
        return trainer, log

    def _row(self, base: Base, dialogue: Dialogue) -> dict[str, list[int]]:
        """Return a dialogue's tokens, the same that `Preferrer.score` would read, and count what had to be cut."""
        limit = self.recipe.text.max_tokens
        prompt, chosen = encode(base, dialogue.prompt, dialogue.chosen, limit)
        _, rejected = encode(base, dialogue.prompt, dialogue.rejected, limit)
        self.cut["prompt_tokens"] += len(prompt) == limit - limit // REMARK_SHARE
        self.cut["remark_tokens"] += chosen[-1] != base.end or rejected[-1] != base.end
        return {"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected}

    def _arguments(self) -> Any:
        """Return TRL's settings; where they differ from its defaults, the reason stands beside them."""
        from trl import DPOConfig

        run, loss = self.recipe.run, self.recipe.loss
        return DPOConfig(
            output_dir=str(self.folder),
            loss_type=[loss.kind],
            beta=loss.beta,
            label_smoothing=loss.label_smoothing,
            learning_rate=run.learning_rate,
            max_steps=self.steps,
            per_device_train_batch_size=run.batch_size,
            per_device_eval_batch_size=run.batch_size,
            warmup_steps=round(run.warmup_share * self.steps),
            max_length=None,  # tokens are within the budget already; TRL would cut the end, where the remark is
            gradient_checkpointing=False,  # on by default: computes every forward pass twice to save memory
            bf16=use_bfloat16(run.precision),  # on by default, also where it is emulated
            logging_steps=run.log_every,
            logging_first_step=True,
            train_sampling_strategy="sequential",  # the order, with its weights, is ours
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,  # warns without a GPU
            use_cpu=isinstance(self.recipe.base, MadeBase),  # too small for an accelerator, which repeats no bits
            seed=self.seed,
            data_seed=self.seed,
        )

    def _warm_up(self, base: Base, settings: MadeBase) -> None:
        """Teach a made base to continue its training texts (prompt and chosen remark), for a fixed number of steps."""
        import torch

        model, size = base.model.train(), self.recipe.run.batch_size
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings.warm_up_rate, weight_decay=0.0)
        order = plan_order([each.weight for each in self.train], max(1, settings.warm_up_steps) * size, self.seed)
        steps = range(settings.warm_up_steps)
        for step in self.console.track(steps, "Warming up the base model", settings.warm_up_steps):
            batch = [self.train[index] for index in order[step * size : (step + 1) * size]]
            tokens = [encode(base, each.prompt, each.chosen, self.recipe.text.max_tokens) for each in batch]
            ids = [torch.tensor(prompt + remark) for prompt, remark in tokens]
            rows = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=base.pad)
            loss = model(input_ids=rows, labels=rows.masked_fill(rows == base.pad, -100), use_cache=False).loss
            loss.backward()
            for group in optimizer.param_groups:
                group["lr"] = settings.warm_up_rate * (1 - step / settings.warm_up_steps)
            optimizer.step()
            optimizer.zero_grad()


def _pretokenized_trainer() -> Any:
    """Return TRL's DPOTrainer, told that its datasets are tokens already.

    TRL would tokenize text by itself, read control tokens that a diff spells out, and drop long prompts silently.
    """
    from trl import DPOTrainer

    class PretokenizedDPOTrainer(DPOTrainer):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    return PretokenizedDPOTrainer


def _progress(console: Console, log: list[dict[str, float]], steps: int) -> Any:
    """Return a callback that keeps the log and tells the console now and then how far training is."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        begin = said = 0.0

        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.begin = self.said = time.monotonic()

        def on_log(self, _: Any, state: Any, __: Any, logs: dict[str, float], **___: Any) -> None:
            if "loss" not in logs:
                return
            log.append(_entry(state.global_step, logs, ""))
            now = time.monotonic()
            if now - self.said >= _SAY_EVERY or state.global_step == steps:
                self.said = now
                left = (now - self.begin) / state.global_step * (steps - state.global_step)
                console.say(
                    f"step {state.global_step} of {steps}: loss {log[-1]['loss']:.3f}, chosen preferred in "
                    f"{log[-1]['accuracy']:.0%} of pairs, about {left:.0f} s left"
                )

    return Progress()


def _entry(step: int, logs: dict[str, float], prefix: str) -> dict[str, float]:
    names = {"loss": "loss", "rewards/margins": "margin", "rewards/accuracies": "accuracy"}
    return {"step": float(step)} | {f"{prefix}{ours}": float(logs[prefix + theirs]) for theirs, ours in names.items()}


def _check_devices() -> None:
    import torch

    if torch.cuda.device_count() > 1:
        message = (
            f"This machine shows {torch.cuda.device_count()} GPUs, and a run uses one: set CUDA_VISIBLE_DEVICES=0."
        )
        raise ConfigError(message)


def _hardware(recipe: Recipe) -> str:
    import torch

    used = torch.cuda.is_available() and not isinstance(recipe.base, MadeBase)
    return str(torch.cuda.get_device_name()) if used else processor_name()
