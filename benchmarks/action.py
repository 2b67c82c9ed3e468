"""From a runner without anything installed to the first comment on a pull request, and the App's front in a burst.

    python -m benchmarks action --json [--quick] [--repeat 3] [--pr-agent FOLDER]

The real `action.yml` is run step by step (installation, then the review in the embedded tier) on a pull request of an
invented repository that leaves something to say, with recorded answers of the contract-checked fake GitHub: with
an empty cache of packages (`seconds_cold`), with the cache which that left behind (`seconds_warm`), and on a runner of
one's own that kept the installation (`seconds_kept`). Seconds run from the start of the first step until the first
comment has arrived. `installed_mib` is all files of the installation but for what every virtual environment has (pip,
setuptools), after the review. `webhook_*` are 1,000 signed deliveries to the App's real front, `killed_*` the same to
one that is killed in the middle. A clone of PR-Agent (github:qodo-ai/pr-agent) is installed in the same way; its
seconds end when its command line is imported, long before its first comment. The last line is one JSON object.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks._app_burst import burst, killed_burst
from benchmarks._steps import run_steps

from benchmarks import _site, review

ROOT = Path(__file__).parent.parent
MINE = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel")
SETTINGS = "[review]\nmin-confidence = 0.0\n"
PEER = "qodo-ai/pr-agent"


def main(argv: list[str]) -> int:
    """Measure installation, first comment and burst; exit 0 also where a target is missed, which the result says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks action", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="an invented repository, one run, 100 deliveries")
    parser.add_argument("--repeat", type=int, default=3, help="how often the first comment is timed (3)")
    parser.add_argument("--pr-agent", type=Path, metavar="FOLDER", help=f"a clone of {PEER} to install beside it")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        result = measure(Path(name), 1 if arguments.quick else arguments.repeat, quick=arguments.quick)
        if arguments.pr_agent:
            result |= measure_peer(Path(name), arguments.pr_agent.resolve())
    deliveries = 100 if arguments.quick else 1_000
    result |= burst(deliveries) | killed_burst(deliveries)
    if "pr_agent_installed_mib" in result:
        result["size_of_pr_agent"] = result["installed_mib"] / result["pr_agent_installed_mib"]
    result["machine"] = {"cores": len(os.sched_getaffinity(0)), "load_before": load, "load_after": os.getloadavg()[0]}
    print(json.dumps({key: round(v, 3) if isinstance(v, float) else v for key, v in result.items()}, sort_keys=True))
    return 0


def measure(folder: Path, runs: int, *, quick: bool) -> dict[str, Any]:
    """Time the action from nothing to its first comment, and weigh what it installed."""
    size = review.QUICK if quick else review.FULL
    site = review.lay_out(folder / "small", "small", size, None, SETTINGS)
    action = folder / "action"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), str(action)], check=True)
    answers, _ = _site.record(site)
    seconds: dict[str, list[float]] = {"cold": [], "warm": [], "kept": []}
    installed = 0.0
    for run in range(runs):
        for kind, samples in seconds.items():
            place = folder / f"{kind}-{run}"
            kept = folder / f"tools-{run}"
            if kind == "warm":
                shutil.rmtree(kept)
            with review.start_server(site.folder / "answers.json", answers) as address:
                samples.append(first_comment(site, action, place, folder / f"cache-{run}", kept, address))
            print(f"{kind}: {samples[-1]:.1f} s to the first comment", flush=True)
            installed = max(installed, weigh(place), weigh(kept))
        shutil.rmtree(kept)
        shutil.rmtree(folder / f"cache-{run}")
    told = {f"seconds_{kind}": statistics.median(samples) for kind, samples in seconds.items()}
    return told | {"installed_mib": installed, "runs": runs, "pull_request_files": site.files}


def first_comment(site: _site.Site, action: Path, place: Path, cache: Path, kept: Path, address: str) -> float:
    """Return the seconds from the start of the action's first step to the arrival of its first comment."""
    environ = runner(site, place, address, cache, kept)
    review.fetch(address, "/reset")
    started = time.monotonic()
    for _ in run_steps(action, {"mode": "review", "github-token": "token"}, environ):
        pass
    said = [row for row in review.fetch(address, "/log") if row["method"] == "POST" and "/graphql" not in row["path"]]
    if not said:
        raise SystemExit("The review said nothing, so there is no first comment to time.")
    return float(said[0]["at"]) - started


def runner(site: _site.Site, place: Path, address: str, cache: Path, kept: Path) -> dict[str, str]:
    """Return the environment of a runner with a cache of packages and a folder that it keeps between jobs."""
    for folder in (place, cache, kept):
        folder.mkdir(exist_ok=True)
    environ = site.environ(f"http://{address}", "token")
    foreign = ("REVIEWLORE_", "VIRTUAL_ENV", "PYTHON")
    environ = {name: value for name, value in environ.items() if not name.startswith(foreign)}
    return environ | {
        "RUNNER_TEMP": str(place),
        "RUNNER_TOOL_CACHE": str(kept),
        "PIP_CACHE_DIR": str(cache),
        "GITHUB_STEP_SUMMARY": str(place / "summary"),
    }


def weigh(folder: Path) -> float:
    """Return the MiB of all files of the virtual environments in a folder, but for what every one of them has."""
    total = 0
    for packages in folder.rglob("site-packages"):
        for file in packages.rglob("*"):
            own = file.relative_to(packages).parts[0].split("-")[0]
            total += file.lstat().st_size if file.is_file() and own not in MINE else 0
    return total / 2**20


def measure_peer(folder: Path, clone: Path) -> dict[str, Any]:
    """Install PR-Agent from its own requirements, once with an empty cache and once with a full one, and import it."""
    result: dict[str, Any] = {"pr_agent_commit": _head(clone)}
    for kind in ("cold", "warm"):
        place = folder / f"pr-agent-{kind}"
        environ = {**os.environ, "PIP_CACHE_DIR": str(folder / "pr-agent-cache"), "PYTHONPATH": str(clone)}
        environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would ask the network for prices, and wait
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        python = place / "bin" / "python"
        # Its package asks for Python 3.12; its requirements and its source do without.
        _quiet([str(python), "-m", "pip", "install", "--quiet", "-r", str(clone / "requirements.txt")], environ)
        _quiet([str(python), "-c", "import pr_agent.cli"], environ)
        result[f"pr_agent_seconds_{kind}_without_review"] = time.monotonic() - started
        result["pr_agent_installed_mib"] = weigh(place)
        shutil.rmtree(place)
        print(f"PR-Agent, {kind}: {result[f'pr_agent_seconds_{kind}_without_review']:.1f} s until imported", flush=True)
    return result


def _quiet(command: list[str], environ: Mapping[str, str]) -> None:
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise SystemExit(f"`{' '.join(command)}` ended with status {done.returncode}:\n{done.stderr[-2000:]}")


def _head(clone: Path) -> str:
    return subprocess.check_output(["git", "-C", str(clone), "rev-parse", "HEAD"], text=True).strip()
