import json

import pytest
from tests.fakes.versions import add_version
from tests.lineage import mined, rows
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.actions import ActionsRunner
from reviewlore.config import Settings
from reviewlore.domain.asking import ModelRequest
from reviewlore.domain.events import ActionInputs, RunContext
from reviewlore.wiring_action import _Site, run
from reviewlore.wiring_secrets import find_secrets


@pytest.fixture
def environ(tmp_path):
    return {
        "GITHUB_REPOSITORY": "octo/demo",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_WORKSPACE": str(tmp_path),
        "GITHUB_EVENT_NAME": "schedule",
        "INPUT_MODE": "train",
    }


def test_secrets_are_found_by_the_names_of_their_variables():
    environ = {"GITHUB_TOKEN": "a", "INPUT_STATE_TOKEN": "b", "APP_PRIVATE_KEY": "c", "DB_PASSWORD": "d", "KEY": "e"}
    environ |= {"MY_SECRET": "f", "EMPTY_TOKEN": "", "PATH": "g", "KEYBOARD": "h", "aws_credentials": "i"}
    assert find_secrets(environ) == ("a", "b", "c", "d", "e", "f", "i")


def test_an_event_for_nobody_ends_well(environ, tmp_path, capsys):
    assert run(environ | {"GITHUB_EVENT_NAME": "issues"}) == 0
    assert "event_not_handled" in (tmp_path / "output").read_text()
    assert "reviewlore: skipped (event_not_handled)" in capsys.readouterr().out


def test_wrong_inputs_are_an_annotation(environ, capsys):
    assert run(environ | {"INPUT_MODE": "deploy"}) == 2
    said = capsys.readouterr().out
    assert said.startswith("::error title=reviewlore::The action cannot run: the input mode is 'deploy'")


def test_a_missing_token_is_told(environ, capsys):
    event = environ | {"GITHUB_EVENT_NAME": "schedule", "INPUT_MODE": "learn"}
    assert run(event) == 2
    assert "::error title=reviewlore::The GitHub token is empty" in capsys.readouterr().out


def test_what_nobody_expected_is_a_fault_whose_words_do_nothing(environ, tmp_path, capsys):
    """Attack 20, where it is forgotten most easily: a traceback may quote a stranger."""
    trap = tmp_path / "x\n::set-output name=a::b"
    trap.mkdir()
    assert run(environ | {"GITHUB_EVENT_NAME": "push", "GITHUB_OUTPUT": str(trap)}) == 3
    said = capsys.readouterr().out
    start, end = said.index("::stop-commands::"), said.rindex("::reviewlore-")
    assert start < said.index("IsADirectoryError") < end
    assert "An unexpected IsADirectoryError" in said[end:]
    assert "::set-output" not in said[end:]


@pytest.fixture
def checkout(environ, tmp_path):
    """A clone as `actions/checkout` leaves it: one branch of a repository whose default branch is `develop`."""
    home = make_repository(tmp_path / "server")
    commit(home, {"a": "1"})
    git(home, "checkout", "-q", "-b", "develop")
    commit(home, {".reviewlore.toml": "[learn]\nopted-outs = []\n"})
    clone = make_repository(tmp_path / "clone")
    git(clone, "remote", "add", "origin", str(home))
    git(clone, "fetch", "-q", "origin", "+refs/heads/develop:refs/remotes/origin/develop")
    git(clone, "checkout", "-q", "-b", "develop", "refs/remotes/origin/develop")
    return clone


def learn(environ, checkout, payload):
    event = checkout.parent / "event.json"
    event.write_text(json.dumps(payload))
    return run(
        environ
        | {"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_EVENT_PATH": str(event), "INPUT_MODE": "train"}
        | {"GITHUB_WORKSPACE": str(checkout), "GITHUB_SERVER_URL": f"file://{checkout.parent}"}
    )


def test_settings_are_those_of_the_default_branch_whatever_its_name(environ, checkout, capsys):
    repository = {"full_name": "octo/demo", "default_branch": "develop"}
    assert learn(environ, checkout, {"repository": repository, "ref": "refs/heads/develop"}) == 2
    assert "unknown key learn.opted-outs" in capsys.readouterr().out


