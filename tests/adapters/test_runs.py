"""The machine's failures in plain words: full disks, lost accelerators, processes that fell silent."""

import errno
import resource
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lessons import RECIPE, Heard, dialogues

from reviewlore.adapters.runs import is_out_of_memory, plain_errors
from reviewlore.domain.training import Lesson
from reviewlore.errors import DeviceError, StorageError

FOLDER = Path("runs/adapter-1/judged")
RESUME = r"What was reached is kept in runs/adapter-1/judged\. Start the same training again: it goes on from there\."


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported",
        "CUDA error: unspecified launch failure",
        "CUDA error: no CUDA-capable device is detected",
        "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system",
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: uncorrectable ECC error encountered",
    ],
)
def test_a_lost_accelerator_is_said_with_what_to_do(text: str) -> None:
    with (
        pytest.raises(DeviceError, match=rf"The accelerator stopped working \(.*\)\. {RESUME}") as caught,
        plain_errors(FOLDER),
    ):
        raise RuntimeError(text)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=9, OpType=ALLREDUCE)",
        "NCCL error in: ProcessGroupNCCL.cpp:1275, remote process exited or there was a network error",
        "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:3012",
    ],
)
def test_processes_that_fell_silent_are_said(text: str) -> None:
    with pytest.raises(DeviceError, match=rf"lost touch with each other .*{RESUME}"), plain_errors(FOLDER):
        raise RuntimeError(text)


def test_a_full_disk_is_said_also_where_a_library_hides_it() -> None:
    with (
        pytest.raises(StorageError, match=rf"cannot be written to runs/adapter-1/judged: No space.* {RESUME}"),
        plain_errors(FOLDER),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(StorageError, match=r"Make room\. Nothing was kept; start again"), plain_errors(None):
        raise RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 128 vs 22")


def test_every_other_error_passes() -> None:
    for error in (
        OSError(errno.EACCES, "Permission denied"),
        RuntimeError("The size of tensor a must match"),
        KeyError("x"),
    ):
        with pytest.raises(type(error)) as caught, plain_errors(FOLDER):
            raise error
        assert caught.value is error


def test_too_little_memory_is_known_by_all_its_names() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"))
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"))
    assert not is_out_of_memory(RuntimeError("The size of tensor a must match"))
    assert not is_out_of_memory(ValueError("out of memory"))


@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_run_on_a_full_disk_is_said_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for name in ("transformers", "peft", "trl", "datasets"):
        pytest.importorskip(name)
    from reviewlore.adapters.trainer import Place, train_adapter

    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    assert is_out_of_memory(caught.value)
    run = replace(RECIPE.run, max_steps=2, checkpoint_every=1)
    lesson = Lesson(replace(RECIPE, run=run), tuple(dialogues(16)), seed=1)
    place = Place(tmp_path / "judged")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (49_000, before[1]))  # the base fits, an optimizer's state does not
    try:
        with pytest.raises(StorageError, match=r"cannot be written to .*judged.* Make room\. What was reached is kept"):
            train_adapter(lesson, Heard(), place)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    record, _ = train_adapter(lesson, Heard(), place)
    assert record.files == train_adapter(lesson, Heard())[0].files
