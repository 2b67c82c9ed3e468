"""Replay merged pull requests of public clones and count which facts would have been said.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks facts --json [--limit 60] [--show] [NAME ...]

A merged pull request is a commit of the first-parent line: a merge (its second parent against the merge base) or a
squash commit (against its parent). The last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammar import python_grammar
from reviewlore.architecture.graph import Cache
from reviewlore.domain.architecture import Fact
from reviewlore.flows.survey import survey

NAMES = ("scrapy", "pytest", "pydantic", "requests")
Pull = tuple[str, str, str]


def main(argv: list[str]) -> int:
    """Run the replay; exit 0 also where nothing could be measured, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks facts", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES), help="folders below REVIEWLORE_CLONES")
    parser.add_argument("--limit", type=int, default=60, help="pull requests per repository (60)")
    parser.add_argument("--skip", type=int, default=0, help="leave out the newest of them (0)")
    parser.add_argument("--show", action="store_true", help="print every fact, to judge it beside its diff")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    folder = os.environ.get("REVIEWLORE_CLONES", "")
    results, missing = {}, []
    for name in arguments.names:
        clone = Path(folder, name)
        if folder and clone.is_dir():
            results[name] = replay(clone, arguments.limit, arguments.skip, arguments.show)
        else:
            missing.append(name)
    if missing:
        print(f"Not measured: {', '.join(missing)} (no such clone in REVIEWLORE_CLONES={folder or 'unset'}).")
    print(json.dumps(summary(results) | {"repositories": results, "not_measured": missing}, sort_keys=True))
    return 0


def pulls(clone: Path, limit: int, skip: int = 0) -> list[Pull]:
    """Return (id, base or first parent, head) of the newest merged pull requests, newest first."""
    command = ["git", "-C", str(clone), "log", "--first-parent", "--format=%H %P", f"-{limit + skip}"]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[skip:]
    found = []
    for row in rows:
        commit, *parents = row.split()
        if parents:
            found.append((commit, parents[0], parents[1] if len(parents) > 1 else commit))
    return found


def replay(clone: Path, limit: int, skip: int, show: bool) -> dict[str, object]:
    """Survey each pull request as if it were open, and count."""
    repo = GitRepo(clone)
    cache: Cache = {}
    facts: list[tuple[Fact, ...]] = []
    started = time.perf_counter()
    for commit, parent, head in pulls(clone, limit, skip):
        result = survey(repo, python_grammar(), repo.merge_base(parent, head), head, cache=cache)
        facts.append(result.facts)
        for fact in result.facts if show else ():
            print(f"{clone.name} {commit[:10]} {fact.severity} {fact.kind} {fact.path}:{fact.line} | {fact.title}")
            print(f"    {fact.why}")
    seconds = time.perf_counter() - started
    counts = [len(found) for found in facts]
    said = [fact for found in facts for fact in found]
    grave = sum(fact.severity != "info" for fact in said)
    result = {
        "pull_requests": len(facts),
        "facts": len(said),
        "with_facts": sum(count > 0 for count in counts),
        "facts_per_pull_request": round(statistics.fmean(counts), 3) if counts else 0.0,
        "median_facts": statistics.median(counts) if counts else 0,
        "most_facts": max(counts, default=0),
        "warnings_per_pull_request": round(grave / len(facts), 3) if facts else 0.0,
        "firings": dict(Counter(fact.kind for fact in said)),
        "seconds_per_pull_request": round(seconds / len(facts), 3) if facts else 0.0,
    }
    print(f"{clone.name}: {result}")
    return result


def summary(results: dict[str, dict[str, object]]) -> dict[str, object]:
    """Add the repositories up."""
    firings: Counter[str] = Counter()
    for result in results.values():
        firings.update(result["firings"])  # type: ignore[arg-type]
    total = sum(int(str(result["pull_requests"])) for result in results.values())
    facts = sum(firings.values())
    return {
        "pull_requests": total,
        "facts": facts,
        "facts_per_pull_request": round(facts / total, 3) if total else None,
        "firings": dict(firings),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
