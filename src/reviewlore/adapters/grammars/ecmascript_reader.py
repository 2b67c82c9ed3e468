"""Captured nodes of a JavaScript or TypeScript file to records, in document order; a stack of scopes says where."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from reviewlore.adapters.grammars.ecmascript_imports import (
    dotted,
    literal,
    read_binding,
    read_import,
    read_reexport,
    statements,
    text,
)
from reviewlore.adapters.grammars.ecmascript_shapes import Found, describe, offered_names, pattern_names
from reviewlore.domain.source import Call, Definition, ImportKind, ImportStatement

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
# What may stand between a decorator and what it decorates.
_LEADS = frozenset({b"", b"export", b"export default", b"default", b"declare", b"async", b"static"})
_BLANK = re.compile(rb"\s*")
# `import("./a").B` in a type is told by what stands around it; more of them than this are no longer looked at.
_MAX_CLIMBS, _CLIMB = 200, 8
_TYPE_CONTEXTS = frozenset({"type_annotation", "type_alias_declaration", "type_query", "type_arguments"})


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is open while nodes are read: `kind` is one of those that `Reader` pushes."""

    start: int
    end: int
    kind: str
    definition: Definition | None = None


class Reader:
    """Collects what one file says; feed it captures sorted outer before inner."""

    def __init__(self, source: bytes, comments: Sequence[Node], members: Sequence[Node]) -> None:
        self.imports: list[ImportStatement] = []
        self.augmented: list[ImportStatement] = []
        self.found: list[Found] = []
        self.calls: list[Call] = []
        self.assigned: set[str] = set()
        self.offered: set[str] = set()
        self.exported: set[str] = set()  # local names that are offered, maybe under another name
        self.is_module = False
        self.alone: list[tuple[int, int]] = []
        self._source = source
        self._scopes: list[_Scope] = []
        self._open = Counter[str]()
        self._bound: dict[tuple[int, int], tuple[str, Node]] = {}  # place of a value: the name it gets
        self._members = {(node.start_byte, node.end_byte) for node in members}
        self._decorators: list[tuple[int, int, str]] = []
        self._climbs = 0
        self._documented: set[int] = set()
        for node in sorted(comments, key=lambda node: node.start_byte):
            self._comment(node)

    def read(self, label: str, node: Node) -> None:
        """Take one capture."""
        start = node.start_byte
        while self._scopes and self._scopes[-1].end <= start:
            self._open[self._scopes.pop().kind] -= 1
        if label in ("function", "class", "type", "signature"):
            self._define(label, node)
        elif label == "namespace":
            self._read_namespace(node)
        elif label in ("condition", "declaration"):
            self._push(node, label)
        else:
            getattr(self, f"_read_{label}")(node)

    def _push(self, node: Node, kind: str, definition: Definition | None = None) -> None:
        self._scopes.append(_Scope(node.start_byte, node.end_byte, kind, definition))
        self._open[kind] += 1

    @property
    def _hidden(self) -> bool:
        """Whether nothing that is defined here can be named from elsewhere."""
        return bool(self._open["function"] or self._open["ambient"])

    def _comment(self, node: Node) -> None:
        """Note the lines of a block comment that shares none with code, and what a JSDoc comment is about."""
        source, start, end = self._source, node.start_byte, node.end_byte
        if source.startswith(b"/*", start):
            before = source[max(source.rfind(b"\n", 0, start), start - 200) + 1 : start]
            if not before.strip() and source[end : end + 1] in (b"\n", b"\r", b""):
                self.alone.append((node.start_point.row + 1, node.end_point.row + 1))
        documents = source.startswith(b"/**", start) and end - start > 5
        if documents or start in self._documented:
            blank = _BLANK.match(source, end)
            self._documented.add(blank.end() if blank else end)

    def _kind(self) -> ImportKind:
        if self._open["ambient"]:
            return "type_only"
        return "lazy" if self._open["function"] else "conditional" if self._open["condition"] else "runtime"

    def _read_import(self, node: Node) -> None:
        found = read_import(node)
        if self._open["ambient"]:
            found = [replace(statement, kind="type_only") for statement in found]
        else:
            self.is_module = True
        self.imports += found

    def _read_namespace(self, node: Node) -> None:
        """A namespace is part of the module; `declare module "a"` adds to another one, where this file is a module."""
        named = node.child_by_field_name("name")
        if named is None or named.type != "string":
            self._push(node, "outer")
            return
        self._push(node, "ambient")
        if "*" not in (module := literal(named)):
            self.augmented += statements(module, [], node.start_point.row + 1, True) if module else []

    def _read_export(self, node: Node) -> None:
        if self._hidden:
            return
        top = not self._open["outer"]
        self._push(node, "export")
        if not top:
            return
        self.is_module = True
        self.imports += read_reexport(node)
        offered, local = offered_names(node)
        self.offered |= offered
        self.exported |= local
        value = node.child_by_field_name("value")
        if value is not None and (value.type in _FUNCTIONS or value.type == "class"):
            self._bound[value.start_byte, value.end_byte] = ("default", node)

    def _read_variable(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or self._hidden:
            return
        names = pattern_names(name)
        self.assigned |= names
        if self._scopes and self._scopes[-1].kind == "export" and not self._open["outer"]:
            self.offered |= names
        if value is not None and name.type == "identifier":
            self._bind(text(name), value, node)
        elif value is not None:
            self._bound[value.start_byte, value.end_byte] = ("", node)

    def _bind(self, name: str, value: Node, node: Node) -> None:
        self._bound[value.start_byte, value.end_byte] = (name, node)
        if value.type == "call_expression" and name[:1].isupper():  # a wrapped component: `const A = memo(() => …)`
            arguments = value.child_by_field_name("arguments")
            first = arguments.named_children[:1] if arguments is not None else []
            if first and first[0].type in _FUNCTIONS:
                self._bound[first[0].start_byte, first[0].end_byte] = (name, value)

    def _read_assignment(self, node: Node) -> None:
        """CommonJS exports, and methods given to a prototype (at module level)."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        for _ in range(20):  # `exports.a = exports.b = …`
            target = dotted(left)
            if right is None or not target:
                return
            if target == "module.exports" or target.startswith(("exports.", "module.exports.")):
                self.is_module = True
                name = target.removeprefix("module.").removeprefix("exports").removeprefix(".")
                self._offer(name or "default", right, node)
            elif ".prototype." in target and right.type in _FUNCTIONS:
                self._bound[right.start_byte, right.end_byte] = (target, node)
            if right.type != "assignment_expression":
                return
            left, right = right.child_by_field_name("left"), right.child_by_field_name("right")

    def _offer(self, name: str, value: Node, statement: Node) -> None:
        if value.type in _FUNCTIONS or value.type == "class":
            self._bound[value.start_byte, value.end_byte] = (name, statement)
            self.exported.add(name)
        if value.type == "identifier":
            self.exported.add(text(value))
        if value.type == "object" and name == "default":
            for child in value.named_children:
                key, local = child.child_by_field_name("key"), child.child_by_field_name("value")
                key = key or child.child_by_field_name("name")
                written = text(key) if key is not None else text(child) if child.type.startswith("shorthand") else ""
                if written:
                    self.offered.add(written)
                    self.exported.add(text(local) if local is not None and local.type == "identifier" else written)
        else:
            self.offered.add(name)

    def _read_decorator(self, node: Node) -> None:
        self._decorators.append((node.start_byte, node.end_byte, _decorator(node)))

    def _read_field(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        if value is not None and name is not None:
            self._bound[value.start_byte, value.end_byte] = (text(name), node)
            self._members.add((value.start_byte, value.end_byte))

    def _read_call(self, node: Node) -> None:
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or arguments is None:
            return
        if callee.type == "import":
            self._import_call(node, arguments, "type_only" if self._in_type(node) else "lazy")
            return
        name = dotted(callee)
        if name == "require":
            self._import_call(node, arguments, self._kind())
        elif name:
            self._call(name, node, arguments)

    def _read_new(self, node: Node) -> None:
        name, arguments = dotted(node.child_by_field_name("constructor")), node.child_by_field_name("arguments")
        if name == "URL" and arguments is not None and arguments.named_child_count == 2:
            if dotted(arguments.named_children[1]) == "import.meta.url":
                self._import_call(node, arguments, "lazy")
        elif name and arguments is not None:
            self._call(name, node, arguments)

    def _call(self, name: str, node: Node, arguments: Node) -> None:
        positional, spread = 0, False
        for child in arguments.named_children if arguments.type == "arguments" else []:
            spread |= child.type == "spread_element"
            positional += child.type not in ("spread_element", "comment")
        bound = "" if self._hidden else self._bound.get((node.start_byte, node.end_byte), ("", node))[0]
        self.calls.append(Call(name, node.start_point.row + 1, positional, (), spread, bound))

    def _import_call(self, node: Node, arguments: Node, kind: ImportKind) -> None:
        given = (child for child in arguments.named_children if child.type != "comment")  # bundlers' hints
        module = literal(next(given, None))
        if not module:
            return
        line = node.start_point.row + 1
        bound = self._bound.get((node.start_byte, node.end_byte))
        names = read_binding(bound[1], line) if bound and not self._hidden else ()
        self.imports += [
            ImportStatement(one.module, 0, one.names, line, kind)
            for one in statements(module, [(name, False) for name in names], line, False)
        ]

    def _in_type(self, node: Node) -> bool:
        self._climbs += 1
        around = node.parent if self._climbs <= _MAX_CLIMBS else None
        for _ in range(_CLIMB):
            if around is None or around.type in ("arrow_function", "program") or around.type.endswith("statement"):
                return False
            if around.type in _TYPE_CONTEXTS:
                return True
            around = around.parent
        return False

    def _define(self, label: str, node: Node) -> None:
        place = (node.start_byte, node.end_byte)
        scope = self._scopes[-1] if self._scopes else None
        owner = scope.definition if scope and scope.kind == "class" else None
        name, holder = self._bound.get(place, ("", node))
        made = None
        member = place in self._members
        if not self._hidden and (owner is not None) == member and (member or node.type != "method_definition"):
            made = describe(node, name, owner, holder)
        if made is not None:
            self.found.append(self._led(made, holder))
        if made is not None and label == "class":
            self._push(node, "class", self.found[-1].definition)
        elif label in ("function", "class"):
            self._push(node, "function")

    def _led(self, made: Found, holder: Node) -> Found:
        """Add what leads up to a definition: its decorators, its comment and the word `export`."""
        first, starts, exported = holder.start_byte, {holder.start_byte}, False
        names = [_decorator(child) for child in holder.children_by_field_name("decorator")]
        for start, end, name in reversed(self._decorators):
            if not 0 <= first - end <= 200 or self._source[end:first].strip() not in _LEADS:
                break
            names.insert(0, name)
            first = start
            starts.add(start)
        self._decorators.clear()
        for scope in reversed(self._scopes):
            if scope.kind not in ("export", "declaration"):
                break
            starts.add(scope.start)
            exported |= scope.kind == "export"
        known = made.definition
        decorators = (*(name for name in names if name), *known.decorators)
        documented = not starts.isdisjoint(self._documented)
        definition = replace(
            known, decorators=decorators, decorated=bool(decorators) or known.decorated, documented=documented
        )
        return replace(made, definition=definition, exported=exported)


def _decorator(node: Node) -> str:
    inner = node.named_children[0] if node.named_children else None
    called = inner.child_by_field_name("function") if inner is not None and inner.type == "call_expression" else None
    return dotted(called or inner)
