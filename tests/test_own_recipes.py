"""Recipes that people keep themselves: by path, checked as shipped ones are, and never a pull request's."""

from pathlib import Path

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.actions import ActionsRunner
from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.events import ActionInputs, RunContext
from reviewlore.domain.recipe import NamedBase
from reviewlore.errors import ConfigError
from reviewlore.wiring import Workshop
from reviewlore.wiring_action import _Site

OWN = load_recipe("smoke_cpu").replace("beta = 0.1 ", "beta = 0.2 ")
NAMED = load_recipe("dpo_lora_small")
REVISION = "ab" * 20


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    folder = make_repository(tmp_path / "repo")
    commit(folder, {"training/ours.toml": OWN, ".reviewlore.toml": f'[recipes.ours]\nrevision = "{REVISION}"\n'})
    monkeypatch.chdir(tmp_path)
    return Workshop(folder, QuietConsole())


def test_a_file_on_this_machine_comes_before_the_default_branch(workshop: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    found = workshop.recipe(str(path))
    assert (found.name, found.loss.beta) == ("mine", 0.2)
    assert len(found.file_sha256) == 64
    (tmp_path / "training").mkdir()
    (tmp_path / "training/ours.toml").write_text(NAMED)
    assert workshop.recipe("training/ours.toml").base == NamedBase("Qwen/Qwen2.5-Coder-0.5B", REVISION)


def test_a_file_of_the_default_branch_is_found_by_its_path(workshop: Workshop) -> None:
    git(workshop.path, "checkout", "-q", "-b", "change")
    commit(workshop.path, {"training/ours.toml": OWN.replace("beta = 0.2", "beta = 9.0")})
    with pytest.raises(ConfigError, match=r"0 revision lines"):  # a base that is made has none to be pinned
        workshop.recipe("training/ours.toml")
    git(workshop.path, "checkout", "-q", "main")
    commit(workshop.path, {".reviewlore.toml": ""})
    again = Workshop(workshop.path, QuietConsole())
    assert again.recipe("training/ours.toml").loss.beta == 0.2
    with pytest.raises(ConfigError, match=r"There is no recipe training/theirs\.toml in this folder or on the def"):
        again.recipe("training/theirs.toml")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("smoke_cpu.toml", OWN, "smoke_cpu is a shipped recipe's name"),
        ("My Recipe.toml", OWN, "'My Recipe' cannot name a recipe"),
        ("mine.toml", OWN.replace("beta =", "betta ="), "betta is unknown; did you mean loss.beta"),
        ("mine.toml", "summary = 3", "Recipe mine cannot be used"),
        ("mine.toml", b"\xff\xfe", "is not UTF-8 text"),
        ("mine.toml", b"#" * (1 << 19), "a recipe has at most"),
    ],
)
def test_it_is_checked_as_a_shipped_one(
    workshop: Workshop, tmp_path: Path, name: str, text: str | bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError, match=message):
        workshop.recipe(name)


def test_an_action_reads_none_that_is_checked_out(workshop: Workshop, tmp_path: Path) -> None:
    """What lies in the work tree of a job may be the pull request's."""
    clone = make_repository(tmp_path / "clone")
    git(clone, "remote", "add", "origin", str(workshop.path))
    git(clone, "fetch", "-q", "origin", "+refs/heads/main:refs/remotes/origin/main")
    git(clone, "checkout", "-q", "-b", "change", "refs/remotes/origin/main")
    theirs = {"training/ours.toml": OWN.replace("beta = 0.2", "beta = 9.0"), "training/more.toml": OWN}
    commit(clone, {**theirs, ".reviewlore.toml": ""})
    event = {"repository": {"default_branch": "main"}}
    context = RunContext("issue_comment", event, "octo/demo", "https://github.com", "7", "", ActionInputs("train"))
    environ = {"GITHUB_WORKSPACE": str(clone)}
    at = _Site(environ, context, ActionsRunner(environ)).workshop
    assert "beta = 0.2 " in at.own_recipe("training/ours.toml")
    for path in ("training/more.toml", str(clone / "training/ours.toml"), "../clone/training/ours.toml"):
        with pytest.raises(ConfigError, match="There is no recipe"):
            at.recipe(path)
