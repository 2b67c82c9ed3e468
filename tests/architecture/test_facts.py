from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.config import ArchitectureSettings
from reviewlore.domain.architecture import Fact
from reviewlore.flows.survey import survey

APP = {
    "app/__init__.py": "",
    "app/api/__init__.py": "",
    "app/api/users.py": "from app.domain import user\n\n\ndef show():\n    return user\n",
    "app/domain/__init__.py": "",
    "app/domain/user.py": "NAME = 'x'\n",
    "app/domain/order.py": "from app.domain import user\n",
}
LAYERS = ("app.api", "app.domain")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def only(facts: list[Fact], kind: str) -> Fact:
    found = [fact for fact in facts if fact.kind == kind]
    assert len(found) == 1, [fact.kind for fact in facts]
    return found[0]


def test_a_new_import_against_declared_layers(tree: Tree) -> None:
    base = tree.commit(APP)
    head = tree.commit({"app/domain/order.py": "from app.domain import user\nfrom app.api import users\n"})
    fact = only(list(tree.survey(base, head, LAYERS).facts), "layer_crossed")
    assert (fact.path, fact.line, fact.severity, fact.inferred) == ("app/domain/order.py", 2, "error", False)
    assert fact.title == "`app.domain.order` imports `app.api.users` against the contract “layers”"
    assert fact.why.startswith("`app.domain` is declared below `app.api`, so ")
    assert fact.evidence[0].line == 2


def test_an_old_offence_is_not_this_changes_doing(tree: Tree) -> None:
    old = APP | {"app/domain/order.py": "from app.api import users\n"}
    base = tree.commit(old)
    head = tree.commit({"app/domain/order.py": "import os\nfrom app.api import users\n"})
    assert tree.survey(base, head, LAYERS).facts == ()


def test_import_linters_contract_is_read_at_the_base(tree: Tree) -> None:
    ini = "[importlinter]\nroot_package = app\n[importlinter:contract:1]\nname = One way\ntype = layers\n"
    ini += "layers =\n    app.api\n    app.domain\n"
    base = tree.commit(APP | {".importlinter": ini})
    head = tree.commit({"app/domain/order.py": "from app.api import users\n", ".importlinter": None})
    fact = only(list(tree.survey(base, head).facts), "layer_crossed")
    assert fact.evidence[1].text == "“One way” in .importlinter"


def test_a_forbidden_third_party(tree: Tree) -> None:
    ini = "[importlinter]\nroot_package = app\n[importlinter:contract:1]\nname = Light\ntype = forbidden\n"
    ini += "source_modules =\n    app\nforbidden_modules =\n    torch\n"
    base = tree.commit(APP | {".importlinter": ini})
    head = tree.commit({"app/domain/order.py": "import torch.nn\n"})
    fact = only(list(tree.survey(base, head).facts), "forbidden_import")
    assert fact.title == "`app.domain.order` imports `torch.nn` against the contract “Light”"


def test_against_an_inferred_direction_it_is_softer_and_says_so(tree: Tree) -> None:
    many = {f"app/api/m{number}.py": "import app.domain.user\n" for number in range(5)}
    base = tree.commit(APP | many)
    head = tree.commit({"app/domain/order.py": "def f():\n    from app.api import users\n"})
    fact = only(list(tree.survey(base, head).facts), "layer_crossed")
    assert fact.inferred
    assert fact.severity == "info"
    assert fact.confidence < 0.7
    assert fact.evidence[1].text == "Inferred: 6 modules of app.api import app.domain, none the reverse"


def test_an_import_that_closes_a_cycle(tree: Tree) -> None:
    facts = tree.facts(APP, {"app/domain/user.py": "NAME = 'x'\nfrom app.domain.order import z\n"})
    fact = only(facts, "new_cycle")
    assert (fact.path, fact.line, fact.severity) == ("app/domain/user.py", 2, "warning")
    assert fact.title == "This import closes a cycle between `app.domain.user` and `app.domain.order`"
    assert [(entry.path, entry.line) for entry in fact.evidence] == [
        ("app/domain/user.py", 2),
        ("app/domain/order.py", 1),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    from app.domain.order import z\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.domain.order import z\n",
    ],
)
def test_lazy_and_type_only_imports_close_no_cycle(tree: Tree, text: str) -> None:
    assert tree.facts(APP, {"app/domain/user.py": text}) == []


