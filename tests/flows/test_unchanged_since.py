"""What was reviewed before, told from real git objects: by content, whatever happened to the commits."""

import subprocess

import pytest

from reviewlore.adapters.git import GitRepo
from reviewlore.diff import parse_diff
from reviewlore.domain.markers import Memory
from reviewlore.flows.again import unchanged_since

ROWS = [f"row_{number} = {number}" for number in range(40)]


class Branch:
    """A repository of two files, changed by commits on top of any other."""

    def __init__(self, folder):
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.base = self.commit({"a.py": ROWS, "b.py": ROWS})
        self.repo = GitRepo(folder)

    def git(self, *arguments):
        command = ["git", "-C", str(self.folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, files, on=None):
        if on:
            self.git("checkout", "--quiet", "--detach", on)
        for name, rows in files.items():
            (self.folder / name).write_text("\n".join(rows) + "\n")
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def unchanged(self, memory, head, base=None, bring=lambda _: None):
        patches = parse_diff(self.repo.diff(base or self.base, head))
        return unchanged_since(self.repo, memory, patches, bring)


@pytest.fixture
def branch(tmp_path):
    return Branch(tmp_path)


def changed(*places, base=ROWS):
    rows = list(base)
    for place in sorted(places, reverse=True):
        rows.insert(place, f"new_{place} = compute()")
    return rows


def test_a_push_leaves_the_hunks_it_did_not_touch(branch):
    first = branch.commit({"a.py": changed(5, 30), "b.py": changed(5)}, branch.base)
    second = branch.commit({"a.py": [*changed(5, 30), "last = 1"]}, first)
    found = branch.unchanged(Memory(first, branch.base, 1), second)
    assert found.hunks == {("a.py", 0), ("a.py", 1), ("b.py", 0)}
    assert found.moved == {"a.py"}
    assert found.asked == frozenset()
    shown = branch.unchanged(Memory(first, branch.base, 1, unseen=()), second)
    assert shown.asked == shown.hunks == found.hunks


def test_a_squash_of_the_same_content_changed_nothing(branch):
    first = branch.commit({"a.py": changed(5)}, branch.commit({"b.py": changed(5)}, branch.base))
    squashed = branch.commit({"a.py": changed(5), "b.py": changed(5)}, branch.base)
    assert squashed != first
    assert branch.unchanged(Memory(first, branch.base, 1), squashed).hunks == {("a.py", 0), ("b.py", 0)}


def test_a_rebase_that_moves_lines_changed_nothing(branch):
    first = branch.commit({"a.py": changed(20)}, branch.base)
    main = branch.commit({"a.py": ["# header", "# more", *ROWS]}, branch.base)
    rebased = branch.commit({"a.py": ["# header", "# more", *changed(20)]}, main)
    found = branch.unchanged(Memory(first, branch.base, 1), rebased, main)
    assert found.hunks == {("a.py", 0)}
    assert found.moved == frozenset()


def test_a_head_that_is_missing_is_brought_and_else_everything_is_new(branch):
    head = branch.commit({"a.py": changed(5)}, branch.base)
    asked = []
    found = branch.unchanged(Memory("f" * 40, branch.base, 1), head, bring=asked.append)
    assert (found.anything, asked) == (False, [["f" * 40]])
    assert not branch.unchanged(Memory(), head, bring=asked.append).anything
    assert len(asked) == 1
