"""One pull request with all that is ours on it, in one query, through an unmodified PyGithub, on the checked fake."""

import pytest
from tests.github.demo import MARKER, NAME, QUICK
from tests.github.fake import FakeGitHub

from reviewlore.adapters.github import Connection, connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.domain.forge import NewComment, NewReview
from reviewlore.domain.history import Anchor
from reviewlore.errors import ForgeError, InputError, RefusedError

ME = "github-actions[bot]"
TEXT = f"Why 5?\n\n{MARKER}"


def post(fake: FakeGitHub, forge: GithubForge) -> None:
    head = fake.repos[NAME].pulls[1].head_sha
    forge.post_review(1, NewReview(head, TEXT, (NewComment(Anchor("a.py", 2), TEXT),)))


def test_one_request_tells_all_that_three_lists_did(fake: FakeGitHub, connection: Connection) -> None:
    forge = GithubForge(connection, NAME)
    post(fake, forge)
    forge.post_comment(1, f"Summary {MARKER}")
    before = fake.requests
    fresh = GithubForge(connection, NAME)
    found = fresh.standing(1, MARKER)
    assert fake.requests == before + 1
    assert (found.repository, found.login, found.pull) == (NAME, ME, forge.pull(1))
    assert (fresh.repository, fresh.login) == (NAME, ME)
    assert fake.requests == before + 2  # `pull` above, nothing for the name and the login
    assert [each.body for each in found.posted.reviews] == [TEXT]
    assert [each.body for each in found.posted.summaries] == [f"Summary {MARKER}"]
    (thread,) = found.posted.threads
    assert thread.comment == found.posted.comments[0]
    assert (thread.comment.path, thread.comment.line, thread.comment.hidden) == ("a.py", 2, None)
    assert (thread.answers, thread.reactions, thread.resolved, thread.outdated) == (0, 0, False, False)
    assert (thread.may_resolve, thread.may_minimise) == (True, True)


def test_answers_reactions_and_resolutions_of_our_threads_are_told(fake: FakeGitHub, forge: GithubForge) -> None:
    post(fake, forge)
    (root,) = fake.repos[NAME].review_comments.values()
    fake.add_review_comment(NAME, 1, "a.py", "No.", login="carol", in_reply_to=root.id)
    fake.react(root, "alice", "-1")
    fake.resolve(NAME, root, "carol")
    fake.add_review_comment(NAME, 1, "a.py", MARKER, login="alice", line=1)
    (thread,) = forge.standing(1, MARKER).posted.threads
    assert (thread.answers, thread.reactions, thread.resolved, thread.may_resolve) == (1, 1, True, False)


def test_a_thread_whose_first_comment_was_deleted_is_not_ours(fake: FakeGitHub, forge: GithubForge) -> None:
    post(fake, forge)
    (root,) = fake.repos[NAME].review_comments.values()
    fake.add_review_comment(NAME, 1, "a.py", "Hm", login="carol", in_reply_to=root.id)
    fake.delete_comment(NAME, root)
    posted = forge.standing(1, MARKER).posted
    assert (posted.threads, posted.comments) == ((), ())


def test_what_does_not_fit_on_a_page_is_followed_and_told(fake: FakeGitHub) -> None:
    told: list[str] = []
    connection = connect(fake.workflow_token(NAME), fake.base, QUICK, told.append)
    root = fake.add_review_comment(NAME, 1, "a.py", "Long", login="bob", line=1)
    for number in range(25):
        fake.add_review_comment(NAME, 1, "a.py", f"{number}", login="bob", in_reply_to=root.id)
    fake.add_review_comment(NAME, 1, "a.py", f"Answer {MARKER}", login=ME, in_reply_to=root.id)
    for number in range(120):
        fake.add_review_comment(NAME, 1, "a.py", f"Thread {number}", login="bob", line=1)
    late = fake.add_review_comment(NAME, 1, "a.py", TEXT, login=ME, line=2)
    for number in range(20):
        fake.add_review_comment(NAME, 1, "a.py", f"{number}", login="bob", in_reply_to=late.id)
    fake.add_review_comment(NAME, 1, "a.py", f"Late {MARKER}", login=ME, in_reply_to=late.id)
    for number in range(130):
        fake.add_issue_comment(NAME, 1, f"Word {number}", "bob")
    fake.add_issue_comment(NAME, 1, f"Summary {MARKER}", ME)
    posted = GithubForge(connection, NAME).standing(1, MARKER).posted
    assert [each.body for each in posted.comments] == [f"Answer {MARKER}", TEXT, f"Late {MARKER}"]
    assert [(each.comment.body, each.answers) for each in posted.threads] == [(TEXT, 21)]
    assert [each.body for each in posted.summaries] == [f"Summary {MARKER}"]
    assert fake.requests == 3  # the last for a long thread of the second page
    assert told == ["Pull request 1 holds more than one answer of GitHub; reading on"]
    assert max(each.points for each in fake.log) <= 8


