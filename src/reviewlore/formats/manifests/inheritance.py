"""What Java's manifests say only together: records of all manifests in, the same with names and versions filled in.

A pom.xml takes properties and managed versions from the parents that lie in the repository; a Gradle build takes them
from the properties, scripts and version catalogs around it. A version that none of these says stays as written; a
dependency whose name stays unknown is taken out, and counted in `problem`.
"""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reviewlore.domain.manifest import Dependency, Manifest
from reviewlore.formats.manifests.places import MANAGED, PARENT

_PLACEHOLDER = re.compile(r"\$\{([\w.-]{1,200})\}|\$(\w{1,200})")
_NAME = re.compile(r"[\w.-]+:[\w.-]+|:[\w.:-]*")
_ACCESSOR = re.compile(r"\w+(?:\.\w+)+")
# Where a Gradle build takes values from, in its own folder and those above.
_AROUND = (
    "gradle.properties", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts",
    "gradle/libs.versions.toml",
)  # fmt: skip
# A chain of parents is short; values that stand for values hardly go deeper.
_MAX_STEPS = 10
_MAX_VALUE = 300
_MAX_FOLDERS = 30
_Values = Mapping[str, str]


def settle_manifests(manifests: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """Return all manifests of a tree, Java's with what they inherit from each other."""
    if not any(manifest.ecosystem == "maven" for manifest in manifests):
        return tuple(manifests)
    by_path = {manifest.path: manifest for manifest in manifests if manifest.ecosystem == "maven"}
    own_values = {path: dict(reversed(manifest.settings)) for path, manifest in by_path.items()}
    values = {path: _values(path, by_path, own_values) for path in by_path}
    named = {
        path: replace(manifest, name=_named(manifest.name, values[path]), version=_version(manifest, values[path]))
        for path, manifest in by_path.items()
    }
    own = frozenset(manifest.name for manifest in named.values() if manifest.name)
    return tuple(
        _settled(named[manifest.path], values[manifest.path], own) if manifest.path in named else manifest
        for manifest in manifests
    )


def _values(path: str, by_path: Mapping[str, Manifest], own: Mapping[str, dict[str, str]]) -> _Values:
    """Return what names stand for in a manifest: its own settings first, then those of what it inherits from."""
    way = list(_parents(path, by_path, own) if path.endswith(".xml") else _around(path))
    return ChainMap(*(own[one] for one in way if one in own))


def _parents(path: str, by_path: Mapping[str, Manifest], own: Mapping[str, dict[str, str]]) -> Iterator[str]:
    """Yield a pom.xml and its parents, as long as what lies where the parent should be is the parent."""
    seen: set[str] = set()
    while path in by_path and path not in seen and len(seen) < _MAX_STEPS:
        seen.add(path)
        yield path
        wanted, path = own[path].get(PARENT, ""), by_path[path].extends
        if path in by_path and _named(by_path[path].name, own[path]) != wanted:
            return


def _around(path: str) -> Iterator[str]:
    """Yield the files that a Gradle build takes values from, the nearest folder first."""
    folder = path.rpartition("/")[0]
    for _ in range(_MAX_FOLDERS):
        yield from (f"{folder}/{name}".lstrip("/") for name in _AROUND)
        if not folder:
            return
        folder = folder.rpartition("/")[0]


def _settled(manifest: Manifest, values: _Values, own: frozenset[str]) -> Manifest:
    found: list[Dependency] = []
    unknown = 0
    for entry in manifest.dependencies:
        entries = _entries(entry, values)
        unknown += not entries
        found += (replace(one, local=one.local or one.name in own) for one in entries)
    problem = manifest.problem
    if unknown:
        some = "the name of 1 dependency is" if unknown == 1 else f"the names of {unknown} dependencies are"
        problem = "; ".join(filter(None, (problem, f"{some} computed")))
    return replace(manifest, dependencies=tuple(found), problem=problem)


def _entries(entry: Dependency, values: _Values) -> list[Dependency]:
    """Return the dependencies an entry stands for: itself with its name filled in, or those of a catalog's alias."""
    if ":" not in entry.name and _ACCESSOR.fullmatch(entry.name):
        listed = values.get(entry.name, "").split()
        return [
            replace(entry, name=":".join(parts[:2]), requirement=":".join(parts[2:3]))
            for one in listed
            if len(parts := one.split(":")) >= 2
        ]
    name = _named(entry.name, values)
    requirement = _filled(entry.requirement or values.get(f"{MANAGED}{name}", ""), values)
    return [replace(entry, name=name, requirement=requirement)] if name else []


def _version(manifest: Manifest, values: _Values) -> str:
    """Return a manifest's version filled in: nothing where it is unknown in Gradle, where `${version}` is only ours."""
    found = _filled(manifest.version, values)
    return "" if found == "${version}" else found


def _named(name: str, values: _Values) -> str:
    """Return a name with all that stands for something else filled in, or nothing where part of it is unknown."""
    filled = _filled(name, values)
    return filled if _NAME.fullmatch(filled) else ""


def _filled(text: str, values: _Values) -> str:
    for _ in range(_MAX_STEPS):
        if "$" not in text or len(text) > _MAX_VALUE:
            break
        following = _PLACEHOLDER.sub(lambda found: values.get(found[1] or found[2], found[0]), text)
        if following == text:
            break
        text = following
    return text[:_MAX_VALUE]
