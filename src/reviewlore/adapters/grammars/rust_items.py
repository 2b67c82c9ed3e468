"""Rust's items as definitions and its calls: syntax nodes in, records out. Resolves nothing, expands no macro."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tree_sitter import Node

from reviewlore.adapters.grammars.rust_uses import text
from reviewlore.adapters.grammars.sketch import C_COMMENTS, DOUBLE_QUOTED, Lexis
from reviewlore.domain.source import Call, Definition, DefinitionKind

LEXIS = Lexis(
    "as async await break const continue crate dyn else enum extern false fn for if impl in let loop macro_rules match "
    "mod move mut pub ref return self Self static struct super trait true type union unsafe use where while".split(),
    # A quote that nothing closes right away begins a lifetime; a raw string has no escapes.
    rb'b?r"[^"]*+"?|b?r#"[^"]*+(?:"(?!#)[^"]*+)*+"?#?|b?' + DOUBLE_QUOTED + rb"|b?'(?:\\[^'\n]{1,10}|[^'\\\n])'",
    C_COMMENTS,
)
_BLANK = re.compile(rb"\s*+")
_ATTRIBUTE = re.compile(r"\s*([\w:]+)\s*(?:=\s*\"([^\"]*)\"|\((.*)\))?\s*", re.DOTALL)
_CALLEE = re.compile(r"[^\W\d]\w*(?:(?:::|\.)[^\W\d]\w*)*")
_CALLED_IN_TOKENS = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|//[^\n]*+|((?<![\w.:$])[^\W\d]\w*+(?:(?:::|\.)[^\W\d]\w*+)*+)\s*+\(', re.DOTALL
)
_KEYWORDS = frozenset("if while match for in return let fn loop move else as".split())
_OUTER_DOC, _INNER_DOC = ("///", "/**"), ("//!", "/*!")


class Attributes:
    """The attributes and documentation comments of a file, by where the item starts that they stand above."""

    def __init__(self, source: bytes, attributes: Iterable[Node], comments: Iterable[Node]) -> None:
        """Read them last to first, so that each knows what those below it stand above."""
        self._source = source
        self._names: defaultdict[int, list[str]] = defaultdict(list)
        self._paths: dict[int, str] = {}
        self._documented: set[int] = set()
        self.file_documented = False
        self.file_conditional = False
        nodes = sorted((*attributes, *comments), key=lambda node: node.start_byte, reverse=True)
        above: dict[int, int] = {}
        for node in nodes:
            if node.type == "inner_attribute_item":
                self.file_conditional |= node.start_point.column == 0 and text(node).startswith("#![cfg(")
                continue
            skipped = _BLANK.match(source, node.end_byte)
            following = skipped.end() if skipped else node.end_byte
            above[node.start_byte] = target = above.get(following, following)
            if node.type == "attribute_item":
                self._attribute(text(node), target)
            else:
                self._comment(node, target)

    def _comment(self, node: Node, target: int) -> None:
        start = self._source[node.start_byte : node.start_byte + 4].decode("utf-8", "replace")
        if start.startswith(_OUTER_DOC) and start not in ("////", "/***", "/**/"):
            self._documented.add(target)
        elif start.startswith(_INNER_DOC):
            self.file_documented |= node.parent is not None and node.parent.type == "source_file"

    def _attribute(self, written: str, target: int) -> None:
        parts = _ATTRIBUTE.match(written.strip().removeprefix("#").lstrip().removeprefix("["))
        if parts is None:
            return
        name, value, arguments = parts[1], parts[2], parts[3]
        if name == "doc":
            self._documented.add(target)
        elif name == "derive":
            derived = [found for part in (arguments or "").split(",") if (found := "".join(part.split()))]
            self._names[target][:0] = [found for found in derived if _CALLEE.fullmatch(found)]
        else:
            self._names[target].insert(0, name)
            if name == "path" and value:
                self._paths[target] = value

    def names(self, node: Node) -> tuple[str, ...]:
        """Return the attributes of an item, and the traits it derives."""
        return tuple(self._names.get(node.start_byte, ()))

    def path(self, node: Node) -> str:
        """Return the file that `#[path = "…"]` names for a module, empty where it does not."""
        return self._paths.get(node.start_byte, "")

    def conditional(self, node: Node) -> bool:
        """Whether an item is there under a condition only (`#[cfg(…)]`)."""
        return "cfg" in self._names.get(node.start_byte, ())

    def documented(self, node: Node) -> bool:
        """Whether a documentation comment stands above an item."""
        return node.start_byte in self._documented


def public(node: Node) -> bool:
    """Whether an item is `pub` without restriction."""
    return any(child.type == "visibility_modifier" and text(child) == "pub" for child in node.children[:3])


def type_name(node: Node | None) -> str:
    """Return the dotted name of a written type, without references, type arguments and lifetimes."""
    while node is not None and node.type in ("reference_type", "generic_type", "pointer_type"):
        node = node.child_by_field_name("type")
    written = "".join(text(node).split()) if node is not None and node.end_byte - node.start_byte < 200 else ""
    return written.replace("r#", "") if _CALLEE.fullmatch(written) else ""


def implemented(impls: Iterable[Node]) -> dict[str, tuple[str, ...]]:
    """Return the traits that a file implements for each type, by the last part of the type's name."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for node in impls:
        owner, trait = type_name(node.child_by_field_name("type")), type_name(node.child_by_field_name("trait"))
        if owner and trait:
            found[owner.rpartition("::")[2]][trait] = None
    return {owner: tuple(traits) for owner, traits in found.items()}


