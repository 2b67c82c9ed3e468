"""JavaScript and TypeScript sources to records by tree-sitter: imports of all kinds, definitions, calls, exports.

UTF-8 bytes in, `ParsedModule` out. Owns both grammars; runs nothing, resolves nothing, never raises on broken syntax.
Not read: single-file components (Vue, Svelte), AMD's `define([…])`, what is imported by a computed name, and the
functions in object literals. `docstrings` are the block comments that stand alone on their lines.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Query

from reviewlore.adapters.grammars.captures import captures_of
from reviewlore.adapters.grammars.complexity import add_recursion, measure
from reviewlore.adapters.grammars.ecmascript_elision import find_type_only
from reviewlore.adapters.grammars.ecmascript_imports import dotted, read_references
from reviewlore.adapters.grammars.ecmascript_reader import Reader
from reviewlore.adapters.grammars.ecmascript_shapes import Found, finish
from reviewlore.adapters.grammars.sketch import BACKTICKED, C_COMMENTS, DOUBLE_QUOTED, SINGLE_QUOTED, Lexis
from reviewlore.domain.source import Definition, ImportStatement, ParsedModule, Raised
from reviewlore.domain.source import Language as LanguageName

# What both languages have. A condition matters only at module level, and only to `require`.
_QUERY = """
(import_statement) @import
(export_statement) @export
(call_expression function: [(identifier) (member_expression) (import)]) @call
(new_expression) @new
(throw_statement [(new_expression constructor: (_) @raised) (call_expression function: (identifier) @raised)])
[(function_declaration) (generator_function_declaration) (function_expression) (generator_function)
 (arrow_function) (method_definition)] @function
[(class_declaration) (class)] @class
(class_body (method_definition) @member)
(program [(lexical_declaration) (variable_declaration)] @declaration)
(program [(lexical_declaration (variable_declarator) @variable) (variable_declaration (variable_declarator) @variable)])
(export_statement (lexical_declaration (variable_declarator) @variable))
(export_statement (variable_declaration (variable_declarator) @variable))
(program (expression_statement (assignment_expression left: (member_expression)) @assignment))
(program [(if_statement) (try_statement) (switch_statement)] @condition)
(program (_ (variable_declarator value: (ternary_expression) @condition)))
(program (expression_statement [(ternary_expression) (binary_expression)] @condition))
(program (expression_statement (assignment_expression right: (ternary_expression) @condition)))
(decorator) @decorator
(comment) @comment
[(if_statement) (for_statement) (for_in_statement) (while_statement) (do_statement) (catch_clause)
 (ternary_expression)] @cx.structure
(switch_statement) @cx.switch
(switch_case) @cx.case
(else_clause "else" @cx.else)
(break_statement (statement_identifier)) @cx.flat
(continue_statement (statement_identifier)) @cx.flat
(binary_expression ["&&" "||"]) @cx.boolean
(binary_expression "&&" @cx.and)
(binary_expression "||" @cx.or)
"""
_JAVASCRIPT = "(class_body (field_definition value: [(arrow_function) (function_expression)]) @field)"
_TYPESCRIPT = """
[(abstract_class_declaration) (interface_declaration)] @class
[(type_alias_declaration) (enum_declaration)] @type
[(function_signature) (method_signature) (abstract_method_signature)] @signature
(class_body [(method_signature) (abstract_method_signature)] @member)
(interface_body (method_signature) @member)
[(internal_module) (module)] @namespace
(program (ambient_declaration) @declaration)
(class_body (public_field_definition value: [(arrow_function) (function_expression)]) @field)
"""
_READ = frozenset(
    """import export call new function class type signature namespace declaration variable assignment condition
    decorator field""".split()
)
_KEYWORDS = """async await break case catch class const continue debugger default delete do else export extends finally
for function if import in instanceof let new of return static super switch this throw try typeof var void while with
yield null true false undefined""".split()
_REGEX = rb"(?<=[=(,:;!&|?{}\[\n])[ \t]*+/(?![*/])[^/\\\n\[]*+(?:(?:\\.|\[(?:[^\]\\\n]|\\.)*+\])[^/\\\n\[]*+)*+/"
_LEXIS = Lexis(_KEYWORDS, b"|".join((DOUBLE_QUOTED, SINGLE_QUOTED, BACKTICKED, _REGEX)), C_COMMENTS)
_HEADER = re.compile(rb"(?:#![^\n]*\n)?\s*(/\*\*.*?\*/)[ \t]*(\r?\n[ \t]*\r?\n|\r?\n(?=import\b)|\s*\Z)?", re.DOTALL)
_HEADER_TAG = re.compile(rb"@(?:file|fileoverview|overview|module|packageDocumentation)\b")
# What may stand before the first statement.
_HEAD = frozenset({"comment", "hash_bang_line"})
_LICENSE = re.compile(rb"copyright|licen[sc]e|@preserve", re.IGNORECASE)
# Flow's types are read with TypeScript's grammar, which knows most of them.
_FLOW = re.compile(rb"@flow\b")


class _Tongue:
    """One grammar with its compiled query."""

    def __init__(self, language: Language, query: str) -> None:
        self._parser = Parser(language)
        self._query = Query(language, query)

    def read(self, source: bytes) -> tuple[Node, dict[str, list[Node]]]:
        root = self._parser.parse(source).root_node
        return root, captures_of(self._query, root)


class TypeScriptGrammar:
    """Adapter of the `Grammar` port for TypeScript, with and without JSX."""

    def __init__(self) -> None:
        query = _QUERY + _TYPESCRIPT
        self._plain = _Tongue(Language(tree_sitter_typescript.language_typescript()), query)
        self._jsx = _Tongue(Language(tree_sitter_typescript.language_tsx()), query)

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 TypeScript source says, or None where the path is not one of its files."""
        if not path.endswith((".ts", ".tsx", ".mts", ".cts")):
            return None
        root, captures = (self._jsx if path.endswith(".tsx") else self._plain).read(source)
        return _module(source, root, captures, "typescript")


