"""Which hunks of a change people speak of: a hunk and its place in the change in, the chance of a remark out. Pure.

A logistic regression on what anybody sees at a glance (size, kind of file, what the added rows hold). Its weights are
numbers made from public reviews (`python -m benchmarks attention`), no words; it orders hunks, and judges none.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewlore.errors import StateError

KINDS = ("source", "test", "docs", "config", "generated")
FEATURES = (
    "added", "removed", "only_added", "only_removed", "new_file", "renamed_file",
    *(f"kind_{kind}" for kind in KINDS),
    "hunks", "share", "place", "imports", "comments", "control", "definitions", "calls", "quotes", "long_line",
    "indent", "to_do", "reindented", "depth", "only_imports", "only_comments",
)  # fmt: skip
_LONG = 110  # characters of a row
_MOST = 200_000  # characters of a hunk that are looked at
_CONTROL = re.compile(r"\b(?:if|for|while|try|except|catch|raise|throw|switch|case|return|with|match|else)\b")
_DEFINITION = re.compile(r"\b(?:def|class|func|function|interface|struct|enum|public|private|fn)\b")
_IMPORT = re.compile(r"\s*(?:import|from|package|using|require|#include)\b")
_COMMENT = re.compile(r'\s*(?:#|//|/\*|\*|--|""")')
_TO_DO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


@dataclass(frozen=True, slots=True)
class HunkInChange:
    """One hunk, with its `@@` row, and where it stands: file, what became of that, and what kind of file it is.

    `place` counts from 0 among the `hunks` of the whole change, whose added and removed rows are `rows` together.
    """

    path: str
    text: str
    status: str
    kind: str
    place: int
    hunks: int
    rows: int


@dataclass(frozen=True, slots=True)
class Attention:
    """Weights of `FEATURES`, in their order, and the intercept."""

    weights: tuple[float, ...]
    intercept: float

    def chance(self, hunk: HunkInChange) -> float:
        """Return the chance, in (0, 1), that a person remarks on a hunk of a change that is reviewed at all."""
        value = sum(w * x for w, x in zip(self.weights, attention_features(hunk), strict=True)) + self.intercept
        return 1.0 / (1.0 + math.exp(-min(30.0, max(-30.0, value))))


def parse_attention(text: str) -> Attention:
    """Return the weights in a JSON text; StateError where it is damaged or knows other features."""
    try:
        data = json.loads(text)
        by_name = {str(name): float(weight) for name, weight in data["weights"].items()}
        return Attention(tuple(by_name[name] for name in FEATURES), float(data["intercept"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(f"The weights of attention.json cannot be read: {error}. Reinstall reviewlore.") from error


def attention_features(hunk: HunkInChange) -> tuple[float, ...]:
    """Return one value a feature, in the order of `FEATURES`; counts by their logarithm, marks as 0 or 1."""
    rows = hunk.text[:_MOST].split("\n")[1:]
    added, removed = ([row[1:] for row in rows if row[:1] == sign] for sign in "+-")
    changed = len(added) + len(removed)
    code = [row for row in added if row.strip()]
    body, told = "\n".join(added), max(1, len(code))
    imports = sum(bool(_IMPORT.match(row)) for row in code) / told
    comments = sum(bool(_COMMENT.match(row)) for row in code) / told
    return (
        math.log1p(len(added)),
        math.log1p(len(removed)),
        float(bool(added) and not removed),
        float(bool(removed) and not added),
        float(hunk.status == "added"),
        float(hunk.status == "renamed"),
        *(float(hunk.kind == kind) for kind in KINDS),
        math.log1p(hunk.hunks),
        changed / max(1, hunk.rows),
        hunk.place / max(1, hunk.hunks),
        imports,
        comments,
        math.log1p(len(_CONTROL.findall(body))),
        math.log1p(len(_DEFINITION.findall(body))),
        math.log1p(body.count("(")),
        math.log1p(body.count('"') + body.count("'")),
        float(any(len(row) > _LONG for row in added)),
        math.log1p(max((len(row) - len(row.lstrip()) for row in code), default=0)),
        float(bool(_TO_DO.search(body))),
        float(_stripped(added) == _stripped(removed)),
        float(hunk.path.count("/")),
        float(imports == 1.0),
        float(comments == 1.0),
    )


def _stripped(rows: Sequence[str]) -> list[str]:
    return [row.strip() for row in rows if row.strip()]
