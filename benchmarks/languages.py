"""How well the import graph of each language agrees with an oracle: the language's own tool on the same tree.

    REVIEWLORE_CLONES=/path/to/clones REVIEWLORE_TYPESCRIPT=/path/to/node_modules/typescript \
        python -m benchmarks languages [--json] [--show] [NAME ...]

A NAME is a language (`typescript`) or one of its repositories (`armeria`). Edges are pairs of files (Go: of packages)
that both lie in the repository. Precision is the share of our edges that the oracle has too (of judged: without those
whose import it does not find at all), recall the share of its edges that we have. `--show` prints every difference.
The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._oracle_go import go_truth
from benchmarks._oracle_java import java_truth, jdk_version
from benchmarks._oracle_rust import LIBRARIES, rust_truth

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.building import build_map
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.formats.manifests import is_manifest, parse_manifests

Pair = tuple[str, str]
SAMPLES = 12
# What resolving needs to see: sources, and the manifests that say where paths lead.
_ECMASCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json", "pnpm-workspace.yaml")


@dataclass(frozen=True, slots=True)
class Case:
    """One clone, the part of it that is judged (all where empty), and the oracle that judges."""

    language: str
    clone: str
    part: str
    judge: "Callable[[Path, str], Verdict]"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Our pairs of importer and imported beside the oracle's; `oracle` names the tool and its version.

    `reasons` say why a pair may differ, in a word or two for each kind. `unjudged` are pairs of ours of which the
    oracle cannot tell: it does not find at all what is imported, as where a package has to be compiled first.
    """

    ours: frozenset[Pair]
    theirs: frozenset[Pair]
    oracle: str
    reasons: Mapping[Pair, str] = field(default_factory=dict)
    unjudged: frozenset[Pair] = frozenset()


class NotMeasuredError(Exception):
    """Why an oracle cannot be asked on this machine."""


def main(argv: list[str]) -> int:
    """Judge every case whose clone and oracle are there; exit 0 also where none is, which the result then says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks languages", description=__doc__)
    parser.add_argument("names", nargs="*", help="languages or repositories (all)")
    parser.add_argument("--show", action="store_true", help="print every difference")
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the last line is always JSON")
    arguments = parser.parse_args(argv)
    folder = os.environ.get("REVIEWLORE_CLONES", "")
    results: dict[str, dict[str, object]] = {}
    missing: dict[str, str] = {}
    for case in cases():
        if arguments.names and not {case.language, case.clone} & set(arguments.names):
            continue
        key, clone = f"{case.language}:{case.clone}", Path(folder, case.clone)
        if not folder or not clone.is_dir():
            missing[key] = f"no such clone in REVIEWLORE_CLONES={folder or 'unset'}"
            continue
        try:
            results[key] = report(case.judge(clone, case.part), show=arguments.show)
        except NotMeasuredError as error:
            missing[key] = str(error)
            continue
        print(f"{key}: {results[key]}")
    print(json.dumps(summary(results) | {"repositories": results, "not_measured": missing}, sort_keys=True))
    return 0


def cases() -> tuple[Case, ...]:
    """Every language's repositories; a part is a folder with `/` at its end."""
    return (
        Case("typescript", "graphic-walker", "", judge_ecmascript),
        Case("typescript", "armeria", "docs-client/", judge_ecmascript),
        Case("typescript", "mitmproxy", "web/", judge_ecmascript),
        Case("typescript", "excalidraw", "", judge_ecmascript),
        Case("javascript", "tour-operator", "", judge_ecmascript),
        Case("javascript", "mongoose", "", judge_ecmascript),
        Case("javascript", "Chart.js", "", judge_ecmascript),
        Case("java", "cruise-control", "", judge_java),
        Case("java", "servicetalk", "", judge_java),
        Case("go", "pocket", "", judge_go),
        Case("go", "godine", "", judge_go),
        Case("go", "git-appraise", "", judge_go),
        Case("rust", "regex", "", judge_rust),
        Case("rust", "memchr", "", judge_rust),
        Case("rust", "aho-corasick", "", judge_rust),
        Case("rust", "jiff", "", judge_rust),
    )


