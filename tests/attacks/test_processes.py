"""No text of a model or of GitHub starts a program: every process that the package starts is a fixed one.

Read from the source: who starts a process, with which program, through no shell; and what git is told of revisions.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src/reviewlore"
FILES = sorted(SOURCE.rglob("*.py"))
STARTERS = {"run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"}
# Whatever starts a program, or turns text into one, without `subprocess`.
NEVER = {
    "os": {"system", "popen", "execv", "execve", "execvp", "execvpe", "spawnv", "spawnve", "posix_spawn", "fork"},
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
    "pickle": {"load", "loads", "Unpickler"},
    "marshal": {"load", "loads"},
    "shelve": {"open"},
    "pty": {"spawn"},
    "runpy": {"run_path", "run_module"},
    "yaml": {"load", "unsafe_load", "full_load"},
    "zipfile": {"ZipFile"},
    "tarfile": {"open", "TarFile"},
    "shutil": {"unpack_archive"},
}
BUILTINS = {"eval", "exec", "compile", "__import__"}
# Each for a reason of its own: the App's child becomes the program it was told, YAML is read by a safe loader, and the
# demo runs the script that lies in the package.
ALLOWED = {
    ("adapters/confine.py", "os.execv"),
    ("adapters/confine.py", "os.fork"),
    ("formats/yaml_text.py", "yaml.load"),
    ("wiring_demo.py", "runpy.run_path"),
}


def having(*words: str) -> list[Path]:
    """The files in which one of the words stands: only those need a closer look."""
    return [path for path in FILES if any(word in path.read_text(encoding="utf-8") for word in words)]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def name_of(node: ast.expr) -> str:
    """`subprocess.run` of the call `subprocess.run(...)`; empty where it is no name."""
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def started() -> list[tuple[str, ast.Call]]:
    """Every call that starts a process, with the file it stands in."""
    names = {f"subprocess.{name}" for name in STARTERS}
    return [
        (str(path.relative_to(SOURCE)), call)
        for path in having("subprocess")
        for call in calls(path)
        if name_of(call.func) in names
    ]


def program_of(call: ast.Call, path: str) -> str:
    """The words a process begins with: a list in the call, or the one list that is bound to the name in it."""
    (given, *_) = call.args
    if isinstance(given, ast.Name):
        tree = tree_of(SOURCE / path)
        bound = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and name_of(node.targets[0]) == given.id
            and isinstance(node.value, ast.List)
        ]
        assert len(bound) == 1, f"{path}: {given.id} is bound {len(bound)} times"
        given = bound[0]
    return " ".join(words_of(given, path)[:3])


def words_of(given: ast.expr, path: str) -> list[str]:
    """The leading words of a list that stand in the source, through the lists and tuples that are unpacked into it."""
    assert isinstance(given, ast.List | ast.Tuple), f"{path}: a process is started with {ast.unparse(given)}"
    words: list[str] = []
    for item in given.elts:
        if isinstance(item, ast.Starred) and isinstance(item.value, ast.Tuple):
            words += words_of(item.value, path)
        elif isinstance(item, ast.Starred) and isinstance(item.value, ast.Name):
            local = next(
                node.value
                for node in ast.walk(tree_of(SOURCE / path))
                if isinstance(node, ast.Assign) and name_of(node.targets[0]) == item.value.id
            )
            words += words_of(local, path) if isinstance(local, ast.List | ast.Tuple) else ["*"]
        elif isinstance(item, ast.Constant):
            words.append(str(item.value))
        else:
            words.append(name_of(item) or "?")
    return words


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 300
    assert {path for path, _ in started()} >= {"adapters/checkout.py", "adapters/local_model.py", "adapters/launch.py"}


@pytest.mark.parametrize(("path", "call"), started(), ids=[f"{path}:{call.lineno}" for path, call in started()])
def test_every_process_is_a_fixed_program_without_a_shell(path: str, call: ast.Call) -> None:
    assert not [each for each in call.keywords if each.arg in {"shell", "executable", "preexec_fn"}]
    program = program_of(call, path)
    assert program.startswith("git ") or program == "sys.executable -I -m", program
    assert path.startswith("adapters/"), "processes are started by adapters alone"


def test_03_no_interpreter_imports_what_lies_around() -> None:
    """Attack 3: wherever our own interpreter is started, -I keeps folder and variables off its import path."""
    found = []
    for path in having("sys.executable"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.List | ast.Tuple) and node.elts and name_of(node.elts[0]) == "sys.executable":
                found.append((path.name, words_of(node, str(path.relative_to(SOURCE)))[1:3]))
    assert len(found) >= 3
    assert [(name, words) for name, words in found if words != ["-I", "-m"]] == []


def test_no_text_becomes_a_program_a_pickle_or_an_unpacked_archive() -> None:
    forbidden = {f"{module}.{name}" for module, names in NEVER.items() for name in names} | BUILTINS
    found = set()
    for path in having(*NEVER, *(f"{name}(" for name in BUILTINS)):
        imported = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        used = {name_of(call.func) for call in calls(path)} | imported
        found |= {(str(path.relative_to(SOURCE)), name) for name in used & forbidden}
    assert found == ALLOWED


def test_06_what_git_is_told_of_is_an_id_or_stands_behind_the_end_of_options() -> None:
    """Every command of `git.py` passes ids through `_id`, which takes nothing else, or names behind the end."""
    tree = tree_of(SOURCE / "adapters/git.py")
    loose = []
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        names = {each.arg for each in function.args.args} & {"commit", "base", "head", "revision", "blob"}
        names |= {"name"}  # of a revision that is to be resolved
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if not name_of(call.func).startswith(("self._run.", "self._repo.git.")):
                continue
            bare = {name_of(item) for item in call.args} & names
            ends = any(isinstance(item, ast.Constant) and item.value == "--end-of-options" for item in call.args)
            if bare and not ends:
                loose.append((function.name, bare))
    # `contains` has matched the whole id before it asks.
    assert loose == [("contains", {"commit"})]
