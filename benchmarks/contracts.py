"""How well Python's import edges agree with grimp's, and our verdicts on declared contracts with import-linter's.

    REVIEWLORE_CLONES=/path/to/clones python -m benchmarks contracts [--json] [--show] [NAME ...]

Edges are pairs of modules of the root packages. Precision is the share of our edges that grimp has too, recall the
share of its edges that we have; a module's import of itself is no edge. Precision of judged leaves out what lies in
folders without `__init__.py`, which grimp does not look into; verdicts rest on what both look into. Contracts are
judged as declared, without their exceptions, and turned round. We judge single imports: of what import-linter reports
we can see the breaches that are one import long, and these must be the same, import by import. A contract that is
broken only by way of modules between (`indirect_only`) looks kept to us: no single new line of a change breaks it by
itself. `--show` prints every difference. The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.languages import NotMeasuredError, Pair, Verdict, contents, export, map_at, report, summary

from reviewlore.architecture.contracts import breaks
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.formats.contracts_importlinter import is_contract_file, parse_contracts

NAMES = (
    "assemblyai-cli",
    "grimp",
    "import-linter",
    "kedro",
    "openedx-learning",
    "TraceLens",
    "wemake-python-styleguide",
)
# Where packages start, below the folder of the contracts.
ROOTS = ("", "src")
NAMESPACE = "in a folder without __init__.py, which grimp leaves out"
Result = dict[str, object]


def main(argv: list[str]) -> int:
    """Judge every clone that is there; exit 0 also where none is, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks contracts", description=__doc__)
    parser.add_argument("names", nargs="*", help="folders below REVIEWLORE_CLONES with contracts of import-linter")
    parser.add_argument("--show", action="store_true", help="print every difference")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    folder = os.environ.get("REVIEWLORE_CLONES", "")
    results: dict[str, Result] = {}
    missing: dict[str, str] = {}
    for name in arguments.names or NAMES:
        clone = Path(folder, name)
        if not folder or not clone.is_dir():
            missing[name] = f"no such clone in REVIEWLORE_CLONES={folder or 'unset'}"
            continue
        try:
            results[name] = measure(clone, show=arguments.show)
        except NotMeasuredError as error:
            missing[name] = str(error)
            continue
        print(f"{name}: {json.dumps(results[name])}")
    print(json.dumps(totals(results) | {"repositories": results, "not_measured": missing}, sort_keys=True))
    return 0


def totals(results: dict[str, Result]) -> Result:
    """Return the lowest agreement of edges, and over all repositories how many verdicts and single breaches agree."""
    verdicts = Counter[str]()
    for result in results.values():
        found = result["verdicts"]
        assert isinstance(found, dict)
        verdicts.update({key: value for key, value in found.items() if isinstance(value, int)})
    return summary(results) | {"verdicts": dict(sorted(verdicts.items())), "measured": len(results)}


def measure(clone: Path, *, show: bool = False) -> Result:
    """Return the agreement of one clone's head in edges and in verdicts."""
    files = contents(clone, "", (".py", ".pyi", ".importlinter", "setup.cfg", "pyproject.toml"))
    with tempfile.TemporaryDirectory() as folder:
        export(files, Path(folder))
        said = ask(Path(folder))
    tree = map_at(clone)
    theirs = frozenset((one, other) for one, other in said["edges"] if one != other)
    ours = _ours(tree, said["packages"])
    reasons = {pair: _why(tree, pair, set(said["modules"])) for pair in ours ^ theirs}
    unjudged = frozenset(pair for pair in ours if reasons.get(pair) == NAMESPACE)
    edges = report(Verdict(ours, theirs, said["version"], reasons, unjudged), show=show)
    texts = {path: text.decode("utf-8", "replace") for path, text in files.items() if is_contract_file(path)}
    return edges | {"modules": len(said["modules"]), "verdicts": _verdicts(tree, said, texts, show=show)}


