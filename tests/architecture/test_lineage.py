from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.architecture.lineage import Edit, edits, trace_file
from reviewlore.domain.patch import CommitPatch, PatchFile, PatchHunk

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "def f():", "    return 1"]), max_size=14)


def blame(tree: Tree, path: str) -> list[str]:
    told = tree.git("blame", "--first-parent", "-s", "-l", "--root", "HEAD", "--", path)
    return [row.split(" ")[0] for row in told.splitlines()]


def stories(tree: Tree, path: str, limit: int | None = None) -> list[str | None]:
    repo = GitRepo(tree.folder)
    story = trace_file(list(repo.patches(tree.git("rev-parse", "HEAD"), limit, [path], mainline=True)), path)
    assert story is not None
    return [line.introduced for line in story.lines]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_the_introducers_are_those_of_git_blame(
    tmp_path_factory: pytest.TempPathFactory, versions: list[list[str]]
) -> None:
    tree = Tree(tmp_path_factory.mktemp("blamed") / "repo")
    for number, rows in enumerate(versions):
        tree.commit({"f.py": "\n".join(rows) + ("\n" if rows and number % 2 else ""), "other": str(number)})
    assert stories(tree, "f.py") == blame(tree, "f.py")


def test_a_merge_introduces_what_it_brought(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "repo")
    tree.commit({"f.py": "one\ntwo\nthree\n"})
    tree.git("checkout", "-q", "-b", "side")
    tree.commit({"f.py": "one\ntwo\nthree\nfour\n"})
    tree.git("checkout", "-q", "main")
    tree.commit({"f.py": "zero\none\ntwo\nthree\n"})
    tree.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    assert stories(tree, "f.py") == blame(tree, "f.py")
    assert stories(tree, "f.py")[-1] == tree.git("rev-parse", "HEAD")


def test_what_lies_before_the_patches_is_not_known(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "repo")
    rows = [f"line {number}" for number in range(40)]
    tree.commit({"f.py": "\n".join(rows)})
    rows[20] = "changed"
    last = tree.commit({"f.py": "\n".join(rows)})
    found = stories(tree, "f.py", 1)
    assert found[20] == last
    assert set(found) == {None, last}


def test_lines_inherit_what_touched_those_they_replace(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "repo")
    ids = [tree.commit({"f.py": text}) for text in ("a\nb\nc\n", "a\nB\nc\n", "a\nBB\nc\n", "a\nc\n")]
    story = trace_file(list(GitRepo(tree.folder).patches(ids[-1], None, ["f.py"], mainline=True)), "f.py")
    assert story is not None
    assert [(removal.commit, removal.lines, removal.introduced) for removal in story.removals] == [
        (ids[1], 1, ids[0]),
        (ids[2], 1, ids[1]),
        (ids[3], 1, ids[2]),
    ]
    assert [line.introduced for line in story.lines] == [ids[0], ids[0]]
    assert all(ids[3] in line.touched for line in story.lines)
    before = trace_file(list(GitRepo(tree.folder).patches(ids[2], None, ["f.py"], mainline=True)), "f.py")
    assert before is not None
    assert before.lines[1].touched == set(ids[:3])


def test_a_file_that_was_renamed_begins_anew(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "repo")
    text = "".join(f"line {number}\n" for number in range(20))
    tree.commit({"old.py": text})
    moved = tree.commit({"old.py": None, "new.py": text + "more\n"})
    patches = list(GitRepo(tree.folder).patches(moved, None, mainline=True))
    assert patches[0].files[0].status == "renamed"
    story = trace_file(patches, "new.py")
    assert story is not None
    assert story.lines[-1].introduced == moved
    assert stories(tree, "new.py") == [moved] * 21


def test_patches_that_do_not_fit_each_other_tell_nothing() -> None:
    def patch(number: int, status: str, hunk: PatchHunk) -> CommitPatch:
        return CommitPatch(str(number), number, "x", (PatchFile("f", "f", status, (hunk,)),))  # type: ignore[arg-type]

    added = patch(1, "added", PatchHunk(0, 0, 1, 1, "", "+a"))
    beyond = patch(2, "modified", PatchHunk(0, 3, 0, 0, "", "-a\n-b\n-c"))
    assert trace_file([beyond, added], "f") is None
    assert trace_file([], "f") is not None


@given(st.text(alphabet="+- \\x\n", max_size=40), st.integers(0, 5), st.integers(0, 5))
def test_any_hunk_gives_edits_in_order(text: str, start: int, length: int) -> None:
    found = list(edits(PatchHunk(start, length, 1, 1, "", text)))
    rows = text.split("\n")
    assert sum(edit.removed for edit in found) == sum(row.startswith("-") for row in rows)
    assert sum(edit.added for edit in found) == sum(row.startswith("+") for row in rows)
    assert [edit.line for edit in found] == sorted(edit.line for edit in found)
    file = PatchFile("f", "f", "modified", (PatchHunk(start, length, 1, 1, "", text),))
    story = trace_file([CommitPatch("1", 1, "x", (file,))], "f")
    assert story is None or sum(line.introduced == "1" for line in story.lines) == sum(e.added for e in found)


def test_an_addition_into_nothing_stands_at_the_first_line() -> None:
    assert list(edits(PatchHunk(0, 0, 1, 2, "", "+a\n+b"))) == [Edit(1, 0, 2)]
    assert list(edits(PatchHunk(4, 0, 5, 1, "", "+a"))) == [Edit(5, 0, 1)]
    assert list(edits(PatchHunk(1, 3, 1, 3, "", " a\n-b\n+c\n d\n\\ No newline at end of file"))) == [Edit(2, 1, 1)]
