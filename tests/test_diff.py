"""Diffs as records, checked against git itself on real repositories."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.diff import hunk_until, parse_diff
from reviewlore.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


def test_added_removed_renamed_modified_and_binary(folder: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(40))
    first = commit(folder, {"old.py": text, "gone.py": "x\n", "same.py": "a\nb\nc\n", "pic": bytes(range(256))})
    (folder / "old.py").rename(folder / "new name.py")
    second = commit(
        folder, {"gone.py": None, "fresh.py": "1\n", "same.py": "a\nB\nc\nd\n", "pic": bytes(range(255, -1, -1))}
    )
    patches = {patch.path: patch for patch in parse_diff(GitRepo(folder).diff(first, second))}
    assert {path: patch.status for path, patch in patches.items()} == {
        "fresh.py": "added", "gone.py": "removed", "new name.py": "renamed", "same.py": "modified", "pic": "modified",
    }  # fmt: skip
    assert patches["new name.py"].old_path == "old.py"
    assert patches["pic"].binary and not patches["pic"].hunks
    (hunk,) = patches["same.py"].hunks
    assert (hunk.added, hunk.removed) == ({2, 4}, {2})
    assert (hunk.right, hunk.left) == ({1, 2, 3, 4}, {1, 2, 3})
    assert patches["same.py"].added_lines == {2, 4}
    assert patches["same.py"].hunk_at(4) is hunk
    assert patches["same.py"].hunk_at(4, "LEFT") is None
    assert patches["same.py"].hunk_at(9) is None


def test_a_hunk_is_cut_at_the_commented_line(folder: Path) -> None:
    first = commit(folder, {"a": "1\n2\n3\n4\n5\n"})
    second = commit(folder, {"a": "1\n2\nthree\nand a half\n4\n5\n"})
    (hunk,) = parse_diff(GitRepo(folder).diff(first, second))[0].hunks
    assert hunk_until(hunk, 3) == "@@ -1,5 +1,6 @@\n 1\n 2\n-3\n+three"
    assert hunk_until(hunk, 3, "LEFT") == "@@ -1,5 +1,6 @@\n 1\n 2\n-3"
    assert hunk_until(hunk, 2) == "@@ -1,5 +1,6 @@\n 1\n 2"
    assert hunk_until(hunk, 6) == hunk.text


ODD = [
    "with space.py",
    "tab\tin.py",
    "new\nline.py",
    'quote".py',
    "back\\slash.py",
    "\x01\x1b.py",
    "é.py",
    "a/b/c.py",
    '"q"',
    "a b/c d.py",
    "x b/x b/x",
    " ",
    "dev/null",
    "caf\udce9.py",
    "b/a/x.py",
    "{old => new}.py",
    "--- a",
    "rename from x",
]


def test_odd_paths_are_the_paths_of_the_tree(folder: Path) -> None:
    first = commit(folder, dict.fromkeys(ODD, "one\ntwo\n"))
    second = commit(folder, dict.fromkeys(ODD, "one\n2\n") | {"new\ttoo": "1\n"})
    third = commit(folder, dict.fromkeys(ODD))
    repo = GitRepo(folder)
    changed = {patch.path: (patch.status, patch.old_path) for patch in parse_diff(repo.diff(first, second))}
    assert changed == {name: ("modified", name) for name in ODD} | {"new\ttoo": ("added", "new\ttoo")}
    removed = {patch.path: patch.status for patch in parse_diff(repo.diff(second, third))}
    assert removed == dict.fromkeys(ODD, "removed")


def test_odd_paths_of_binary_renamed_and_empty_files(folder: Path) -> None:
    binary, text = bytes(range(256)), "".join(f"line {number}\n" for number in range(40))
    kept = {f"bin {name}": binary for name in ODD}
    first = commit(folder, kept | {f"old {name}": f"{name!r}\n{text}" for name in ODD})
    for name in ODD:
        target = folder / f"new {name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / f"old {name}").rename(target)
        (folder / f"bin {name}").write_bytes(binary[::-1])
    second = commit(folder, {f"none {name}": "" for name in ODD} | {"new a/b/c.py": f"'a/b/c.py'\n{text}more\n"})
    patches = {patch.path: patch for patch in parse_diff(GitRepo(folder).diff(first, second))}
    assert {path: (patch.status, patch.old_path, patch.binary) for path, patch in patches.items()} == (
        {f"bin {name}": ("modified", f"bin {name}", True) for name in ODD}
        | {f"new {name}": ("renamed", f"old {name}", False) for name in ODD}
        | {f"none {name}": ("added", f"none {name}", False) for name in ODD}
    )
    assert patches["new a/b/c.py"].added_lines == {42}


def test_what_is_no_diff_is_an_input_error() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        parse_diff("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\nnonsense\n")


def test_an_empty_diff_has_no_files() -> None:
    assert parse_diff("") == ()


lines = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=lines, after=lines)
def test_added_lines_are_git_s_own(folder: Path, before: list[str], after: list[str]) -> None:
    """Any text git shows as text is parsed, and the added lines rebuild what git counted."""
    first = commit(folder, {"f": "\n".join(before).encode("utf-8", "surrogatepass")})
    second = commit(folder, {"f": "\n".join(after).encode("utf-8", "surrogatepass")})
    patches = parse_diff(GitRepo(folder).diff(first, second))
    counted = git(folder, "diff", "--numstat", first, second).split("\t")
    if counted[0] in ("", "-"):
        assert not patches or patches[0].binary or not patches[0].hunks
        return
    assert sum(len(hunk.added) for hunk in patches[0].hunks) == int(counted[0])
    assert sum(len(hunk.removed) for hunk in patches[0].hunks) == int(counted[1])
