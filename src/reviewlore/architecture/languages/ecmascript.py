"""Where the imports of JavaScript and TypeScript lead: specifiers to files of the tree, or to packages outside.

As TypeScript and the bundlers resolve (https://www.typescriptlang.org/docs/handbook/modules/reference.html,
https://nodejs.org/api/packages.html), told from paths and manifests only. Where a package's entry is compiled and not
in the tree, its source stands in. Not followed: bundlers' own aliases (their configuration is code), `rootDirs`,
`moduleSuffixes`, `typesVersions`. What lies in the tree and is no source (styles, images, data) is neither an edge nor
external, and neither is a relative path to a file that is not there.
"""

import re
from collections.abc import Hashable, Iterator
from posixpath import join

from reviewlore.architecture.languages.ecmascript_settings import Config, Package, Settings, clean, upwards
from reviewlore.architecture.languages.resolver import Resolution, Sources
from reviewlore.domain.architecture import ExternalImport, ImportEdge
from reviewlore.domain.source import ImportStatement

_TYPED = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mts", ".cts", ".mjs", ".cjs", ".d.mts", ".d.cts")
_PLAIN = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".d.ts", ".mts", ".cts", ".d.mts", ".d.cts")
# What a compiled name may have been before (TypeScript's "file extension substitution").
_COMPILED = {
    ".js": (".ts", ".tsx", ".d.ts", ".js", ".jsx"),
    ".jsx": (".tsx", ".ts", ".d.ts", ".jsx", ".js"),
    ".mjs": (".mts", ".d.mts", ".mjs"),
    ".cjs": (".cts", ".d.cts", ".cjs"),
}
_SUFFIX = re.compile(r"(?:\.d)?\.[cm]?[jt]sx?$")
# Where packages keep what their entry was compiled from.
_SOURCE_FOLDERS = ("src", "source", "lib", "")
_ENTRIES = ("index", "main")
_WORD = re.compile(r"[A-Za-z@#~]")


