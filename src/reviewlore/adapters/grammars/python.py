"""Python sources to records by tree-sitter: imports with their kind, definitions, module-level names.

UTF-8 bytes in, `ParsedModule` out. Owns tree_sitter and its grammars; runs nothing, resolves nothing, never raises on
broken syntax (tree-sitter recovers, the record says `broken`).
"""

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from reviewlore.domain.source import Definition, DefinitionKind, ImportedName, ImportKind, ImportStatement, ParsedModule

# `if TYPE_CHECKING:` in all its spellings that end in that name (typing.TYPE_CHECKING, t.TYPE_CHECKING).
_QUERY = """
(import_statement) @import
(import_from_statement) @from
(function_definition) @function
(class_definition) @class
(if_statement condition: (_) @guard consequence: (block) @typing (#match? @guard "^([A-Za-z_]+[.])?TYPE_CHECKING$"))
(assignment left: (identifier) @assigned)
(assignment left: (pattern_list (identifier) @assigned))
(expression_statement . (string) @docstring .)
"""


class PythonGrammar:
    """Adapter of the `Grammar` port for Python."""

    def __init__(self) -> None:
        language = Language(tree_sitter_python.language())
        self._parser = Parser(language)
        self._query = Query(language, _QUERY)

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 Python source says, or None where the path is not a `.py` file."""
        if not path.endswith(".py"):
            return None
        root = self._parser.parse(source).root_node
        reader = _Reader()
        for label, node in _in_order(QueryCursor(self._query).captures(root)):
            reader.read(label, node)
        return ParsedModule(
            tuple(reader.imports),
            tuple(reader.definitions),
            frozenset(reader.assigned),
            root.end_point.row + (root.end_point.column > 0),
            root.has_error,
            tuple(reader.docstrings),
        )


def _in_order(captures: dict[str, list[Node]]) -> list[tuple[str, Node]]:
    """All captures as a walk would meet them: outer before inner (a block before its only statement), first to last."""
    found = [(label, node) for label, nodes in captures.items() if label != "guard" for node in nodes]
    found.sort(key=lambda item: (item[1].start_byte, -item[1].end_byte, item[0] != "typing"))
    return found


class _Reader:
    """Collects records from nodes in document order; a stack of open scopes says where a node stands."""

    def __init__(self) -> None:
        self.imports: list[ImportStatement] = []
        self.definitions: list[Definition] = []
        self.assigned: set[str] = set()
        self.docstrings: list[tuple[int, int]] = []
        self._scopes: list[tuple[int, str, Definition | None]] = []

    def read(self, label: str, node: Node) -> None:
        start = node.start_byte
        while self._scopes and self._scopes[-1][0] <= start:
            self._scopes.pop()
        if label in ("function", "class"):
            self._define(label, node)
        elif label == "typing":
            self._scopes.append((node.end_byte, label, None))
        elif label == "docstring":
            self.docstrings.append((node.start_point.row + 1, node.end_point.row + 1))
        elif label == "import":
            self._import(node)
        elif label == "from":
            self._import_from(node)
        elif not any(scope in ("function", "class") for _, scope, _ in self._scopes):
            self.assigned.add(_text(node))

    def _define(self, label: str, node: Node) -> None:
        name = node.child_by_field_name("name")
        outer = [scope for scope in self._scopes if scope[1] != "typing"]
        found = None
        if name is not None and all(scope == "class" for _, scope, _ in outer):
            found = _definition(label, node, _text(name), outer[-1][2] if outer else None)
            self.definitions.append(found)
        self._scopes.append((node.end_byte, label, found))

    def _kind(self) -> ImportKind:
        scopes = {scope for _, scope, _ in self._scopes}
        return "type_only" if "typing" in scopes else "lazy" if "function" in scopes else "runtime"

    def _import(self, node: Node) -> None:
        kind = self._kind()
        for child in node.children_by_field_name("name"):
            name, _ = _name_and_alias(child)
            self.imports.append(ImportStatement(name, 0, (), child.start_point.row + 1, kind))

    def _import_from(self, node: Node) -> None:
        source = node.child_by_field_name("module_name")
        if source is None:
            return
        written = _text(source)
        module = written.lstrip(". \t\\\r\n")
        names = [
            ImportedName(name, child.start_point.row + 1, alias)
            for child in node.children_by_field_name("name")
            for name, alias in (_name_and_alias(child),)
        ]
        names += [
            ImportedName("*", child.start_point.row + 1, "*")
            for child in node.children
            if child.type == "wildcard_import"
        ]
        level = written[: len(written) - len(module)].count(".")
        line = node.start_point.row + 1
        self.imports.append(ImportStatement(module, level, tuple(names), line, self._kind()))


def _definition(label: str, node: Node, name: str, owner: Definition | None) -> Definition:
    parent = node.parent
    decorated = parent is not None and parent.type == "decorated_definition"
    line, end_line = node.start_point.row + 1, node.end_point.row + 1
    inner = node.child_by_field_name("body")
    body = inner.start_point.row + 1 if inner else line
    public = not (name.startswith("_") or (owner is not None and owner.name.startswith("_")))
    within = owner.name if owner else None
    if label == "class":
        derived = node.child_by_field_name("superclasses") is not None
        return Definition("class", name, line, end_line, within, (), derived, decorated, body, public)
    parameters = _parameters(node.child_by_field_name("parameters"))
    kind: DefinitionKind = "method" if owner else "function"
    derived = bool(owner and (owner.derived or owner.decorated))
    return Definition(kind, name, line, end_line, within, parameters, derived, decorated, body, public)


def _name_and_alias(node: Node) -> tuple[str, str]:
    if node.type == "aliased_import":
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        if name is not None and alias is not None:
            return _dotted(name), _text(alias)
    return _dotted(node), _dotted(node)


def _dotted(node: Node) -> str:
    return "".join(_text(node).split())


def _parameters(node: Node | None) -> tuple[str, ...]:
    """Spell parameters without their types and default values."""
    found = []
    for child in node.named_children if node else []:
        if child.type == "positional_separator":
            found.append("/")
        elif child.type == "keyword_separator":
            found.append("*")
        elif child.type in ("default_parameter", "typed_default_parameter"):
            name = child.child_by_field_name("name")
            found.append(f"{_text(name)}=" if name else "_=")
        elif child.type == "typed_parameter":
            found.append(_text(child.named_children[0]))
        elif child.type != "comment":
            found.append(_text(child))
    return tuple(found)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
