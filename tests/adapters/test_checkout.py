import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reviewlore.adapters.checkout import Remote, RemoteStore, fetch_pull, fetch_pulls
from reviewlore.adapters.git import GitRepo
from reviewlore.errors import InputError, RefusedError, StorageError

NOW = "2026-11-20T10:00:00Z"
IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b.c",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b.c",
}


def git(folder, *arguments):
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True, env=os.environ | IDENTITY
    )
    return done.stdout.strip()


@pytest.fixture
def forge(tmp_path):
    """A bare `octo/demo` with main, a pull request 1 by its ref alone, and the address that stands for a server."""
    bare = tmp_path / "server" / "octo" / "demo.git"
    work = tmp_path / "work"
    bare.parent.mkdir(parents=True)
    git(tmp_path, "init", "--bare", "--quiet", "--initial-branch=main", str(bare))
    git(tmp_path, "clone", "--quiet", str(bare), str(work))
    (work / "a.py").write_text("x = 1\n")
    git(work, "add", "a.py")
    git(work, "commit", "--quiet", "-m", "base")
    git(work, "push", "--quiet", "origin", "HEAD:main")
    (work / "a.py").write_text("x = 2\n")
    git(work, "commit", "--quiet", "-am", "head")
    git(work, "push", "--quiet", "origin", "HEAD:refs/pull/1/head")
    return tmp_path


def remote(forge, token=""):
    return Remote(f"file://{forge}/server", "octo/demo", token)


def store(forge, name="state.git"):
    return RemoteStore(forge / name, remote(forge))


def put(target, path, data):
    return target.update(lambda _: {path: data}, lambda: f"Write {path}", NOW)


def test_a_missing_head_is_fetched_without_touching_the_work_tree(forge):
    clone = forge / "clone"
    git(forge, "clone", "--quiet", "--no-local", str(forge / "server/octo/demo.git"), str(clone))
    base, head = git(forge / "work", "rev-parse", "HEAD~1"), git(forge / "work", "rev-parse", "HEAD")
    repo = GitRepo(clone)
    assert not repo.contains(head)
    fetch_pull(repo, remote(forge), 1, base, head)
    assert repo.contains(head)
    assert (clone / "a.py").read_text() == "x = 1\n"
    assert git(clone, "status", "--porcelain") == ""


def test_all_heads_come_in_one_fetch(forge):
    clone = forge / "clone"
    git(forge, "clone", "--quiet", "--no-local", str(forge / "server/octo/demo.git"), str(clone))
    head = git(forge / "work", "rev-parse", "HEAD")
    repo = GitRepo(clone)
    assert not repo.contains(head)
    fetch_pulls(repo, remote(forge))
    assert repo.contains(head)
    assert git(clone, "rev-parse", "refs/reviewlore/pull/1") == head
    assert git(clone, "status", "--porcelain") == ""


def test_what_is_there_is_not_fetched(forge):
    base, head = git(forge / "work", "rev-parse", "HEAD~1"), git(forge / "work", "rev-parse", "HEAD")
    nowhere = Remote("file:///nowhere", "octo/demo", "")
    fetch_pull(GitRepo(forge / "work"), nowhere, 1, base, head)
    with pytest.raises(InputError):
        fetch_pull(GitRepo(forge / "work"), nowhere, 1, base, "f" * 40)


def test_a_head_that_was_pushed_over_is_told(forge):
    clone = forge / "clone"
    git(forge, "clone", "--quiet", str(forge / "server/octo/demo.git"), str(clone))
    with pytest.raises(InputError, match=r"octo/demo has no commit ffffffffffff for pull request 1"):
        fetch_pull(GitRepo(clone), remote(forge), 1, git(clone, "rev-parse", "HEAD"), "f" * 40)


@pytest.mark.parametrize("name", ["--upload-pack=touch x", "main", "", "a" * 39])
def test_what_is_no_commit_id_never_reaches_git(forge, name):
    """Attack 6."""
    repo = GitRepo(forge / "work")
    with pytest.raises(InputError, match="is no commit id"):
        fetch_pull(repo, remote(forge), 1, name, "f" * 40)


def test_the_state_branch_starts_empty_and_is_pushed(forge):
    first = store(forge)
    assert (first.head(), first.paths()) == (None, ())
    commit = put(first, "registry.json", b"{}")
    assert git(forge / "server/octo/demo.git", "rev-parse", "reviewlore/state") == commit
    second = store(forge, "second.git")
    assert second.read("registry.json") == b"{}"
    assert second.head() == commit
    assert put(second, "registry.json", b"{}") is None


