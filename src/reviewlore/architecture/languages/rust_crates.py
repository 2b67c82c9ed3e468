"""The crates of a tree and their module trees: parsed files and manifests in; which module each file is, out.

Crate roots are found as Cargo does (https://doc.rust-lang.org/cargo/guide/project-layout.html), modules from `mod`
declarations (https://doc.rust-lang.org/reference/items/modules.html). Files that nothing declares (a macro may) get
the module that their place says.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reviewlore.architecture.languages.resolver import Sources
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.paths import climb
from reviewlore.domain.source import ImportStatement, ParsedModule

Path = tuple[str, ...]
_DECLARES = "mod "
# A target of a package by its place, in the order in which a shared file counts for one of them.
_TARGET = re.compile(r"src/main\.rs|build\.rs|(src/bin|tests|examples|benches)/([^/]+\.rs|[^/]+/main\.rs)")
_ASIDE = re.compile(r"/(tests|examples|benches)/|/build\.rs$")


@dataclass(frozen=True, slots=True)
class Crate:
    """One crate: its root file and its package's folder; `name` is what others call it (empty: nobody can).

    `called` is what its modules are called after, empty for tests, examples and further binaries. `visible` are the
    folders of packages of the repository that its package knows, by the name it has for them.
    """

    root: str
    package: str
    name: str = ""
    called: str = ""
    visible: Mapping[str, str] = field(default_factory=dict)


class Crates:
    """Which crate and module every file is; `modules` is the way back."""

    def __init__(self, sources: Sources) -> None:
        self._parsed = sources.parsed
        declared = {entry.folder: entry for entry in sources.manifests if entry.ecosystem == "crates"}
        manifests = [_with_inherited(entry, declared) for entry in declared.values() if entry.name]
        self.crates = tuple(_found(sources.parsed, manifests))
        self._libraries = {crate.name: number for number, crate in reversed([*enumerate(self.crates)]) if crate.name}
        self._by_package = {crate.package: number for number, crate in enumerate(self.crates) if crate.name}
        self._packages = {entry.folder: _crate_name(entry.folder, entry) for entry in manifests}
        self._needs = {
            entry.folder: frozenset((one.called or one.name).replace("-", "_") for one in entry.dependencies)
            | _visible(entry).keys()
            for entry in manifests
        }
        self.home: dict[str, tuple[int, Path]] = {}
        self.modules: dict[tuple[int, Path], str] = {}
        self.children: dict[tuple[str, ImportStatement], str] = {}
        for number, crate in enumerate(self.crates):
            self._grow(number, crate.root)
        self._settle_rest()

    @property
    def signature(self) -> Hashable:
        """All that is looked up here: crates, packages, where every file belongs, which file a declaration means."""
        crates = tuple(
            (crate.root, crate.package, crate.name, crate.called, tuple(crate.visible.items())) for crate in self.crates
        )
        needs = tuple(sorted((folder, tuple(sorted(names))) for folder, names in self._needs.items()))
        names = tuple(sorted(self._packages.items()))
        return crates, names, needs, tuple(sorted(self.home.items())), tuple(sorted(self.children.values()))

    def find(self, crate: int, name: str) -> int | None:
        """Return the library that a crate means by a name, None where it is not ours.

        A package knows its own library, and those it declares; one without a manifest knows all.
        """
        here = self.crates[crate]
        if name in here.visible:
            return self._by_package.get(here.visible[name])
        found = self._libraries.get(name)
        if found is None or found == crate:
            return None
        declared = here.package not in self._needs or name in self._needs[here.package]
        return found if declared or self.crates[found].package == here.package else None

    def needs(self, path: str) -> frozenset[str]:
        """Return what code calls the packages that a file's package declares to need."""
        home = self.home.get(path)
        return self._needs.get(self.crates[home[0]].package, frozenset()) if home is not None else frozenset()

    def within(self, path: str, module: str) -> bool:
        """Whether a file is a module of a crate, or lies in it."""
        one, other = self.home.get(path), self.home.get(module)
        return one is not None and other is not None and one[0] == other[0] and one[1][: len(other[1])] == other[1]

    def name(self, path: str) -> str:
        """Return what a file is called: its module in its crate, or its place in its package."""
        crate, module = self.home.get(path, (-1, ()))
        if crate >= 0 and self.crates[crate].called:
            return "::".join((self.crates[crate].called, *module))
        folder = _package_of(path, self._packages)
        parts = re.sub(r"(/main|/mod)?\.rs$", "", path[len(folder) + 1 if folder else 0 :]).split("/")
        parts = parts[1:] if parts[0] == "src" and len(parts) > 1 else parts
        return "::".join((*filter(None, (self._packages.get(folder or ""),)), *parts))

    def _grow(self, number: int, root: str) -> None:
        """Walk the declarations from a crate's root; each file is read once for each crate."""
        frontier: list[tuple[str, Path, bool]] = [(root, (), True)]
        seen = {root}
        while frontier:
            path, module, at_top = frontier.pop()
            self.modules.setdefault((number, module), path)
            self.home.setdefault(path, (number, module))
            for inner, statement in declared(self._parsed[path]):
                child = self._child(path, inner, statement, at_top)
                if child is None or child in seen:
                    continue
                seen.add(child)
                self.children.setdefault((path, statement), child)
                named = bool(statement.names)  # a `#[path]` makes its file look for children beside itself
                frontier.append((child, (*module, *inner), named or child.endswith("/mod.rs")))

    def _child(self, path: str, inner: Path, statement: ImportStatement, at_top: bool) -> str | None:
        folder, _, name = path.rpartition("/")
        below = folder if at_top else _join(folder, name.removesuffix(".rs"))
        if statement.names:
            base = _join(below, *inner[:-1]) if len(inner) > 1 else folder
            target = climb(base, statement.names[0].name.replace("\\", "/"))
            return target if target in self._parsed else None
        stem = _join(below, *inner)
        return next((found for found in (f"{stem}.rs", f"{stem}/mod.rs") if found in self._parsed), None)

    def _settle_rest(self) -> None:
        """Give the files that no declaration reaches the module of the nearest package that their path spells."""
        sources: dict[str, int] = {}
        for number, crate in enumerate(self.crates):
            if crate.called:
                sources.setdefault(crate.root.rpartition("/")[0], number)
        for path in sorted(self._parsed.keys() - self.home.keys()):
            parts = path.removesuffix(".rs").removesuffix("/mod").split("/")
            for cut in range(len(parts) - 1, -1, -1):
                nearest = sources.get("/".join(parts[:cut]))
                if nearest is not None:
                    self.home[path] = (nearest, tuple(parts[cut:]))
                    self.modules.setdefault(self.home[path], path)
                    break


