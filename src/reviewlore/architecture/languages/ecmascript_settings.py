"""What a tree's package.json and tsconfig.json say of import paths, asked by folder. Manifests in; reads no files."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from posixpath import join, normpath

from reviewlore.domain.manifest import Manifest

# Chains of `extends` and of references are short; a cycle ends here or where a file comes up again.
_MAX_CHAIN = 30
_MAX_REFERENCES = 200
# A glob with more stars would take long to not fit.
_MAX_STARS, _MAX_GLOBS = 6, 1_000
_CONFIG_NAMES = ("tsconfig.json", "jsconfig.json")
_PACKAGE = "package.json"


class Patterns:
    """Import paths with at most one `*`, and what they stand for: an exact one first, then the longest prefix."""

    def __init__(self, aliases: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        self._exact: dict[str, tuple[str, ...]] = {}
        self._open: defaultdict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for pattern, targets in aliases:
            before, star, after = pattern.partition("*")
            if star:
                self._open[before].append((after, targets))
            else:
                self._exact.setdefault(pattern, targets)
        self._lengths = sorted({len(prefix) for prefix in self._open}, reverse=True)

    def find(self, specifier: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the literal start of each pattern that fits, closest first, and its targets with the `*` filled in."""
        if specifier in self._exact:
            yield specifier, self._exact[specifier]
        for length in self._lengths:
            if length <= len(specifier):
                prefix = specifier[:length]
                for after, targets in self._open.get(prefix, ()):
                    if specifier.endswith(after) and len(specifier) >= length + len(after):
                        inner = specifier[length : len(specifier) - len(after)]
                        yield prefix, tuple(target.replace("*", inner) for target in targets)


@dataclass(frozen=True, slots=True)
class Config:
    """One tsconfig with all it inherits: its patterns, and the folder that bare paths may start from."""

    patterns: Patterns
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """One package.json: the folder it lies in, its patterns (`exports`, `imports`), and what it depends on."""

    manifest: Manifest
    folder: str
    patterns: Patterns
    local: dict[str, str] = field(default_factory=dict)  # a dependency in the repository: the folder it points to
    foreign: frozenset[str] = frozenset()
    compiled: str = ""  # the folder that its tsconfig compiles into


