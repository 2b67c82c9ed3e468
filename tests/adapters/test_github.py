"""The GitHub adapter, through an unmodified PyGithub, on the contract-checked fake."""

import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.github.fake import FakeGitHub, start_fake

from reviewlore.adapters.github import Connection, Patience, connect, connect_app
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.domain.forge import NewCheck, NewComment, NewReview
from reviewlore.domain.history import Anchor
from reviewlore.errors import ConfigError, ForgeError, InputError, RefusedError, ReviewloreError
from reviewlore.ports import Forge, ForgeHistory, ForgeRuns, ForgeVoice

NAME = "octo/demo"
QUICK = Patience(retries=2, max_wait=2, secondary_wait=0.05, backoff=0, timeout=5, between_writes=None)
MARKER = "<!-- lore:1 -->"


def build(fake: FakeGitHub, folder: Path) -> FakeGitHub:
    """`octo/demo` with an open pull request 1 by a fork's owner, who may only read."""
    fake.add_repo(NAME, folder / "demo.git")
    base = fake.commit(NAME, "main", {"a.py": "x = 1\ny = 2\nz = 3\n"}, "Start")
    fake.commit(NAME, "feat", {"a.py": "x = 1\ny = 5\nz = 3\n"}, "Change", parent=base)
    fake.open_pull(NAME, "main", "feat", "Raise y", login="alice", fork="alice/demo", labels=["size/S"])
    fake.set_role(NAME, "carol", "write")
    return fake


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    with start_fake() as running:
        yield build(running, tmp_path)


@pytest.fixture
def connection(fake: FakeGitHub) -> Connection:
    return connect(fake.workflow_token(NAME), fake.base, QUICK)


@pytest.fixture
def forge(connection: Connection) -> GithubForge:
    return GithubForge(connection, NAME)


@pytest.fixture
def history(connection: Connection) -> GithubHistory:
    return GithubHistory(connection, NAME)


def review(forge: GithubForge, *comments: NewComment, body: str = f"Two remarks {MARKER}") -> NewReview:
    return NewReview(forge.pull(1).head_sha, body, comments)


def remark(line: int | None, start: int | None = None, path: str = "a.py") -> NewComment:
    return NewComment(Anchor(path, line, start_line=start), f"Why 5? {MARKER}")


def merge(fake: FakeGitHub, number: int) -> None:
    """Add a merged pull request that costs no git: history is read from what GitHub says alone."""
    sha = fake.repos[NAME].pulls[1].head_sha
    fake.open_pull(NAME, "main", "feat", f"Pull {number}", number=number, head_sha=sha, base_sha=sha)
    fake.merge_pull(NAME, number, merge_commit=sha)


def test_the_adapters_are_the_ports(forge: GithubForge, history: GithubHistory) -> None:
    reads: ForgeHistory = history
    asks: Forge = forge
    speaks: ForgeVoice = forge
    runs: ForgeRuns = forge
    assert (reads.requests_used(), asks, speaks) == (2, runs, runs)


# --- reading a pull request and its people


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


def test_deleted_forks_and_accounts_are_survived(fake: FakeGitHub, forge: GithubForge, history: GithubHistory) -> None:
    fake.open_pull(NAME, "main", "feat", "From a ghost", login=None, fork="", number=2)
    fake.add_review_comment(NAME, 2, "a.py", "Gone", login=None, line=2)
    fake.add_issue_comment(NAME, 2, "Gone too", login=None)
    fake.add_review(NAME, 2, login=None)
    fake.merge_pull(NAME, 2)
    pull = forge.pull(2)
    assert (pull.author, pull.head_repository) == (None, None)
    assert [comment.author for comment in history.thread_comments()] == [None]
    assert [comment.author for comment in history.issue_comments()] == [None]
    assert [each.author for activity in history.activity() for each in activity.reviews] == [None]
    assert forge.posted(2, "Gone").comments == ()