def test_a_renamed_repository_is_written_to_under_its_new_name(fake: FakeGitHub) -> None:
    fake.rename_repo(NAME, "octo/new")
    forge = GithubForge(connect(fake.token("carol"), fake.base, QUICK), NAME)
    assert forge.standing(1, MARKER).repository == "octo/new"
    forge.post_comment(1, f"Hello {MARKER}")
    assert [each.body for each in forge.standing(1, MARKER).posted.summaries] == [f"Hello {MARKER}"]
    assert fake.requests == 3


def test_what_is_not_there_is_the_users_to_mend(fake: FakeGitHub, connection: Connection, forge: GithubForge) -> None:
    with pytest.raises(InputError, match="finds nothing"):
        forge.standing(99, MARKER)
    with pytest.raises(InputError, match="finds nothing"):
        GithubForge(connection, "octo/none").standing(1, MARKER)
    with pytest.raises(InputError, match="OWNER/NAME"):
        GithubForge(connection, "octo/../demo").standing(1, MARKER)
    fake.fault("POST", "graphql", 200, body={"data": {"viewer": {"login": "me"}, "repository": {}}})
    with pytest.raises(ForgeError, match="without pull request 1"):
        forge.standing(1, MARKER)
    for odd in ({"number": 1}, {"number": [], "id": 1}, {"number": 1, "id": "x", "labels": [], "reviewThreads": 7}):
        answer = {"viewer": {"login": "me"}, "repository": {"nameWithOwner": NAME, "pullRequest": odd}}
        fake.fault("POST", "graphql", 200, body={"data": answer})
        with pytest.raises(ForgeError, match="no standing as documented"):
            forge.standing(1, MARKER)


def test_remarks_are_minimised_and_threads_resolved_in_one_request(fake: FakeGitHub, forge: GithubForge) -> None:
    head = fake.repos[NAME].pulls[1].head_sha
    forge.post_review(
        1, NewReview(head, TEXT, (NewComment(Anchor("a.py", 1), TEXT), NewComment(Anchor("a.py", 2), TEXT)))
    )
    one, two = forge.standing(1, MARKER).posted.threads
    before = fake.requests
    assert forge.tidy((one.comment_node,), (two.node,)) == ()
    assert fake.requests == before + 1
    after_one, after_two = forge.standing(1, MARKER).posted.threads
    assert (after_one.comment.hidden, after_one.resolved) == ("outdated", False)
    assert (after_two.comment.hidden, after_two.resolved) == (None, True)


def test_what_github_refuses_to_tidy_is_returned(fake: FakeGitHub, forge: GithubForge) -> None:
    post(fake, forge)
    (thread,) = forge.standing(1, MARKER).posted.threads
    assert forge.tidy((thread.comment_node, "PRRC_1"), ("PRRT_1",)) == ("PRRC_1", "PRRT_1")
    readonly = GithubForge(connect(fake.workflow_token(NAME, pull_requests="read"), fake.base, QUICK), NAME)
    assert [each.may_minimise for each in readonly.standing(1, MARKER).posted.threads] == [False]
    assert readonly.tidy((thread.comment_node,), ()) == (thread.comment_node,)
    fake.fault("POST", "minimizeComment", 403, "Resource not accessible by integration")
    with pytest.raises(RefusedError):
        forge.tidy((thread.comment_node,), ())
    fake.fault("POST", "minimizeComment", 502)
    with pytest.raises(ForgeError):
        forge.tidy((thread.comment_node,), ())
    assert len(fake.sent("POST", "graphql")) == 6  # a mutation is never repeated by itself
