"""Gradle's builds to records, as far as they are literal: scripts, settings, properties, version catalogs. Runs none.

Sources: https://docs.gradle.org/current/userguide/declaring_dependencies.html and
https://docs.gradle.org/current/userguide/version_catalogs.html. Scripts are programs (Groovy, Kotlin): read is what
stands as text in a `dependencies` block behind the name of a configuration; what is computed is counted in `problem`.
Names from elsewhere (`$version`, `libs.x`) stay as written for `inheritance.py`, which sees all manifests.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

from reviewlore.domain.manifest import Dependency, DependencyScope, Manifest
from reviewlore.formats.json_text import as_mapping, as_text, as_texts
from reviewlore.formats.manifests.gradle_text import Script
from reviewlore.formats.manifests.places import place
from reviewlore.formats.toml_text import read_toml

_MAX_CHARACTERS = 1_000_000
_MAX_SETTINGS, _MAX_VALUE = 5_000, 300
# https://docs.gradle.org/current/userguide/java_library_plugin.html, with what source sets and plugins put in front.
_CONFIGURATION = re.compile(
    r"(?<![\w.$\"'])[\"']?([A-Za-z]\w{0,60}?)??(api|implementation|compileOnlyApi|compileOnly|compile|runtimeOnly|runtime|"
    r"providedCompile|provided|annotationProcessor|classpath|kapt|ksp|developmentOnly)\b[\"']?"
    r"(?=[ \t]*+(?:\(\s*+)?[\"'(\w])",
    re.IGNORECASE,
)
_BUILD = frozenset(
    {"compileonly", "compileonlyapi", "provided", "providedcompile", "annotationprocessor", "classpath", "kapt", "ksp"}
)
_DEVELOPMENT = re.compile(r"test|jmh|bench|integration|functional|e2e|development", re.IGNORECASE)
_COORDINATES = re.compile(r"([^\s:@]+):([^\s:@]+)(?::([^\s:@]*))?(?::[^\s@]*)?(?:@\w+)?")
_NAMED = re.compile(r"\b(group|name|version|path)\s*+[:=]\s*+([\"'])([^\"'\n]*+)\2")
_PROJECT = re.compile(r"\bproject\s*+\(\s*+(?:path\s*+[:=]\s*+)?([\"'])([^\"'\n]*+)\1")
_KOTLIN = re.compile(r"\bkotlin\s*+\(\s*+([\"'])([\w.-]+)\1")
_CATALOG = re.compile(r"(?<![\w.])(libs(?:\.\w+)+)")
_LITERAL = re.compile(r"([\"'])([^\"'\n]*+)\1")
_FILES = re.compile(r"[ \t(]*+(files|fileTree|gradleApi|localGroovy|gradleTestKit|npm)\b")
_ASSIGNED = re.compile(
    r"^[ \t]*+(?:(?:def|val|var|final|const|String)[ \t]++|(?:project\.)?ext\.)(\w+)[ \t]*+=[ \t]*+"
    r"([\"'])([^\"'\n$]*+)\2",
    re.MULTILINE,
)
_INSIDE = re.compile(
    r"(?:^|(?<=[{;]))[ \t]*+(?:set\([\"'])?(\w+)[\"']?[ \t]*+[=,][ \t]*+([\"'])([^\"'\n$]*+)\2", re.MULTILINE
)
_OWN = re.compile(r"^(group|version)[ \t]*+(?:=[ \t]*+)?([\"'])([^\"'\n$]*+)\2", re.MULTILINE)
_SHARED = re.compile(r"^[ \t]*+(group|version)[ \t]*+(?:=[ \t]*+)?([\"'])([^\"'\n$]*+)\2", re.MULTILINE)
_ROOT_NAME = re.compile(r"\brootProject\.name[ \t]*+=[ \t]*+([\"'])([^\"'\n$]*+)\1")
_INCLUDE = re.compile(r"(?<![\w.])include(?!Build)(\w*+)[ \t]*+\(?")
_ARGUMENT = re.compile(r"\s*+([\"'])([^\"'\n]*+)\1\s*+(,?)")
_MOVED = re.compile(
    r"\bproject\s*+\(\s*+([\"'])([^\"'\n]*+)\1\s*+\)\.projectDir\s*+=\s*+(?:new\s++)?[Ff]ile\s*+\(\s*+"
    r"(?:(?:settingsDir|rootDir|rootProject\.projectDir)\s*+,\s*+)?([\"'])([^\"'\n$]*+)\3"
)
_PROPERTY = re.compile(r"[ \t]*+([\w.-]{1,200})[ \t]*+[=:][ \t]*+(.*)")


def parse_build(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a build.gradle or build.gradle.kts.

    The name is the group's and the folder's, which Gradle takes for the project's; `settings` are the values that the
    script gives by name, and group and version where it gives them to all its projects.
    """
    if len(text) > _MAX_CHARACTERS:
        return (Manifest(path, "maven", problem=f"it is longer than {_MAX_CHARACTERS} characters"),)
    script = Script(text)
    own = {found[1]: found[3] for found in _OWN.finditer(script.text)}
    artifact = path.rpartition("/")[0].rpartition("/")[2] or "${rootProject.name}"
    settings = [(found[1], found[3]) for found in _ASSIGNED.finditer(script.text)]
    for start, end in script.blocks("ext", "extra"):
        settings += [(found[1], found[3]) for found in _INSIDE.finditer(script.text, start, end)]
    for start, end in script.blocks("allprojects", "subprojects"):
        settings += [(found[1], found[3]) for found in _SHARED.finditer(script.text, start, end)]
    dependencies, unread = _dependencies(script)
    return (
        Manifest(
            path,
            "maven",
            f"{own.get('group', '${group}')}:{artifact}",
            own.get("version", "${version}"),
            tuple(dependencies),
            settings=tuple(settings[:_MAX_SETTINGS]),
            problem=f"{unread} of its dependencies {'is' if unread == 1 else 'are'} computed" if unread else "",
        ),
    )


