"""What git tells of remarks, on real repositories: force-pushes, rebases, merges of the base, squashes, renames."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.domain.history import RawRemark
from reviewlore.flows.codechanges import missing_commits, read_changes
from reviewlore.stages.outcome import CodeChange, label

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
LINES = [f"{name}_{number} = {number}" for number, name in enumerate(NAMES * 4, 1)]


def text(changes: dict[int, str] | None = None, lines: list[str] = LINES) -> str:
    rows = [(changes or {}).get(number, line) for number, line in enumerate(lines, 1)]
    return "\n".join(row for row in rows if row) + "\n"


@dataclass
class Console(QuietConsole):
    """Keeps the warnings."""

    warnings: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository whose pull request branch has changed line 20 and is checked out; main is its base."""
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"a.py": text(), "other.py": "x = 1\n"}, "base")
    git(folder, "checkout", "-q", "-b", "topic")
    commit(folder, {"a.py": text({20: "total = compute(20)"})}, "first")
    return folder


def head(folder: Path, name: str = "HEAD") -> str:
    return git(folder, "rev-parse", name)


def remark(folder: Path, seen: str, line: int = 20, *, number: int = 1, path: str = "a.py") -> RawRemark:
    """A remark on a line of the file as it was in `seen`, with the hunk that a forge would show."""
    rows = git(folder, "show", f"{seen}:{path}").split("\n")[:line][-4:]
    mark = "+" if path == "a.py" and line == 20 else " "
    shown = "\n".join([*(f" {row}" for row in rows[:-1]), f"{mark}{rows[-1]}"])
    return RawRemark(
        repository="o/r",
        pull_request=1,
        comment_id=str(number),
        path=path,
        hunk=f"@@ -1,9 +1,9 @@\n{shown}",
        body="Split this.",
        author="reviewer",
        author_is_bot=False,
        pull_request_author="author",
        created_at="2026-01-01T00:00:00Z",
        line=line,
        reviewed_commit=seen,
        last_commit=head(folder, "topic"),
        base=head(folder, "main"),
    )


def judged(folder: Path, raw: RawRemark) -> tuple[str, str]:
    """The outcome and the kind of the strongest evidence."""
    console = Console()
    change = read_changes(GitRepo(folder), [raw], console).get((raw.pull_request, raw.comment_id))
    assert console.warnings == []
    outcome, _, evidence = label(raw, change)
    return outcome, evidence[0].kind if evidence else ""


def test_a_commit_on_top_tells_of_each_remark(folder: Path) -> None:
    seen = head(folder)
    commit(folder, {"a.py": text({20: "total = compute()", 30: ""})})
    raws = [remark(folder, seen, line, number=line) for line in (5, 20, 30, 31)]
    changes = read_changes(GitRepo(folder), raws, Console())
    assert {key: [item.kind for item in change.evidence] for key, change in changes.items()} == {
        (1, "5"): ["lines_untouched"],
        (1, "20"): ["lines_changed"],
        (1, "30"): ["lines_removed"],
        (1, "31"): ["nearby_changed"],
    }
    assert (changes[1, "20"].before, changes[1, "20"].after) == ("total = compute(20)", "total = compute()")


def test_a_remark_on_the_last_commit_found_nothing_done(folder: Path) -> None:
    assert judged(folder, remark(folder, head(folder))) == ("ignored", "file_identical")


@pytest.mark.parametrize("way", ["merge", "rebase"])
def test_what_comes_with_the_base_branch_is_not_an_answer(folder: Path, way: str) -> None:
    seen = head(folder)
    git(folder, "checkout", "-q", "main")
    commit(folder, {"a.py": text({5: "alpha_from_main = 5", 22: "beta_from_main = 22"}), "new.py": "y\n"}, "main moves")
    git(folder, "checkout", "-q", "topic")
    git(folder, way, "-q", "main")
    raws = [remark(folder, seen, line) for line in (5, 20, 22)]
    assert [judged(folder, raw) for raw in raws] == [("ignored", "lines_untouched")] * 3
    commit(folder, {"a.py": git(folder, "show", "HEAD:a.py").replace("compute(20)", "compute()") + "\n"})
    raws = [remark(folder, seen, line) for line in (5, 20)]
    assert [judged(folder, raw) for raw in raws] == [("ignored", "lines_untouched"), ("addressed", "lines_changed")]


