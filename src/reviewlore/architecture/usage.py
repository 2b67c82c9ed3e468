"""How the code of a repository documents, raises, reports and imports: one file's cases in, (habit, value, line) out.

The same reading serves to mine a habit from the base and to judge the added lines of a change against it.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Literal

from reviewlore.architecture.naming import named_freely
from reviewlore.domain.architecture import ImportEdge, Module
from reviewlore.domain.source import ParsedModule

UsageKind = Literal[
    "documented",
    "docstring_style",
    "error_class",
    "error_class_name",
    "reporting",
    "logger_name",
    "import_style",
    "import_of_names",
    "import_form",
]

# Classes that say nothing about what went wrong; catching them catches everything (pylint's broad-exception-raised,
# Sonar's S112). Python's RuntimeError is not among them: maintainers raise it with a message and mean it.
_GENERIC = frozenset({"Exception", "BaseException", "Error", "RuntimeException", "Throwable"})
_PRINTED = frozenset(
    {"print", "console.log", "console.info", "System.out.println", "System.err.println", "fmt.Println"}
)
_LOGGED = re.compile(
    r"(.*\.)?_?(log|logger|logging)\.(debug|info|warn|warning|error|exception|critical|trace|log)", re.I
)


_LOGGERS = frozenset({"logging.getLogger", "getLogger", "LoggerFactory.getLogger", "LogManager.getLogger"})
_ERROR = re.compile(r".*?(Error|Exception|Warning|Failure)")


@dataclass(frozen=True, slots=True)
class Usage:
    """One case of a habit: `value` is how it was done here, `name` what it is about, `line` 1-based.

    `topic` divides a kind where each thing has a habit of its own: the imported module of an `import_form`.
    """

    kind: UsageKind
    value: str
    name: str
    line: int
    topic: str = ""


def usages_of(module: Module, edges: tuple[ImportEdge, ...] = ()) -> Iterator[Usage]:
    """Yield the cases of one file; `edges` are its imports of the repository's own modules."""
    parsed = module.parsed
    yield from _definitions(parsed)
    for raised in parsed.raised:
        name = raised.name.rpartition(".")[2]
        yield Usage("error_class", "generic" if name in _GENERIC else "specific", name, raised.line)
    for call in parsed.calls:
        if call.name in _PRINTED:
            yield Usage("reporting", "printed", call.name, call.line)
        elif _LOGGED.fullmatch(call.name):
            yield Usage("reporting", "logged", call.name, call.line)
        elif call.name in _LOGGERS and call.bound:
            yield Usage("logger_name", call.bound.lstrip("_"), call.bound, call.line)
    yield from _forms(parsed, {edge.line for edge in edges})
    if parsed.language == "python":
        levels = {statement.line: statement.level for statement in parsed.imports}
        levels |= {name.line: statement.level for statement in parsed.imports for name in statement.names}
        for edge in edges:
            value = "relative" if levels.get(edge.line, 0) else "absolute"
            yield Usage("import_style", value, edge.name, edge.line)
        yield from _taken(edges)


def _definitions(parsed: ParsedModule) -> Iterator[Usage]:
    for entry in parsed.definitions:
        if entry.public and (entry.kind == "class" or named_freely(entry)):
            yield Usage("documented", "documented" if entry.documented else "undocumented", entry.name, entry.line)
        if entry.docstyle:
            yield Usage("docstring_style", entry.docstyle, entry.name, entry.line)
        if entry.kind == "class" and any(_ERROR.fullmatch(base.rpartition(".")[2]) for base in entry.bases):
            suffix = _ERROR.fullmatch(entry.name)
            yield Usage("error_class_name", f"…{suffix[1]}" if suffix else "other", entry.name, entry.line)


def _forms(parsed: ParsedModule, own: Container[int]) -> Iterator[Usage]:
    """Yield how modules of others are imported: as themselves, or names of them; in ECMAScript the default, or all.

    `own` are the lines that import the repository's own modules.
    """
    for statement in parsed.imports:
        if any(line in own for line in (statement.line, *(name.line for name in statement.names))):
            continue
        module, names = statement.module, {name.name for name in statement.names}
        if statement.kind == "type_only" or statement.level or statement.reexported or module.startswith("."):
            continue
        if parsed.language == "python":
            value = f"from {module} import …" if names else f"import {module}"
            yield Usage("import_form", value, module, statement.line, module)
        elif parsed.language in ("javascript", "typescript") and names:
            value = "* as …" if "*" in names else "…" if names == {"default"} else "{ … }"
            value = "…, { … }" if "default" in names and len(names) > 1 else value
            yield Usage("import_form", f'import {value} from "{module}"', module, statement.line, module)


def _taken(edges: tuple[ImportEdge, ...]) -> Iterator[Usage]:
    """Yield whether imports of the repository's own modules take modules, or names out of them."""
    for edge in edges:
        place = edge.imported.removesuffix(".py").removesuffix("/__init__")
        value = "whole modules" if f"/{place}".endswith(f"/{edge.name.replace('.', '/')}") else "names out of modules"
        yield Usage("import_of_names", value, edge.name, edge.line)
