"""New imports against what is allowed, behind boundaries, and what a move makes of old ones."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.config import parse_settings
from reviewlore.domain.architecture import Fact, Survey
from reviewlore.flows.survey import survey

APP = {
    f"app/{name}.py": ""
    for name in ("__init__", "web/__init__", "api/__init__", "api/users", "store/__init__", "store/sql", "store/cache")
} | {"app/web/views.py": "from app.api import users\n"}
RULES = """
[architecture]
facts = ["new_edge"]

[[architecture.contracts]]
kind = "allowed"
name = "Web rests on the API"
sources = ["app.web"]
targets = ["app.api"]

[[architecture.contracts]]
kind = "boundary"
name = "Storage"
sources = ["app/store"]
targets = ["app/store/__init__.py"]
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def judged(tree: Tree, base: str, head: str, rules: str = RULES) -> Survey:
    return survey(GitRepo(tree.folder), Grammars(), base, head, settings=parse_settings(rules).architecture)


def told(result: Survey) -> list[tuple[str, str, int | None]]:
    kinds = ("layer_crossed", "forbidden_import", "edge_not_allowed", "boundary_pierced", "new_edge")
    return [(fact.kind, fact.path, fact.line) for fact in result.facts if fact.kind in kinds]


def only(result: Survey, kind: str) -> Fact:
    (fact,) = (fact for fact in result.facts if fact.kind == kind)
    return fact


def test_a_module_that_may_import_some_imports_others(tree: Tree) -> None:
    base = tree.commit(APP)
    views = "import os\nfrom app.api import users\nfrom app import store\nimport app.store.sql\nimport requests\n"
    result = judged(tree, base, tree.commit({"app/web/views.py": views}))
    assert told(result) == [("edge_not_allowed", "app/web/views.py", 3)]
    fact = only(result, "edge_not_allowed")
    assert (fact.severity, fact.inferred) == ("error", False)
    assert fact.title == "`app.web.views` imports `app.store` against the contract “Web rests on the API”"
    assert fact.why.startswith("`app.web` may import `app.api` only, so ")
    assert [shown.line for shown in fact.evidence] == [3, 4, None]
    assert fact.evidence[-1].text == "“Web rests on the API” in .reviewlore.toml"


def test_an_import_reaches_behind_a_boundary(tree: Tree) -> None:
    base = tree.commit(APP)
    users = "import app.store\nimport app.store.sql\n"
    more = {"app/store/cache.py": "import app.store.sql\n", "tests/test_sql.py": "import app.store.sql\n"}
    result = judged(tree, base, tree.commit({"app/api/users.py": users} | more))
    assert told(result) == [("boundary_pierced", "app/api/users.py", 2), ("new_edge", "app/api/users.py", 1)]
    assert only(result, "boundary_pierced").why.startswith(
        "`app/store` may be entered through `app/store/__init__.py` only, so "
    )


def test_an_old_breach_stays_silent_also_under_another_path(tree: Tree) -> None:
    base = tree.commit(APP | {"app/api/users.py": "import app.store.sql\n\n\ndef find():\n    return 1\n"})
    users = "import os\nimport app.store.sql\n\n\ndef find():\n    return 1\n"
    head = tree.commit(
        {
            "app/api/users.py": None,
            "app/api/people.py": users,
            "app/store/sql.py": None,
            "app/store/sql/__init__.py": "X = 1\n",
        }
    )
    assert told(judged(tree, base, head)) == []


def test_a_move_across_a_boundary_is_told_of(tree: Tree) -> None:
    text = "import app.store.sql\n\n\ndef find():\n    return app.store.sql\n"
    base = tree.commit(APP | {"app/store/finder.py": text})
    head = tree.commit({"app/store/finder.py": None, "app/api/finder.py": text})
    assert told(judged(tree, base, head)) == [("boundary_pierced", "app/api/finder.py", None)]


def test_an_inferred_boundary_is_softer_and_says_so(tree: Tree) -> None:
    users = {f"app/api/m{number}.py": "import app._core\n" for number in range(20)}
    base = tree.commit(APP | users | {"app/_core.py": "", "other/__init__.py": "", "other/a.py": ""})
    head = tree.commit({"other/a.py": "import app._core\n"})
    fact = only(judged(tree, base, head, ""), "boundary_pierced")
    assert (fact.path, fact.line, fact.severity, fact.inferred) == ("other/a.py", 1, "info", True)
    assert fact.evidence[-1].text.startswith("Inferred: 20 of 20 imports of what is named as private")
    again = tree.commit({"other/b.py": "import app._core\n"})
    assert told(judged(tree, head, again, "")) == []


def test_contracts_of_typescript_are_named_by_paths(tree: Tree) -> None:
    rules = '[architecture]\nfacts = ["new_edge"]\n[[architecture.contracts]]\nkind = "allowed"\n'
    rules += 'sources = ["web/src/ui/**"]\ntargets = ["web/src/api"]\n'
    files = {"web/src/ui/form.ts": "", "web/src/api/index.ts": "export const a = 1\n", "web/src/db.ts": "export {}\n"}
    base = tree.commit(files)
    form = "import { a } from '../api'\nimport x from '../db'\nimport React from 'react'\n"
    result = judged(tree, base, tree.commit({"web/src/ui/form.ts": form}), rules)
    assert told(result) == [("edge_not_allowed", "web/src/ui/form.ts", 2), ("new_edge", "web/src/ui/form.ts", 1)]


