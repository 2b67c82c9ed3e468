"""New subclasses beside those there are."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree, map_of

from reviewlore.architecture.folders import mine_folders
from reviewlore.architecture.frameworks import mine_frameworks

KIND = "framework_misused"  # on request
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
    (fact,) = [fact for fact in tree.facts(files(), added, KIND) if fact.kind == KIND]
    assert (fact.path, fact.line, fact.severity) == ("app/odd.py", 4, "info")
    assert "14 of 14 define `handle`" in fact.why
    assert "lie in `app/handlers/`" in fact.why
    assert "are imported by `app/registry.py`" in fact.why


def test_a_subclass_like_the_others_is_silent(tree: Tree) -> None:
    before = files()
    registry = str(before["app/registry.py"]) + "from app.handlers.new import NewHandler\n"
    added: dict[str, str | bytes | None] = {"app/handlers/new.py": handler("NewHandler"), "app/registry.py": registry}
    assert [fact for fact in tree.facts(before, added, KIND) if fact.kind == KIND] == []


def test_few_subclasses_make_no_rule() -> None:
    few = {path: text for path, text in files().items() if text is not None and "kind1" not in path}
    assert [rule for rule in mine_frameworks(map_of(few)) if rule.kind != "registered"] == []


def marked(count: int, mark: str = "@final\n") -> dict[str, str | bytes | None]:
    text = "from typing import final\n\n\n{mark}class Rule{n}:\n    pass\n"
    return {f"app/rules/r{n:02}.py": text.replace("{mark}", mark).replace("{n}", str(n)) for n in range(count)}


def listed(count: int) -> str:
    return "".join(f"from app.rules.r{n:02} import Rule{n}\n" for n in range(count))


def test_decorators_and_registries_are_read_off_a_folder() -> None:
    contents = {path: str(text) for path, text in marked(20).items()} | {"app/all.py": listed(19)}
    rules = mine_folders(map_of(contents))
    assert {(rule.kind, rule.folder, rule.value, rule.held, rule.cases) for rule in rules} == {
        ("classes", "app/rules", "final", 20, 20),
        ("modules", "app/rules", "app/all.py", 19, 20),
    }
    assert mine_folders(map_of({path: str(text) for path, text in marked(11).items()})) == ()


def test_decorators_that_say_what_a_thing_is_are_no_rule() -> None:
    text = "from functools import cache\n\n\n" + "".join(f"@cache\ndef f{n}(): ...\n" for n in range(20))
    assert mine_folders(map_of({"app/m.py": text})) == ()


def test_a_new_class_without_the_decorator_and_a_new_module_without_its_entry(tree: Tree) -> None:
    before = marked(20) | {"app/all.py": listed(20), "app/__init__.py": "", "app/rules/__init__.py": ""}
    found = tree.facts(before, {"app/rules/new.py": "\n\nclass New:\n    pass\n"}, KIND)
    facts = [fact for fact in found if fact.kind == KIND]
    assert {(fact.path, fact.line, fact.severity, fact.title) for fact in facts} == {
        ("app/rules/new.py", 3, "info", "`New` does not carry `final`, as the other classes of its folder do"),
        ("app/rules/new.py", 1, "info", "`new.py` is not imported by `app/all.py`, as its siblings are"),
    }
    assert {fact.why for fact in facts} == {
        "Of the public classes right in `app/rules/`, 20 of 20 carry `final`.",
        "Of the modules right in `app/rules/`, `app/all.py` imports 20 of 20.",
    }


@pytest.mark.parametrize(
    "added",
    [
        {
            "app/rules/new.py": marked(1)["app/rules/r00.py"],
            "app/all.py": listed(20) + "from app.rules.new import Rule0\n",
        },
        {"app/rules/r00.py": str(marked(1)["app/rules/r00.py"]) + "\n\n@other\nclass Other:\n    pass\n"},
        {"app/rules/_new.py": "class _New:\n    pass\n"},
        {"app/rules/help.py": "X = 1\n"},
        {"app/other.py": "class Other:\n    pass\n"},
    ],
)
def test_what_keeps_to_its_folder_or_is_none_of_it_is_silent(tree: Tree, added: dict[str, str | bytes | None]) -> None:
    before = marked(20) | {"app/all.py": listed(20), "app/__init__.py": "", "app/rules/__init__.py": ""}
    assert [fact for fact in tree.facts(before, added, KIND) if fact.kind == KIND] == []


def test_a_helper_that_its_folder_imports_needs_no_entry(tree: Tree) -> None:
    before = marked(20) | {"app/all.py": listed(20), "app/__init__.py": "", "app/rules/__init__.py": ""}
    helped = str(before["app/rules/r01.py"]).replace("\n\n\n", "\nfrom app.rules.help import add\n\n\n", 1)
    added: dict[str, str | bytes | None] = {"app/rules/help.py": "def add(): ...\n", "app/rules/r01.py": helped}
    assert [fact for fact in tree.facts(before, added, KIND) if fact.kind == KIND] == []


def test_a_folder_that_moves_as_a_whole_expects_nothing_of_its_old_place(tree: Tree) -> None:
    before = files()
    moved: dict[str, str | bytes | None] = {path: None for path in before if path.startswith("app/handlers/")}
    moved |= {path.replace("handlers", "all"): before[path] for path in before if path.startswith("app/handlers/")}
    moved |= {
        "app/registry.py": str(before["app/registry.py"]).replace("handlers", "all") + "from app.all.new import X\n"
    }
    facts = tree.facts(before, moved | {"app/all/new.py": handler("NewHandler")}, KIND)
    assert [fact for fact in facts if fact.kind == KIND] == []


def test_thousands_of_subclasses_in_one_file_cost_no_more_than_their_number() -> None:
    rows = "".join(f"class A{n}(Base):\n    def m{n}(self): ...\n    def run(self): ...\n" for n in range(3000))
    rules = mine_frameworks(map_of({"app/a.py": f"class Base: ...\n{rows}"}))
    assert [(rule.kind, rule.value, rule.held) for rule in rules if rule.kind == "method"] == [("method", "run", 3000)]
