"""Imports to modules, one file for each language: the resolvers of a tree, from those of the tree before it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from reviewlore.architecture.languages.resolver import Follower, MakeResolver, Resolver, Sources
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.source import Language, ParsedModule

# Module and class of each resolver, loaded on first use: a repository of one language does not pay for the others.
# Languages that import each other's files share one.
_MAKERS: tuple[tuple[frozenset[Language], str], ...] = (
    (frozenset({"python"}), "python.PythonResolver"),
    (frozenset({"go"}), "go.GoResolver"),
    (frozenset({"java"}), "java.JavaResolver"),
    (frozenset({"rust"}), "rust.RustResolver"),
    (frozenset({"typescript", "javascript"}), "ecmascript.EcmaScriptResolver"),
)


_GROUPS: dict[Language, int] = {language: group for group, (known, _) in enumerate(_MAKERS) for language in known}


@dataclass(frozen=True, slots=True)
class Tracked:
    """The files of languages that import each other in one tree, and what resolves them."""

    sources: Sources
    resolver: Resolver


Tracks = Mapping[int, Tracked]
Edits = Mapping[str, tuple[ParsedModule | None, ParsedModule | None]]


def find_resolver(tracks: Tracks, language: Language) -> Resolver | None:
    """Return what resolves a language's imports, or None where none of the tree's files needs or knows how."""
    group = _GROUPS.get(language)
    tracked = None if group is None else tracks.get(group)
    return tracked.resolver if tracked else None


def track(
    before: Tracks, edits: Edits, files: frozenset[str], manifests: tuple[Manifest, ...]
) -> tuple[dict[int, Tracked], set[str]]:
    """Return the resolvers of a tree, and the paths among its files that have to be resolved anew.

    `edits` are the source files (path -> was, is) that differ from the tree of `before`; `files` and `manifests` are
    those of the new tree, the very objects of the old one where nothing of them changed.
    """
    found: dict[int, Tracked] = {}
    anew: set[str] = set()
    for group, (languages, name) in enumerate(_MAKERS):
        changed = {path for path, both in edits.items() if any(one and one.language in languages for one in both)}
        known = before.get(group)
        if known and not changed and known.sources.files is files and known.sources.manifests is manifests:
            found[group] = known
            continue
        parsed = _edited(known.sources.parsed if known else {}, edits, changed, languages)
        if parsed:
            sources = Sources(parsed, files, manifests)
            found[group], stale = _succeed(_maker(name), known, sources, changed)
            anew |= (changed & parsed.keys()) | stale
    return found, anew


@cache
def _maker(name: str) -> MakeResolver:
    module, _, kind = name.partition(".")
    found: MakeResolver = getattr(import_module(f"{__name__}.{module}"), kind)
    return found


def _edited(
    before: Mapping[str, ParsedModule], edits: Edits, changed: Set[str], languages: Set[Language]
) -> Mapping[str, ParsedModule]:
    after = dict(before)
    for path in changed:
        now = edits[path][1]
        if now is not None and now.language in languages:
            after[path] = now
        else:
            after.pop(path, None)
    if after.keys() == before.keys():
        return after
    return dict(sorted(after.items()))  # the order must not tell how a tree came to be


def _succeed(
    make: MakeResolver, known: Tracked | None, sources: Sources, changed: Set[str]
) -> tuple[Tracked, Set[str]]:
    stale: Set[str] | None = None
    if known is None:
        resolver = make(sources)
    elif isinstance(known.resolver, Follower):
        resolver, stale = known.resolver.follow(sources, changed)
    else:
        resolver = make(sources)
        stale = frozenset() if resolver.signature == known.resolver.signature else None
    return Tracked(sources, resolver), sources.parsed.keys() if stale is None else stale
