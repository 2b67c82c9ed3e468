"""What surrounds a training run: its extra, its folder, its errors in plain words.

It imports no machine learning library, so that a missing one can be told in one sentence.
"""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from reviewlore.errors import ConfigError, MissingExtra, StorageError

if TYPE_CHECKING:
    from reviewlore.domain.recipe import Recipe

MODEL_EXTRA = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "tokenizers", "safetensors")
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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
def plain_errors(recipe: "Recipe", output: Path) -> Iterator[None]:
    """Turn the machine's limits, as the libraries report them, into one sentence each."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        message = f"The adapter cannot be written to {output.parent}: {error.strerror}. Nothing was kept; make room."
        raise StorageError(message) from error
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        message = (
            f"Recipe {recipe.name} does not fit into this machine's memory: lower run.batch_size "
            f"({recipe.run.batch_size}) or text.max_tokens ({recipe.text.max_tokens}), or use a smaller base model. "
            "Nothing was written."
        )
        raise ConfigError(message) from error


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower()
