"""Trainings that are killed at any step and taken up again: the same bits come out, and nothing foreign is read."""

import os
import shutil
import stat
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.killed import At, run_and_die
from tests.lessons import RECIPE, Heard, dialogues

from reviewlore.domain.recipe import WarmStart
from reviewlore.domain.training import Lesson
from reviewlore.errors import ConfigError, RefusedError, StorageError

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

from reviewlore.adapters.checkpoints import open_run_folder, remove_runs  # noqa: E402
from reviewlore.adapters.trainer import Place, train_adapter  # noqa: E402

LESSON = Lesson(
    replace(
        RECIPE,
        warm_start=WarmStart(max_steps=2, epochs=1.0, learning_rate=1e-3),
        run=replace(RECIPE.run, max_steps=4, log_every=2, checkpoint_every=1),
        stopping=replace(RECIPE.stopping, every=1, patience=2),
        lora=replace(RECIPE.lora, dropout=0.1),
    ),
    tuple(dialogues(24)),
    tuple(dialogues(8, shift=7)),
    seed=3,
)


@contextmanager
def memory_for(tokens):
    """A device with room for so many tokens of an adapter's training at once; gives the most that were tried."""
    import torch

    tried = [0]

    def weigh(module, arguments):
        if isinstance(module, torch.nn.Embedding) and torch.is_grad_enabled() and not module.weight.requires_grad:
            tried[0] = max(tried[0], arguments[0].numel())
            if arguments[0].numel() > tokens:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    handle = torch.nn.modules.module.register_module_forward_pre_hook(weigh)
    try:
        yield tried
    finally:
        handle.remove()


@pytest.fixture(scope="module")
def undisturbed():
    return train_adapter(LESSON, Heard())[0]


@pytest.fixture(scope="module")
def needed():
    """How many tokens at once a batch takes."""
    with memory_for(tokens=10**9) as tried:
        train_adapter(replace(LESSON, steps=1), Heard())
    return tried[0]