def test_what_people_opted_out_of_is_not_learned_because_a_branch_is_missing(environ, checkout, capsys):
    repository = {"full_name": "octo/demo", "default_branch": "trunk"}
    assert learn(environ, checkout, {"repository": repository, "ref": "refs/heads/trunk"}) == 2
    assert "The default branch trunk is not in this checkout" in capsys.readouterr().out


def test_a_schedule_runs_on_the_default_branch(environ, checkout, capsys):
    assert run(environ | {"GITHUB_WORKSPACE": str(checkout), "GITHUB_SERVER_URL": f"file://{checkout.parent}"}) == 2
    assert "unknown key learn.opted-outs" in capsys.readouterr().out


def test_another_repository_has_the_settings_of_its_own_default_branch(environ, checkout, capsys):
    """The event names the default branch of the workflow's repository, which says nothing about another one."""
    payload = {"repository": {"full_name": "octo/.github", "default_branch": "main"}, "ref": "refs/heads/main"}
    event = checkout.parent / "event.json"
    event.write_text(json.dumps(payload))
    other = environ | {"INPUT_MODE": "learn", "INPUT_REPOSITORY": "octo/shop", "GITHUB_EVENT_PATH": str(event)}
    other |= {"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_WORKSPACE": str(checkout)}
    other |= {"INPUT_GITHUB_TOKEN": "ghs_x", "GITHUB_API_URL": "http://127.0.0.1:9"}
    assert run(other) == 2
    assert "unknown key learn.opted-outs" in capsys.readouterr().out
    git(checkout, "remote", "set-url", "origin", "https://github.com/octo/web.git")
    assert run(other) == 2
    assert "octo/web is checked out, not octo/shop. Give both the same repository." in capsys.readouterr().out


def test_a_review_never_takes_the_settings_that_are_checked_out(environ, checkout, capsys):
    """Attack 2: by those of a pull request, the model's key would be sent to whom it names."""
    runner = ActionsRunner(environ)
    context = RunContext(
        "pull_request", {"repository": {}}, "octo/demo", "https://github.com", "7", "", ActionInputs("review")
    )
    site = _Site(environ | {"GITHUB_WORKSPACE": str(checkout)}, context, runner)
    commit(checkout, {".reviewlore.toml": '[model]\nkind = "openai"\naddress = "http://127.0.0.1:1/v1"\nname = "x"\n'})
    assert site.workshop.settings == Settings()
    assert "The event names no default branch, so its .reviewlore.toml is not known." in capsys.readouterr().out


def test_a_branch_named_like_the_default_one_is_not_trusted_because_it_is_checked_out(environ, checkout, capsys):
    """Attack 2: a fork's branch may have that name too."""
    event = {"repository": {"default_branch": "trunk"}}
    context = RunContext("pull_request", event, "octo/demo", "https://github.com", "7", "", ActionInputs("review"))
    site = _Site(environ | {"GITHUB_WORKSPACE": str(checkout)}, context, ActionsRunner(environ))
    git(checkout, "checkout", "-q", "-b", "trunk")
    commit(checkout, {".reviewlore.toml": '[model]\nkind = "openai"\naddress = "http://127.0.0.1:1/v1"\nname = "x"\n'})
    assert site.workshop.settings == Settings()
    assert "The default branch trunk is not in this checkout" in capsys.readouterr().out


def site_of(environ, checkout, **more):
    event = {"repository": {"default_branch": "trunk"}}
    context = RunContext("pull_request", event, "octo/demo", "https://github.com", "7", "", ActionInputs("review"))
    return _Site(environ | {"GITHUB_WORKSPACE": str(checkout), **more}, context, ActionsRunner(environ))


def test_a_lock_is_that_of_the_base_whatever_is_checked_out(environ, checkout):
    """Attack: by a lock of its own, a pull request would choose its judge, or have one fetched."""
    base = commit(checkout, {"reviewlore.lock": f'version = "embedded-1"\nmanifest = "{"a" * 64}"\n'})
    commit(checkout, {"reviewlore.lock": f'version = "embedded-2"\nmanifest = "{"b" * 64}"\nrepository = "/tmp/x"\n'})
    workshop = site_of(environ, checkout).workshop
    assert workshop.lock(base).version == "embedded-1"
    assert workshop.lock() is None, "the default branch is not here, and what is checked out is not asked"


