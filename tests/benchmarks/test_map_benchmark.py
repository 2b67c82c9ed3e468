"""`python -m benchmarks map --quick`: parts that need no clone measure something, and what is missing is said."""

import json
from pathlib import Path

import pytest
from benchmarks._tree import commit, edited, invent
from benchmarks.map import KEYS, compare, main
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.flows.mapping import Mapper


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_quick_parts_measure_without_a_clone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REVIEWLORE_CLONES", raising=False)
    monkeypatch.setattr("benchmarks.map.QUICK_SIZES", (4, 8))
    drawing = tmp_path / "growth.svg"
    assert main(["--quick", "--repeat", "1", "--plot", str(drawing), "cold", "history", "cochange", "growth"]) == 0
    found = result(capsys)
    assert found["cold_files"] == 4
    assert found["seconds_2000_files"] is None
    assert found["cold_seconds"] > 0
    assert found["peak_mib"] > 10
    assert found["commits_mapped"] == 7
    assert found["cochange_commits"] == 7
    assert [point["files"] for point in found["growth"]] == [4, 8]
    assert "<svg" in drawing.read_text(encoding="utf-8")


def test_what_needs_clones_is_said_and_every_key_is_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REVIEWLORE_CLONES", raising=False)
    assert main(["--json", "grimp", "cold", "warm", "history", "cochange"]) == 0
    found = result(capsys)
    assert found["not_measured"].keys() == {"grimp", "cold", "warm", "history", "cochange"}
    assert {found[key] for key in KEYS} == {None}


def test_edges_are_compared_by_module(tmp_path: Path) -> None:
    pytest.importorskip("grimp")
    tree = Tree(tmp_path / "clone")
    tree.commit({"src/pk/__init__.py": "", "src/pk/a.py": "from pk import b\nimport os\n", "src/pk/b.py": ""})
    ours, theirs, took = compare(tree.folder, "src", "pk", 1)
    assert ours == theirs == {("pk.a", "pk.b")}
    assert took["modules"] == 3


def test_invented_trees_are_the_same_each_time_and_import_each_other(tmp_path: Path) -> None:
    tree = invent(50)
    assert tree == invent(50)
    base, head = commit(tmp_path / "repo", tree, edited(tree, 10))
    repo = GitRepo(tmp_path / "repo")
    before, after = (Mapper(repo, Grammars(1)).map(one).map for one in (base, head))
    assert len(before.modules) == 50
    assert len(before.edges) > 100
    assert not before.broken
    changed = [path for path, module in after.modules.items() if module.blob != before.modules[path].blob]
    assert len(changed) == 10
