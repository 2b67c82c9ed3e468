import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.growth import find_orphans, find_outgrown


def lines(count: int) -> str:
    return "def run(): ...\n" + "# filler\n" * (count - 1)


SIBLINGS = {f"app/m{number}.py": lines(50) for number in range(60)}


def test_a_module_that_grows_past_all_others() -> None:
    (fact,) = find_outgrown(change_of(SIBLINGS | {"app/big.py": lines(460)}, {"app/big.py": lines(560)}))
    assert (fact.path, fact.line, fact.severity) == ("app/big.py", 461, "info")
    assert fact.title == "`big.py` grows from 460 to 560 lines, 11 times the usual"
    assert fact.why == "Half of the 60 modules of its kind here have at most 50 lines, and 99 of 100 at most 50."


def test_a_new_module_that_starts_too_large() -> None:
    (fact,) = find_outgrown(change_of(SIBLINGS, {"app/big.py": lines(700)}))
    assert fact.title == "`big.py` starts with 700 lines, 14 times the usual"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"app/big.py": lines(460)}, {"app/big.py": lines(505)}),
        ({"app/big.py": lines(600)}, {"app/big.py": lines(900)}),
        ({"app/big.py": lines(490)}, {"app/big.py": lines(570)}),
        ({}, {"app/big.py": lines(499)}),
        ({"app/other.py": lines(800), "app/third.py": lines(800)}, {"app/big.py": lines(790)}),
        ({}, {"tests/test_big.py": lines(900)}),
        ({}, {"app/table.py": "X = [\n" + "    1,\n" * 900 + "]\n"}),
        ({}, {"vendor/lib/big.py": lines(900)}),
    ],
)
def test_a_little_more_tests_tables_and_foreign_code_are_fine(before: dict[str, str], after: dict[str, str]) -> None:
    assert list(find_outgrown(change_of(SIBLINGS | before, after))) == []


def test_few_siblings_are_no_measure() -> None:
    few = {f"app/m{number}.py": lines(50) for number in range(20)}
    assert list(find_outgrown(change_of(few, {"app/big.py": lines(900)}))) == []


APP = {
    "app/__init__.py": "",
    "app/core.py": "def keep():\n    return 1\n\n\ndef shorten(text):\n    return text[:10]\n",
    "app/web.py": "from app.core import keep, shorten\n\n\ndef show(text):\n    return keep(), shorten(text)\n",
    "app/cli.py": "from app.web import show\n\nshow('x')\n",
}
CUT = {"app/web.py": "from app.core import keep\n\n\ndef show(text):\n    return keep(), text[:20]\n"}


def test_a_function_that_lost_its_last_use() -> None:
    (fact,) = find_orphans(change_of(APP, CUT))
    assert (fact.path, fact.line, fact.severity) == ("app/core.py", None, "info")
    assert fact.title == "`shorten` lost its last use: nothing uses or names it now"
    assert [(entry.path, entry.line) for entry in fact.evidence] == [("app/core.py", 5)]


@pytest.mark.parametrize(
    "more",
    [
        {"app/other.py": "from app import core\n\ncore.shorten('x')\n"},
        {"docs/guide.md": "Call `shorten` for that.\n"},
        {"setup.cfg": "[options.entry_points]\nx = app.core:shorten\n"},
        {"tests/test_core.py": "from app.core import shorten\n"},
        {"app/other.py": "class Other:\n    def shorten(self): ...\n"},
        {"app/core.py": APP["app/core.py"].replace("    return text", "    warnings.warn('old')\n    return text")},
        {"app/core.py": "@hook\ndef shorten(text):\n    return text[:10]\n\n\ndef keep():\n    return 1\n"},
    ],
)
def test_what_is_named_anywhere_or_may_be_called_by_others_is_no_orphan(more: dict[str, str]) -> None:
    assert list(find_orphans(change_of(APP | more, CUT))) == []


def test_a_function_that_the_change_itself_wrote_in_is_kept_knowingly() -> None:
    kept = {"app/core.py": APP["app/core.py"].replace("text[:10]", "text[:10]  # for plug-ins")}
    assert list(find_orphans(change_of(APP, CUT | kept))) == []


def test_a_private_function_that_only_tests_still_use() -> None:
    hide = {path: text.replace("shorten", "_shorten") for path, text in (APP | CUT).items()}
    test = {"tests/test_core.py": "from app.core import _shorten\n"}
    before = {path: text.replace("shorten", "_shorten") for path, text in APP.items()}
    (fact,) = find_orphans(change_of(before | test, {"app/web.py": hide["app/web.py"]}))
    assert fact.title == "`_shorten` lost its last use: only tests use it now"
    assert fact.evidence[0].text == "`_shorten`: tests/test_core.py"


def test_a_function_that_nobody_used_before_is_not_this_changes_doing() -> None:
    before = APP | {"app/web.py": CUT["app/web.py"]}
    assert list(find_orphans(change_of(before, {"app/cli.py": "from app.web import show\n\nshow('y')\n"}))) == []


def test_a_module_that_nothing_imports_any_more() -> None:
    (fact,) = find_orphans(change_of(APP, {"app/cli.py": "print('x')\n"}))
    assert fact.title == "Module `app.web` lost its last use: nothing imports or names it now"
    assert fact.path == "app/web.py"


@pytest.mark.parametrize(
    "more",
    [
        {"app/plugins.py": "import importlib\n\nimportlib.import_module('app.web')\n"},
        {"pyproject.toml": "[project.scripts]\nx = 'app.web:show'\n"},
        {"docs/web.md": "See app.web.\n"},
    ],
)
def test_a_module_that_something_names_is_no_orphan(more: dict[str, str]) -> None:
    assert list(find_orphans(change_of(APP | more, {"app/cli.py": "print('x')\n"}))) == []


def test_what_is_taken_as_the_default_export_is_used_without_its_name() -> None:
    before = {
        "src/socket.ts": "export default class WebsocketBackend {\n    open() {}\n}\n",
        "src/app.ts": 'import Socket from "./socket";\n// WebsocketBackend\nnew Socket(WebsocketBackend);\n',
    }
    after = {"src/app.ts": 'import Socket from "./socket";\nnew Socket();\n'}
    assert list(find_orphans(change_of(before, after))) == []


def test_what_a_bundle_no_longer_names_was_never_used_there() -> None:
    bundle = "x=" + "a;" * 600 + "shorten(1)\n"
    unused = {"app/web.py": CUT["app/web.py"], "app/static.js": bundle}
    assert list(find_orphans(change_of(APP | unused, {"app/static.js": "x=1\n"}))) == []
