"""Runs shellcheck over the bash `run:` blocks of workflows and composite actions named on the command line.

Expressions (`${{ ... }}`) have no place in a run block here: untrusted text goes through `env:`. One is a complaint.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def find_steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a composite action, or of every job of a workflow."""
    if "runs" in document:
        yield from document["runs"].get("steps", [])
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", [])


def find_complaints(path: Path) -> Iterator[str]:
    """Yield what is wrong with each run block of one file."""
    for step in find_steps(yaml.safe_load(path.read_text(encoding="utf-8"))):
        if "run" not in step or not step.get("shell", "bash").startswith("bash"):
            continue
        name = step.get("name", "step")
        if "${{" in step["run"]:
            yield f"{path}: {name}: an expression in a run block; pass it through env\n"
        command = ["shellcheck", "-s", "bash", "-f", "gcc", "-"]
        done = subprocess.run(command, input=step["run"], text=True, capture_output=True, check=False)
        if done.returncode:
            yield f"{path}: {name}\n{done.stdout or done.stderr}"


def main(paths: list[str]) -> int:
    """Print all complaints; 1 where there are any, 2 where nothing was given to check."""
    complaints = [complaint for path in paths for complaint in find_complaints(Path(path))]
    sys.stdout.write("".join(complaints))
    return 1 if complaints else 0 if paths else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
