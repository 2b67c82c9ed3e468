"""Replay merged pull requests of public clones and count which facts would have been said, and how many were heeded.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks facts --json [--limit 60] [--skip 0] [--show] [--all]
        [--first | --judged | --quiet] [--shelf FOLDER] [NAME ...]

A merged pull request is a commit of the first-parent line: a merge (its second parent against the merge base) or a
squash commit (against its parent). What was merged has been reviewed, so few facts are left in it. `--first` asks the
better question where merges keep their commits: of the facts about a pull request's first commit, how many are gone
from what was merged, because somebody did what the fact asks for? `--judged` replays the pull requests whose facts
people have read beside their diffs (facts_judged.json): which of these are still said, and how many of them are right
and worth saying? `--quiet` replays pull requests that drew no comment (their numbers in facts_quiet.json): what is
said of them at a severity above info is a false alarm. The last line is one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import cast

from benchmarks._facts_judged import COUNTED

from benchmarks import _facts_judged as judged_facts
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.shelf import FILE, SqliteShelf
from reviewlore.architecture.facts import QUIET
from reviewlore.config import ArchitectureSettings
from reviewlore.domain.architecture import Fact
from reviewlore.errors import InputError
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.survey import survey

NAMES = ("scrapy", "pytest", "pydantic", "requests")
Pull = tuple[str, str, str]
Result = dict[str, object]


def main(argv: list[str]) -> int:
    """Run the replay; exit 0 also where nothing could be measured, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks facts", description=__doc__)
    parser.add_argument("names", nargs="*", help="folders below REVIEWLORE_CLONES")
    parser.add_argument("--limit", type=int, default=60, help="pull requests per repository (60)")
    parser.add_argument("--skip", type=int, default=0, help="leave out the newest of them (0)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--first", action="store_true", help="judge first commits against what was merged")
    which.add_argument("--judged", action="store_true", help="the pull requests of the facts that were read")
    which.add_argument("--quiet", action="store_true", help="the pull requests that drew no comment")
    parser.add_argument("--show", action="store_true", help="print every fact, to judge it beside its diff")
    parser.add_argument("--all", action="store_true", help="the kinds that are silent by default, too")
    parser.add_argument("--shelf", type=Path, help="folder that keeps what was read for the next run (a new one)")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    folder = os.environ.get("REVIEWLORE_CLONES", "")
    results: dict[str, Result] = {}
    missing = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in arguments.names or _names(arguments):
            clone = Path(folder, name)
            if not folder or not clone.is_dir():
                missing.append(name)
                continue
            results[name] = _measure(clone, (arguments.shelf or Path(scratch)) / name, arguments)
            print(f"{name}: {results[name]}")
    if missing:
        print(f"Not measured: {', '.join(missing)} (no such clone in REVIEWLORE_CLONES={folder or 'unset'}).")
    print(json.dumps(summary(results) | {"repositories": results, "not_measured": missing}, sort_keys=True))
    return 0


def _names(arguments: argparse.Namespace) -> list[str]:
    if arguments.judged:
        return sorted({record["repository"] for record in judged_facts.read_judged()})
    return sorted(judged_facts.read_quiet()) if arguments.quiet else list(NAMES)


def _measure(clone: Path, shelf: Path, arguments: argparse.Namespace) -> Result:
    player = Player(clone, shelf, arguments.show, frozenset(QUIET) if arguments.all else frozenset())
    if arguments.first:
        return player.heeded(pulls(clone, arguments.limit, arguments.skip, merges=True))
    if arguments.judged:
        records = [record for record in judged_facts.read_judged() if record["repository"] == clone.name]
        commits = {record["commit"] for record in records}
        said = player.said([pull for pull in pulls(clone) if pull[0][: judged_facts.DIGITS] in commits])
        return {"pull_requests": len(said), **judged_facts.compare(records, said)}
    if arguments.quiet:
        wanted = judged_facts.landed(clone, judged_facts.read_quiet().get(clone.name, []))
        return player.replay([pull for pull in pulls(clone) if pull[0] in wanted])
    return player.replay(pulls(clone, arguments.limit, arguments.skip))


def pulls(clone: Path, limit: int = -1, skip: int = 0, *, merges: bool = False) -> list[Pull]:
    """Return (id, base or first parent, head) of the newest merged pull requests, newest first; -1: of all."""
    only = ("--merges",) if merges else ()
    most = limit + skip if limit >= 0 else -1
    rows = _git(clone, "log", "--first-parent", *only, "--format=%H %P", f"--max-count={most}").splitlines()[skip:]
    found = []
    for row in rows:
        commit, *parents = row.split()
        if parents:
            found.append((commit, parents[0], parents[1] if len(parents) > 1 else commit))
    return found


