"""Habits of documenting, raising, reporting and importing, mined and left."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree, map_of

from reviewlore.architecture.facts.habits import mine_habits
from reviewlore.domain.architecture import Fact

GOOD = '"""M."""\nfrom app.errors import Bad\n\n\ndef run_{n}():\n    """Run."""\n    log.info("x")\n    raise Bad()\n'


def files(count: int = 22) -> dict[str, str | bytes | None]:
    found: dict[str, str | bytes | None] = {
        "app/__init__.py": "",
        "app/errors.py": 'class Bad(Exception):\n    """B."""\n',
    }
    return found | {f"app/m{n}.py": GOOD.replace("{n}", str(n)) for n in range(count)}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def broken(facts: list[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.kind == "convention_broken"]


def test_habits_need_twenty_cases_of_which_nine_in_ten_agree() -> None:
    def mined(count: int) -> set[tuple[str, str, int, int]]:
        contents = {path: text for path, text in files(count).items() if text is not None}
        return {(habit.kind, habit.value, habit.held, habit.cases) for habit in mine_habits(map_of(contents))}

    assert mined(22) == {
        ("documented", "documented", 23, 23),
        ("error_class", "specific", 22, 22),
        ("reporting", "logged", 22, 22),
        ("import_style", "absolute", 22, 22),
        ("import_of_names", "names out of modules", 22, 22),
    }
    assert mined(15) == set()


def test_each_habit_left_is_one_fact_on_an_added_line(tree: Tree) -> None:
    text = 'from .errors import Bad\n\n\ndef odd():\n    print("x")\n    raise Exception("no")\n'
    text += "\n\ndef even():\n    return Bad\n"
    facts = broken(tree.facts(files(), {"app/odd.py": text}))
    assert {(fact.line, fact.title) for fact in facts} == {
        (4, "`odd` has no documentation, and so with 1 more"),
        (6, "`Exception` says nothing about what went wrong"),
        (5, "`print` prints instead"),
        (1, "`app.errors.Bad` is imported relatively"),
    }


def test_a_runtime_error_with_a_message_says_what_went_wrong(tree: Tree) -> None:
    text = 'def odd():\n    """Odd."""\n    raise RuntimeError("The registry is empty.")\n'
    assert broken(tree.facts(files(), {"app/odd.py": text})) == []


def test_a_file_with_a_way_of_its_own_may_keep_to_it(tree: Tree) -> None:
    relative = '"""M."""\nfrom .m0 import run_0\n'
    before = files(60) | {"app/odd.py": relative}
    assert broken(tree.facts(before, {"app/odd.py": relative + "from .m1 import run_1\n"})) == []


def test_where_two_ways_to_import_are_in_use_neither_is_an_offence(tree: Tree) -> None:
    before = files() | {"app/odd.py": '"""M."""\nfrom .m0 import run_0\n'}
    assert broken(tree.facts(before, {"app/new.py": '"""M."""\nfrom .m1 import run_1\n'})) == []


def test_old_lines_and_tests_are_left_alone(tree: Tree) -> None:
    odd = "def odd():\n    raise Exception('no')\n"
    before = files() | {"app/odd.py": odd}
    after: dict[str, str | bytes | None] = {
        "app/odd.py": f"X = 1\n\n\n{odd}",
        "tests/test_x.py": odd,
        "t/tasks.py": odd,
    }
    assert broken(tree.facts(before, after)) == []


DOCUMENTED = (
    'def run_{n}(a):\n    """Run.\n\n    Args:\n        a: It.\n    """\n\n\n'
    'class It{n}Error(ValueError):\n    """It."""\n'
)


def test_docstring_style_error_names_loggers_and_imports_of_others() -> None:
    text = "import logging\nfrom json import loads\n\n_logger = logging.getLogger(__name__)\n\n\n" + DOCUMENTED
    tree = map_of({f"app/m{n}.py": text.replace("{n}", str(n)) for n in range(20)})
    found = {(habit.kind, habit.topic, habit.value, habit.held) for habit in mine_habits(tree)}
    assert found == {
        ("documented", "", "documented", 40),
        ("docstring_style", "", "google", 20),
        ("error_class_name", "", "…Error", 20),
        ("logger_name", "", "logger", 20),
        ("import_form", "json", "from json import …", 20),
        ("import_form", "logging", "import logging", 20),
    }


def test_scripts_import_by_default_or_by_names() -> None:
    text = 'import React from "react";\nimport { a } from "@org/a";\n'
    text += 'import type { B } from "b";\nimport { c } from "./c";\n'
    tree = map_of({f"web/m{n}.ts": text for n in range(20)})
    assert {(habit.topic, habit.value) for habit in mine_habits(tree) if habit.kind == "import_form"} == {
        ("react", 'import … from "react"'),
        ("@org/a", 'import { … } from "@org/a"'),
    }


def test_added_code_in_another_docstring_style_and_with_other_names_is_told(tree: Tree) -> None:
    text = "import logging\n\nlogger = logging.getLogger(__name__)\n\n\n" + DOCUMENTED
    before: dict[str, str | bytes | None] = {f"app/m{n}.py": text.replace("{n}", str(n)) for n in range(22)}
    odd = 'import logging\nfrom logging import info\n\nLOG = logging.getLogger("x")\n\n\n'
    odd += 'def odd(a):\n    """Run.\n\n    :param a: It.\n    """\n\n\nclass Oddity(ValueError):\n    """It."""\n'
    facts = broken(tree.facts(before, {"app/odd.py": odd}))
    assert {(fact.line, fact.title) for fact in facts} == {
        (7, "`odd` is documented in another style"),
        (14, "`Oddity` is called otherwise"),
        (4, "`LOG` is called otherwise"),
    }
    assert {fact.why.partition(", ")[2] for fact in facts} == {
        "docstrings tell of parameters and results in the style of google.",
        "error classes are called `…Error`.",
        "module-level loggers are called `logger`.",
    }
