"""pyproject.toml and Pipfile to records: what a distribution is called and depends on. Runs and fetches nothing.

Sources: https://packaging.python.org/specifications/pyproject-toml, PEP 735 (dependency groups), and the manuals of
Poetry, PDM, uv, Hatch, setuptools and Pipenv. Names are normalised after PEP 503.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from reviewlore.domain.manifest import Dependency, DependencyScope, Manifest
from reviewlore.formats.json_text import as_mapping, as_text, as_texts
from reviewlore.formats.manifests.places import place
from reviewlore.formats.manifests.python_requirements import is_requirements
from reviewlore.formats.pep508 import normal_name, parse_requirement
from reviewlore.formats.toml_text import read_toml, toml_lines

# More than any project declares: a generated list beyond this is cut.
_MAX_ENTRIES = 5_000
# Groups of a Pipfile beside its two: https://pipenv.pypa.io/en/latest/pipfile.html.
_PIPFILE_TABLES = frozenset({"source", "requires", "scripts", "pipenv", "pipfile"})
_QUOTED = re.compile(r"\"([^\"\n]++)\"|'([^'\n]++)'")
_Keys = tuple[str, ...]


class _Text:
    """A TOML text with the lines its keys and quoted texts stand on, to say where a requirement is written."""

    def __init__(self, text: str) -> None:
        self._keys = toml_lines(text)
        self._quoted: defaultdict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(text.split("\n"), 1):
            for double, single in _QUOTED.findall(row):
                self._quoted[double or single].append(number)

    def line(self, keys: _Keys, wanted: str = "") -> int:
        """Return the line of a key, or of a text in quotes at or after it."""
        known = [at for depth in range(len(keys), 0, -1) if (at := self._keys.get(keys[:depth]))]
        start = known[0] if known else 1
        places = self._quoted.get(wanted, []) if wanted else []
        at = bisect_left(places, start)
        return places[at] if at < len(places) else start


def parse_pyproject(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a pyproject.toml, or none where it only configures tools.

    `roots` are folders that the build backend says packages start in, `members` those of a uv workspace. Extras have
    the scope "optional". `problem` names entries that could not be read, and dependencies that a build computes.
    """
    value, problem = read_toml(text)
    if problem:
        return (Manifest(path, "pypi", problem=problem),)
    tool = as_mapping(value.get("tool"))
    project, poetry = as_mapping(value.get("project")), as_mapping(tool.get("poetry"))
    known = ("pdm", "uv", "hatch")
    if not (project or poetry or value.keys() & {"build-system", "dependency-groups"} or tool.keys() & set(known)):
        return ()
    reader = _Reader(path.rpartition("/")[0], _Text(text))
    reader.local = _local_sources(tool)
    reader.read_project(value, project)
    reader.read_poetry(poetry)
    reader.read_tools(tool)
    reader.check_dynamic(project, tool)
    name = as_text(project.get("name")) or as_text(poetry.get("name"))
    version = as_text(project.get("version")) or as_text(poetry.get("version"))
    roots = tuple(dict.fromkeys(reader.roots(tool, poetry)))
    members = as_texts(as_mapping(as_mapping(tool.get("uv")).get("workspace")).get("members"))
    return (
        Manifest(
            path,
            "pypi",
            normal_name(name),
            version,
            tuple(reader.found),
            roots=roots,
            members=tuple(inner for glob in members if (inner := place(reader.folder, glob)) is not None),
            problem="; ".join(reader.problems),
        ),
    )


