"""Asking and acting on GitHub, through an unmodified PyGithub, on the contract-checked fake."""

import pytest
from tests.github.demo import MARKER, NAME, QUICK
from tests.github.fake import FakeGitHub

from reviewlore.adapters.github import connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.domain.forge import NewCheck, NewComment, NewReview, Position
from reviewlore.domain.history import Anchor
from reviewlore.errors import ForgeError, InputError, RefusedError, ReviewloreError
from reviewlore.ports import Forge, ForgeAccount, ForgeComments, ForgeRuns, ForgeVoice


def review(forge: GithubForge, *comments: NewComment, body: str = f"Two remarks {MARKER}") -> NewReview:
    return NewReview(forge.pull(1).head_sha, body, comments)


def remark(line: int | None, start: int | None = None, path: str = "a.py") -> NewComment:
    return NewComment(Anchor(path, line, start_line=start), f"Why 5? {MARKER}")


def test_the_adapter_is_the_ports(forge: GithubForge) -> None:
    asks: Forge = forge
    speaks: ForgeVoice = forge
    runs: ForgeRuns = forge
    account: ForgeAccount = forge
    comments: ForgeComments = forge
    assert asks is speaks is runs is account is comments


def test_a_pull_request_as_it_is_now(fake: FakeGitHub, forge: GithubForge) -> None:
    pull = forge.pull(1)
    git = fake.repos[NAME].git
    assert (pull.title, pull.author, pull.author_is_bot, pull.labels) == ("Raise y", "alice", False, ("size/S",))
    assert (pull.head_sha, pull.base_sha) == (git.rev("feat"), git.rev("main"))
    assert (pull.state, pull.merged, pull.merge_commit, pull.head_repository) == ("open", False, None, "alice/demo")
    moved = fake.commit(NAME, "feat", {"a.py": "x = 2\n"})
    assert forge.pull(1).head_sha == moved
    fake.merge_pull(NAME, 1)
    after = forge.pull(1)
    assert (after.state, after.merged, after.merge_commit) == ("closed", True, git.rev("main"))


def test_open_pull_requests_are_found_by_their_heads_branch(fake: FakeGitHub, forge: GithubForge) -> None:
    """The owner alone does not tell: another repository of theirs may have a branch of that name."""
    fake.open_pull(NAME, "main", "feat", "Same branch, other fork", fork="alice/other", number=2)
    fake.open_pull(NAME, "main", "feat", "Closed", fork="alice/demo", number=3, state="closed")
    fake.open_pull(NAME, "main", "feat", "Gone", fork="", number=4)
    assert [pull.number for pull in forge.open_pulls("alice/demo", "feat")] == [1]
    assert [pull.number for pull in forge.open_pulls("alice/other", "feat")] == [2]
    assert forge.open_pulls("bob/demo", "feat") == ()


@pytest.mark.parametrize("branch", ["x&state=all", "../../repos", "a b", "é#?", "%0A", "$(touch x)", "-x"])
def test_a_strangers_branch_is_one_word_of_the_question(fake: FakeGitHub, forge: GithubForge, branch: str) -> None:
    fake.open_pull(NAME, "main", "feat", "Odd", number=2, fork="eve/demo", head_sha="c" * 40, base_sha="d" * 40)
    fake.repos[NAME].pulls[2].head = branch
    assert [pull.head_ref for pull in forge.open_pulls("eve/demo", branch)] == [branch]


def test_deleted_forks_and_accounts_are_survived(fake: FakeGitHub, forge: GithubForge, history: GithubHistory) -> None:
    fake.open_pull(NAME, "main", "feat", "From a ghost", login=None, fork="", number=2)
    fake.add_review_comment(NAME, 2, "a.py", "Gone", login=None, line=2)
    fake.add_issue_comment(NAME, 2, "Gone too", login=None)
    fake.add_review(NAME, 2, login=None)
    fake.merge_pull(NAME, 2)
    pull = forge.pull(2)
    assert (pull.author, pull.head_repository) == (None, None)
    ((merged,),) = (page.pulls for page in history.merged(Position()))
    said = (merged.threads[0].comments[0], *merged.conversation, *merged.reviews)
    assert [each.author for each in said] == [None, None, None]
    assert forge.posted(2, "Gone").comments == ()


