"""How long a review takes from the event to the posted review, and what it asks of GitHub and of a model.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks review --json [--quick] [--repeat 7]

A small and a large pull request of pytest (#14884: 3 files, #7142: 80; without that clone an invented repository of the
same shape) are reviewed as the action does, each run a cold process with a warm shelf and index, a state branch with
5,000 invented episodes, recorded answers of the contract-checked fake GitHub, and a model that answers at once.
In turns with it runs a bare script (`_floor.py`): one `git diff`, one GET, packed calls, one POST. Seconds run from the
start of the process until its review has arrived, as medians; `*_least` are the least, `whole_*` run to its end. The
last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks._site import Site

from benchmarks import _site, _tree

PULLS = {"small": ("68308aa28", "0d582dd0d"), "large": ("e7c26a92d", "2b05faff0")}
SHAPES = {"small": 3, "large": 80}
_CALLS = ("-m", "reviewlore", "action")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: files of an invented repository, episodes on the state branch, and runs of each."""

    files: int
    episodes: int
    runs: int


FULL, QUICK = Size(files=270, episodes=5_000, runs=7), Size(files=90, episodes=200, runs=2)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one process: until its review had arrived, until its end, and of processor time (git's included)."""

    posted: float
    wall: float
    cpu: float


@dataclass(slots=True)
class Measured:
    """What all runs on one pull request took; of the last run of ours, `asked` is what it asked for.

    `covered` counts the files of which a model was shown something.
    """

    ours: list[Spent] = field(default_factory=list)
    floor: list[Spent] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    covered: int | None = None


def main(argv: list[str]) -> int:
    """Measure both pull requests; exit 0 also where the targets are missed, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks review", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small invented repository, two runs: a smoke test")
    parser.add_argument("--repeat", type=int, help=f"how often each is run ({FULL.runs})")
    parser.add_argument("--keep", type=Path, help="lay everything out in this new folder, and keep it")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    size = QUICK if arguments.quick else FULL
    size = replace(size, runs=arguments.repeat or size.runs)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        result, measured = measure(folder, size, find_clone() if not arguments.quick else None)
    for name, runs in measured.items():
        result |= summarize(name, runs)
    machine = {"cores": len(os.sched_getaffinity(0)), "load_before": before, "load_after": os.getloadavg()[0]}
    print(json.dumps(result | {"machine": machine, "runs": size.runs}, sort_keys=True))
    return 0


def measure(folder: Path, size: Size, clone: Path | None) -> tuple[dict[str, Any], dict[str, Measured]]:
    """Lay out both pull requests, record GitHub's answers, and run the bare script and ours in turns.

    The run that is recorded leaves behind what is kept between runs.
    """
    measured = {name: Measured() for name in SHAPES}
    result: dict[str, Any] = {"peak_mib": 0.0}
    with start_server(folder / "model.json", {}) as model:
        sites = {name: lay_out(folder / name, name, size, clone, SETTINGS.format(model=model)) for name in SHAPES}
        answers = {name: _site.record(site)[0] for name, site in sites.items()}
        result["pull_requests"] = {name: site.files for name, site in sites.items()}
        for name, site in sites.items():
            with start_server(site.folder / "answers.json", answers[name]) as address:
                result["peak_mib"] = max(result["peak_mib"], weigh(site, address))
        for _ in range(size.runs):
            for name, site in sites.items():
                with start_server(site.folder / "answers.json", answers[name]) as address:
                    turn(site, address, model, measured[name])
    result |= {"files_changed": sites["large"].files, "files_covered": measured["large"].covered}
    return result, measured


def turn(site: Site, address: str, model: str, measured: Measured) -> None:
    """Run the bare script and ours once each."""
    floor = [sys.executable, str(Path(__file__).with_name("_floor.py")), str(site.clone), site.base, site.head]
    measured.floor.append(spend([*floor, address, model, str(site.number)], dict(os.environ), address))
    fetch(model, "/reset")
    environ = site.environ(f"http://{address}", "token")
    measured.ours.append(spend([sys.executable, *_CALLS], environ, address))
    measured.asked = [*fetch(address, "/log"), *fetch(model, "/log")]
    told = json.loads((site.folder / "reviewlore-review.json").read_text(encoding="utf-8"))["coverage"]
    measured.covered = len(told["covered"]) + len(told["clipped"])
    strange = [row for row in measured.asked if row["status"] == 501]
    if strange:
        raise SystemExit(f"The recorded answers do not have {strange}; requests must be the same in each run.")


def spend(command: list[str], environ: Mapping[str, str], address: str) -> Spent:
    """Run a process to its end; SystemExit where it fails. A review that says nothing has arrived when it ends."""
    fetch(address, "/reset")
    started = time.monotonic()
    process = subprocess.Popen(command, env=dict(environ), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"`{' '.join(command)}` ended with status {process.returncode}.")
    reviews = [
        row["at"] for row in fetch(address, "/log") if row["method"] == "POST" and row["path"].endswith("/reviews")
    ]
    return Spent(reviews[-1] - started if reviews else wall, wall, usage.ru_utime + usage.ru_stime)


def weigh(site: Site, address: str) -> float:
    """Return the peak memory (MiB) of one run."""
    told = site.folder / "weight"
    command = [sys.executable, "-m", "benchmarks._weigh", str(told), "action"]
    subprocess.run(command, env=site.environ(f"http://{address}", "token"), stdout=subprocess.DEVNULL, check=True)
    return float(told.read_text(encoding="ascii"))


def summarize(size: str, measured: Measured) -> dict[str, Any]:
    """Return the figures of one pull request."""
    found: dict[str, Any] = {}
    for name, runs in (("seconds_to_plan", measured.ours), ("floor_seconds", measured.floor)):
        posted = [run.posted for run in runs]
        found |= {f"{name}_{size}": statistics.median(posted), f"{name}_{size}_least": min(posted)}
        found[f"{name.replace('seconds', 'whole_seconds')}_{size}"] = statistics.median(run.wall for run in runs)
        found[f"{name.replace('seconds', 'cpu_seconds')}_{size}"] = statistics.median(run.cpu for run in runs)
    ratio = found[f"seconds_to_plan_{size}"] / found[f"floor_seconds_{size}"]
    found |= {
        f"{size}_ratio_to_floor": ratio,
        f"{size}_ratio_to_floor_least": found[f"seconds_to_plan_{size}_least"] / found[f"floor_seconds_{size}_least"],
        f"github_requests_{size}": sum(not row["model"] for row in measured.asked),
        f"model_calls_{size}": sum(row["model"] and row["method"] == "POST" for row in measured.asked),
        f"files_covered_{size}": measured.covered,
        f"github_asked_{size}": [f"{row['method']} {row['path']}" for row in measured.asked if not row["model"]],
    }
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in found.items()}


def lay_out(place: Path, name: str, size: Size, clone: Path | None, settings: str) -> Site:
    """Lay out a pull request: pytest's own where its clone is here, else an invented one of the same shape."""
    place.mkdir(parents=True)
    source, (base, head) = clone, PULLS[name]
    if source is None:
        source, tree = place / "source.git", _tree.invent(size.files)
        older = [_tree.edited(tree, number) for number in range(2, min(12, size.files))]
        base, head = _tree.commit(source, *older, tree, _tree.edited(tree, SHAPES[name]))[-2:]
    print(f"{name}: {source.name} {base[:12]}..{head[:12]}", flush=True)
    return _site.make_site(place, source, base, head, settings, size.episodes)


def find_clone() -> Path | None:
    """Return the clone of pytest, or None where there is none."""
    clone = Path(os.environ.get("REVIEWLORE_CLONES", ""), "pytest")
    return clone if os.environ.get("REVIEWLORE_CLONES") and clone.is_dir() else None


SETTINGS = """\
[review]
min-confidence = 0.0

[model]
kind = "openai"
address = "http://{model}/v1"
name = "canned"
"""


@contextmanager
def start_server(file: Path, answers: Mapping[str, Any]) -> Iterator[str]:
    """Start a server of recorded answers in a process of its own, and yield its `host:port`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(answers), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks._loopback", str(file)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            yield f"127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def fetch(address: str, path: str) -> Any:
    """Return the JSON that a server of recorded answers gives."""
    with urllib.request.urlopen(f"http://{address}{path}") as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
