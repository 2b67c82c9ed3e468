"""New subclasses beside those there are."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree, map_of

from reviewlore.architecture.frameworks import mine_frameworks

BASE = "class Handler:\n    def handle(self, event):\n        raise NotImplementedError\n"
KINDS = [f"kind{number:02}" for number in range(14)]


def handler(name: str, method: str = "handle") -> str:
    return (
        f"from app.base import Handler\n\n\nclass {name}(Handler):\n    def {method}(self, event):\n        return 1\n"
    )


def files() -> dict[str, str | bytes | None]:
    found: dict[str, str | bytes | None] = {"app/__init__.py": "", "app/base.py": BASE, "app/handlers/__init__.py": ""}
    found |= {f"app/handlers/{kind}.py": handler(f"{kind.title()}Handler") for kind in KINDS}
    lines = [f"from app.handlers.{kind} import {kind.title()}Handler" for kind in KINDS]
    return found | {"app/registry.py": "\n".join(lines) + "\n"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def test_rules_are_read_off_the_subclasses() -> None:
    rules = mine_frameworks(map_of({path: text for path, text in files().items() if text is not None}))
    assert {(rule.kind, rule.base, rule.value, rule.held, rule.cases) for rule in rules} == {
        ("method", "Handler", "handle", 14, 14),
        ("suffix", "Handler", "Handler", 14, 14),
        ("folder", "Handler", "app/handlers", 14, 14),
        ("registered", "Handler", "app/registry.py", 14, 14),
    }


def test_a_subclass_unlike_all_others_is_named_once(tree: Tree) -> None:
    added: dict[str, str | bytes | None] = {"app/odd.py": handler("Odd", "run")}
    (fact,) = [fact for fact in tree.facts(files(), added) if fact.kind == "framework_misused"]
    assert (fact.path, fact.line, fact.severity) == ("app/odd.py", 4, "info")
    assert "14 of 14 define `handle`" in fact.why
    assert "lie in `app/handlers/`" in fact.why
    assert "are imported by `app/registry.py`" in fact.why


def test_a_subclass_like_the_others_is_silent(tree: Tree) -> None:
    before = files()
    registry = str(before["app/registry.py"]) + "from app.handlers.new import NewHandler\n"
    added: dict[str, str | bytes | None] = {"app/handlers/new.py": handler("NewHandler"), "app/registry.py": registry}
    assert [fact for fact in tree.facts(before, added) if fact.kind == "framework_misused"] == []


def test_few_subclasses_make_no_rule() -> None:
    few = {path: text for path, text in files().items() if text is not None and "kind1" not in path}
    assert [rule for rule in mine_frameworks(map_of(few)) if rule.kind != "registered"] == []