def parse_settings(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a settings.gradle: the folders of its projects, and the root's name in `settings`."""
    if len(text) > _MAX_CHARACTERS:
        return (Manifest(path, "maven", problem=f"it is longer than {_MAX_CHARACTERS} characters"),)
    script, folder = Script(text), path.rpartition("/")[0]
    moved = {found[2].strip(":"): found[4] for found in _MOVED.finditer(script.text)}
    members: dict[str, None] = {}
    for begin in _INCLUDE.finditer(script.text):
        for written in _literals(script, begin.end()) if script.is_code(begin.start()) else ():
            if begin[1] and not written.startswith(":"):
                continue  # a helper of the script, whose other arguments are no projects
            project = written.strip(":")
            found = place(folder, moved.get(project, project).replace(":", "/"))
            if found and "$" not in found:
                members[found] = None
    named = _ROOT_NAME.search(script.text)
    settings = (("rootProject.name", named[2]),) if named else ()
    return (Manifest(path, "maven", members=tuple(members), settings=settings),)


def parse_properties(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a gradle.properties: names and values."""
    found = [(row[1], row[2].strip()) for line in text[:_MAX_CHARACTERS].splitlines() if (row := _PROPERTY.match(line))]
    kept = tuple((name, value) for name, value in found if len(value) <= _MAX_VALUE)
    return (Manifest(path, "maven", settings=kept[:_MAX_SETTINGS]),)


def parse_catalog(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a version catalog: `libs.alias` with coordinates, `libs.bundles.alias` with several."""
    value, problem = read_toml(text)
    versions = {name: _version(written, {}) for name, written in as_mapping(value.get("versions")).items()}
    prefix = path.rpartition("/")[2].partition(".")[0]
    known = {
        name: coordinates
        for name, written in as_mapping(value.get("libraries")).items()
        if (coordinates := _library(written, versions))
    }
    settings = [(f"{prefix}.{_accessor(name)}", coordinates) for name, coordinates in known.items()]
    for name, written in as_mapping(value.get("bundles")).items():
        parts = " ".join(known[part] for part in as_texts(written)[:100] if part in known)
        settings.append((f"{prefix}.bundles.{_accessor(name)}", parts))
    return (Manifest(path, "maven", settings=tuple(settings[:_MAX_SETTINGS]), problem=problem),)


def _literals(script: Script, at: int) -> Iterator[str]:
    """Yield the strings that stand at a place, as long as a comma leads on."""
    more = ","
    while more and (written := _ARGUMENT.match(script.text, at)):
        yield written[2]
        at, more = written.end(), written[3]


def _dependencies(script: Script) -> tuple[list[Dependency], int]:
    """Return the dependencies of a script's blocks, and how many more are computed."""
    found: dict[tuple[str, int], Dependency] = {}
    unread = 0
    spared = script.blocks("constraints", "configurations", "exclude")
    for start, end in script.blocks("dependencies"):
        done = start
        for begin in _CONFIGURATION.finditer(script.text, start, end):
            at = begin.start()
            if at < done or not script.is_code(at) or _lies_in(spared, at):
                continue
            written, done = script.statement(begin.end())
            if _FILES.match(written):
                continue
            line, scope = script.line(at), _scope(begin[1] or "", begin[2])
            some = list(_written(written))
            unread += not some
            for name, requirement, local in some:
                found.setdefault((name, line), Dependency(name, "maven", scope, line, requirement, local))
    return list(found.values()), unread


def _lies_in(blocks: list[tuple[int, int]], at: int) -> bool:
    """Whether a place lies in one of some blocks that follow each other."""
    before = bisect_right(blocks, (at, at)) - 1
    return before >= 0 and at < blocks[before][1]


def _scope(before: str, configuration: str) -> DependencyScope:
    configuration = configuration.lower()
    if _DEVELOPMENT.search(before + configuration):
        return "development"
    if "optional" in before.lower():
        return "optional"
    return "build" if configuration in _BUILD else "runtime"


def _written(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, requirement, local) of what stands behind a configuration's name."""
    project = _PROJECT.search(text)
    if project:
        if "$" not in project[2]:
            yield (project[2] if project[2].startswith(":") else f":{project[2]}"), "", True
        return
    parts = {found[1]: found[3] for found in _NAMED.finditer(text)}
    if "group" in parts and "name" in parts:
        yield f"{parts['group']}:{parts['name']}", parts.get("version", ""), False
        return
    kotlin = _KOTLIN.search(text)
    if kotlin:
        yield f"org.jetbrains.kotlin:kotlin-{kotlin[2]}", "", False
        return
    for literal in _LITERAL.finditer(text):
        coordinates = _COORDINATES.fullmatch(literal[2])
        if coordinates:
            yield f"{coordinates[1]}:{coordinates[2]}", coordinates[3] or "", False
    for alias in _CATALOG.finditer(_LITERAL.sub("", text)):
        yield alias[1].removesuffix(".get").removesuffix(".asProvider"), "", False


def _library(written: object, versions: Mapping[str, str]) -> str:
    """Return `group:artifact:version` of a library, in one of the ways to write it."""
    options = as_mapping(written)
    if not options:
        return as_text(written)
    module = as_text(options.get("module")) or ":".join(
        filter(None, (as_text(options.get("group")), as_text(options.get("name"))))
    )
    version = _version(options.get("version"), versions)
    return f"{module}:{version}" if version else module


def _version(written: object, versions: Mapping[str, str]) -> str:
    """Return a version as written, of a rich one what it asks for most; `ref` names one of `versions`."""
    options = as_mapping(written)
    plain = as_text(written) or next(
        (as_text(options[key]) for key in ("strictly", "require", "prefer") if key in options), ""
    )
    return (plain or versions.get(as_text(options.get("ref")), "")).replace(" ", "")


def _accessor(alias: str) -> str:
    return re.sub(r"[-_]", ".", alias)
