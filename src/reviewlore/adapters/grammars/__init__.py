"""Sources to records by tree-sitter, one file for each language; each owns its grammar's wheel."""

from functools import cache

from reviewlore.adapters.grammars.python import PythonGrammar
from reviewlore.domain.source import Language, ParsedModule, language_of
from reviewlore.ports import Grammar

# Where a grammar is compiled on first use: a repository of one language does not pay for the others.
_MAKERS: dict[Language, type[Grammar]] = {"python": PythonGrammar}


class Grammars:
    """Adapter of the `Grammar` port for every language that reviewlore reads."""

    def parse(self, path: str, source: bytes) -> ParsedModule | None:
        """Return what a UTF-8 source says, or None where the path's language has no grammar."""
        language = language_of(path)
        grammar = _grammar(language) if language in _MAKERS else None
        return grammar.parse(path, source) if grammar else None


@cache
def _grammar(language: Language) -> Grammar:
    """One grammar of each language a process: compiling its query costs more than parsing a file."""
    return _MAKERS[language]()