def test_importing_the_package_around_it_closes_no_cycle(tree: Tree) -> None:
    before = {"app/__init__.py": "from app.core import run\n", "app/core.py": "def run(): ...\n"}
    assert tree.facts(before, {"app/core.py": "import app\n\n\ndef run(): ...\n"}) == []


def test_a_longer_way_inside_an_old_cycle_is_silent(tree: Tree) -> None:
    old = {"a.py": "import b\n", "b.py": "import c\n", "c.py": "import a\n"}
    assert tree.facts(old, {"b.py": "import c\nimport a\n"}) == []


def test_one_cycle_is_one_fact_on_its_shortest_way(tree: Tree) -> None:
    facts = tree.facts({"a.py": "import b\n", "b.py": "import c\n", "c.py": "\n"}, {"c.py": "import b\nimport a\n"})
    fact = only(facts, "new_cycle")
    assert len(fact.evidence) == 2


def test_moving_a_file_is_no_new_edge(tree: Tree) -> None:
    base = tree.commit(APP)
    tree.git("mv", "app/domain/order.py", "app/domain/orders.py")
    head = tree.commit({})
    assert tree.survey(base, head, LAYERS).facts == ()


def test_the_first_import_between_two_packages_is_said_on_request(tree: Tree) -> None:
    more = {"app/jobs/__init__.py": "", "app/jobs/run.py": "X = 1\n"}
    base = tree.commit(APP | more)
    head = tree.commit({"app/jobs/run.py": "X = 1\nimport app.domain.user\n"})
    assert tree.survey(base, head).facts == ()
    asked = ArchitectureSettings(facts=("new_edge",))
    fact = only(list(survey(GitRepo(tree.folder), Grammars(), base, head, settings=asked).facts), "new_edge")
    assert (fact.severity, fact.line) == ("info", 2)
    assert fact.title == "First import of `app/domain` from `app/jobs`"


def test_a_second_import_between_two_packages_is_nothing(tree: Tree) -> None:
    assert tree.facts(APP, {"app/api/users.py": APP["app/api/users.py"] + "import app.domain.order\n"}) == []


def test_a_removed_name_that_is_still_imported(tree: Tree) -> None:
    before = {
        "app/__init__.py": "",
        "app/a.py": "def old(): ...\n\n\ndef kept(): ...\n",
        "app/b.py": "from app.a import old\n",
    }
    fact = only(tree.facts(before, {"app/a.py": "def kept(): ...\n"}), "removed_name_still_imported")
    assert (fact.path, fact.severity) == ("app/a.py", "error")
    assert fact.title == "`old` is gone from `app.a`, but is still imported"
    assert (fact.evidence[0].path, fact.evidence[0].line) == ("app/b.py", 1)


@pytest.mark.parametrize(
    "after",
    [
        "old = None\n",
        "from app.c import old\n",
        "from app.c import new as old\n",
        "from app.c import *\n",
        "def __getattr__(name): ...\n",
        "if x:\n    def old(): ...\n",
    ],
)
def test_a_name_that_is_still_there_in_another_way_is_not_gone(tree: Tree, after: str) -> None:
    before = {
        "app/__init__.py": "",
        "app/a.py": "def old(): ...\n",
        "app/b.py": "from app.a import old\n",
        "app/c.py": "",
    }
    assert tree.facts(before, {"app/a.py": after}) == []


NEW_FUNCTION = "def kept(): ...\n\n\ndef fresh(value):\n    if value:\n        return 1\n    return 2\n"