class EcmaScriptResolver:
    """Resolver of the imports of JavaScript and TypeScript."""

    def __init__(self, sources: Sources) -> None:
        self._parsed = sources.parsed
        self._settings = Settings(sources.manifests)
        self._manifests = tuple(one for one in sources.manifests if one.ecosystem == "npm")
        self._known: dict[tuple[str, str, bool], str | None] = {}

    @property
    def signature(self) -> Hashable:
        """The paths of all sources, and npm's manifests."""
        return (tuple(sorted(self._parsed)), self._manifests)

    def name(self, path: str) -> str:
        """Return a file's path without its suffix; an `index` is called like its folder."""
        bare = _SUFFIX.sub("", path)
        return bare.removesuffix("/index")

    def resolve(self, path: str) -> Resolution:
        """Return where the imports of a file lead."""
        edges: list[ImportEdge] = []
        external: list[ExternalImport] = []
        folder, plain = path.rpartition("/")[0], self._parsed[path].language == "javascript"
        for statement in self._parsed[path].imports:
            specifier = _bare(statement.module)
            key = (folder, specifier, plain)
            if key not in self._known:
                self._known[key] = self._find(folder, specifier, plain)
            found = self._known[key]
            if found is None:
                external.append(ExternalImport(path, specifier, statement.line, statement.kind))
            elif found and found != path:
                edges += self._edges(path, found, statement)
        return Resolution(tuple(edges), tuple(external))

    def _edges(self, path: str, target: str, statement: ImportStatement) -> Iterator[ImportEdge]:
        """Yield an edge for each name that is taken, or one for the module as a whole."""
        module, kind, again = self.name(target), statement.kind, statement.reexported
        for name in statement.names:
            whole = module if name.name == "*" else f"{module}.{name.name}"
            yield ImportEdge(path, target, name.line, kind, whole, again)
        if not statement.names:
            yield ImportEdge(path, target, statement.line, kind, module, again)

    def _find(self, folder: str, specifier: str, plain: bool) -> str | None:
        """Return the file of the tree, nothing for what is ours and no source of it, None for what is outside."""
        if not specifier or specifier.startswith((".", "/")):
            return self._by_path(folder, specifier, plain)
        package = self._settings.package(folder)
        if specifier.startswith("#") and package is not None:
            return self._by_patterns(package, specifier, plain)
        ours = False
        for config in self._settings.configs(folder):
            found, fits = self._by_config(config, specifier, plain)
            if found:
                return found
            ours |= fits
        if specifier.startswith(("@/", "~/")):  # no name of a package
            return self._by_habit(folder, specifier[2:], plain)
        name = package_name(specifier)
        own = self._settings.member(name, package) if name else None
        if own is not None:
            return self._in_package(own, specifier, name, plain)
        declared = any(name in above.foreign for above in self._packages(folder))
        return "" if ours and not declared else None

    def _by_path(self, folder: str, specifier: str, plain: bool) -> str:
        if specifier.startswith("/"):  # from where a development server serves
            package = self._settings.package(folder)
            root = package.folder if package else ""
            return self._file(clean(f"{root}{specifier}"), plain) or self._file(clean(specifier), plain)
        place = clean(join(folder, specifier)) if specifier else ".."
        return "" if place == ".." or place.startswith("../") else self._file(place, plain)

    def _by_config(self, config: Config, specifier: str, plain: bool) -> tuple[str, bool]:
        """Return the file that `paths` or `baseUrl` lead to, and whether a pattern says that it is one of ours."""
        fits = False
        for prefix, targets in config.patterns.find(specifier):
            for target in targets:
                if found := self._file(clean(target), plain):
                    return found, True
            fits |= bool(_WORD.search(prefix)) and not any("node_modules" in target.split("/") for target in targets)
            break  # TypeScript tries the closest pattern alone
        if config.base is not None and (found := self._file(clean(join(config.base, specifier)), plain)):
            return found, True
        return "", fits

    def _by_patterns(self, package: Package, specifier: str, plain: bool) -> str:
        """Return what `exports` or `imports` lead to; what runs before what declares it, where nobody checks types."""
        for _, targets in package.patterns.find(specifier):
            for target in sorted(targets, key=_declares) if plain else targets:
                if found := self._file(clean(target), plain):
                    return found
            for target in targets:
                if not _declares(target) and (found := self._source_of(package, clean(target), plain)):
                    return found
        return ""

    def _in_package(self, package: Package, specifier: str, name: str, plain: bool) -> str:
        """Return the file of one of our packages; nothing where it is no source, as a style is not."""
        if found := self._by_patterns(package, specifier, plain):
            return found
        rest = specifier[len(name) + 1 :]
        if rest:
            place = clean(f"{package.folder}/{rest}")
            return self._file(place, plain) or self._source_of(package, place, plain)
        if found := self._entry(package.folder, plain):
            return found
        declared = [target for _, targets in package.patterns.find(specifier) for target in targets]
        return next((found for target in declared if (found := self._source_of(package, clean(target), plain))), "")

    def _source_of(self, package: Package, target: str, plain: bool) -> str:
        """Return the source that a file which is not in the tree was compiled from: `dist/a.js` from `src/a.ts`."""
        if package.folder and not target.startswith(f"{package.folder}/"):
            return ""
        inner = _SUFFIX.sub("", target[len(package.folder) + 1 if package.folder else 0 :])
        if inner == _SUFFIX.sub("", target) and "." in inner.rpartition("/")[2]:
            return ""
        folder, _, rest = inner.partition("/")
        places = [rest, rest.partition("/")[2]] if rest else [folder]
        if package.compiled and target.startswith(f"{package.compiled}/"):
            places.insert(0, _SUFFIX.sub("", target[len(package.compiled) + 1 :]))
        for place in places:
            for source in _SOURCE_FOLDERS if place else ():
                if found := self._file(clean(f"{package.folder}/{source}/{place}"), plain):
                    return found
        return ""

    def _entry(self, folder: str, plain: bool) -> str:
        for source in ("", *_SOURCE_FOLDERS[:-1]):
            for entry in _ENTRIES:
                if found := self._file(clean(f"{folder}/{source}/{entry}"), plain):
                    return found
        return ""

    def _by_habit(self, folder: str, rest: str, plain: bool) -> str:
        """`@/a` and `~/a` mean `src/a` or `a` of the package in what Vite, Vue and Nuxt generate."""
        for package in self._packages(folder):
            for source in ("src", "app", ""):
                if found := self._file(clean(f"{package.folder}/{source}/{rest}"), plain):
                    return found
        return ""

    def _packages(self, folder: str) -> Iterator[Package]:
        """Yield the package.json at and above a folder, nearest first."""
        for above in upwards(folder):
            package = self._settings.package(above)
            if package is not None and package.folder == above:
                yield package

    def _file(self, place: str, plain: bool) -> str:
        """Return the source that a path without or with a suffix means, or nothing."""
        suffixes = _PLAIN if plain else _TYPED
        at = place.rfind(".")
        compiled = _COMPILED.get(place[at:]) if at > 0 else None
        if plain and place in self._parsed:
            return place
        if compiled is not None:
            for suffix in compiled:
                if place[:at] + suffix in self._parsed:
                    return place[:at] + suffix
        if place in self._parsed:
            return place
        for suffix in suffixes:
            if place + suffix in self._parsed:
                return place + suffix
        package = self._settings.package(place)
        if package is not None and package.folder == place and place:
            for target in (package.manifest.entry, *(path for _, paths in package.manifest.aliases for path in paths)):
                if target in self._parsed and target != place:
                    return target
        inner = f"{place}/index" if place else "index"
        return next((inner + suffix for suffix in suffixes if inner + suffix in self._parsed), "")


def _declares(target: str) -> bool:
    return target.endswith((".d.ts", ".d.mts", ".d.cts"))


def package_name(specifier: str) -> str:
    """Return the package of a bare specifier: `a` of `a/b`, `@s/a` of `@s/a/b`; nothing where it names none."""
    if ":" in specifier:
        return ""
    first, _, rest = specifier.partition("/")
    if not first.startswith("@"):
        return first
    second = rest.partition("/")[0]
    return f"{first}/{second}" if second and len(first) > 1 else ""


def _bare(module: str) -> str:
    """Drop what bundlers read beside the path: loaders before a `!`, a query after a `?`."""
    specifier = module.rpartition("!")[2]
    return specifier.partition("?")[0] if not specifier.startswith("#") else specifier
