"""`reviewlore review --github` from the command line to the last request, with the fake as GitHub."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.versions import add_version
from tests.github.asking import Caller, open_caller, sarif
from tests.github.demo import NAME
from tests.github.fake import FakeGitHub
from tests.github.reviewing import CROSSING, FINE, only_speaks
from tests.repositories import git

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.flows import state

ONE = "shop/store/part0.py"
STATE = "refs/heads/reviewlore/state"
Build = Callable[..., Caller]


@pytest.fixture
def build(
    fake: FakeGitHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Build]:
    yield open_caller(fake, tmp_path, capsys, monkeypatch)
    only_speaks(fake)


def post_plan(path: str) -> str:
    return rf"  post {re.escape(path)}:1 \([0-9a-f]+\)\n"


def test_without_post_the_review_and_the_plan_are_told_and_nothing_is_written(build: Build) -> None:
    caller = build(files=2)
    told = caller.review()
    assert told.status == 0
    assert told.out.startswith(f"2 comments on 2 files of {NAME} ")
    assert "layer_crossed" in told.out
    assert re.fullmatch(
        rf"Nothing is posted on {NAME}#1\. With --post:\n{post_plan(ONE)}{post_plan('shop/store/part1.py')}"
        r"  post the summary\n",
        told.err,
    )
    assert (len(told.log), told.writes) == (1, [])
    repo = caller.shop.repo
    assert (repo.reviews, repo.issue_comments, repo.checks) == ({}, {}, {})


def test_the_clone_gets_the_commits_and_no_work_tree_changes(build: Build) -> None:
    caller = build()
    before = git(caller.clone, "status", "--porcelain", "--branch")
    head = caller.shop.repo.pulls[1].head_sha
    assert not GitRepo(caller.clone).contains(head)
    caller.review()
    assert GitRepo(caller.clone).contains(head)
    assert git(caller.clone, "status", "--porcelain", "--branch") == before
    assert git(caller.clone, "for-each-ref", STATE) == ""


def test_with_post_it_is_said_once_and_told(build: Build) -> None:
    caller = build(files=2)
    told = caller.review("--post")
    assert told.status == 0
    assert caller.shop.remarks == [ONE, "shop/store/part1.py"]
    assert told.err.startswith(f"The plan for {NAME}#1:\n  post shop/store/part0.py:1 (")
    assert told.err.endswith(f"  post the summary\nDone on {NAME}#1: 2 new remarks on the changed lines.\n")
    assert [each.method for each in told.writes] == ["POST", "POST"]
    again = caller.review("--post")
    assert again.status == 0
    assert again.err.endswith(f"Done on {NAME}#1: 2 remarks left as said before.\n")
    assert again.writes == []


def test_a_later_push_is_reviewed_as_by_the_action(build: Build) -> None:
    caller = build(files=2)
    caller.review("--post")
    caller.push({ONE: FINE, "shop/store/extra.py": CROSSING})
    told = caller.review()
    assert "edit the summary" in told.err and "minimise" in told.err and "post shop/store/extra.py:1" in told.err
    assert told.writes == []
    told = caller.review("--post")
    assert told.err.endswith(
        f"Done on {NAME}#1: 1 new remark on the changed lines, 1 remark left as said before, 1 old remark minimised.\n"
    )
    assert caller.shop.remarks == ["shop/store/part1.py", "shop/store/extra.py"]


def test_silence_is_posted_as_silence(build: Build) -> None:
    caller = build()
    caller.push({ONE: FINE + "\n\nX = 1\n"})
    told = caller.review("--post")
    assert (told.status, told.writes) == (0, [])
    assert told.out.startswith("No comments on ")
    assert told.err.endswith(f"Done on {NAME}#1: nothing to remark.\n")


@pytest.mark.parametrize(
    ("settings", "pull", "why"),
    [
        ("", {"draft": True}, "the pull request is a draft (`[review] skip-drafts`)."),
        (
            '[review]\nskip-labels = ["later"]\n',
            {"labels": ["later"]},
            "a label leaves this pull request out (`[review] skip-labels`).",
        ),
        (
            '[review]\nskip-authors = ["alice"]\n',
            {},
            "pull requests of this author are left out (`[review] skip-authors`).",
        ),
        (
            '[review]\nskip-titles = ["wip*"]\n',
            {"title": "WIP"},
            "the title leaves this pull request out (`[review] skip-titles`).",
        ),
    ],
)
def test_what_the_action_leaves_out_is_reviewed_when_asked_for(
    build: Build, settings: str, pull: dict[str, object], why: str
) -> None:
    caller = build(settings, **pull)
    told = caller.review("--post")
    assert told.status == 0
    assert told.err.startswith(f"Reviewed because it was asked for; the action would leave it out: {why}\n")
    assert caller.shop.remarks == [ONE]


def test_after_many_reviews_it_is_still_made_and_said_why_the_action_would_not(build: Build) -> None:
    caller = build("[review]\npause-after = 1\n")
    caller.review("--post")
    caller.push({"notes.txt": "1"})
    told = caller.review()
    assert told.err.startswith(
        "Reviewed because it was asked for; the action would leave it out: this pull request was"
    )
    assert told.writes == []


@pytest.mark.parametrize(
    ("change", "why"), [({"state": "closed"}, "it is closed"), ({"locked": True}, "its conversation is locked")]
)
def test_where_nothing_may_be_said_the_review_is_printed_and_posting_refused(
    build: Build, change: dict[str, object], why: str
) -> None:
    caller = build()
    caller.shop.fake.edit_pull(NAME, 1, **change)
    told = caller.review()
    assert told.status == 0
    assert "layer_crossed" in told.out
    assert told.err.endswith(f"Nothing is posted on {NAME}#1: {why}.\n")
    told = caller.review("--post")
    assert (told.status, told.writes) == (2, [])
    assert "layer_crossed" in told.out
    assert told.err.endswith(f"Error: Nothing is posted on {NAME}#1: {why}.\n")


def test_a_token_that_may_only_read_reviews_and_cannot_post(build: Build) -> None:
    caller = build()
    caller.as_person(caller.shop.fake.workflow_token(NAME, pull_requests="read", issues="read"))
    assert caller.review().status == 0
    told = caller.review("--post")
    assert told.status == 2
    assert "layer_crossed" in told.out
    assert told.err.endswith(
        f"Error: Nothing is posted on {NAME}#1: this token may not write to pull requests. "
        "Give it write access to them.\n"
    )
    assert (caller.shop.remarks, caller.shop.repo.issue_comments) == ([], {})


def test_a_fault_of_github_while_posting_is_exit_3_with_the_review_printed(build: Build) -> None:
    caller = build()
    caller.shop.fake.fault("POST", "/reviews$", status=502, times=50)
    told = caller.review("--post")
    assert told.status == 3
    assert "layer_crossed" in told.out
    assert "Fault: GitHub failed at POST" in told.err
    assert caller.shop.remarks == []


def test_in_shadow_mode_it_is_recorded_on_the_state_branch_and_said_so(build: Build) -> None:
    caller = build('[review]\nshadow = true\nfail-on = "error"\n', files=2)
    told = caller.review()
    assert told.status == 1
    assert told.err == f"Shadow mode: with --post nothing is posted on {NAME}#1, and the review is recorded.\n"
    assert git(caller.clone, "for-each-ref", STATE) == ""
    told = caller.review("--post")
    assert (told.status, told.writes) == (0, [])
    assert told.err == (
        "Shadow mode: nothing is posted; 2 remarks would have been, and that is recorded on the state branch.\n"
    )
    (shadow,) = state.read_shadows(GitStore(GitRepo(caller.clone), STATE))
    assert (shadow.pull_request, len(shadow.findings)) == (1, 2)
    assert (caller.shop.remarks, caller.shop.repo.issue_comments) == ([], {})


def test_fail_on_is_the_bases_or_the_options(build: Build) -> None:
    caller = build('[review]\nfail-on = "error"\n')
    assert caller.review().status == 1
    assert caller.review("--fail-on", "never").status == 0
    assert caller.review("--post").status == 1
    assert caller.shop.remarks == [ONE]


@pytest.mark.parametrize("style", ["json", "sarif", "rdjson", "markdown"])
def test_standard_output_is_the_review_alone_in_every_format(build: Build, style: str) -> None:
    told = build().review("--format", style)
    assert "layer_crossed" in told.out and "Nothing is posted" not in told.out
    if style != "markdown":
        json.loads(told.out)


def test_a_renamed_repository_is_reviewed_under_its_name_of_today(build: Build, tmp_path: Path) -> None:
    caller = build()
    caller.shop.fake.rename_repo(NAME, "octo/new")
    (tmp_path / "server" / "octo" / "new.git").symlink_to(caller.shop.repo.git.path)
    git(caller.clone, "remote", "set-url", "origin", "https://github.com/octo/new.git")
    told = caller.review("--format", "json")
    assert (told.status, told.review["repository"]) == (0, "octo/new")
    assert told.err.startswith("Nothing is posted on octo/new#1. ")


def test_an_unknown_pull_request(build: Build) -> None:
    told = build().review(number=7)
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith("Error: ") and told.err.count("\n") == 1
    assert "7" in told.err


def test_an_unknown_repository(build: Build) -> None:
    told = build().review(name="octo/nothing")
    assert (told.status, told.out) == (2, "")
    assert "octo/nothing" in told.err


def test_no_token(build: Build) -> None:
    caller = build()
    caller.monkeypatch.delenv("GITHUB_TOKEN")
    told = caller.review()
    assert (told.status, told.out, told.log) == (2, "", [])
    assert told.err == ("Error: Reading GitHub needs a token: set GITHUB_TOKEN or GH_TOKEN (read access is enough).\n")


def test_a_token_that_github_does_not_take(build: Build) -> None:
    caller = build()
    caller.as_person("ghp_" + "wrong" * 4)
    told = caller.review()
    assert (told.status, told.out) == (2, "")
    assert "did not accept the token" in told.err
    assert "wrongwrong" not in told.err


def test_a_name_that_is_none(build: Build) -> None:
    told = build().review(name="demo")
    assert (told.status, told.out, told.log) == (2, "", [])
    assert told.err == "Error: 'demo' is no repository; write OWNER/NAME.\n"


@pytest.mark.parametrize("other", ["https://github.com/octo/other.git", "git@github.com:octo/other"])
def test_a_clone_of_another_repository_is_refused(build: Build, other: str) -> None:
    caller = build()
    git(caller.clone, "remote", "set-url", "origin", other)
    told = caller.review("--post")
    assert (told.status, told.out, told.writes) == (2, "", [])
    assert told.err == (
        f"Error: {caller.clone} is a clone of octo/other, not of {NAME}. Name a clone of {NAME} with --repo, or add it "
        "as a remote.\n"
    )


def test_a_clone_of_a_fork_that_knows_the_repository_is_fine(build: Build) -> None:
    caller = build()
    git(caller.clone, "remote", "set-url", "origin", "https://github.com/alice/demo.git")
    git(caller.clone, "remote", "add", "upstream", "https://github.com/Octo/Demo.git")
    assert caller.review().status == 0


def test_no_repository_here_asks_github_nothing(build: Build, tmp_path: Path) -> None:
    caller = build()
    caller.clone = tmp_path / "empty"
    caller.clone.mkdir()
    told = caller.review()
    assert (told.status, told.log) == (2, [])
    assert "is not a git repository" in told.err


def test_commits_that_cannot_be_fetched(build: Build, tmp_path: Path) -> None:
    caller = build()
    caller.monkeypatch.setenv("GITHUB_SERVER_URL", str(tmp_path / "elsewhere"))
    told = caller.review()
    assert (told.status, told.out) == (2, "")
    assert f"git fetch failed for {NAME}" in told.err


def test_secrets_of_the_environment_leave_in_no_comment(build: Build) -> None:
    caller = build()
    secret = "hunter2hunter2hunter2"
    caller.monkeypatch.setenv("DEPLOY_PASSWORD", secret)
    caller.push({ONE: FINE, f"shop/store/{secret}.py": CROSSING})
    caller.review("--post")
    (summary,) = caller.shop.repo.issue_comments.values()
    bodies = [summary.body, *(each.body for each in caller.shop.repo.review_comments.values())]
    assert len(bodies) == 2
    assert not [body for body in bodies if secret in body]


def test_a_strangers_file_name_cannot_write_on_the_terminal(build: Build) -> None:
    caller = build()
    name = "shop/store/a\x1b[2J\u202e\npost evil.py"
    caller.push({ONE: FINE, f"{name}.py": CROSSING})
    told = caller.review()
    assert "\x1b" not in told.out + told.err and "\u202e" not in told.out + told.err
    assert "\npost evil" not in told.err


def test_foreign_findings_are_candidates(build: Build, tmp_path: Path) -> None:
    caller = build("[review]\ntarget-precision = 0.05\n")
    caller.push({"shop/util.py": "def shout(words):\n    print(words)\n    return words\n"})
    found = tmp_path / "linty.sarif"
    found.write_text(sarif("shop/util.py", 2, "Remove the print call: it writes to standard output."))
    away = tmp_path / "away.sarif"
    away.write_text(sarif("shop/api.py", 1, "Not in this change."))
    told = caller.review("--format", "json", "--foreign", str(found), "--foreign", str(away))
    assert told.status == 0
    (foreign,) = [each for each in told.review["findings"] if each["source"] == "foreign"]
    assert (foreign["rule"], foreign["path"], foreign["line"]) == ("foreign/linty/loud", "shop/util.py", 2)
    assert told.review["dropped"]["reasons"]["file_not_in_diff"] == 1
    assert told.writes == []


def test_two_versions_are_compared_as_if_nothing_stood_there(build: Build) -> None:
    caller = build(files=2)
    caller.review("--post")
    add_version(caller.clone, "embedded-two")
    told = caller.review("--compare", "embedded-t", "--format", "json")
    assert (told.status, told.writes, told.err) == (0, [], "")
    assert (told.review["first"]["version"], told.review["second"]["version"]) == ("prior", "embedded-two")
    assert len(told.review["both"]) == 2
    assert told.review["notes"][-1] == "Compared as if nothing stood on the pull request yet."


def test_a_github_that_is_not_there_is_a_fault(build: Build) -> None:
    caller = build()
    caller.monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    told = caller.review("--post")
    assert (told.status, told.out, told.log) == (3, "", [])
    assert told.err.startswith("Fault: GitHub cannot be reached for ")


def test_settings_of_the_base_that_cannot_be_used(build: Build) -> None:
    caller = build()
    caller.shop.fake.commit(NAME, "main", {".reviewlore.toml": "[review]\nmax-coments = 1\n"})
    caller.shop.repo.pulls[1].base_sha = caller.shop.repo.git.rev("main")
    caller.shop.fake.force_push(
        NAME, "feat", caller.shop.fake.commit(NAME, "other", {ONE: CROSSING}, parent=caller.shop.repo.git.rev("main"))
    )
    told = caller.review("--post")
    assert (told.status, told.out, told.writes) == (2, "", [])
    assert "did you mean review.max-comments?" in told.err


def test_the_clones_own_settings_and_branch_decide_nothing_about_the_pull_request(build: Build) -> None:
    caller = build()
    (caller.clone / ".reviewlore.toml").write_text("[review]\nmax-comments = 0\n")
    git(caller.clone, "checkout", "-q", "--orphan", "elsewhere")
    told = caller.review("--format", "json")
    assert (told.status, len(told.review["findings"])) == (0, 1)
