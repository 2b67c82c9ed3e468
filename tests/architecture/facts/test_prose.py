"""Documents that still tell of what a change takes away."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.config import ArchitectureSettings
from reviewlore.domain.architecture import Fact
from reviewlore.flows.survey import survey

Files = Mapping[str, str | bytes | None]
KIND = "public_change_undocumented"
CODE = "def open_session(url):\n    return url\n\n\ndef other():\n    return 1\n"
LEFT = "def other():\n    return 1\n"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def asked(tree: Tree, before: Files, after: Files) -> list[Fact]:
    """The facts of a difference, with those that are said on request only."""
    base = tree.commit(before, "Before")
    head = tree.commit(after, "After")
    settings = ArchitectureSettings(facts=(KIND,))
    return list(survey(GitRepo(tree.folder), Grammars(), base, head, settings=settings).facts)


def of_kind(facts: list[Fact], kind: str) -> list[Fact]:
    return [fact for fact in facts if fact.kind == kind]


def test_a_document_that_still_names_a_removed_function_is_named(tree: Tree) -> None:
    before = {"app/net.py": CODE, "docs/use.md": "# Use\n\nCall `open_session(url)` first.\n"}
    (fact,) = of_kind(asked(tree, before, {"app/net.py": LEFT}), KIND)
    assert (fact.path, fact.evidence[0].path, fact.evidence[0].line) == ("app/net.py", "docs/use.md", 3)
    assert "`open_session`" in fact.title


@pytest.mark.parametrize(
    "after",
    [
        {"app/net.py": LEFT, "docs/use.md": "# Use\n"},  # the document came along
        {"app/net.py": LEFT, "app/web.py": "def open_session(url):\n    return url\n"},  # moved, not removed
        {"app/net.py": LEFT + "open_session = other\n"},  # an alias stays
    ],
)
def test_silent_where_the_name_lives_on_or_the_document_follows(
    tree: Tree, after: dict[str, str | bytes | None]
) -> None:
    before = {"app/net.py": CODE, "docs/use.md": "# Use\n\nCall `open_session(url)` first.\n"}
    assert of_kind(asked(tree, before, after), KIND) == []


@pytest.mark.parametrize(
    "path", ["CHANGELOG.md", "docs/releases/1.0.md", "changelog/12.feature.rst", "sep/sep-014.rst"]
)
def test_what_tells_of_the_past_may_name_what_is_gone(tree: Tree, path: str) -> None:
    before = {"app/net.py": CODE, path: "Added `open_session`.\n"}
    assert of_kind(asked(tree, before, {"app/net.py": LEFT}), KIND) == []


def test_a_backport_that_is_needed_no_more_takes_nothing_away(tree: Tree) -> None:
    before = {
        "app/net.py": "try:\n    from typing import open_session\nexcept ImportError:\n\n"
        "    def open_session(url):\n        return url\n\n\ndef other():\n    return 1\n",
        "docs/use.md": "As `typing.open_session` does.\n",
    }
    assert of_kind(asked(tree, before, {"app/net.py": LEFT}), KIND) == []


def test_a_name_that_several_files_lose_is_told_of_once(tree: Tree) -> None:
    before = {"app/net.py": CODE, "app/web.py": CODE, "docs/use.md": "Call `open_session(url)` first.\n"}
    assert len(of_kind(asked(tree, before, {"app/net.py": LEFT, "app/web.py": LEFT}), KIND)) == 1


def test_a_plain_word_is_not_taken_for_a_name(tree: Tree) -> None:
    before = {
        "app/net.py": "def other():\n    return 1\n\n\ndef kept():\n    pass\n",
        "README.md": "On the other hand.\n",
    }
    assert of_kind(asked(tree, before, {"app/net.py": "def kept():\n    pass\n"}), KIND) == []


def test_instructions_for_a_command_that_is_gone(tree: Tree) -> None:
    before = {"Makefile": "lint:\n\truff check\n\ntest:\n\tpytest\n", "CONTRIBUTING.md": "Run `make lint` first.\n"}
    (fact,) = of_kind(
        asked(tree, before, {"Makefile": "check:\n\truff check\n\ntest:\n\tpytest\n"}), "pipeline_undocumented"
    )
    assert (fact.path, fact.evidence[0].path) == ("Makefile", "CONTRIBUTING.md")
    assert "`make lint`" in fact.title


def test_a_command_that_stays_or_moves_is_no_news(tree: Tree) -> None:
    before = {"Makefile": "lint:\n\truff check\n", "CONTRIBUTING.md": "Run `make lint` first.\n"}
    assert of_kind(asked(tree, before, {"Makefile": "lint:\n\truff check .\n"}), "pipeline_undocumented") == []


def test_a_renamed_workflow_that_a_document_names(tree: Tree) -> None:
    before = {".github/workflows/nightly.yml": "on: push\n", "README.md": "See nightly.yml for the runs.\n"}
    after = {".github/workflows/nightly.yml": None, ".github/workflows/other.yml": "on: push\njobs: {}\n"}
    (fact,) = of_kind(asked(tree, before, after), "pipeline_undocumented")
    assert (fact.path, fact.title) == (
        ".github/workflows/other.yml",
        "`nightly.yml` is gone, and documents still tell people to use it",
    )


def test_a_command_whose_name_begins_with_that_of_another_is_not_the_other(tree: Tree) -> None:
    before = {"Makefile": "docs:\n\ttrue\n\ndocs-links:\n\ttrue\n", "CONTRIBUTING.md": "Run `make docs-links`.\n"}
    assert of_kind(tree.facts(before, {"Makefile": "docs-links:\n\ttrue\n"}), "pipeline_undocumented") == []
    told = {**before, "CONTRIBUTING.md": "Run `make docs-links`,\nthen `make docs`.\n"}
    (fact,) = of_kind(tree.facts(told, {"Makefile": "docs-links:\n\ttrue\n"}), "pipeline_undocumented")
    assert fact.evidence[0].line == 2