def test_a_token_goes_to_its_own_forge_alone(environ, checkout):
    workshop = site_of(environ, checkout, INPUT_STATE_TOKEN="t0ken").workshop
    other, own = (workshop.source_of(f"https://{host}/acme/lore") for host in ("evil.example", "github.com"))
    for remote in (other, own):
        assert remote.environ()["GIT_CONFIG_KEY_1"] == "http.https://github.com/.extraheader"
        assert remote.environ()["GIT_ALLOW_PROTOCOL"] == "https"
    assert (other.address, own.address) == ("https://evil.example/acme/lore", "https://github.com/acme/lore")


def test_a_report_is_a_page_and_needs_no_forge(environ, checkout, tmp_path):
    (tmp_path / "octo").mkdir()
    (checkout.parent / "server").rename(tmp_path / "octo/demo.git")
    commit(tmp_path / "octo/demo.git", {".reviewlore.toml": ""})
    commit(checkout, {".reviewlore.toml": ""})
    settings = {"INPUT_MODE": "report", "GITHUB_WORKSPACE": str(checkout), "GITHUB_SERVER_URL": f"file://{tmp_path}"}
    assert run(environ | settings) == 0
    page = (tmp_path / "reviewlore-report.html").read_text()
    assert "reviewlore on octo/demo" in page
    assert f"\n{tmp_path}/reviewlore-report.html\n" in (tmp_path / "output").read_text()
    assert "In force is the ranker that is shipped" in (tmp_path / "summary").read_text()


def test_an_artefact_over_the_checkout_stops_the_run_before_git_is_started(environ, checkout, capsys):
    """Attack 26: a `.git/config` of the artefact would name programs that git starts."""
    trap = checkout.parent / "trap"
    git(checkout, "config", "core.fsmonitor", f"touch {trap}")
    (checkout / "reviewlore-handover.json").write_text("{}")
    for artefact in (checkout, checkout / "reviewlore-handover.json"):
        settings = {"INPUT_MODE": "post", "INPUT_ARTEFACT": str(artefact), "GITHUB_WORKSPACE": str(checkout)}
        assert run(environ | settings) == 2
        assert "was unpacked over the checkout" in capsys.readouterr().out
    assert not trap.exists()


def test_the_run_that_posts_asks_no_model_and_needs_no_key(environ, checkout):
    commit(checkout, {".reviewlore.toml": '[model]\nkind = "openai"\naddress = "http://127.0.0.1:1/v1"\nname = "x"\n'})
    git(checkout, "update-ref", "refs/remotes/origin/develop", "HEAD")
    event = {"repository": {"default_branch": "develop"}}
    context = RunContext("workflow_run", event, "octo/demo", "https://github.com", "7", "", ActionInputs("post"))
    site = _Site(environ | {"GITHUB_WORKSPACE": str(checkout)}, context, ActionsRunner(environ))
    generator, notes = site.workshop.open_model(lambda: None)
    (answer,) = generator.generate([ModelRequest("", "", 10)])
    assert (generator.model, notes, answer.kind) == ("x", (), "unreachable")
    assert answer.reason == "the run that asked the model has no answer for this."


def test_versions_are_judged_on_the_state_branch_of_the_forge(environ, tmp_path):
    home = mined(tmp_path / "octo" / "demo.git", rows(60))
    commit(home, {"a.py": "x = 1\n"})
    add_version(home, "embedded-one")
    add_version(home, "embedded-two")
    inputs, payload = ActionInputs("command"), {"repository": {"default_branch": "main"}}
    context = RunContext("issue_comment", payload, "octo/demo", f"file://{tmp_path}", "7", "", inputs)
    environ = environ | {"GITHUB_WORKSPACE": str(home)}
    found = _Site(environ, context, ActionsRunner(environ, ())).evaluate({"embedded-two"})
    assert [score.name for score in found.scores if score.tier != "baseline"] == ["prior", "embedded-two"]
    assert all(score.overall.low <= score.overall.accuracy <= score.overall.high for score in found.scores)
