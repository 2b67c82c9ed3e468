"""Mining, counted and timed: requests on the fake GitHub, memory, and reading of git history.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks mining --json [--quick] [--clone NAME] [--turns 5]

An invented repository of 1,000 merged pull requests with 5,000 review comments and 3,000 conversation comments is mined
twice by `reviewlore mine --github`, and walked once with PyGithub as its documentation suggests; the fake counts. The
history of a clone is read by us, by git alone, and by PyDriller (BENCH_PYDRILLER may name a Python that has it). The
last line is one JSON object.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.github.fake import FakeGitHub, start_fake
from tests.repositories import make_repository

from benchmarks import _history, _world

_ENDLESS = 10**9  # requests: the naive walk takes more than an hour's, and we will not wait for the next hour


@dataclass(frozen=True)
class Mined:
    """One run of the command line: what it sent, how long it took, its peak memory and what it printed."""

    requests: int
    seconds: float
    megabytes: float
    report: dict[str, Any]


def main(argv: list[str]) -> int:
    """Run all parts; a part whose data is not at hand is null in the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks mining", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one turn: a smoke test")
    parser.add_argument("--clone", default="pytest", help="folder below REVIEWLORE_CLONES whose history is read")
    parser.add_argument("--turns", type=int, default=5, help="repetitions of each reading of history (5)")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    size = _world.Size().scaled(100) if arguments.quick else _world.Size()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result: dict[str, Any] = {"world": size.__dict__, **count_requests(folder / "requests", size)}
        _say(f"Requests: {result}")
        result |= weigh_memory(folder / "memory", [size.merged // 2, size.merged * 2])
        _say(f"Memory: {result['peak_megabytes']}")
        clone = find_clone(arguments.clone)
        history = clone or _history.make_history(folder / "history.git")
        result |= _history.measure(history, 1 if arguments.quick else arguments.turns)
        result["history"] = clone.name if clone else "made on the spot"
    result["outcome_kappa_high"] = find_kappa()
    print(json.dumps(result, sort_keys=True))
    return 0


def count_requests(folder: Path, size: _world.Size) -> dict[str, Any]:
    """Mine twice and walk once, and let the fake count."""
    with start_fake() as fake:
        _world.build(fake, str(folder / "octo" / "world.git"), size)
        state = make_repository(folder / "state")
        first = mine(fake, state)
        points = graph_points(fake)
        again = mine(fake, state)
        more_points = graph_points(fake) - points
        merged = next(each.number for each in fake.repos[_world.NAME].pulls.values() if each.merged_at)
        fake.add_issue_comment(_world.NAME, merged, "Thanks.", _world.WRITERS[0])
        some = mine(fake, state)
        lift_limits(fake)
        before, started = fake.requests, time.perf_counter()
        walk_naively(fake)
        naive = fake.requests - before
        seconds = time.perf_counter() - started
    return {
        "requests_first_run": first.requests,
        "requests_no_news": again.requests,
        "requests_one_changed": some.requests,
        "naive_requests": naive,
        "points_first_run": points,
        "points_no_news": more_points,
        "seconds_first_run": round(first.seconds, 1),
        "seconds_no_news": round(again.seconds, 1),
        "naive_seconds": round(seconds, 1),
        "episodes": first.report["episodes"],
        "read_again_no_news": again.report["counts"]["read"],
        "read_again_one_changed": some.report["counts"]["read"],
    }


def weigh_memory(folder: Path, sizes: list[int]) -> dict[str, Any]:
    """Mine a small and a large world, and compare the peaks of memory."""
    peaks: dict[int, float] = {}
    for merged in sizes:
        with start_fake() as fake:
            _world.build(fake, str(folder / str(merged) / "octo" / "world.git"), _world.Size().scaled(merged))
            lift_limits(fake)
            peaks[merged] = mine(fake, make_repository(folder / f"state-{merged}")).megabytes
    small, large = (peaks[merged] for merged in sizes)
    return {
        "peak_megabytes": {str(merged): round(peak, 1) for merged, peak in peaks.items()},
        "peak_ratio": round(large / small, 3),
    }


def mine(fake: FakeGitHub, state: Path, *more: str) -> Mined:
    """Run the command line in a process of its own, which alone is weighed."""
    weight = state.with_suffix(".weight")
    command = [sys.executable, "-m", "benchmarks._weigh", str(weight), "mine", "--github", _world.NAME]
    command += ["--repo", str(state), "--no-fetch-code", "--format", "json", "--quiet", *more]
    environment = {
        **os.environ,
        "GITHUB_TOKEN": fake.token(_world.WRITERS[0]),
        "GITHUB_API_URL": fake.base,
        "OMP_NUM_THREADS": "1",
    }
    before, started = fake.requests, time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    spent = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"`{' '.join(command)}` failed with status {done.returncode}.")
    return Mined(fake.requests - before, spent, float(weight.read_text(encoding="ascii")), json.loads(done.stdout))


def walk_naively(fake: FakeGitHub) -> None:
    """Read what we read as PyGithub's documentation suggests: a request for each list of each pull request."""
    from github import Auth, Github

    # Its own pause, a quarter of a second before each request, would say nothing more.
    pauses: dict[str, Any] = {"seconds_between_requests": None, "seconds_between_writes": None}
    client = Github(auth=Auth.Token(fake.token(_world.WRITERS[0])), base_url=fake.base, retry=None, **pauses)
    for pull in client.get_repo(_world.NAME).get_pulls(state="closed"):
        if not pull.merged:
            continue
        lists = (
            pull.get_review_comments, pull.get_issue_comments, pull.get_reviews, pull.get_commits, pull.get_files,
        )  # fmt: skip
        for each in lists:
            list(each())


def lift_limits(fake: FakeGitHub) -> None:
    """Allow more than an hour's requests at once."""
    for allowance in (fake.core, fake.graph):
        allowance.limit = allowance.remaining = _ENDLESS


def graph_points(fake: FakeGitHub) -> int:
    """What the queries so far cost, by GitHub's published rule."""
    return sum(exchange.points for exchange in fake.log)


def find_clone(name: str) -> Path | None:
    """The clone to read, below REVIEWLORE_CLONES; None where there is none."""
    folder = os.environ.get("REVIEWLORE_CLONES", "")
    return Path(folder, name) if folder and Path(folder, name).is_dir() else None


def find_kappa() -> float | None:
    """Agreement with recorded outcomes of confidence `high`, as `benchmarks/agreement.py` measures it."""
    try:
        agreement = importlib.import_module("benchmarks.agreement")
    except ImportError:
        return None
    found: float | None = agreement.outcome_kappa_high()
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