def test_what_somebody_else_wrote_first_is_kept(forge):
    one, two = store(forge, "one.git"), store(forge, "two.git")
    put(one, "a", b"1")
    put(two, "b", b"2")
    assert store(forge, "three.git").paths() == ("a", "b")
    seen = []
    one.update(lambda now: seen.append(now.paths()) or {"c": b"3"}, lambda: "Write c", NOW)
    assert seen == [("a",), ("a", "b")]
    assert store(forge, "four.git").paths() == ("a", "b", "c")


class Restless(RemoteStore):
    """Somebody else always writes first."""

    def _push(self, commit, before, *, force):
        return "! [rejected] (fetch first)"


def test_a_branch_that_keeps_changing_is_told(forge):
    restless = Restless(forge / "state.git", remote(forge))
    with pytest.raises(StorageError, match="kept changing while it was written"):
        put(restless, "a", b"1")
    assert restless.head() is None


class Unlucky(RemoteStore):
    """Somebody else writes first, once, and the refused commit's id holds the number of an error."""

    def _push(self, commit, before, *, force):
        if not hasattr(self, "refused"):
            self.refused = True
            return f"! [rejected] 4a403401{commit[8:]} -> reviewlore/state (fetch first)"
        return super()._push(commit, before, force=force)


def test_a_commit_id_is_not_taken_for_a_refusal(forge):
    unlucky = Unlucky(forge / "state.git", remote(forge))
    assert put(unlucky, "a", b"1") == git(forge / "server/octo/demo.git", "rev-parse", "reviewlore/state")


@pytest.fixture
def listener():
    """A web server that refuses everything; what it was asked with, and its address."""
    asked = []

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers.get_all("Authorization"))
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_token_that_the_checkout_left_is_not_sent_beside_ours(forge, listener):
    asked, address = listener
    clone = forge / "work"
    git(clone, "config", f"http.{address}/.extraheader", "AUTHORIZATION: basic left-over")
    with pytest.raises(InputError):
        fetch_pull(GitRepo(clone), Remote(address, "octo/demo", "t"), 1, "a" * 40, "b" * 40)
    assert asked == [["basic eC1hY2Nlc3MtdG9rZW46dA=="]]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://git.example/lore", "https"),
        ("http://127.0.0.1:80/lore", "http:https"),
        ("/srv/lore", "file"),
        ("file:///srv/lore", "file"),
        ("ext::sh -c true", "file"),
        ("ssh://git.example/lore", "file"),
    ],
)
def test_no_redirect_leads_from_an_address_to_less(address, allowed):
    """Attack: a server that was named by https sends git to a port of this machine."""
    assert Remote("https://git.example", "lore", "", url=address).environ()["GIT_ALLOW_PROTOCOL"] == allowed


def test_a_push_that_is_denied_says_what_the_job_needs(forge):
    hook = forge / "server/octo/demo.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'Permission to octo/demo.git denied to github-actions[bot].' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(RefusedError, match="does not let this token write refs/heads/reviewlore/state") as error:
        put(store(forge), "a", b"1")
    assert "Give the job `contents: write`" in str(error.value)


def test_a_server_that_cannot_be_reached_is_told_without_the_token(forge):
    away = Remote("http://127.0.0.1:1", "octo/demo", "ghs_very_secret_token")
    with pytest.raises(InputError) as error:
        RemoteStore(forge / "state.git", away)
    assert "git ls-remote failed for octo/demo" in str(error.value)
    assert "ghs_very" not in str(error.value)


def test_the_token_is_in_the_environment_of_git_alone(monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("INPUT_GITHUB_TOKEN", "ghs_very_secret_token")
    away = Remote("https://git.example", "octo/demo", "ghs_very_secret_token")
    environ = away.environ()
    assert environ["GIT_CONFIG_KEY_1"] == "http.https://git.example/.extraheader"
    assert environ["GIT_CONFIG_VALUE_1"] == "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzX3Zlcnlfc2VjcmV0X3Rva2Vu"
    assert not {"GIT_DIR", "INPUT_GITHUB_TOKEN"} & environ.keys()
    assert "ghs_very" not in away.address


def test_hooks_of_the_machine_do_not_run(forge):
    target = store(forge)
    hook = forge / "state.git/hooks/pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {forge}/ran\n")
    hook.chmod(0o755)
    put(target, "a", b"1")
    assert not (forge / "ran").exists()


