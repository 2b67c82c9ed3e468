"""Repositories as they should not be: each gets an answer in bounded time, which says what it does not rest on."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.architecture.trees import Tree, imports_of

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.config import Settings
from reviewlore.domain.architecture import Survey
from reviewlore.domain.overview import Overview
from reviewlore.flows.architecture import MapContext, describe
from reviewlore.flows.survey import survey

GOOD = {"app/__init__.py": "", "app/a.py": "from app import b\n", "app/b.py": "import os\n"}
EDGE = ("app/a.py", "app/b.py")
# Seconds of this process's own work for one survey and one description; what is read here takes a fraction of it.
BUDGET = 8.0


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def judge(folder: Path, base: str, head: str) -> tuple[Survey, Overview]:
    """What a review and a status say of a change and of its head, within the budget."""
    repo = GitRepo(folder)
    started = time.process_time()
    found = survey(repo, Grammars(1), base, head)
    overview, picture = describe(MapContext("o/r", repo, Grammars(1), QuietConsole(), Settings()), head)
    assert time.process_time() - started < BUDGET
    assert picture.title
    return found, overview


def changed(tree: Tree, files: dict[str, str | bytes | None], before: dict[str, str | bytes | None] | None = None):
    base = tree.commit(GOOD | (before or {}), "Before")
    return judge(tree.folder, base, tree.commit(files, "After"))


def noted(found: Survey, overview: Overview, *words: str) -> None:
    """Both answers have one note that holds all of the words."""
    for notes in (found.notes, overview.notes):
        assert any(all(word in note for word in words) for note in notes), notes


@pytest.mark.parametrize(
    "text",
    [
        "import os\ndef broken(:\n    x = \n",
        "<<<<<<< HEAD\nimport os\n=======\nimport sys\n>>>>>>> theirs\nfrom app import b\n",
        "from app import b\n" + "\0" * 50,
    ],
)
def test_syntax_errors_and_conflict_markers_cost_that_file_alone(tree: Tree, text: str) -> None:
    found, overview = changed(tree, {"app/c.py": text})
    assert EDGE in imports_of(found.head)
    noted(found, overview, "1 file with syntax errors or conflict markers", "'app/c.py'")


def test_conflict_markers_in_every_language(tree: Tree) -> None:
    text = "<<<<<<< HEAD\nfoo\n=======\nbar\n>>>>>>> theirs\n"
    names = ("app/c.py", "a.ts", "a.tsx", "a.js", "a.go", "A.java", "src/a.rs")
    found, overview = changed(tree, dict.fromkeys(names, text))
    noted(found, overview, f"{len(names)} files with syntax errors or conflict markers")


def test_cycles_of_symbolic_links_are_not_followed(tree: Tree) -> None:
    base = tree.commit(GOOD)
    (tree.folder / "loop").symlink_to("app/back", target_is_directory=True)
    (tree.folder / "app" / "back").symlink_to("../loop", target_is_directory=True)
    (tree.folder / "app" / "self.py").symlink_to("self.py")
    found, overview = judge(tree.folder, base, tree.commit({}))
    assert "app/self.py" not in found.head.files
    noted(found, overview, "3 symbolic links are not followed", "'app/back'")


def test_a_link_that_takes_the_place_of_a_module_removes_it(tree: Tree) -> None:
    base = tree.commit(GOOD)
    (tree.folder / "app" / "b.py").unlink()
    (tree.folder / "app" / "b.py").symlink_to("a.py")
    found, overview = judge(tree.folder, base, tree.commit({}))
    assert "app/b.py" not in found.head.modules
    noted(found, overview, "1 symbolic link is not followed", "'app/b.py'")


@pytest.mark.parametrize("name", ["app/generated.py", "bundle.js", "Schema.java", "schema.go", "schema.ts", "src/g.rs"])
def test_five_megabytes_of_generated_code_are_left_out(tree: Tree, name: str) -> None:
    found, overview = changed(tree, {name: b"x = [1, 2, 3]\n" * 360_000})
    assert name not in found.head.modules
    noted(found, overview, "1 too large to be written by hand")


@pytest.mark.parametrize(
    ("name", "piece"),
    [("m.min.js", b"function a(b){return b?c(b):d};"), ("one.py", b"x=f(1);"), ("m.ts", b"let a=(b:number)=>b*2;")],
)
def test_a_minified_line_of_100_kilobytes(tree: Tree, name: str, piece: bytes) -> None:
    found, _ = changed(tree, {name: piece * (100_000 // len(piece))})
    assert EDGE in imports_of(found.head)


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("app/c.py", "def f(): f(g)\n"),
        ("a.js", "function f() { f(g); }\n"),
        ("a.ts", "function f(a: A): B { f(g); }\n"),
        ("a.go", "func f() { f(g) }\n"),
        ("A.java", "class A { void f() { f(g); } }\n"),
        ("src/a.rs", "fn f() { f(g) }\n"),
    ],
)
def test_two_thousand_definitions_of_one_name(tree: Tree, name: str, piece: str) -> None:
    found, _ = changed(tree, {name: piece * 2000})
    assert EDGE in imports_of(found.head)
    assert name in found.head.modules


DEEP: dict[str, Callable[[int], str]] = {
    "app/c.py": lambda depth: "x = " + "(" * depth + ")" * depth + "\n",
    "app/d.py": lambda depth: "x = " + "[" * depth + "\n",
    "app/e.py": lambda depth: "x = " + "-" * depth + "1\n",
    "app/f.py": lambda depth: "x = " + "a." * depth + "b\n",
    "app/g.py": lambda depth: "x = " + "f(" * depth + ")" * depth + "\n",
    "app/h.py": lambda depth: "x = " + " + ".join(["a"] * depth) + "\n",
    "app/i.py": lambda depth: "from " + "." * depth + " import a\n",
    "app/j.py": lambda depth: "".join(f"{' ' * level}if x:\n" for level in range(depth // 10)) + " " * depth + "y\n",
    "a.ts": lambda depth: "const x = " + "{a:" * depth + "1" + "}" * depth + ";\n",
    "b.ts": lambda depth: "type T = " + "A<" * depth + "B" + ">" * depth + ";\n",
    "c.ts": lambda depth: "type T = " + "A<" * depth + "\n",
    "d.js": lambda depth: "x = " + "`${" * depth + "1" + "}`" * depth + ";\n",
    "e.tsx": lambda depth: "const x = " + "<a>" * depth + "</a>" * depth + ";\n",
    "f.js": lambda depth: "x = " + "(" * depth + "\n",
    "g.js": lambda depth: "x = " + "!" * depth + "y\n",
    "h.js": lambda depth: "x = " + " + ".join(["'a'"] * 3 * depth) + ";\n",
    "i.ts": lambda depth: "x = " + " || ".join(["a"] * 3 * depth) + ";\n",
    "a.go": lambda depth: "package a\nvar x = " + "(" * depth + "1" + ")" * depth + "\n",
    "b.go": lambda depth: "package a\nvar x " + "[]" * depth + "int\n",
    "c.go": lambda depth: "package a\nfunc f() {" + "{" * depth + "}" * depth + "}\n",
    "d.go": lambda depth: "package a\nvar x = " + "(" * depth + "\n",
    "A.java": lambda depth: "class A { int x = " + "(" * depth + "1" + ")" * depth + "; }\n",
    "B.java": lambda depth: "class B { " + "class B { " * depth + "}" * depth + "}\n",
    "C.java": lambda depth: "class C { A" + "<A" * depth + " x; }\n",
    "src/a.rs": lambda depth: "fn f() { let x = " + "(" * depth + "1" + ")" * depth + "; }\n",
    "src/b.rs": lambda depth: "use " + "a::{" * depth + "b" + "}" * depth + ";\n",
    "src/c.rs": lambda depth: "fn f() { " + "a<" * depth + "\n",
    "src/d.rs": lambda depth: "fn f() { x = " + "&" * depth + "y; }\n",
    "src/e.rs": lambda depth: "fn f() { x = " + "(" * depth + "\n",
}


@pytest.mark.parametrize("name", sorted(DEEP))
def test_nesting_of_ten_thousand_levels(tree: Tree, name: str) -> None:
    found, _ = changed(tree, {name: DEEP[name](10_000)})
    assert EDGE in imports_of(found.head)


def test_a_case_only_rename_is_another_module(tree: Tree) -> None:
    found, _ = changed(tree, {"app/b.py": None, "app/B.py": "import os\n"})
    assert "app/B.py" in found.head.modules
    assert EDGE not in imports_of(found.head)


def test_names_that_differ_in_case_alone_are_two_modules(tree: Tree) -> None:
    found, _ = changed(tree, {"app/B.py": "from app import b\n"})
    assert imports_of(found.head) == {EDGE, ("app/B.py", "app/b.py")}


def test_namespace_packages_without_init_files(tree: Tree) -> None:
    files = {"src/ns/one/a.py": "from ns.two import b\n", "src/ns/two/b.py": ""}
    found, _ = changed(tree, files)
    assert ("src/ns/one/a.py", "src/ns/two/b.py") in imports_of(found.head)


def test_vendored_trees_are_mapped_and_say_nothing(tree: Tree) -> None:
    vendored = {f"third_party/lib/{name}.py": "def f():\n    import os\n" * 40 for name in "abcdef"}
    vendored |= {f"app/_vendor/lib/{name}.py": "eval('1')\n" for name in "abc"}
    found, _ = changed(tree, {**vendored, "node_modules/x/package.json": "{", "node_modules/x/index.js": "var a"})
    assert [fact for fact in found.facts if fact.path.startswith(("third_party/", "app/_vendor/", "node_mod"))] == []
    assert not [note for note in found.notes if "node_modules/x/package.json" in note]


def test_submodules_are_not_read(tree: Tree) -> None:
    base = tree.commit(GOOD)
    tree.git("update-index", "--add", "--cacheinfo", f"160000,{base},vendor/lib")
    tree.git("commit", "-q", "-m", "Add a submodule")
    found, overview = judge(tree.folder, base, tree.git("rev-parse", "HEAD"))
    assert EDGE in imports_of(found.head)
    noted(found, overview, "1 submodule is not read", "'vendor/lib'")


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{two}: &{two} [{', '.join([f'*{one}'] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
)
XML_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {two} "{f"&{one};" * 10}">' for one, two in zip("abcdefghi", "bcdefghij", strict=True)
    )  # each ten times the one before: ten gigabytes
    + "]><project><artifactId>&j;</artifactId></project>"
)
MANIFESTS = {
    "package.json": "{" * 20_000,
    "web/package.json": '{"name": "x", "name": ',
    "tsconfig.json": '{"extends": "./tsconfig.base.json"}',
    "tsconfig.base.json": '{"extends": "./tsconfig.json", "compilerOptions": {"paths": {"__proto__": ["../../etc"]}}}',
    "pnpm-workspace.yaml": LAUGHS,
    "pyproject.toml": "[project\nname = ",
    "requirements.txt": "-r requirements.txt\n-r ../../../../etc/passwd\n\0\n",
    "setup.cfg": "[metadata\nname = a",
    "setup.py": "from setuptools import setup\nsetup(" + "(" * 5000,
    "go.mod": "module " + "x" * 100_000 + "\nreplace a => ../../..\n",
    "go.work": "use ../../..\nuse (\n",
    "Cargo.toml": "[workspace]\nmembers = ['../..', '/etc', '.']\n[[[\n",
    "pom.xml": XML_LAUGHS,
    "lerna.json": "[" * 10_000,
    "Pipfile": "\x00",
    ".github/workflows/ci.yml": LAUGHS,
    "docker-compose.yml": LAUGHS,
    ".importlinter": "[importlinter\nroot_package = x",
    ".dependency-cruiser.json": "{" * 5000,
    "CODEOWNERS": "*" * 5000 + " @a\n" + "[" * 2000 + " nobody\n" + "**/" * 3000 + " @b\n",
    "openapi.yaml": LAUGHS,
}


@pytest.mark.parametrize("name", sorted(MANIFESTS))
def test_one_broken_or_hostile_manifest(tree: Tree, name: str) -> None:
    found, _ = changed(tree, {name: MANIFESTS[name], "web/a.ts": "import { b } from './b';\n", "web/b.ts": ""})
    assert {EDGE, ("web/a.ts", "web/b.ts")} <= imports_of(found.head)


def test_all_of_them_at_once_before_and_after(tree: Tree) -> None:
    found, overview = changed(tree, {"app/c.py": "import os\n"}, dict(MANIFESTS))
    assert EDGE in imports_of(found.head)
    noted(found, overview, "Cargo.toml could not be read in whole")
    noted(found, overview, "Neither could", "other manifests")


@pytest.mark.parametrize(("name", "text"), [("main.go", "package main\n"), ("a.ts", "import './b';\n")])
def test_a_missing_manifest_is_said(tree: Tree, name: str, text: str) -> None:
    noted(*changed(tree, {name: text}), "beside 1 ", "imports were resolved by their paths alone")


def test_a_repository_in_no_language_that_is_read(tree: Tree) -> None:
    base = tree.commit({"main.rb": "puts 1\n", "README": "x"})
    found, overview = judge(tree.folder, base, tree.commit({"main.rb": "puts 2\n"}))
    assert found.facts == ()
    noted(found, overview, "No module in a language reviewlore reads")


def test_an_empty_tree_and_a_history_of_one_commit(tree: Tree) -> None:
    base = tree.commit({})
    found, overview = judge(tree.folder, base, base)
    assert found.head.files == frozenset()
    assert overview.files == 0
    noted(found, overview, "No module in a language reviewlore reads")


def test_everything_removed_and_everything_new(tree: Tree) -> None:
    base, head = tree.commit(GOOD), tree.commit(dict.fromkeys(GOOD))
    judge(tree.folder, base, head)
    found, _ = judge(tree.folder, head, base)
    assert EDGE in imports_of(found.head)


NAMES = (
    b"app/caf\xe9.py", b"app/new\nline.py", b"app/tab\t.py", b'app/quo"te.py', b"app/back\\slash.py", b"app/ .py",
    b"app/-r.py", b"app/\xff\xfe/x.py", b":(top)x.py", b"app/*.py", b"app/__proto__.py", b"caf\xe9/package.json",
    b"new\nline/go.mod", b"n\n/tsconfig.json", b"\xe9/x.ts", b"\n.go", b"\x1b[31m.py", b"app/" + b"d/" * 900 + b"x.py",
)  # fmt: skip


def test_names_of_any_bytes(tree: Tree) -> None:
    base = tree.commit(GOOD)
    text = "from app import b\n\n\ndef run():\n    return b\n"
    files = {os.fsdecode(name): text for name in NAMES if name.endswith(b".py")}
    others = {os.fsdecode(name): "{}" for name in NAMES if not name.endswith(b".py")}
    head = tree.commit({**files, **others})
    found, overview = judge(tree.folder, base, head)
    assert files.keys() <= found.head.modules.keys()
    assert overview.files == len(GOOD) + len(NAMES)
    again, _ = judge(tree.folder, head, tree.commit({**dict.fromkeys(files, text + "\n\ndef more(): ...\n")}))
    assert files.keys() <= again.head.modules.keys()
    judge(tree.folder, head, base)


CONTENTS = {
    "app/latin.py": b"# -*- coding: latin-1 -*-\nfrom app import b\nx = '\xe9'\n",
    "app/utf16.py": "from app import b\n".encode("utf-16"),
    "app/bytes.py": b"from app import b\n\xff\xfe\xfd\n",
    "app/coding.py": b"# coding: no-such-thing\nfrom app import b\n\xff\n",
    "app/bom.py": b"\xef\xbb\xbffrom app import b\n",
    "app/cr.py": b"from app import b\rx = 1\r",
    "app/nul.py": b"\0" * 1000,
}


def test_contents_of_any_encoding(tree: Tree) -> None:
    found, overview = changed(tree, dict(CONTENTS))
    read = {importer for importer, _ in imports_of(found.head)}
    assert {"app/latin.py", "app/utf16.py", "app/bom.py"} <= read
    noted(found, overview, "2 in no known encoding")


def test_an_executable_bit_alone_changes_nothing(tree: Tree) -> None:
    base = tree.commit(GOOD)
    (tree.folder / "app" / "a.py").chmod(0o755)
    found, _ = judge(tree.folder, base, tree.commit({}))
    assert found.base == found.head
    assert found.facts == ()


def test_a_shallow_clone_says_what_history_it_lacks(tree: Tree, tmp_path: Path) -> None:
    tree.commit(GOOD)
    base, head = tree.commit({"app/b.py": "import sys\n"}), tree.commit({"app/c.py": "from app import b\n"})
    clone = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "2", f"file://{tree.folder}", clone], check=True)
    found, overview = judge(clone, base, head)
    assert EDGE in imports_of(found.head)
    noted(found, overview, "shallow")


def test_a_clone_without_old_contents(tree: Tree, tmp_path: Path) -> None:
    tree.commit({**GOOD, "app/b.py": "import re\n"})
    base, head = tree.commit({"app/b.py": "import sys\n"}), tree.commit({"app/c.py": "from app import b\n"})
    tree.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    command = ["git", "clone", "-q", "--filter=blob:none", f"file://{tree.folder}", clone]
    subprocess.run(command, check=True, capture_output=True)
    subprocess.run(["git", "-C", clone, "checkout", "-q", base], check=True, capture_output=True)
    subprocess.run(["git", "-C", clone, "remote", "remove", "origin"], check=True)
    found, _ = judge(clone, base, head)
    assert EDGE in imports_of(found.head)


def test_a_repository_without_history_before_the_base(tree: Tree) -> None:
    base = tree.commit({})
    found, _ = judge(tree.folder, base, tree.commit(GOOD))
    assert any("No history before the base" in note for note in found.notes)


def test_a_sixteen_thousand_imports_in_one_file(tree: Tree) -> None:
    text = "".join(f"import m{number}\n" for number in range(8_000))
    found, _ = changed(tree, {"app/c.py": text, "app/d.py": "import " + ", ".join(f"n{n}" for n in range(8_000))})
    assert EDGE in imports_of(found.head)


def test_a_hub_of_four_hundred_imports(tree: Tree) -> None:
    files = {f"app/m{number}.py": f"from app import m{number + 1}\n" for number in range(400)}
    files["app/hub.py"] = "".join(f"from app import m{number}\n" for number in range(400))
    found, _ = changed(tree, files)
    assert len(found.head.edges) > 800


def test_an_overlong_cycle(tree: Tree) -> None:
    files = {f"app/m{number}.py": f"from app import m{(number + 1) % 450}\n" for number in range(450)}
    found, overview = changed(tree, files)
    assert any(len(circle) == 450 for circle in overview.cycles)
    assert len([fact for fact in found.facts if "cycle" in fact.kind]) <= 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Cargo.toml", "[package]\nname = 'a'\n[dependencies]\n" + "".join(f"a{n} = '1'\n" for n in range(25_000))),
        ("package.json", '{"name": "a", "dependencies": {' + ",".join(f'"a{n}": "1"' for n in range(25_000)) + "}}"),
    ],
)
def test_a_manifest_that_gains_thousands_of_packages(tree: Tree, name: str, text: str) -> None:
    found, _ = changed(tree, {name: text}, {name: text[: text.index("a0") - 1] + ("}}" if text[0] == "{" else "")})
    assert EDGE in imports_of(found.head)