def test_what_other_tools_declare_holds_beside_what_is_declared_here(tree: Tree) -> None:
    cruiser = '{"forbidden": [{"name": "no-db", "from": {"path": "^src/ui"}, "to": {"path": "^src/db"}}]}'
    files = {"web/package.json": "{}", "web/.dependency-cruiser.json": cruiser, "web/src/db.ts": "export {}\n"}
    code = {"web/.dependency-cruiser.js": "module.exports = make()\n", "tests/data/.dependency-cruiser.js": "make()"}
    base = tree.commit(APP | files | code | {"web/src/ui/form.ts": ""})
    head = tree.commit({"web/src/ui/form.ts": "import x from '../db'\n", "app/web/views.py": "import app.store\n"})
    result = judged(tree, base, head)
    assert told(result) == [("edge_not_allowed", "app/web/views.py", 1), ("forbidden_import", "web/src/ui/form.ts", 1)]
    (note,) = (note for note in result.notes if "import rules are not judged" in note)
    assert note.startswith("web/.dependency-cruiser.js: ")


def test_a_contract_about_nothing_is_a_note(tree: Tree) -> None:
    base = tree.commit(APP)
    rules = '[[architecture.contracts]]\nkind = "independence"\nname = "Apart"\nsources = ["app.web", "app.jobs"]\n'
    result = judged(tree, base, tree.commit({}), rules)
    assert ".reviewlore.toml: the contract “Apart” names no module by `app.jobs`." in result.notes


def test_too_large_a_file_of_rules_is_a_note(tree: Tree) -> None:
    base = tree.commit({"a.ts": "", ".eslintrc.json": " " * 1_000_001})
    notes = judged(tree, base, tree.commit({}), "").notes
    assert "1 file that may declare import rules was too large to be read." in notes


def test_archunits_rules_are_read_from_the_tests_that_import_it(tree: Tree) -> None:
    rule = (
        "package shop;\nimport com.tngtech.archunit.junit.ArchTest;\nclass RulesTest {\n"
        '  @ArchTest static final ArchRule r = noClasses().that().resideInAPackage("..store..")\n'
        '      .should().dependOnClassesThat().resideInAPackage("..web..");\n}\n'
    )
    store, web = "src/main/java/shop/store/Orders.java", "src/main/java/shop/web/Page.java"
    files = {
        "src/test/java/shop/RulesTest.java": rule,
        store: "package shop.store;\npublic class Orders {}\n",
        web: "package shop.web;\npublic class Page {}\n",
    }
    base = tree.commit(files)
    orders = "package shop.store;\nimport shop.web.Page;\npublic class Orders { Page page; }\n"
    assert told(judged(tree, base, tree.commit({store: orders}), "")) == [("forbidden_import", store, 2)]


IMPORTING = {"app/web/views.py": "from app.store.sql import run\n"}


def revised(tree: Tree, before: str, after: str | None, path: str = ".reviewlore.toml") -> list[Fact]:
    """What is said of an import whose change also changes the rules (None: removes their file)."""
    base = tree.commit({**APP, path: before})
    result = judged(tree, base, tree.commit({**IMPORTING, path: after}), before if path == ".reviewlore.toml" else "")
    return [fact for fact in result.facts if fact.kind in ("edge_not_allowed", "boundary_pierced", "forbidden_import")]


def test_a_rule_that_the_same_change_relaxes_is_told_for_information(tree: Tree) -> None:
    allowed, boundary = RULES.split("[[architecture.contracts]]")[1:]
    (fact,) = revised(
        tree,
        RULES.replace(boundary, "\n").rpartition("[[")[0],
        f"""
[[architecture.contracts]]{allowed.replace('["app.api"]', '["app.api", "app.store"]')}""",
    )
    assert (fact.kind, fact.severity) == ("edge_not_allowed", "info")
    assert fact.evidence[-1].path == ".reviewlore.toml"
    assert fact.evidence[-1].text.startswith("This change also changes the rule")


def test_a_second_rule_that_stays_is_still_an_error(tree: Tree) -> None:
    facts = revised(tree, RULES, RULES.replace('["app.api"]', '["app.api", "app.store"]'))
    assert [(fact.kind, fact.severity) for fact in facts] == [
        ("boundary_pierced", "error"),
        ("edge_not_allowed", "info"),
    ]


@pytest.mark.parametrize(
    "after", [None, "", "[broken", RULES.replace("Web rests", "The web rests"), f"# Words\n{RULES}"]
)
def test_rules_that_are_gone_unreadable_renamed_or_the_same_are_no_permission(tree: Tree, after: str | None) -> None:
    (fact,) = revised(tree, RULES, after)
    assert (fact.kind, fact.severity) == ("edge_not_allowed", "error")


def test_a_rule_of_another_tool_is_read_anew_only_where_it_was_declared(tree: Tree) -> None:
    rules = "[importlinter]\nroot_package = app\n[importlinter:contract:1]\nname = Apart\ntype = forbidden\n"
    rules += "source_modules =\n    app.web\nforbidden_modules =\n    app.store\n"
    (fact,) = revised(tree, rules, f"{rules}ignore_imports =\n    app.web.views -> app.store.sql\n", ".importlinter")
    assert (fact.kind, fact.severity) == ("forbidden_import", "info")
