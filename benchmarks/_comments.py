"""Real review comments for benchmarks: the rows as episodes, and the pair protocol rankers are judged by."""

import argparse
import gzip
import json
import random
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reviewlore.domain.history import Anchor, Episode
from reviewlore.domain.preference import PairKind, PreferencePair, Remark
from reviewlore.ranking.features import extract

FILE = "review-comments-dev.jsonl.gz"
SEED = 20261120
Row = dict[str, Any]


def find_file(given: str | None) -> Path | None:
    """The data file: as given (file or folder), else `../shared/data` beside the project; None where there is none."""
    place = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    place = place / FILE if place.is_dir() else place
    return place if place.is_file() else None


def make_parser(name: str, about: str | None, quick: str = "") -> argparse.ArgumentParser:
    """The options of a benchmark on review comments; `quick` says what its smoke test leaves out, where it has one."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=about)
    parser.add_argument("--data", help="review comments (JSONL.gz); default: ../shared/data beside the project")
    if quick:
        parser.add_argument("--quick", action="store_true", help=f"{quick}: a smoke test")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    return parser


def tell_absent(name: str, *figures: str, what: str = "measured") -> int:
    """Say that there is nothing to measure on, and that these figures are not there; the exit status is 0."""
    print(f"Not {what}: there are no review comments at --data or in ../shared/data beside the project.")
    print(json.dumps({**dict.fromkeys(figures), "not_measured": [name]}))
    return 0


def load_rows(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def as_episode(row: Row) -> Episode:
    outcome = row["outcome"] if row["outcome"] in {"addressed", "ignored", "declined"} else "unknown"
    return Episode(
        id=f"{row['repo']}#{row['pr_number']}/{row['comment_id']}",
        repository=row["repo"],
        pull_request=row["pr_number"],
        comment_id=str(row["comment_id"]),
        author=row["author"] or "",
        author_kind="bot" if row["author_role"] == "BOT" else "human",
        pull_request_author=row.get("pr_author"),
        anchor=Anchor(row["path"], row.get("line")),
        hunk=row["diff_hunk"],
        body=row["body"],
        created_at=row["created_at"] or "",
        intent=row["intent"],
        language=row["language"],
        outcome=outcome,
        confidence=row["confidence"],
    )


def judged_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows the protocol asks about."""
    intents = {"suggestion", "nit", "statement"}
    return [r for r in rows if r["confidence"] != "low" and r["intent"] in intents and len(r["body"]) >= 20]


def protocol_pairs(rows: Sequence[Row], *, least: int = 40) -> list[PreferencePair]:
    """Three questions on real remarks, drawn as the judge draws them (same seed, same order).

    outcome: a person's addressed remark vs a person's ignored one, nearest in time, each on its own hunk; hard: an
    addressed remark vs another one on the same file or folder; easy: vs one of another pull request and path.
    """
    rng = random.Random(SEED)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in judged_rows(rows):
        groups[row["repo"]].append(row)
    pairs: list[PreferencePair] = []
    for _, items in sorted(groups.items()):
        if len(items) < least:
            continue
        items.sort(key=lambda r: (r["created_at"] or "", r["comment_id"]))
        good = [r for r in items if r["outcome"] == "addressed"]
        for row in rng.sample(good, min(len(good), 120)):
            far = [o for o in items if o["pr_number"] != row["pr_number"] and o["path"] != row["path"]]
            near = _near(items, row)
            if far:
                pairs.append(_pair("relevance_easy", row, rng.choice(far), own_hunk=False))
            if near:
                pairs.append(_pair("relevance_hard", row, rng.choice(near), own_hunk=False))
        people = [r for r in items if r["author_role"] != "BOT"]
        bad = [r for r in people if r["outcome"] == "ignored"]
        fine = [r for r in people if r["outcome"] == "addressed"]
        for row in rng.sample(bad, min(len(bad), 120)) if fine else []:
            match = min(fine, key=lambda r: (abs(r["time_quantile"] - row["time_quantile"]), r["comment_id"]))
            pairs.append(_pair("outcome", match, row, own_hunk=True))
    return [p for p in pairs if p.chosen.body.strip() != p.rejected.body.strip()]


def pooled(pairs: Sequence[PreferencePair]) -> list[PreferencePair]:
    """The same pairs as if of one repository: accuracy over all pairs, as the judge prints it."""
    return [replace(p, repository="all") for p in pairs]


class Vectors:
    """`extract`, remembered: leaving one repository out at a time asks for the same remarks again and again."""

    def __init__(self) -> None:
        self._known: dict[Remark, array[float]] = {}

    def __call__(self, remark: Remark) -> "array[float]":
        known = self._known.get(remark)
        if known is None:
            known = self._known[remark] = array("d", extract(remark))
        return known


def _near(items: list[Row], row: Row) -> list[Row]:
    same = [o for o in items if o["comment_id"] != row["comment_id"] and o["path"] == row["path"]]
    folder = row["path"].rsplit("/", 1)[0]
    return same or [o for o in items if o["pr_number"] != row["pr_number"] and o["path"].rsplit("/", 1)[0] == folder]


def _pair(kind: PairKind, chosen: Row, rejected: Row, *, own_hunk: bool) -> PreferencePair:
    ids = [f"{r['repo']}#{r['pr_number']}/{r['comment_id']}" for r in (chosen, rejected)]
    place = rejected if own_hunk else chosen
    return PreferencePair(
        id=f"{kind} {ids[0]} {ids[1]}",
        kind=kind,
        chosen=Remark(chosen["path"], chosen["diff_hunk"], chosen["body"]),
        rejected=Remark(place["path"], place["diff_hunk"], rejected["body"]),
        weight=1.0,
        repository=chosen["repo"],
        pull_request=f"{chosen['repo']}#{chosen['pr_number']}",
        created_at=chosen["created_at"] or "",
        episodes=(ids[0], ids[1]),
        split="test",
    )
