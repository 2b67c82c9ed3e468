"""Rust sources to records by tree-sitter: use trees flattened, module declarations, definitions and their impls, calls.

UTF-8 bytes in, `ParsedModule` out. Runs nothing, expands no macro, resolves nothing, never raises on broken syntax.
`mod x;` is the import statement `mod x` (a `#[path]` is its one name); things named by their whole path in passing are
statements whose alias is that path. `raised` stays empty: errors are values, and what `panic!` is given is a text.
"""

from dataclasses import replace
from typing import NamedTuple

import tree_sitter_rust
from tree_sitter import Language, Node, Parser, Query

from reviewlore.adapters.grammars.captures import SHALLOW, in_order, parse_guarded, unread
from reviewlore.adapters.grammars.complexity import add_recursion, measure
from reviewlore.adapters.grammars.rust_items import (
    LEXIS,
    Attributes,
    calls,
    describe_function,
    describe_type,
    implemented,
    public,
    type_name,
)
from reviewlore.adapters.grammars.rust_uses import Path, anchored, flatten, in_passing, statements, text, written_paths
from reviewlore.domain.source import Call, Definition, ImportedName, ImportKind, ImportStatement, ParsedModule

_QUERY = """
(use_declaration) @use
(extern_crate_declaration) @extern
(mod_item) @mod
[(function_item) (function_signature_item)] @function
[(struct_item) (enum_item) (union_item) (trait_item) (type_item)] @type
(impl_item) @impl
(macro_definition) @macro
[(const_item) (static_item)] @constant
[(line_comment) (block_comment)] @comment
[(attribute_item) (inner_attribute_item)] @attribute
[(scoped_identifier) (scoped_type_identifier)] @path
(macro_invocation) @invocation
(macro_invocation (token_tree) @tokens)
(macro_rule right: (token_tree) @tokens)
(call_expression) @call
[(if_expression) (for_expression) (while_expression) (loop_expression)] @cx.structure
(let_declaration alternative: (block) @cx.structure)
(match_expression) @cx.switch
[(match_arm) (try_expression)] @cx.case
(else_clause "else" @cx.else)
(break_expression (label)) @cx.flat
(continue_expression (label)) @cx.flat
(closure_expression) @cx.lambda
(binary_expression ["&&" "||"]) @cx.boolean
(let_chain) @cx.boolean
(binary_expression "&&" @cx.and)
(let_chain "&&" @cx.and)
(binary_expression "||" @cx.or)
"""
_ITEMS = ("use", "extern", "mod", "function", "type", "impl", "macro", "constant", "invocation", "path", "tokens")
# Their tokens become code of whoever uses the macro that is being written.
_QUOTING = frozenset({"quote", "quote_spanned", "parse_quote", "parse_quote_spanned"})


