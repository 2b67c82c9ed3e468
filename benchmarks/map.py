"""How fast maps are made, and how well Python's agrees with grimp's: seconds, memory, ratios to what they rest on.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks map --json [--quick] [--plot growth.svg] [PART ...]

A PART is one of: grimp, cold, warm, history, cochange, growth (all). What needs a clone that is not there is named in
`not_measured`. Each measurement is repeated (`--repeat`) and its best is told; both sides of a ratio are measured in
turn within one run, as processor seconds where other work on the machine would blur them. `--quick` takes small
invented repositories for everything but the clones. The last line is one JSON object.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._growth import draw_growth
from benchmarks._mapping import processor_seconds

from benchmarks import _tree
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.git_options import LOG_OPTIONS
from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.history import all_partners, index_history
from reviewlore.flows.mapping import Mapper

Result = dict[str, object]
# Public repositories with import-linter contracts of their own: clone, folder the package lies in, package. Not grimp's
# own, which would be looked for where this environment has it.
PACKAGES = (
    ("import-linter", "src", "importlinter"),
    ("kedro", "", "kedro"),
    ("openedx-learning", "", "openedx_learning"),
    ("wemake-python-styleguide", "", "wemake_python_styleguide"),
    ("assemblyai-cli", "", "aai_cli"),
    ("TraceLens", "", "TraceLens"),
)
JOINED = ("pytest", "celery", "scrapy", "pydantic", "textual")
FILES, PULL, COMMITS = 2000, 80, 20_000
SIZES, QUICK_SIZES = (200, 1000, 2000, 5000, 20_000), (20, 60, 120)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where clones lie, how often everything is measured, and whether sizes are those of a test."""

    clones: Path | None
    repeat: int
    quick: bool
    plot: Path | None

    def clone(self, name: str) -> Path:
        """Return a clone's folder; NotMeasuredError where it is not there."""
        if self.clones is None or not (self.clones / name).is_dir():
            raise NotMeasuredError(f"no clone {name} in REVIEWLORE_CLONES={self.clones or 'unset'}")
        return self.clones / name


class NotMeasuredError(Exception):
    """What is missing on this machine."""


def main(argv: list[str]) -> int:
    """Measure every part that can be; exit 0 also where none can, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks map", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)} (all)")
    parser.add_argument("--quick", action="store_true", help="small sizes, as the tests take them")
    parser.add_argument("--repeat", type=int, default=3, help="how often each measurement is made (3)")
    parser.add_argument("--plot", type=Path, help="draw the growth into this file (.svg or .png)")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    folder = os.environ.get("REVIEWLORE_CLONES")
    plan = Plan(Path(folder) if folder else None, arguments.repeat, arguments.quick, arguments.plot)
    result: Result = dict.fromkeys(KEYS)
    missing: dict[str, str] = {}
    before = os.getloadavg()[0]
    for name in arguments.parts or PARTS:
        try:
            found = PARTS[name](plan)
        except NotMeasuredError as error:
            missing[name] = str(error)
            continue
        result |= found
        print(f"{name}: {found}")
    machine = {"cores": len(os.sched_getaffinity(0)), "load_before": before, "load_after": os.getloadavg()[0]}
    print(json.dumps(result | {"machine": machine, "not_measured": missing}, sort_keys=True))
    return 0


def measure_grimp(plan: Plan) -> Result:
    """Edges between modules of packages with declared contracts, ours beside grimp's; and the seconds of both."""
    details: dict[str, Result] = {}
    common = ours_all = theirs_all = 0
    for name, folder, package in PACKAGES:
        try:
            clone = plan.clone(name)
        except NotMeasuredError:
            continue
        ours, theirs, seconds = compare(clone, folder, package, plan.repeat)
        common, ours_all, theirs_all = (
            common + len(ours & theirs), ours_all + len(ours), theirs_all + len(theirs),
        )  # fmt: skip
        details[name] = seconds | {
            "edges": len(theirs),
            "only_ours": sorted(ours - theirs)[:12],
            "only_grimp": sorted(theirs - ours)[:12],
        }
    if not details:
        raise NotMeasuredError("none of the clones with contracts")
    return {
        "grimp_precision": round(common / ours_all, 4) if ours_all else None,
        "grimp_recall": round(common / theirs_all, 4) if theirs_all else None,
        "grimp_packages": details,
    }


