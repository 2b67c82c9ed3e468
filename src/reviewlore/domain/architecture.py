"""What a repository is, structurally, at one commit, and what a change does to it. Made by `architecture/`."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]
ImportKind = Literal["runtime", "type_only", "lazy"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file of a tree: its repository path and the id of its blob."""

    path: str
    blob: str


@dataclass(frozen=True, slots=True)
class Change:
    """One commit of the history: who (pseudonym or name hash is not needed here) changed which paths, and when."""

    commit: str
    committed_at: int
    subject: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One checkable observation under a fact or finding: a sentence, and where to look."""

    text: str
    path: str | None = None
    line: int | None = None
    commit: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One structural difference between base and head that somebody may want to talk about.

    `kind` is a snake_case rule name (`new_cycle`, `layer_crossed`, `test_partner_missing`); `line` is a 1-based line of
    the head's file that lies in the diff, or None where the fact belongs to the whole file. `fingerprint` stays the
    same when lines move. `confidence` in 0..1.
    """

    kind: str
    path: str
    line: int | None
    title: str
    why: str
    advice: str
    severity: Severity
    confidence: float
    fingerprint: str
    evidence: tuple[Evidence, ...] = ()
    inferred: bool = False