def parse_pipfile(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a Pipfile; what stands in groups of its own counts as optional."""
    value, problem = read_toml(text)
    if problem:
        return (Manifest(path, "pypi", problem=problem),)
    reader = _Reader(path.rpartition("/")[0], _Text(text))
    for table, entries in value.items():
        if table not in _PIPFILE_TABLES:
            scope: DependencyScope = "runtime" if table == "packages" else "optional"
            reader.table((table,), entries, "development" if table == "dev-packages" else scope)
    return (Manifest(path, "pypi", dependencies=tuple(reader.found), problem="; ".join(reader.problems)),)


class _Reader:
    """Collects the dependencies of one file, once for each scope they stand in."""

    def __init__(self, folder: str, text: _Text) -> None:
        self.folder = folder
        self.found: list[Dependency] = []
        self.problems: list[str] = []
        self.local: frozenset[str] = frozenset()
        self._text = text
        self._seen: set[tuple[str, DependencyScope]] = set()

    def read_project(self, value: Mapping[str, object], project: Mapping[str, object]) -> None:
        self.listed(("project", "dependencies"), project.get("dependencies"), "runtime")
        for extra, entries in as_mapping(project.get("optional-dependencies")).items():
            self.listed(("project", "optional-dependencies", extra), entries, "optional")
        self.listed(("build-system", "requires"), as_mapping(value.get("build-system")).get("requires"), "build")
        groups = as_mapping(value.get("dependency-groups"))
        # A group that another one includes is a group of its own: each is read once, where it is written.
        for group, entries in groups.items():
            written = [entry for entry in _items(entries) if not isinstance(entry, dict)]
            self.listed(("dependency-groups", group), written, "development")
            included = [as_mapping(entry).get("include-group") for entry in _items(entries) if isinstance(entry, dict)]
            known = {normal_name(other) for other in groups}
            if any(normal_name(as_text(other)) not in known for other in included):
                self.problems.append(f"the group {group!r} includes one that is not there")

    def read_poetry(self, poetry: Mapping[str, object]) -> None:
        self.table(("tool", "poetry", "dependencies"), poetry.get("dependencies"), "runtime")
        self.table(("tool", "poetry", "dev-dependencies"), poetry.get("dev-dependencies"), "development")
        for group, options in as_mapping(poetry.get("group")).items():
            keys = ("tool", "poetry", "group", group, "dependencies")
            # Poetry's older way to write the main group.
            scope: DependencyScope = "runtime" if group == "main" else "development"
            self.table(keys, as_mapping(options).get("dependencies"), scope)

    def read_tools(self, tool: Mapping[str, object]) -> None:
        for group, entries in as_mapping(as_mapping(tool.get("pdm")).get("dev-dependencies")).items():
            self.listed(("tool", "pdm", "dev-dependencies", group), entries, "development")
        keys = ("tool", "uv", "dev-dependencies")
        self.listed(keys, as_mapping(tool.get("uv")).get("dev-dependencies"), "development")
        for name, options in as_mapping(as_mapping(tool.get("hatch")).get("envs")).items():
            for key in ("dependencies", "extra-dependencies"):
                self.listed(("tool", "hatch", "envs", name, key), as_mapping(options).get(key), "development")

    def check_dynamic(self, project: Mapping[str, object], tool: Mapping[str, object]) -> None:
        """Note dependencies that are written in no file that is read: a build computes them, or a plugin fetches them.

        With setuptools they may stand in setup.py or setup.cfg, which speak for themselves; with Poetry in its tables.
        """
        named = as_mapping(as_mapping(tool.get("setuptools")).get("dynamic")).get("dependencies")
        if "dependencies" not in as_texts(project.get("dynamic")) or "dependencies" in as_mapping(tool.get("poetry")):
            return
        files = as_texts(as_mapping(named).get("file")) if named is not None else []
        unread = [file for file in files if not is_requirements(place(self.folder, file) or "")]
        if unread:
            self.problems.append(f"its dependencies stand in {unread[0]!r}, which is not read")
        elif not files and not self._by_setuptools:
            self.problems.append("its dependencies are computed when it is built")

    @property
    def _by_setuptools(self) -> bool:
        """Whether setuptools builds it, which is what installers take where nothing is said (PEP 517)."""
        backends = {entry.name for entry in self.found if entry.scope == "build"}
        return not backends or "setuptools" in backends

    def roots(self, tool: Mapping[str, object], poetry: Mapping[str, object]) -> Iterator[str]:
        """Yield the folders that settings of a build backend name as where packages start."""
        setuptools = as_mapping(tool.get("setuptools"))
        finding = as_mapping(as_mapping(setuptools.get("packages")).get("find"))
        written = [as_text(as_mapping(setuptools.get("package-dir")).get("")), *as_texts(finding.get("where"))]
        written += [as_text(as_mapping(entry).get("from")) for entry in _items(poetry.get("packages"))]
        wheel: object = as_mapping(tool.get("hatch")).get("build")
        for key in ("targets", "wheel"):
            wheel = as_mapping(wheel).get(key)
        written += [entry.rpartition("/")[0] for entry in as_texts(as_mapping(wheel).get("packages"))]
        written.append(as_text(as_mapping(as_mapping(tool.get("pdm")).get("build")).get("package-dir")))
        for folder in written:
            if folder and (inner := place(self.folder, folder)) is not None:
                yield inner

    def listed(self, keys: _Keys, entries: object, scope: DependencyScope) -> None:
        """Add the requirements of a list."""
        for entry in as_texts(entries)[:_MAX_ENTRIES] if isinstance(entries, list) else ():
            wanted = parse_requirement(entry)
            # A few build tools fill in templates: `{root:uri}/other`.
            if wanted is None:
                self.problems.append(f"{entry[:60]!r} in {keys[-1]} is no requirement")
            else:
                line = self._text.line(keys, entry)
                self.add(wanted.name, scope, line, wanted.version, wanted.url.startswith("file:"))

    def table(self, keys: _Keys, entries: object, scope: DependencyScope) -> None:
        """Add the entries of a table from names to versions or options; a list of these stands for alternatives."""
        for key, written in list(as_mapping(entries).items())[:_MAX_ENTRIES]:
            options = as_mapping(written[0] if isinstance(written, list) and written else written)
            name = normal_name(key)
            if name == "python" and keys[0] == "tool":
                continue
            if not name:
                self.problems.append(f"{key[:60]!r} in {keys[-1]} is no name")
                continue
            version = as_text(written) or as_text(options.get("version")) or as_text(options.get("git"))
            mine: DependencyScope = "optional" if options.get("optional") is True and scope == "runtime" else scope
            local = place(self.folder, as_text(options.get("path")) or as_text(options.get("file"))) is not None
            self.add(name, mine, self._text.line((*keys, key)), version, local)

    def add(self, name: str, scope: DependencyScope, line: int, version: str, local: bool) -> None:
        if (name, scope) not in self._seen and name:
            self._seen.add((name, scope))
            self.found.append(Dependency(name, "pypi", scope, line, as_text(version), local or name in self.local))


def _local_sources(tool: Mapping[str, object]) -> frozenset[str]:
    """Return what uv's sources take from a folder or a workspace of the repository."""
    sources = as_mapping(as_mapping(tool.get("uv")).get("sources"))
    return frozenset(
        normal_name(name)
        for name, written in sources.items()
        for entry in _items(written if isinstance(written, list) else [written])
        if as_mapping(entry).get("workspace") is True or as_text(as_mapping(entry).get("path"))
    )


def _items(value: object) -> Sequence[object]:
    return value[:_MAX_ENTRIES] if isinstance(value, list) else ()
