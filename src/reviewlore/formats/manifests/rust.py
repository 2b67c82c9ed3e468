"""Cargo.toml to records: package, crate roots, dependencies of all tables, workspace members. Runs and fetches nothing.

Source: https://doc.rust-lang.org/cargo/reference/manifest.html. What a member inherits from its workspace is left to
the reader of all manifests: it says `workspace` as its requirement.
"""

from collections.abc import Iterator, Mapping

from reviewlore.domain.manifest import Dependency, DependencyScope, Manifest
from reviewlore.formats.json_text import as_mapping, as_text, as_texts
from reviewlore.formats.manifests.places import place
from reviewlore.formats.toml_text import read_toml, toml_lines

_TABLES: tuple[tuple[str, DependencyScope], ...] = (
    ("dependencies", "runtime"),
    ("dev-dependencies", "development"),
    ("dev_dependencies", "development"),
    ("build-dependencies", "build"),
    ("build_dependencies", "build"),
)
_TARGETS = ("bin", "test", "bench", "example")
_Lines = Mapping[tuple[str, ...], int]


def parse_cargo(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the package and the workspace that a Cargo.toml declares.

    `name` is the package's; `entry` its library's file, `src/lib.rs` where nothing else is said, whether it exists or
    not. `roots` are the files of targets that say their path. `aliases` are names that code uses for a crate of the
    repository: the library's own name where `[lib]` gives one, dependencies by `path` (also of the workspace).
    """
    value, problem = read_toml(text)
    if problem:
        return (Manifest(path, "crates", problem=problem),)
    folder = path.rpartition("/")[0]
    package, workspace = as_mapping(value.get("package")), as_mapping(value.get("workspace"))
    library = as_mapping(value.get("lib"))
    entry = place(folder, as_text(library.get("path")) or "src/lib.rs") or "" if package else ""
    named = as_text(library.get("name"))
    shared = as_mapping(workspace.get("dependencies"))
    aliases: list[tuple[str, tuple[str, ...]]] = [(named, (entry,))] if named and entry else []
    aliases += _local_crates(folder, [shared, *(entries for _, _, entries in _tables(value))])
    return (
        Manifest(
            path,
            "crates",
            as_text(package.get("name")),
            as_text(package.get("version")),
            tuple(_dependencies(folder, value, toml_lines(text))),
            entry,
            tuple(_roots(folder, value, package)),
            tuple(aliases),
            tuple(_members(folder, as_texts(workspace.get("members")))),
        ),
    )


def _tables(value: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], DependencyScope, dict[str, object]]]:
    """Yield the tables of dependencies with the keys that lead to them, those of single targets included."""
    targets = as_mapping(value.get("target"))
    holders: list[tuple[tuple[str, ...], Mapping[str, object]]] = [((), value)]
    holders += [(("target", name), as_mapping(inner)) for name, inner in targets.items()]
    for keys, holder in holders:
        for table, scope in _TABLES:
            yield (*keys, table), scope, as_mapping(holder.get(table))


def _dependencies(folder: str, value: Mapping[str, object], lines: _Lines) -> Iterator[Dependency]:
    for keys, scope, entries in _tables(value):
        for key, written in entries.items():
            options = as_mapping(written)
            optional = options.get("optional") is True and scope == "runtime"
            requirement = as_text(written) or as_text(options.get("version")) or as_text(options.get("git"))
            if not requirement and options.get("workspace") is True:
                requirement = "workspace"
            line = lines.get((*keys, key)) or next(
                (at for inner in options if (at := lines.get((*keys, key, inner)))), lines.get(keys, 1)
            )
            local = place(folder, as_text(options.get("path"))) is not None
            name = as_text(options.get("package")) or key
            called = key if name != key else ""
            yield Dependency(name, "crates", "optional" if optional else scope, line, requirement, local, called)


def _local_crates(folder: str, tables: list[dict[str, object]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for entries in tables:
        for key, written in entries.items():
            target = place(folder, as_text(as_mapping(written).get("path")))
            if target is not None:
                yield key, (target,)


def _roots(folder: str, value: Mapping[str, object], package: Mapping[str, object]) -> Iterator[str]:
    for kind in _TARGETS:
        entries = value.get(kind)
        for entry in entries if isinstance(entries, list) else ():
            target = place(folder, as_text(as_mapping(entry).get("path")))
            if target:
                yield target
    target = place(folder, as_text(package.get("build")))
    if target:
        yield target


def _members(folder: str, globs: list[str]) -> Iterator[str]:
    for glob in globs:
        target = place(folder, glob)
        if target is not None:
            yield target
