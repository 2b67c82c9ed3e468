"""Python sources to records by tree-sitter: imports with their kind, definitions, calls, module-level names.

UTF-8 bytes in, `ParsedModule` out. Owns Python's grammar; runs nothing, resolves nothing, never raises on broken
syntax (tree-sitter recovers, the record says `broken`). What can be told from positions is asked of no node.
"""

import re
from collections.abc import Iterator
from itertools import chain

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Query

from reviewlore.adapters.grammars.captures import captures_of
from reviewlore.adapters.grammars.complexity import add_recursion
from reviewlore.adapters.grammars.parts import Memory, Part
from reviewlore.adapters.grammars.python_nodes import calls_of, errors_of, offered_by, start_of
from reviewlore.adapters.grammars.python_reader import Reader
from reviewlore.domain.source import ParsedModule

# `if TYPE_CHECKING:` in all its spellings that end in that name (typing.TYPE_CHECKING, t.TYPE_CHECKING).
_QUERY = """
(import_statement) @import
(import_from_statement) @from
(function_definition) @function
(class_definition) @class
(if_statement condition: (_) @guard consequence: (block) @typing
  (#match? @guard "^([A-Za-z_]+[.])?TYPE_CHECKING$")) @checking
[(if_statement) (try_statement)] @condition
(assignment left: (identifier) @assigned)
(assignment left: (pattern_list (identifier) @assigned))
(assignment left: (identifier) right: (call function: [(identifier) (attribute)] @bound))
(expression_statement . (string) @docstring .)
(decorated_definition definition: (_) @decorated)
(decorator [(identifier) @decorator (attribute) @decorator (call function: [(identifier) (attribute)] @decorator)])
(call function: [(identifier) (attribute)] @callee)
(argument_list) @arguments
(raise_statement . [(identifier) @raised (attribute) @raised (call function: [(identifier) (attribute)] @raised)])
[(if_statement) (for_statement) (while_statement) (except_clause) (conditional_expression)] @cx.structure
(match_statement) @cx.switch
[(case_clause) (for_in_clause) (if_clause)] @cx.case
(elif_clause) @cx.elif
(else_clause) @cx.flat
(lambda) @cx.lambda
(function_definition body: (block . (function_definition) @cx.wrapped . (return_statement (identifier)) .))
(boolean_operator) @cx.boolean
"and" @cx.and
"or" @cx.or
"""
_MARGIN = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s++|#[^\n]*+)*+")


class PythonGrammar:
    """Adapter of the `Grammar` port for Python."""

    def __init__(self, memory: Memory | None = None) -> None:
        """`memory` keeps what was read for files that say the same again; one of its own where none is given."""
        language = Language(tree_sitter_python.language())
        self._parser = Parser(language)
        self._query = Query(language, _QUERY)
        self._memory = Memory() if memory is None else memory

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 Python source says, or None where the path is not a `.py` file."""
        if not path.endswith(".py"):
            return None
        root = self._parser.parse(source).root_node
        offered = offered_by(source)
        parts = list(self._parts(source, root, offered))
        first = next((start + part.docstring for start, part in parts if part.docstring >= 0), -1)
        return ParsedModule(
            tuple(chain.from_iterable(part.imports for _, part in parts)),
            tuple(chain.from_iterable(part.definitions for _, part in parts)),
            frozenset().union(*(part.assigned for _, part in parts)),
            root.end_point.row + (root.end_point.column > 0),
            root.has_error,
            tuple(chain.from_iterable(part.docstrings for _, part in parts)),
            calls=tuple(chain.from_iterable(part.calls for _, part in parts)),
            raised=tuple(chain.from_iterable(part.raised for _, part in parts)),
            offered=offered,
            documented=first >= 0 and _MARGIN.fullmatch(source, 0, first) is not None,
        )

    def _parts(self, source: bytes, root: Node, offered: frozenset[str]) -> Iterator[tuple[int, Part]]:
        """Yield what each statement says, with its first byte; one that another file had is not read again."""
        if root.has_error:  # where one statement ends and the next begins is then a guess that all of the file decides
            yield root.start_byte, self._read(source, root, offered)
            return
        for node in root.named_children:
            kind = node.type
            if kind == "comment":
                continue
            start, end = node.start_byte, node.end_byte
            key = kind, source[start:end], offered
            part = self._memory.get(key, node.start_point.row)
            if part is None:
                part = self._read(source, node, offered)
                self._memory.put(key, end - start, part)
            yield start, part

    def _read(self, source: bytes, node: Node, offered: frozenset[str]) -> Part:
        captures = captures_of(self._query, node)
        reader = Reader(source, captures, offered)
        reader.read()
        calls = calls_of(source, captures, reader.bound)
        docstrings = sorted(captures.get("docstring", ()), key=start_of)
        return Part(
            node.start_point.row,
            tuple(reader.imports),
            add_recursion(reader.definitions, calls),
            frozenset(reader.assigned),
            tuple((found.start_point.row + 1, found.end_point.row + 1) for found in docstrings),
            calls,
            errors_of(source, captures),
            docstrings[0].start_byte - node.start_byte if docstrings else -1,
        )
