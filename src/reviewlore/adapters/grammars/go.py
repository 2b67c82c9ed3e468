"""Go sources to records by tree-sitter: imports with the names used of them, definitions with their receivers, calls.

UTF-8 bytes in, `ParsedModule` out. Runs nothing, resolves nothing, never raises on broken syntax. `raised` stays empty:
Go's errors are values that are returned, and what a `panic` is given is seldom a class. `assigned` are the constants
and variables of the package, `docstrings` stays empty.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import tree_sitter_go
from tree_sitter import Language, Node, Parser, Query

from reviewlore.adapters.grammars.captures import SHALLOW, parse_guarded, unread
from reviewlore.adapters.grammars.complexity import add_recursion, measure
from reviewlore.adapters.grammars.sketch import C_COMMENTS, DOUBLE_QUOTED, SINGLE_QUOTED, Lexis
from reviewlore.domain.source import Call, Definition, ImportedName, ImportKind, ImportStatement, ParsedModule

_QUERY = """
(package_clause (package_identifier) @package)
(import_spec) @import
(comment) @comment
(source_file (function_declaration) @function)
(source_file (method_declaration) @method)
(source_file (type_declaration [(type_spec) (type_alias)] @type))
(source_file (const_declaration (const_spec name: (identifier) @assigned)))
(source_file (var_declaration (var_spec name: (identifier) @assigned)))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @assigned))))
(selector_expression operand: (identifier)) @used
(qualified_type) @used
(call_expression) @call
[(if_statement) (for_statement)] @cx.structure
[(expression_switch_statement) (type_switch_statement) (select_statement)] @cx.switch
[(expression_case) (type_case) (communication_case)] @cx.case
(if_statement "else" @cx.else)
(goto_statement) @cx.flat
(break_statement (label_name)) @cx.flat
(continue_statement (label_name)) @cx.flat
(func_literal) @cx.lambda
(binary_expression ["&&" "||"]) @cx.boolean
(binary_expression "&&" @cx.and)
(binary_expression "||" @cx.or)
"""
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_VERSION = re.compile(r"v\d+")
# What module paths carry around the name of their package: `go-cmp`, `yaml.v3`, `sdk-go`.
_AFFIX = re.compile(r"^go-|\.v\d+$|[-.]go$")
# Methods of interfaces that everybody knows (as golint exempts them): whoever writes them chooses no name.
_GIVEN = frozenset("Error Len Less Read ServeHTTP String Swap Unwrap Write".split())
_LEXIS = Lexis(
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package "
    "range return select struct switch type var".split(),
    b"|".join((DOUBLE_QUOTED, SINGLE_QUOTED, rb"`[^`]*+`?")),
    C_COMMENTS,
)


class GoGrammar:
    """Adapter of the `Grammar` port for Go (https://go.dev/ref/spec)."""

    def __init__(self) -> None:
        language = Language(tree_sitter_go.language())
        self._parser = Parser(language)
        self._query = Query(language, _QUERY)

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 Go source says, or None where the path is not a `.go` file."""
        if not path.endswith(".go"):
            return None
        found = parse_guarded(self._parser, self._query, source, SHALLOW)
        if found is None:
            return unread(source, "go")
        root, captures = found
        package = min(captures.get("package", ()), key=lambda node: node.start_byte, default=None)
        comments = captures.get("comment", [])
        before = package.start_byte if package else 0
        documented = _documented(source, comments)
        calls = _calls(captures.get("call", ()))
        return ParsedModule(
            tuple(_imports(captures, "conditional" if _constrained(comments, before) else "runtime")),
            _definitions(source, captures, documented, calls),
            frozenset(name for node in captures.get("assigned", ()) if (name := _text(node)) != "_"),
            root.end_point.row + (root.end_point.column > 0),
            root.has_error,
            language="go",
            package=_text(package) if package else "",
            calls=tuple(calls),
            documented=package is not None and package.start_point.row in documented,
        )


def _constrained(comments: Iterable[Node], before: int) -> bool:
    """Whether a build constraint stands before the package clause (https://pkg.go.dev/cmd/go#hdr-Build_constraints)."""
    heads = (_text(node) for node in comments if node.start_byte < before)
    return any(text.startswith(("//go:build ", "// +build ", "//+build ")) for text in heads)


def _documented(source: bytes, comments: Iterable[Node]) -> set[int]:
    """Return the 0-based rows right below a comment that stands alone on its lines; directives document nothing."""
    rows: set[int] = set()
    for node in sorted(comments, key=lambda node: node.start_byte):
        row, column = node.start_point
        if source[node.start_byte - column : node.start_byte].strip():
            continue
        directive = source.startswith((b"//go:", b"//nolint", b"// +build"), node.start_byte)
        if not directive or row in rows:
            rows.add(node.end_point.row + 1)
    return rows


def _imports(captures: dict[str, list[Node]], kind: ImportKind) -> Iterator[ImportStatement]:
    used: dict[str, dict[str, None]] = {}
    for node in sorted(captures.get("used", ()), key=lambda node: node.start_byte):
        qualifier, _, name = _text(node).partition(".")
        if name[:1].isupper() and name.isidentifier():
            used.setdefault(qualifier, {})[name] = None
    for node in sorted(captures.get("import", ()), key=lambda node: node.start_byte):
        written, alias = node.child_by_field_name("path"), node.child_by_field_name("name")
        module = _text(written)[1:-1] if written else ""
        if not module:
            continue
        line = node.start_point.row + 1
        local = _text(alias) if alias else next((name for name in _local_names(module) if name in used), "")
        names = [ImportedName(name, line, f"{local}.{name}") for name in used.get(local, ())]
        if local == ".":
            names = [ImportedName("*", line, "*")]
        yield ImportStatement(module, 0, tuple(names), line, kind)


def _local_names(module: str) -> Iterator[str]:
    """Guess what the package of an import path calls itself, likeliest first: the path need not say."""
    head, _, last = module.rpartition("/")
    if _VERSION.fullmatch(last) and head:
        yield from _local_names(head)
    yield last
    bare = _AFFIX.sub("", _AFFIX.sub("", last))
    yield bare
    yield bare.replace("-", "_")
    yield bare.replace("-", "").replace(".", "")
    yield bare.rpartition("-")[2]


def _definitions(
    source: bytes, captures: dict[str, list[Node]], documented: set[int], calls: Sequence[Call]
) -> tuple[Definition, ...]:
    types = captures.get("type", [])
    found = [entry for node in types if (entry := _type(node, documented))]
    derived = {entry.name for entry in found if entry.derived}
    for node in types:
        found += _specified(node, derived, documented)
    functions = [node for label in ("function", "method") for node in captures.get(label, ())]
    spans = [(node.start_byte, node.end_byte) for node in functions]
    for node, complexity in zip(functions, measure(source, spans, captures), strict=True):
        owner = _receiver(node)
        entry = _function(node, owner, owner in derived, documented) if owner is not None else None
        body = node.child_by_field_name("body")
        if entry:
            sketch = _LEXIS.sketch(source[body.start_byte : body.end_byte]) if body else ()
            found.append(replace(entry, **complexity._asdict(), sketch=sketch))
    receivers = {
        parameters[0] for node in functions if (parameters := _parameters(node.child_by_field_name("receiver")))
    }
    counted = add_recursion(found, calls, [f"{name}." for name in sorted(receivers)])
    return tuple(sorted(counted, key=lambda entry: (entry.line, -entry.end_line)))


def _type(node: Node, documented: set[int]) -> Definition | None:
    name = _text(node.child_by_field_name("name"))
    if not name or name == "_":
        return None
    declaration = node.parent
    rows = {node.start_point.row}
    if declaration is not None and declaration.named_child_count == 1:
        rows.add(declaration.start_point.row)
    written = node.child_by_field_name("type")
    line, bases = node.start_point.row + 1, _embedded(written) if written else ()
    return Definition(
        "class",
        name,
        line,
        node.end_point.row + 1,
        derived=bool(bases),
        body=written.start_point.row + 1 if written else line,
        public=name[0].isupper(),
        documented=bool(rows & documented),
        bases=bases,
    )


def _embedded(written: Node) -> tuple[str, ...]:
    """Return the types that a struct or an interface embeds."""
    if written.type == "struct_type":
        fields = [child for group in written.named_children for child in group.named_children]
        parts = [
            field.child_by_field_name("type")
            for field in fields
            if field.type == "field_declaration" and field.child_by_field_name("name") is None
        ]
    elif written.type == "interface_type":
        elements = [child for child in written.named_children if child.type == "type_elem"]
        parts = [element.named_children[0] for element in elements if element.named_child_count == 1]
    else:
        return ()
    return tuple(name for part in parts if part and (name := _named(part)))


def _named(node: Node | None) -> str:
    """Return the dotted name of a written type: without pointers, parentheses and type arguments; else nothing."""
    while node is not None and node.type in ("pointer_type", "generic_type", "parenthesized_type"):
        node = node.child_by_field_name("type") or (node.named_children[0] if node.named_children else None)
    if node is None or node.type not in ("type_identifier", "qualified_type"):
        return ""
    return "".join(_text(node).split())


def _receiver(node: Node) -> str | None:
    """Return the type a method belongs to, empty for a function, None where a method does not say."""
    if node.type == "function_declaration":
        return ""
    listed = node.child_by_field_name("receiver")
    given = [child for child in listed.named_children if child.type == "parameter_declaration"] if listed else []
    return (_named(given[0].child_by_field_name("type")) or None) if given else None


def _specified(node: Node, derived: set[str], documented: set[int]) -> Iterator[Definition]:
    """Yield the methods that an interface asks for."""
    written, owner = node.child_by_field_name("type"), _text(node.child_by_field_name("name"))
    if written is not None and written.type == "interface_type" and owner:
        for child in written.named_children:
            method = _function(child, owner, owner in derived, documented) if child.type == "method_elem" else None
            if method:
                yield method


def _function(node: Node, owner: str, derived: bool, documented: set[int]) -> Definition | None:
    name, body = _text(node.child_by_field_name("name")), node.child_by_field_name("body")
    if not name:
        return None
    return Definition(
        "method" if owner else "function",
        name,
        node.start_point.row + 1,
        node.end_point.row + 1,
        owner or None,
        _parameters(node.child_by_field_name("parameters")),
        derived or (bool(owner) and name in _GIVEN),
        body=(body or node).start_point.row + 1,
        public=name[0].isupper() and (not owner or owner[0].isupper()),
        documented=node.start_point.row in documented,
    )


def _parameters(listed: Node | None) -> tuple[str, ...]:
    """Spell parameters without their types; what has no name is `_`."""
    found: list[str] = []
    for child in listed.named_children if listed else ():
        stars = "*" if child.type == "variadic_parameter_declaration" else ""
        if child.type.endswith("parameter_declaration"):
            names = [_text(name) for name in child.children_by_field_name("name")]
            found += [stars + name for name in names or ["_"]]
    return tuple(found)


def _calls(nodes: Iterable[Node]) -> list[Call]:
    found = []
    for node in nodes:
        callee, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or listed is None or callee.type not in ("identifier", "selector_expression"):
            continue
        name = _text(callee)
        if not name.isidentifier() and not _DOTTED.fullmatch(name):
            continue
        given = [child for child in listed.named_children if child.type != "comment"]
        several = len(given) == 1 and given[0].type == "call_expression"  # all results of a call may be arguments
        spread = several or any(child.type == "variadic_argument" for child in given)
        positional = sum(child.type != "variadic_argument" for child in given) - several
        found.append(Call(name, node.start_point.row + 1, positional, spread=spread, bound=_bound(node)))
    return sorted(found, key=lambda call: call.line)


def _bound(node: Node) -> str:
    """Return the variable of the package that a call's result is assigned to, if it is one."""
    spec = node.parent.parent if node.parent is not None and node.parent.type == "expression_list" else None
    if spec is None or spec.type != "var_spec" or len(spec.children_by_field_name("name")) != 1:
        return ""
    holder = spec.parent.parent if spec.parent is not None and spec.parent.type == "var_spec_list" else spec.parent
    top = holder.parent if holder is not None else None
    return _text(spec.child_by_field_name("name")) if top is not None and top.type == "source_file" else ""


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""