def report(verdict: Verdict, *, show: bool = False) -> dict[str, object]:
    """Return precision, recall (None where there is nothing to share) and samples of the differences."""
    common, judged = verdict.ours & verdict.theirs, verdict.ours - verdict.unjudged
    extra, lost = sorted(verdict.ours - verdict.theirs), sorted(verdict.theirs - verdict.ours)
    if show:
        for sign, pairs in (("only ours", extra), ("only the oracle's", lost)):
            for importer, imported in pairs:
                print(f"{sign}: {importer} -> {imported} ({verdict.reasons.get((importer, imported), 'unexplained')})")
    reasons = Counter(verdict.reasons.get(pair, "unexplained") for pair in (*extra, *lost))
    return {
        "differences": dict(reasons.most_common()),
        "edges": len(verdict.ours),
        "oracle": verdict.oracle,
        "oracle_edges": len(verdict.theirs),
        "precision": round(len(common) / len(verdict.ours), 4) if verdict.ours else None,
        "precision_of_judged": round(len(common) / len(judged), 4) if judged else None,
        "recall": round(len(common) / len(verdict.theirs), 4) if verdict.theirs else None,
        "only_ours": extra[:SAMPLES],
        "only_oracle": lost[:SAMPLES],
    }


def summary(results: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return the lowest precision and recall of all cases that had any edges."""
    found = {}
    for figure in ("precision", "recall"):
        values = [value for result in results.values() if isinstance(value := result[figure], float)]
        found[f"lowest_{figure}"] = min(values, default=None)
    return found


def map_at(clone: Path, part: str = "", commit: str = "HEAD") -> ArchitectureMap:
    """Return the map of one commit of a clone, or of one of its folders alone."""
    repo = GitRepo(clone)
    files = [file for file in repo.files(repo.resolve(commit)) if file.path.startswith(part)]
    declared = [file for file in files if is_manifest(file.path)]
    contents = dict(repo.blobs([file.blob for file in declared]))
    texts = {file.path: contents[file.blob].decode("utf-8", "replace") for file in declared}
    return build_map(files, repo.blobs, Grammars().parse, {}, parse_manifests(texts))


def pairs_of(tree: ArchitectureMap, languages: Iterable[str]) -> frozenset[Pair]:
    """Return who imports whom among the modules of some languages."""
    known = frozenset(languages)
    return frozenset(
        (edge.importer, edge.imported)
        for edge in tree.edges
        if tree.modules[edge.importer].parsed.language in known and edge.importer != edge.imported
    )


def contents(clone: Path, part: str, suffixes: tuple[str, ...], commit: str = "HEAD") -> dict[str, bytes]:
    """Return path -> content of the regular files of one commit that have one of some suffixes."""
    repo = GitRepo(clone)
    files = [file for file in repo.files(repo.resolve(commit)) if file.path.startswith(part)]
    chosen = [file for file in files if file.path.endswith(suffixes)]
    blobs = dict(repo.blobs([file.blob for file in chosen]))
    return {file.path: blobs[file.blob] for file in chosen}


def export(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files below a folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def judge_ecmascript(clone: Path, part: str) -> Verdict:
    """Ask TypeScript's own resolver (`_oracle_ecmascript.mjs`), with each file's own tsconfig and workspaces linked."""
    typescript = os.environ.get("REVIEWLORE_TYPESCRIPT", "")
    if not typescript or not Path(typescript, "package.json").is_file():
        raise NotMeasuredError(f"no TypeScript in REVIEWLORE_TYPESCRIPT={typescript or 'unset'}")
    script = Path(__file__).with_name("_oracle_ecmascript.mjs")
    with tempfile.TemporaryDirectory() as folder:
        export(contents(clone, part, _ECMASCRIPT), Path(folder))
        command = ["node", str(script), typescript, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise NotMeasuredError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "node failed")
    said = json.loads(done.stdout)
    tree = map_at(clone, part)
    ours = pairs_of(tree, ("typescript", "javascript"))
    theirs = frozenset((importer, imported) for importer, imported in said["edges"])
    declared = {pair[0] for pair in theirs - ours if ".d." in pair[1].rpartition("/")[2]}
    silent = {(importer, specifier) for importer, specifier in said["unresolved"]}
    reasons = {pair: _why_ecmascript(tree, *pair, declared) for pair in ours ^ theirs}
    open_pairs = frozenset(
        pair
        for pair in ours - theirs
        if (written := _written(tree, *pair)) and {(pair[0], one) for one in written} <= silent
    )
    return Verdict(ours, theirs, f"typescript {said['version']}", reasons, open_pairs)


def _written(tree: ArchitectureMap, importer: str, imported: str) -> set[str]:
    """Return the specifiers by which one module imports another."""
    lines = {edge.line for edge in tree.edges if (edge.importer, edge.imported) == (importer, imported)}
    statements = tree.modules[importer].parsed.imports if importer in tree.modules else ()
    return {one.module for one in statements if lines & {one.line, *(name.line for name in one.names)}}


def judge_java(clone: Path, part: str) -> Verdict:
    """Ask javac (`_OracleJava.java`), which reads all sources of a clone as one program, its dependencies missing."""
    version = jdk_version()
    if not version:
        raise NotMeasuredError("no JDK on the path")
    try:
        theirs = java_truth(contents(clone, part, (".java",)))
    except subprocess.SubprocessError as error:
        raise NotMeasuredError(f"javac failed: {error}") from error
    tree = map_at(clone, part)
    ours = pairs_of(tree, ("java",))
    return Verdict(ours, theirs, version, {pair: _why_java(tree, *pair) for pair in ours ^ theirs})


def _why_java(tree: ArchitectureMap, importer: str, imported: str) -> str:
    """Say what is known to set us and javac apart about a type that a file names."""
    if imported not in tree.modules or importer not in tree.modules:
        return "file not parsed"
    if tree.modules[importer].name == tree.modules[imported].name:
        return "two files declare one type"
    return "unexplained"


def _why_ecmascript(tree: ArchitectureMap, importer: str, imported: str, declared: set[str]) -> str:
    """Say what is known to set us and TypeScript apart about an import."""
    if imported not in tree.modules or importer not in tree.modules:
        return "file not parsed"
    if ".d." in imported.rpartition("/")[2] or (importer in declared and imported.endswith("js")):
        return "declaration file beside what it declares"
    written = _written(tree, importer, imported)
    if any("?" in one or "!" in one for one in written):
        return "query or loader of a bundler"
    if written and all(not one.startswith(".") for one in written):
        return "package of the repository whose entry is compiled"
    return "unexplained"


def judge_go(clone: Path, part: str) -> Verdict:
    """Ask `go list`, which tells imports between packages: pairs of folders, of the files that this machine builds."""
    try:
        truth = go_truth(contents(clone, part, (".go", "go.mod")))
        version = subprocess.check_output(["go", "version"], text=True).strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise NotMeasuredError(f"go failed: {error}") from error
    tree = map_at(clone, part)
    edges = [edge for edge in tree.edges if edge.importer in truth.files]
    pairs = frozenset((edge.importer.rpartition("/")[0], edge.imported.rpartition("/")[0]) for edge in edges)
    return Verdict(frozenset(pair for pair in pairs if pair[0] != pair[1]), truth.edges, version)


def judge_rust(clone: Path, part: str) -> Verdict:
    """Ask rustc about the libraries that build without a registry, in the files and under the conditions it built."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as target:
        export(contents(clone, part, (".rs", ".toml", ".md", ".dat")), Path(folder))
        try:
            truth = rust_truth(Path(folder), LIBRARIES.get(clone.name, (".",)), Path(target))
            version = subprocess.check_output(["rustc", "--version"], text=True).strip()
        except (OSError, subprocess.SubprocessError) as error:
            raise NotMeasuredError(f"rustc failed: {error}") from error
    tree = map_at(clone, part)
    edges = [edge for edge in tree.edges if edge.importer in truth.files and edge.importer != edge.imported]
    ours = frozenset((edge.importer, edge.imported) for edge in edges)
    theirs = frozenset((line.importer, line.imported) for line in truth.paths if line.imported) | truth.declared
    # What stands under a `#[cfg]` may be left out of this build, and no compiler looks into macros that nobody calls.
    seen = {(line.importer, line.line) for line in truth.paths}
    always = [edge for edge in edges if edge.kind != "conditional"]
    judged = {(edge.importer, edge.imported) for edge in always if (edge.importer, edge.line) in seen}
    taken = {(edge.importer, edge.imported, edge.name) for edge in edges}
    reasons = {pair: _why_rust(tree, *pair, taken) for pair in ours ^ theirs}
    reasons |= dict.fromkeys(ours - judged - theirs, "on lines of which this build says nothing: macro rules, `#[cfg]`")
    reasons |= dict.fromkeys(ours - {(edge.importer, edge.imported) for edge in always} - theirs, "under `#[cfg]` only")
    return Verdict(ours, theirs, version, reasons, unjudged=ours - judged - theirs)


def _why_rust(tree: ArchitectureMap, importer: str, imported: str, taken: set[tuple[str, str, str]]) -> str:
    """Say what is known to set us and rustc apart about a path."""
    if imported not in tree.modules or importer not in tree.modules:
        return "file not parsed"
    names = {name for *pair, name in taken if pair == [importer, imported]}
    declared = [entry.module for entry in tree.modules[importer].parsed.imports if entry.module.startswith("mod ")]
    if len(declared) > len(set(declared)):
        return "one module of several files, chosen by `#[cfg]`"
    return "a function called like its module" if names == {tree.modules[imported].name} else "unexplained"
