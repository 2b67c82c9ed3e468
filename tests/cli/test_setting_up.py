"""`reviewlore config` in real repositories: what holds, what is no default, what is wrong; and the schema."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from tests.command_line import told
from tests.repositories import commit, git, make_repository

from reviewlore.config import FILE, Settings, parse_settings
from reviewlore.config.schema import find_changed, list_settings, settings_schema
from reviewlore.config.toml import load_toml

ROOT = Path(__file__).parents[2]
OWN = """[review]
max-comments = 3
[architecture]
layers = ["a", "b"]
[[architecture.contracts]]
kind = "layers"
layers = ["a"]
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop")


def test_it_says_what_is_no_default_and_where_it_comes_from(repo: Path, capsys) -> None:
    head = commit(repo, {FILE: OWN})
    code, out, err = told(capsys, "config", "--repo", str(repo))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"Settings in force: {FILE} of main at {head[:12]}."
    assert lines[1:3] == [
        "  review.max-comments = 3  # default: 5",
        '  architecture.layers = ["a", "b"]  # default: []',
    ]
    assert (
        lines[-1]
        == f"The other {len(list_settings(Settings())) - 3} settings are the defaults; docs/guide.md lists them."
    )


def test_settings_that_are_not_committed_do_not_hold_and_are_told_of(repo: Path, capsys) -> None:
    commit(repo, {"a": "1"})
    (repo / FILE).write_text(OWN)
    code, out, _ = told(capsys, "config", "--repo", str(repo))
    assert code == 0
    assert out.startswith(f"Settings in force: the defaults, since main has no {FILE}.\nAll ")
    assert out.endswith(f"The {FILE} in this folder is another one: it holds once it is on main.\n")


def test_a_repository_without_a_commit_has_the_defaults(repo: Path, capsys) -> None:
    code, out, _ = told(capsys, "config", "--repo", str(repo))
    assert code == 0
    assert out.startswith(f"Settings in force: the defaults, since main has no {FILE}.\nAll ")


def test_another_revision_is_shown_when_asked_for(repo: Path, capsys) -> None:
    commit(repo, {FILE: OWN})
    git(repo, "checkout", "-q", "-b", "release")
    commit(repo, {FILE: "[review]\nmax-comments = 9\n"})
    code, out, _ = told(capsys, "config", "--repo", str(repo), "--base", "release")
    assert code == 0
    assert "  review.max-comments = 9  # default: 5\n" in out
    code, _, err = told(capsys, "config", "--repo", str(repo), "--base", "nowhere")
    assert (code, "nowhere" in err) == (2, True)


def test_problems_are_all_told_and_the_exit_code_says_so(repo: Path, capsys) -> None:
    commit(repo, {FILE: "[reviews]\n[review]\nmax-comments = -1\n"})
    code, out, _ = told(capsys, "config", "--repo", str(repo))
    assert code == 2
    assert "unknown key reviews (did you mean review?); review.max-comments must be 0 or more." in out
    code, out, _ = told(capsys, "config", "--repo", str(repo), "--format", "json")
    found = json.loads(out)
    assert code == 2
    assert len(found["problems"]) == 1
    assert found["changed"] == {}


def test_json_has_all_settings_by_their_names(repo: Path, capsys) -> None:
    head = commit(repo, {FILE: OWN + '[recipes.small]\nrevision = "abc"\n'})
    code, out, _ = told(capsys, "config", "--repo", str(repo), "--format", "json")
    found = json.loads(out)
    assert (code, found["commit"], found["revision"], found["present"]) == (0, head, "main", True)
    assert found["settings"]["review.max-comments"] == 3
    assert found["changed"]["review.max-comments"] == {"value": 3, "default": 5}
    assert found["changed"]["recipes.small.revision"] == {"value": "abc", "default": None}
    assert found["settings"]["architecture.contracts"][0]["kind"] == "layers"


def test_nothing_in_a_setting_can_speak_to_a_terminal(repo: Path, capsys) -> None:
    commit(repo, {FILE: '[review]\nsilent = ["\\u001b[31m\\u202e"]\n'})
    _, out, _ = told(capsys, "config", "--repo", str(repo))
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_schema_takes_what_the_parser_takes_and_refuses_what_it_refuses(capsys) -> None:
    code, out, _ = told(capsys, "config", "--schema")
    assert code == 0
    assert json.loads(out) == settings_schema()
    judge = jsonschema_rs.validator_for(settings_schema())
    for text in ("", OWN, '[recipes.small]\nrevision = "abc"\n', "[[learn.minimum]]\npairs = 3\n"):
        assert judge.is_valid(load_toml(text)), text
        parse_settings(text)
    for text in (
        "[reviews]\n",
        '[review]\nmax-comments = "3"\n',
        '[review]\nfail-on = "loud"\n',
        "[review]\nsilent = [1]\n",
    ):
        assert not judge.is_valid(load_toml(text)), text
    assert find_changed(Settings()) == {}


def test_the_published_schema_is_the_one_that_is_printed() -> None:
    published = json.loads((ROOT / "docs/schema/settings.schema.json").read_text(encoding="utf-8"))
    assert published == settings_schema(), (
        "write it anew: reviewlore config --schema > docs/schema/settings.schema.json"
    )
    keys = published["properties"]["review"]["properties"]
    assert keys["max-comments"] == {"type": "integer", "default": 5}