def compare(
    clone: Path, folder: str, package: str, repeat: int
) -> tuple[set[tuple[str, str]], set[tuple[str, str]], Result]:
    """Return our edges and grimp's between the modules of a package, and what each took."""
    repo = GitRepo(clone)
    commit = repo.resolve("HEAD")
    prefix = f"{folder}/" if folder else ""
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        tree = Mapper(repo, Grammars(1)).map(commit).map
        seconds.append(time.perf_counter() - started)
    with tempfile.TemporaryDirectory() as place:
        inside = [file for file in repo.files(commit) if file.path.startswith(f"{prefix}{package}/")]
        contents = dict(repo.blobs({file.blob for file in inside}))
        for file in inside:
            target = Path(place, file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(contents[file.blob])
        script = Path(__file__).with_name("_oracle_grimp.py")
        said = json.loads(_run([sys.executable, str(script), str(Path(place, folder)), package]))
    known = set(said["modules"])
    names = {path: _dotted(path.removeprefix(prefix)) for path in tree.modules if path.startswith(prefix)}
    pairs = {(names.get(edge.importer, ""), names.get(edge.imported, "")) for edge in tree.edges}
    ours = {(one, two) for one, two in pairs if one != two and {one, two} <= known}
    theirs = {(one, two) for one, two in said["edges"]}
    took = {"seconds": round(min(seconds), 3), "grimp_seconds": round(said["seconds"], 3), "modules": len(known)}
    return ours, theirs, took


def measure_cold(plan: Plan) -> Result:
    """The map of 2,000 Python files from nothing, in fresh processes, beside raw parsing of the same files."""
    clones = {name: plan.clone(name) for name in (() if plan.quick else JOINED)}
    tree = _tree.joined(clones, FILES) if clones else _tree.invent(QUICK_SIZES[0])
    with tempfile.TemporaryDirectory() as place:
        (commit,) = _tree.commit(Path(place, "repo"), tree)
        best = _best(plan.repeat, "cold", Path(place, "repo"), commit)
    return {
        "cold_files": len(tree),
        "seconds_2000_files": best["seconds"] if len(tree) == FILES else None,
        "cold_seconds": best["seconds"],
        "cold_cpu_seconds": best["cpu"],
        "peak_mib": best["peak_mib"],
        "raw_tree_sitter_cpu_seconds": best["raw_cpu"],
        "times_raw_tree_sitter": best["cpu"] / best["raw_cpu"],
    }


def measure_warm(plan: Plan) -> Result:
    """Both maps of a pull request of 80 files where the base was read before; without a clone on invented files."""
    found: Result = {}
    trees = {"": _tree.joined({"pytest": plan.clone("pytest")}, FILES) if not plan.quick else _tree.invent(120)}
    if not plan.quick:
        trees["_of_2000"] = _tree.joined({name: plan.clone(name) for name in JOINED}, FILES)
    for suffix, tree in trees.items():
        with tempfile.TemporaryDirectory() as place:
            base, head = _tree.commit(Path(place, "repo"), tree, _tree.edited(tree, PULL))
            best = _best(max(plan.repeat, 3), "warm", Path(place, "repo"), base, head)
        found |= {
            f"seconds_warm_pull_request{suffix}": best["seconds"],
            f"seconds_warm_beyond_parsing{suffix}": best["cpu"] - best["parsing_cpu"],
            f"seconds_warm_parsing{suffix}": best["parsing"],
            f"files_warm{suffix}": best["files"],
        }
    return found


def measure_history(plan: Plan) -> Result:
    """Maps of all commits of pytest."""
    with tempfile.TemporaryDirectory() as place:
        if plan.quick:
            trees = [_tree.invent(QUICK_SIZES[0], seed) for seed in range(1, 8)]
            clone, commit = Path(place, "repo"), _tree.commit(Path(place, "repo"), *trees)[-1]
        else:
            clone = plan.clone("pytest")
            commit = GitRepo(clone).resolve("HEAD")
        best = _best(1 if not plan.quick else plan.repeat, "history", clone, commit)
    return {
        "seconds_all_pytest_commits": None if plan.quick else best["seconds"],
        "commits_mapped": best["count"],
        "history_seconds": best["seconds"],
        "history_cpu_seconds": best["cpu"],
        "history_peak_mib": best["peak_mib"],
    }


def measure_cochange(plan: Plan) -> Result:
    """Partners of every file from 20,000 commits, beside the `git log` whose output they are read from."""
    if plan.quick:
        with tempfile.TemporaryDirectory() as place:
            trees = [_tree.invent(QUICK_SIZES[0], seed) for seed in range(1, 8)]
            commit = _tree.commit(Path(place, "repo"), *trees)[-1]
            return _cochange(Path(place, "repo"), commit, plan.repeat)
    clone = plan.clone("mongoose")
    return _cochange(clone, GitRepo(clone).resolve("HEAD"), plan.repeat)


def _cochange(clone: Path, commit: str, repeat: int) -> Result:
    command = ["git", "-C", str(clone), "log", *LOG_OPTIONS, f"--max-count={COMMITS}", commit, "--"]
    repo, counted = GitRepo(clone), 0
    git, ours = list[tuple[float, float]](), list[tuple[float, float]]()
    present = {file.path for file in repo.files(commit)}
    for _ in range(repeat):
        start = _clocks()
        _run(command)
        middle = _clocks()
        history = repo.history(commit, COMMITS)
        all_partners(index_history(history), present)
        end = _clocks()
        git.append((middle[0] - start[0], middle[1] - start[1]))
        ours.append((end[0] - middle[0], end[1] - middle[1]))
        counted = len(history)
    # The best of ours over the best of git's: the least ratio of one run would be one where git was disturbed.
    wall, processor = (min(each[at] for each in ours) / min(each[at] for each in git) for at in (0, 1))
    return {
        "cochange_ratio_git_log": processor,
        "cochange_ratio_git_log_wall": wall,
        "cochange_commits": counted,
    }


def _clocks() -> tuple[float, float]:
    """Return the seconds of wall time, and of processor time of this process and of those that it waited for."""
    return time.perf_counter(), processor_seconds()


def measure_growth(plan: Plan) -> Result:
    """Cold maps of invented trees of growing size; `growth_exponent` is 1 where twice the files take twice as long."""
    points = []
    for size in QUICK_SIZES if plan.quick else SIZES:
        with tempfile.TemporaryDirectory() as place:
            (commit,) = _tree.commit(Path(place, "repo"), _tree.invent(size))
            best = _best(1 if size > FILES else plan.repeat, "cold", Path(place, "repo"), commit)
        points.append({"files": size} | best)
        print(f"growth: {points[-1]}")
    first, last = points[0], points[-1]
    exponent = math.log(last["cpu"] / first["cpu"]) / math.log(last["files"] / first["files"])
    if plan.plot:
        draw_growth(points, plan.plot)
    return {"growth": points, "growth_exponent": exponent}


def _best(repeat: int, kind: str, folder: Path, *commits: str) -> dict[str, float]:
    """Return the run of the least processor time; each runs in a fresh process."""
    command = [sys.executable, "-m", "benchmarks._mapping", kind, str(folder), *commits]
    runs: list[dict[str, float]] = [json.loads(_run(command).splitlines()[-1]) for _ in range(repeat)]
    best = min(runs, key=lambda run: run["cpu"])
    return {key: round(value, 3) for key, value in best.items()} | {"seconds": min(run["seconds"] for run in runs)}


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _run(command: Sequence[str]) -> bytes:
    root = Path(__file__).parent.parent
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=root).stdout


PARTS: dict[str, Callable[[Plan], Result]] = {
    "grimp": measure_grimp,
    "cold": measure_cold,
    "warm": measure_warm,
    "history": measure_history,
    "cochange": measure_cochange,
    "growth": measure_growth,
}
KEYS = (
    "grimp_precision", "grimp_recall", "seconds_2000_files", "peak_mib", "seconds_warm_pull_request",
    "cochange_ratio_git_log", "seconds_all_pytest_commits",
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