def ask(folder: Path) -> dict[str, object]:
    """Return what the oracle says about an exported tree, in a process of its own; NotMeasuredError where it fails."""
    command = [sys.executable, str(Path(__file__).with_name("_oracle_importlinter.py")), str(folder), ",".join(ROOTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise NotMeasuredError((done.stderr.strip().splitlines() or ["import-linter failed"])[-1])
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told


def _ours(tree: ArchitectureMap, packages: list[str]) -> frozenset[Pair]:
    names = {path: module.name for path, module in tree.modules.items() if _inside(module.name, packages)}
    pairs = {(edge.importer, edge.imported) for edge in tree.edges}
    found = {(names[one], names[other]) for one, other in pairs if one in names and other in names}
    return frozenset(pair for pair in found if pair[0] != pair[1])


def _inside(name: str, packages: list[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _why(tree: ArchitectureMap, pair: Pair, modules: set[str]) -> str:
    """Say what is known to set us and grimp apart about an import."""
    paths = {module.name: path for path, module in tree.modules.items()}
    for name in pair:
        if name not in paths:
            return "a module that our map does not have"
        if name not in modules and _lies_in_namespace(tree, name, paths[name]):
            return NAMESPACE
        if paths[name] in tree.broken:
            return "a file with syntax errors"
    return "unexplained"


def _lies_in_namespace(tree: ArchitectureMap, name: str, path: str) -> bool:
    """Whether one of the folders from the root package down to a module has no `__init__.py`."""
    folders = path.split("/")[:-1]
    depth = name.count(".") + path.endswith("/__init__.py")
    return any(
        "/".join([*folders[: len(folders) - up], "__init__.py"]) not in tree.files
        for up in range(min(depth, len(folders)))
    )


def _verdicts(tree: ArchitectureMap, said: dict[str, object], texts: dict[str, str], *, show: bool) -> Result:
    """Count contracts by whether both see the same single imports break them, and what our verdict would be."""
    counts = Counter[str]()
    packages, ways = said["packages"], said["ways"]
    assert isinstance(packages, list)
    assert isinstance(ways, dict)
    modules = {module.name for module in tree.modules.values()}
    known = set(said["modules"])
    imports = {
        pair: type_only
        for pair, type_only in _imports(tree, packages).items()
        if pair[0] in known and (pair[1] in known or not _inside(pair[1], packages))
    }
    unread: list[str] = []
    for way, told in ways.items():
        contracts, notes = parse_contracts({".importlinter": told["ini"]}, modules)
        unread += notes if way == "as declared" else ()
        for name, theirs in told["judged"].items():
            mine = [contract for contract in contracts if contract.name == name]
            if not mine:
                counts["not_judged"] += 1
                continue
            ours = {
                pair
                for pair, type_only in imports.items()
                if any(breaks(one, *pair) for one in mine if not (one.ignore_type_only and type_only))
            }
            direct = {(one, other) for one, other in theirs["direct"]}
            counts["judged"] += 1
            counts["same_verdict"] += theirs["kept"] == (not ours)
            counts["same_single_breaches"] += ours == direct
            counts["single_breaches"] += len(direct)
            counts["indirect_only"] += not theirs["kept"] and not direct
            if show:
                _show(way, name, ours, direct)
    own = parse_contracts(texts, modules)[0]
    declared = parse_contracts({".importlinter": ways["as declared"]["ini"]}, modules)[0]
    same = [(one.kind, one.layers, one.sources, one.targets) for one in own if one.origin.rpartition("/")[0] == ""]
    counts["files_read_alike"] += same == [(one.kind, one.layers, one.sources, one.targets) for one in declared]
    return dict(counts) | {"notes": unread}


def _show(way: str, name: str, ours: set[Pair], direct: set[Pair]) -> None:
    for sign, pairs in (("only ours", ours - direct), ("only import-linter's", direct - ours)):
        for importer, imported in sorted(pairs):
            print(f"{way}, {name}, {sign}: {importer} -> {imported}")


def _imports(tree: ArchitectureMap, packages: list[str]) -> dict[Pair, bool]:
    """Return who imports what, inside by module and outside by its first name, and whether for types only."""
    found: dict[Pair, bool] = {}
    for edge in tree.edges:
        _note(found, (tree.modules[edge.importer].name, tree.modules[edge.imported].name), edge.kind == "type_only")
    for entry in tree.external:
        _note(found, (tree.modules[entry.importer].name, entry.target.partition(".")[0]), entry.kind == "type_only")
    return {pair: types for pair, types in found.items() if _inside(pair[0], packages)}


def _note(found: dict[Pair, bool], pair: Pair, type_only: bool) -> None:
    found[pair] = found.get(pair, True) and type_only
