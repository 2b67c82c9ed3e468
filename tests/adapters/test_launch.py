"""One run in two processes on this machine: the same loss and weights as in one, and clear words where one fails."""

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.killed import At, run_and_die
from tests.lessons import RECIPE, Heard, dialogues

from reviewlore.domain.recipe import NamedBase
from reviewlore.domain.training import Lesson
from reviewlore.errors import ConfigError, DeviceError
from reviewlore.wiring_secrets import model_environment

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

from reviewlore.adapters.launch import check_devices  # noqa: E402
from reviewlore.adapters.trainer import Place, train_adapter  # noqa: E402

ONE = Lesson(
    replace(RECIPE, run=replace(RECIPE.run, max_steps=4, log_every=1, micro_batch=2, checkpoint_every=2)),
    tuple(dialogues(24)),
    tuple(dialogues(8, shift=7)),
    seed=3,
)
TWO = replace(ONE, recipe=replace(ONE.recipe, run=replace(ONE.recipe.run, processes=2)))


def test_two_processes_end_with_the_one_that_asked_and_then_learn_what_one_does(tmp_path):
    from safetensors.torch import load

    assert run_and_die(TWO, tmp_path / "run", At("Training", 3)) == -9
    wait_until(lambda: not at_work(tmp_path / "run"))
    record, files = train_adapter(ONE, Heard())
    heard = Heard()
    shared, theirs = train_adapter(TWO, heard, Place(tmp_path / "run", environ=model_environment()))
    assert shared.resumed_at == 2
    assert [entry["step"] for entry in shared.log] == [entry["step"] for entry in record.log]
    for mine, other in zip(record.log, shared.log, strict=True):
        assert other == pytest.approx(mine, rel=1e-3, abs=1e-5)  # Adam turns other roundings into other steps
    ours, others = load(files["adapter_model.safetensors"]), load(theirs["adapter_model.safetensors"])
    assert max(float((ours[name] - others[name]).abs().max()) for name in ours) < 1e-4
    assert heard.lines[-1].startswith("step 4 of 4: loss ")


def at_work(folder):
    """Return the ids of processes that were started with a folder as argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder.resolve()).encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
    return found


def wait_until(true):
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, "it never became true"
        time.sleep(0.2)


def test_what_one_process_fails_at_is_said_by_the_one_that_was_asked(tmp_path):
    rankless = replace(TWO, recipe=replace(TWO.recipe, lora=replace(TWO.recipe.lora, rank=0)))  # first told by them
    with pytest.raises(ConfigError, match=r"lora\.rank = 0 lies outside"):
        train_adapter(rankless, Heard(), Place(tmp_path / "run", environ=model_environment()))


def test_processes_that_cannot_begin_are_said(tmp_path):
    with pytest.raises(DeviceError, match=r"lost touch with each other .* Start the same training again"):
        train_adapter(TWO, Heard(), Place(tmp_path / "run", environ={"PET_NNODES": "none"}))


@pytest.mark.parametrize(
    ("gpus", "processes", "said"),
    [
        (4, 1, r"shows 4 GPUs, and recipe smoke_cpu uses one: set run\.processes = 4 .*CUDA_VISIBLE_DEVICES=0"),
        (2, 4, r"wants 4 processes, one a GPU, and this machine shows 2: set run\.processes = 2"),
    ],
)
def test_processes_have_to_fit_the_gpus(gpus, processes, said, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)  # a machine that is not here
    recipe = replace(ONE.recipe, base=NamedBase("a/b", "ab" * 20), run=replace(ONE.recipe.run, processes=processes))
    with pytest.raises(ConfigError, match=said):
        check_devices(recipe)
    check_devices(replace(recipe, base=ONE.recipe.base))
    check_devices(replace(recipe, run=replace(recipe.run, processes=gpus)))
