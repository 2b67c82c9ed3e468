"""Third-party packages a change takes on, doubles, needs undeclared or no longer needs. Change in, facts out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import is_aside, is_generated, is_product, is_prose, is_test, related
from reviewlore.architecture.providers import Package, covers, is_missing_npm
from reviewlore.architecture.rivals import find_rival
from reviewlore.domain.architecture import Evidence, ExternalImport, Fact
from reviewlore.domain.manifest import Dependency, Ecosystem, Manifest

_ENVIRONMENTS = frozenset({"environment.yml", "environment.yaml", "conda.yaml", "meta.yaml", "pixi.toml"})
_SHOWN = 5
# Declarations of types for a package that is there already: nothing of them runs (https://definitelytyped.org).
_TYPES_ONLY = "@types/"


def find_new_dependencies(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each manifest that gains packages nobody here declared before, one more for each duplicate.

    A duplicate serves the purpose of a package that stays declared beside it. Only what is needed at run time counts,
    each package once, in the first manifest of a package that ships.
    """
    known = {(entry.ecosystem, entry.name) for manifest in change.base.manifests for entry in manifest.dependencies}
    own = {(manifest.ecosystem, manifest.name) for manifest in change.head.manifests if manifest.name}
    users = _users(change)
    for manifest in sorted(change.head.manifests, key=lambda found: (not found.name, found.path)):
        gained = {
            entry.name: entry
            for entry in manifest.dependencies
            if entry.scope == "runtime"
            and not entry.local
            and (entry.ecosystem, entry.name) not in known
            and (entry.ecosystem, entry.name) not in own
            and not entry.name.startswith(_TYPES_ONLY)
        }
        if manifest.path not in change.patch_of or change.patch_of[manifest.path].status == "added":
            continue  # a new manifest is a new package: everything in it is new
        if not _ships(manifest):
            continue
        known |= {(entry.ecosystem, entry.name) for entry in gained.values()}
        stays = _declared_beside(change, manifest)
        for name, entry in list(gained.items()):
            rival = find_rival(entry.ecosystem, name, stays)
            if rival:
                del gained[name]
                yield _duplicate(change, manifest, entry, *rival)
        if gained:
            yield _new(change, manifest, list(gained.values()), users)


