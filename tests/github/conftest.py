"""The fake GitHub for the tests of this folder; other folders call `start_fake` themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.github.fake import FakeGitHub, start_fake


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with start_fake() as running:
        yield running


@pytest.fixture
def demo(fake: FakeGitHub, tmp_path: Path) -> FakeGitHub:
    """`octo/demo` with an open pull request 1: an edit, a rename, a binary file, a name with a space and an accent."""
    fake.add_repo("octo/demo", tmp_path / "demo.git")
    numbers = [f"x{i} = {i}\n" for i in range(40)]
    base = fake.commit("octo/demo", "main", {"a.py": "".join(numbers), "old.py": "print(1)\n" * 20}, "Start")
    numbers[5], numbers[30] = "x5 = 55\nnew = 1\n", ""
    changed = {"a.py": "".join(numbers), "old.py": None, "renamed.py": "print(1)\n" * 20}
    added = {"bin.dat": bytes(range(256)) * 8, "s p\u00e9.py": "y = 1\n"}
    fake.commit("octo/demo", "feat", {**changed, **added}, "Change", parent=base)
    fake.open_pull("octo/demo", "main", "feat", "Change numbers", fork="alice/demo")
    fake.set_role("octo/demo", "carol", "maintain")
    return fake
