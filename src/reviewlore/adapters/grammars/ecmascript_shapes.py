"""Nodes of JavaScript and TypeScript that define or offer something to definitions and names. Looks at no scope."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from reviewlore.adapters.grammars.ecmascript_imports import dotted, text
from reviewlore.domain.source import Definition, DefinitionKind

_DECLARED = frozenset({"function_declaration", "generator_function_declaration", "function_signature"})
_MEMBERS = frozenset({"method_definition", "method_signature", "abstract_method_signature"})
_TYPES = frozenset(
    {
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "type_alias_declaration",
        "enum_declaration",
    }
)
_SIGNATURES = frozenset({"function_signature", "method_signature"})
# How deep `mixin(a(b(C)))` is followed to the name that is a base.
_MAX_CALLS = 20
_PROTOTYPE = ".prototype."


@dataclass(frozen=True, slots=True)
class Found:
    """One definition, its node, and what only the whole file decides: whether it is exported, whether it has a body."""

    definition: Definition
    node: Node
    exported: bool
    visible: bool
    signature: bool


def describe(node: Node, bound: str, owner: Definition | None, holder: Node) -> Found | None:
    """Return what a node defines: under its own name, or for an expression under the one it is `bound` to.

    `holder` is what binds it (a declarator, a field, a wrapping call), the node itself where nothing does.
    """
    named = node.child_by_field_name("name")
    declared = node.type in _DECLARED or node.type in _TYPES or node.type in _MEMBERS
    name = _key(named) if declared else bound
    if not name:
        return None
    within, _, last = name.rpartition(_PROTOTYPE)
    within = owner.name if owner else within
    anchor = named if declared and named is not None else holder
    line, end_line = anchor.start_point.row + 1, node.end_point.row + 1
    body = node.child_by_field_name("body")
    body_line = max(line, body.start_point.row + 1) if body is not None else line
    modified = node if holder is node else holder
    words = {text(child) for child in modified.children if child.type == "accessibility_modifier"}
    visible = not (words & {"private", "protected"} or last.startswith("#"))
    if node.type in _TYPES or node.type == "class":
        bases = tuple(_bases(node))
        made = Definition("class", last, line, end_line, None, (), bool(bases), body=body_line, bases=bases)
        return Found(made, node, False, visible, False)
    kind: DefinitionKind = "method" if within else "function"
    wrapped = dotted(holder.child_by_field_name("function")) if holder.type == "call_expression" else ""
    # Getters and setters are called by nobody: like a decorated function they are used otherwise.
    accessor = any(child.type in ("get", "set") for child in node.children[:4])
    made = Definition(
        kind,
        last,
        line,
        end_line,
        within or None,
        _parameters(node),
        bool(owner and (owner.derived or owner.decorated)),
        bool(wrapped) or accessor,
        body_line,
        decorators=(wrapped,) if wrapped else (),
    )
    return Found(made, node, False, visible, node.type in _SIGNATURES)


def finish(found: Sequence[Found], exported: set[str], is_module: bool) -> list[Found]:
    """Return the definitions with overloads as one, and with who is public decided.

    A script, which is no module, offers all its names. What has several signatures takes any arguments.
    """
    by_name: defaultdict[tuple[str | None, str], list[Found]] = defaultdict(list)
    for one in found:
        by_name[one.definition.owner, one.definition.name].append(one)
    chosen = {
        name: (next((rival for rival in rivals if not rival.signature), rivals[0]), rivals)
        for name, rivals in by_name.items()
        if len(rivals) > 1 and any(rival.signature for rival in rivals)
    }
    kept = []
    for one in found:
        overloaded = chosen.get((one.definition.owner, one.definition.name))
        if overloaded is None:
            kept.append(one)
        elif one is overloaded[0]:
            documented = any(rival.definition.documented for rival in overloaded[1])
            merged = replace(one.definition, parameters=("*args",), documented=documented)
            kept.append(replace(one, definition=merged))
    return _with_publicity(kept, exported, is_module)


def _with_publicity(found: Sequence[Found], exported: set[str], is_module: bool) -> list[Found]:
    types = {one.definition.name for one in found if one.definition.owner is None}
    public: set[str] = set()
    finished = []
    for one in found:
        made = one.definition
        if made.owner is None:
            offered = one.exported or made.name in exported or not is_module
        else:
            offered = one.visible and (made.owner in public or made.owner not in types)
        if offered and made.owner is None:
            public.add(made.name)
        finished.append(replace(one, definition=replace(made, public=offered)))
    return finished


def offered_names(node: Node) -> tuple[set[str], set[str]]:
    """Return the names an export statement offers, and the local names it offers them from (`a as b`: b from a)."""
    offered: set[str] = set()
    local: set[str] = set()
    own = node.child_by_field_name("source") is None
    for child in node.named_children:
        if child.type == "export_clause":
            for specifier in child.named_children:
                name, alias = specifier.child_by_field_name("name"), specifier.child_by_field_name("alias")
                if name is not None:
                    offered.add(text(alias or name))
                    local |= {text(name)} if own else set()
        elif child.type == "namespace_export":
            offered |= {text(inner) for inner in child.named_children}
        elif child.type == "identifier":  # `export = A`, `export default A`
            local.add(text(child))
    declaration = node.child_by_field_name("declaration")
    named = declaration.child_by_field_name("name") if declaration is not None else None
    if any(child.type == "default" for child in node.children):
        offered.add("default")
    elif named is not None:
        offered.add(text(named))
    elif declaration is not None and declaration.type == "ambient_declaration":
        for child in declaration.named_children:
            parts = child.named_children if child.type.endswith("_declaration") else []
            for part in [child, *(part for part in parts if part.type == "variable_declarator")]:
                name = part.child_by_field_name("name")
                offered |= {text(name)} if name is not None else set()
    return offered - {""}, local - {""}


def pattern_names(node: Node) -> set[str]:
    """Return the names that a declarator's left side binds, two levels deep."""
    if node.type == "identifier":
        return {text(node)} - {""}
    found = set()
    for child in node.named_children:
        inner = child.child_by_field_name("value") or child.child_by_field_name("left") or child
        if inner.type in ("rest_pattern", "assignment_pattern") and inner.named_children:
            inner = inner.named_children[0]
        if inner.type in ("identifier", "shorthand_property_identifier_pattern"):
            found.add(text(inner))
    return found - {""}


