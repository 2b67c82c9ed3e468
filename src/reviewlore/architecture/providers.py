"""Which package an import of something outside comes from: imports and manifests in, package names out. Pure."""

import re
from collections import defaultdict
from collections.abc import Sequence, Set

from reviewlore.architecture.distributions import candidates, is_standard, is_unexplained, kin, tops_of
from reviewlore.domain.architecture import ArchitectureMap, ExternalImport
from reviewlore.domain.manifest import Ecosystem, Manifest
from reviewlore.domain.source import Language

_ECOSYSTEM: dict[Language, Ecosystem] = {
    "python": "pypi",
    "typescript": "npm",
    "javascript": "npm",
    "go": "go",
    "rust": "crates",
}
# Folders of requirements files, which speak for what lies beside them.
_REQUIREMENTS = frozenset({"requirements", "requirement", "reqs"})
Package = tuple[Ecosystem, str]


class Packages:
    """Which packages of which ecosystem the outside imports of one tree come from, as far as its manifests tell."""

    def __init__(self, tree: ArchitectureMap) -> None:
        self._tree = tree
        self._declared: defaultdict[Ecosystem, set[str]] = defaultdict(set)
        for manifest in tree.manifests:
            self._declared[manifest.ecosystem].update(dependency.name for dependency in manifest.dependencies)
        self._crates = {
            one.called.replace("-", "_"): one.name
            for manifest in tree.manifests
            for one in manifest.dependencies
            if one.ecosystem == "crates" and one.called
        }
        self._tops: frozenset[str] | None = None

    def of(self, entry: ExternalImport) -> Package | None:
        """Return the ecosystem and name of the package an import takes from; None where it cannot be told."""
        module = self._tree.modules.get(entry.importer)
        ecosystem = _ECOSYSTEM.get(module.parsed.language) if module else None
        if ecosystem == "pypi":
            if is_standard(entry.target):
                return None
            names = candidates(entry.target)[0]
            return "pypi", next((name for name in names if name in self._declared["pypi"]), names[0])
        name = None
        if ecosystem == "npm":
            name = _npm_name(entry.target)
        elif ecosystem == "crates":
            name = self._crate(entry.target)
        elif ecosystem == "go":
            name = self._go_module(entry.target)
        return (ecosystem, name) if ecosystem and name else None

    def is_missing(self, entry: ExternalImport, manifests: Sequence[Manifest], own: Set[str]) -> bool:
        """Whether a Python import surely comes from a distribution that none of these manifests names.

        Sure is a name that is known to be its distribution's, and any name where everything else that is declared for
        run time is accounted for by the other imports of the tree, so that it cannot come from there.
        """
        names, sure = candidates(entry.target)
        declared = {dependency.name for manifest in manifests for dependency in manifest.dependencies}
        if any(kin(name, other) for name in names for other in declared | (own - {""})):
            return False
        if any(d.requirement.startswith("[") for manifest in manifests for d in manifest.dependencies):
            return False  # an extra brings packages that only its own manifest names
        needed = (d for manifest in manifests for d in manifest.dependencies if d.scope in ("runtime", "optional"))
        return sure or not any(is_unexplained(dependency.name, self._imported) for dependency in needed)

    @property
    def _imported(self) -> frozenset[str]:
        if self._tops is None:
            self._tops = tops_of(entry.target for entry in self._tree.external if self._language(entry) == "python")
        return self._tops

    def _language(self, entry: ExternalImport) -> Language | None:
        module = self._tree.modules.get(entry.importer)
        return module.parsed.language if module else None

    def _crate(self, target: str) -> str | None:
        """A crate's name in code has `_` where the manifest may have `-`, or is the one the manifest gives it."""
        name = target.partition("::")[0]
        if name in ("std", "core", "alloc", "proc_macro", "test"):
            return None
        known = (one for one in (name, name.replace("_", "-")) if one in self._declared["crates"])
        return next(known, None) or self._crates.get(name, name)

    def _go_module(self, target: str) -> str | None:
        if "." not in target.partition("/")[0]:
            return None
        parts = target.split("/")
        upwards = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((name for name in upwards if name in self._declared["go"]), None)


def _npm_name(target: str) -> str | None:
    """Return a specifier's package; None for what Node has built in, and for aliases and loaders of bundlers."""
    parts = target.split("/")
    name = "/".join(parts[:2]) if target.startswith("@") else parts[0]
    return None if name in _NODE or not _NPM_NAME.fullmatch(name) or name.startswith(_GIVEN) else name


# https://nodejs.org/api/modules.html: built in, also without the `node:` prefix.
_NODE = frozenset(
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain "
    "events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl "
    "stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib".split()
)
_NPM_NAME = re.compile(r"(?:@[\w.-]+/)?[A-Za-z0-9_][\w.-]*")
# What a framework puts under a name without a package: Docusaurus' themes, the editor's own module.
_GIVEN = ("@theme/", "@theme-original/", "@site/", "@generated/", "vscode")


def is_missing_npm(name: str, declared: Set[str]) -> bool:
    """A package of types alone stands for what the platform itself brings."""
    types = f"@types/{name[1:].replace('/', '__')}" if name.startswith("@") else f"@types/{name}"
    return name not in declared and types not in declared


def covers(manifest: Manifest, path: str) -> bool:
    """Whether a manifest speaks for a file: from its own folder down, or the one that its `requirements/` lies in."""
    folder = manifest.folder
    if manifest.ecosystem == "pypi" and not manifest.name:
        parts = folder.split("/")
        cut = next((number for number, part in enumerate(parts) if part.lower() in _REQUIREMENTS), len(parts))
        folder = "/".join(parts[:cut])
    return not folder or path.startswith(f"{folder}/")