class Player:
    """Surveys of one clone, which share what was read of it."""

    def __init__(self, clone: Path, shelf: Path, show: bool, also: frozenset[str]) -> None:
        shelf.joinpath(FILE).parent.mkdir(parents=True, exist_ok=True)
        self._clone = clone
        self._repo = GitRepo(clone)
        self._mapper = Mapper(self._repo, Grammars(), shelf=SqliteShelf(shelf))
        self._settings = ArchitectureSettings(facts=tuple(sorted(also)))
        self._show = show

    def said(self, chosen: list[Pull]) -> dict[str, tuple[Fact, ...]]:
        """Survey each pull request as it was merged."""
        found = {}
        for commit, parent, head in chosen:
            base = self._base(commit, parent, head)
            if not base:
                continue
            found[commit] = self._facts(base, head)
            for fact in found[commit] if self._show else ():
                _print(self._clone, commit, fact)
        return found

    def replay(self, chosen: list[Pull]) -> Result:
        """Survey each pull request as it was merged, and count."""
        started = time.perf_counter()
        facts = list(self.said(chosen).values())
        left_out = len(chosen) - len(facts)
        seconds = time.perf_counter() - started
        counts = [len(found) for found in facts]
        said = [fact for found in facts for fact in found]
        grave = sum(fact.severity != "info" for fact in said)
        return {
            "pull_requests": len(facts),
            "left_out": left_out,
            "facts": len(said),
            "with_facts": sum(count > 0 for count in counts),
            "facts_per_pull_request": round(statistics.fmean(counts), 3) if counts else 0.0,
            "median_facts": statistics.median(counts) if counts else 0,
            "most_facts": max(counts, default=0),
            "graver_than_info": grave,
            "warnings_per_pull_request": round(grave / len(facts), 3) if facts else 0.0,
            "firings": dict(Counter(fact.kind for fact in said)),
            "seconds_per_pull_request": round(seconds / len(facts), 3) if facts else 0.0,
        }

    def heeded(self, chosen: list[Pull]) -> Result:
        """Survey the first commit of each merge of several; count the facts of whose kind none is left when merged."""
        fired: Counter[str] = Counter()
        gone: Counter[str] = Counter()
        judged = 0
        for commit, parent, head in chosen:
            base = self._base(commit, parent, head)
            if not base:
                continue
            own = _git(self._clone, "rev-list", "--reverse", "--first-parent", "--parents", f"{base}..{head}")
            first, *rest = own.splitlines() or [""]
            if not rest or first.split()[1:] != [base]:
                continue  # one commit, or a branch that began by merging something else
            judged += 1
            facts = self._facts(base, first.split()[0])
            if not facts:
                continue
            left = {fact.kind for fact in self._facts(base, head)}
            for fact in facts:
                kind = f"{fact.kind}:{fact.severity}"
                fired[kind] += 1
                gone[kind] += fact.kind not in left
                if self._show:
                    print("gone " if fact.kind not in left else "still", end=" ")
                    _print(self._clone, commit, fact)
        return {"pull_requests": judged, "firings": dict(fired), "gone_when_merged": dict(gone)}

    def _base(self, commit: str, parent: str, head: str) -> str:
        """Return where a pull request began; nothing where another repository's history was merged."""
        try:
            return self._repo.merge_base(parent, head)
        except InputError as error:
            print(f"{self._clone.name} {commit[: judged_facts.DIGITS]} left out: {error}")
            return ""

    def _facts(self, base: str, head: str) -> tuple[Fact, ...]:
        return survey(self._repo, Grammars(), base, head, mapper=self._mapper, settings=self._settings).facts


def summary(results: dict[str, Result]) -> Result:
    """Add the repositories up."""
    totals: dict[str, Counter[str]] = {name: Counter() for name in (*COUNTED, "firings", "gone_when_merged")}
    for result in results.values():
        for name, counter in totals.items():
            counter.update(cast("dict[str, int]", result.get(name, {})))
    pull_requests = sum(int(str(result["pull_requests"])) for result in results.values())
    # Only a replay counts all that is said: the other questions are about some facts, or some commits.
    replayed = [result for result in results.values() if "graver_than_info" in result]
    facts = sum(totals["firings"].values())
    grave = sum(int(str(result["graver_than_info"])) for result in replayed)
    counted = bool(pull_requests) and len(replayed) == len(results)
    return {
        "pull_requests": pull_requests,
        "facts": facts if counted else None,
        "facts_per_pull_request": round(facts / pull_requests, 3) if counted else None,
        "warnings_per_pull_request": round(grave / pull_requests, 3) if counted else None,
        **{name: dict(counter) for name, counter in totals.items() if counter},
        **judged_facts.precision(totals),
    }


def _git(clone: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, text=True, check=True).stdout


def _print(clone: Path, commit: str, fact: Fact) -> None:
    place = f"{fact.path}:{fact.line}"
    digits = commit[: judged_facts.DIGITS]
    print(f"{clone.name} {digits} {fact.severity} {fact.kind} {fact.fingerprint} {place} | {fact.title}")
    print(f"    {fact.why}")
    for entry in fact.evidence:
        print(f"    - {entry.text} {entry.path or ''}:{entry.line or ''} {(entry.commit or '')[:10]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
