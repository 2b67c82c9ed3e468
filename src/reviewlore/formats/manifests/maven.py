"""Maven's pom.xml to records: coordinates, dependencies with scopes, modules, the parent. Runs and fetches nothing.

Source: https://maven.apache.org/pom.html. What the file itself does not say is left as written (`${version}`): what a
parent of the same repository says of it is filled in by `inheritance.py`, which sees all manifests.
"""

from collections.abc import Iterator

from reviewlore.domain.manifest import Dependency, DependencyScope, Manifest
from reviewlore.formats.manifests.places import MANAGED, PARENT, place
from reviewlore.formats.xml_text import Element, read_xml

# https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html; what the container provides is
# needed to build alone.
_SCOPES: dict[str, DependencyScope] = {
    "": "runtime",
    "compile": "runtime",
    "runtime": "runtime",
    "provided": "build",
    "system": "build",
    "test": "development",
}
_MAX_SETTINGS, _MAX_VALUE = 5_000, 300


def parse_pom(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a pom.xml.

    `settings` hold its properties, `managed:group:artifact` with the version that dependencyManagement gives, and
    `parent:` with the coordinates of its parent, whose file is `extends` where it may lie in the repository. Profiles
    count with their dependencies and modules, not with their properties.
    """
    top, problem = read_xml(text)
    project = next(top.all("project"), None)
    if project is None:
        return (Manifest(path, "maven", problem=problem or "it has no project"),)
    folder = path.rpartition("/")[0]
    parent = next(project.all("parent"), None)
    group = project.value("groupId") or (parent.value("groupId") if parent else "")
    artifact = project.value("artifactId")
    version = project.value("version") or (parent.value("version") if parent else "")
    own = {"project.groupId": group, "project.artifactId": artifact, "project.version": version}
    settings = [(name, value) for name, value in own.items() if value]
    settings += [
        (found.name, found.text) for part in project.all("properties") for found in part.children if found.text
    ]
    settings += list(_managed(project))
    settings = [(name, value) for name, value in settings if len(value) <= _MAX_VALUE]
    if parent is not None:
        settings.append((PARENT, f"{parent.value('groupId')}:{parent.value('artifactId')}"))
    holders = [project, *project.all("profiles", "profile")]
    return (
        Manifest(
            path,
            "maven",
            f"{group}:{artifact}" if group and artifact else "",
            version,
            tuple(found for holder in holders for found in _dependencies(holder)),
            members=tuple(_modules(folder, holders)),
            extends=_parent(folder, parent) if parent is not None else "",
            settings=tuple(settings[:_MAX_SETTINGS]),
            problem=problem,
        ),
    )


def _dependencies(holder: Element) -> Iterator[Dependency]:
    for entry in holder.all("dependencies", "dependency"):
        group, artifact, scope = entry.value("groupId"), entry.value("artifactId"), entry.value("scope")
        if group and artifact and scope in _SCOPES:
            optional = entry.value("optional") == "true" and _SCOPES[scope] == "runtime"
            kind = "optional" if optional else _SCOPES[scope]
            yield Dependency(f"{group}:{artifact}", "maven", kind, entry.line, entry.value("version"))


def _managed(project: Element) -> Iterator[tuple[str, str]]:
    for entry in project.all("dependencyManagement", "dependencies", "dependency"):
        if entry.value("version") and entry.value("scope") != "import":
            yield f"{MANAGED}{entry.value('groupId')}:{entry.value('artifactId')}", entry.value("version")


def _modules(folder: str, holders: list[Element]) -> Iterator[str]:
    for holder in holders:
        for module in holder.all("modules", "module"):
            found = place(folder, module.text)
            if found is not None:
                yield found


def _parent(folder: str, parent: Element) -> str:
    """Return the path of the parent's file; an empty `relativePath` says that it is not here."""
    written = next((found.text for found in parent.all("relativePath")), "../pom.xml")
    found = place(folder, written)
    if found is None:
        return ""
    return found if found.endswith(".xml") else f"{found}/pom.xml".lstrip("/")
