"""From the state branch's episodes to a dataset, at the size of a large organisation: time and peak memory.

    python -m benchmarks pairing [--json] [--episodes 100000] [--seed 1]

Synthetic episodes (no words of anybody) are written as the state branch keeps them, JSON Lines by month. A process of
its own then reads them, pairs them and splits the pairs; its peak resident memory is the figure. The leak guard and the
report are timed after it. The last line is one JSON object.
"""

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from reviewlore.domain.history import Anchor, Confidence, Episode, Intent, Outcome, OutcomeEvidence
from reviewlore.domain.people import Role
from reviewlore.formats import records
from reviewlore.stages.balance import examine
from reviewlore.stages.dataset import build_dataset, check_leaks, dataset_id, make_manifest

LIMIT_SECONDS, LIMIT_MIB = 60, 2048
SNAPSHOT = "2026-01-01T00:00:00Z"
_REPOSITORIES = 8
_PER_PULL_REQUEST = 6
_EVIDENCE: dict[str, tuple[str, Outcome]] = {
    "addressed": ("lines_changed", "addressed"),
    "ignored": ("file_identical", "ignored"),
    "declined": ("reply_declined", "declined"),
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks pairing", description=__doc__)
    parser.add_argument("--episodes", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.seed)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        size = write_episodes(Path(folder), arguments.episodes, arguments.seed)
        print(f"{arguments.episodes} episodes, {size / 2**20:.0f} MiB of JSON Lines", file=sys.stderr)
        command = [sys.executable, "-m", "benchmarks", "pairing", "--measure", folder, "--seed", str(arguments.seed)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    print(
        f"load {found['load_seconds']} s, pair and split {found['pair_seconds']} s, id {found['id_seconds']} s: "
        f"{found['seconds']} s (limit {LIMIT_SECONDS}), peak {found['peak_mib']} MiB (limit {LIMIT_MIB}); "
        f"{found['pairs']} pairs.\nAfterwards: leak guard {found['leak_guard_seconds']} s, report "
        f"{found['report_seconds']} s, peak {found['peak_mib_in_all']} MiB in all."
    )
    print(json.dumps({**found, "bytes": size}))
    return 0


def measure(folder: Path, seed: int) -> dict[str, Any]:
    """Load, pair, split and hash what lies in the folder; seconds are of the wall clock."""
    marks = [time.perf_counter()]
    episodes: list[Episode] = []
    for path in sorted(folder.glob("*.jsonl")):
        episodes += records.decode_lines(path.read_bytes(), Episode, path.name)
    marks.append(time.perf_counter())
    built = build_dataset(episodes, seed=seed, snapshot=SNAPSHOT)
    marks.append(time.perf_counter())
    identity = dataset_id(built.pairs)
    marks.append(time.perf_counter())
    peak = _peak_mib()
    manifest = make_manifest(
        built, episodes, seed=seed, created_at=SNAPSHOT, sources=["synthetic"], dropped_rows={}, policy={}
    )
    gc.collect()
    after = [time.perf_counter()]
    leaks = check_leaks(built.pairs, episodes, manifest)
    after.append(time.perf_counter())
    report = examine(episodes, built)
    after.append(time.perf_counter())
    return {
        "episodes": len(episodes),
        "seconds": round(marks[3] - marks[0], 1),
        "load_seconds": round(marks[1] - marks[0], 1),
        "pair_seconds": round(marks[2] - marks[1], 1),
        "id_seconds": round(marks[3] - marks[2], 1),
        "peak_mib": peak,
        "pairs": len(built.pairs),
        "unused_pairs": len(built.extra),
        "kinds": manifest.pairs,
        "unused_kinds": manifest.unused_pairs,
        "dropped": built.dropped,
        "contradictions": built.contradictions,
        "leaks": leaks,
        "outliers": len(report.outliers),
        "leak_guard_seconds": round(after[1] - after[0], 1),
        "report_seconds": round(after[2] - after[1], 1),
        "peak_mib_in_all": _peak_mib(),
        "dataset": identity,
    }


def write_episodes(folder: Path, count: int, seed: int) -> int:
    """Write synthetic episodes, one file a month; return their size in bytes."""
    size = 0
    months: dict[str, list[Episode]] = {}
    for episode in make_episodes(count, seed):
        months.setdefault(episode.created_at[:7], []).append(episode)
    for month, rows in months.items():
        data = records.encode_lines(rows)
        size += len(data)
        (folder / f"{month}.jsonl").write_bytes(data)
    return size


def make_episodes(count: int, seed: int) -> Iterator[Episode]:
    """Yield episodes shaped like public review: half addressed, a fifth by bots, some said again and again."""
    rng = random.Random(seed)
    words = _Words(rng)
    said = [words.remark() for _ in range(200)]
    path, hunk = "", ""
    for number in range(count):
        bot = rng.random() < 0.2
        outcome: Outcome = rng.choices(("addressed", "ignored", "declined", "unknown"), (52, 25, 8, 15))[0]
        body = rng.choice(said) if rng.random() < 0.04 else words.remark(opening="Potential issue in" if bot else "")
        pull = number // _PER_PULL_REQUEST
        if number % _PER_PULL_REQUEST == 0 or rng.random() < 0.8:  # else one more remark on the same hunk
            path, hunk = f"src/p{pull % 40}/m{rng.randrange(60)}.py", words.hunk()
        ours = bot and rng.random() < 0.1
        role: Role | None = rng.choice((None, "write", "write", "read"))
        yield Episode(
            id=f"acme/r{pull % _REPOSITORIES}#{pull}/{number}",
            repository=f"acme/r{pull % _REPOSITORIES}",
            pull_request=pull,
            comment_id=str(number),
            author=f"bot-{rng.randrange(5)}" if bot else f"user-{int(rng.paretovariate(0.7)) % 400:03d}",
            author_kind="bot" if bot else "human",
            pull_request_author=f"user-{rng.randrange(900):03d}",
            anchor=Anchor(path, rng.randrange(1, 900)),
            hunk=hunk,
            body=body,
            created_at=_moment(number, count),
            intent=rng.choice(_INTENTS),
            language="Python",
            outcome=outcome,
            confidence=rng.choice(_CONFIDENCES),
            evidence=_evidence(rng, outcome, ours),
            author_role=None if bot else role,
            code_before=words.line() if outcome == "addressed" else None,
            code_after=words.line() if outcome == "addressed" else None,
            finding=f"f{number}" if ours else None,
        )


_INTENTS: tuple[Intent, ...] = ("suggestion", "question", "statement", "nit")
_CONFIDENCES: tuple[Confidence, ...] = ("high", "high", "medium", "low")


class _Words:
    """Made-up words, as often as words are: the n-th stands in proportion to 1/n."""

    def __init__(self, rng: random.Random) -> None:
        letters = "aeioubcdfglmnprst"
        self._rng = rng
        self._known = ["".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(30_000)]
        self._weights = list(accumulate(1 / (n + 3) for n in range(len(self._known))))

    def some(self, count: int) -> list[str]:
        return self._rng.choices(self._known, cum_weights=self._weights, k=count)

    def remark(self, opening: str = "") -> str:
        return " ".join([*opening.split(), *self.some(min(250, 5 + int(self._rng.expovariate(1 / 40))))])

    def line(self) -> str:
        return "    " + "_".join(self.some(2)) + " = " + ".".join(self.some(3)) + "(" + ", ".join(self.some(2)) + ")"

    def hunk(self) -> str:
        start = self._rng.randrange(900)
        lines = [self._rng.choice("+ ") + self.line() for _ in range(self._rng.randint(4, 36))]
        return "\n".join([f"@@ -{start},9 +{start},{len(lines)} @@", *lines])


def _moment(number: int, count: int) -> str:
    minutes = int(number * 2 * 365 * 24 * 60 / count)
    day, rest = divmod(minutes, 24 * 60)
    year, day = divmod(day, 365)
    return f"{2024 + year}-{1 + min(11, day // 30):02d}-{1 + day % 30:02d}T{rest // 60:02d}:{rest % 60:02d}:00Z"


def _evidence(rng: random.Random, outcome: Outcome, ours: bool) -> tuple[OutcomeEvidence, ...]:
    if ours and outcome == "declined":
        return (OutcomeEvidence("dismissed", "declined", 0.9, by=f"user-{rng.randrange(60):03d}"),)
    if outcome == "unknown":
        return ()
    kind, told = _EVIDENCE[outcome]
    found = [OutcomeEvidence(kind, told, 0.85, by="" if outcome != "declined" else f"user-{rng.randrange(900):03d}")]
    if rng.random() < 0.3:
        vote: Outcome = "addressed" if rng.random() < 0.8 else "declined"
        name = "resolved" if vote == "addressed" else "reaction_down"
        found.append(OutcomeEvidence(name, vote, 0.3, by=f"user-{rng.randrange(60):03d}"))
    return tuple(found)


def _peak_mib() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)
