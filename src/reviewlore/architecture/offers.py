"""What a repository's published packages offer to others: a map in, importable modules with their public names out.

A name is offered where the module declares it public, or defines or re-exports it without a leading underscore.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from posixpath import normpath

from reviewlore.architecture.places import folder_of, is_product
from reviewlore.domain.architecture import ArchitectureMap, Module
from reviewlore.domain.federation import Offer, Published
from reviewlore.domain.manifest import Ecosystem, Manifest
from reviewlore.domain.source import Definition, Language

_LANGUAGES: Mapping[Ecosystem, frozenset[Language]] = {
    "pypi": frozenset({"python"}),
    "npm": frozenset({"typescript", "javascript"}),
    "go": frozenset({"go"}),
    "maven": frozenset({"java"}),
    "crates": frozenset({"rust"}),
}
_MAX_STARS = 20
_MAX_HOPS = 4


class Offers:
    """The published packages of one tree, and who defines what they offer."""

    def __init__(self, tree: ArchitectureMap) -> None:
        self._tree = tree
        self._links = {(edge.importer, edge.name.rpartition(".")[2]): edge.imported for edge in tree.edges}
        self._leads: defaultdict[str, dict[int, list[str]]] = defaultdict(dict)
        for edge in tree.edges:
            self._leads[edge.importer].setdefault(edge.line, []).append(edge.imported)

    def published(self) -> tuple[Published, ...]:
        """Return the packages that the manifests publish, with the modules below their folders."""
        found = []
        for manifest, homes in self._homes():
            names = {spelled: set[str]() for spelled in homes}
            for spelled, modules in homes.items():
                for module in modules:
                    names[spelled] |= self.names(module)
            offers = tuple(Offer(module, tuple(sorted(names[module]))) for module in sorted(names))
            found.append(Published(manifest.ecosystem, manifest.name, manifest.version, offers))
        return tuple(sorted(found, key=lambda entry: (entry.ecosystem, entry.name)))

    def places(self) -> dict[tuple[Ecosystem, str, str], Module]:
        """Return the module behind each offered name: by ecosystem, module as others import it, and name."""
        return {
            (manifest.ecosystem, spelled, name): module
            for manifest, homes in self._homes()
            for spelled, modules in homes.items()
            for module in modules
            for name in self.names(module)
        }

    def names(self, module: Module) -> frozenset[str]:
        """Return the public names of a module, with those it passes on from other modules by a star."""
        names: set[str] = set()
        seen: set[str] = set()
        waiting = [module]
        while waiting and len(seen) <= _MAX_STARS:
            current = waiting.pop()
            if current.path not in seen:
                seen.add(current.path)
                names |= _own(current)
                leads = self._leads.get(current.path, {})
                waiting += [
                    self._tree.modules[path] for line in sorted(_stars(current)) for path in leads.get(line, ())
                ]
        return frozenset(names)

    def definition(self, module: Module, name: str) -> tuple[Module, Definition] | None:
        """Return where a name that a module offers is defined: in it, or in what it passes the name on from."""
        for _ in range(_MAX_HOPS):
            for definition in module.parsed.definitions:
                if definition.owner is None and definition.name == name:
                    return module, definition
            source = self._links.get((module.path, name))
            if source is None or source not in self._tree.modules:
                return None
            module = self._tree.modules[source]
        return None

    def _homes(self) -> Iterator[tuple[Manifest, dict[str, list[Module]]]]:
        """Yield each published manifest with its modules by the names others import them by; the nearest one wins."""
        manifests = [manifest for manifest in self._tree.manifests if manifest.name and is_published(manifest)]
        homes: dict[str, dict[str, list[Module]]] = {manifest.path: {} for manifest in manifests}
        for path, module in sorted(self._tree.modules.items()):
            near = [entry for entry in manifests if _holds(entry, path) and _speaks(entry, module)]
            if near and is_product(path):
                manifest = max(near, key=lambda entry: (len(entry.folder), entry.path))
                for spelled in spellings(manifest, module):
                    homes[manifest.path].setdefault(spelled, []).append(module)
        yield from ((manifest, homes[manifest.path]) for manifest in manifests)


def is_published(manifest: Manifest) -> bool:
    """Whether a manifest belongs to a package that others could install: not one of tests or examples."""
    return is_product(f"{manifest.folder}/x.py" if manifest.folder else "x.py")


def spellings(manifest: Manifest, module: Module) -> Iterator[str]:
    """Yield the names by which others import a module of a published package; none where they cannot."""
    path = module.path
    inner = path[len(manifest.folder) + 1 :] if manifest.folder else path
    if manifest.ecosystem == "pypi":
        if _is_installed(manifest, module) and not any(part.startswith("_") for part in module.name.split(".")):
            yield module.name
    elif manifest.ecosystem == "npm":
        if _is_entry(manifest, inner, path):
            yield manifest.name
        stem = inner.partition(".")[0].removesuffix("/index")
        yield f"{manifest.name}/{stem}"
    elif manifest.ecosystem == "go":
        folder = folder_of(inner)
        if "internal" not in folder.split("/") and module.parsed.package != "main":
            yield f"{manifest.name}/{folder}" if folder else manifest.name
    elif manifest.ecosystem == "maven":
        if module.parsed.package:
            yield module.parsed.package
    else:
        crate = manifest.name.replace("-", "_")
        stem = inner.removeprefix("src/").removesuffix(".rs").removesuffix("/mod")
        yield crate if stem in ("lib", "main") else f"{crate}::{stem.replace('/', '::')}"


def _is_installed(manifest: Manifest, module: Module) -> bool:
    """Whether a Python module is imported by its path below a root of its package, and is no script lying about.

    A file at the top of the repository is only taken for a module of the package that has its name.
    """
    spelled = module.name.replace(".", "/")
    stem = re.sub(r"(/__init__)?\.pyi?$", "", module.path)
    roots = {manifest.folder, f"{manifest.folder}/src".lstrip("/"), *manifest.roots}
    inside = {root for root in roots if stem == (f"{root}/{spelled}" if root else spelled)}
    loose = "/" not in spelled and not module.is_package and inside == {manifest.folder}
    return bool(inside) and (not loose or spelled == re.sub(r"[-.]+", "_", manifest.name).lower())


def _own(module: Module) -> set[str]:
    """Return the names a module offers itself: what it declares so, else what has no leading underscore.

    Of imported names only those count that a package's `__init__` or a re-export passes on.
    """
    parsed = module.parsed
    if parsed.offered or parsed.language in ("typescript", "javascript"):
        return set(parsed.offered) | _passed_on(module, only_reexports=True)
    names = {entry.name for entry in parsed.definitions if entry.owner is None and entry.public}
    names |= {name for name in parsed.assigned if not name.startswith("_")}
    if parsed.language == "python":
        names |= _passed_on(module, only_reexports=not module.is_package)
    return {name for name in names if not name.startswith("_")}


def _passed_on(module: Module, *, only_reexports: bool) -> set[str]:
    return {
        entry.alias or entry.name
        for statement in module.parsed.imports
        if statement.reexported or not only_reexports
        for entry in statement.names
        if entry.name != "*" or entry.alias not in ("", "*")
    }


def _stars(module: Module) -> set[int]:
    """Return the lines where a module passes on whatever another offers."""
    return {
        entry.line
        for statement in module.parsed.imports
        if statement.reexported or (module.is_package and (statement.module or statement.level))
        for entry in statement.names
        if entry.name == "*" and entry.alias in ("", "*")
    }


def _holds(manifest: Manifest, path: str) -> bool:
    return not manifest.folder or path.startswith(f"{manifest.folder}/")


def _speaks(manifest: Manifest, module: Module) -> bool:
    return module.parsed.language in _LANGUAGES[manifest.ecosystem]


def _is_entry(manifest: Manifest, inner: str, path: str) -> bool:
    if manifest.entry and normpath(manifest.entry) == path:
        return True
    return inner.rpartition(".")[0] in ("index", "src/index", "main", "src/main")
