"""Of the recorded review remarks that ask for structure: how many does a fact about the same change anticipate?

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks anticipation [--data FILE] [--show] [--limit N] [NAME ...]

A remark asks for structure where its words match one of `DEMANDS` and it is no praise. The change is surveyed as the
reviewer saw it: at the commit the remark was made on, else at the newest commit of the pull request that is older than
the remark. A fact of a kind that answers the demand anticipates the remark where it speaks of the same file (or names
it as evidence); `near` are those within `NEAR` lines. Not a recall of all review: what no fact kind can say is counted
as a miss too. `--show` prints every hit and a sample of the misses, to be read beside the diff.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks._comments import Row, find_file, load_rows

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.facts import QUIET
from reviewlore.config import ArchitectureSettings
from reviewlore.domain.architecture import Fact
from reviewlore.errors import ReviewloreError
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.survey import survey

NEAR = 10
SEED = 20261121
_WORDS: dict[str, tuple[str, ...]] = {
    "dependency": (
        r"\bimport(s|ed|ing)?\b.{0,40}\b(cycl|circular|layer|depend|from|avoid|move|lazy|top)|circular|\blayer",
        r"\bdependenc(y|ies)\b|\bcoupl(ed|ing)|should(n'?t| not) (know|depend|import)",
    ),
    "duplication": (
        r"\bduplicat|already (have|has|exists?|defined|implemented|do(es)?)|\bre-?us(e|ing)\b|copy.?past",
        r"same (code|logic|as)|\bDRY\b|there('?s| is) (already )?an? (existing )?(util|helper|function|method)",
    ),
    "complexity": (
        r"\btoo (complex|complicated|long|big|large|deep)|\bsplit (this|it|the|into|up)|\bextract(ed|ing)?\b",
        r"\bnest(ed|ing)\b|hard to (read|follow|understand)|\bsimplif|separate (function|method|class|helper)",
    ),
    "test": (
        r"\b(add|need|miss\w*|write|want|could|should|have|please|without)\b.{0,30}\btests?\b",
        r"\btest (case|for|that|this)|\b(un)?tested\b|\bcoverage\b",
    ),
    "documentation": (
        r"change ?log|release notes?|\bnews\b|docstring|javadoc|godoc|\bdocument (this|it|that|the)",
        r"\b(add|update|mention|document|need)\w*\b.{0,30}\b(docs?|documentation|readme)\b",
    ),
    "naming": (
        r"\brename|naming|\bname\b.{0,30}\b(consistent|convention|confus|clear|better)|snake_?case|camel_?case",
    ),
    "placement": (
        r"\bmove (this|it|these|the|to|into)|\bbelongs? (in|to|here)|should (live|be (in|moved|placed|located))",
        r"\b(another|different|separate|own) (file|module|package|class|folder|directory)",
    ),
    "interface": (
        r"backwards?[ -]?(in)?compat|breaking change|\bbreak(s|ing)? (existing|the api|api|user|caller)|public api",
        r"\bsignature|deprecat|\bcallers?\b",
    ),
    "unused": (
        r"\bunused|\bdead code|not (being )?used|never (used|called)|no longer (needed|used)",
        r"\bis this (still )?(used|needed)",
    ),
}
DEMANDS = {name: re.compile("|".join(patterns), re.IGNORECASE) for name, patterns in _WORDS.items()}
# Which kinds of facts say what a remark of a kind asks for.
ANSWERS: dict[str, frozenset[str]] = {
    "dependency": frozenset(
        "new_edge new_cycle layer_crossed forbidden_import boundary_pierced edge_not_allowed migration_reversed "
        "dependency_new dependency_unused dependency_duplicate".split()
    ),
    "duplication": frozenset({"duplicated_helper", "migration_reversed", "framework_misused"}),
    "complexity": frozenset({"complexity_out_of_range", "module_outgrown", "duplicated_helper"}),
    "test": frozenset({"test_partner_missing"}),
    "documentation": frozenset({"public_change_undocumented", "pipeline_undocumented", "cochange_partner_missing"}),
    "naming": frozenset({"naming_convention_broken", "convention_broken"}),
    "placement": frozenset({"placement_convention_broken", "layer_crossed", "new_edge", "module_outgrown"}),
    "interface": frozenset(
        {"signature_changed_stale_callers", "removed_name_still_imported", "hub_touched", "published_name_changed"}
    ),
    "unused": frozenset({"code_orphaned", "dependency_unused"}),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One remark that asks for structure, and the commits between which its change lies."""

    row: Row
    demand: str
    base: str
    head: str


