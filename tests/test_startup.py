"""What is light stays light: asking for help, or importing the trainer, loads no machine learning library."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.lineage import enter_version, mined, newest, rows, store_of

import reviewlore

SOURCE = Path(reviewlore.__file__).parents[1]
HEAVY = {"torch", "transformers", "trl", "peft", "datasets", "accelerate", "tokenizers", "safetensors"}
HEAVY |= {"numpy", "lightgbm", "matplotlib", "pandas", "pyarrow", "sklearn", "scipy"}


def imported(*arguments, code=0):
    """Return the top-level names that a fresh interpreter imports while it runs with these arguments."""
    run = subprocess.run([sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == code, run.stdout
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


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """A repository with some mined pairs, an active version and an older one."""
    home = mined(tmp_path_factory.mktemp("team") / "repo", rows(24))
    store = store_of(home)
    for name, standing in (("embedded-old", "retired"), ("embedded-new", "active")):
        enter_version(store, name, newest(store).id, standing)
    return home


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("status",), 0),
        (("promote", "embedded-old", "--reason", "It was better."), 3),  # its files are looked at, and are not there
        (("rollback", "--reason", "It was not."), 0),
        (("train", "--tier", "adapter"), 2),  # refused: too few pairs
        (("train", "--tier", "adapter", "--recipe", "dpo_qlora_24gb"), 2),
        (("train", "--tier", "embedded", "--recipe", "smoke_cpu"), 2),
        (("doctor",), 0),
    ],
    ids=lambda value: "-".join(value).replace("--", "") if isinstance(value, tuple) else "",
)
def test_what_trains_nothing_imports_nothing_heavy(team, command, code):
    """Also not where an adapter is asked for: what refuses it looks at numbers."""
    names = imported("-m", "reviewlore", *command, "--repo", str(team), code=code)
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