@pytest.mark.parametrize(
    ("login", "role"), [("carol", "write"), ("octo", "admin"), ("alice", "read"), ("mallory", "none")]
)
def test_roles_come_from_the_permission_api(forge: GithubForge, login: str, role: str) -> None:
    assert forge.role(login) == role


def test_a_role_that_cannot_be_told_is_none(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.fault("GET", "/permission$", 500, times=1 + QUICK.retries)
    assert forge.role("carol") == "none"
    fake.fault("GET", "/collaborators/octo/permission$", cut=True)
    assert forge.role("octo") == "none"
    fake.set_role(NAME, "tess", "triage")
    assert forge.role("tess") == "triage"


def test_a_login_cannot_lead_to_another_address(fake: FakeGitHub, forge: GithubForge) -> None:
    assert forge.role("../../octo") == "none"
    assert fake.log[-1].url.endswith("/collaborators/..%2F..%2Focto/permission")


# --- speaking


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


# --- reading the past


def test_history_is_read_in_whole_pages(fake: FakeGitHub, history: GithubHistory) -> None:
    sha = fake.repos[NAME].pulls[1].head_sha
    for number in range(2, 132):
        merge(fake, number)
        for _ in range(2):
            fake.add_review_comment(
                NAME, number, "a.py", f"On {number}", "carol", line=2, commit=sha, diff_hunk="@@ -1 +1 @@\n+x"
            )
    fake.add_review_comment(NAME, 2, "a.py", "Done", "alice", in_reply_to=next(iter(fake.repos[NAME].review_comments)))
    fake.add_issue_comment(NAME, 2, "Thanks", "alice")
    pulls, comments = list(history.closed_pulls()), list(history.thread_comments())
    activity, talk = list(history.activity()), list(history.issue_comments())
    assert len({pull.number for pull in pulls}) == 130 and all(pull.merged for pull in pulls)
    assert len({comment.id for comment in comments}) == 261 and comments[-1].in_reply_to == comments[0].id
    assert [len(each.threads) for each in activity] == [2] * 130 and len(talk) == 1
    # repository, 2 pages of pulls, 3 of comments, 2 of activity, 1 of talk
    assert history.requests_used() == fake.requests == 9


def test_a_run_with_nothing_new_costs_five_requests(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 5):
        merge(fake, number)
        fake.add_review_comment(NAME, number, "a.py", "Old", "carol", line=2)
        fake.add_issue_comment(NAME, number, "Old", "carol")
    since = fake.now()
    assert not list(history.closed_pulls(since)) and not list(history.activity(since))
    assert not list(history.thread_comments(since)) and not list(history.issue_comments(since))
    assert fake.requests == 5
    fake.add_review_comment(NAME, 3, "a.py", "New", "carol", line=2)
    assert [comment.body for comment in history.thread_comments(since)] == ["New"]
    assert [pull.number for pull in history.closed_pulls(since)] == [3]
    assert [each.number for each in history.activity(since)] == [3]


def test_resolutions_and_verdicts_come_by_graphql(fake: FakeGitHub, history: GithubHistory) -> None:
    roots = [fake.add_review_comment(NAME, 1, "a.py", "Why?", "carol", line=2) for _ in range(32)]
    fake.repos[NAME].threads[roots[31].id].resolved_by = "alice"
    fake.repos[NAME].threads[roots[0].id].outdated = True
    for _ in range(17):
        fake.add_review(NAME, 1, "CHANGES_REQUESTED", "No", "carol")
    fake.add_review(NAME, 1, "APPROVED", login="helper[bot]")
    fake.merge_pull(NAME, 1)
    (activity,) = history.activity()
    assert [thread.root for thread in activity.threads] == [root.id for root in roots]
    assert [(each.resolved, each.resolved_by) for each in activity.threads[30:]] == [(False, None), (True, "alice")]
    assert [each.outdated for each in activity.threads[:2]] == [True, False]
    assert len(activity.reviews) == 18
    last = activity.reviews[-1]
    assert (last.state, last.author, last.author_is_bot, last.pull_request) == ("APPROVED", "helper[bot]", True, 1)
    assert fake.requests == 4  # repository, activity, the rest of the threads, the rest of the reviews


def test_a_comment_keeps_the_place_its_reviewer_saw(fake: FakeGitHub, history: GithubHistory) -> None:
    seen = fake.repos[NAME].pulls[1].head_sha
    made = fake.add_review_comment(NAME, 1, "a.py", "Why?", "carol", line=2)
    made.line, made.commit = None, fake.commit(NAME, "feat", {"a.py": "x = 1\n"})
    fake.react(made, "alice", "+1")
    (comment,) = history.thread_comments()
    assert (comment.line, comment.original_line, comment.original_commit) == (None, 2, seen)
    assert (comment.side, comment.whole_file, comment.reactions) == ("RIGHT", False, {"+1": 1})
    assert comment.diff_hunk.startswith("@@ -1,3 +1,3 @@") and comment.author_association == "MEMBER"


def test_a_renamed_repository_is_read_under_its_new_name(fake: FakeGitHub) -> None:
    merge(fake, 2)
    token = fake.token("carol")
    fake.rename_repo(NAME, "octo/new")
    history = GithubHistory(connect(token, fake.base, QUICK), NAME)
    assert history.repository == "octo/new"
    assert [pull.number for pull in history.closed_pulls()] == [2]
    assert GithubForge(connect(token, fake.base, QUICK), NAME).post_comment(2, "Hello").number == 2


# --- trouble


def test_a_passing_failure_on_page_two_is_overcome(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 104):
        merge(fake, number)
    fake.fault("GET", "/pulls[?]", 502, skip=1)
    fake.fault("POST", "/graphql", 502)
    assert len(list(history.closed_pulls())) == len(list(history.activity())) == 102
    assert history.requests_used() == fake.requests == 7


def test_a_query_too_large_for_github_is_asked_in_smaller_pages(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 32):
        merge(fake, number)
    fake.fault("POST", "/graphql", 502, times=1 + QUICK.retries)
    assert len(list(history.activity())) == 30
    assert [each.body["variables"]["first"] for each in fake.sent("POST", "/graphql")] == [100, 100, 100, 25, 25]
    fake.fault("POST", "/graphql", 502, times=2 + 2 * QUICK.retries)
    with pytest.raises(ForgeError, match="graphql"):
        list(history.activity())


def test_a_lasting_failure_ends_in_one_sentence(fake: FakeGitHub, history: GithubHistory) -> None:
    fake.fault("GET", "/pulls[?]", 502, times=99)
    with pytest.raises(ForgeError, match="GET /repos/octo/demo/pulls"):
        list(history.closed_pulls())
    assert len(fake.sent("GET", "/pulls[?]")) == 1 + QUICK.retries


@pytest.mark.parametrize("trouble", [{"cut": True}, {"drop": True, "times": 9}])
def test_halved_answers_are_errors(fake: FakeGitHub, forge: GithubForge, trouble: dict[str, object]) -> None:
    fake.fault("GET", "/pulls/1$", **trouble)
    with pytest.raises(ForgeError, match="GET /repos/octo/demo/pulls/1"):
        forge.pull(1)


def test_a_secondary_limit_is_waited_out(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.fault("GET", "/pulls/1$", 403, "You have exceeded a secondary rate limit", headers={"Retry-After": "1"})
    start = time.monotonic()
    assert forge.pull(1).number == 1
    assert 0.9 < time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("status", "message", "headers"),
    [
        (403, "You have exceeded a secondary rate limit", {"Retry-After": "3600"}),
        (429, "Too many requests", {"Retry-After": "3600"}),
    ],
)
def test_waits_are_bounded(
    fake: FakeGitHub, forge: GithubForge, status: int, message: str, headers: dict[str, str]
) -> None:
    fake.fault("GET", "/pulls/1$", status, message, headers=headers, times=9)
    start = time.monotonic()
    with pytest.raises(ForgeError, match=r"rate limit.*3600"):
        forge.pull(1)
    assert time.monotonic() - start < 1


def test_writes_keep_the_distance_that_github_asks_for(fake: FakeGitHub) -> None:
    assert Patience().between_writes == 1.0
    forge = GithubForge(connect(fake.workflow_token(NAME), fake.base, replace(QUICK, between_writes=0.2)), NAME)
    start = time.monotonic()
    for text in ("one", "two", "three"):
        forge.post_comment(1, text)
    assert time.monotonic() - start >= 0.4


def test_a_spent_budget_is_told_with_its_reset(fake: FakeGitHub, forge: GithubForge) -> None:
    fake.remaining = 0
    with pytest.raises(ForgeError, match=r"rate limit stops GET .*reset: \d+"):
        forge.pull(1)


def test_what_is_not_there_is_the_users_to_mend(fake: FakeGitHub, connection: Connection, forge: GithubForge) -> None:
    with pytest.raises(InputError, match="pulls/99"):
        forge.pull(99)
    with pytest.raises(InputError, match="octo/none"):
        GithubHistory(connection, "octo/none")
    with pytest.raises(InputError, match="OWNER/NAME"):
        GithubHistory(connection, "demo")
    with pytest.raises(InputError, match="none"):
        connection.query('{ repository(owner: "octo", name: "none") { nameWithOwner } }')


def test_something_that_is_not_github_is_told(fake: FakeGitHub) -> None:
    fake.fault("GET", "/repos", 200, "Welcome to nginx")
    with pytest.raises(ForgeError, match="full_name"):
        GithubForge(connect(fake.token("carol"), fake.base, QUICK), NAME)
    with pytest.raises(ForgeError, match="no usable answer"):
        GithubForge(connect(fake.token("carol"), "http://127.0.0.1:9", QUICK), NAME)


# --- tokens, apps, enterprise servers


def test_no_message_shows_a_token(fake: FakeGitHub, tmp_path: Path) -> None:
    secret = "ghp_" + "s3cret" * 5
    with pytest.raises(RefusedError) as refused:
        GithubForge(connect(secret, fake.base, QUICK), NAME)
    assert "did not accept the token" in str(refused.value)
    with pytest.raises(ForgeError) as unreachable:
        GithubForge(connect(secret, "http://127.0.0.1:9", QUICK), NAME)
    with pytest.raises(ConfigError) as malformed:
        connect(f"{secret}\nX-Other: 1", fake.base)
    for caught in (refused, unreachable, malformed):
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ConfigError, match="empty"):
        connect("  ", fake.base)
    for address in ("api.github.com", "ftp://example.org", "https://", "https://a b"):
        with pytest.raises(ConfigError, match="no address of a GitHub API"):
            connect(secret, address)