def main(argv: list[str]) -> int:
    """Run the comparison; exit 0 also where nothing could be measured, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks anticipation", description=__doc__)
    parser.add_argument("names", nargs="*", help="folders below REVIEWLORE_CLONES (all that have remarks)")
    parser.add_argument("--data", help="review-comments-dev.jsonl.gz, or its folder")
    parser.add_argument("--limit", type=int, default=60, help="pull requests per repository (60)")
    parser.add_argument("--show", action="store_true", help="print hits and a sample of misses")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    file, folder = find_file(arguments.data), os.environ.get("REVIEWLORE_CLONES", "")
    if file is None or not folder:
        print(json.dumps({"not_measured": "no review data" if file is None else "REVIEWLORE_CLONES is unset"}))
        return 0
    asked: Counter[str] = Counter()
    results: dict[str, dict[str, object]] = {}
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for repository, rows in sorted(_by_repository(load_rows(file)).items()):
        name = repository.rpartition("/")[2]
        clone = Path(folder, name)
        if (arguments.names and name not in arguments.names) or not clone.is_dir():
            continue
        pulls = _pulls(file.parent)
        counts = _judge(clone, list(_cases(clone, rows, pulls, arguments.limit)), arguments.show)
        results[name] = {kind: dict(counter) for kind, counter in counts.items()}
        for kind, counter in counts.items():
            totals[kind] += counter
        asked += counts["asked"]
        print(f"{name}: {results[name]}", flush=True)
    sums = {kind: sum(counter.values()) for kind, counter in totals.items()}
    print(json.dumps({"totals": sums, "by_demand": {k: dict(v) for k, v in totals.items()}, "repositories": results}))
    return 0


def demand_of(body: str) -> str | None:
    """Return the structural demand a remark makes by its words, or None; code blocks and quotes have no say."""
    said = re.sub(r"```.*?```|`[^`]*`|^>.*$", " ", body, flags=re.DOTALL | re.MULTILINE)
    return next((name for name, pattern in DEMANDS.items() if pattern.search(said)), None)


def _judge(clone: Path, cases: list[Case], show: bool) -> dict[str, Counter[str]]:
    repo = GitRepo(clone)
    mapper = Mapper(repo, Grammars())
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    known: dict[tuple[str, str], tuple[Fact, ...]] = {}
    misses: list[Case] = []
    for case in cases:
        key = (case.base, case.head)
        if key not in known:
            try:
                known[key] = survey(
                    repo, Grammars(), *key, mapper=mapper, settings=ArchitectureSettings(facts=tuple(QUIET))
                ).facts
            except ReviewloreError:
                counts["not_readable"][case.demand] += 1
                continue
        counts["asked"][case.demand] += 1
        hits = [fact for fact in known[key] if fact.kind in ANSWERS[case.demand] and _speaks_of(fact, case.row["path"])]
        loud = [fact for fact in hits if fact.kind not in QUIET]
        counts["anticipated"][case.demand] += bool(loud)
        counts["anticipated_with_quiet_kinds"][case.demand] += bool(hits)
        counts["near"][case.demand] += any(_is_near(fact, case.row) for fact in loud)
        counts["addressed_of_anticipated"][case.demand] += bool(loud) and case.row["outcome"] == "addressed"
        counts["addressed_of_asked"][case.demand] += case.row["outcome"] == "addressed"
        if not hits:
            misses.append(case)
        elif show:
            _print(clone, case, hits)
    for case in random.Random(SEED).sample(misses, min(len(misses), 10)) if show else []:
        _print(clone, case, [])
    return counts


def _speaks_of(fact: Fact, path: str) -> bool:
    return fact.path == path or any(entry.path == path for entry in fact.evidence)


def _is_near(fact: Fact, row: Row) -> bool:
    line = row.get("line") or row.get("original_line")
    return bool(line) and fact.path == row["path"] and fact.line is not None and abs(fact.line - line) <= NEAR


def _cases(clone: Path, rows: list[Row], pulls: dict[tuple[str, int], Row], limit: int) -> Iterator[Case]:
    chosen: dict[int, None] = {}
    for row in sorted(rows, key=lambda row: row["created_at"] or "", reverse=True):
        demand = demand_of(row["body"])
        if demand is None or row["author_role"] == "BOT" or row["intent"] == "praise":
            continue
        if row["pr_number"] not in chosen and len(chosen) >= limit:
            continue
        ends = _ends(clone, row, pulls.get((row["repo"], row["pr_number"]), {}))
        if ends:
            chosen[row["pr_number"]] = None
            yield Case(row, demand, *ends)


def _ends(clone: Path, row: Row, pull: Row) -> tuple[str, str] | None:
    """Return base and head of the change as the reviewer saw it, or None where the clone does not hold it."""
    last = pull.get("head_sha") or row.get("pr_last_commit")
    target = pull.get("base_sha") or _git(clone, "rev-parse", "--verify", "-q", f"{row.get('merge_commit') or ''}^1")
    head = row.get("original_commit") or ""
    if not _git(clone, "cat-file", "-t", head) and last:
        dates = _git(clone, "log", "--format=%H %cI", f"{target or 'HEAD'}..{last}").splitlines()
        older = [line.split()[0] for line in dates if line.split()[1] <= (row["created_at"] or "")]
        head = older[0] if older else dates[-1].split()[0] if dates else ""
    if not head or not _git(clone, "cat-file", "-t", head):
        return None
    base = _git(clone, "merge-base", target or "HEAD", head)
    return (base, head) if base and base != head else None


def _pulls(folder: Path) -> dict[tuple[str, int], Row]:
    file = folder / "pull-requests-dev.jsonl.gz"
    return {(row["repo"], row["pr_number"]): row for row in load_rows(file)} if file.is_file() else {}


def _by_repository(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["repo"]].append(row)
    return found


def _git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _print(clone: Path, case: Case, hits: list[Fact]) -> None:
    said = " ".join(case.row["body"].split())[:200]
    print(
        f"{'HIT ' if hits else 'MISS'} {clone.name}#{case.row['pr_number']} {case.demand} {case.row['path']} | {said}"
    )
    for fact in hits:
        print(f"     {fact.kind}: {fact.title} ({fact.path}:{fact.line})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
