"""What surrounds a training run: its extra, folders to write in, the machine's failures in plain words.

It imports no machine learning library, so that a missing one can be told in one sentence.
"""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from reviewlore.domain.recipe import Recipe
from reviewlore.errors import ConfigError, DeviceError, MissingExtra, StorageError

MODEL_EXTRA = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "tokenizers", "safetensors")
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# As PyTorch, CUDA and NCCL report them: an error's text is all there is to go by.
_DISK_FULL_WORDS = (
    "no space left on device", "disk quota exceeded", "file too large", "unexpected pos", "iostream error",
    "pytorchstreamwriter failed",
)  # fmt: skip
_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cublas_status_alloc_failed")
_LOST_WORDS = (
    "device-side assert", "unspecified launch failure", "gpu is lost", "fallen off the bus", "no cuda-capable device",
    "an illegal memory access", "uncorrectable ecc error", "cuda driver error", "unknown error",
)  # fmt: skip
_SILENT_WORDS = ("nccl", "gloo", "connection closed by peer", "collective operation timeout", "socket timeout")
_RESUMES = "Start the same training again: it goes on from there."


def require_model_extra() -> None:
    """Raise MissingExtra unless everything that training and generation import is installed."""
    missing = [name for name in MODEL_EXTRA if find_spec(name) is None]
    if missing:
        message = "Training an adapter needs the model extra: pip install '/path/to/reviewlore[model]'"
        raise MissingExtra(f"{message} (missing: {', '.join(missing)}).")


@contextmanager
def partial_folder(output: Path) -> Iterator[Path]:
    """Give a folder beside `output`, for writing first and renaming last; whatever is left in it is removed."""
    output.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def plain_errors(folder: Path | None) -> Iterator[None]:
    """Turn a full disk and a lost accelerator, as the libraries report them, into one sentence each.

    `folder` is where the run's checkpoints are kept; None: nowhere.
    """
    kept = f"What was reached is kept in {folder}. {_RESUMES}" if folder else "Nothing was kept; start again."
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        raise StorageError(_disk_full(error.strerror or "no room", folder, kept)) from error
    except RuntimeError as error:
        message = find_failure(error, folder, kept)
        if message is None:
            raise
        raise message from error


def find_failure(error: Exception, folder: Path | None, kept: str) -> StorageError | DeviceError | None:
    """Return what a library's error means in plain words, or None where it is none of the machine's failures."""
    text = f"{type(error).__name__}: {error}".lower()
    if any(words in text for words in _DISK_FULL_WORDS):
        return StorageError(_disk_full("no room", folder, kept))
    if any(words in text for words in _LOST_WORDS):
        said = first_line(error)[:200]
        return DeviceError(f"The accelerator stopped working ({said}). {kept} If it happens again, look at the driver.")
    if any(words in text for words in _SILENT_WORDS):
        return DeviceError(f"The processes of the run lost touch with each other ({first_line(error)[:200]}). {kept}")
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory was too short, the machine's or an accelerator's."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _MEMORY_WORDS)


def too_large(recipe: Recipe) -> ConfigError:
    """Return what is said where not even one pair at once fits into the memory."""
    return ConfigError(
        f"Recipe {recipe.name} does not fit into this machine's memory, not even with one pair at once: lower "
        f"text.max_tokens ({recipe.text.max_tokens}), set run.gradient_checkpointing, or use a smaller base model."
    )


def _disk_full(reason: str, folder: Path | None, kept: str) -> str:
    return f"The run cannot be written to {folder or tempfile.gettempdir()}: {reason}. Make room. {kept}"


def first_line(error: Exception) -> str:
    """Return the first line of what a library reported, or the kind of error where it said nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
