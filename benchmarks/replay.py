"""Mine a real repository end to end through the fake GitHub: recorded reviews on top of its own git history.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks replay scrapy/scrapy [--data FOLDER] [--keep FOLDER] [--json]

`reviewlore mine --github` reads the pull requests from the fake and fetches their code by git from the clone; then the
outcomes it found are compared with the recorded ones. The rows do not tell roles, resolutions or reactions: reviewers
with three remarks or more are given write access, and nobody votes. The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.github import replay
from tests.github.fake import start_fake

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.history import Episode
from reviewlore.flows.state import read_episodes

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_BOOL = {"addressed": True, "ignored": False, "declined": False}
Judged = tuple[str, bool, bool]  # what the outcome rests on, recorded as addressed, found to be addressed


def main(argv: list[str]) -> int:
    """Replay one repository; exit 0 also where nothing could be replayed, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks replay", description=__doc__)
    parser.add_argument("repository", help="OWNER/NAME; its clone is NAME below REVIEWLORE_CLONES")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recorded rows; default: ../shared/data")
    parser.add_argument("--keep", type=Path, help="keep the repository with the state branch here")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    clone = Path(os.environ.get("REVIEWLORE_CLONES", ""), arguments.repository.partition("/")[2])
    if not os.environ.get("REVIEWLORE_CLONES") or not clone.is_dir() or not (arguments.data / replay.PULLS).is_file():
        print("Not measured: there is no such clone below REVIEWLORE_CLONES, or there are no recorded rows at --data.")
        print(json.dumps({"repository": arguments.repository, "kappa": None, "not_measured": ["replay"]}))
        return 0
    with tempfile.TemporaryDirectory() as name:
        state = arguments.keep or Path(name) / "state"
        print(json.dumps(run(arguments.repository, clone, arguments.data, Path(name), state), sort_keys=True))
    return 0


def run(name: str, clone: Path, data: Path, folder: Path, state: Path) -> dict[str, Any]:
    """Load, mine twice, compare."""
    subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", str(clone), str(state)], check=True)
    with start_fake() as fake:
        replayed = replay.load(fake, folder, clone, *replay.read_rows(data, name))
        environment = {
            **os.environ,
            "GITHUB_TOKEN": fake.token(next(iter(fake.repos[name].roles), name.partition("/")[0])),
            "GITHUB_API_URL": fake.base,
            "GITHUB_SERVER_URL": str(folder),
            "OMP_NUM_THREADS": "1",
        }
        reports, seconds, requests = [], [], []
        for _ in range(2):
            before, started = fake.requests, time.perf_counter()
            reports.append(_mine(name, state, environment))
            seconds.append(round(time.perf_counter() - started, 1))
            requests.append(fake.requests - before)
    episodes = read_episodes(GitStore(GitRepo(state)))
    compared = compare(episodes, replayed.rows)
    print(f"{name}: {replayed.merged} merged pull requests, {len(replayed.rows)} remarks, {replayed.replies} replies")
    print(f"Commits of the remarks: {dict(replayed.found)}; {replayed.writers} reviewers with write access")
    print(f"Requests {requests}, seconds {seconds}; left out {reports[0]['counts']['dropped']}")
    print(table(compared))
    return {
        "repository": name,
        "pull_requests": replayed.merged,
        "remarks": len(replayed.rows),
        "episodes": len(episodes),
        "requests_first_run": requests[0],
        "requests_no_news": requests[1],
        "seconds_first_run": seconds[0],
        "seconds_no_news": seconds[1],
        "outcomes": dict(sorted(Counter(episode.outcome for episode in episodes).items())),
        "dropped": reports[0]["counts"]["dropped"],
        "dataset": reports[0]["dataset"]["pairs"],
        "new_episodes_again": reports[1]["counts"]["fresh"],
        **summarise(judged for group in compared.values() for judged in group),
        **{f"{level}_confidence": summarise(group) for level, group in sorted(compared.items())},
    }


def compare(episodes: Sequence[Episode], rows: dict[int, replay.Row]) -> dict[str, list[Judged]]:
    """Return what was found beside what was recorded, by the record's confidence, where both have decided."""
    found: dict[str, list[Judged]] = defaultdict(list)
    for episode in episodes:
        row = rows[int(episode.comment_id)]
        if row["outcome"] in _BOOL and episode.outcome in _BOOL:
            kind = episode.evidence[0].kind
            found[row["confidence"]].append((kind, _BOOL[row["outcome"]], _BOOL[episode.outcome]))
    return found


def summarise(judged: Iterable[Judged]) -> dict[str, float | int | None]:
    """Return how many were compared, how many agree, and Cohen's kappa (Cohen 1960; None where it has no value)."""
    pairs = [(recorded, found) for _, recorded, found in judged]
    count = len(pairs)
    if not count:
        return {"compared": 0, "agreement": None, "kappa": None}
    agreed = sum(recorded == found for recorded, found in pairs) / count
    yes = [sum(pair[side] for pair in pairs) / count for side in (0, 1)]
    chance = yes[0] * yes[1] + (1 - yes[0]) * (1 - yes[1])
    kappa = None if chance == 1 else round((agreed - chance) / (1 - chance), 3)
    return {"compared": count, "agreement": round(agreed, 3), "kappa": kappa}


def table(compared: dict[str, list[Judged]]) -> str:
    """Show agreement by what the outcome rests on most."""
    kinds: dict[str, list[Judged]] = defaultdict(list)
    for judged in (each for group in compared.values() for each in group):
        kinds[judged[0]].append(judged)
    rows = [f"{'strongest evidence':24}{'compared':>9}{'agreement':>11}"]
    for kind, group in sorted(kinds.items(), key=lambda item: -len(item[1])):
        said = summarise(group)
        rows.append(f"{kind:24}{said['compared']:>9}{said['agreement']!s:>11}")
    return "\n".join(rows)


def _mine(name: str, state: Path, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "reviewlore", "mine", "--github", name, "--repo", str(state)]
    command += ["--fetch-code", "--format", "json", "--quiet"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"`{' '.join(command)}` failed with status {done.returncode}.")
    report: dict[str, Any] = json.loads(done.stdout)
    return report
