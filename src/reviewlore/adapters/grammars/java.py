"""Java sources to records by tree-sitter: package, imports, types and their members, calls, throws, referenced types.

UTF-8 bytes in, `ParsedModule` out. Runs nothing, resolves nothing, never raises on broken syntax. Java has no code
outside of types, so what the record calls module level is here the level of fields: `assigned` are fields and enum
constants, `bound` is the field a result initialises. `docstrings` are the comments that stand alone on their lines.
"""

import re
from dataclasses import dataclass, replace

import tree_sitter_java
from tree_sitter import Language, Node, Parser, Query

from reviewlore.adapters.grammars.captures import MAX_DEPTH, in_order, parse_guarded, unread
from reviewlore.adapters.grammars.complexity import Span, add_recursion, measure
from reviewlore.adapters.grammars.java_nodes import (
    LONGEST,
    bases_of,
    calls_of,
    dotted,
    named,
    parameters_of,
    raised_of,
    referenced_of,
    text_of,
)
from reviewlore.adapters.grammars.sketch import C_COMMENTS, DOUBLE_QUOTED, SINGLE_QUOTED, Lexis
from reviewlore.domain.source import Definition, ImportedName, ImportStatement, ParsedModule

# No pattern waits for a child that may stand behind a deep one: a state for each open node costs the square of depth.
_QUERY = """
(package_declaration) @package
(import_declaration) @import
[(class_declaration) (interface_declaration) (enum_declaration) (record_declaration)
 (annotation_type_declaration)] @class
[(method_declaration) (constructor_declaration) (compact_constructor_declaration)
 (annotation_type_element_declaration)] @method
(object_creation_expression (class_body) @hidden)
(enum_constant body: (class_body) @hidden)
[(lambda_expression) (static_initializer)] @hidden
(class_body (block) @hidden)
(field_declaration declarator: (variable_declarator) @field)
(constant_declaration declarator: (variable_declarator) @field)
(enum_constant) @field
[(method_invocation) (object_creation_expression)] @call
(throw_statement (object_creation_expression type: (_) @raised))
[(line_comment) (block_comment)] @comment
(type_parameter (type_identifier) @variable)
[(type_identifier) (scoped_type_identifier)] @type
(method_invocation object: [(identifier) (field_access)] @type)
(field_access object: (identifier) @type)
(method_reference . [(identifier) (field_access)] @type)
(annotation name: (_) @type)
(marker_annotation name: (_) @type)
[(if_statement) (for_statement) (enhanced_for_statement) (while_statement) (do_statement) (catch_clause)
 (ternary_expression)] @cx.structure
(switch_expression) @cx.switch
(switch_label) @cx.case
"else" @cx.else
(break_statement (identifier)) @cx.flat
(continue_statement (identifier)) @cx.flat
(lambda_expression) @cx.lambda
(binary_expression) @cx.boolean
"&&" @cx.and
"||" @cx.or
"""
_SCOPED = ("package", "import", "class", "method", "hidden", "field")
_OPEN_TYPES = frozenset({"interface_declaration", "annotation_type_declaration"})
_SPACE, _LINE_END = re.compile(rb"\s*+"), re.compile(rb"[^\S\n]*+(?:\n|\Z)")

_TEXT_BLOCK = rb'"""[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:""")?'
_LEXIS = Lexis(
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends final "
    "finally float for goto if implements import instanceof int interface long native new package private protected "
    "public return short static strictfp super switch synchronized this throw throws transient try void volatile while "
    "true false null var yield record".split(),
    b"|".join((_TEXT_BLOCK, DOUBLE_QUOTED, SINGLE_QUOTED)),
    C_COMMENTS,
)


