"""Replay merged pull requests of public clones and count which facts would have been said, and how many were heeded.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks facts --json [--limit 60] [--first] [--show] [NAME ...]

A merged pull request is a commit of the first-parent line: a merge (its second parent against the merge base) or a
squash commit (against its parent). What was merged has been reviewed, so few facts are left in it. `--first` asks the
better question where merges keep their commits: of the facts about a pull request's first commit, how many are gone
from what was merged, because somebody did what the fact asks for? The last line is one JSON object.
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
from typing import cast

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.domain.architecture import Fact
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.survey import survey

NAMES = ("scrapy", "pytest", "pydantic", "requests")
Pull = tuple[str, str, str]
Result = dict[str, object]


def main(argv: list[str]) -> int:
    """Run the replay; exit 0 also where nothing could be measured, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks facts", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES), help="folders below REVIEWLORE_CLONES")
    parser.add_argument("--limit", type=int, default=60, help="pull requests per repository (60)")
    parser.add_argument("--skip", type=int, default=0, help="leave out the newest of them (0)")
    parser.add_argument("--first", action="store_true", help="judge first commits against what was merged")
    parser.add_argument("--show", action="store_true", help="print every fact, to judge it beside its diff")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    folder = os.environ.get("REVIEWLORE_CLONES", "")
    results: dict[str, Result] = {}
    missing = []
    for name in arguments.names:
        clone = Path(folder, name)
        if not folder or not clone.is_dir():
            missing.append(name)
            continue
        chosen = pulls(clone, arguments.limit, arguments.skip, merges=arguments.first)
        results[name] = (heeded if arguments.first else replay)(clone, chosen, arguments.show)
        print(f"{name}: {results[name]}")
    if missing:
        print(f"Not measured: {', '.join(missing)} (no such clone in REVIEWLORE_CLONES={folder or 'unset'}).")
    print(json.dumps(summary(results) | {"repositories": results, "not_measured": missing}, sort_keys=True))
    return 0


def pulls(clone: Path, limit: int, skip: int = 0, *, merges: bool = False) -> list[Pull]:
    """Return (id, base or first parent, head) of the newest merged pull requests, newest first."""
    only = ("--merges",) if merges else ()
    rows = _git(clone, "log", "--first-parent", *only, "--format=%H %P", f"-{limit + skip}").splitlines()[skip:]
    found = []
    for row in rows:
        commit, *parents = row.split()
        if parents:
            found.append((commit, parents[0], parents[1] if len(parents) > 1 else commit))
    return found


def replay(clone: Path, chosen: list[Pull], show: bool) -> Result:
    """Survey each pull request as it was merged, and count."""
    repo = GitRepo(clone)
    mapper = Mapper(repo, Grammars())
    facts: list[tuple[Fact, ...]] = []
    started = time.perf_counter()
    for commit, parent, head in chosen:
        result = survey(repo, Grammars(), repo.merge_base(parent, head), head, mapper=mapper)
        facts.append(result.facts)
        for fact in result.facts if show else ():
            _print(clone, commit, fact)
    seconds = time.perf_counter() - started
    counts = [len(found) for found in facts]
    said = [fact for found in facts for fact in found]
    grave = sum(fact.severity != "info" for fact in said)
    return {
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


def heeded(clone: Path, chosen: list[Pull], show: bool) -> Result:
    """Survey the first commit of each merge of several; count the facts of whose kind none is left when merged."""
    repo = GitRepo(clone)
    mapper = Mapper(repo, Grammars())
    fired: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    judged = 0
    for commit, parent, head in chosen:
        base = repo.merge_base(parent, head)
        own = _git(clone, "rev-list", "--reverse", "--first-parent", "--parents", f"{base}..{head}").splitlines()
        if len(own) < 2 or own[0].split()[1:] != [base]:
            continue  # one commit, or a branch that began by merging something else
        judged += 1
        facts = survey(repo, Grammars(), base, own[0].split()[0], mapper=mapper).facts
        if not facts:
            continue
        left = {fact.kind for fact in survey(repo, Grammars(), base, head, mapper=mapper).facts}
        for fact in facts:
            kind = f"{fact.kind}:{fact.severity}"
            fired[kind] += 1
            gone[kind] += fact.kind not in left
            if show:
                print("gone " if fact.kind not in left else "still", end=" ")
                _print(clone, commit, fact)
    return {"pull_requests": judged, "firings": dict(fired), "gone_when_merged": dict(gone)}


def summary(results: dict[str, Result]) -> Result:
    """Add the repositories up."""
    totals: dict[str, Counter[str]] = {"firings": Counter(), "gone_when_merged": Counter()}
    for result in results.values():
        for name, counter in totals.items():
            counter.update(cast("dict[str, int]", result.get(name, {})))
    pull_requests = sum(int(str(result["pull_requests"])) for result in results.values())
    facts = sum(totals["firings"].values())
    return {
        "pull_requests": pull_requests,
        "facts": facts,
        "facts_per_pull_request": round(facts / pull_requests, 3) if pull_requests else None,
        **{name: dict(counter) for name, counter in totals.items() if counter},
    }


def _git(clone: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, text=True, check=True).stdout


def _print(clone: Path, commit: str, fact: Fact) -> None:
    print(f"{clone.name} {commit[:10]} {fact.severity} {fact.kind} {fact.path}:{fact.line} | {fact.title}")
    print(f"    {fact.why}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
