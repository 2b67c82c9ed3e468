"""A change as the facts see it: two maps, the diff and what is known of the repository in, their difference out."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from reviewlore.architecture.conventions import Convention
from reviewlore.architecture.graph import strongest
from reviewlore.architecture.history import History, index_history
from reviewlore.architecture.past import Past
from reviewlore.architecture.places import is_vendored
from reviewlore.architecture.providers import Packages
from reviewlore.architecture.rows import (
    added_texts,
    removed_texts,
    says_nothing,
    without_comment,
    without_versions,
)
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import ArchitectureMap, Contract, ExternalImport, ImportEdge, Mention, Module
from reviewlore.domain.federation import Card, SchemaVersion
from reviewlore.domain.pipeline import Command
from reviewlore.domain.source import AT_LOAD, Definition

_INDIRECT = "// indirect"  # what go.mod lists for the sake of others comes and goes with their versions
# Lines that do nothing by themselves, after comments are cut off.
_NO_CODE = re.compile(r"$|[#@]|import |from |pass$|\.\.\.$|(async )?def .*: \.\.\.$|[)\]}:,]+$")


@dataclass(frozen=True)
class ChangeContext:
    """Everything the facts of one change rest on, read at or before the base but for what the change itself brings.

    `patches` is the parsed diff base -> head with renames detected. Empty history, contracts or conventions are fine:
    the facts that need them stay silent. `revised` is what the head declares in files of `contracts` that the change
    edits: they lower a fact, and make none. `subjects` are the first lines of the commits between base and head.
    `mentions` finds words in the text files of the head; None where it cannot tell. `commands_before` and
    `commands_after` are what the build files of base and head let people run. `cards` are those of the organisation,
    `schemas` the changed schema files that others may have too, as they were and as they are (None: removed).
    """

    base: ArchitectureMap
    head: ArchitectureMap
    patches: tuple[FilePatch, ...]
    history: History = field(default_factory=lambda: index_history(()))
    contracts: tuple[Contract, ...] = ()
    revised: tuple[Contract, ...] = ()
    conventions: tuple[Convention, ...] = ()
    subjects: tuple[str, ...] = ()
    past: Past = field(default_factory=Past)
    commands_before: tuple[Command, ...] = ()
    commands_after: tuple[Command, ...] = ()
    cards: tuple[Card, ...] = ()
    schemas: tuple[tuple[SchemaVersion, SchemaVersion | None], ...] = ()
    mentions: Callable[[frozenset[str]], Iterable[Mention] | None] = lambda _: None

    @cached_property
    def packages_before(self) -> Packages:
        """Which packages the outside imports of the base come from."""
        return Packages(self.base)

    @cached_property
    def packages(self) -> Packages:
        """Which packages the outside imports of the head come from."""
        return Packages(self.head)

    @cached_property
    def names_before(self) -> frozenset[str]:
        """The names of all definitions of the base; every module of it is read for them."""
        return frozenset(found.name for module in self.base.modules.values() for found in module.parsed.definitions)

    @cached_property
    def patch_of(self) -> dict[str, FilePatch]:
        """The patch of each changed path, by its path at the head (a removed file's own path)."""
        return {patch.path: patch for patch in self.patches}

    @cached_property
    def moved(self) -> dict[str, str]:
        """Paths at the base that have another path at the head."""
        return {patch.old_path: patch.path for patch in self.patches if patch.status == "renamed"}

    @cached_property
    def former(self) -> dict[str, str]:
        """Paths at the head that had another path at the base."""
        return {new: old for old, new in self.moved.items()}

    @cached_property
    def new_edges(self) -> tuple[ImportEdge, ...]:
        """Imports of a module by another that base had neither in this nor in a stronger kind; renames are no change.

        A lazy or type-only import that now runs when its module is loaded counts as new.
        """
        known = {(self._now(a), self._now(b)): edge.kind for (a, b), edge in strongest(self.base.edges).items()}
        found = []
        for (importer, imported), edge in strongest(self.head.edges).items():
            before = known.get((importer, imported))
            stronger = before is not None and before not in AT_LOAD and edge.kind in AT_LOAD
            if (before is None or stronger) and importer in self.patch_of and not is_vendored(importer):
                found.append(edge)
        return tuple(found)

    @cached_property
    def new_external(self) -> tuple[ExternalImport, ...]:
        """Imports of outside modules that their file did not have before."""
        known = {(self._now(entry.importer), entry.target) for entry in self.base.external}
        return tuple(
            entry
            for entry in self.head.external
            if (entry.importer, entry.target) not in known and entry.importer in self.patch_of
        )

    def line(self, path: str, line: int) -> int | None:
        """Return the line if a comment can be pinned to it on the diff's new side, else None."""
        patch = self.patch_of.get(path)
        return line if patch and patch.hunk_at(line) else None

    def shown(self, path: str, definition: Definition) -> int | None:
        """Return the first line of a definition of the head that the diff shows, or None."""
        patch = self.patch_of.get(path)
        hunks = patch.hunks if patch and patch.status != "removed" else ()
        inside = (line for hunk in hunks for line in hunk.right if definition.line <= line <= definition.end_line)
        return min(inside, default=None)

    def first_line(self, path: str) -> int | None:
        """Return the first line this change adds to a file, else the first one its diff shows, else None."""
        patch = self.patch_of.get(path)
        if patch is None or patch.status == "removed":
            return None
        shown = patch.added_lines or frozenset[int]().union(*(hunk.right for hunk in patch.hunks))
        return min(shown, default=None)

    def base_path(self, path: str) -> str:
        """Return what a head path was called at the base."""
        return self.former.get(path, path)

    def added_definitions(self, path: str) -> Iterator[Definition]:
        """Yield the definitions of a head file that are new by name and start on an added line."""
        module, patch = self.head.modules.get(path), self.patch_of.get(path)
        if module is None or patch is None:
            return
        before = self.base.modules.get(self.base_path(path))
        known = {(d.owner, d.name) for d in before.parsed.definitions} if before else set()
        added = patch.added_lines
        for definition in module.parsed.definitions:
            if (definition.owner, definition.name) not in known and definition.line in added:
                yield definition

    def added_code(self, path: str) -> frozenset[int]:
        """Return the added lines of a head file that are code in the body of a function.

        Blank lines, comments, docstrings and imports are none, nor is a line that this change only moved, indented or
        commented: one that it removed elsewhere in the file.
        """
        module, patch = self.head.modules.get(path), self.patch_of.get(path)
        if module is None or patch is None:
            return frozenset()
        inside = set[int]()
        for definition in module.parsed.definitions:
            if definition.kind != "class":
                inside.update(range(definition.body, definition.end_line + 1))
        inside -= _told(module)
        removed = {_bare(row[1:]) for hunk in patch.hunks for row in hunk.text.split("\n")[1:] if row.startswith("-")}
        return frozenset(
            line
            for hunk in patch.hunks
            for line, text in added_texts(hunk)
            if line in inside
            and not says_nothing(text, path)
            and (bare := _bare(text)) not in removed
            and not _NO_CODE.match(bare)
        )

    def does_nothing(self, patch: FilePatch) -> bool:
        """Whether a patch changes blank lines, comments and docstrings only; in a manifest also versions, in place."""
        sides = []
        for tree, path, texts in (
            (self.base, patch.old_path, removed_texts),
            (self.head, patch.path, added_texts),
        ):
            told = _told(tree.modules.get(path))
            rows = [text for hunk in patch.hunks for line, text in texts(hunk) if line not in told]
            if path in self._manifests:
                rows = [without_versions(text) for text in rows if not text.rstrip().endswith(_INDIRECT)]
            sides.append([without_comment(text, path) for text in rows if not says_nothing(text, path)])
        return not patch.binary and sides[0] == sides[1]

    @cached_property
    def _manifests(self) -> frozenset[str]:
        return frozenset(manifest.path for tree in (self.base, self.head) for manifest in tree.manifests)

    def name(self, path: str) -> str:
        """Return the dotted name of a module at the head, or the path of what is not one."""
        module = self.head.modules.get(path) or self.base.modules.get(path)
        return module.name if module else path

    def _now(self, path: str) -> str:
        return self.moved.get(path, path)


def _told(module: Module | None) -> frozenset[int]:
    """Return the lines of a module that are documentation."""
    spans = module.parsed.docstrings if module else ()
    return frozenset(line for first, last in spans for line in range(first, last + 1))


def _bare(text: str) -> str:
    """Return a line of code without its indentation and what looks like a comment behind it."""
    return re.sub(r"(?<!\s)\s+#.*$", "", text).strip()


def full_name(definition: Definition) -> str:
    """Return the name of a definition with its type's before it."""
    return f"{definition.owner}.{definition.name}" if definition.owner else definition.name


def fingerprint(kind: str, path: str, *parts: str) -> str:
    """Return the identity of a fact: the same wherever its lines stand, another one for another fact."""
    return hashlib.sha256("\0".join((kind, path, *parts)).encode("utf-8", "surrogateescape")).hexdigest()[:16]