class Without:
    """A rewriting that takes one word out of every file."""

    def __init__(self, word):
        self.word, self.asked = word, 0

    def alter(self, revision):
        found = {path: revision.read(path) for path in revision.fresh}
        return {path: data.replace(self.word, b"") for path, data in found.items() if self.word in data}

    def reword(self, text):
        return text

    def close(self, tip):
        self.asked += 1
        return {"marks.json": b"{}"}

    def message(self):
        return "Forget a word"


def test_a_history_made_again_is_pushed_over_the_old_one(forge):
    first, bare = store(forge), forge / "server/octo/demo.git"
    old = [put(first, "log", b"kept\nsecret\n"), put(first, "other", b"1")]
    done = first.rewrite(Without(b"secret\n"), NOW)
    assert git(bare, "rev-parse", "reviewlore/state") == done.head == first.head()
    assert (done.before, done.commits) == (old[1], 2)
    assert git(bare, "log", "--format=%s", "reviewlore/state").splitlines() == [
        "Forget a word",
        "Write other",
        "Write log",
    ]
    assert store(forge, "second.git").read("log") == b"kept\n"
    assert not {*old} & {*git(bare, "rev-list", "reviewlore/state").split()}


def test_a_dry_run_pushes_nothing(forge):
    first = store(forge)
    head = put(first, "log", b"secret\n")
    assert first.rewrite(Without(b"secret\n"), NOW, dry_run=True).commits == 1
    assert git(forge / "server/octo/demo.git", "rev-parse", "reviewlore/state") == head == first.head()


def test_what_was_pushed_before_a_rewriting_is_made_again_too(forge):
    one, two = store(forge, "one.git"), store(forge, "two.git")
    put(one, "a", b"secret 1")
    two._fetch()
    put(two, "b", b"secret 2")
    plan = Without(b"secret ")
    one.rewrite(plan, NOW)
    assert plan.asked == 2
    fresh = store(forge, "three.git")
    assert {path: fresh.read(path) for path in fresh.paths()} == {"a": b"1", "b": b"2", "marks.json": b"{}"}


def test_who_writes_on_the_old_history_writes_again_on_the_new_one(forge):
    one, two = store(forge, "one.git"), store(forge, "two.git")
    put(one, "a", b"secret 1")
    two._fetch()
    one.rewrite(Without(b"secret "), NOW)
    put(two, "b", b"2")
    fresh = store(forge, "three.git")
    assert {path: fresh.read(path) for path in fresh.paths()} == {"a": b"1", "b": b"2", "marks.json": b"{}"}


@pytest.mark.parametrize(
    "rule",
    [
        ("config", "receive.denyNonFastForwards", "true"),
        "#!/bin/sh\necho 'error: GH013: Repository rule violations found for it.' >&2\nexit 1\n",
    ],
)
def test_a_rule_against_pushing_over_the_branch_is_told(forge, rule):
    target, bare = store(forge), forge / "server/octo/demo.git"
    head = put(target, "a", b"secret 1")
    if isinstance(rule, tuple):
        git(bare, *rule)
    else:
        (bare / "hooks/pre-receive").write_text(rule)
        (bare / "hooks/pre-receive").chmod(0o755)
    plan = Without(b"secret ")
    with pytest.raises(RefusedError, match="and allow it to push over the branch"):
        target.rewrite(plan, NOW)
    assert plan.asked == 1
    assert (target.head(), git(bare, "rev-parse", "reviewlore/state")) == (head, head)


class Deaf(RemoteStore):
    """The first push arrives, but its answer is lost."""

    def _push(self, commit, before, *, force):
        said = super()._push(commit, before, force=force)
        if not hasattr(self, "lost"):
            self.lost = True
            return "the connection was reset"
        return said


def test_a_push_that_arrived_without_an_answer_is_not_made_twice(forge):
    deaf = Deaf(forge / "state.git", remote(forge))
    commit = put(deaf, "a", b"secret 1")
    assert git(forge / "server/octo/demo.git", "rev-parse", "reviewlore/state") == commit == deaf.head()
    del deaf.lost
    plan = Without(b"secret ")
    assert deaf.rewrite(plan, NOW).head == deaf.head()
    assert plan.asked == 1
    assert git(forge / "server/octo/demo.git", "rev-list", "--count", "reviewlore/state") == "2"
