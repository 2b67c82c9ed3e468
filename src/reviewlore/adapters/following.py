"""What watches a training from inside: its progress told, its checkpoints sealed, its best weights kept.

In: a console and the run's folder. Out: transformers callbacks. Owns transformers and safetensors with `trainer`.
What they know they read from the trainer's own state, which lies in every checkpoint: after a resume they go on as if
nothing had happened.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reviewlore.adapters.bases import use_bfloat16
from reviewlore.adapters.checkpoints import RunFolder
from reviewlore.adapters.lora import held_in
from reviewlore.domain.recipe import Recipe
from reviewlore.ports import Console
from reviewlore.stages.patience import decide_halt

BEST = "best-"
WEIGHTS = "adapter.safetensors"
_SAY_EVERY = 15.0  # seconds between two lines about the loss; how far it is, the console tells by itself
_NAMES = {"loss": "loss", "rewards/margins": "margin", "rewards/accuracies": "accuracy"}


@contextmanager
def tell_progress(console: Console, steps: int) -> Iterator[Any]:
    """Give a callback that shows how far a training is, with the time left, and tells its loss now and then."""
    from transformers import TrainerCallback

    class Progress(TrainerCallback):  # type: ignore[misc]
        ticks: Iterator[int] = iter(())
        said = 0.0

        def on_train_begin(self, _: Any, state: Any, *__: Any, **___: Any) -> None:
            if state.is_world_process_zero:
                self.said = time.monotonic()
                self.ticks = console.track(range(state.global_step, steps), "Training", steps - state.global_step)
                next(self.ticks, None)

        def on_step_end(self, *_: Any, **__: Any) -> None:
            next(self.ticks, None)

        def on_log(self, _: Any, state: Any, __: Any, logs: dict[str, float], **___: Any) -> None:
            now = time.monotonic()
            last = state.global_step == steps
            if "loss" in logs and state.is_world_process_zero and (last or now - self.said >= _SAY_EVERY):
                self.said = now
                console.say(_describe(read_entry(logs, state.global_step), steps))

    progress = Progress()
    try:
        yield progress
    finally:
        getattr(progress.ticks, "close", lambda: None)()


def make_keeper(folder: RunFolder, recipe: Recipe, seconds: float) -> Any:
    """Return a callback that seals checkpoints, keeps the best weights and ends the training when patience does.

    `seconds` are those that earlier attempts at the same run took. The best weights are kept as they will be judged:
    in bfloat16 where the run computes in it.
    """
    import torch
    from transformers import TrainerCallback

    begin, patience = time.monotonic() - seconds, recipe.stopping.patience
    bfloat16 = use_bfloat16(recipe.run.precision)

    class Keeper(TrainerCallback):  # type: ignore[misc]
        def on_evaluate(self, _: Any, state: Any, control: Any, model: Any, **__: Any) -> None:
            halt = decide_halt(find_losses(state.log_history), patience)
            if halt.best_step == state.global_step:
                folder.keep(f"{BEST}{state.global_step}", {WEIGHTS: adapter_bytes(model, bfloat16=bfloat16)})
            if halt.stop:
                control.should_training_stop = True
                control.should_save = (
                    False  # a run taken up here would train on: it is taken up before, and stops again
                )

        def on_save(self, arguments: Any, state: Any, *_: Any, **__: Any) -> None:
            if arguments.world_size > 1:
                torch.distributed.barrier()  # the others write to the checkpoint too
            folder.seal(f"checkpoint-{state.global_step}", {"seconds": round(time.monotonic() - begin, 2)})
            losses = find_losses(state.log_history)
            best = decide_halt(losses, patience).best_step if losses else 0
            for name in folder.names(BEST):
                if int(name.removeprefix(BEST)) < best:
                    folder.drop(name)

    return Keeper()


def find_losses(history: list[dict[str, float]]) -> list[tuple[int, float]]:
    """Return (step, loss) of each evaluation in a trainer's history, in order."""
    return [(int(entry["step"]), entry["eval_loss"]) for entry in history if "eval_loss" in entry]


def read_log(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return a trainer's history in our names: `step`, `loss`, `margin`, `accuracy`, and the same with `eval_`."""
    found = []
    for entry in history:
        prefix = "eval_" if "eval_loss" in entry else ""
        if f"{prefix}loss" in entry:
            found.append(read_entry(entry, int(entry["step"]), prefix))
    return found


def read_entry(logs: dict[str, float], step: int, prefix: str = "") -> dict[str, float]:
    """Return what was logged at a step in our names; a method without pairs has no accuracy."""
    named = {f"{prefix}{ours}": float(logs[prefix + name]) for name, ours in _NAMES.items() if prefix + name in logs}
    return {"step": float(step)} | named


def adapter_bytes(model: Any, *, bfloat16: bool = False) -> bytes:
    """Return a model's adapter weights as safetensors, in float32 or (`bfloat16`) as `lora.held_in` says.

    Of a sharded model all processes have to ask.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save

    tensors = {
        name: getattr(tensor, "full_tensor", lambda tensor=tensor: tensor)()
        .detach()
        .to("cpu", held_in(name, bfloat16=bfloat16))
        .contiguous()
        for name, tensor in sorted(get_peft_model_state_dict(model).items())
    }
    return bytes(save(tensors, metadata={"format": "pt"}))


def _describe(entry: dict[str, float], steps: int) -> str:
    said = f"step {entry['step']:.0f} of {steps}: loss {entry['loss']:.3f}"
    return said + (f", chosen preferred in {entry['accuracy']:.0%} of pairs" if "accuracy" in entry else "")
