"""How far our outcomes agree with recorded ones, on public reviews whose repositories are at hand.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks agreement [--json] [--data PLACE] [--show KIND]

Ours are made from git objects, replies and the remark's text, as mining makes them, never from what the row says of its
outcome. A clone is a folder of the repository's name with its pull requests' heads among its objects
(`git fetch origin '+refs/pull/*/head:refs/pull/*/head'`). Agreement is on addressed or not; what one side calls unknown
is counted apart. Cohen's kappa takes out what chance alone would agree on.

Most records were made by rules on the same git objects, so agreement with them says that both read git alike. `judged`
compares with those who did not: readers (people or a model) and another dataset's own tracking, also where the record
is unknown because they and git disagree. `shares` are what the weights of evidence rest on. The last line is one JSON
object.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks._comments import Row, find_file, load_rows

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.domain.history import Confidence, Outcome, OutcomeEvidence, RawRemark
from reviewlore.flows.codechanges import read_changes
from reviewlore.formats.rows import Rejected, parse_comment_row
from reviewlore.stages.mine import classify_intent
from reviewlore.stages.outcome import CodeChange, label

PULLS = "pull-requests-dev.jsonl.gz"
# What a reader found of a remark that asked for something (2): done (2), done in part (1), not done (0), unclear (-1).
_READ = re.compile(r"(?:llm-label\([^)]*\)|manual:annotators):2,(-?\d)")
_TRACKED = re.compile(r"dataset:revised_code(=null|@)")
Figures = dict[str, float | int | None]
Truth = Callable[["Case"], bool | None]


@dataclass(frozen=True, slots=True)
class Case:
    """One remark with what is recorded of it and what we say."""

    row: Row
    raw: RawRemark
    change: CodeChange | None
    outcome: Outcome
    confidence: Confidence
    evidence: tuple[OutcomeEvidence, ...]

    @property
    def ours(self) -> bool | None:
        """Whether we call it addressed; None for unknown."""
        return None if self.outcome == "unknown" else self.outcome == "addressed"

    @property
    def recorded(self) -> bool | None:
        """Whether it is recorded as addressed; None for unknown."""
        return {"addressed": True, "ignored": False}.get(self.row["outcome"])

    @property
    def judged(self) -> bool | None:
        """What somebody found who did not look at lines only; None where nobody did, or it was unclear."""
        told = self.row["evidence"] or ""
        read, tracked = _READ.search(told), _TRACKED.search(told)
        if read is not None:
            return {"0": False, "1": True, "2": True}.get(read[1])
        return tracked[1] == "@" if tracked is not None else None

    @property
    def kind(self) -> str:
        """Our strongest evidence."""
        return self.evidence[0].kind if self.evidence else "none"


def main(argv: list[str]) -> int:
    """Run the comparison; exit 0 also where nothing could be compared, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks agreement", description=__doc__)
    parser.add_argument("--data", help=f"folder of the review data, with {PULLS} (../shared/data)")
    parser.add_argument("--show", help="print the disagreements whose strongest evidence of ours is of this kind")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    started = time.perf_counter()
    cases = find_cases(arguments.data, clones_folder())
    result = summarize(cases) | {"seconds": round(time.perf_counter() - started, 1)}
    if not cases:
        print("Not measured: no review data, or no clone of its repositories in REVIEWLORE_CLONES.")
    for name, figures in result.items() if cases else ():
        grouped = isinstance(figures, dict) and "kappa" not in figures
        print(f"{name}:" if grouped else f"{name}: {figures}")
        for key, value in figures.items() if isinstance(figures, dict) and grouped else ():
            print(f"  {key:40} {value}")
    if arguments.show:
        show(cases, arguments.show)
    print(json.dumps(result, sort_keys=True))
    return 0


def outcome_kappa_high() -> float | None:
    """Kappa against records of confidence `high`, or None where no history is at hand."""
    kappa = summarize(find_cases(None, clones_folder()))["outcome_kappa_high"]
    return kappa if isinstance(kappa, float) else None


def clones_folder() -> Path:
    """Where clones are, by the environment; a folder without a name where it does not say."""
    return Path(os.environ.get("REVIEWLORE_CLONES", ""))


def find_cases(data: str | None, clones: Path) -> list[Case]:
    """Judge every row whose repository has a clone; none where there is no data."""
    file = find_file(data)
    if file is None or not clones.name:
        return []
    with gzip.open(file.parent / PULLS, "rt", encoding="utf-8") as lines:
        pulls = {(row["repo"], row["pr_number"]): row for row in map(json.loads, lines)}
    rows = defaultdict(list)
    for row in load_rows(file):
        rows[row["repo"]].append(row)
    cases = []
    for name, mine in sorted(rows.items()):
        clone = clones / name.rpartition("/")[2]
        if clone.is_dir():
            cases += judge(clone, mine, pulls)
    return cases