def test_a_base_that_already_holds_the_pull_request_is_left_out(folder: Path) -> None:
    seen = head(folder)
    commit(folder, {"a.py": text({20: "total = compute()"})})
    git(folder, "checkout", "-q", "main")
    git(folder, "merge", "-q", "--no-ff", "-m", "merged", "topic")
    assert judged(folder, remark(folder, seen)) == ("addressed", "lines_changed")


def test_a_squash_merge_changes_nothing(folder: Path) -> None:
    seen = head(folder)
    commit(folder, {"a.py": text({20: "total = compute()"})})
    git(folder, "checkout", "-q", "main")
    git(folder, "merge", "-q", "--squash", "topic")
    git(folder, "commit", "-q", "-m", "squashed")
    assert judged(folder, remark(folder, seen)) == ("addressed", "lines_changed")


def test_an_amended_commit_is_compared_as_a_tree(folder: Path) -> None:
    seen = head(folder)
    (folder / "a.py").write_text(text({20: "total = compute()"}))
    git(folder, "commit", "-q", "-a", "--amend", "-m", "again")
    raw = remark(folder, seen)
    assert missing_commits(GitRepo(folder), [raw]) == ()
    assert judged(folder, raw) == ("addressed", "lines_changed")


@pytest.mark.parametrize(
    ("line", "rewritten", "expected"),
    [
        (20, {20: "total = compute()"}, ("addressed", "line_gone")),
        (20, {20: "total = compute(20)", 3: ""}, ("ignored", "line_kept")),
        (20, {20: "total = compute(20)", 19: "w"}, ("addressed", "line_kept_alone")),
        (5, {20: "total = compute(20)"}, ("ignored", "line_kept")),
    ],
)
def test_a_commit_that_was_pushed_over_and_is_gone_leaves_the_hunk_as_witness(
    folder: Path, tmp_path: Path, line: int, rewritten: dict[int, str], expected: tuple[str, str]
) -> None:
    seen = head(folder)
    (folder / "a.py").write_text(text(rewritten))
    git(folder, "commit", "-q", "-a", "--amend", "-m", "again")
    raw = remark(folder, seen, line)
    git(tmp_path, "clone", "-q", "--bare", f"file://{folder}", "clone")
    clone = GitRepo(tmp_path / "clone")
    assert missing_commits(clone, [raw, raw]) == (seen,)
    change = read_changes(clone, [raw], Console())[1, "1"]
    outcome, _, evidence = label(raw, change)
    assert (outcome, evidence[0].kind) == expected


def test_a_context_line_that_the_base_removed_is_no_witness_after_a_rebase(folder: Path, tmp_path: Path) -> None:
    raw = remark(folder, "HEAD", 5)
    git(folder, "checkout", "-q", "main")
    commit(folder, {"a.py": text({5: "from_main = 5"})})
    git(folder, "checkout", "-q", "topic")
    git(folder, "rebase", "-q", "main")
    after = remark(folder, "HEAD", 20)
    gone = replace(raw, reviewed_commit="1" * 40, last_commit=after.last_commit, base=after.base)
    assert judged(folder, gone) == ("unknown", "")


