"""Sources to records by tree-sitter, one file for each language; each owns its grammar's wheel."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module, metadata
from pathlib import Path

from reviewlore.architecture import reading
from reviewlore.architecture.reading import Parse
from reviewlore.domain import source
from reviewlore.domain.source import Language, ParsedModule, SkipReason, language_of
from reviewlore.formats import sources
from reviewlore.formats.sources import source_schema
from reviewlore.ports import Grammar

# Module and class of each grammar, loaded and compiled on first use: a repository of one language does not pay for the
# others, and one whose sources were all read before pays for none.
_MAKERS: dict[Language, str] = {
    "go": "go.GoGrammar",
    "java": "java.JavaGrammar",
    "rust": "rust.RustGrammar",
    "python": "python.PythonGrammar",
    "javascript": "ecmascript.JavaScriptGrammar",
    "typescript": "ecmascript.TypeScriptGrammar",
}


class Grammars:
    """Adapter of the `Parsers` port for every language that reviewlore reads."""

    def __init__(self, processes: int | None = None) -> None:
        """`processes` read many sources at once; as many as there are cores where it is not said."""
        self._processes = processes

    @property
    def version(self) -> str:
        """A hash of the grammars' wheels, of this package's own code and of the shape of the records."""
        return _version()

    def read_many(
        self, files: Iterable[tuple[str, bytes]], total: int
    ) -> Iterator[tuple[ParsedModule | SkipReason, bytes]]:
        """Yield what each source says, and that as bytes to keep, in the order given."""
        from reviewlore.adapters.grammars.pool import read_many

        return read_many(files, total, make_parse, self._processes)

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 source says, or None where the path's language has no grammar."""
        language = language_of(path)
        grammar = _grammar(language) if language in _MAKERS else None
        return grammar.parse(path, source) if grammar else None


@cache
def _grammar(language: Language) -> Grammar:
    """One grammar of each language a process: compiling its query costs more than parsing a file."""
    module, _, name = _MAKERS[language].partition(".")
    made: Grammar = getattr(import_module(f"{__name__}.{module}"), name)()
    return made


def make_parse() -> Parse:
    """Return `Grammars.parse`, in whatever process that is asked for."""
    return Grammars().parse


def code_files() -> tuple[Path, ...]:
    """Return the files whose code decides what is read of a source: this package, and what it imports of ours."""
    beside = (reading.__file__, source.__file__, sources.__file__)
    return (*map(Path, beside), *sorted(Path(__file__).parent.glob("*.py")))


def hash_code(paths: Iterable[Path]) -> str:
    """Return a name for the grammars' wheels, the shape of the records, and the content of files of code."""
    found = hashlib.sha256(source_schema().encode())
    for name in ("tree-sitter", *(f"tree-sitter-{language}" for language in sorted(_MAKERS))):
        found.update(f"{name} {metadata.version(name)}\n".encode())
    for path in paths:
        code = path.read_bytes()
        found.update(f"{path.name} {len(code)}\n".encode() + code)
    return found.hexdigest()[:12]


@cache
def _version() -> str:
    return hash_code(code_files())
