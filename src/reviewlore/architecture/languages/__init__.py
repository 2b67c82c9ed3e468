"""Imports to modules, one file for each language: the resolver of every language of a tree."""

from collections import defaultdict
from collections.abc import Mapping

from reviewlore.architecture.languages.python import PythonResolver
from reviewlore.architecture.languages.resolver import MakeResolver, Resolver, Sources
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.source import Language, ParsedModule

# Languages that import each other's files share a resolver.
_MAKERS: tuple[tuple[frozenset[Language], MakeResolver], ...] = ((frozenset({"python"}), PythonResolver),)


def make_resolvers(
    parsed: Mapping[str, ParsedModule], files: frozenset[str], manifests: tuple[Manifest, ...] = ()
) -> dict[Language, Resolver]:
    """Return the resolver of each language that has a file in `parsed` (by path)."""
    by_language: defaultdict[Language, dict[str, ParsedModule]] = defaultdict(dict)
    for path, module in parsed.items():
        by_language[module.language][path] = module
    found: dict[Language, Resolver] = {}
    for languages, make in _MAKERS:
        own = {path: module for language in sorted(languages) for path, module in by_language[language].items()}
        if own:
            resolver = make(Sources(own, files, manifests))
            found |= dict.fromkeys(languages, resolver)
    return found