def judge(clone: Path, rows: Sequence[Row], pulls: dict[tuple[str, int], Row]) -> list[Case]:
    """Label the rows of one repository from its clone."""
    repo = GitRepo(clone)
    listed = _git(clone, "for-each-ref", "--format=%(refname) %(objectname)", "refs/pull")
    heads = {name: commit for name, _, commit in (line.partition(" ") for line in listed)}
    raws = []
    for number, row in enumerate(rows, 1):
        raw = parse_comment_row(row, number)
        if isinstance(raw, Rejected):
            continue
        pull = pulls.get((row["repo"], row["pr_number"]), {})
        merged = row.get("merge_commit")
        known = replace(
            raw,
            last_commit=pull.get("head_sha") or heads.get(f"refs/pull/{raw.pull_request}/head") or raw.last_commit,
            base=pull.get("base_sha") or (_parent(clone, merged) if merged else None),
            pull_request_author=raw.pull_request_author or pull.get("pr_author"),
            intent=classify_intent(raw.body),
            imported_outcome=None,
            imported_evidence=None,
            imported_confidence=None,
        )
        raws.append((row, known))
    changes = read_changes(repo, [raw for _, raw in raws], QuietConsole())
    cases = []
    for row, raw in raws:
        change = changes.get((raw.pull_request, raw.comment_id))
        cases.append(Case(row, raw, change, *label(raw, change)))
    return cases


def summarize(cases: Sequence[Case]) -> dict[str, object]:
    """Return agreement overall and by what may matter."""
    high = [case for case in cases if case.row["confidence"] == "high"]
    told = [case for case in cases if "git:" not in (case.row["evidence"] or "")]
    read = [case for case in cases if case.judged is not None]
    return {
        "rows": len(cases),
        "all": count(cases, _recorded),
        "high": count(high, _recorded),
        "outcome_kappa_high": count(high, _recorded)["kappa"],
        "not_from_git": count(told, _recorded),
        "high_not_from_git": count([case for case in told if case.row["confidence"] == "high"], _recorded),
        "judged": count(read, _judged),
        "by_evidence": group(cases, _recorded, lambda case: case.kind),
        "by_repository": group(cases, _recorded, lambda case: case.row["repo"]),
        "by_recorded_confidence": group(cases, _recorded, lambda case: case.row["confidence"]),
        "by_our_confidence": group(cases, _recorded, lambda case: case.confidence),
        "judged_by_evidence": group(read, _judged, lambda case: case.kind),
        "judged_by_repository": group(read, _judged, lambda case: case.row["repo"]),
        "judged_by_our_confidence": group(read, _judged, lambda case: case.confidence),
        "judged_by_author": group(read, _judged, lambda case: "machine" if case.raw.author_is_bot else "person"),
        "judged_by_intent": group(read, _judged, lambda case: case.raw.intent or "none"),
        "shares": find_shares(read),
    }


def count(cases: Iterable[Case], truth: Truth) -> Figures:
    """Return counts, agreement and Cohen's kappa (Cohen 1960) on those that neither side calls unknown."""
    counts = Counter((case.ours, truth(case)) for case in cases)
    both = {pair: number for pair, number in counts.items() if None not in pair}
    total = sum(both.values())
    agreed = both.get((True, True), 0) + both.get((False, False), 0)
    ours, theirs = (sum(number for pair, number in both.items() if pair[side]) for side in (0, 1))
    chance = (ours * theirs + (total - ours) * (total - theirs)) / total**2 if total else 1.0
    return {
        "compared": total,
        "agreement": round(agreed / total, 3) if total else None,
        "kappa": round((agreed / total - chance) / (1 - chance), 3) if chance < 1 else None,
        "only_ours": both.get((True, False), 0),
        "only_theirs": both.get((False, True), 0),
        "ours_unknown": counts[None, True] + counts[None, False],
        "theirs_unknown": sum(number for pair, number in counts.items() if pair[1] is None),
    }


def group(cases: Sequence[Case], truth: Truth, key: Callable[[Case], str]) -> dict[str, Figures]:
    """Return the figures of each group, the largest first."""
    groups = defaultdict(list)
    for case in cases:
        groups[key(case)].append(case)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return {name: count(found, truth) for name, found in ordered}


def find_shares(cases: Iterable[Case]) -> dict[str, str]:
    """Return for each kind of evidence, wherever it occurs, how many of its remarks were judged to be addressed."""
    found: Counter[tuple[str, bool, bool | None]] = Counter()
    for case in cases:
        found.update((kind, case.raw.author_is_bot, case.judged) for kind in {item.kind for item in case.evidence})
    shares = {}
    for kind in sorted({kind for kind, _, _ in found}):
        people, machines = (
            f"{found[kind, bot, True]} / {found[kind, bot, True] + found[kind, bot, False]}" for bot in (False, True)
        )
        shares[kind] = f"people {people}, machines {machines}"
    return shares


def show(cases: Iterable[Case], kind: str) -> None:
    """Print the disagreements that rest on a kind of evidence, to be read beside their code."""
    for case in cases:
        truth = case.judged if case.recorded is None else case.recorded
        if case.kind != kind or None in (case.ours, truth) or case.ours == truth:
            continue
        print(f"\n=== {case.row['repo']}#{case.raw.pull_request}/{case.raw.comment_id} {case.raw.path}:{case.raw.line}")
        print(f"recorded {case.row['outcome']} ({case.row['confidence']}, {case.row['evidence']}); ours {case.outcome}")
        print("\n".join(f"  {item.kind} {item.outcome} {item.weight} {item.detail}" for item in case.evidence))
        print(f"{case.raw.hunk[-500:]}\n>>> {case.raw.body[:500]}")
        print("\n".join(f"  {reply.author}: {reply.body[:300]}" for reply in case.raw.replies))


def _recorded(case: Case) -> bool | None:
    return case.recorded


def _judged(case: Case) -> bool | None:
    return case.judged


def _parent(clone: Path, commit: str) -> str | None:
    found = _git(clone, "rev-parse", "--verify", "--quiet", f"{commit}^1")
    return found[0] if found else None


def _git(clone: Path, *arguments: str) -> list[str]:
    done = subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[:-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