def test_an_app_speaks_in_its_own_name(tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM
    key = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    with start_fake(public, 7) as fake:
        build(fake, tmp_path)
        forge = GithubForge(connect_app(7, key, NAME, fake.base, QUICK), NAME)
        assert forge.post_comment(1, MARKER).author == forge.login == "reviewlore[bot]"
        assert len(forge.posted(1, MARKER).summaries) == 1
        with pytest.raises(RefusedError, match="the app's installation on octo/demo"):
            connect_app(8, key, NAME, fake.base, QUICK)
        with pytest.raises(ConfigError, match="cannot sign"):
            connect_app(7, "no key", NAME, fake.base, QUICK)


def test_an_enterprise_server_has_its_own_addresses(tmp_path: Path) -> None:
    with start_fake(prefix="/api/v3") as fake:
        build(fake, tmp_path)
        for number in range(2, 104):
            merge(fake, number)
        connection = connect(fake.workflow_token(NAME), fake.base + "/", QUICK)
        history = GithubHistory(connection, NAME)
        assert len(list(history.closed_pulls())) == len(list(history.activity())) == 102
        assert GithubForge(connection, NAME).post_comment(1, "Hello").number == 1
        assert {each.url.split("?")[0] for each in fake.sent("POST", "graphql")} == {"/api/graphql"}