def _key(node: Node | None) -> str:
    """Return a definition's own name; nothing where it is computed."""
    if node is None or node.type == "computed_property_name":
        return ""
    return text(node).strip("\"'")


def _bases(node: Node) -> Iterator[str]:
    """Yield what a type extends and implements, without type arguments; of a mixin the function that makes it."""
    for child in node.named_children:
        if child.type == "class_heritage":
            parts = [part for part in child.named_children if part.type.endswith("_clause")]
            yield from _listed(parts or [child])
        elif child.type == "extends_type_clause":
            yield from _listed([child])


def _listed(clauses: Sequence[Node]) -> Iterator[str]:
    for clause in clauses:
        for part in clause.named_children:
            inner: Node | None = part
            for _ in range(_MAX_CALLS):
                if inner is None or inner.type not in ("call_expression", "generic_type"):
                    break
                inner = inner.child_by_field_name("function") or inner.child_by_field_name("name")
            if part.type not in ("type_arguments", "comment") and (name := dotted(inner)):
                yield name


def _parameters(node: Node) -> tuple[str, ...]:
    """Spell parameters without their types and default values; what is taken apart has no name of its own (`_`)."""
    single = node.child_by_field_name("parameter")
    listed = node.child_by_field_name("parameters")
    found = []
    for child in [single] if single is not None else listed.named_children if listed is not None else []:
        pattern, optional = child.child_by_field_name("pattern") or child, child.type == "optional_parameter"
        if pattern.type == "assignment_pattern":
            pattern, optional = pattern.child_by_field_name("left") or pattern, True
        optional = optional or child.child_by_field_name("value") is not None
        if pattern.type == "rest_pattern":
            inner = pattern.named_children[0] if pattern.named_children else pattern
            found.append(f"*{text(inner) if inner.type == 'identifier' else '_'}")
        elif pattern.type not in ("comment", "this", "decorator"):
            name = text(pattern) if pattern.type == "identifier" else ""
            found.append(f"{name or '_'}{'=' if optional else ''}")
    return tuple(found)
