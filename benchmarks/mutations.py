"""Takes each defence of `tests/attacks/cases.py` away, one at a time, and sees whether a test fails.

Works on a copy of the checkout in a temporary folder, so that nothing here changes. A mutation is killed where a named
test fails or does not end; it survived where all pass; it is void where pytest could not run them, which tells nothing.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from tests.attacks.cases import ROOT, Case, Mutation, read_cases

Verdict = Literal["killed", "survived", "void"]
_TIMEOUT = 120  # seconds; without its limit, what waits may wait for hours
_CODES: dict[int, Verdict] = {0: "survived", 1: "killed"}
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one mutation: the test that failed first, and how long that took."""

    case: int
    mutation: Mutation
    verdict: Verdict
    killer: str
    seconds: float


class Copy:
    """A copy of the checkout that can be mutated; a time of its own for each write, so that no old byte code counts."""

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self._folder, self._time = folder, int(time.time())
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True,
            capture_output=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, folder / name)

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[None]:
        """Hold one defence away; ValueError where its fragment does not stand exactly once."""
        path = self._folder / mutation.path
        text = path.read_text()
        self._write(path, mutation.apply(text))
        try:
            yield
        finally:
            self._write(path, text)

    def test(self, tests: Iterable[str], limit: float | None = _TIMEOUT) -> subprocess.CompletedProcess[str]:
        """Run tests by their names with the sources of the copy; TimeoutExpired after `limit` seconds."""
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        environ = os.environ | {"PYTHONPATH": str(self._folder / "src"), "OMP_NUM_THREADS": "1"}
        return subprocess.run(
            command, cwd=self._folder, env=environ, capture_output=True, text=True, timeout=limit, check=False
        )

    def _write(self, path: Path, text: str) -> None:
        self._time += 2
        path.write_text(text)
        os.utime(path, (self._time, self._time))


def try_mutation(copy: Copy, case: int, mutation: Mutation) -> Tried:
    """Run a mutation's tests without the defence."""
    begin = time.monotonic()
    with copy.mutated(mutation):
        try:
            done = copy.test(mutation.tests)
        except subprocess.TimeoutExpired:
            return Tried(case, mutation, "killed", "no end", time.monotonic() - begin)
    failed = _FAILED.search(done.stdout)
    verdict = _CODES.get(done.returncode, "void")
    if verdict == "killed" and failed is None:
        verdict = "void"  # a fixture broke, and no test was asked
    return Tried(case, mutation, verdict, failed[1] if failed else "", time.monotonic() - begin)


def main(argv: list[str]) -> int:
    """Print one row a mutation; exit 1 where one survived, 2 where the tests fail with all defences in place."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks mutations", description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", type=int, help="numbers of cases; all where none is given")
    parser.add_argument("--jobs", type=int, default=1, help="how many copies work at the same time")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    asked = parser.parse_args(argv)
    chosen = [case for case in read_cases() if not asked.cases or case.number in asked.cases]
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(max(1, asked.jobs)):
            copies.put(Copy(Path(folder) / str(number)))
        whole = copies.get()
        done = whole.test(sorted({test for case in chosen for test in case.tests}), None)
        copies.put(whole)
        if done.returncode:
            print(done.stdout)
            return 2
        tried = _try_all(chosen, copies, asked.jobs)
    survivors = [each for each in tried if each.verdict != "killed"]
    print(json.dumps({"mutations": len(tried), "killed": len(tried) - len(survivors), "rows": _rows(tried)}))
    return 1 if survivors else 0


def _try_all(chosen: list[Case], copies: "SimpleQueue[Copy]", jobs: int) -> list[Tried]:
    def one(case: int, mutation: Mutation) -> Tried:
        copy = copies.get()
        try:
            tried = try_mutation(copy, case, mutation)
        finally:
            copies.put(copy)
        print(f"{case:2} {tried.verdict:8} {mutation.path}: {mutation.told} [{tried.killer}]", flush=True)
        return tried

    pairs = [(case.number, mutation) for case in chosen for mutation in case.mutations]
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        return list(pool.map(lambda pair: one(*pair), pairs))


def _rows(tried: list[Tried]) -> list[dict[str, object]]:
    return [
        {
            "case": each.case,
            "file": each.mutation.path,
            "without": each.mutation.told,
            "verdict": each.verdict,
            "by": each.killer,
            "seconds": round(each.seconds, 1),
        }
        for each in tried
    ]
