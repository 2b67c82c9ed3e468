"""npm's manifests to records: package.json, pnpm-workspace.yaml and lerna.json. Texts in; runs and fetches nothing.

Sources: https://docs.npmjs.com/cli/configuring-npm/package-json, https://nodejs.org/api/packages.html,
https://pnpm.io/pnpm-workspace_yaml. Deno's deno.json and import maps are not read.
"""

import re
from collections.abc import Iterator, Mapping
from posixpath import join, normpath

from reviewlore.domain.manifest import Dependency, DependencyScope, Manifest
from reviewlore.formats.json_text import as_mapping, as_text, as_texts, key_lines, read_json
from reviewlore.formats.yaml_text import read_yaml

# A peer is what the package expects its user to bring: its code imports it, so it is needed at run time, unless
# peerDependenciesMeta calls it optional.
_SECTIONS: tuple[tuple[str, DependencyScope], ...] = (
    ("dependencies", "runtime"),
    ("devDependencies", "development"),
    ("peerDependencies", "runtime"),
    ("optionalDependencies", "optional"),
)
# https://github.com/npm/validate-npm-package-name, with the capitals that old packages have.
_NAME = re.compile(r"(?:@[A-Za-z0-9_.~!'()*-]+/)?[A-Za-z0-9_.~!'()*-]+")
_LOCAL = re.compile(r"workspace:|(?:file:|link:|portal:|\.{1,2}/)(?!.*\.t(?:ar\.)?gz$)")
# Where importing a package by its name leads, the files that tell most first.
_ENTRIES = ("source", "types", "typings", "module", "main")
# More than any package offers: a generated list beyond this is cut.
_MAX_TARGETS = 5_000
_MAX_DEPTH = 10


def parse_package(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a package.json.

    `aliases` hold `exports` under the package's own name (`name`, `name/sub/*`) and `imports` (`#x`), with the targets
    of all conditions in the order written; without `exports`, `name` stands for the entry points.
    """
    value, problem = read_json(text)
    if problem or not isinstance(value, dict):
        return (Manifest(path, "npm", problem=problem or "it is no object"),)
    package, folder = as_mapping(value), path.rpartition("/")[0]
    name = as_text(package.get("name"))
    name = name if _NAME.fullmatch(name) else ""
    entries = [found for key in _ENTRIES if (found := inside(folder, as_text(package.get(key))))]
    aliases = [*_exports(folder, name, package.get("exports")), *_subpaths(folder, "", package.get("imports"))]
    if name and entries and not any(pattern == name for pattern, _ in aliases):
        aliases.append((name, tuple(entries)))
    main = next((found for key in ("module", "main") if (found := inside(folder, as_text(package.get(key))))), "")
    exported = next((targets[0] for pattern, targets in aliases if pattern == name and name), "")
    return (
        Manifest(
            path,
            "npm",
            name,
            as_text(package.get("version")),
            tuple(_dependencies(package, key_lines(text))),
            main or exported,
            aliases=tuple(aliases),
            members=_members(folder, _workspaces(package)),
        ),
    )


def parse_pnpm_workspace(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a pnpm-workspace.yaml: the folders of its packages."""
    value, problem = read_yaml(text)
    members = _members(path.rpartition("/")[0], as_texts(as_mapping(value).get("packages")))
    return (Manifest(path, "npm", members=members, problem=problem),)


def parse_lerna(path: str, text: str) -> tuple[Manifest, ...]:
    """Return the record of a lerna.json: the folders of its packages, where it names them itself."""
    value, problem = read_json(text)
    members = _members(path.rpartition("/")[0], as_texts(as_mapping(value).get("packages")))
    return (Manifest(path, "npm", members=members, problem=problem),)


def inside(folder: str, target: str) -> str:
    """Return a path as written in a file of `folder` from the repository's root, or nothing where it leads out of it.

    The top itself is `.`.
    """
    if not target or target.startswith(("/", "~")) or "\\" in target or "\0" in target:
        return ""
    found = normpath(join(folder, target))
    return "" if found == ".." or found.startswith("../") else found


def _dependencies(package: Mapping[str, object], lines: Mapping[tuple[str, ...], int]) -> Iterator[Dependency]:
    optional = as_mapping(package.get("peerDependenciesMeta"))
    for section, scope in _SECTIONS:
        for name, requirement in as_mapping(package.get(section)).items():
            if not _NAME.fullmatch(name):
                continue
            spared = section == "peerDependencies" and as_mapping(optional.get(name)).get("optional") is True
            wanted = as_text(requirement)
            yield Dependency(
                name,
                "npm",
                "optional" if spared else scope,
                lines.get((section, name), 1),
                wanted,
                _LOCAL.match(wanted) is not None,
            )


def _workspaces(package: Mapping[str, object]) -> list[str]:
    """A list of globs, or, as Yarn also takes it, an object that holds one."""
    declared = package.get("workspaces")
    return as_texts(as_mapping(declared).get("packages") if isinstance(declared, dict) else declared)


def _members(folder: str, globs: list[str]) -> tuple[str, ...]:
    """Globs from the repository's root; one that takes folders out again keeps its `!`."""
    found = []
    for glob in globs[:_MAX_TARGETS]:
        sign, plain = ("!", glob[1:]) if glob.startswith("!") else ("", glob)
        if inner := inside(folder, plain):
            found.append(sign + inner)
    return tuple(found)


def _exports(folder: str, name: str, exports: object) -> list[tuple[str, tuple[str, ...]]]:
    if not name:
        return []
    mapping = as_mapping(exports)
    if not any(key.startswith(".") for key in mapping):
        mapping = {".": exports}  # sugar for the main entry alone
    return _subpaths(folder, name, mapping)


def _subpaths(folder: str, name: str, mapping: object) -> list[tuple[str, tuple[str, ...]]]:
    found = []
    for key, value in list(as_mapping(mapping).items())[:_MAX_TARGETS]:
        if not key.startswith("." if name else "#") or len(key) > 500:
            continue
        targets = tuple(dict.fromkeys(inner for target in _targets(value, 0) if (inner := inside(folder, target))))
        if targets:
            found.append((f"{name}{key[1:]}" if name else key, targets))
    return found


def _targets(value: object, depth: int) -> Iterator[str]:
    """Every file that some condition leads to, as written and in that order; `#x` may also stand for a package."""
    if isinstance(value, str):
        if value.startswith("./") and as_text(value):
            yield as_text(value)
    elif depth < _MAX_DEPTH:
        inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        for one in inner:
            yield from _targets(one, depth + 1)
