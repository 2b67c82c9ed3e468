import gzip
import json
from pathlib import Path

import pytest
from benchmarks._comments import FILE
from benchmarks.anticipation import demand_of, main
from tests.architecture.trees import Tree


@pytest.mark.parametrize(
    ("body", "demand"),
    [
        ("This makes a circular import, can we avoid it?", "dependency"),
        ("We already have a helper for this in `util`.", "duplication"),
        ("This function is too long, please split it up.", "complexity"),
        ("Can you add a test for the empty case?", "test"),
        ("Please update the changelog.", "documentation"),
        ("Could you rename this?", "naming"),
        ("This should live in `core`.", "placement"),
        ("That is backwards incompatible.", "interface"),
        ("This is never called.", "unused"),
        ("Typo.", None),
        ("```\nimport circular\n```\nNice.", None),
        ("> please add a test\n\nDone.", None),
    ],
)
def test_words_say_what_is_demanded(body: str, demand: str | None) -> None:
    assert demand_of(body) == demand


def test_a_remark_is_anticipated_by_a_fact_about_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVIEWLORE_CLONES", str(tmp_path))
    tree = Tree(tmp_path / "shop")
    tree.commit({"app/__init__.py": "", "app/core.py": "X = 1\n", "tests/test_core.py": "def test_x(): ...\n"})
    merged = tree.commit({"app/core.py": "X = 1\n\n\ndef run():\n    return X\n"}, "Add run (#7)")
    remark = {
        "repo": "acme/shop",
        "pr_number": 7,
        "path": "app/core.py",
        "line": 4,
        "body": "Please add a test.",
        "author_role": "MEMBER",
        "intent": "suggestion",
        "created_at": "2026-01-02T00:00:00Z",
        "outcome": "addressed",
        "original_commit": merged,
        "merge_commit": merged,
    }
    rows = [remark, remark | {"body": "Could you rename this?"}, remark | {"body": "Typo."}]
    with gzip.open(tmp_path / FILE, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    assert main(["--data", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["by_demand"]["asked"] == {"test": 1, "naming": 1}
    assert found["by_demand"]["anticipated"] == {"test": 1}
    assert found["by_demand"]["near"]["test"] == 1


def test_without_data_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REVIEWLORE_CLONES", raising=False)
    assert main(["--data", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == {"not_measured": "no review data"}
