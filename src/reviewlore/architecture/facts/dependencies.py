"""Third-party packages a change takes on, doubles, needs undeclared or no longer needs. Change in, facts out."""

import sys
from collections import defaultdict
from collections.abc import Iterator

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import is_product, is_prose
from reviewlore.architecture.rivals import find_rival
from reviewlore.domain.architecture import ArchitectureMap, Evidence, ExternalImport, Fact
from reviewlore.domain.manifest import Dependency, Ecosystem, Manifest
from reviewlore.domain.source import Language

_ECOSYSTEM: dict[Language, Ecosystem] = {
    "python": "pypi",
    "typescript": "npm",
    "javascript": "npm",
    "go": "go",
    "rust": "crates",
}
# Distributions whose import name is another one, of those that are often depended on.
_IMPORTED_AS = {
    "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil",
    "dotenv": "python-dotenv", "git": "gitpython", "github": "pygithub", "jwt": "pyjwt", "openssl": "pyopenssl",
    "pil": "pillow", "pkg-resources": "setuptools", "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
_SHOWN = 5


def find_new_dependencies(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each manifest that gains packages nobody here declared before, one more for each duplicate.

    A duplicate serves the purpose of a package that stays declared beside it. Only what is needed at run time counts.
    """
    known = {(entry.ecosystem, entry.name) for manifest in change.base.manifests for entry in manifest.dependencies}
    stays = defaultdict[Ecosystem, set[str]](set)
    for manifest in change.head.manifests:
        stays[manifest.ecosystem].update(
            entry.name for entry in manifest.dependencies if (entry.ecosystem, entry.name) in known
        )
    for manifest in change.head.manifests:
        gained = {
            entry.name: entry
            for entry in manifest.dependencies
            if entry.scope == "runtime" and not entry.local and (entry.ecosystem, entry.name) not in known
        }
        if manifest.path not in change.patch_of or change.patch_of[manifest.path].status == "added":
            continue  # a new manifest is a new package: everything in it is new
        for name, entry in list(gained.items()):
            rival = find_rival(entry.ecosystem, name, stays[entry.ecosystem])
            if rival:
                del gained[name]
                yield _duplicate(change, manifest, entry, *rival)
        if gained:
            yield _new(change, manifest, list(gained.values()))


def find_undeclared(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each outside package that shipped code now imports although no manifest above it names it.

    Judged for npm, where the specifier is the package's name, and for Python where its name is known not to differ.
    Silent where a manifest could not be read in full, and where the repository imported the package before.
    """
    before = {package_of(change.base, entry) for entry in change.base.external}
    said = set[str]()
    for entry in change.new_external:
        package = package_of(change.head, entry)
        if package is None or package in before or package[1] in said or entry.kind in ("type_only", "conditional"):
            continue
        ecosystem, name = package
        manifests = [m for m in change.head.manifests if m.ecosystem == ecosystem and _covers(m, entry.importer)]
        declared = {dependency.name for manifest in manifests for dependency in manifest.dependencies}
        whole = bool(declared) and not any(manifest.problem for manifest in manifests)
        own = {manifest.name for manifest in change.head.manifests}
        if whole and is_product(entry.importer) and ecosystem in ("npm", "pypi") and name not in declared | own:
            if ecosystem == "pypi" and any(name in other or other in name for other in declared):
                continue  # `foo` may well be what `foo-python` installs
            said.add(name)
            yield _undeclared(change, entry, name, manifests)


def find_unused_dependencies(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each declared package whose last import this change removes, if no other file names it."""
    left = {package_of(change.head, entry) for entry in change.head.external}
    dropped: dict[tuple[Ecosystem, str], ExternalImport] = {}
    for entry in change.base.external:
        package = package_of(change.base, entry)
        if package and package not in left and is_product(entry.importer):
            dropped.setdefault(package, entry)
    declared = {
        (dependency.ecosystem, dependency.name): (manifest, dependency)
        for manifest in change.head.manifests
        for dependency in manifest.dependencies
        if dependency.scope == "runtime" and not dependency.local
    }
    for package, entry in dropped.items():
        path = change.moved.get(entry.importer, entry.importer)
        if package in declared and path in change.patch_of and not _named_elsewhere(change, package[1], entry):
            yield _unused(change, path, entry, *declared[package])


def package_of(tree: ArchitectureMap, entry: ExternalImport) -> tuple[Ecosystem, str] | None:
    """Return the ecosystem and name of the package an outside import takes from; None where it cannot be told."""
    module = tree.modules.get(entry.importer)
    ecosystem = _ECOSYSTEM.get(module.parsed.language) if module else None
    target = entry.target
    if ecosystem == "npm":
        parts = target.split("/")
        name = "/".join(parts[:2]) if target.startswith("@") else parts[0]
        return None if ":" in name or not name or name in _NODE else ("npm", name)
    if ecosystem == "pypi":
        top = target.partition(".")[0]
        name = top.lower().replace("_", "-")
        return None if top in sys.stdlib_module_names or not top else ("pypi", _IMPORTED_AS.get(name, name))
    if ecosystem == "crates":
        name = target.partition("::")[0].replace("_", "-")
        return None if name in ("std", "core", "alloc", "proc-macro", "test") else ("crates", name)
    if ecosystem == "go" and "." in target.partition("/")[0]:
        modules = (d.name for manifest in tree.manifests for d in manifest.dependencies if d.ecosystem == "go")
        inside = [name for name in modules if target == name or target.startswith(f"{name}/")]
        return ("go", max(inside, key=len)) if inside else None
    return None


# https://nodejs.org/api/modules.html: built in, also without the `node:` prefix.
_NODE = frozenset(
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain "
    "events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl "
    "stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib".split()
)


def _covers(manifest: Manifest, path: str) -> bool:
    return not manifest.folder or path.startswith(f"{manifest.folder}/")


def _named_elsewhere(change: ChangeContext, name: str, entry: ExternalImport) -> bool:
    """Whether a file that is neither a manifest nor prose names the package or what was imported of it."""
    words = {name, entry.target, entry.target.partition(".")[0]}
    found = change.mentions(frozenset(words))
    manifests = {manifest.path for manifest in change.head.manifests}
    return found is None or any(
        not (mention.path in manifests or is_prose(mention.path) or "lock" in mention.path.rpartition("/")[2])
        for mention in found
    )


def _new(change: ChangeContext, manifest: Manifest, gained: list[Dependency]) -> Fact:
    users = [e for e in change.new_external if (p := package_of(change.head, e)) and p[1] in {g.name for g in gained}]
    names = ", ".join(f"`{entry.name}`" for entry in gained[:_SHOWN]) + (" and more" if len(gained) > _SHOWN else "")
    used = f"{len({user.importer for user in users})} file(s) of this change import it." if users else ""
    return Fact(
        kind="dependency_new",
        path=manifest.path,
        line=change.line(manifest.path, gained[0].line),
        title=f"New third-party dependency: {names}",
        why=f"Nothing in this repository depended on {'it' if len(gained) == 1 else 'them'} before; whoever installs "
        f"it takes on the releases, licences and weaknesses too. {used}".strip(),
        advice="If it is wanted, all is well; a word on why in the description helps whoever has to update it.",
        severity="info",
        confidence=0.8,
        fingerprint=fingerprint("dependency_new", manifest.path, *(entry.name for entry in gained)),
        evidence=tuple(Evidence(f"imports `{user.target}`", user.importer, user.line) for user in users[:_SHOWN]),
    )


def _duplicate(change: ChangeContext, manifest: Manifest, entry: Dependency, rival: str, purpose: str) -> Fact:
    users = [e for e in change.head.external if package_of(change.head, e) == (entry.ecosystem, rival)]
    return Fact(
        kind="dependency_duplicate",
        path=manifest.path,
        line=change.line(manifest.path, entry.line),
        title=f"`{entry.name}` joins `{rival}`: two packages for one purpose ({purpose})",
        why=f"`{rival}` is declared here already and imported by {len({user.importer for user in users})} file(s); "
        "from here on readers and updates meet both.",
        advice=f"Use `{rival}`, or say that `{entry.name}` is to replace it and where the rest of the move is tracked.",
        severity="info",
        confidence=0.8,
        fingerprint=fingerprint("dependency_duplicate", manifest.path, entry.name, rival),
        evidence=tuple(Evidence(f"imports `{user.target}`", user.importer, user.line) for user in users[:_SHOWN]),
    )


def _undeclared(change: ChangeContext, entry: ExternalImport, name: str, manifests: list[Manifest]) -> Fact:
    places = ", ".join(f"`{manifest.path}`" for manifest in manifests[:3] if manifest.dependencies)
    return Fact(
        kind="dependency_undeclared",
        path=entry.importer,
        line=change.line(entry.importer, entry.line),
        title=f"`{entry.target}` is imported, but no manifest declares `{name}`",
        why=f"No file of this repository imported it before, and {places} does not name it: the import works only "
        "where something else happens to install it.",
        advice=f"Declare `{name}` in the manifest, or import it only where it is there.",
        severity="info",
        confidence=0.75,
        fingerprint=fingerprint("dependency_undeclared", entry.importer, name),
    )


def _unused(change: ChangeContext, path: str, entry: ExternalImport, manifest: Manifest, declared: Dependency) -> Fact:
    return Fact(
        kind="dependency_unused",
        path=path,
        line=change.first_line(path),
        title=f"The last import of `{declared.name}` goes, but `{manifest.path}` still declares it",
        why="No other file of this repository names it any more, so everybody still installs what nobody uses.",
        advice=f"Remove `{declared.name}` from `{manifest.path}`, unless something loads it by name.",
        severity="info",
        confidence=0.7,
        fingerprint=fingerprint("dependency_unused", path, declared.name),
        evidence=(
            Evidence(f"imported `{entry.target}` before this change", entry.importer),
            Evidence(f"declares `{declared.name}`", manifest.path, declared.line),
        ),
    )
