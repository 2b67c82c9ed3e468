"""The fake, driven by an unmodified PyGithub: what it answers is what GitHub's descriptions say."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth, Github, GithubException, GithubIntegration
from github.Repository import Repository
from tests.github.fake import FakeGitHub, start_fake

APP_ID = 7
THREADS = """
query($n: Int!, $c: String) { repository(owner: "octo", name: "demo") { pullRequest(number: $n) {
  reviewThreads(first: 2, after: $c) { pageInfo { hasNextPage endCursor } nodes {
    id isResolved resolvedBy { login }
    comments(first: 5) { nodes { databaseId fullDatabaseId body author { __typename login }
      reactionGroups { content reactors(first: 5) { nodes { ... on User { login } } } } } } } }
  reviews(first: 5) { nodes { state author { login } } } } } }"""
RESOLVE = "mutation($i: ID!) { resolveReviewThread(input: {threadId: $i}) { thread { isResolved } } }"
MINIMIZE = """mutation($i: ID!) { minimizeComment(input: {subjectId: $i, classifier: OFF_TOPIC}) {
  minimizedComment { isMinimized minimizedReason } } }"""


def client(fake: FakeGitHub, token: str) -> Github:
    pauses = {"seconds_between_requests": None, "seconds_between_writes": None}
    return Github(auth=Auth.Token(token), base_url=fake.base, retry=None, **pauses)


@pytest.fixture
def repo(demo: FakeGitHub) -> Repository:
    return client(demo, demo.workflow_token("octo/demo")).get_repo("octo/demo")


def anchor(**values: object) -> dict[str, object]:
    return {"path": "a.py", "side": "RIGHT", "body": "Why?", **values}


def post_review(repo: Repository, *comments: dict[str, object]) -> object:
    pull = repo.get_pull(1)
    return pull.create_review(repo.get_commit(pull.head.sha), "Hello", "COMMENT", list(comments))


def fetch(fake: FakeGitHub, path: str, token: str, body: object = None) -> tuple[int, object, dict[str, str]]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(fake.base + path, data, headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"null"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), dict(error.headers)


def test_files_and_commits_come_from_git(repo: Repository) -> None:
    pull = repo.get_pull(1)
    files = {file.filename: file for file in pull.get_files()}
    assert set(files) == {"a.py", "bin.dat", "s p\u00e9.py", "renamed.py"}
    assert files["renamed.py"].previous_filename == "old.py"
    assert files["bin.dat"].patch is None
    assert (files["a.py"].additions, files["a.py"].deletions) == (2, 2)
    assert [commit.commit.message for commit in pull.get_commits()] == ["Change"]
    assert (pull.changed_files, pull.commits, pull.head.repo.full_name) == (4, 1, "alice/demo")
    assert repo.get_contents("a.py", ref="feat").decoded_content.startswith(b"x0 = 0")
    assert repo.get_git_ref("heads/feat").object.sha == pull.head.sha


def test_a_review_with_good_anchors_is_stored_with_its_hunks(repo: Repository) -> None:
    post_review(repo, anchor(line=7), anchor(start_line=6, start_side="RIGHT", line=7), anchor(line=31, side="LEFT"))
    stored = list(repo.get_pull(1).get_review_comments())
    assert [comment.diff_hunk.splitlines()[-1] for comment in stored] == ["+new = 1", "+new = 1", "-x30 = 30"]
    assert [review.state for review in repo.get_pull(1).get_reviews()] == ["COMMENTED"]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (anchor(line=20), "line must be part of the diff and"),
        (anchor(path="nope.py", line=1), "path is invalid and"),
        (anchor(start_line=7, start_side="RIGHT", line=7), "start line must precede the end line."),
        (anchor(start_line=6, start_side="RIGHT", line=30), "start line must be part of the same hunk as the line."),
    ],
)
def test_one_bad_anchor_refuses_the_whole_review(repo: Repository, bad: dict[str, object], message: str) -> None:
    with pytest.raises(GithubException) as caught:
        post_review(repo, anchor(line=7), bad)
    assert caught.value.status == 422
    assert message in caught.value.data["errors"][0]
    assert not list(repo.get_pull(1).get_review_comments())


def test_nobody_approves_the_own_pull_request(demo: FakeGitHub) -> None:
    pull = client(demo, demo.token("alice")).get_repo("octo/demo").get_pull(1)
    with pytest.raises(GithubException) as caught:
        pull.create_review(body="Fine", event="APPROVE")
    assert caught.value.data["errors"] == ["Can not approve your own pull request"]


def test_comments_reactions_and_replies(repo: Repository) -> None:
    post_review(repo, anchor(line=7))
    pull = repo.get_pull(1)
    remark = next(iter(pull.get_review_comments()))
    remark.create_reaction("+1")
    remark.create_reaction("+1")
    assert [reaction.content for reaction in remark.get_reactions()] == ["+1"]
    comment = pull.create_issue_comment("first")
    comment.edit("second")
    comment.create_reaction("rocket")
    assert [(each.body, each.reactions["rocket"]) for each in pull.get_issue_comments()] == [("second", 1)]
    assert pull.create_review_comment_reply(remark.id, "Done").in_reply_to_id == remark.id
    assert [each.body for each in repo.get_pulls_review_comments()] == ["Why?", "Done"]
    with pytest.raises(GithubException) as caught:
        pull.create_issue_comment("z" * 65_537)
    assert caught.value.status == 422


def test_listings_are_paged_sorted_and_limited_by_time(demo: FakeGitHub, repo: Repository) -> None:
    for number in range(35):
        demo.add_issue_comment("octo/demo", 1, str(number), created_at=f"2026-01-01T00:00:{number:02}Z")
    comments = list(repo.get_pull(1).get_issue_comments())
    assert [comment.body for comment in comments] == [str(number) for number in range(35)]
    token = demo.token("alice")
    _, page, headers = fetch(demo, "/repos/octo/demo/issues/comments?per_page=10&page=2", token)
    assert [each["body"] for each in page] == [str(number) for number in range(10, 20)]
    assert 'rel="next"' in headers["Link"] and 'rel="prev"' in headers["Link"] and "/repositories/" in headers["Link"]
    since = "/repos/octo/demo/issues/comments?since=2026-01-01T00:00:30Z&sort=updated&direction=desc"
    assert [each["body"] for each in fetch(demo, since, token)[1]] == ["34", "33", "32", "31", "30"]


def test_pulls_are_listed_by_state_and_order(demo: FakeGitHub, repo: Repository) -> None:
    demo.commit("octo/demo", "late", {"b.py": "z = 1\n"}, parent=demo.repos["octo/demo"].git.rev("main"))
    demo.open_pull("octo/demo", "main", "late", "Later")
    merge = demo.merge_pull("octo/demo", 1)
    demo.merge_pull("octo/demo", 2, squash=True)
    demo.add_issue_comment("octo/demo", 1, "Thanks")
    closed = list(repo.get_pulls(state="closed", sort="updated", direction="desc"))
    assert [pull.number for pull in closed] == [1, 2]
    assert closed[0].merge_commit_sha == merge and closed[0].merged_at is not None
    git = demo.repos["octo/demo"].git
    assert len(git.info(merge).parents) == 2 and len(git.info("main").parents) == 1
    assert not list(repo.get_pulls())


def test_threads_reviews_and_reactions_by_graphql(demo: FakeGitHub, repo: Repository) -> None:
    post_review(repo, anchor(line=6), anchor(line=7), anchor(line=8))
    demo.add_review("octo/demo", 1, "APPROVED", login="carol")
    first = next(iter(demo.repos["octo/demo"].review_comments.values()))
    demo.react(first, "carol", "-1")
    query, cursor, threads = repo.requester.graphql_query, None, []
    while True:
        pull = query(THREADS, {"n": 1, "c": cursor})[1]["data"]["repository"]["pullRequest"]
        threads += pull["reviewThreads"]["nodes"]
        if not pull["reviewThreads"]["pageInfo"]["hasNextPage"]:
            break
        cursor = pull["reviewThreads"]["pageInfo"]["endCursor"]
    assert [review["state"] for review in pull["reviews"]["nodes"]] == ["COMMENTED", "APPROVED"]
    said = threads[0]["comments"]["nodes"][0]
    assert (said["databaseId"], said["fullDatabaseId"]) == (None, str(first.id))
    assert said["author"] == {"__typename": "Bot", "login": "github-actions"}
    groups = {group["content"]: group["reactors"]["nodes"] for group in said["reactionGroups"]}
    assert groups["THUMBS_DOWN"] == [{"login": "carol"}] and groups["HEART"] == []
    assert query(RESOLVE, {"i": threads[0]["id"]})[1]["data"]["resolveReviewThread"]["thread"]["isResolved"]
    minimized = query(MINIMIZE, {"i": f"PRRC_{first.id}"})[1]["data"]["minimizeComment"]["minimizedComment"]
    assert minimized == {"isMinimized": True, "minimizedReason": "off-topic"}


@pytest.mark.parametrize(
    "query",
    [
        '{ repository(owner: "octo", name: "demo") { nope } }',
        '{ repository(owner: "octo", name: "gone") { nameWithOwner } }',
        '{ repository(owner: "octo", name: "demo") { pullRequests(first: 101) { totalCount } } }',
        '{ repository(owner: "octo", name: "demo") { pullRequests { totalCount } } }',
    ],
)
def test_graphql_refuses_what_github_refuses(repo: Repository, query: str) -> None:
    with pytest.raises(GithubException):
        repo.requester.graphql_query(query, {})


def test_roles_and_strangers(demo: FakeGitHub, repo: Repository) -> None:
    demo.set_role("octo/demo", "tess", "triage")
    assert repo.get_collaborator_role_name("carol") == "maintain"
    assert repo.get_collaborator_permission("carol") == "write"
    assert (repo.get_collaborator_role_name("tess"), repo.get_collaborator_permission("tess")) == ("triage", "read")
    assert repo.get_collaborator_permission("alice") == "read"
    with pytest.raises(GithubException) as caught:
        repo.get_collaborator_permission("nobody-at-all")
    assert caught.value.status == 404


def test_collaborators_are_shown_to_those_who_may_write(demo: FakeGitHub, repo: Repository) -> None:
    for login, role in (("tess", "triage"), ("wendy", "write"), ("rick", "read")):
        demo.set_role("octo/demo", login, role)
    assert [each.login for each in repo.get_collaborators()] == ["carol", "octo", "rick", "tess", "wendy"]
    writers = list(repo.get_collaborators(permission="push"))
    assert [(each.login, each.permissions.push) for each in writers] == [
        ("carol", True),
        ("octo", True),
        ("wendy", True),
    ]
    path = "/repos/octo/demo/collaborators"
    assert fetch(demo, path, demo.token("wendy"))[0] == 200
    status, answer, _ = fetch(demo, path, demo.token("tess"))
    assert (status, answer["message"]) == (403, "Must have push access to view repository collaborators.")


def test_words_change_and_go(demo: FakeGitHub, repo: Repository) -> None:
    remark = demo.add_review_comment("octo/demo", 1, "a.py", "Why?", line=7)
    reply = demo.add_review_comment("octo/demo", 1, "a.py", "Done", in_reply_to=remark.id)
    talk = demo.add_issue_comment("octo/demo", 1, "Hello")
    demo.edit_comment(remark, "Why not?")
    shown = next(iter(repo.get_pulls_review_comments()))
    assert shown.body == "Why not?" and shown.updated_at > shown.created_at
    demo.delete_comment("octo/demo", remark)
    assert [each.body for each in repo.get_pulls_review_comments()] == ["Done"]
    assert len(demo.repos["octo/demo"].threads) == 1
    demo.delete_comment("octo/demo", reply)
    demo.delete_comment("octo/demo", talk)
    assert not list(repo.get_pulls_review_comments()) and not list(repo.get_issues_comments())
    assert not demo.repos["octo/demo"].threads
    before = repo.get_pull(1).updated_at
    demo.edit_pull("octo/demo", 1, title="Another title", labels=["bug"])
    after = repo.get_pull(1)
    assert (after.title, [label.name for label in after.labels]) == ("Another title", ["bug"])
    assert after.updated_at > before


def test_a_primary_limit_is_full_again_at_its_reset(demo: FakeGitHub) -> None:
    token = demo.token("alice")
    demo.core.use_up(0.3)
    status, answer, headers = fetch(demo, "/repos/octo/demo", token)
    assert status == 403 and answer["message"].startswith("API rate limit exceeded")
    assert (headers["X-RateLimit-Remaining"], headers["X-RateLimit-Resource"]) == ("0", "core")
    assert fetch(demo, "/graphql", token, {"query": "{ viewer { login } }"})[0] == 200  # of another allowance
    time.sleep(0.3)
    status, _, headers = fetch(demo, "/repos/octo/demo", token)
    assert (status, headers["X-RateLimit-Remaining"]) == (200, "4999")
    demo.graph.use_up()
    status, answer, headers = fetch(demo, "/graphql", token, {"query": "{ viewer { login } }"})
    assert (status, answer["errors"][0]["type"], headers["X-RateLimit-Remaining"]) == (200, "RATE_LIMITED", "0")


def test_check_runs_and_their_limit(demo: FakeGitHub, repo: Repository) -> None:
    sha = repo.get_pull(1).head.sha
    note = {"path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
    output = {"title": "t", "summary": "s", "annotations": [note] * 50}
    run = repo.create_check_run("lore", sha, output=output)
    run.edit(status="completed", conclusion="neutral")
    assert (repo.get_check_run(run.id).conclusion, repo.get_check_run(run.id).output.annotations_count) == (
        "neutral",
        50,
    )
    with pytest.raises(GithubException) as caught:
        repo.create_check_run("lore", sha, output={**output, "annotations": [note] * 51})
    assert caught.value.status == 422
    demo.expect_violation(r"REQUEST .*check-runs .*annotations")


@pytest.mark.parametrize("commit", ["6dcb09b5b57875f334f61aebed695e2e4193db5e", "", "--output=x"])
def test_a_comment_on_a_commit_that_is_not_there_is_refused(demo: FakeGitHub, commit: str) -> None:
    said = {"body": "Why?", "commit_id": commit, "path": "shop.py", "subject_type": "file"}
    token = demo.workflow_token("octo/demo")
    assert fetch(demo, "/repos/octo/demo/pulls/1/comments", token, said)[0] == 404


def test_workflows_are_dispatched(demo: FakeGitHub, repo: Repository) -> None:
    path = "/repos/octo/demo/actions/workflows/train.yml/dispatches"
    demo.repos["octo/demo"].workflows.add("train.yml")
    token = demo.workflow_token("octo/demo")
    assert fetch(demo, path, token, {"ref": "main", "inputs": {"tier": "embedded"}})[0] == 204
    assert demo.repos["octo/demo"].dispatches[0].inputs == {"tier": "embedded"}
    assert fetch(demo, path, token, {"ref": "nowhere"})[0] == 422
    demo.repos["octo/demo"].workflow_inputs["train.yml"] = {"tier"}
    status, said = fetch(demo, path, token, {"ref": "main", "inputs": {"tier": "embedded", "reply-to": "1"}})[:2]
    assert (status, said["message"]) == (422, 'Unexpected inputs provided: ["reply-to"]')
    assert len(demo.repos["octo/demo"].dispatches) == 1
    assert fetch(demo, path, demo.workflow_token("octo/demo", actions="none"), {"ref": "main"})[0] == 403
    assert fetch(demo, path, demo.token("alice"), {"ref": "main"})[0] == 403


def test_an_app_signs_in_and_gets_no_more_than_it_asks_for(tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM
    key = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    with start_fake(public, APP_ID) as fake:
        fake.add_repo("octo/demo", tmp_path / "demo.git")
        pauses = {"seconds_between_requests": None, "seconds_between_writes": None}
        app = GithubIntegration(auth=Auth.AppAuth(APP_ID, key), base_url=fake.base, **pauses)
        token = app.get_access_token(app.get_repo_installation("octo", "demo").id, {"contents": "read"}).token
        assert client(fake, token).get_repo("octo/demo").default_branch == "main"
        stranger = GithubIntegration(auth=Auth.AppAuth(APP_ID + 1, key), base_url=fake.base, **pauses)
        with pytest.raises(GithubException) as caught:
            stranger.get_access_token(42)
        assert caught.value.status == 401


def test_tokens_are_checked(demo: FakeGitHub) -> None:
    reader = demo.token("reviewlore[bot]", {"contents": "read"})
    with pytest.raises(GithubException) as caught:
        client(demo, reader).get_repo("octo/demo").get_pull(1).create_issue_comment("x")
    assert (caught.value.status, caught.value.data["message"]) == (403, "Resource not accessible by integration")
    assert fetch(demo, "/repos/octo/demo", demo.token("alice", ttl=-1))[0] == 401
    elsewhere = demo.workflow_token("octo/other")
    assert fetch(demo, "/repos/octo/demo", elsewhere)[0] == 404
    assert fetch(demo, "/user", demo.token("alice"))[1]["login"] == "alice"
    assert fetch(demo, "/user", elsewhere)[0] == 403


def test_the_same_answer_again_is_free(demo: FakeGitHub, repo: Repository) -> None:
    headers, _ = repo.requester.requestJsonAndCheck("GET", "/repos/octo/demo")
    before = demo.core.remaining
    status, _, _ = repo.requester.requestJson("GET", "/repos/octo/demo", headers={"If-None-Match": headers["etag"]})
    assert (status, demo.core.remaining) == (304, before)
    assert fetch(demo, "/rate_limit", demo.token("alice"))[1]["rate"]["remaining"] == before


def test_faults_come_before_or_after_the_change(demo: FakeGitHub) -> None:
    token, path = demo.token("alice"), "/repos/octo/demo/issues/1/comments"
    demo.fault("POST", "/comments$", 502)
    assert fetch(demo, path, token, {"body": "lost"})[0] == 502
    demo.fault("POST", "/comments$", 502, after_commit=True)
    assert fetch(demo, path, token, {"body": "kept"})[0] == 502
    assert [comment.body for comment in demo.repos["octo/demo"].issue_comments.values()] == ["kept"]
    demo.fault("GET", "/comments", skip=1, cut=True)
    assert fetch(demo, path, token)[0] == 200
    with pytest.raises(json.JSONDecodeError):
        fetch(demo, path, token)
    demo.fault("GET", "/comments", drop=True)
    with pytest.raises(OSError, match="closed connection"):
        fetch(demo, path, token)


def test_pygithubs_own_retry_posts_a_review_three_times(demo: FakeGitHub) -> None:
    """The hazard that the adapter must keep away from: a POST is sent again after a 5xx."""
    demo.fault("POST", "/reviews$", 502, times=2, after_commit=True)
    pauses = {"seconds_between_requests": None, "seconds_between_writes": None}
    careless = Github(auth=Auth.Token(demo.token("bob")), base_url=demo.base, **pauses)
    careless.get_repo("octo/demo").get_pull(1).create_review(body="x", event="COMMENT")
    assert len(demo.repos["octo/demo"].reviews) == 3


def test_an_operation_without_a_handler_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"no handler for GET .*/labels"), start_fake() as fake:
        fake.add_repo("octo/demo", tmp_path / "demo.git")
        assert fetch(fake, "/repos/octo/demo/labels", fake.token("alice"))[0] == 501


@pytest.mark.parametrize(
    ("path", "what"),
    [("/pulls?per_page=many", "not an integer"), ("/pulls?colour=red", "unknown"), ("/nowhere", "no operation")],
)
def test_a_wrong_request_fails_the_test(demo: FakeGitHub, path: str, what: str) -> None:
    assert fetch(demo, "/repos/octo/demo" + path, demo.token("alice"))[0] in {404, 422}
    demo.expect_violation(what)


def test_a_defect_of_the_fake_fails_the_test(demo: FakeGitHub) -> None:
    assert fetch(demo, "/graphql", demo.token("alice"), [1])[0] == 500
    demo.expect_violation("DEFECT /graphql")


def test_a_deleted_account_is_nobody(demo: FakeGitHub) -> None:
    demo.add_issue_comment("octo/demo", 1, "Gone", login=None)
    assert fetch(demo, "/repos/octo/demo/issues/1/comments", demo.token("alice"))[1][0]["user"] is None


def test_a_renamed_repository_redirects(demo: FakeGitHub) -> None:
    token = demo.token("alice")
    demo.rename_repo("octo/demo", "octo/new")
    status, repository, _ = fetch(demo, "/repos/octo/demo", token)
    assert (status, repository["full_name"]) == (200, "octo/new")
    status, _, headers = fetch(demo, "/repos/octo/demo/issues/1/comments", token, {"body": "x"})
    assert (status, headers["Location"].rpartition("/issues/")[2]) == (307, "1/comments")


def test_a_force_push_moves_the_head(demo: FakeGitHub, repo: Repository) -> None:
    before = repo.get_pull(1).head.sha
    demo.force_push("octo/demo", "feat", demo.commit("octo/demo", "other", {"a.py": "new\n"}, parent=before))
    assert repo.get_pull(1).head.sha != before
    assert demo.repos["octo/demo"].git.rev("refs/pull/1/head") == repo.get_pull(1).head.sha
