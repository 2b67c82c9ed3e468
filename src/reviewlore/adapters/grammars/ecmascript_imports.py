"""Import and export nodes of JavaScript and TypeScript to import statements. Nodes in; resolves nothing."""

import re
from collections import defaultdict

from tree_sitter import Node

from reviewlore.domain.source import ImportedName, ImportKind, ImportStatement

# No specifier or name is longer; texts within texts (calls on calls) would add up.
LONGEST = 300
_DOTTED = re.compile(r"[^\W\d][\w$]*(?:\.#?[^\W\d][\w$]*)*|\$[\w$]*(?:\.#?[^\W\d][\w$]*)*")
_REFERENCE = re.compile(rb"""///\s*<reference\s+(path|types)\s*=\s*["']([^"'\n]{1,300})["']""")


def read_import(node: Node) -> list[ImportStatement]:
    """Return what an `import` declaration says: what only types need apart from the rest."""
    source = node.child_by_field_name("source")
    clause = next((child for child in node.named_children if child.type.startswith("import_")), None)
    if clause is not None and clause.type == "import_require_clause":
        source = clause.child_by_field_name("source")
    module = literal(source)
    if not module:
        return []
    typed = _typed(node)
    names: list[tuple[ImportedName, bool]] = []
    for child in clause.named_children if clause is not None and clause.type != "import_attribute" else []:
        line = child.start_point.row + 1
        if child.type == "identifier":
            required = clause is not None and clause.type == "import_require_clause"
            names.append((ImportedName("*" if required else "default", line, text(child)), typed))
        elif child.type == "namespace_import":
            names += [(ImportedName("*", line, text(inner)), typed) for inner in child.named_children]
        elif child.type == "named_imports":
            names += _specifiers(child, "import_specifier", typed)
    return statements(module, names, node.start_point.row + 1, typed)


def read_reexport(node: Node) -> list[ImportStatement]:
    """Return what `export … from` imports; nothing where an export names no module."""
    module = literal(node.child_by_field_name("source"))
    if not module:
        return []
    typed, line = _typed(node), node.start_point.row + 1
    names: list[tuple[ImportedName, bool]] = []
    for child in node.named_children:
        if child.type == "export_clause":
            names += _specifiers(child, "export_specifier", typed)
        elif child.type == "namespace_export":
            names += [(ImportedName("*", line, text(inner)), typed) for inner in child.named_children]
    if not names and any(child.type == "*" for child in node.children):
        names = [(ImportedName("*", line, "*"), typed)]
    return statements(module, names, line, typed, reexported=True)


def read_references(header: bytes) -> list[ImportStatement]:
    """Return what the `/// <reference>` comments of a file's head name: types only."""
    found = []
    for match in _REFERENCE.finditer(header):
        module = match[2].decode("utf-8", "replace")
        if match[1] == b"path" and not module.startswith("."):
            module = f"./{module}"
        line = header.count(b"\n", 0, match.start()) + 1
        found.append(ImportStatement(module, 0, (), line, "type_only"))
    return found


def statements(
    module: str, names: list[tuple[ImportedName, bool]], line: int, typed: bool, *, reexported: bool = False
) -> list[ImportStatement]:
    """Return one statement for the names that types need, and one for the rest."""
    if not names:
        return [ImportStatement(module, 0, (), line, "type_only" if typed else "runtime", reexported)]
    apart: defaultdict[ImportKind, list[ImportedName]] = defaultdict(list)
    for name, only_type in names:
        apart["type_only" if only_type else "runtime"].append(name)
    return [ImportStatement(module, 0, tuple(some), line, kind, reexported) for kind, some in apart.items()]


def read_binding(declarator: Node, line: int) -> tuple[ImportedName, ...]:
    """Return the names that `const … = require(…)` binds: the whole module, or members of it."""
    target = declarator.child_by_field_name("name")
    if target is None:
        return ()
    if target.type == "identifier":
        return (ImportedName("*", line, text(target)),)
    found = []
    for child in target.named_children if target.type == "object_pattern" else []:
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        name = text(key) if key is not None else text(child) if child.type.startswith("shorthand") else ""
        if name:
            alias = text(value) if value is not None and value.type == "identifier" else name
            found.append(ImportedName(name, child.start_point.row + 1, alias))
    return tuple(found)


def literal(node: Node | None) -> str:
    """Return what a string without escapes and substitutions says, nothing for every other expression."""
    if node is None or node.type not in ("string", "template_string"):
        return ""
    written = text(node)[1:-1]
    return "" if "\\" in written or "${" in written else written


def dotted(node: Node | None) -> str:
    """Return a dotted name (`a`, `this.b`, `a?.b`) without optional marks, nothing for what is none."""
    written = text(node) if node is not None else ""
    if not written.isidentifier():
        written = "".join(written.split()).replace("?.", ".").replace("!.", ".")
        written = written if _DOTTED.fullmatch(written) else ""
    return written


def text(node: Node) -> str:
    """Return what is written, or nothing where it is longer than any name."""
    if node.end_byte - node.start_byte > LONGEST:
        return ""
    return (node.text or b"").decode("utf-8", "replace")


def _specifiers(node: Node, kind: str, typed: bool) -> list[tuple[ImportedName, bool]]:
    found = []
    for child in node.named_children:
        name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
        if child.type == kind and name is not None:
            written = text(name)
            local = text(alias) if alias is not None else written
            found.append((ImportedName(written, child.start_point.row + 1, local), typed or _typed(child)))
    return found


def _typed(node: Node) -> bool:
    """Whether the word `type` (Flow: `typeof`) stands before what is imported."""
    return any(child.type in ("type", "typeof") for child in node.children[:3])
