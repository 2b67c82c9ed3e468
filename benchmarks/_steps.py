"""The steps of a composite action, run on this machine as a runner runs them: expressions filled in, one shell a step.

In: an action's folder, its inputs and the environment of a runner. Out: what the steps printed, in order. Only the
expressions that `action.yml` uses are known; any other one ends the run.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def run_steps(action: Path, inputs: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    """Run the steps one after the other and yield what each printed; SystemExit where one fails.

    `environ` names RUNNER_TEMP, in which outputs are kept as the runner keeps them.
    """
    loaded = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
    known = {f"inputs.{name}": str(each.get("default", "")) for name, each in loaded["inputs"].items()}
    known |= {f"inputs.{name}": value for name, value in inputs.items()}
    for number, step in enumerate(loaded["runs"]["steps"]):
        output = Path(environ["RUNNER_TEMP"], f"output-{number}")
        output.touch()
        own = {name: _fill(str(value), known) for name, value in step.get("env", {}).items()}
        runner = {"GITHUB_ACTION_PATH": str(action), "GITHUB_OUTPUT": str(output)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            env={**environ, **runner, **own},
            cwd=environ["GITHUB_WORKSPACE"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{step['name']} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
        known |= {f"steps.{step['id']}.outputs.{name}": value for name, value in _outputs(output).items()}
        yield done.stdout


def _fill(text: str, known: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise SystemExit(f"{match[0]} is not known here; teach `run_steps` about it.")
        return known[match[1]]

    return _EXPRESSION.sub(value, text)


def _outputs(file: Path) -> dict[str, str]:
    """Return the single-line and the delimited outputs of a step."""
    found: dict[str, Any] = {}
    rows = iter(file.read_text(encoding="utf-8").splitlines())
    for row in rows:
        name, _, mark = row.partition("<<")
        if mark and "=" not in name:
            found[name] = "\n".join(iter(lambda: next(rows), mark))
        else:
            found[row.partition("=")[0]] = row.partition("=")[2]
    return found
