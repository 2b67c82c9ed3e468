"""What is light stays light: asking for help, or importing the trainer, loads no machine learning library."""

import subprocess
import sys
from pathlib import Path

import pytest

import reviewlore

SOURCE = Path(reviewlore.__file__).parents[1]
HEAVY = {"torch", "transformers", "trl", "peft", "datasets", "accelerate", "tokenizers", "safetensors"}
HEAVY |= {"numpy", "lightgbm", "matplotlib", "pandas", "pyarrow", "sklearn", "scipy"}


def imported(*arguments):
    """Return the top-level names that a fresh interpreter imports while it runs with these arguments."""
    run = subprocess.run([sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True)
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "arguments",
    [
        ("-m", "reviewlore", "--help"),
        ("-m", "reviewlore", "train", "--help"),
        ("-c", "import reviewlore.adapters.trainer, reviewlore.adapters.preferrer, reviewlore.wiring"),
    ],
    ids=["help", "train-help", "import-trainer"],
)
def test_nothing_heavy_is_imported(arguments):
    names = imported(*arguments)
    assert "reviewlore" in names
    assert names & HEAVY == set()


def test_without_the_model_extra_training_says_how_to_get_it():
    # -S leaves the installed packages out: what a base installation without the extra would see.
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n"
        "from reviewlore.adapters.runs import require_model_extra\n"
        "from reviewlore.errors import MissingExtra\n"
        "try:\n    require_model_extra()\nexcept MissingExtra as error:\n    print(error.exit_code, error)\n"
    )
    run = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == (
        "2 Training an adapter needs the model extra: pip install '/path/to/reviewlore[model]' (missing: torch, "
        "transformers, trl, peft, datasets, accelerate, tokenizers, safetensors).\n"
    )
