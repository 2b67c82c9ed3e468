"""What is known of each changed file before a model is asked: a change and its history in, signals and notes out.

Reads nothing but what it is given; notes are one row each, not yet neutral.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate

from reviewlore.architecture.codeowners import CodeOwners
from reviewlore.architecture.complexity import USUAL_COGNITIVE, USUAL_CYCLOMATIC
from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.architecture.incidents import kind_of
from reviewlore.architecture.members import Names, find_member
from reviewlore.architecture.naming import holds_tests
from reviewlore.architecture.ownership import people_of
from reviewlore.architecture.places import (
    is_generated,
    is_product,
    is_prose,
    is_test,
    is_test_module,
    is_vendored,
    stem_of,
)
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import Change, Fact, Landed, Module
from reviewlore.domain.source import Definition, language_of
from reviewlore.ranking.attention import Attention, HunkInChange
from reviewlore.stages.review.excerpts import Piece
from reviewlore.stages.review.priority import FileKind, Signals

# What tools wrote, besides most lock files and what protoc makes: minified code and recorded test output.
_WRITTEN = re.compile(
    r"\.min\.(?:js|css)$|\.(?:snap|map|lockfile|lockb)$|(?:^|/)(?:__snapshots__|dist)/", re.IGNORECASE
)
_SETTINGS = re.compile(
    r"\.(?:ya?ml|toml|json5?|ini|cfg|conf|xml|gradle|properties|mod|tf|env|in|lock)$"
    r"|(?:^|/)(?:requirements[\w.-]*\.txt|Dockerfile|Makefile|CODEOWNERS|\.[\w.-]+)$"
)
_ERRORS = re.compile(
    r"\b(?:except|catch|raise|throws?|finally|rescue|panic|recover|unwrap|expect|abort|retry|rollback)\b"
    r"|\berr(?:or)?s?\b|\bResult<|\bErr\("
)
_TEST_WORDS = re.compile(r"^test_?|_?tests?$|(?:test)?case$|_?spec$|\.(?:test|spec)$|it$", re.IGNORECASE)
# Of the changes to a file, how many of the newest are looked at for fixes; and how many of these are told.
_LATEST, _TOLD = 30, 3
_NAMED_TESTS = 3
# Characters of a hunk in which the handling of errors is looked for.
_READ = 20_000


class KnownFiles:
    """What one change's base and history say of its files; each question is answered once."""

    def __init__(
        self,
        change: ChangeContext,
        facts: Sequence[Fact],
        owners: CodeOwners | None = None,
        attention: Attention | None = None,
    ) -> None:
        self._change = change
        self._owners = owners
        self._attention = attention
        counts = [len(patch.hunks) for patch in change.patches]
        self._places = dict(zip((patch.path for patch in change.patches), accumulate(counts, initial=0), strict=False))
        self._hunks = sum(counts)
        hunks = (hunk for patch in change.patches for hunk in patch.hunks)
        self._rows = sum(len(hunk.added) + len(hunk.removed) for hunk in hunks)
        self._names = Names(change.head, change.base)
        self._facts: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            self._facts[fact.path].append(fact)
        self._fixes: dict[str, tuple[tuple[Change, ...], int]] = {}

    def signals(self, patch: FilePatch, pieces: Sequence[Piece]) -> list[Signals]:
        """Return what is known of each piece of a file."""
        kind = kind_of_file(patch.path)
        module = self._change.head.modules.get(patch.path)
        untested = kind == "source" and is_product(patch.path) and not self._tested(patch)
        fixes, _ = self.fixes(patch.old_path)
        shared = (len(self._importers.get(patch.path, ())), len(fixes), untested, self._repairs)
        facts = self.facts(patch.path, pieces)
        return [
            replace(
                _signals(kind, patch, piece, module, found, shared), attention=self._chance(kind, patch, number, piece)
            )
            for number, (piece, found) in enumerate(zip(pieces, facts, strict=True))
        ]

    def _chance(self, kind: FileKind, patch: FilePatch, number: int, piece: Piece) -> float | None:
        """Return the chance that a person speaks of a piece; None where nothing is there to tell it by."""
        if self._attention is None:
            return None
        place = self._places[patch.path] + number
        return self._attention.chance(
            HunkInChange(patch.path, piece.hunk, patch.status, kind, place, self._hunks, self._rows)
        )

    def facts(self, path: str, pieces: Sequence[Piece]) -> list[list[Fact]]:
        """Return the facts on each piece; those of the whole file, or of no line shown, belong to the first."""
        found: list[list[Fact]] = [[] for _ in pieces]
        for fact in self._facts.get(path, ()) if pieces else ():
            places = (number for number, piece in enumerate(pieces) if fact.line in piece.pinnable)
            found[next(places, 0)].append(fact)
        return found

    def notes(self, patch: FilePatch) -> Iterator[str]:
        """Yield what is told above a file's hunks: what became of it, its place, its people, its tests, its record."""
        kind = kind_of_file(patch.path)
        what = {"renamed": f"renamed from {patch.old_path}", "added": "new file", "removed": "removed"}.get(
            patch.status
        )
        place = ", ".join(part for part in (what, *self._place(patch.path)) if part)
        if place:
            yield place
        who = ", ".join(self._people(patch))
        if who and kind in ("source", "config"):
            yield who
        tests = self.tests_of(patch.path) if kind == "source" else ()
        if tests:
            changed = [path for path in tests if path in self._change.patch_of]
            yield f"tests: {', '.join(tests[:_NAMED_TESTS])} ({'changed here' if changed else 'not changed here'})"
        fixes, changes = self.fixes(patch.old_path)
        if fixes and kind == "source":
            told = "; ".join(f"{_month(one.committed_at)} {one.commit[:9]} {one.subject[:80]}" for one in fixes[:_TOLD])
            yield f"incidents: {len(fixes)} of the last {changes} changes to this file were fixes: {told}"

    def fixes(self, path: str) -> tuple[tuple[Change, ...], int]:
        """Return the fixes and reverts among the last changes to a file, newest first, and how many were looked at."""
        if path not in self._fixes:
            numbers = self._change.history.by_path.get(path, ())[:_LATEST]
            made = [self._change.history.changes[number] for number in numbers]
            found = (one for one in made if kind_of(Landed(one.commit, one.committed_at, one.subject)) != "other")
            self._fixes[path] = (tuple(found), len(made))
        return self._fixes[path]

    def tests_of(self, path: str) -> tuple[str, ...]:
        """Return the test modules of the head that a module's name names, the nearest folder first."""
        own = set(path.split("/")[:-1])
        found = self._tests.get((_family(path), _bare(stem_of(path))), ())
        return tuple(sorted(found, key=lambda test: (-len(own & set(test.split("/"))), test)))

    def example_for(self, patch: FilePatch) -> tuple[str, Definition] | None:
        """Return a test of the base that shows how one for a file is written: where it lies, the one nearest in name.

        Only where the language has tests that are definitions of their own.
        """
        words = {entry.name.lower() for entry in self._change.added_definitions(patch.path)} | {stem_of(patch.path)}
        for test in self.tests_of(patch.path):
            module = self._change.base.modules.get(test)
            if module is None or not holds_tests(module):
                continue
            found = [one for one in module.parsed.definitions if _is_case(one) and one.end_line - one.line < 30]
            if found:
                return test, max(found, key=lambda one: (_common(one.name, words), one.end_line - one.line, -one.line))
        return None

    def conventions(self, most: int) -> Iterator[str]:
        """Yield what the code of the changed languages keeps to, with examples."""
        languages = {language_of(path) for path in self._change.patch_of}
        folders = {path.rpartition("/")[0] for path in self._change.patch_of}
        held = [one for one in self._change.conventions if one.language in languages and one.place in {"", *folders}]
        for one in sorted(held, key=lambda rule: -rule.cases)[:most]:
            where = f" in {one.place}" if one.place else ""
            examples = ", ".join(one.examples[:2])
            name = one.kind.replace("_", " ")
            yield f"{name}{where} ({one.language}): {one.value} in {one.held} of {one.cases}, such as {examples}"

    @cached_property
    def _importers(self) -> Mapping[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for edge in self._change.head.edges:
            if edge.imported in self._change.patch_of:
                found[edge.imported].add(edge.importer)
        return found

    @cached_property
    def _tests(self) -> Mapping[tuple[str | None, str], list[str]]:
        found: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
        for path in self._change.head.modules:
            if is_test_module(path):
                found[_family(path), _bare(_TEST_WORDS.sub("", stem_of(path)))].append(path)
        return found

    @cached_property
    def _repairs(self) -> bool:
        return any(kind_of(Landed("", 0, subject)) != "other" for subject in self._change.subjects)

    def _tested(self, patch: FilePatch) -> bool:
        """Whether a test changes with a file: one of its own, or in a small change any."""
        if any(path in self._change.patch_of for path in self.tests_of(patch.path)):
            return True
        return len(self._change.patches) <= 6 and any(is_test(path) for path in self._change.patch_of)

    def _place(self, path: str) -> Iterator[str]:
        module = self._change.head.modules.get(path)
        if module is None:
            return
        yield f"module {module.name}"
        for contract in self._change.contracts:
            members = tuple(name for layer in contract.layers for name in layer.members)
            if contract.kind != "layers" or contract.inferred or not members:
                continue
            member = find_member(members, self._names[path])
            depth = next(
                (n for n, layer in enumerate(contract.layers, 1) if member and member.pattern in layer.members), 0
            )
            if depth:
                yield f"layer {depth} of {len(contract.layers)} from the top of “{contract.name}”"
                break
        importers = len(self._importers.get(path, ()))
        if importers:
            yield f"imported by {importers} module{'s' * (importers != 1)}"

    def _people(self, patch: FilePatch) -> Iterator[str]:
        owners = self._owners.owners_of(patch.path) if self._owners else ()
        named = [owner for owner in owners if owner.startswith("@")]
        if named:
            yield f"owned by {' '.join(named[:4])}"
        who = people_of(self._change.history, patch.old_path)
        if who.people:
            yield f"changed {who.changes} times by {who.people} {'people' if who.people > 1 else 'person'}"


def kind_of_file(path: str) -> FileKind:
    """Return what a path's file is for: what tools write, documents, tests, settings, or code."""
    if is_generated(path) or is_vendored(path) or _WRITTEN.search(path):
        return "generated"
    if is_prose(path):
        return "docs"
    if is_test(path):
        return "test"
    return "config" if language_of(path) is None and _SETTINGS.search(path) else "source"


def fact_row(fact: Fact) -> str:
    """Return a fact as a row of a prompt."""
    return f"fact ({fact.severity}{', inferred' * fact.inferred}): {fact.title}. {fact.why}"


def _signals(
    kind: FileKind,
    patch: FilePatch,
    piece: Piece,
    module: Module | None,
    facts: Iterable[Fact],
    shared: tuple[int, int, bool, bool],
) -> Signals:
    fan_in, incidents, untested, fixes = shared
    parsed = module.parsed if module else None
    changed = [row for row in piece.hunk.split("\n")[1:] if row[:1] in ("+", "-")]
    first, last = min(piece.added, default=0), max(piece.added, default=-1)
    touched = [one for one in parsed.definitions if one.line <= last and first <= one.end_line] if parsed else []
    headers = [one for one in touched if not piece.added.isdisjoint(range(one.line, max(one.body, one.line + 1)))]
    return Signals(
        kind=kind,
        facts=tuple((fact.kind, fact.severity) for fact in facts),
        added=len(piece.added),
        removed=len(piece.removed),
        fan_in=fan_in,
        incidents=incidents,
        imports=bool(parsed and any(entry.line in piece.added for entry in parsed.imports)),
        public=is_product(patch.path) and any(entry.public for entry in headers),
        errors=kind == "source" and bool(_ERRORS.search("\n".join(changed)[:_READ])),
        complex=any(one.cognitive >= USUAL_COGNITIVE or one.cyclomatic >= USUAL_CYCLOMATIC for one in touched),
        untested=untested,
        new_file=patch.status == "added",
        fixes=fixes,
    )


def _is_case(entry: Definition) -> bool:
    marked = any(
        name.rpartition(".")[2].lower() in {"test", "parameterizedtest", "rstest"} for name in entry.decorators
    )
    return entry.kind != "class" and (marked or entry.name.lower().startswith("test"))


def _common(name: str, words: Iterable[str]) -> int:
    return sum(part in name.lower() for word in words for part in word.split("_") if len(part) > 3)


def _bare(stem: str) -> str:
    return stem.replace("_", "").replace("-", "").lower()


def _family(path: str) -> str | None:
    language = language_of(path)
    return "typescript" if language == "javascript" else language


def _month(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m}"