def describe_type(
    node: Node, attributes: Attributes, traits: Mapping[str, tuple[str, ...]], reachable: bool
) -> Definition:
    """Describe a struct, enum, union, trait or type alias; a trait's bases are its supertraits."""
    name, body = text(node.child_by_field_name("name")).removeprefix("r#"), node.child_by_field_name("body")
    bounds = node.child_by_field_name("bounds")
    supers = tuple(filter(None, map(type_name, bounds.named_children))) if bounds is not None else ()
    bases = supers if node.type == "trait_item" else traits.get(name, ())
    decorators, line = attributes.names(node), _line(node)
    return Definition(
        "class",
        name,
        line,
        node.end_point.row + 1,
        derived=bool(bases),
        decorated=bool(decorators),
        body=body.start_point.row + 1 if body else line,
        public=reachable and public(node),
        documented=attributes.documented(node),
        bases=bases,
        decorators=decorators,
    )


def describe_function(
    node: Node, attributes: Attributes, owner: str, *, derived: bool = False, reachable: bool = True
) -> Definition:
    """Describe a function, a method (with an owner) or a macro (without parameters); `derived`: a trait asks for it."""
    body, decorators, line = node.child_by_field_name("body"), attributes.names(node), _line(node)
    kind: DefinitionKind = "method" if owner else "function"
    return Definition(
        kind,
        text(node.child_by_field_name("name")).removeprefix("r#"),
        line,
        node.end_point.row + 1,
        owner or None,
        ("*_",) if node.type == "macro_definition" else tuple(_parameters(node.child_by_field_name("parameters"))),
        derived,
        bool(decorators),
        body.start_point.row + 1 if body else line,
        reachable,
        attributes.documented(node),
        decorators=decorators,
    )


def _line(node: Node) -> int:
    name = node.child_by_field_name("name")
    return (name or node).start_point.row + 1


def _parameters(listed: Node | None) -> Iterator[str]:
    """Spell parameters without their types; a pattern is `_`."""
    for child in listed.named_children if listed else ():
        if child.type == "self_parameter":
            yield "self"
        elif child.type == "variadic_parameter":
            yield "*_"
        elif child.type == "parameter":
            pattern = child.child_by_field_name("pattern")
            yield text(pattern) if pattern is not None and pattern.type == "identifier" else "_"


def calls(captures: Mapping[str, Sequence[Node]]) -> list[Call]:
    """Return the calls of a file in order, those among the tokens of macros (with unknown arguments) included."""
    found = []
    for node in captures.get("call", ()):
        name, listed = _callee(node.child_by_field_name("function")), node.child_by_field_name("arguments")
        if name and listed is not None:
            given = sum("comment" not in child.type for child in listed.named_children)
            found.append(Call(name, node.start_point.row + 1, given, bound=_bound(node)))
    for node in captures.get("invocation", ()):
        name = type_name(node.child_by_field_name("macro"))
        if name:
            found.append(Call(name, node.start_point.row + 1, spread=True, bound=_bound(node)))
    for node in captures.get("tokens", ()):
        found += _called(text(node), node.start_point.row + 1)
    return sorted(found, key=lambda call: call.line)


def _called(tokens: str, line: int) -> Iterator[Call]:
    at = 0
    for match in _CALLED_IN_TOKENS.finditer(tokens):
        line, at = line + tokens.count("\n", at, match.start()), match.start()
        if match[1] and match[1] not in _KEYWORDS:
            yield Call(match[1], line, spread=True)


def _callee(node: Node | None) -> str:
    """Return the name a call is written with, without type arguments; empty where the callee is an expression."""
    while node is not None and node.type in ("generic_function", "parenthesized_expression"):
        node = node.child_by_field_name("function")
    if node is None or node.type not in ("identifier", "scoped_identifier", "field_expression"):
        return ""
    written = text(node)
    if _CALLEE.fullmatch(written):
        return written
    bare = re.sub(r"::<[^<>]*>|\s+|r#", "", written) if len(written) < 500 else ""
    return bare if _CALLEE.fullmatch(bare) else ""


def _bound(node: Node) -> str:
    holder = node.parent
    if holder is None or holder.type not in ("const_item", "static_item") or holder.parent is None:
        return ""
    return text(holder.child_by_field_name("name")) if holder.parent.type == "source_file" else ""