class Settings:
    """The manifests of one tree as its importers see them: the nearest ones above them."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        own = [manifest for manifest in manifests if manifest.ecosystem == "npm"]
        self._configs: defaultdict[str, list[Manifest]] = defaultdict(list)
        self._by_folder: defaultdict[str, list[str]] = defaultdict(list)
        for manifest in own:
            if manifest.path.rpartition("/")[2].startswith(("tsconfig", "jsconfig")):
                if manifest.path not in self._configs:
                    self._by_folder[manifest.folder].append(manifest.path)
                self._configs[manifest.path].append(manifest)
        self._packages = {one.folder: self._package(one) for one in own if one.path.rpartition("/")[2] == _PACKAGE}
        self._members = self._find_members(own)
        self._made: dict[str, Config] = {}
        self.configs = cache(self._configs_of)
        self.package = cache(self._package_of)

    def member(self, name: str, importer: Package | None) -> Package | None:
        """Return the repository's own package of a name, if `importer` would get it.

        That is a member of a workspace, a dependency that points to a folder, or the importer itself.
        """
        if importer is not None:
            if name in importer.local and importer.local[name] in self._packages:
                return self._packages[importer.local[name]]
            if name == importer.manifest.name:
                return importer
        return self._members.get(name)

    def _package(self, manifest: Manifest) -> Package:
        local, foreign = {}, set[str]()
        for dependency in manifest.dependencies:
            path = dependency.requirement.partition(":")[2] or dependency.requirement
            if not dependency.local:
                foreign.add(dependency.name)
            elif not dependency.requirement.startswith("workspace:"):
                local[dependency.name] = clean(join(manifest.folder, path))
        configs = self._configs.get(join(manifest.folder, _CONFIG_NAMES[0]), ())
        compiled = next((config.entry for config in configs if config.entry), "")
        return Package(
            manifest, manifest.folder, Patterns(manifest.aliases), local, frozenset(foreign), clean(compiled)
        )

    def _find_members(self, manifests: Iterable[Manifest]) -> dict[str, Package]:
        """Return the packages that a workspace (package.json, pnpm, lerna) or a dependency on `workspace:` names."""
        wanted = {
            dependency.name
            for package in self._packages.values()
            for dependency in package.manifest.dependencies
            if dependency.requirement.startswith("workspace:")
        }
        globs = [glob for one in manifests if one.path not in self._configs for glob in one.members]
        taken = _globs(glob for glob in globs if not glob.startswith("!"))
        dropped = _globs(glob[1:] for glob in globs if glob.startswith("!"))
        found: dict[str, Package] = {}
        for folder, package in sorted(self._packages.items()):
            name = package.manifest.name
            inside = taken.fullmatch(folder) is not None and dropped.fullmatch(folder) is None
            if name and (inside or name in wanted):
                found.setdefault(name, package)
        return found

    def _package_of(self, folder: str) -> Package | None:
        """Return the nearest package.json at or above a folder."""
        for above in upwards(folder):
            if above in self._packages:
                return self._packages[above]
        return None

    def _configs_of(self, folder: str) -> tuple[Config, ...]:
        """Return the nearest tsconfig at or above a folder, what it refers to, and its neighbours, in that order."""
        for above in upwards(folder):
            if above in self._by_folder:
                names = sorted(self._by_folder[above], key=lambda path: (_rank(path), path))
                found: dict[str, None] = {}
                for path in names:
                    found[path] = None
                    for reference in self._references(path):
                        found[reference] = None
                return tuple(self._config(path) for path in list(found)[:_MAX_REFERENCES])
        return ()

    def _references(self, path: str) -> Iterator[str]:
        for manifest in self._configs[path]:
            for member in manifest.members[:_MAX_REFERENCES]:
                known = self._find(member)
                # a reference to another folder is another project, whose files have it as their nearest
                if known and known.rpartition("/")[0] == path.rpartition("/")[0]:
                    yield known

    def _config(self, path: str) -> Config:
        if path not in self._made:
            chain = list(self._chain(path))
            aliases = next((manifest.aliases for manifest in chain if manifest.aliases), ())
            base = next((clean(manifest.roots[0]) for manifest in chain if manifest.roots), None)
            self._made[path] = Config(Patterns(aliases), base)
        return self._made[path]

    def _chain(self, path: str) -> Iterator[Manifest]:
        """Yield a configuration and what it extends, what counts most first."""
        waiting, seen = [path], set[str]()
        while waiting and len(seen) < _MAX_CHAIN:
            now = waiting.pop()
            if now in seen:
                continue
            seen.add(now)
            records = self._configs[now]
            yield records[0]
            bases = [self._find(record.extends) for record in records if record.extends]
            waiting += [base for base in reversed(bases) if base]

    def _find(self, written: str) -> str | None:
        """Return the path of a configuration that another one names: by path, or in one of the tree's own packages."""
        places = [written]
        for name in _package_names(written):
            package = self._members.get(name)
            if package is not None:
                places.append(clean(f"{package.folder}/{written[len(name) + 1 :]}"))
        for place in places:
            for path in (place, f"{place}.json", clean(join(place, _CONFIG_NAMES[0]))):
                if path in self._configs:
                    return path
        return None


def upwards(folder: str) -> Iterator[str]:
    """Yield a folder and all above it; the last is the top, which is empty."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def clean(path: str) -> str:
    """Return a path from the repository's root in its shortest form, the top as nothing."""
    found = normpath(path) if path else ""
    return "" if found == "." else found.lstrip("/")


def _package_names(specifier: str) -> Iterator[str]:
    parts = specifier.split("/")
    count = 2 if specifier.startswith("@") else 1
    if len(parts) >= count:
        yield "/".join(parts[:count])


def _rank(path: str) -> int:
    name = path.rpartition("/")[2]
    return _CONFIG_NAMES.index(name) if name in _CONFIG_NAMES else len(_CONFIG_NAMES)


def _globs(globs: Iterable[str]) -> re.Pattern[str]:
    """Compile the globs of workspaces: `*` is one folder's name or part of it, `**` any number of folders."""
    plain = (glob.rstrip("/") for glob in dict.fromkeys(globs))
    parts = [_glob(glob.split("/")) for glob in plain if glob.count("*") <= _MAX_STARS]
    return re.compile("|".join(parts[:_MAX_GLOBS]) if parts else "(?!)")


def _glob(steps: Sequence[str]) -> str:
    *before, last = ["[^/]*".join(map(re.escape, step.split("*"))) if step != "**" else step for step in steps]
    start = "".join("(?:[^/]+/)*" if step == "**" else f"{step}/" for step in before)
    return start + (".+" if last == "**" else last)
