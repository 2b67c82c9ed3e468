"""Manifests to records, one file for each ecosystem: what a repository publishes and depends on. Runs nothing."""

from collections.abc import Callable, Mapping

from reviewlore.domain.manifest import Manifest

_Parse = Callable[[str, str], tuple[Manifest, ...]]
# By file name; a reader takes (path, text) and never raises: what it cannot read becomes `Manifest.problem`.
_READERS: dict[str, _Parse] = {}


def is_manifest(path: str) -> bool:
    """Whether a path is a manifest that this package reads."""
    return path.rpartition("/")[2] in _READERS


def parse_manifests(texts: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return the manifests among files given as path -> text, sorted by path."""
    return tuple(
        manifest
        for path, text in sorted(texts.items())
        if is_manifest(path)
        for manifest in _READERS[path.rpartition("/")[2]](path, text)
    )
