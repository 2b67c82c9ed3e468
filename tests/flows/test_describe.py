"""A repository's architecture as text and as JSON, from a real repository."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.config import Settings
from reviewlore.domain.overview import Overview
from reviewlore.flows.architecture import MapContext, describe
from reviewlore.formats.architecture_json import render_json
from reviewlore.formats.architecture_text import render_overview

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "architecture.schema.json"


def files() -> dict[str, str | bytes | None]:
    found: dict[str, str | bytes | None] = {"app/__init__.py": "", "app/base.py": "class Base:\n    pass\n"}
    found |= {f"app/m{n}.py": "from app.base import Base\n\n\ndef run_it():\n    return Base\n" for n in range(22)}
    return found | {"CODEOWNERS": "* @all\n/app/m[1].py @one\n"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def told(tree: Tree) -> Overview:
    context = MapContext("o/r", GitRepo(tree.folder), Grammars(), QuietConsole(), Settings())
    return describe(context, tree.git("rev-parse", "HEAD"))[0]


def test_who_changed_what_and_who_is_declared(tree: Tree) -> None:
    tree.commit(files(), "Begin")
    for number in range(3):
        tree.commit({"app/m1.py": f"X = {number}\n"}, "Change one")
    overview = told(tree)
    assert [(row.folder, row.people, row.share, row.bus_factor, row.declared) for row in overview.owners] == [
        ("", 1, 1.0, 1, ("@all",)),
        ("app", 1, 1.0, 1, ("@all",)),
    ]
    assert "CODEOWNERS has lines that GitHub does not take: 2." in overview.notes
    text = render_overview(overview)
    assert "    1  100%     1  (whole repository), declared: @all\n" in text
    assert "    1  100%     1  app\n" in text


def test_the_json_keeps_the_published_schema(tree: Tree) -> None:
    tree.commit(files(), "Begin")
    text = render_json(told(tree))
    validator = jsonschema_rs.validator_for(SCHEMA.read_text(encoding="utf-8"))
    validator.validate(json.loads(text))
    assert json.loads(text)["owners"][0]["declared"] == ["@all"]


def test_how_commits_are_written_with_hostile_subjects_made_visible(tree: Tree) -> None:
    for number in range(22):
        tree.commit({"x.txt": str(number)}, f"fix: stop \u202e thing {number}")
    overview = told(tree)
    assert {(habit.kind, habit.held, habit.cases) for habit in overview.commit_style} == {
        (kind, 22, 22) for kind in ("form", "mood", "case", "end", "length", "body")
    }
    text = render_overview(overview)
    assert "   22 of    22  form: type: title (Conventional Commits)" in text
    assert "\u202e" not in text


def test_pipelines_and_the_documents_that_name_them(tree: Tree) -> None:
    workflow = "name: Tests\non: [push]\njobs:\n  unit:\n    steps: []\n"
    made = {".github/workflows/ci.yml": workflow, "Makefile": "lint:\n\truff check\n", "tox.ini": "[testenv:docs]\n"}
    told_of = {
        "README.md": "Run `make lint`; [badge](https://example.org/workflows/ci.yml).\n",
        "CHANGES.md": "tox -e docs",
    }
    tree.commit(made | told_of, "Begin")
    overview = told(tree)
    assert [(row.path, row.name, row.triggers, row.jobs, row.documents) for row in overview.pipelines] == [
        (".github/workflows/ci.yml", "Tests", ("push",), ("unit",), ("README.md",)),
        ("Makefile", "Makefile", (), ("make lint",), ("README.md",)),
        ("tox.ini", "tox.ini", (), ("tox -e docs",), ()),
    ]
    assert "    1     1  .github/workflows/ci.yml “Tests”, on push: unit\n" in render_overview(overview)
    found = json.loads(render_json(overview))
    jsonschema_rs.validator_for(SCHEMA.read_text(encoding="utf-8")).validate(found)
    assert found["pipelines"][0]["documents"] == ["README.md"]


def test_what_folders_expect(tree: Tree) -> None:
    made: dict[str, str | bytes | None] = {f"app/m{n}.py": f"@final\nclass Rule{n}:\n    pass\n" for n in range(20)}
    tree.commit(made, "Begin")
    overview = told(tree)
    assert [(row.users, row.subject, row.kind, row.value, row.held) for row in overview.frameworks] == [
        ("classes", "app", "decorated", "final", 20)
    ]
    assert "   20 of    20  classes in app/ carry final\n" in render_overview(overview)
    found = json.loads(render_json(overview))
    jsonschema_rs.validator_for(SCHEMA.read_text(encoding="utf-8")).validate(found)
    assert found["frameworks"][0]["confidence"] == 1.0


def test_an_empty_repository_has_an_overview_too(tree: Tree) -> None:
    tree.commit({}, "Nothing")
    overview = told(tree)
    assert (overview.owners, overview.hotspots) == ((), ())
    jsonschema_rs.validator_for(SCHEMA.read_text(encoding="utf-8")).validate(json.loads(render_json(overview)))


def test_nobody_and_no_secret_is_named_in_what_commits_and_workflows_say(tree: Tree) -> None:
    token = "ghp_" + "a1B2" * 9
    run = f"steps: [{{run: 'curl -H token={token} https://example.org'}}]"
    tree.commit(files() | {".github/workflows/ci.yml": f"on: push\njobs:\n  a:\n    {run}\n"}, "Begin")
    for number in range(25):
        tree.commit({"app/m1.py": f"X = {number}\n"}, f"Add {number} for @mira-sample")
    overview = told(tree)
    assert any("for @someone" in example for habit in overview.commit_style for example in habit.examples)
    assert "curl" in overview.pipelines[0].runs[0]
    assert not any(word in render_json(overview) for word in ("mira-sample", token))
