"""What a Python query captured to imports, definitions and module-level names: nodes of one tree in, records out.

Nodes are met in the order of the source; what can be told from positions is asked of no node.
"""

from collections.abc import Mapping, Sequence

from tree_sitter import Node

from reviewlore.adapters.grammars.complexity import Complexity, measure
from reviewlore.adapters.grammars.docstyles import docstring_style
from reviewlore.adapters.grammars.python_nodes import (
    LEXIS,
    bases_of,
    dotted,
    parameters_of,
    text_of,
    written_names,
)
from reviewlore.domain.source import Definition, DefinitionKind, ImportedName, ImportKind, ImportStatement

# What a reader meets, in the order of the source, outer before inner; of one span the first of these comes first.
_EVENTS = ("condition", "typing", "decorator", "function", "class", "import", "from", "assigned", "bound")
_Captures = Mapping[str, Sequence[Node]]


class Reader:
    """Collects records from nodes in document order; a stack of open scopes says where a node stands."""

    def __init__(self, source: bytes, captures: _Captures, offered: frozenset[str]) -> None:
        """`offered` are the names that the file declares as its own public ones (`__all__`)."""
        self.imports: list[ImportStatement] = []
        self.definitions: list[Definition] = []
        self.assigned: set[str] = set()
        self.bound: dict[int, str] = {}
        self.offered = offered
        self._source = source
        self._captures = captures
        # Where each open function or type ends, and its record if it has one; where each open condition ends.
        self._scopes: list[tuple[int, str, Definition | None]] = []
        self._conditions: list[tuple[int, ImportKind]] = []
        self._decorators: list[str] = []
        self._left = ""
        self._decorated = {node.start_byte for node in captures.get("decorated", ())}
        self._checking = {node.start_byte for node in captures.get("checking", ())}
        self._docstrings = {node.start_byte: node.end_byte for node in captures.get("docstring", ())}
        self._complexity = _complexities(source, captures)

    def read(self) -> None:
        """Meet every captured node once."""
        events = [
            (node.start_byte, -node.end_byte, rank, number, node)
            for rank, label in enumerate(_EVENTS)
            for number, node in enumerate(self._captures.get(label, ()))
        ]
        events.sort()
        scopes, conditions = self._scopes, self._conditions
        for start, minus_end, rank, _, node in events:
            while scopes and scopes[-1][0] <= start:
                scopes.pop()
            while conditions and conditions[-1][0] <= start:
                conditions.pop()
            label = _EVENTS[rank]
            if label in ("assigned", "bound"):
                if not scopes:
                    self._assign(label, node)
            elif label == "condition":
                if start not in self._checking and (not scopes or scopes[-1][1] == "class"):
                    conditions.append((-minus_end, "conditional"))
            elif label == "typing":
                conditions.append((-minus_end, "type_only"))
            elif label == "decorator":
                self._decorators.append(dotted(self._source, start, -minus_end))
            elif label == "import":
                self._import(node)
            elif label == "from":
                self._import_from(node)
            else:
                self._define(label, node)

    def _assign(self, label: str, node: Node) -> None:
        if label == "assigned":
            self._left = text_of(node)
            self.assigned.add(self._left)
        else:
            self.bound[node.end_byte] = self._left

    def _define(self, label: str, node: Node) -> None:
        name = node.child_by_field_name("name")
        found = None
        if name is not None and not self._in_function():
            make = self._type if label == "class" else self._function
            found = make(node, text_of(name), self._scopes[-1][2] if self._scopes else None)
            self.definitions.append(found)
        self._decorators = []
        self._scopes.append((node.end_byte, label, found))

    def _type(self, node: Node, name: str, owner: Definition | None) -> Definition:
        body = node.child_by_field_name("body")
        superclasses = node.child_by_field_name("superclasses")
        return Definition(
            "class",
            name,
            node.start_point.row + 1,
            node.end_point.row + 1,
            owner.name if owner else None,
            derived=superclasses is not None,
            decorated=node.start_byte in self._decorated,
            body=(body or node).start_point.row + 1,
            public=self._public(name, owner),
            documented=body is not None and body.start_byte in self._docstrings,
            bases=bases_of(self._source, superclasses) if superclasses else (),
            decorators=tuple(filter(None, self._decorators)),
        )

    def _function(self, node: Node, name: str, owner: Definition | None) -> Definition:
        body = node.child_by_field_name("body")
        first = body.start_byte if body else node.end_byte
        docstring = self._docstrings.get(first)
        complexity = self._complexity[node.start_byte]
        kind: DefinitionKind = "method" if owner else "function"
        return Definition(
            kind,
            name,
            node.start_point.row + 1,
            node.end_point.row + 1,
            owner.name if owner else None,
            parameters_of(node.child_by_field_name("parameters")),
            derived=bool(owner and (owner.derived or owner.decorated)),
            decorated=node.start_byte in self._decorated,
            body=(body or node).start_point.row + 1,
            public=self._public(name, owner),
            documented=docstring is not None,
            decorators=tuple(filter(None, self._decorators)),
            cyclomatic=complexity.cyclomatic,
            cognitive=complexity.cognitive,
            sketch=LEXIS.sketch(self._source[docstring or first : node.end_byte]),
            docstyle=docstring_style(self._source[first:docstring]) if docstring else "",
        )

    def _public(self, name: str, owner: Definition | None) -> bool:
        """PEP 8: what starts with an underscore is not, unless `__all__` says otherwise; nor is what lies inside."""
        if owner is None:
            return not name.startswith("_") or name in self.offered
        return owner.public and not name.startswith("_")

    def _kind(self) -> ImportKind:
        kinds = {kind for _, kind in self._conditions}
        if "type_only" in kinds:
            return "type_only"
        return "lazy" if self._in_function() else "conditional" if kinds else "runtime"

    def _in_function(self) -> bool:
        return any(label == "function" for _, label, _ in self._scopes)

    def _import(self, node: Node) -> None:
        kind = self._kind()
        for written in written_names(node):
            offers = written.redundant or written.alias.partition(".")[0] in self.offered
            self.imports.append(ImportStatement(written.name, 0, (), written.line, kind, offers))

    def _import_from(self, node: Node) -> None:
        """Add one statement, or two where only some of its names are offered to others."""
        source = node.child_by_field_name("module_name")
        if source is None:
            return
        text = text_of(source)
        module = text.lstrip(". \t\\\r\n")
        level = text[: len(text) - len(module)].count(".")
        groups: dict[bool, list[ImportedName]] = {}
        for written in written_names(node):
            offers = written.redundant or written.alias in self.offered
            groups.setdefault(offers, []).append(ImportedName(written.name, written.line, written.alias))
        for offers, names in groups.items() or ((False, []),):
            line = node.start_point.row + 1
            self.imports.append(ImportStatement(module, level, tuple(names), line, self._kind(), offers))


def _complexities(source: bytes, captures: _Captures) -> dict[int, Complexity]:
    """Return the complexity of every function that lies in no other, by its first byte."""
    spans: list[tuple[int, int]] = []
    for start, minus_end in sorted((node.start_byte, -node.end_byte) for node in captures.get("function", ())):
        if not spans or spans[-1][1] <= start:
            spans.append((start, -minus_end))
    measured = measure(source, spans, captures, ("function",))
    return {start: complexity for (start, _), complexity in zip(spans, measured, strict=True)}