class JavaScriptGrammar:
    """Adapter of the `Grammar` port for JavaScript, with JSX everywhere; Flow's types are read where they parse."""

    def __init__(self) -> None:
        self._plain = _Tongue(Language(tree_sitter_javascript.language()), _QUERY + _JAVASCRIPT)
        self._typed: _Tongue | None = None

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 JavaScript source says, or None where the path is not one of its files."""
        if not path.endswith((".js", ".jsx", ".mjs", ".cjs")):
            return None
        root, captures = self._plain.read(source)
        if root.has_error and _FLOW.search(source, 0, 2000):
            self._typed = self._typed or _Tongue(Language(tree_sitter_typescript.language_tsx()), _QUERY + _TYPESCRIPT)
            root, captures = self._typed.read(source)
        return _module(source, root, captures, "javascript")


def _module(source: bytes, root: Node, captures: dict[str, list[Node]], language: LanguageName) -> ParsedModule:
    reader = Reader(source, captures.get("comment", []), captures.get("member", []))
    for label, node in _in_order(captures):
        reader.read(label, node)
    first = next((child.start_byte for child in root.children if child.type not in _HEAD), len(source))
    imports = [*read_references(source[: min(first, 20_000)]), *reader.imports]
    imports += reader.augmented if reader.is_module else []
    imports = _offered_again(imports, reader.exported)
    if language == "typescript" and not captures.get("decorator"):
        imports = find_type_only(imports, root, source)
    calls = sorted(reader.calls, key=lambda call: call.line)
    found = finish(reader.found, reader.exported, reader.is_module)
    raised = [Raised(name, node.start_point.row + 1) for node in captures.get("raised", []) if (name := dotted(node))]
    return ParsedModule(
        tuple(imports),
        add_recursion(_measured(source, captures, found), calls),
        frozenset(reader.assigned),
        root.end_point.row + (root.end_point.column > 0),
        root.has_error,
        tuple(reader.alone),
        language,
        calls=tuple(calls),
        raised=tuple(sorted(raised, key=lambda entry: entry.line)),
        offered=frozenset(reader.offered),
        documented=_documented(source),
    )


def _in_order(captures: dict[str, list[Node]]) -> list[tuple[str, Node]]:
    """What opens a scope or stands in one, as a walk would meet it: outer before inner, first to last."""
    found = [
        (node.start_byte, -node.end_byte, _PRECEDENCE.get(label, 1), order, label, node)
        for label, nodes in captures.items()
        if label in _READ
        for order, node in enumerate(nodes)
    ]
    found.sort(key=lambda item: item[:4])
    return [(label, node) for *_, label, node in found]


# Where one node has two captures: a condition or a declaration is open before what it is, a call bound before it is.
_PRECEDENCE = {"condition": 0, "declaration": 0}


def _offered_again(imports: list[ImportStatement], exported: set[str]) -> list[ImportStatement]:
    """Mark what is imported and then listed in `export { … }`."""
    return [
        replace(one, reexported=True)
        if not one.reexported and any(name.alias in exported for name in one.names)
        else one
        for one in imports
    ]


def _measured(source: bytes, captures: dict[str, list[Node]], found: Sequence[Found]) -> list[Definition]:
    functions = [one for one in found if one.definition.kind != "class"]
    spans = [(one.node.start_byte, one.node.end_byte) for one in functions]
    made: dict[int, Definition] = {}
    for one, complexity in zip(functions, measure(source, spans, captures, ("function",)), strict=True):
        body = one.node.child_by_field_name("body")
        sketch = _LEXIS.sketch(source[body.start_byte : body.end_byte]) if body is not None else ()
        made[id(one)] = replace(one.definition, **complexity._asdict(), sketch=sketch)
    return [made.get(id(one), one.definition) for one in found]


def _documented(source: bytes) -> bool:
    """Whether a file opens with a JSDoc comment about itself: tagged as such, or apart from the first definition."""
    found = _HEADER.match(source, 0, 20_000)
    if found is None or (_LICENSE.search(found[1]) and not _HEADER_TAG.search(found[1])):
        return False
    return found[2] is not None or _HEADER_TAG.search(found[1]) is not None