def declared(parsed: ParsedModule) -> Iterator[tuple[Path, ImportStatement]]:
    """Yield the modules that a file declares without a body, by their names from the file's own module."""
    for statement in parsed.imports:
        if statement.module.startswith(_DECLARES):
            yield tuple(statement.module.removeprefix(_DECLARES).split("::")), statement


def is_declaration(statement: ImportStatement) -> bool:
    """Whether a statement is `mod x;`."""
    return statement.module.startswith(_DECLARES)


def _found(parsed: Mapping[str, ParsedModule], manifests: list[Manifest]) -> Iterator[Crate]:
    """Yield the crates, libraries first: a file that several crates share belongs to the first."""
    by_folder = {entry.folder: entry for entry in manifests} or dict.fromkeys(_guessed(parsed))
    targets: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for path in sorted(parsed):
        folder = _package_of(path, by_folder)
        if folder is not None and _TARGET.fullmatch(path[len(folder) + 1 if folder else 0 :]):
            targets[folder][path] = None
    rest = []
    for folder, manifest in sorted(by_folder.items()):
        entry = manifest.entry if manifest is not None else _join(folder, "src/lib.rs")
        visible, called = _visible(manifest), _crate_name(folder, manifest)
        if entry in parsed:
            yield Crate(entry, folder, called, called, visible)
            called = ""
        named = manifest.roots if manifest is not None else ()
        roots = dict.fromkeys(path for path in (*named, *targets[folder]) if path in parsed and path != entry)
        for path in sorted(roots, key=_rank):
            main = called and not _ASIDE.search(f"/{path}")
            rest.append(Crate(path, folder, "", called if main else "", visible))
            called = "" if main else called
    yield from rest


def _with_inherited(entry: Manifest, declared: Mapping[str, Manifest]) -> Manifest:
    """Return a manifest with the folders that its workspace, in a folder above, gives the names it inherits."""
    inherited = {dependency.name for dependency in entry.dependencies if dependency.requirement == "workspace"}
    folder, found = entry.folder, list[tuple[str, tuple[str, ...]]]()
    while folder and inherited:
        folder = folder.rpartition("/")[0]
        above = declared.get(folder)
        found += [pair for pair in (above.aliases if above else ()) if pair[0] in inherited]
    return replace(entry, aliases=(*found, *entry.aliases)) if found else entry


def _guessed(parsed: Mapping[str, ParsedModule]) -> list[str]:
    """Return the folders that look like packages where no manifest says so."""
    tails = ("src/lib.rs", "src/main.rs")
    return sorted(
        {path[: -len(tail)].rstrip("/") for path in parsed for tail in tails if f"/{path}".endswith(f"/{tail}")}
    )


def _package_of(path: str, folders: Mapping[str, object]) -> str | None:
    folder = path.rpartition("/")[0]
    while folder not in folders:
        if not folder:
            return None
        folder = folder.rpartition("/")[0]
    return folder


def _crate_name(folder: str, manifest: Manifest | None) -> str:
    """Return what code calls a library: as `[lib]` or the package says, else as its folder."""
    if manifest is None:
        return folder.rpartition("/")[2].replace("-", "_") or "lib"
    own = next(
        (name for name, targets in manifest.aliases if manifest.entry and targets == (manifest.entry,)), manifest.name
    )
    return own.replace("-", "_")


def _visible(manifest: Manifest | None) -> dict[str, str]:
    """Return the folders of the packages that a manifest gives a name, by that name."""
    pairs = manifest.aliases if manifest is not None else ()
    return {name.replace("-", "_"): targets[0] for name, targets in pairs if not targets[0].endswith(".rs")}


def _rank(path: str) -> tuple[bool, bool, str]:
    return not path.endswith("src/main.rs"), "/src/" not in f"/{path}", path


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)
