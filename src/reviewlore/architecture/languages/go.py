"""Where Go's imports lead: import paths to packages by go.mod, and on to the files that define the names used.

Go knows packages, not files: an import becomes one edge for each name used of the package, to the file that defines it.
A file is called by its path without `.go` (`internal/db/conn`), so that a contract can name a package by its folder.
Standard library, other modules, `vendor/` and `testdata/` are external; test files are nobody's target.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping

from reviewlore.architecture.languages.resolver import Resolution, Sources
from reviewlore.domain.architecture import ExternalImport, ImportEdge
from reviewlore.domain.manifest import Manifest
from reviewlore.domain.paths import climb
from reviewlore.domain.source import ImportStatement, ParsedModule

# Folders that the go command does not take for packages of the module (https://pkg.go.dev/cmd/go, "Package lists").
_NOT_OURS = frozenset({"vendor", "testdata"})


class GoResolver:
    """Resolver of Go's imports (https://go.dev/ref/mod#resolve-pkg-mod)."""

    def __init__(self, sources: Sources) -> None:
        self._parsed = sources.parsed
        folders: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted(sources.parsed):
            if not path.endswith("_test.go") and _is_ours(path):
                folders[path.rpartition("/")[0]].append(path)
        self._packages = {folder: _exported(paths, sources.parsed) for folder, paths in folders.items()}
        self._modules = _modules(sources.manifests) or _guessed(sources.parsed, self._packages)
        self._faces = {folder: _face(folder, paths, sources.parsed) for folder, paths in folders.items()}

    @property
    def signature(self) -> Hashable:
        """The modules, and every package with its face and the files of its names."""
        packages = (
            (folder, self._faces[folder], tuple(sorted(names.items()))) for folder, names in self._packages.items()
        )
        return (tuple(self._modules.items()), tuple(sorted(packages)))

    def name(self, path: str) -> str:
        """Return a file's path without its suffix: its package's folder and its own name."""
        return path.removesuffix(".go")

    def resolve(self, path: str) -> Resolution:
        """Return where the imports of a file lead."""
        edges: list[ImportEdge] = []
        external: list[ExternalImport] = []
        for statement in self._parsed[path].imports:
            folder = self._folder(statement.module, path)
            if folder is None:
                external.append(ExternalImport(path, statement.module, statement.line, statement.kind))
            elif folder in self._packages:  # else it is ours, but generated and not in the tree
                edges += self._edges(path, statement, folder)
        return Resolution(tuple(edges), tuple(external))

    def _edges(self, path: str, statement: ImportStatement, folder: str) -> list[ImportEdge]:
        """Return an edge for each name the package has; for names it has not (generated code, hidden) one in all."""
        names = self._packages[folder]
        targets = [(names[used.name], used.name) for used in statement.names if used.name in names]
        return [
            ImportEdge(path, target, statement.line, statement.kind, f"{self.name(target)}.{name}".rstrip("."))
            for target, name in targets or [(self._faces[folder], "")]
            if target != path
        ]

    def _folder(self, module: str, importer: str) -> str | None:
        """Return the folder an import means, where the module is ours: the longest module path that fits decides."""
        if module.startswith(("./", "../")) or module in (".", ".."):
            return climb(importer.rpartition("/")[0], module)
        prefix = module
        while prefix:
            if prefix in self._modules:
                rest, root = module[len(prefix) + 1 :], self._modules[prefix]
                return f"{root}/{rest}".strip("/")
            prefix = prefix.rpartition("/")[0]
        return None


def _is_ours(path: str) -> bool:
    return _NOT_OURS.isdisjoint(path.split("/")[:-1])


def _modules(manifests: tuple[Manifest, ...]) -> dict[str, str]:
    """Return the folder of every module of the repository; those replaced by a folder count by their old path, too.

    Of two go.mod that claim one path, the one nearer to the top wins, as an example or a fixture lies deeper.
    """
    found: dict[str, str] = {}
    ours = [entry for entry in manifests if entry.ecosystem == "go" and _is_ours(entry.path)]
    for entry in sorted(ours, key=lambda entry: (entry.path.count("/"), entry.path)):
        if entry.name:
            found.setdefault(entry.name, entry.folder)
    for entry in ours:
        for name, targets in entry.aliases:
            found.setdefault(name, targets[0])
    return found


def _guessed(parsed: Mapping[str, ParsedModule], packages: Mapping[str, object]) -> dict[str, str]:
    """Return the module path that most imports speak for where no go.mod says it: what stands before our folders."""
    votes = Counter[str]()
    for path, module in parsed.items():
        for statement in module.imports if _is_ours(path) else ():
            parts = statement.module.split("/")
            if "." in parts[0]:
                votes.update(
                    {"/".join(parts[:cut]) for cut in range(1, len(parts)) if "/".join(parts[cut:]) in packages}
                )
    (best, _), *_ = votes.most_common(1) or [("", 0)]
    return {best: ""} if best else {}


def _exported(paths: list[str], parsed: Mapping[str, ParsedModule]) -> dict[str, str]:
    """Return which file of a package defines each of its names; files for one platform only come last."""
    found: dict[str, str] = {}
    for path in sorted(
        paths, key=lambda path: (any(entry.kind == "conditional" for entry in parsed[path].imports), path)
    ):
        module = parsed[path]
        for name in (*(entry.name for entry in module.definitions if entry.owner is None), *sorted(module.assigned)):
            if name[:1].isupper():
                found.setdefault(name, path)
    return found


def _face(folder: str, paths: list[str], parsed: Mapping[str, ParsedModule]) -> str:
    """Return the file that stands for a package where no name tells: the one called like it, `doc.go`, or the first."""
    package = parsed[paths[0]].package
    wanted = (f"{folder.rpartition('/')[2]}.go", f"{package}.go", "doc.go")
    by_name = {path.rpartition("/")[2]: path for path in paths}
    return next((by_name[name] for name in wanted if name in by_name), paths[0])
