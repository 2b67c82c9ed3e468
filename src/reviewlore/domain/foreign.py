"""What another reviewer found, and what is thought of it. Read by `formats/`, pinned by `stages/review/`."""

from dataclasses import dataclass, field
from typing import Any, Literal

from reviewlore.domain.architecture import Severity

ForeignFormat = Literal["jsonl", "sarif", "rdjson", "rdjsonl"]
# Whether the change shows what a finding is about; `unknown` where nobody said which change it is.
ForeignPlace = Literal["in_diff", "whole_file", "line_not_in_diff", "file_not_in_diff", "unknown"]


# Where a finding stands in its file: its row, or its run and its place in the run.
FindingKey = tuple[int, ...]
# What a judgement adds to a row; what a row itself says under these names is not ours, and is left out.
ADDED = frozenset({"score", "rank", "probability", "place"})


@dataclass(frozen=True, slots=True)
class ForeignFinding:
    """One finding of another tool: its words, and the lines of the head's file it names (1-based, `line` the last).

    An answer is written where `key` leads.
    """

    key: FindingKey
    tool: str
    rule: str
    path: str
    line: int | None
    start_line: int | None
    body: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A file of findings as it was parsed; `unread` counts by reason what in it is no finding on a file."""

    format: ForeignFormat
    document: Any
    findings: tuple[ForeignFinding, ...]
    unread: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForeignVerdict:
    """What this team's judgement is of one foreign finding; `rank` 1 is best, `kept` False where it is left out."""

    score: float
    probability: float | None
    rank: int
    place: ForeignPlace
    kept: bool = True
