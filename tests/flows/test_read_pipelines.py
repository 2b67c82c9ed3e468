"""Pipelines of a commit and the documents that name them, from a real repository."""

from pathlib import Path

from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.flows.pipelines import read_pipelines


def test_documents_that_name_a_target(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "repo")
    files = {"Makefile": "lint:\n\truff\n", "README.md": "Run `make lint`.\n", "CHANGELOG.md": "- `make lint`\n"}
    commit = tree.commit(files)
    (found,), notes = read_pipelines(GitRepo(tree.folder), commit, files)
    assert (found.jobs, found.documents, notes) == (("make lint",), ("README.md",), ())


def test_targets_that_no_document_can_name(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "repo")
    text = f"[testenv:a\0b]\n[testenv:{'x' * 200_000}]\n[testenv:docs]\n"
    commit = tree.commit({"tox.ini": text, "README.md": "tox -e docs\n"})
    (found,), notes = read_pipelines(GitRepo(tree.folder), commit, ["tox.ini"])
    assert [len(job) for job in found.jobs] == [10, 200, 11]
    assert (found.documents, notes) == (("README.md",), ())


def test_more_targets_than_are_looked_for_are_noted(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "repo")
    commit = tree.commit({"Makefile": "".join(f"t{n}:\n" for n in range(500)), "README.md": "make t1\n"})
    (found,), notes = read_pipelines(GitRepo(tree.folder), commit, ["Makefile"])
    assert (len(found.jobs), found.documents) == (100, ())
    assert notes == ("There are too many build targets to tell which ones documents name.",)
