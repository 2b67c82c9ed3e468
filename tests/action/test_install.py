"""The installation of the action, with a pip and a venv that only leave traces: what is reused, built, thrown away."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".github/install_action.py"
# Stands for the modules venv and pip of the runner's interpreter: `-I -m` finds them in its library alone, so the
# interpreter is a shim that writes down how it was called.
SHIM = """#!/bin/sh
printf '%s\\n' "$*" >> "{log}"
if [ "$3" = venv ]; then
  for last; do :; done
  mkdir -p "$last/bin"
  sleep 0.2
  cp "$0" "$last/bin/python"
fi
[ "$3" != pip ] || exit {status}
"""


class Machine:
    """A runner with an action's code, its folders, and an interpreter that installs nothing."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"
        for path in ("temp", "tools", "action/src/reviewlore"):
            (folder / path).mkdir(parents=True)
        (folder / "action/pyproject.toml").write_text("[project]\n")
        self.code("VERSION = 1\n")
        self.shim(0)

    def code(self, text):
        (self.folder / "action/src/reviewlore/__init__.py").write_text(text)

    def shim(self, status):
        path = self.folder / "python"
        path.write_text(SHIM.format(log=self.log, status=status))
        path.chmod(0o755)

    def install(self, mode="review", name="output", **environ):
        """Run the script in an interpreter that believes to be the shim; return its status and what it put out."""
        output = self.folder / name
        output.write_text("")
        known = {
            "GITHUB_ACTION_PATH": str(self.folder / "action"),
            "GITHUB_OUTPUT": str(output),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "RUNNER_TOOL_CACHE": str(self.folder / "tools"),
            "MODE": mode,
            "PATH": os.environ["PATH"],
        }
        start = f"import runpy, sys; sys.executable = {str(self.folder / 'python')!r}; "
        start += f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
        done = subprocess.run(
            [sys.executable, "-I", "-c", start], env=known | environ, capture_output=True, text=True, check=False
        )
        return done.returncode, output.read_text().strip().removeprefix("python="), done.stdout

    @property
    def calls(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def kept(self):
        folder = self.folder / "tools/reviewlore"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_what_was_installed_once_is_used_again(machine):
    status, python, _ = machine.install()
    assert (status, Path(python).parts[-2:]) == (0, ("bin", "python"))
    assert Path(python).is_relative_to(machine.folder / "tools/reviewlore")
    assert len(machine.calls) == 2
    assert machine.calls[0].startswith("-I -m venv")
    assert "--no-compile" in machine.calls[1].split()
    assert machine.install()[1] == python
    assert len(machine.calls) == 2, "nothing is installed twice"


def test_other_code_and_training_have_an_installation_of_their_own(machine):
    first = machine.install()[1]
    trains = machine.install("train")[1]
    assert machine.calls[-1].endswith("action[model]")
    machine.code("VERSION = 2\n")
    assert len({first, trains, machine.install()[1]}) == 3


def test_a_runner_that_is_thrown_away_keeps_nothing(machine):
    expected = str(machine.folder / "temp/reviewlore-venv/bin/python")
    assert machine.install(RUNNER_ENVIRONMENT="github-hosted")[1] == expected
    assert machine.install(RUNNER_TOOL_CACHE="")[1] == expected
    assert machine.kept == []


@pytest.mark.parametrize("laid", ["open to all", "a link"])
def test_what_others_may_write_is_not_started(machine, laid):
    """Attack: another user of the runner lays an interpreter where ours is going to be looked for."""
    trusted = Path(machine.install()[1])
    kept = machine.folder / "tools/reviewlore"
    if laid == "a link":
        kept.rename(machine.folder / "theirs")
        kept.symlink_to(machine.folder / "theirs")
    else:
        kept.chmod(0o777)
    assert trusted.exists()
    assert machine.install()[1] == str(machine.folder / "temp/reviewlore-venv/bin/python")


def test_a_failed_installation_is_told_and_leaves_nothing(machine):
    machine.shim(1)
    status, python, said = machine.install()
    assert (status, python, machine.kept) == (2, "", [])
    assert said == "::error title=reviewlore::The installation failed (status 1); the log above says why.\n"
    machine.shim(0)
    assert machine.install()[0] == 0


def test_two_jobs_at_once_get_one_whole_installation(machine):
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda number: machine.install(name=f"output-{number}"), range(3)))
    assert {status for status, _, _ in found} == {0}
    (python,) = {python for _, python, _ in found}
    assert Path(python).exists()
    assert machine.kept == [Path(python).parts[-3]], "the others removed what they had built"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"RUNNER_OS": "Windows"}, "reviewlore runs on Linux and macOS; let the job have runs-on: ubuntu-24.04."),
        ({"RUNNER_OS": "Windows", "GIVEN": "C:/python.exe"}, "reviewlore runs on Linux and macOS"),
        ({"RUNNER_OS": "Linux", "PATH": "/nowhere"}, "python3 must be 3.11 or newer on this runner"),
    ],
)
def test_a_runner_that_cannot_run_it_is_told_so(machine, environ, said):
    step = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][0]
    output = machine.folder / "output"
    known = {"GITHUB_OUTPUT": str(output), "GITHUB_ACTION_PATH": str(machine.folder / "action"), "GIVEN": ""}
    done = subprocess.run(
        ["/bin/bash", "-c", step["run"]], env=known | environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, output.exists()) == (2, False)
    assert done.stdout.startswith("::error title=reviewlore::"), done.stdout
    assert said in done.stdout


def test_what_no_job_has_used_for_a_month_goes(machine):
    old = machine.folder / "tools/reviewlore/old/bin"
    old.mkdir(parents=True)
    link = machine.folder / "tools/reviewlore/link"
    link.symlink_to(machine.folder / "action")
    os.utime(old.parent, (1, 1))
    machine.install()
    assert "old" not in machine.kept
    assert (machine.folder / "action/pyproject.toml").exists(), "a link is not followed"
