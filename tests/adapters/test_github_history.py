"""Reading the past of a repository on GitHub, through an unmodified PyGithub, with the fake counting the requests."""

from tests.github.demo import NAME, QUICK, merge
from tests.github.fake import FakeGitHub

from reviewlore.adapters.github import connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.github_history import GithubHistory
from reviewlore.ports import ForgeHistory


def test_the_adapter_is_the_port(history: GithubHistory) -> None:
    port: ForgeHistory = history
    assert port.requests_used() == 1


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