def test_renames_are_followed(folder: Path) -> None:
    seen = head(folder)
    git(folder, "mv", "a.py", "renamed.py")
    git(folder, "commit", "-q", "-m", "move")
    assert judged(folder, remark(folder, seen)) == ("ignored", "file_identical")
    commit(folder, {"renamed.py": text({20: "total = compute()"})})
    changes = read_changes(GitRepo(folder), [remark(folder, seen), remark(folder, seen, 35, number=2)], Console())
    assert [change.evidence[0].kind for change in changes.values()] == ["lines_changed", "lines_untouched"]
    assert changes[1, "1"].after == "total = compute()"


def test_a_file_that_is_gone_is_told(folder: Path) -> None:
    seen = head(folder)
    commit(folder, {"a.py": None})
    assert judged(folder, remark(folder, seen)) == ("addressed", "file_removed")


def test_a_file_that_was_split_is_followed_to_where_the_lines_went(folder: Path) -> None:
    seen = head(folder)
    rows = text({20: "total = compute(20)"}).split("\n")
    parts = {f"part{start}.py": "\n".join(rows[start : start + 8]) + "\n" for start in range(0, 40, 8)}
    commit(folder, {"a.py": None, **parts})
    assert judged(folder, remark(folder, seen)) == ("ignored", "line_kept")
    commit(folder, {"part16.py": parts["part16.py"].replace("total = compute(20)", "sum = compute()")})
    assert judged(folder, remark(folder, seen)) == ("addressed", "line_gone")


def test_a_moved_file_is_followed_without_the_reviewed_commit_too(folder: Path) -> None:
    raw = remark(folder, head(folder))
    git(folder, "mv", "a.py", "renamed.py")
    git(folder, "commit", "-q", "-m", "move")
    gone = replace(raw, reviewed_commit="1" * 40, last_commit=head(folder))
    assert judged(folder, gone) == ("ignored", "line_kept")
    assert judged(folder, replace(gone, base=None)) == ("unknown", "")
    assert judged(folder, replace(gone, path="nowhere.py", hunk="@@ -0,0 +1 @@\n+never_written = 1", line=1)) == (
        "unknown",
        "",
    )


def test_odd_paths_and_other_encodings_are_read(folder: Path) -> None:
    path = "dir with space/é\tü.py"
    seen = commit(folder, {path: b"caf\xe9_ole = 1\r\nsecond_line = 2\r\n", "bin": b"\0\1"})
    commit(folder, {path: b"caf\xe9_ole = 1\r\nsecond_line = 3\r\n", "bin": b"\0\2"})
    raw = remark(folder, seen, 2, path=path)
    assert judged(folder, raw) == ("addressed", "lines_changed")
    assert judged(folder, remark(folder, seen, 1, path="bin", number=3))[1] == ""


def test_git_is_silent_where_the_commits_are_not_here(folder: Path) -> None:
    raw = remark(folder, head(folder))
    for last in (None, "f" * 40):
        assert read_changes(GitRepo(folder), [replace(raw, last_commit=last)], Console()) == {}
    assert missing_commits(GitRepo(folder), [replace(raw, reviewed_commit=None)]) == ()


def test_a_missing_object_costs_only_what_needs_it(folder: Path) -> None:
    seen = head(folder)
    broken = commit(folder, {"other.py": "x = 2\n"})
    blob = git(folder, "rev-parse", "HEAD:other.py")
    commit(folder, {"other.py": "x = 3\n", "a.py": text({20: "total = compute()"})})
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    raws = [
        remark(folder, seen, number=1),
        remark(folder, broken, number=2),
        remark(folder, seen, 1, path="other.py", number=3),
    ]
    raws.append(replace(raws[2], comment_id="4", reviewed_commit=broken))
    console = Console()
    changes: dict[tuple[int, str], CodeChange] = dict(read_changes(GitRepo(folder), raws, console))
    assert {key: change.evidence[0].kind for key, change in changes.items()} == {
        (1, "1"): "lines_changed",
        (1, "3"): "lines_changed",
    }
    assert len(console.warnings) == 1 and "is not judged. git diff-tree failed" in console.warnings[0]
