"""How fast a repository's history is read: ours beside raw `git log -p -M`, the limit, and beside PyDriller.

In: a repository. Out: commits and hunks a second of each, every contestant in a process of its own, in turns. Run as a
program (`python -m benchmarks._history CONTESTANT FOLDER COMMITS`) it is one contestant's turn.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

ENOUGH = 1_000  # commits that PyDriller is asked for: all of a large repository would take it minutes
_GIT_LOG = ("log", "-p", "-M", "--no-merges", "--format=%H")


def measure(repository: Path, turns: int) -> dict[str, float | int | None]:
    """Read the whole non-merge history `turns` times with git and with ours, and its newest part with PyDriller too."""
    python = find_pydriller()
    contestants = [("git_log", 0), ("ours", 0), ("ours", ENOUGH)] + ([("pydriller", ENOUGH)] if python else [])
    seconds: dict[tuple[str, int], list[float]] = defaultdict(list)
    last: dict[tuple[str, int], dict[str, int]] = {}
    for turn in range(turns):
        for name, commits in contestants if turn % 2 == 0 else contestants[::-1]:
            found = _turn(python if name == "pydriller" else sys.executable, name, repository, commits)
            seconds[name, commits].append(found["seconds"])
            last[name, commits] = {key: int(found[key]) for key in ("commits", "hunks")}
    speeds = {key: last[key]["commits"] / statistics.median(each) for key, each in seconds.items()}
    # Turns stand beside each other in time: on a machine with other work their ratio is steadier than each alone.
    ratios = [git / ours for git, ours in zip(seconds["git_log", 0], seconds["ours", 0], strict=True)]
    theirs = last.get(("pydriller", ENOUGH), {})
    return {
        "commits": last["ours", 0]["commits"],
        "hunks": last["ours", 0]["hunks"],
        "git_log_hunks": last["git_log", 0]["hunks"],
        "commits_per_second": round(speeds["ours", 0], 1),
        "git_log_commits_per_second": round(speeds["git_log", 0], 1),
        "share_of_git_log": round(statistics.median(ratios), 3),
        "pydriller_commits_per_second": _rounded(speeds.get(("pydriller", ENOUGH))),
        "newest_commits": last["ours", ENOUGH]["commits"],
        "newest_commits_per_second": round(speeds["ours", ENOUGH], 1),
        "newest_hunks": last["ours", ENOUGH]["hunks"],
        "pydriller_hunks": theirs.get("hunks"),
        "turns": turns,
        "load_average": round(os.getloadavg()[0], 1),
    }


def find_pydriller() -> str | None:
    """The Python that has PyDriller: named by BENCH_PYDRILLER, else this one, else none."""
    named = os.environ.get("BENCH_PYDRILLER", "")
    for python in filter(None, (named, sys.executable)):
        if subprocess.run([python, "-c", "import pydriller"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def make_history(folder: Path, commits: int = 1_500) -> Path:
    """Make a repository of many small commits: edits in several places, new files, renames, removals."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    rows = {f"pkg{n % 7}/module{n}.py": [f"value_{n}_{line} = {line}" for line in range(120)] for n in range(40)}
    stream: list[str] = []
    for number in range(commits):
        names = sorted(rows)
        stream.append(f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + number * 600} +0000\n")
        message = f"Change {number}"
        stream.append(f"data {len(message)}\n{message}\n")
        touched = (
            names if number == 0 else [names[(number * 7 + turn * 13) % len(names)] for turn in range(1 + number % 4)]
        )
        for before in touched:
            name = before.replace("module", "part") if number % 50 == 49 else before
            if name != before:
                rows[name] = rows.pop(before)
                stream.append(f"R {before} {name}\n")
            for spot in range(3):
                rows[name][(number * 11 + spot * 40) % len(rows[name])] = f"value = changed({number}, {spot})"
            text = "\n".join(rows[name]) + "\n"
            stream.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}\n")
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input="".join(stream).encode(), check=True)
    return folder


def _turn(python: str | None, name: str, repository: Path, commits: int) -> dict[str, float]:
    command = [python or sys.executable, "-m", "benchmarks._history", name, str(repository), str(commits)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _git_log(folder: str, commits: int) -> tuple[int, int, float]:
    """Raw git with nobody who reads it; commits and hunks are counted afterwards, outside of the time."""
    command = ["git", "-C", folder, *_GIT_LOG, *([f"--max-count={commits}"] if commits else [])]
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    spent = time.perf_counter() - started
    most = [f"--max-count={commits}"] if commits else []
    count = ["git", "-C", folder, "rev-list", "--count", "--no-merges", *most, "HEAD"]
    counted = int(subprocess.run(count, capture_output=True, check=True).stdout)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        hunks = sum(line.startswith(b"@@ -") for line in process.stdout)
    return counted, hunks, spent


def _ours(folder: str, commits: int) -> tuple[int, int, float]:
    from reviewlore.adapters.git import GitRepo

    repo = GitRepo(folder)
    started = time.perf_counter()
    counted = hunks = 0
    for commit in repo.patches(repo.resolve("HEAD"), commits or None):
        counted += 1
        hunks += sum(len(file.hunks) for file in commit.files)
    return counted, hunks, time.perf_counter() - started


def _pydriller(folder: str, commits: int) -> tuple[int, int, float]:
    from pydriller import Repository

    started = time.perf_counter()
    counted = hunks = 0
    for commit in Repository(folder, only_no_merge=True, order="reverse").traverse_commits():
        counted += 1
        for file in commit.modified_files:
            # Its parsed form holds lines without their hunks: the rows that start one are counted in the text.
            assert file.diff_parsed is not None
            hunks += sum(row.startswith("@@ -") for row in file.diff.split("\n"))
        if counted == commits:
            break
    return counted, hunks, time.perf_counter() - started


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


if __name__ == "__main__":
    contest = {"git_log": _git_log, "ours": _ours, "pydriller": _pydriller}[sys.argv[1]]
    commits_read, hunks_read, duration = contest(sys.argv[2], int(sys.argv[3]))
    print(json.dumps({"commits": commits_read, "hunks": hunks_read, "seconds": duration}))