class JavaGrammar:
    """Adapter of the `Grammar` port for Java."""

    def __init__(self) -> None:
        language = Language(tree_sitter_java.language())
        self._parser = Parser(language)
        self._query = Query(language, _QUERY)

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 Java source says, or None where the path is not a `.java` file."""
        if not path.endswith(".java"):
            return None
        found = parse_guarded(self._parser, self._query, source, MAX_DEPTH)
        if found is None:
            return unread(source, "java")
        root, captures = found
        reader = _Reader(source, captures.get("comment", []))
        for label, node in in_order(captures, _SCOPED):
            reader.read(label, node)
        stem = path.rpartition("/")[2].removesuffix(".java")
        main = [found for found in reader.definitions if found.owner is None and found.name == stem]
        calls = tuple(calls_of(captures.get("call", []), reader.initial))
        return ParsedModule(
            tuple(reader.imports),
            add_recursion(_measured(source, captures, reader), calls),
            frozenset(reader.assigned),
            root.end_point.row + (root.end_point.column > 0),
            root.has_error,
            tuple(reader.alone),
            language="java",
            package=reader.package,
            calls=calls,
            raised=tuple(raised_of(captures.get("raised", []))),
            documented=any(found.documented for found in main) or reader.package_documented,
            referenced=referenced_of(source, captures, reader.known),
        )


def _measured(source: bytes, captures: dict[str, list[Node]], reader: "_Reader") -> list[Definition]:
    """Return the definitions with the complexity and the sketch of those that have a body."""
    spans = [span for span in reader.spans if span]
    joined = [node for node in captures.get("cx.boolean", []) if _joins(node)]
    measures = iter(measure(source, spans, captures | {"cx.boolean": joined}, ("method",)))
    found = []
    for definition, span, body in zip(reader.definitions, reader.spans, reader.bodies, strict=True):
        if span is None:
            found.append(definition)
        else:
            sketch = _LEXIS.sketch(source[slice(*body)]) if body else ()
            found.append(replace(definition, **next(measures)._asdict(), sketch=sketch))
    return found


def _joins(node: Node) -> bool:
    operator = node.child_by_field_name("operator")
    return operator is not None and operator.type in ("&&", "||")


@dataclass(frozen=True, slots=True)
class _Scope:
    """A type or body that is open while nodes are read; `hidden` where nothing inside can be named from elsewhere."""

    end: int
    type: Definition | None = None
    hidden: bool = True
    open: bool = False


class _Reader:
    """Collects records from nodes in document order; a stack of open scopes says where a node stands."""

    def __init__(self, source: bytes, comments: list[Node]) -> None:
        self.package = ""
        self.package_documented = False
        self.imports: list[ImportStatement] = []
        self.definitions: list[Definition] = []
        self.assigned: set[str] = set()
        self.spans: list[Span | None] = []  # of each definition, None for types
        self.bodies: list[Span | None] = []
        self.alone: list[tuple[int, int]] = []
        self._source = source
        self.initial: dict[tuple[int, int], str] = {}  # by place of a field's first value: the field
        self._scopes: list[_Scope] = []
        self._documented: set[int] = set()
        for comment in sorted(comments, key=lambda node: node.start_byte):
            self._comment(comment)

    def _comment(self, node: Node) -> None:
        """Note the lines of a comment that shares none with code, and the place of what a Javadoc comment is about."""
        source, start, end = self._source, node.start_byte, node.end_byte
        column = node.start_point.column
        indented = column < LONGEST and not source[start - column : start].strip()
        if indented and _LINE_END.match(source, end):
            self.alone.append((node.start_point.row + 1, node.end_point.row + 1))
        if (source.startswith(b"/**", start) and end - start > 4) or start in self._documented:
            self._documented.add(self._next(end))

    def _next(self, at: int) -> int:
        """Return where the next thing that is not white space starts."""
        found = _SPACE.match(self._source, at)
        return found.end() if found else at

    @property
    def known(self) -> set[str]:
        """The simple names of the types that the file declares, or imports one by one."""
        declared = {found.name for found in self.definitions if found.kind == "class"}
        return declared | {entry.module.rpartition(".")[2] for entry in self.imports if not entry.names}

    def read(self, label: str, node: Node) -> None:
        start = node.start_byte
        while self._scopes and self._scopes[-1].end <= start:
            self._scopes.pop()
        if label == "import":
            self._import(node)
        elif label == "package":
            name = named(node)
            self.package = dotted(text_of(name)) if name else ""
            self.package_documented = start in self._documented
        elif label == "hidden" or (self._scopes and self._scopes[-1].hidden):
            self._scopes.append(_Scope(node.end_byte))
        elif label == "field":
            self._field(node)
        else:
            self._define(label, node)

    def _field(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None:
            self.assigned.add(text_of(name))
            if value is not None:
                self.initial[value.start_byte, value.end_byte] = text_of(name)

    def _import(self, node: Node) -> None:
        kinds = {child.type for child in node.children}
        name = named(node)
        if name is None:
            return
        module, line = dotted(text_of(name)), node.start_point.row + 1
        if not module:
            return
        if "asterisk" in kinds:
            names: tuple[ImportedName, ...] = (ImportedName("*", line, "*"),)
        elif "static" in kinds and "." in module:
            module, _, member = module.rpartition(".")
            names = (ImportedName(member, line, member),)
        else:
            names = ()
        self.imports.append(ImportStatement(module, 0, names, line, "runtime"))

    def _define(self, label: str, node: Node) -> None:
        name = node.child_by_field_name("name")
        outer = self._scopes[-1] if self._scopes else None
        found = _definition(label, node, name, outer, node.start_byte in self._documented) if name else None
        if found:
            body = node.child_by_field_name("body")
            self.definitions.append(found)
            self.spans.append(None if label == "class" else (node.start_byte, node.end_byte))
            self.bodies.append((body.start_byte, body.end_byte) if body else None)
        self._scopes.append(_Scope(node.end_byte, found, label == "method" or not found, node.type in _OPEN_TYPES))


def _definition(label: str, node: Node, name: Node, outer: _Scope | None, documented: bool) -> Definition:
    """Describe a type or member. Public is what other packages can reach: `public` or `protected`, in such a type."""
    owner = outer.type if outer else None
    modifiers = next((child for child in node.named_children if child.type == "modifiers"), None)
    words = {child.type for child in modifiers.children} if modifiers else set()
    reachable = bool(words & {"public", "protected"}) or (outer is not None and outer.open and "private" not in words)
    decorators = tuple(
        dotted(text_of(written))
        for child in (modifiers.named_children if modifiers else [])
        if child.type.endswith("annotation") and (written := child.child_by_field_name("name"))
    )
    body = node.child_by_field_name("body")
    bases = bases_of(node) if label == "class" else ()
    inherits = bool(owner and (owner.derived or owner.decorated))
    line = name.start_point.row + 1  # annotations stand above it
    return Definition(
        "class" if label == "class" else "method" if owner else "function",
        text_of(name),
        line,
        node.end_point.row + 1,
        owner.name if owner else None,
        parameters_of(node, owner),
        bool(bases) if label == "class" else inherits,
        bool(decorators),
        body.start_point.row + 1 if body else line,
        reachable and (owner is None or owner.public),
        documented,
        bases,
        decorators,
    )
