"""Names, calls and throws in a tree of Java: nodes and captures in, records out."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set

from tree_sitter import Node

from reviewlore.domain.source import Call, Definition, ImportedName, Raised

# No name is longer.
LONGEST = 500
_BASES = frozenset({"superclass", "super_interfaces", "extends_interfaces"})
_RECEIVERS = frozenset({"identifier", "field_access", "this", "super"})
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_TYPE = re.compile(r"[A-Z].*|(?!this\.|super\.).+\.[A-Z].*")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_ANNOTATION = re.compile(r"@[\w.]+(\([^()]*\))?")


def bases_of(node: Node) -> tuple[str, ...]:
    """Return what a type extends and implements, as dotted names without type arguments."""
    found = []
    for child in node.named_children:
        if child.type in _BASES:
            for item in child.named_children:
                written = item.named_children if item.type == "type_list" else [item]
                found += [dotted(text_of(entry)) for entry in written if not entry.type.endswith("comment")]
    return tuple(filter(None, found))


def parameters_of(node: Node, owner: Definition | None) -> tuple[str, ...]:
    """Spell parameters without their types; a record has its components, a compact constructor its record's."""
    if node.type == "compact_constructor_declaration":
        return owner.parameters if owner else ()
    listed = node.child_by_field_name("parameters")
    found = []
    for child in listed.named_children if listed else []:
        name = child.child_by_field_name("name")
        if child.type == "spread_parameter":
            declarator = next((part for part in child.named_children if part.type == "variable_declarator"), None)
            name = declarator.child_by_field_name("name") if declarator else None
        if name is not None and child.type != "receiver_parameter":
            found.append(f"*{text_of(name)}" if child.type == "spread_parameter" else text_of(name))
    return tuple(found)


def calls_of(nodes: Iterable[Node], initial: Mapping[tuple[int, int], str]) -> list[Call]:
    """Return the calls by a dotted name, constructors among them; `initial` says which field a call's place fills."""
    found = []
    for node in nodes:
        name = _callee(node)
        arguments = node.child_by_field_name("arguments")
        if name and arguments is not None:
            positional = sum(not child.type.endswith("comment") for child in arguments.named_children)
            bound = initial.get((node.start_byte, node.end_byte), "")
            found.append(Call(name, node.start_point.row + 1, positional, bound=bound))
    return sorted(found, key=lambda call: call.line)


def _callee(node: Node) -> str:
    """Return the dotted name a call is written with, empty where its receiver is an expression."""
    if node.type == "object_creation_expression":
        written = node.child_by_field_name("type")
        return dotted(text_of(written)) if written else ""
    name, receiver = node.child_by_field_name("name"), node.child_by_field_name("object")
    if name is None or receiver is None:
        return text_of(name) if name else ""
    if receiver.type not in _RECEIVERS:
        return ""
    before = "".join(text_of(receiver).split())
    return f"{before}.{text_of(name)}" if _DOTTED.fullmatch(before) else ""


def raised_of(nodes: Iterable[Node]) -> list[Raised]:
    """Return the types of `throw new`, given the nodes of these types."""
    found = [Raised(name, node.start_point.row + 1) for node in nodes if (name := dotted(text_of(node)))]
    return sorted(found, key=lambda entry: entry.line)


def referenced_of(source: bytes, captures: Mapping[str, Sequence[Node]], own: Set[str]) -> tuple[ImportedName, ...]:
    """Return the types a file names (`B`, `a.b.C`) with their first lines, without `own` ones and type variables."""
    variables = {text_of(node) for node in captures.get("variable", [])}
    lines: dict[str, int] = {}
    last = -1
    for node in sorted(captures.get("type", []), key=lambda node: (node.start_byte, -node.end_byte)):
        start = node.start_byte
        if start == last or source[start - 1 : start] == b".":
            continue  # a part of an `a.b.C` that is read as a whole
        last = start
        name = dotted(text_of(node))
        if _TYPE.fullmatch(name) and (head := name.partition(".")[0]) not in own and head not in variables:
            lines.setdefault(name, node.start_point.row + 1)
    return tuple(ImportedName(name, line, name) for name, line in lines.items())


def dotted(text: str) -> str:
    """Return a written type as a dotted name: without type arguments, annotations, comments and white space."""
    if text.isidentifier():
        return text
    text = _ANNOTATION.sub("", _COMMENT.sub("", text))
    depth, kept = 0, []
    for part in re.split(r"([<>])", text):
        if part == "<":
            depth += 1
        elif part == ">":
            depth -= 1
        elif depth <= 0:
            kept.append(part)
    name = "".join("".join(kept).split())
    return name if _DOTTED.fullmatch(name) else ""


def named(node: Node) -> Node | None:
    """Return the name of a package or import declaration."""
    return next((child for child in node.named_children if child.type.endswith("identifier")), None)


def text_of(node: Node) -> str:
    """Return what is written, or nothing where it is longer than any name: texts within texts would add up."""
    if node.end_byte - node.start_byte > LONGEST:
        return ""
    return (node.text or b"").decode("utf-8", "replace")
