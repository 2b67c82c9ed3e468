"""How the code of a repository documents, raises, reports and imports: one file's cases in, (habit, value, line) out.

The same reading serves to mine a habit from the base and to judge the added lines of a change against it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reviewlore.architecture.conventions import named_freely
from reviewlore.domain.architecture import ImportEdge, Module

UsageKind = Literal["documented", "error_class", "reporting", "import_style"]

# Classes that say nothing about what went wrong; catching them catches everything.
_GENERIC = frozenset({"Exception", "BaseException", "RuntimeError", "Error", "RuntimeException", "Throwable"})
_PRINTED = frozenset(
    {"print", "console.log", "console.info", "System.out.println", "System.err.println", "fmt.Println"}
)
_LOGGED = re.compile(
    r"(.*\.)?_?(log|logger|logging)\.(debug|info|warn|warning|error|exception|critical|trace|log)", re.I
)


@dataclass(frozen=True, slots=True)
class Usage:
    """One case of a habit: `value` is how it was done here, `name` what it is about, `line` 1-based."""

    kind: UsageKind
    value: str
    name: str
    line: int


def usages_of(module: Module, edges: tuple[ImportEdge, ...] = ()) -> Iterator[Usage]:
    """Yield the cases of one file; `edges` are its imports of the repository's own modules."""
    parsed = module.parsed
    for definition in parsed.definitions:
        if definition.public and (definition.kind == "class" or named_freely(definition)):
            value = "documented" if definition.documented else "undocumented"
            yield Usage("documented", value, definition.name, definition.line)
    for raised in parsed.raised:
        name = raised.name.rpartition(".")[2]
        yield Usage("error_class", "generic" if name in _GENERIC else "specific", name, raised.line)
    for call in parsed.calls:
        if call.name in _PRINTED:
            yield Usage("reporting", "printed", call.name, call.line)
        elif _LOGGED.fullmatch(call.name):
            yield Usage("reporting", "logged", call.name, call.line)
    if parsed.language == "python":
        levels = {statement.line: statement.level for statement in parsed.imports}
        levels |= {name.line: statement.level for statement in parsed.imports for name in statement.names}
        for edge in edges:
            value = "relative" if levels.get(edge.line, 0) else "absolute"
            yield Usage("import_style", value, edge.name, edge.line)
