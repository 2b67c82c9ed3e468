"""Parts of Python's syntax to values: names, parameters, arguments, `__all__`. Nodes and bytes in, plain values out."""

import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from sys import intern
from typing import NamedTuple

from tree_sitter import Node

from reviewlore.adapters.grammars.sketch import DOUBLE_QUOTED, SINGLE_QUOTED, Lexis
from reviewlore.domain.source import Call, Raised

_KEYWORDS = (
    "False None True and as assert async await break class continue def del elif else except finally for from global "
    "if import in is lambda nonlocal not or pass raise return try while with yield"
)
_TRIPLE = (
    rb'''"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:""")?''' + rb"""|'''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?"""
)
LEXIS = Lexis(_KEYWORDS.split(), b"|".join((_TRIPLE, DOUBLE_QUOTED, SINGLE_QUOTED)), rb"#[^\n]*+")

# A longer "name" is a chain of calls; reading every link of it from its start would take the square of its length.
_MAX_NAME = 200
_DOTTED = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*+(?:\.[A-Za-z_\x80-\xff][\w\x80-\xff]*+)*+")
_BLANK = re.compile(rb"[\s\\]*+")
_OFFERS = re.compile(
    rb"^__all__[ \t]*+(?::[^=\n]{0,99})?(?:\+?=[^\[(\n]{0,99}[\[(]|\.extend\(\s*+[\[(]|\.append\()", re.MULTILINE
)
_NAME_IN_QUOTES = re.compile(rb"""["']([A-Za-z_\x80-\xff][\w\x80-\xff]*+)["']""")
_COMMENT = re.compile(rb"#[^\n]*+")


start_of = attrgetter("start_byte")


class Written(NamedTuple):
    """One name of an import statement; `redundant` where it is imported as itself, which offers it (PEP 484)."""

    name: str
    alias: str
    line: int
    redundant: bool = False


def text_of(node: Node) -> str:
    """Return the text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def dotted(source: bytes, start: int, end: int) -> str:
    """Return the dotted name that stands there, without blanks, or an empty text where it is something else."""
    if end - start > _MAX_NAME:
        return ""
    name = source[start:end]
    if not _DOTTED.fullmatch(name):
        name = b"".join(name.replace(b"\\", b" ").split())
        if not _DOTTED.fullmatch(name):
            return ""
    return intern(name.decode("utf-8", "replace"))


def written_names(node: Node) -> list[Written]:
    """Return the names an import statement takes, in order; `*` is one of them."""
    found = []
    for child in node.children_by_field_name("name"):
        line = child.start_point.row + 1
        name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
        if child.type == "aliased_import" and name is not None and alias is not None:
            found.append(Written(_squeezed(name), text_of(alias), line, _squeezed(name) == text_of(alias)))
        else:
            found.append(Written(_squeezed(child), _squeezed(child), line))
    found += [
        Written("*", "*", child.start_point.row + 1) for child in node.children if child.type == "wildcard_import"
    ]
    return found


def parameters_of(node: Node | None) -> tuple[str, ...]:
    """Spell parameters without their types and default values."""
    found = []
    for child in node.named_children if node else []:
        if child.type == "positional_separator":
            found.append("/")
        elif child.type == "keyword_separator":
            found.append("*")
        elif child.type in ("default_parameter", "typed_default_parameter"):
            name = child.child_by_field_name("name")
            found.append(f"{text_of(name)}=" if name else "_=")
        elif child.type == "typed_parameter":
            found.append(text_of(child.named_children[0]))
        elif child.type != "comment":
            found.append(text_of(child))
    return tuple(found)


def bases_of(source: bytes, superclasses: Node) -> tuple[str, ...]:
    """Return the dotted names of a class's bases: `Generic` for `Generic[T]`, `make` for `make(Base)`."""
    found = []
    for child in superclasses.named_children:
        field = {"subscript": "value", "call": "function"}.get(child.type, "")
        base = child.child_by_field_name(field) if field else child
        if base is not None and base.type in ("identifier", "attribute"):
            found.append(dotted(source, base.start_byte, base.end_byte))
    return tuple(filter(None, found))


def calls_of(source: bytes, captures: Mapping[str, Sequence[Node]], bound: Mapping[int, str]) -> tuple[Call, ...]:
    """Return the calls by a dotted name, in the order of the source; `bound` names results by where the callee ends."""
    arguments = {node.start_byte: node for node in captures.get("arguments", ())}
    names: dict[bytes, str] = {}
    found = []
    for node in sorted(captures.get("callee", ()), key=start_of):
        start, end = node.start_byte, node.end_byte
        if end - start > _MAX_NAME:
            continue
        written = source[start:end]
        name = names.get(written)
        if name is None:
            name = names[written] = dotted(source, start, end)
        if name:
            given = arguments.get(end)
            if given is None and (blank := _BLANK.match(source, end)):
                given = arguments.get(blank.end())
            line = node.start_point.row + 1
            found.append(Call(name, line, *_arguments(source, given), bound.get(end, "") if bound else ""))
    return tuple(found)


def errors_of(source: bytes, captures: Mapping[str, Sequence[Node]]) -> tuple[Raised, ...]:
    """Return the error classes (or error objects) that are raised by a dotted name."""
    return tuple(
        Raised(name, node.start_point.row + 1)
        for node in sorted(captures.get("raised", ()), key=start_of)
        if (name := dotted(source, node.start_byte, node.end_byte))
    )


def offered_by(source: bytes) -> frozenset[str]:
    """Return the names in the literal parts of `__all__` (assigned, added or extended at the start of a line)."""
    found: set[bytes] = set()
    header = _OFFERS.search(source) if b"__all__" in source else None
    while header:
        opening = source[header.end() - 1 : header.end()]
        end = source.find(b"]" if opening == b"[" else b")", header.end())
        if end < 0:
            break
        found.update(_NAME_IN_QUOTES.findall(_COMMENT.sub(b"", source[header.end() : end])))
        header = _OFFERS.search(source, end)
    return frozenset(name.decode("utf-8", "replace") for name in found)


def _arguments(source: bytes, node: Node | None) -> tuple[int, tuple[str, ...], bool]:
    """Return how many positional arguments a call has, the names of the others, and whether more may hide in `*`."""
    if node is None:
        return 1, (), False  # a generator without parentheses of its own
    if node.end_byte - node.start_byte == 2:
        return 0, (), False
    positional, spread = 0, False
    keywords: list[str] = []
    for child in node.named_children:
        kind = child.type
        if kind == "keyword_argument":
            start = child.start_byte
            equals = source.find(b"=", start, start + _MAX_NAME)
            keywords.append(intern(source[start : max(equals, start)].decode("utf-8", "replace").strip()))
        elif kind in ("list_splat", "dictionary_splat"):
            spread = True
        elif kind != "comment":
            positional += 1
    return positional, tuple(keywords), spread


def _squeezed(node: Node) -> str:
    return "".join(text_of(node).split())
