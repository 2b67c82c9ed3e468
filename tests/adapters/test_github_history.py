"""Reading the past of a repository on GitHub, through an unmodified PyGithub, on the contract-checked fake."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.github.demo import NAME, QUICK, merge
from tests.github.fake import FakeGitHub
from tests.github.graph import TIMED_OUT
from tests.github.graph_pages import encode_cursor
from tests.github.state import ReviewComment

from reviewlore.adapters.github import Connection, connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.domain.forge import HistoryPage, MergedPull, Position
from reviewlore.errors import BudgetError, ForgeError, InputError
from reviewlore.ports import ForgeHistory

START = Position()
HUNK = "@@ -1 +1 @@\n+x"


def remark(
    fake: FakeGitHub, number: int, body: str = "Why?", login: str | None = "carol", **more: object
) -> ReviewComment:
    sha = fake.repos[NAME].pulls[1].head_sha
    place = {} if "in_reply_to" in more else {"line": 2}
    return fake.add_review_comment(
        NAME, number, "a.py", body, login, **{"commit": sha, "diff_hunk": HUNK, **place, **more}
    )


def read(pages: Iterable[HistoryPage]) -> list[MergedPull]:
    return [merged for page in pages for merged in page.pulls]


def numbers(pages: Iterable[HistoryPage]) -> list[int]:
    return [merged.pull.number for merged in read(pages)]


def sizes(fake: FakeGitHub) -> list[int]:
    return [each.body["variables"]["first"] for each in fake.sent("POST") if "first" in each.body["variables"]]


def test_the_adapter_is_the_port(history: GithubHistory) -> None:
    port: ForgeHistory = history
    assert port.requests_used() == 1 and port.repository == NAME


def test_a_merged_pull_request_comes_with_all_that_was_said(fake: FakeGitHub, history: GithubHistory) -> None:
    fake.edit_pull(NAME, 1, body="Because.", labels=["bug", "size/S"], locked=True)
    root = remark(fake, 1, review=77, side="LEFT")
    remark(fake, 1, "Done", "helper[bot]", in_reply_to=root.id)
    fake.react(root, "alice", "+1")
    fake.react(root, None, "-1")
    fake.edit_comment(root, "Why 5?")
    root.minimized = "resolved"
    fake.resolve(NAME, root, "alice")
    fake.add_review(NAME, 1, "CHANGES_REQUESTED", "No", "carol")
    fake.add_issue_comment(NAME, 1, "Thanks", None)
    sha = fake.merge_pull(NAME, 1)
    (page,) = history.merged(START)
    (merged,) = page.pulls
    pull, known = merged.pull, fake.repos[NAME].pulls[1]
    assert (pull.number, pull.title, pull.body, pull.author) == (1, "Raise y", "Because.", "alice")
    assert (pull.merged, pull.merged_at, pull.merge_commit) == (True, known.merged_at, sha)
    assert (pull.base_ref, pull.head_ref, pull.head_sha) == ("main", "feat", known.head_sha)
    assert (pull.head_repository, pull.labels, pull.locked) == ("alice/demo", ("bug", "size/S"), True)
    (thread,) = merged.threads
    assert (thread.resolved, thread.resolved_by, thread.resolved_by_bot) == (True, "alice", False)
    first, reply = thread.comments
    assert (first.id, first.body, first.author, first.review, first.side) == (root.id, "Why 5?", "carol", 77, "LEFT")
    assert (first.edited_at, first.hidden, first.diff_hunk) == (root.edited_at, "resolved", HUNK)
    assert [(each.login, each.reaction, each.at) for each in first.reacted] == [
        ("alice", "+1", root.reactions[0].created_at)
    ]
    assert first.reactions == {"+1": 1, "-1": 1}
    assert (reply.in_reply_to, reply.author, reply.author_is_bot) == (root.id, "helper[bot]", True)
    assert [(each.state, each.body, each.author) for each in merged.reviews] == [("CHANGES_REQUESTED", "No", "carol")]
    assert [(each.number, each.body, each.author) for each in merged.conversation] == [(1, "Thanks", None)]


def test_graphql_and_rest_tell_the_same_of_a_pull_request(fake: FakeGitHub, history: GithubHistory) -> None:
    fake.edit_pull(NAME, 1, labels=["b", "a"], login="helper[bot]", draft=True)
    fake.merge_pull(NAME, 1)
    fake.open_pull(NAME, "main", "feat", "From a ghost", login=None, fork="", number=2)
    fake.merge_pull(NAME, 2, merge_commit=fake.repos[NAME].pulls[1].merge_commit)
    forge = GithubForge(connect(fake.token("carol"), fake.base, QUICK), NAME)
    told = [merged.pull for merged in read(history.merged(START))]
    assert [replace(pull, labels=tuple(sorted(pull.labels))) for pull in told] == [
        replace(pull, labels=tuple(sorted(pull.labels))) for pull in (forge.pull(1), forge.pull(2))
    ]
    assert (told[0].author, told[0].author_is_bot, told[0].draft, told[0].labels) == (
        "helper[bot]",
        True,
        True,
        ("a", "b"),
    )
    assert (told[1].author, told[1].head_repository) == (None, None)


def test_a_comment_keeps_the_place_its_reviewer_saw(fake: FakeGitHub, history: GithubHistory) -> None:
    seen = fake.repos[NAME].pulls[1].head_sha
    made = fake.add_review_comment(NAME, 1, "a.py", "Why?", "carol", line=3, start_line=2)
    made.line, made.commit = None, fake.commit(NAME, "feat", {"a.py": "x = 1\n"})
    fake.repos[NAME].threads[made.id].outdated = True
    fake.add_review_comment(NAME, 1, "a.py", "The file?", "carol", whole_file=True)
    fake.merge_pull(NAME, 1)
    (merged,) = read(history.merged(START))
    outdated, whole = merged.threads
    comment = outdated.comments[0]
    assert outdated.outdated and (comment.line, comment.original_line, comment.original_commit) == (None, 3, seen)
    assert (comment.start_line, comment.original_start_line, comment.commit) == (None, 2, made.commit)
    assert comment.diff_hunk.startswith("@@ -1,3 +1,3 @@") and comment.author_association == "MEMBER"
    assert (whole.comments[0].whole_file, comment.whole_file, comment.side) == (True, False, "RIGHT")


def test_long_discussions_go_on_together(fake: FakeGitHub, history: GithubHistory) -> None:
    """Two pull requests, six connections that a page does not show whole: two more requests in all."""
    for number in (2, 3):
        merge(fake, number)
        roots = [remark(fake, number, f"Remark {index}") for index in range(55)]
        for index in range(30):
            remark(fake, number, f"Reply {index}", "alice", in_reply_to=roots[40].id)
        for person in range(25):
            fake.react(roots[0], f"user{person}", "+1")
        for index in range(90):
            fake.add_issue_comment(NAME, number, f"Talk {index}")
        for index in range(15):
            fake.add_review(NAME, number, "COMMENTED", f"Review {index}")
        fake.edit_pull(NAME, number, labels=[f"label{index:02}" for index in range(30)])
    pulls = read(history.merged(START))
    assert [merged.pull.number for merged in pulls] == [2, 3]
    for merged in pulls:
        assert [thread.comments[0].body for thread in merged.threads] == [f"Remark {index}" for index in range(55)]
        assert [comment.body for comment in merged.threads[40].comments[1:]] == [f"Reply {each}" for each in range(30)]
        assert {each.login for each in merged.threads[0].comments[0].reacted} == {f"user{each}" for each in range(25)}
        assert [each.body for each in merged.conversation] == [f"Talk {index}" for index in range(90)]
        assert [each.body for each in merged.reviews] == [f"Review {index}" for index in range(15)]
        assert len(merged.pull.labels) == 30
    assert fake.requests == history.requests_used() == 4  # repository, page, the rest, the rest of a later thread


def test_pages_go_on_behind_a_position(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 63):
        merge(fake, number)
    pages = list(history.merged(START))
    assert [len(page.pulls) for page in pages] == [25, 25, 11]
    assert [page.last for page in pages] == [False, False, True]
    assert numbers(pages) == list(range(2, 63))
    assert numbers(history.merged(pages[0].position)) == list(range(27, 63))
    (nothing,) = history.merged(pages[-1].position)
    assert nothing == HistoryPage((), pages[-1].position, last=True)
    merge(fake, 70)
    assert numbers(history.merged(nothing.position)) == [70]


def test_a_pull_request_updated_while_it_is_read_comes_again_and_none_is_left_out(
    fake: FakeGitHub, history: GithubHistory
) -> None:
    for number in range(2, 63):
        merge(fake, number)
    pages = history.merged(START)
    assert numbers([next(pages)]) == list(range(2, 27))
    fake.add_issue_comment(NAME, 5, "Late")
    fake.add_issue_comment(NAME, 30, "Late")
    assert numbers(pages) == [27, 28, 29, *range(31, 63), 5, 30]


@pytest.mark.parametrize("after", ["no cursor", encode_cursor(("2026-11-20T00:00:02Z", 2))])
def test_a_cursor_that_github_refuses_or_mistakes_is_found_by_its_time(
    fake: FakeGitHub, history: GithubHistory, after: str
) -> None:
    for number in range(2, 233):
        merge(fake, number)
    updated = fake.repos[NAME].pulls[131].updated_at
    found = numbers(history.merged(Position(after, updated)))
    assert found == list(range(131, 233))  # the one of that second is read again rather than missed
    # repository, the cursor's own page, two pages backwards, five pages of what was asked for
    assert fake.requests == 9


def test_a_time_alone_is_a_place_to_start(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 233):
        merge(fake, number)
    updated = fake.repos[NAME].pulls[230].updated_at
    assert numbers(history.merged(Position(None, updated))) == [230, 231, 232]
    assert fake.requests == 3
    assert numbers(history.merged(Position(None, "2020-01-01T00:00:00Z"))) == list(range(2, 233))
    (nothing,) = history.merged(Position(None, fake.now()))
    assert nothing.pulls == () and nothing.last and nothing.position.after is not None
    merge(fake, 300)
    assert numbers(history.merged(nothing.position)) == [300]


def test_a_refused_cursor_without_a_time_starts_anew(fake: FakeGitHub, history: GithubHistory) -> None:
    merge(fake, 2)
    assert numbers(history.merged(Position("no cursor"))) == [2]


TROUBLES = [
    {"status": 502},
    {"status": 504, "body": {"data": None, "errors": [{"message": TIMED_OUT}]}},
    {"status": 200, "body": {"data": None, "errors": [{"message": TIMED_OUT}]}},
    {
        "status": 200,
        "body": {"data": {"a": 1}, "errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Too much"}]},
    },
    {"cut": True},
    {"drop": True},
]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_page_that_github_gives_up_on_is_asked_in_smaller_ones(
    fake: FakeGitHub, history: GithubHistory, trouble: dict[str, object]
) -> None:
    for number in range(2, 102):
        merge(fake, number)
    fake.fault("POST", "/graphql", skip=1, times=2, **trouble)
    assert numbers(history.merged(START)) == list(range(2, 102))
    # Half of it, a quarter, and after some answers in a row twice as much again.
    assert sizes(fake) == [25, 25, 12, 6, 6, 6, 6, 12, 12, 12, 12, 24]


def test_a_heavy_pull_request_is_read_by_itself_and_its_rest_in_pieces(
    fake: FakeGitHub, history: GithubHistory
) -> None:
    for number in range(2, 10):
        merge(fake, number)
        for _ in range(3):
            remark(fake, number)
    for _ in range(70):
        remark(fake, 6)
    fake.capacity = 45
    pulls = read(history.merged(START))
    assert sorted((merged.pull.number, len(merged.threads)) for merged in pulls) == [
        *((number, 73 if number == 6 else 3) for number in range(2, 10))
    ]
    assert sizes(fake) == [25, 12, 6, 6, 3, 1, 1]
    rest = [re.findall(r"rest: reviewThreads.first: (\d+)", each.body["query"]) for each in fake.sent("POST")]
    assert [each[0] for each in rest if each] == ["40", "19", "19", "19"]


def test_what_can_never_be_read_is_named(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 32):
        merge(fake, number)
    for _ in range(15):
        remark(fake, 20)
    fake.capacity = 10
    fake.repos[NAME].pulls[20].updated_at = fake.repos[NAME].pulls[19].updated_at
    seen: list[int] = []
    with pytest.raises(ForgeError, match=r"Pull request #20 of octo/demo cannot be read"):
        for page in history.merged(START):
            seen += (merged.pull.number for merged in page.pulls)
    assert seen == list(range(2, 20))


def test_an_outage_is_told_as_one(fake: FakeGitHub, history: GithubHistory) -> None:
    merge(fake, 2)
    fake.fault("POST", "/graphql", 502, times=99)
    with pytest.raises(ForgeError, match="status 502"):
        list(history.merged(START))
    with pytest.raises(ForgeError, match="Pull request #2 of octo/demo cannot be read"):
        list(history.pulls([2]))


def test_pull_requests_are_read_again_by_number(fake: FakeGitHub, history: GithubHistory) -> None:
    for number in range(2, 33):
        merge(fake, number)
        remark(fake, number)
    fake.fault("POST", "/graphql", 502)
    pages = list(history.pulls([*range(1, 33), 99]))
    assert numbers(pages) == list(range(2, 33))  # 1 is open, 99 is none
    assert all(len(merged.threads) == 1 for merged in read(pages))
    assert [page.last for page in pages] == [False, False, True]
    assert history.requests_used() == 5 and not list(history.pulls([]))


def test_a_comment_deleted_while_it_is_read_ends_its_thread(fake: FakeGitHub, history: GithubHistory) -> None:
    merge(fake, 2)
    roots = [remark(fake, 2, f"Remark {index}") for index in range(3)]
    reply = remark(fake, 2, "Done", "alice", in_reply_to=roots[0].id)
    fake.delete_comment(NAME, roots[0])
    fake.delete_comment(NAME, roots[1])
    (merged,) = read(history.merged(START))
    # GitHub shows what is left of a thread; a reply that lost its root is the first of it.
    assert [thread.comments[0].id for thread in merged.threads] == [reply.id, roots[2].id]
    fake.delete_comment(NAME, reply)
    (merged,) = read(history.merged(START))
    assert [thread.comments[0].id for thread in merged.threads] == [roots[2].id]


def test_news_of_comments_is_asked_once(fake: FakeGitHub) -> None:
    def again(tags: dict[str, str]) -> GithubHistory:
        return GithubHistory(connect(token, fake.base, QUICK), NAME, tags)

    token = fake.workflow_token(NAME)
    for number in (2, 3, 4):
        merge(fake, number)
    old = [remark(fake, number) for number in (2, 3)]
    since = fake.now()
    history = again({})
    assert history.touched(since) == frozenset()
    before = (fake.core.remaining, fake.requests)
    history = again(history.tags())
    assert history.repository == NAME and history.touched(since) == frozenset()
    assert [each.status for each in fake.log[-2:]] == [304, 304]
    assert (fake.core.remaining, fake.requests) == (before[0], before[1] + 2)  # free of the primary limit
    fake.edit_comment(old[1], "Changed")
    for _ in range(150):
        remark(fake, 4)
    history = again(history.tags())
    assert history.touched(since) == {3, 4}
    assert len(fake.sent("GET", "page=2")) == 1
    assert set(history.tags()) == {f"/repos/{NAME}", next(key for key in history.tags() if "since=" in key)}


def test_who_may_write(fake: FakeGitHub, history: GithubHistory) -> None:
    for login, role in (("Dana", "maintain"), ("tess", "triage"), ("reader", "read"), ("helper[bot]", "write")):
        fake.set_role(NAME, login, role)
    assert history.writers() == {"octo", "carol", "dana", "helper[bot]"}
    reader = GithubHistory(connect(fake.token("reader"), fake.base, QUICK), NAME)
    assert reader.writers() is None
    fake.fault("GET", "/collaborators", 404, "Not Found")
    assert history.writers() is None
    fake.fault("GET", "/collaborators", 200, body=[{"login": "mallory"}])
    with pytest.raises(ForgeError, match="no collaborator as documented"):
        history.writers()
    fake.fault("GET", "/collaborators", 500, times=9)
    with pytest.raises(ForgeError, match="collaborators"):
        history.writers()


def test_a_role_is_asked_once(fake: FakeGitHub, history: GithubHistory) -> None:
    assert [history.role("carol"), history.role("carol"), history.role("nobody")] == ["write", "write", "none"]
    assert fake.requests == 3


def test_the_requests_that_are_allowed_are_not_exceeded(fake: FakeGitHub) -> None:
    for number in range(2, 63):
        merge(fake, number)
    connection = connect(fake.workflow_token(NAME), fake.base, replace(QUICK, max_requests=3))
    history, seen = GithubHistory(connection, NAME), []
    with pytest.raises(BudgetError, match="3 requests that were allowed"):
        for page in history.merged(START):
            seen.append(page)
    assert len(seen) == 2 and fake.requests == 3
    with pytest.raises(BudgetError):
        history.role("carol")  # not `none`: that would be a claim about the person
    with pytest.raises(BudgetError):
        history.writers()
    assert fake.requests == history.requests_used() == 3
    again = GithubHistory(connect(fake.workflow_token(NAME), fake.base, QUICK), NAME)
    assert numbers(again.merged(seen[-1].position)) == list(range(52, 63))


@pytest.mark.parametrize(
    "name", ["../..", "-x/y", "a/b/c", "a", "a/", "/b", "a/..", "a/.", "a b/c", "a/b?c", "a/b#", "a/b\n", "a%2Fb/c", ""]
)
def test_names_that_are_none_are_refused_before_any_request(
    fake: FakeGitHub, connection: Connection, name: str
) -> None:
    with pytest.raises(InputError, match="OWNER/NAME"):
        GithubHistory(connection, name)
    assert fake.requests == 0


def test_a_renamed_repository_is_read_under_its_new_name(fake: FakeGitHub) -> None:
    merge(fake, 2)
    token = fake.token("carol")
    tags = GithubHistory(connect(token, fake.base, QUICK), NAME).tags()
    fake.rename_repo(NAME, "octo/new")
    before = fake.requests
    history = GithubHistory(connect(token, fake.base, QUICK), NAME, tags)
    assert history.repository == "octo/new"
    assert numbers(history.merged(START)) == [2]
    assert history.requests_used() == fake.requests - before == 3  # the redirect counts
    assert GithubForge(connect(token, fake.base, QUICK), NAME).post_comment(2, "Hello").number == 2