@pytest.mark.parametrize("test", ["tests/test_users.py", "tests/api/test_users.py", "tests/test_api_users.py"])
def test_new_functions_without_a_test(tree: Tree, test: str) -> None:
    before = {"app/api/users.py": "def kept(): ...\n", test: "def test_kept(): ...\n"}
    fact = only(tree.facts(before, {"app/api/users.py": NEW_FUNCTION}), "test_partner_missing")
    assert (fact.path, fact.line, fact.severity) == ("app/api/users.py", 4, "warning")
    assert fact.title == "`fresh` arrived without a test"
    assert test in fact.why


@pytest.mark.parametrize(
    "after",
    [
        {"app/api/users.py": NEW_FUNCTION, "tests/test_users.py": "def test_fresh(): ...\n"},
        {"app/api/users.py": NEW_FUNCTION, "tests/test_else.py": "def test_fresh(): ...\n"},
        {"app/api/users.py": NEW_FUNCTION.replace("fresh", "_fresh")},
        {"app/api/users.py": "def kept():\n    return 1\n"},
        {"app/api/users.py": "def kept(): ...\n\n\ndef fresh(): ...\n"},
        {
            "app/api/users.py": "import abc\n\n\ndef kept(): ...\n\n\nclass Users:\n    @property\n"
            "    @abc.abstractmethod\n    def fresh(self):\n        raise NotImplementedError\n"
        },
    ],
)
def test_tested_private_changed_or_tiny_functions_are_fine(tree: Tree, after: dict[str, str]) -> None:
    before = {"app/api/users.py": "def kept(): ...\n", "tests/test_users.py": "def test_kept(): ...\n"}
    assert tree.facts(before, after) == []


def test_a_test_of_another_language_has_but_the_name_in_common(tree: Tree) -> None:
    before = {"core/src/tools.rs": "fn kept() {}\n", "tests/test_tools.py": "def test_kept(): ...\n"}
    after = {"core/src/tools.rs": "fn kept() {}\n\npub fn fresh(value: u8) -> u8 {\n    value + 1\n}\n"}
    assert tree.facts(before, after) == []


def test_a_module_that_never_had_tests_is_not_blamed(tree: Tree) -> None:
    assert tree.facts({"app/api/users.py": "def kept(): ...\n"}, {"app/api/users.py": NEW_FUNCTION}) == []


BEFORE = "def run(a):\n    return a\n"
AFTER = "def run(a):\n    if a:\n        a = a + 1\n        return -a\n    return a\n"


def habit_of_tests(tree: Tree, untested: int = 0) -> str:
    tree.commit({"app/__init__.py": ""})
    for number in range(10):
        files = {"app/core.py": f"{BEFORE}# {number}\n"}
        tree.commit(files if number < untested else files | {"tests/test_core.py": f"def test_{number}(): ...\n"})
    return tree.commit({"app/core.py": BEFORE, "tests/test_core.py": "def test_last(): ...\n"})


def test_code_changes_where_tests_usually_come_along(tree: Tree) -> None:
    base = habit_of_tests(tree)
    fact = only(list(tree.survey(base, tree.commit({"app/core.py": AFTER}, "Fix run")).facts), "test_partner_missing")
    assert (fact.path, fact.line, fact.severity) == ("app/core.py", 2, "info")
    assert fact.title == "Code changes in `app.core`, and no test does"
    assert fact.why.startswith("3 lines of code are new. In 11 of the last 11 changes to this file a test changed too")


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        (AFTER, "Refactor run"),
        ("def _do(a):\n    if a:\n        return 1\n    return 2\n\n\n" + BEFORE, "Split"),
        (AFTER, "Use one thing instead of another"),
        (AFTER, "Deprecate run"),
        (AFTER, "Fix quadratic time of run"),
        ("def _run(a):\n    b = a\n    c = b\n    return c\n", "Keep it to ourselves"),
        ("def run(a):\n    b = a\n    c = b\n    d = c\n    return d\n", "Say it in steps"),
        (AFTER, "docs: explain run"),
        ("def run(\n    a: int,\n    b: int = 0,\n    c: int = 1,\n) -> int:\n    return a\n", "Annotate"),
        ('def run(a):\n    """One.\n\n    Two.\n    Three.\n    """\n    return a\n', "Explain"),
        ("def run(a):\n    # one\n    # two\n    # three\n    return a  # four\n", "Explain"),
        ("import os\nimport re\nimport sys\nX = 1\n" + BEFORE, "Import"),
        ("def run(a):\n    if a:\n        return a\n", "Indent"),
    ],
)
def test_what_changes_no_behaviour_needs_no_test(tree: Tree, text: str, subject: str) -> None:
    base = habit_of_tests(tree)
    assert tree.survey(base, tree.commit({"app/core.py": text}, subject)).facts == ()