@pytest.mark.parametrize(
    ("login", "role"), [("carol", "write"), ("octo", "admin"), ("alice", "read"), ("mallory", "none")]
)
def test_roles_come_from_the_permission_api(forge: GithubForge, login: str, role: str) -> None:
    assert forge.role(login) == role


def test_a_role_that_cannot_be_told_is_none(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.fault("GET", "/permission$", 500, times=1 + QUICK.retries)
    assert forge.role("carol") == "none"
    fake.fault("GET", "/collaborators/octo/permission$", cut=True, times=1 + QUICK.retries)
    assert forge.role("octo") == "none"
    fake.set_role(NAME, "tess", "triage")
    assert forge.role("tess") == "triage"


def test_a_login_cannot_lead_to_another_address(fake: FakeGitHub, forge: GithubForge) -> None:
    assert forge.role("../../octo") == "none"
    assert fake.log[-1].url.endswith("/collaborators/..%2F..%2Focto/permission")


def test_a_review_is_posted_once_and_found_again(fake: FakeGitHub, forge: GithubForge) -> None:
    posted = forge.post_review(1, review(forge, remark(2), remark(3, start=2), remark(1, start=1)))
    assert (posted.state, posted.commit) == ("COMMENTED", forge.pull(1).head_sha)
    (sent,) = fake.sent("POST", "/reviews$")
    assert sent.body["event"] == "COMMENT" and sent.body["commit_id"] == posted.commit
    assert [("start_line" in each) for each in sent.body["comments"]] == [False, True, False]
    summary = forge.post_comment(1, f"Summary {MARKER}")
    forge.edit_comment(summary.id, f"Newer summary {MARKER}")
    found = forge.posted(1, MARKER)
    assert [each.id for each in found.reviews] == [posted.id]
    assert [(each.line, each.start_line) for each in found.comments] == [(2, None), (3, 2), (1, None)]
    assert found.comments[0].diff_hunk.splitlines()[-1] == "+y = 5" and found.comments[0].author_is_bot
    assert [each.body for each in found.summaries] == [f"Newer summary {MARKER}"]
    assert forge.login == "github-actions[bot]"


def test_a_marker_in_somebody_elses_words_does_not_count(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.add_review_comment(NAME, 1, "a.py", MARKER, login="alice", line=2)
    fake.add_issue_comment(NAME, 1, MARKER, login="github-actions")
    fake.add_issue_comment(NAME, 1, MARKER, login="other[bot]")
    found = forge.posted(1, MARKER)
    assert (found.reviews, found.comments, found.summaries) == ((), (), ())


@pytest.mark.parametrize(
    ("status", "headers"), [(502, {}), (429, {}), (429, {"Retry-After": "1"}), (403, {"Retry-After": "1"})]
)
def test_a_failure_after_the_change_leaves_exactly_one_review(
    fake: FakeGitHub, forge: GithubForge, status: int, headers: dict[str, str]
) -> None:
    fake.fault("POST", "/reviews$", status, headers=headers, times=3, after_commit=True)
    with pytest.raises(ReviewloreError):
        forge.post_review(1, review(forge, remark(2)))
    assert len(fake.repos[NAME].reviews) == len(fake.repos[NAME].review_comments) == 1
    assert len(fake.sent("POST", "/reviews$")) == 1
    assert len(forge.posted(1, MARKER).comments) == 1


def test_a_connection_closed_after_the_change_is_not_tried_again(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.fault("POST", "/comments$", drop=True, after_commit=True)
    with pytest.raises(ForgeError, match="no usable answer"):
        forge.post_comment(1, f"Once {MARKER}")
    assert [each.body for each in forge.posted(1, MARKER).summaries] == [f"Once {MARKER}"]


def test_an_anchor_outside_the_diff_refuses_the_whole_review(fake: FakeGitHub, forge: GithubForge) -> None:
    with pytest.raises(InputError, match="line must be part of the diff"):
        forge.post_review(1, review(forge, remark(2), remark(99)))
    with pytest.raises(InputError, match=r"a\.py has no line"):
        forge.post_review(1, review(forge, remark(None)))
    assert not fake.repos[NAME].reviews


def test_a_read_only_token_is_refused_with_what_it_lacks(fake: FakeGitHub) -> None:
    token = fake.workflow_token(NAME, pull_requests="read", issues="read")
    forge = GithubForge(connect(token, fake.base, QUICK), NAME)
    with pytest.raises(RefusedError, match=r"Resource not accessible by integration.*pull_requests=write"):
        forge.post_review(1, review(forge, remark(2)))


def test_reactions_and_replies(fake: FakeGitHub, forge: GithubForge) -> None:
    command = fake.add_issue_comment(NAME, 1, "/lore help", "carol")
    root = fake.add_review_comment(NAME, 1, "a.py", "Why?", "carol", line=2)
    forge.react("issue", command.id, "eyes")
    forge.react("issue", command.id, "eyes")
    forge.react("review", root.id, "rocket")
    reply = forge.reply(1, root.id, "Because.")
    assert (reply.in_reply_to, reply.pull_request, reply.path) == (root.id, 1, "a.py")
    assert [each.content for each in command.reactions] == ["eyes"]
    assert forge.thread_comment(root.id).reactions == {"rocket": 1}
    with pytest.raises(InputError, match="first comment"):
        forge.reply(1, reply.id, "No, really.")
    fake.repos[NAME].pulls[1].locked = True
    with pytest.raises(RefusedError, match="locked"):
        forge.post_comment(1, "Hello?")


def test_a_comment_says_when_its_words_were_changed(fake: FakeGitHub, forge: GithubForge) -> None:
    said = fake.add_review_comment(NAME, 1, "a.py", "/lore help", "carol", line=2)
    assert (forge.dated_comment(said.id).body, forge.dated_comment(said.id).edited_at) == ("/lore help", None)
    said.edited_at = "2026-01-03T00:00:00Z"
    assert forge.dated_comment(said.id).edited_at == said.edited_at
    with pytest.raises(InputError):
        forge.dated_comment(said.id + 1000)


def test_what_anybody_said_is_found_again_newest_first(fake: FakeGitHub, forge: GithubForge) -> None:
    root = fake.add_review_comment(NAME, 1, "a.py", "Why?", "carol", line=2, created_at="2026-01-01T00:00:00Z")
    later = fake.add_review_comment(NAME, 1, "a.py", "And why this?", "bob", line=1, created_at="2026-01-02T00:00:00Z")
    talk = fake.add_issue_comment(NAME, 1, "Nice", "bob")
    assert [(each.id, each.author) for each in forge.recent_threads()] == [(later.id, "bob"), (root.id, "carol")]
    assert [each.id for each in forge.recent_talk()] == [talk.id]
    found = forge.issue_comment(talk.id)
    assert (found.number, found.body, found.author) == (1, "Nice", "bob")
    with pytest.raises(InputError):
        forge.issue_comment(root.id + 1000)


def test_of_many_comments_only_the_pages_are_read_that_are_taken(fake: FakeGitHub, forge: GithubForge) -> None:
    for number in range(120):
        fake.add_issue_comment(NAME, 1, f"word {number}", "bob")
    assert forge.repository == NAME  # asked for once
    before = fake.requests
    assert next(iter(forge.recent_talk())).body.startswith("word")
    assert fake.requests == before + 1


def test_checks_and_workflows(fake: FakeGitHub, forge: GithubForge) -> None:
    repo = fake.repos[NAME]
    repo.workflows.add("lore-train.yml")
    check = NewCheck(
        "reviewlore", forge.pull(1).head_sha, "neutral", "2 remarks", "See the review.", "https://example.org"
    )
    run = repo.checks[forge.conclude_check(check)]
    assert (run.status, run.conclusion, run.title) == ("completed", "neutral", "2 remarks")
    forge.dispatch("lore-train.yml", "main", {"tier": "embedded"})
    assert [(each.workflow, each.ref, each.inputs) for each in repo.dispatches] == [
        ("lore-train.yml", "main", {"tier": "embedded"})
    ]
    with pytest.raises(InputError):
        forge.dispatch("none.yml", "main", {})
    with pytest.raises(InputError, match="No ref found"):
        forge.dispatch("lore-train.yml", "nowhere", {})
