"""Facts that were read beside their diffs, and pull requests that drew no comment: files in, comparisons out.

`facts_judged.json` holds one record for each reading, `facts_quiet.json` numbers of pull requests by repository.
"""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

from reviewlore.domain.architecture import Fact

JUDGED = Path(__file__).with_name("facts_judged.json")
QUIET_PULLS = Path(__file__).with_name("facts_quiet.json")
# So much of a commit's id is recorded.
DIGITS = 12
COUNTED = ("read", "right_and_worth", "still_said", "still_right_and_worth", "not_read")
# A squash commit ends in the number of its pull request, a merge says it.
_NUMBER = re.compile(r"\(#(\d+)\)$|^Merge pull request #(\d+) ")


class Judged(TypedDict):
    """One reading: is the fact right, would a maintainer want it said, and why in a few words."""

    repository: str
    commit: str
    kind: str
    fingerprint: str
    right: bool
    worth: bool
    note: str


def read_judged() -> list[Judged]:
    """Return the readings on record."""
    found: list[Judged] = json.loads(JUDGED.read_text(encoding="utf-8"))
    return found


def read_quiet() -> dict[str, list[int]]:
    """Return by repository the numbers of pull requests that drew no comment."""
    found: dict[str, list[int]] = json.loads(QUIET_PULLS.read_text(encoding="utf-8"))
    return found


def landed(clone: Path, numbers: Iterable[int]) -> set[str]:
    """Return the commits of the first-parent line that merged the pull requests of these numbers."""
    wanted = set(numbers)
    command = ["git", "-C", str(clone), "log", "--first-parent", "--format=%H %s"]
    found = set()
    for row in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        commit, _, subject = row.partition(" ")
        match = _NUMBER.search(subject)
        if match and int(match[1] or match[2]) in wanted:
            found.add(commit)
    return found


def compare(records: Iterable[Judged], said: Mapping[str, Iterable[Fact]]) -> dict[str, object]:
    """Count by kind which of the readings are said (again), which of these hold good, and what was never read."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
    now = {(commit[:DIGITS], fact.fingerprint): fact.kind for commit, facts in said.items() for fact in facts}
    for record in records:
        kind, good = record["kind"], record["right"] and record["worth"]
        counts["read"][kind] += 1
        counts["right_and_worth"][kind] += good
        if now.pop((record["commit"], record["fingerprint"]), None):
            counts["still_said"][kind] += 1
            counts["still_right_and_worth"][kind] += good
    counts["not_read"].update(now.values())
    return {name: dict(counter) for name, counter in counts.items()}


def precision(totals: Mapping[str, Counter[str]]) -> dict[str, object]:
    """Return by kind the share of the facts still said that are right and worth saying; nothing without readings."""
    said = totals["still_said"]
    shares = {kind: round(totals["still_right_and_worth"][kind] / count, 3) for kind, count in said.items() if count}
    return {"precision": shares} if totals["read"] else {}
