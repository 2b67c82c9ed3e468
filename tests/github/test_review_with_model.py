"""A model named on the default branch, asked through the command line: local reviews, pull requests, two versions."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import command_line
from tests.fakes.versions import add_version
from tests.flows.asked_change import AFTER, BEFORE
from tests.github.asking import Caller, open_caller
from tests.github.demo import NAME
from tests.github.fake import FakeGitHub
from tests.github.reviewing import FINE, only_speaks
from tests.github.weak_model import weak_model
from tests.repositories import commit, git, make_repository

Told = tuple[int, str, str]
Ask = Callable[..., Told]


def settings(address: str, more: str = "") -> str:
    model = f'[model]\nkind = "openai"\naddress = "{address}"\nname = "weak"\ntimeout = 5\nretries = 0\n{more}'
    return f"{model}[review]\ntarget-precision = 0.05\n"


def build(home: Path, address: str, more: str = "") -> Path:
    make_repository(home)
    commit(home, BEFORE | {".reviewlore.toml": settings(address, more)})
    git(home, "checkout", "-q", "-b", "feature")
    commit(home, AFTER)
    return home


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Review the change of `asked_change` with a model of some mood; the branch itself names another one."""
    monkeypatch.setenv("REVIEWLORE_MODEL_KEY", "sk-abcdefghijkl")

    def ask(mood: str, *arguments: str, more: str = "", versions: tuple[str, ...] = ()) -> Told:
        with weak_model(mood) as model:
            home = build(tmp_path / "shop", model.base, more)
            commit(home, {".reviewlore.toml": settings("http://127.0.0.1:9/v1")})
            for version in versions:
                add_version(home, version)
            heard = command_line.told(capsys, "review", "--repo", str(home), "-q", *arguments)
            ask.chats = model.chats()  # type: ignore[attr-defined]
        return heard

    return ask


def test_the_models_findings_appear_and_what_asking_took_is_told(ask: Ask) -> None:
    code, out, err = ask("right", "--format", "json")
    assert (code, err) == (0, "")
    review = json.loads(out)
    (found,) = [each for each in review["findings"] if each["source"] == "generated"]
    assert (found["path"], found["line"], found["title"]) == ("shop/cart.py", 6, "A rate of zero is ignored")
    assert 0 < found["probability"] < 1
    assert review["tier"] == "prompt"
    assert review["usage"]["model"] == "weak"
    assert review["usage"]["calls"] >= 1 and review["usage"]["prompt_tokens"] == 1000 * review["usage"]["calls"]
    assert set(review["coverage"]["covered"]) >= {"shop/cart.py", "settings.json"}
    chats = ask.chats  # type: ignore[attr-defined]
    assert len(chats) == review["usage"]["calls"]
    assert {each.headers["authorization"] for each in chats} == {"Bearer sk-abcdefghijkl"}


def test_as_text_usage_and_coverage_are_sentences(ask: Ask) -> None:
    code, out, _ = ask("right")
    assert code == 0
    assert "A rate of zero is ignored" in out
    assert re.search(r"^Asked weak: \d calls?; \d,000 tokens in, \d00 out, [\d.]+ s\.$", out, re.MULTILINE)


def test_what_a_small_model_cannot_be_shown_is_told(ask: Ask) -> None:
    code, out, _ = ask("right", more="context-tokens = 2000\n")
    assert code == 0
    assert "Asked weak" not in out and ask.chats == []  # type: ignore[attr-defined]
    told = " ".join(out.partition("Not shown to the model: ")[2].split())
    assert "shop/cart.py (context too small)" in told


@pytest.mark.parametrize("mood", ["malformed", "error_500", "refusing", "approving_in_words"])
def test_a_model_that_fails_fails_no_review(ask: Ask, mood: str) -> None:
    code, out, err = ask(mood, "--format", "json")
    assert (code, err) == (0, "")
    review = json.loads(out)
    assert not [each for each in review["findings"] if each["source"] == "generated"]
    usage = review["usage"]
    assert usage["failed"] + usage["malformed"] >= 1


def test_two_versions_are_asked_once_together(ask: Ask) -> None:
    code, out, _ = ask("right", "--compare", "embedded-other", "--format", "json", versions=("embedded-other",))
    assert code == 0
    found = json.loads(out)
    assert found["usage"]["calls"] == len(ask.chats) >= 1  # type: ignore[attr-defined]
    rows = [row for part in ("both", "only_first", "only_second", "neither") for row in found[part]]
    (row,) = [row for row in rows if row["source"] == "generated"]
    assert row["first"]["score"] == pytest.approx(-row["second"]["score"], abs=1e-5)


@pytest.fixture
def open_shop(
    fake: FakeGitHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Caller]]:
    yield open_caller(fake, tmp_path, capsys, monkeypatch)
    only_speaks(fake)


def test_a_pull_request_is_reviewed_by_the_model_of_the_default_branch(open_shop: Callable[..., Caller]) -> None:
    with weak_model("right") as model, weak_model("right") as other:
        caller = open_shop()
        fake, repo = caller.shop.fake, caller.shop.repo
        main = fake.commit(NAME, "main", BEFORE | {".reviewlore.toml": settings(model.base)})
        fake.commit(NAME, "asked", AFTER | {".reviewlore.toml": settings(other.base)}, parent=main)
        fake.open_pull(NAME, "main", "asked", "Let totals have a rate")
        git(caller.clone, "pull", "-q")
        told = caller.review("--format", "json", number=2)
        assert (told.status, told.writes) == (0, [])
        assert "A rate of zero is ignored" in [each["title"] for each in told.review["findings"]]
        assert told.review["usage"]["calls"] == len(model.chats()) >= 1
        assert other.asked == []
        shown = json.dumps(model.chats()[0].body)
        assert "Let totals have a rate" in shown
        assert "ghp_" not in shown + json.dumps([each.headers for each in model.asked])
        told = caller.review("--post", number=2)
        assert told.status == 0
        bodies = [each.body for each in repo.review_comments.values()]
        assert len([body for body in bodies if "A rate of zero is ignored" in body]) == 1
        (summary,) = repo.issue_comments.values()
        assert "Asked weak: " in summary.body
        before = len(model.chats())
        fake.commit(NAME, "asked", {"shop/extra.py": FINE})
        told = caller.review("--format", "json", number=2)
        shown = json.dumps([each.body for each in model.chats()[before:]])
        assert "shop/extra.py" in shown and "amount * rate" not in shown
        assert told.review["coverage"]["left_out"]["shop/cart.py"]