def find_undeclared(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each outside package that shipped code now imports although no manifest above it names it.

    Judged for npm, where the specifier is the package's name, and for Python where it is sure what the import comes
    from. Silent where a manifest could not be read in full, and where the repository imported the package before.
    """
    before, now = change.packages_before, change.packages
    known = {before.of(entry) for entry in change.base.external}
    said = set[str]()
    for entry in change.new_external:
        package = now.of(entry)
        if package is None or package in known or package[1] in said or entry.kind != "runtime":
            continue
        ecosystem, name = package
        if ecosystem not in ("npm", "pypi") or not is_product(entry.importer):
            continue
        manifests = [m for m in change.head.manifests if m.ecosystem == ecosystem and covers(m, entry.importer)]
        declared = {dependency.name for manifest in manifests for dependency in manifest.dependencies}
        if not declared or any(manifest.problem for manifest in manifests) or _elsewhere(change, ecosystem):
            continue
        own = {manifest.name for manifest in change.head.manifests}
        missing = is_missing_npm(name, declared | own) if ecosystem == "npm" else now.is_missing(entry, manifests, own)
        if missing:
            said.add(name)
            yield _undeclared(change, entry, name, manifests)


def find_unused_dependencies(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file and manifest: packages whose last import goes and that no other file names."""
    before, now = change.packages_before, change.packages
    left = {now.of(entry) for entry in change.head.external}
    dropped: dict[Package, ExternalImport] = {}
    for entry in change.base.external:
        package = before.of(entry)
        if package and package not in left and is_product(entry.importer):
            dropped.setdefault(package, entry)
    found: defaultdict[tuple[str, str], list[tuple[ExternalImport, Dependency]]] = defaultdict(list)
    for package, entry in dropped.items():
        path = change.moved.get(entry.importer, entry.importer)
        declared = [
            (manifest, dependency)
            for manifest in change.head.manifests
            for dependency in manifest.dependencies
            if (dependency.ecosystem, dependency.name) == package
            and dependency.scope == "runtime"
            and not dependency.local
            and covers(manifest, path)
        ]
        if declared and path in change.patch_of and not _named_elsewhere(change, package[1], entry):
            manifest, dependency = declared[0]
            found[path, manifest.path].append((entry, dependency))
    for (path, manifest_path), unused in found.items():
        yield _unused(change, path, manifest_path, unused)


def _ships(manifest: Manifest) -> bool:
    """Whether what a manifest asks for reaches users: not that of a test, an example or a tool."""
    return not (is_test(manifest.path) or is_aside(manifest.path) or manifest.path.startswith("."))


def _elsewhere(change: ChangeContext, ecosystem: Ecosystem) -> bool:
    """Whether packages may be declared where no reader looks: in the environment of another installer."""
    return ecosystem == "pypi" and any(path.rpartition("/")[2] in _ENVIRONMENTS for path in change.head.files)


def _declared_beside(change: ChangeContext, manifest: Manifest) -> set[str]:
    """Return what was declared before and still is, in manifests of the same part of the repository."""
    known = {(entry.ecosystem, entry.name) for other in change.base.manifests for entry in other.dependencies}
    return {
        entry.name
        for other in change.head.manifests
        if other.ecosystem == manifest.ecosystem and related(other.folder, manifest.folder) and _ships(other)
        for entry in other.dependencies
        if (entry.ecosystem, entry.name) in known
    }


def _users(change: ChangeContext) -> dict[Package, list[ExternalImport]]:
    """Return the new imports of this change by the package they take from."""
    packages = change.packages
    found = defaultdict[Package, list[ExternalImport]](list)
    for entry in change.new_external:
        package = packages.of(entry)
        if package:
            found[package].append(entry)
    return found


def _named_elsewhere(change: ChangeContext, name: str, entry: ExternalImport) -> bool:
    """Whether a file that is neither a manifest nor prose names the package or what was imported of it."""
    words = {name, entry.target, entry.target.partition(".")[0]}
    found = change.mentions(frozenset(words))
    manifests = {manifest.path for manifest in change.head.manifests}
    return found is None or any(
        not (mention.path in manifests or is_prose(mention.path) or is_generated(mention.path)) for mention in found
    )


def _new(
    change: ChangeContext,
    manifest: Manifest,
    gained: list[Dependency],
    imports: Mapping[Package, list[ExternalImport]],
) -> Fact:
    users = [user for entry in gained for user in imports.get((entry.ecosystem, entry.name), ())]
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
    users = [user for user in change.head.external if change.packages.of(user) == (entry.ecosystem, rival)]
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


def _unused(change: ChangeContext, path: str, manifest: str, found: list[tuple[ExternalImport, Dependency]]) -> Fact:
    names = [declared.name for _, declared in found]
    listed = ", ".join(f"`{name}`" for name in names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "")
    one = len(names) == 1
    return Fact(
        kind="dependency_unused",
        path=path,
        line=change.first_line(path),
        title=f"The last import{'' if one else 's'} of {listed} {'goes' if one else 'go'}, but `{manifest}` still "
        f"declares {'it' if one else 'them'}",
        why=f"No other file of this repository names {'it' if one else 'them'} any more, so everybody still installs "
        "what nobody uses.",
        advice=f"Remove {listed} from `{manifest}`, unless something loads {'it' if one else 'them'} by name.",
        severity="info",
        confidence=0.7,
        fingerprint=fingerprint("dependency_unused", path, *names),
        evidence=tuple(
            evidence
            for entry, declared in found[:_SHOWN]
            for evidence in (
                Evidence(f"imported `{entry.target}` before this change", entry.importer),
                Evidence(f"declares `{declared.name}`", manifest, declared.line),
            )
        ),
    )