PLACES = {
    "while the base is warmed up": (At("Warming up the base model", 2), 0),
    "while the warm start is kept": (At(path="warm-start"), 0),
    "before the first checkpoint": (At("Training", 1), 0),
    "while the first checkpoint is written": (At(path="checkpoint-2/trainer_state.json"), 0),
    "after the first checkpoint": (At("Training", 3), 2),
    "before the second checkpoint is sealed": (At(path="checkpoint-4/seal.json"), 2),
    "when all is done but said": (At(path="partial-finished"), 4),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_run_goes_on_to_the_same_bits(place, undisturbed, tmp_path):
    at, resumed_at = PLACES[place]
    assert run_and_die(LESSON, tmp_path / "judged", at) == -9
    record, _ = train_adapter(LESSON, Heard(), Place(tmp_path / "judged"))
    assert record.files == undisturbed.files
    assert record.log == undisturbed.log
    assert (record.steps, record.best_step) == (undisturbed.steps, undisturbed.best_step)
    assert record.resumed_at == resumed_at


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """What a run that was killed after its second checkpoint left behind."""
    folder = tmp_path_factory.mktemp("killed") / "judged"
    assert run_and_die(LESSON, folder, At(path="partial-finished")) == -9
    return folder


@pytest.fixture
def left(killed, tmp_path):
    return Path(shutil.copytree(killed, tmp_path / "judged"))


def test_a_damaged_checkpoint_is_not_used_and_said(undisturbed, left):
    with (left / "checkpoint-4" / "optimizer.pt").open("r+b") as file:
        file.seek(100)
        file.write(b"damage")
    heard = Heard()
    record, _ = train_adapter(LESSON, heard, Place(left))
    assert record.files == undisturbed.files
    assert record.resumed_at == 2
    assert "checkpoint-4 (damaged)" in heard.warnings[0]


def test_what_another_run_left_is_not_used_and_said(left):
    heard = Heard()
    other = replace(LESSON, seed=4)
    record, _ = train_adapter(other, heard, Place(left))
    assert record.resumed_at == 0
    assert "base (of another run)" in heard.warnings[0]
    assert "checkpoint-4 (of another run)" in heard.warnings[0]
    assert record.files == train_adapter(other, Heard())[0].files


def test_a_pickle_in_a_checkpoint_that_nobody_sealed_is_never_opened(left):
    (left / "checkpoint-9").mkdir()
    (left / "checkpoint-9" / "rng_state.pth").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
    heard = Heard()
    assert train_adapter(LESSON, heard, Place(left))[0].resumed_at == 4
    assert "checkpoint-9 (unfinished)" in heard.warnings[0]
    assert not (left / "checkpoint-9").exists()


def test_checkpoints_hold_no_pickle_that_is_not_loaded_as_weights_only(left):
    names = {path.name for path in (left / "checkpoint-4").iterdir()}
    assert "adapter_model.safetensors" in names
    assert "training_args.bin" not in names


def test_a_folder_that_others_may_write_to_is_refused(left):
    left.chmod(left.stat().st_mode | stat.S_IWOTH)
    with pytest.raises(StorageError, match=r"Others may write to .*judged.*chmod 700"):
        train_adapter(LESSON, Heard(), Place(left))
    link = left.parent / "link"
    link.symlink_to(left)
    with pytest.raises(StorageError, match="does not belong"):
        train_adapter(LESSON, Heard(), Place(link))


def test_a_folder_above_that_others_may_write_to_is_refused(left):
    left.parent.chmod(0o777)  # anybody could put another folder in this one's place
    with pytest.raises(StorageError, match=r"Others may write to .*chmod 700"):
        train_adapter(LESSON, Heard(), Place(left))
    left.parent.chmod(0o1777)  # as /tmp
    assert train_adapter(LESSON, Heard(), Place(left))[0].resumed_at == 4


def test_a_folder_above_that_is_a_link_is_refused(left, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(left.parent)
    with pytest.raises(StorageError, match="does not belong"):
        train_adapter(LESSON, Heard(), Place(link / left.name))


def test_nobody_else_may_write_to_what_is_made(tmp_path):
    before = os.umask(0o002)  # the usual one where each user has a group
    try:
        train_adapter(LESSON, Heard(), Place(tmp_path / "runs" / "version" / "judged"))
    finally:
        os.umask(before)
    made = [tmp_path / "runs" / "version", tmp_path / "runs" / "version" / "judged"]
    assert [path.stat().st_mode & 0o077 for path in made] == [0, 0]


def test_a_folder_in_which_somebody_trains_is_refused(left):
    with open_run_folder(left, "key", Heard()), pytest.raises(RefusedError, match="Another process trains in"):
        train_adapter(LESSON, Heard(), Place(left))


def test_a_finished_run_is_not_run_again_and_can_be_removed(undisturbed, left):
    record, files = train_adapter(LESSON, Heard(), Place(left))
    again, same = train_adapter(LESSON, Heard(), Place(left))
    assert (again, same) == (record, files)
    assert record.files == undisturbed.files
    remove_runs(left)
    assert not left.exists()


def test_too_little_memory_halves_what_is_computed_at_once(needed, tmp_path):
    exact = replace(LESSON, recipe=replace(LESSON.recipe, lora=replace(LESSON.recipe.lora, dropout=0.0)))
    whole, _ = train_adapter(exact, Heard())
    heard = Heard()
    with memory_for(needed * 0.4):
        record, _ = train_adapter(exact, heard, Place(tmp_path / "judged"))
    assert record.micro_batch == 2
    assert heard.warnings == [
        "The memory is too short; from now on 4 of 8 pairs are computed at once.",
        "The memory is too short; from now on 2 of 8 pairs are computed at once.",
    ]
    assert len(record.log) == len(whole.log)
    for mine, theirs in zip(record.log, whole.log, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4, abs=1e-5)


def test_a_run_taken_up_remembers_what_memory_allowed(needed, tmp_path):
    with memory_for(needed * 0.7):
        record, _ = train_adapter(LESSON, Heard(), Place(tmp_path / "judged"))
    shutil.rmtree(tmp_path / "judged" / "finished")
    heard = Heard()
    again, _ = train_adapter(LESSON, heard, Place(tmp_path / "judged"))
    assert (again.micro_batch, heard.warnings) == (4, [])
    assert again.files == record.files


def test_not_even_one_pair_at_once_is_said(tmp_path):
    with memory_for(1), pytest.raises(ConfigError, match=r"not even with one pair at once: lower text\.max_tokens"):
        train_adapter(LESSON, Heard(), Place(tmp_path / "judged"))