def test_overloads_that_stay_as_they_are_do_no_more(tree: Tree) -> None:
    rows = [f"        int {name} = a;" for name in "bcde"]
    core = "class Core {\n    int run(int a) {\nBODY        return a;\n    }\n"
    core += "    int run(String s, int t) {\n        return t;\n    }\n}\n"
    for number in range(10):
        text = core.replace("BODY", f"        // {number}\n")
        tree.commit(
            {
                "src/main/Core.java": text,
                "src/test/CoreTest.java": f"class CoreTest {{ void testRun{number}() {{}} }}\n",
            }
        )
    base = tree.git("rev-parse", "HEAD")
    head = tree.commit({"src/main/Core.java": core.replace("BODY", "\n".join(rows) + "\n")}, "Say it in steps")
    assert tree.survey(base, head).facts == ()


def test_where_tests_rarely_come_along_only_new_functions_speak(tree: Tree) -> None:
    base = habit_of_tests(tree, untested=8)
    assert tree.survey(base, tree.commit({"app/core.py": AFTER}, "Fix run")).facts == ()


def habit(tree: Tree, times: int, alone: int = 0) -> str:
    for number in range(40):
        tree.commit({f"noise/{number}.txt": "x"})
    for number in range(times + alone):
        files = {"schema.sql": f"-- {number}\n"}
        tree.commit(files | ({"app/models.py": f"V = {number}\n"} if number < times else {}))
    return tree.git("rev-parse", "HEAD")


def test_a_partner_that_always_came_along_is_missed(tree: Tree) -> None:
    base = habit(tree, 10)
    head = tree.commit({"schema.sql": "-- new\n"})
    fact = only(list(tree.survey(base, head).facts), "cochange_partner_missing")
    assert (fact.path, fact.line, fact.severity) == ("schema.sql", 1, "warning")
    assert fact.title == "`app/models.py` usually changes together with this file"
    assert "In 10 of 10 changes to `schema.sql`" in fact.why
    assert [entry.commit for entry in fact.evidence if entry.commit]


def test_a_revert_takes_back_what_its_original_changed(tree: Tree) -> None:
    base = habit(tree, 10)
    assert tree.survey(base, tree.commit({"schema.sql": "-- 8\n"}, 'Revert "Number nine"')).facts == ()


@pytest.mark.parametrize(("times", "alone"), [(3, 0), (10, 8)])
def test_a_thin_or_dying_habit_is_none(tree: Tree, times: int, alone: int) -> None:
    base = habit(tree, times, alone)
    assert tree.survey(base, tree.commit({"schema.sql": "-- new\n"})).facts == ()


@pytest.mark.parametrize("path", ["tests/data.py", "docs/conf.py", "poetry.lock", "README.md"])
def test_tests_pages_and_lock_files_have_no_partners(tree: Tree, path: str) -> None:
    for number in range(40):
        tree.commit({f"noise/{number}.txt": "x"})
    for number in range(12):
        tree.commit({path: f"# {number}\n", "app/models.py": f"V = {number}\n"})
    base = tree.git("rev-parse", "HEAD")
    assert tree.survey(base, tree.commit({path: "# new\n"})).facts == ()


SNAKES = {"app/names.py": "".join(f"def do_it_{number}(): ...\n" for number in range(30))}