class RustGrammar:
    """Adapter of the `Grammar` port for Rust (https://doc.rust-lang.org/reference/)."""

    def __init__(self) -> None:
        language = Language(tree_sitter_rust.language())
        self._parser = Parser(language)
        self._query = Query(language, _QUERY)

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 Rust source says, or None where the path is not an `.rs` file."""
        if not path.endswith(".rs"):
            return None
        found = parse_guarded(self._parser, self._query, source, SHALLOW)
        if found is None:
            return unread(source, "rust")
        root, captures = found
        attributes = Attributes(source, captures.get("attribute", []), captures.get("comment", []))
        reader = _Reader(attributes, implemented(captures.get("impl", [])))
        for label, node in in_order(captures, _ITEMS):
            reader.read(label, node)
        called = calls(captures)
        return ParsedModule(
            (*reader.imports, *reader.mentioned()),
            _finished(source, reader, captures, called),
            frozenset(reader.assigned),
            root.end_point.row + (root.end_point.column > 0),
            root.has_error,
            language="rust",
            calls=tuple(called),
            offered=frozenset(reader.offered),
            documented=attributes.file_documented,
        )


def _finished(
    source: bytes, reader: "_Reader", captures: dict[str, list[Node]], called: list[Call]
) -> tuple[Definition, ...]:
    """Return the definitions in order, with the complexity and the sketch of those that have a body."""
    found = [definition for definition, _ in reader.definitions]
    bodies = [(number, node) for number, (_, node) in enumerate(reader.definitions) if node is not None]
    spans = [(node.start_byte, node.end_byte) for _, node in bodies]
    for (number, node), complexity in zip(bodies, measure(source, spans, captures, ("function",)), strict=True):
        body = node.child_by_field_name("body")
        sketch = LEXIS.sketch(source[body.start_byte : body.end_byte]) if body is not None else ()
        found[number] = replace(found[number], **complexity._asdict(), sketch=sketch)
    types = [entry for entry in found if entry.kind == "class"]
    hidden = {entry.name for entry in types} - {entry.name for entry in types if entry.public}
    found = [replace(entry, public=entry.public and entry.owner not in hidden) for entry in found if entry.name]
    return add_recursion(sorted(found, key=lambda entry: (entry.line, -entry.end_line)), called)


class _Scope(NamedTuple):
    """What a node stands in: `owner` of methods, `derived` where a trait asks for them, whether others can see it."""

    end: int
    kind: str
    name: str = ""
    derived: bool = False
    reachable: bool = True
    conditional: bool = False


class _Reader:
    """Collects records from nodes in document order; a stack of open scopes says where a node stands."""

    def __init__(self, attributes: Attributes, traits: dict[str, tuple[str, ...]]) -> None:
        self.imports: list[ImportStatement] = []
        self.definitions: list[tuple[Definition, Node | None]] = []
        self.assigned: set[str] = set()
        self.offered: set[str] = set()
        self._attributes = attributes
        self._traits = traits
        self._scopes: list[_Scope] = []
        self._aliases: dict[str, Path] = {}
        self._inner: set[Path] = set()
        self._declared: set[Path] = set()
        self._mentions: dict[tuple[str, Path], tuple[int, ImportKind]] = {}
        self._mentioned_to = 0

    def read(self, label: str, node: Node) -> None:
        start = node.start_byte
        while self._scopes and self._scopes[-1].end <= start:
            self._scopes.pop()
        if label == "path":
            self._path(node)
        elif label == "tokens":
            for written, rows in written_paths(text(node)):
                self._mention(written, node.start_point.row + 1 + rows)
        elif label == "invocation":
            if type_name(node.child_by_field_name("macro")) in _QUOTING:
                self._open(node, "quoted")
        elif not any(scope.kind == "quoted" for scope in self._scopes):
            getattr(self, f"_{label}")(node)

    def _open(self, node: Node, kind: str, name: str = "", *, derived: bool = False, reachable: bool = True) -> None:
        conditional = self._attributes.conditional(node)
        self._scopes.append(_Scope(node.end_byte, kind, name, derived, reachable, conditional))

    @property
    def _inline(self) -> Path:
        return tuple(scope.name for scope in self._scopes if scope.kind == "mod")

    @property
    def _within(self) -> bool:
        """Whether this is inside of a function, where nothing is defined for others."""
        return any(scope.kind == "function" for scope in self._scopes)

    @property
    def _reachable(self) -> bool:
        return all(scope.reachable for scope in self._scopes)

    def _kind(self, node: Node | None) -> ImportKind:
        own = node is not None and self._attributes.conditional(node)
        if own or self._attributes.file_conditional or any(scope.conditional for scope in self._scopes):
            return "conditional"
        return "lazy" if node is not None and self._within else "runtime"

    def _use(self, node: Node) -> None:
        tree = node.child_by_field_name("argument")
        leaves = flatten(tree) if tree is not None else []
        shared = any(child.type == "visibility_modifier" for child in node.children[:1])
        self.imports += statements(leaves, self._inline, self._kind(node), reexported=shared and not self._within)
        for leaf in leaves:
            if leaf.alias not in ("*", "_"):
                self._aliases[leaf.alias] = anchored(leaf.path, self._inline)
        if public(node) and not self._scopes:
            self.offered.update(leaf.alias for leaf in leaves if leaf.alias != "_")
        self._open(node, "use")

    def _extern(self, node: Node) -> None:
        name, alias = text(node.child_by_field_name("name")), text(node.child_by_field_name("alias"))
        line = node.start_point.row + 1
        if name and name != "self":
            names = (ImportedName(name, line, alias),) if alias else ()
            self.imports.append(ImportStatement("" if alias else name, 0, names, line, self._kind(node)))

    def _mod(self, node: Node) -> None:
        name = text(node.child_by_field_name("name")).removeprefix("r#")
        if node.child_by_field_name("body") is not None:
            self._inner.add((*self._inline, name))
            self._open(node, "mod", name, reachable=public(node))
        elif name:
            line, path = node.start_point.row + 1, self._attributes.path(node)
            names = (ImportedName(path, line, name),) if path else ()
            module = (*self._inline, name)
            self._declared.add(module)
            written = f"mod {'::'.join(module)}"
            self.imports.append(ImportStatement(written, 0, names, line, self._kind(node), public(node)))
            self._offer(node, name)

    def _offer(self, node: Node, name: str) -> None:
        if not self._scopes and public(node):
            self.offered.add(name)

    def _function(self, node: Node) -> None:
        outer = self._scopes[-1] if self._scopes else None
        if not self._within:
            holder = outer if outer is not None and outer.kind in ("impl", "trait") else None
            visible = self._reachable and (public(node) or (holder is not None and holder.kind == "trait"))
            owner, derived = (holder.name, holder.derived) if holder else ("", False)
            found = describe_function(node, self._attributes, owner, derived=derived, reachable=visible)
            self.definitions.append((found, node))
            self._offer(node, found.name)
        self._open(node, "function")

    def _type(self, node: Node) -> None:
        holder = self._scopes[-1].kind if self._scopes else ""
        if not self._within and holder not in ("impl", "trait"):
            found = describe_type(node, self._attributes, self._traits, reachable=self._reachable)
            self.definitions.append((found, None))
            self._offer(node, found.name)
            if node.type == "trait_item":
                self._open(node, "trait", found.name, reachable=public(node))

    def _impl(self, node: Node) -> None:
        owner = type_name(node.child_by_field_name("type")).rpartition("::")[2] or "_"
        trait = node.child_by_field_name("trait")
        self._open(node, "impl", owner, derived=trait is not None, reachable=trait is None)

    def _macro(self, node: Node) -> None:
        if not self._within:
            exported = "macro_export" in self._attributes.names(node)
            found = describe_function(node, self._attributes, "", reachable=exported)
            self.definitions.append((found, None))
        self._open(node, "function")

    def _constant(self, node: Node) -> None:
        if not any(scope.kind in ("function", "impl", "trait") for scope in self._scopes):
            name = text(node.child_by_field_name("name")).removeprefix("r#")
            if name != "_":
                self.assigned.add(name)
                self._offer(node, name)

    def _path(self, node: Node) -> None:
        """Note the outermost path of nested ones, unless it has type arguments: then what is inside counts."""
        if node.end_byte <= self._mentioned_to:
            return
        if self._mention(text(node), node.start_point.row + 1):
            self._mentioned_to = node.end_byte

    def _mention(self, written: str, line: int) -> bool:
        if any(scope.kind in ("use", "quoted") for scope in self._scopes):
            return True
        if "<" in written or "(" in written:
            return False
        self._mentions.setdefault((written, self._inline), (line, self._kind(None)))
        return True

    def mentioned(self) -> list[ImportStatement]:
        """Return a statement for each thing that is named by its whole path, at the first place where it is."""
        found: dict[Path, ImportStatement] = {}
        for (written, inline), (line, kind) in self._mentions.items():
            near = inline and (*inline, written.partition("::")[0].strip()) in self._declared
            path = in_passing(f"self::{written}" if near else written, inline, self._aliases, self._inner)
            if path is not None and path not in found:
                names = (ImportedName(path[-1], line, "".join(written.split())),)
                found[path] = ImportStatement("::".join(path[:-1]), 0, names, line, kind)
        return list(found.values())
