"""What Go's own tool says about the imports between the packages of a repository: blobs in, pairs of folders out.

`go list` runs offline on a copy of the Go files. Each go.mod of the copy keeps only its module path: what versions are
required does not change what imports what, and an old tool refuses the version lines of a newer one.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_MODULE = re.compile(rb'^module\s+"?([^\s"]+)', re.MULTILINE)
_FILES = ("GoFiles", "CgoFiles", "TestGoFiles", "XTestGoFiles")
_IMPORTS = ("Imports", "TestImports", "XTestImports")


@dataclass(frozen=True, slots=True)
class GoTruth:
    """Pairs (importing folder, imported folder), and the files whose imports they are.

    Files that build constraints leave out on this machine are in no package of Go's, so they are not in `files`.
    """

    edges: frozenset[tuple[str, str]]
    files: frozenset[str]


def go_truth(sources: Mapping[str, bytes]) -> GoTruth:
    """Return what `go list` says about the Go files and go.mod files given as path -> content."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for path, content in sources.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        modules = [path for path in sources if path.rpartition("/")[2] == "go.mod"]
        for path in modules:
            named = _MODULE.search(sources[path])
            (root / path).write_bytes(b"module " + (named[1] if named else b"unnamed") + b"\n\ngo 1.18\n")
        packages = [package for path in modules for package in _listed((root / path).parent)]
    return _truth(root, packages)


def _listed(folder: Path) -> list[dict[str, object]]:
    """Run `go list` in one module; -e: say what is known of packages whose dependencies are missing, too."""
    quiet = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GONOSUMDB": "*", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        ["go", "list", "-e", "-json", "./..."],
        cwd=folder,
        env=os.environ | quiet,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    decoder, found, at = json.JSONDecoder(), [], 0
    text = done.stdout.strip()
    while at < len(text):
        package, end = decoder.raw_decode(text, at)
        found.append(package)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found


def _truth(root: Path, packages: list[dict[str, object]]) -> GoTruth:
    folders = {
        str(package["ImportPath"]): Path(str(package["Dir"])).relative_to(root).as_posix().removeprefix(".")
        for package in packages
        if "Dir" in package
    }
    edges, files = set(), set()
    for package in packages:
        here = folders.get(str(package.get("ImportPath")))
        if here is None:
            continue
        prefix = f"{here}/" if here else ""
        files |= {prefix + str(name) for key in _FILES for name in _names(package, key)}
        imported = {folders[name] for key in _IMPORTS for name in _names(package, key) if name in folders}
        edges |= {(here, other) for other in imported if other != here}
    return GoTruth(frozenset(edges), frozenset(files))


def _names(package: dict[str, object], key: str) -> list[str]:
    value = package.get(key)
    return [str(name) for name in value] if isinstance(value, list) else []