def test_a_name_against_the_habit(tree: Tree) -> None:
    fact = only(tree.facts(SNAKES, {"app/more.py": "X = 1\n\n\ndef doThat(): ...\n"}), "naming_convention_broken")
    assert (fact.path, fact.line, fact.severity) == ("app/more.py", 4, "info")
    assert fact.title == "`doThat` is not in snake_case"
    assert fact.why.startswith("30 of 30 functions are named in snake_case")
    assert len(fact.evidence) == 3


def test_many_names_against_one_habit_are_one_fact(tree: Tree) -> None:
    text = "def doThis(): ...\ndef doThat(): ...\ndef doMore(): ...\n"
    fact = only(tree.facts(SNAKES, {"app/more.py": text}), "naming_convention_broken")
    assert fact.title == "`doThis` and 2 more new functions are not in snake_case"


def test_a_folder_with_a_habit_of_its_own_keeps_it(tree: Tree) -> None:
    own = {"app/qt/view.py": "".join(f"def onEvent{number}(): ...\n" for number in range(6))}
    many = {"app/names.py": "".join(f"def do_it_{number}(): ...\n" for number in range(90))}
    assert tree.facts(many | own, {"app/qt/more.py": "def onClick(): ...\n"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "class A(Base):\n    def setUp(self): ...\n",
        "@hook\ndef onEvent(): ...\n",
        "@implementer(I)\nclass A:\n    def onEvent(self): ...\n",
        "def _doThat(): ...\n",
        "def do_GET(): ...\n",
        "def __dunder__(): ...\n",
        "def do_it_31(): ...\n",
    ],
)
def test_names_that_were_not_chosen_here_are_fine(tree: Tree, text: str) -> None:
    assert tree.facts(SNAKES, {"app/more.py": text}) == []


TESTS = {f"tests/test_{number}.py": "def test_it(): ...\n" for number in range(21)}


def test_new_tests_in_another_place_are_one_fact(tree: Tree) -> None:
    facts = tree.facts(TESTS, {f"app/test_{name}.py": "def test_new(): ...\n" for name in "ab"})
    fact = only(facts, "placement_convention_broken")
    assert fact.title == "New tests outside `tests/`"
    assert "The same holds for 1 more new file." in fact.why


def test_a_file_of_tests_that_no_runner_finds(tree: Tree) -> None:
    fact = only(tree.facts(TESTS, {"tests/checks.py": "def test_new(): ...\n"}), "placement_convention_broken")
    assert fact.title == "`checks.py` holds tests, but is not called `test_*.py`"
    assert fact.line == 1


@pytest.mark.parametrize(
    "files",
    [
        {"plugin/tests/test_new.py": "def test_new(): ...\n"},
        {"tests/bases.py": "def test_new(): ...\n", "tests/test_0.py": "from bases import test_new\n"},
        {"tests/sub/__init__.py": "def test_new(): ...\n"},
        {"tests/helpers.py": "def make(): ...\n"},
        {"noxfile.py": "def test_all(session): ...\n"},
    ],
)
def test_tests_of_a_part_and_bases_of_tests_are_in_place(tree: Tree, files: dict[str, str]) -> None:
    assert tree.facts(TESTS, files) == []


def test_fingerprints_do_not_move_with_lines(tree: Tree) -> None:
    base = tree.commit(APP)
    one = tree.commit({"app/domain/user.py": "from app.domain.order import z\n"})
    two = tree.commit({"app/domain/user.py": "import os\n\nX = 1\nfrom app.domain.order import z\n"})
    first, second = (only(list(tree.survey(base, head).facts), "new_cycle") for head in (one, two))
    assert first.fingerprint == second.fingerprint
    assert first.line != second.line


def test_the_gravest_comes_first_and_an_edge_is_told_once(tree: Tree) -> None:
    base = tree.commit(APP | TESTS)
    after = {"app/domain/order.py": "from app.domain import user\nfrom app.api import users\n"}
    head = tree.commit(after | {"tests/checks.py": "def test_new(): ...\n"})
    facts = tree.survey(base, head, LAYERS).facts
    assert [fact.kind for fact in facts] == ["layer_crossed", "placement_convention_broken"]
