"""Reading in bulk says what git says one by one: whatever the names, the bytes, and where the pipe is cut."""

import io
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.git_bulk import parse_folder, split_commits, split_pairs
from reviewlore.domain.patch import PatchFile
from reviewlore.errors import InputError

TREES = b"a" * 40 + b" " + b"b" * 40 + b"\n"
NAMES = ["a.py", "b c.py", "d/é.py", 'q"u.py', "tab\t.py", "new\nline.py", "rename from x", "-e"]
ROWS = [
    "", "x", "y = 1", "-- a/x", "++ b/x", "@@ -1 +1 @@", "diff --git a/x b/x", "rename from a.py", "\rx\r",
    "new file mode 100644", "\\ No newline at end of file", "a" * 40 + " " + "b" * 40, "\x0b\x0c\x85\u2028z",
    "Binary files a and b differ",
]  # fmt: skip
text = st.builds(
    lambda rows, end, odd: ("\n".join(rows) + end).encode() + odd,
    st.lists(st.sampled_from(ROWS), max_size=12),
    st.sampled_from(["", "\n"]),
    st.sampled_from([b"", b"\xff\xfe", b"\x00binary"]),
)
trees = st.dictionaries(st.sampled_from(NAMES), text, max_size=4)


class Pieces:
    """A pipe that gives as much at a time as it is told."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = io.BytesIO(data), size

    def read1(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._size))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bulk") / "repo")


def become(folder: Path, files: dict[str, bytes]) -> str:
    """Make a commit of exactly these files."""
    for entry in folder.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    return commit(folder, files)


def counted(folder: Path, first: str, second: str) -> set[tuple[str, str, str, str]]:
    """(old path, path, added, removed) as git counts them; `-` for binary files."""
    parts = iter(git(folder, "diff-tree", "-r", "-M", "--numstat", "-z", first, second).split("\0"))
    found = set()
    for part in parts:
        if part:
            added, removed, path = part.split("\t", 2)
            old, new = (path, path) if path else (next(parts), next(parts))
            found.add((old, new, added, removed))
    return found


def told(file: PatchFile) -> tuple[str, str, str, str]:
    added, removed = ("-", "-") if file.binary else (str(file.added), str(file.removed))
    return file.old_path, file.path, added, removed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees, trees)
def test_files_and_lines_are_those_git_counts(folder: Path, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    first, second = become(folder, before), become(folder, after)
    repo = GitRepo(folder)
    newest = next(iter(repo.patches(second, 1)))
    assert newest.commit == second
    # Git's patch does not tell whether a file that only moved is binary.
    only_moved = {
        told(file) for file in newest.files if file.status == "renamed" and not file.hunks and not file.binary
    }
    counts = counted(folder, first, second)
    assert {told(file) for file in newest.files} - only_moved == {
        row for row in counts if (*row[:2], "0", "0") not in only_moved
    }
    for file in newest.files:
        rows = [row for hunk in file.hunks for row in hunk.text.split("\n")]
        assert sum(row[:1] == "+" for row in rows) == file.added
        assert sum(row[:1] == "-" for row in rows) == file.removed
        assert {row[:1] for row in rows} <= {" ", "+", "-", "\\"}
        for hunk in file.hunks:
            signs = [row[:1] for row in hunk.text.split("\n")]
            assert (hunk.old_length, hunk.new_length) == (
                signs.count(" ") + signs.count("-"),
                signs.count(" ") + signs.count("+"),
            )
    assert list(repo.diffs([(first, second), (second, second), (second, first)])) == [
        repo.diff(first, second), "", repo.diff(second, first)
    ]  # fmt: skip


def test_renames_modes_and_borders_are_told(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "repo")
    lines = "".join(f"line {number}\n" for number in range(20))
    first = commit(
        folder, {"old name.py": lines, "tool.sh": "echo\n", "gone.py": "x\n", "same": lines + "z\n"}, "one  \x1e"
    )
    git(folder, "mv", "old name.py", "new\tname.py")
    git(folder, "mv", "same", "moved")
    (folder / "tool.sh").chmod(0o755)
    second = commit(
        folder, {"gone.py": None, "new\tname.py": lines.replace("line 3\n", "line three\n"), "void": ""}, "two"
    )
    git(folder, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    third = git(folder, "rev-parse", "HEAD")
    empty, newest, oldest = GitRepo(folder).patches(third)
    assert (empty.commit, empty.subject, empty.files) == (third, "", ())
    assert (oldest.commit, oldest.subject, oldest.time) == (first, "one  \x1e", 1767225600)
    assert (newest.commit, newest.subject) == (second, "two")
    files = {file.path: file for file in newest.files}
    assert {(file.old_path, file.path, file.status, len(file.hunks)) for file in newest.files} == {
        ("old name.py", "new\tname.py", "renamed", 1),
        ("same", "moved", "renamed", 0),
        ("gone.py", "gone.py", "removed", 1),
        ("void", "void", "added", 0),
        ("tool.sh", "tool.sh", "modified", 0),
    }
    hunk = files["new\tname.py"].hunks[0]
    assert (hunk.old_start, hunk.old_length, hunk.new_start, hunk.new_length) == (1, 7, 1, 7)
    assert hunk.text.split("\n")[3:5] == ["-line 3", "+line three"]
    gone = files["gone.py"].hunks[0]
    assert (gone.old_start, gone.old_length, gone.new_start, gone.new_length, gone.text) == (1, 1, 0, 0, "-x")


def test_merges_are_left_out_and_no_more_than_asked_for_is_read(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"a": "1\n"}, "base")
    git(folder, "checkout", "-q", "-b", "side")
    commit(folder, {"b": "1\n"}, "side")
    git(folder, "checkout", "-q", "main")
    commit(folder, {"c": "1\n"}, "main")
    git(folder, "merge", "-q", "--no-ff", "-m", "merge", "side")
    repo = GitRepo(folder)
    head = repo.resolve("HEAD")
    assert sorted(found.subject for found in repo.patches(head)) == ["base", "main", "side"]
    assert len(list(repo.patches(head, 2))) == 2
    stopped = repo.patches(head)
    next(stopped)
    stopped.close()  # git is still writing: it must end, and reading must go on
    assert repo.contains(head)


def test_diffs_can_be_of_some_paths_only(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "repo")
    first = commit(folder, {"a*.py": "1\n", "ab.py": "1\n", "d/x": "1\n"})
    second = commit(folder, {"a*.py": "2\n", "ab.py": "2\n", "d/x": "2\n"})
    repo = GitRepo(folder)
    (only,) = repo.diffs([(first, second)], ["a*.py", "nowhere"])
    assert only == repo.diff(first, second, ("a*.py",))
    assert "ab.py" not in only


def test_a_commit_that_is_not_here_is_named(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "repo")
    first = commit(folder, {"a": "1\n"})
    with pytest.raises(InputError, match=r"Commit 000000000000 is missing from .*\. Fetch it, or clone again\."):
        list(GitRepo(folder).diffs([(first, "0" * 40)]))
    with pytest.raises(InputError, match="git log failed in"):
        list(GitRepo(folder).patches("0" * 40))


def test_what_the_user_configured_changes_nothing(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "repo")
    first = commit(folder, {"é": "1\n\n2\n"}, "é")
    second = commit(folder, {"é": "1\n\n3\n"}, "two")
    repo = GitRepo(folder)
    plain, diffs = list(repo.patches(second)), list(repo.diffs([(first, second)]))
    for key, value in (
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("color.ui", "always"),
        ("diff.context", "9"),
        ("diff.suppressBlankEmpty", "true"),
        ("log.showSignature", "true"),
        ("log.showRoot", "false"),
        ("format.pretty", "raw"),
        ("i18n.logOutputEncoding", "latin1"),
        ("core.quotePath", "false"),
    ):
        git(folder, "config", key, value)
    assert list(repo.patches(second)) == plain
    assert list(repo.diffs([(first, second)])) == diffs
    assert [change.subject for change in plain] == ["two", "é"]


@given(
    st.lists(st.sampled_from([b"", b"diff --git a/x b/x\n", b"+\x00\n", b"+" + TREES]), max_size=5), st.integers(1, 200)
)
def test_a_pipe_may_be_cut_anywhere(patches: list[bytes], size: int) -> None:
    log = b"".join(b"\x00" + b"c" * 40 + b" 1 s\n\n" + patch for patch in patches)
    assert list(split_commits(Pieces(log, size))) == [
        (b"c" * 40 + b" 1 s\n\n" + patch).removesuffix(b"\n") for patch in patches
    ]
    assert list(split_pairs(Pieces(b"".join(TREES + patch for patch in patches), size))) == patches


def test_a_tree_object_names_files_and_folders_whatever_their_modes_say():
    ids = [bytes([number]) * 20 for number in range(7)]
    modes = [b"100644", b"100755", b"100664", b"40000", b"040000", b"120000", b"160000"]
    names = [b"a", b"b \xff\n", b"old", b"f", b"g", b"link", b"module"]
    data = b"".join(b"%b %b\0%b" % row for row in zip(modes, names, ids, strict=True))
    found = parse_folder(data)
    assert found.files == {name: number.hex() for name, number in zip(names[:3], ids, strict=False)}
    assert found.folders == {b"f": ids[3].hex(), b"g": ids[4].hex()}
    assert parse_folder(b"") == ({}, {})


@given(st.binary(max_size=200))
def test_no_bytes_of_a_tree_object_raise(data):
    found = parse_folder(data)
    assert all(len(each) == 40 for each in (*found.files.values(), *found.folders.values()))
