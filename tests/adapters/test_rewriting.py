"""The state branch's history made again on real repositories: what changes, what keeps its id, what a kill leaves."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from git import refresh
from tests.repositories import git, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.rewriting import object_id
from reviewlore.adapters.store import REF, GitStore
from reviewlore.domain.mining import Rewritten
from reviewlore.errors import ConfigError, StateError, StorageError
from reviewlore.ports import Revision, Rewriting, Store

NOW = "2026-01-02T03:04:05Z"
LATER = "2026-02-02T03:04:05Z"


class Without(Rewriting):
    """Takes one word out of files, messages and names; a file that had nothing else goes. Notes what it was asked."""

    def __init__(self, word: str, top: Mapping[str, bytes | None] | None = None) -> None:
        self.word, self.top = word, top or {}
        self.read: list[tuple[str, bytes]] = []
        self.tips: list[tuple[str, ...]] = []

    def alter(self, revision: Revision) -> dict[str, bytes | None]:
        found: dict[str, bytes | None] = {}
        for path in revision.fresh:
            data = revision.read(path)
            self.read.append((path, data))
            if self.word.encode() in data:
                found[path] = data.replace(self.word.encode(), b"") or None
        return found

    def reword(self, text: str) -> str:
        return text.replace(self.word, "someone")

    def close(self, tip: Store) -> Mapping[str, bytes | None]:
        self.tips.append(tip.paths())
        return self.top

    def message(self) -> str:
        return "Forget a word"


@pytest.fixture
def store(tmp_path: Path) -> GitStore:
    return GitStore(GitRepo(make_repository(tmp_path / "repo")))


def put(store: GitStore, files: Mapping[str, bytes | None], message: str = "Write", now: str = NOW) -> str:
    commit = store.update(lambda _: files, lambda: message, now)
    assert commit is not None
    return commit


def history(store: GitStore, form: str = "%s|%at|%ct") -> list[str]:
    return git(store._git_dir, "log", "--reverse", f"--format={form}", REF).splitlines()


def reachable(folder: Path, ref: str = REF) -> str:
    """All that can be reached from a ref, as one text: commits, trees by their names, contents."""
    names = git(folder, "rev-list", "--objects", "--no-object-names", ref).split()
    batch = subprocess.run(
        ["git", "-C", str(folder), "cat-file", "--batch"], input="\n".join(names), text=True, capture_output=True,
        check=True, errors="replace",
    )  # fmt: skip
    return batch.stdout + "\n".join(git(folder, "ls-tree", "-r", "-t", name) for name in history_of(folder, ref))


def history_of(folder: Path, ref: str) -> list[str]:
    return git(folder, "rev-list", ref).split()


def fill(store: GitStore) -> list[str]:
    return [
        put(store, {"a/b/kept.json": b"1\n", "log": b"one\n"}, "First"),
        put(store, {"log": b"one\ntwo\n"}, "Second", "2026-01-03T03:04:05Z"),
        put(store, {"a/b/all.json": b"secret", "log": b"one\ntwo\nsecret\n"}, "Third by secret", LATER),
        put(store, {"log": b"one\ntwo\nsecret\nfour\n", "m.json": b"4"}, "Fourth", LATER),
    ]


def test_a_word_goes_from_every_commit_and_the_rest_stays(store: GitStore) -> None:
    before = fill(store)
    done = store.rewrite(Without("secret", {"marks.json": b"{}"}), LATER)
    after = git(store._git_dir, "rev-list", "--reverse", REF).split()
    assert done == Rewritten(before[-1], after[-1], 2)
    assert store.head() == after[-1]
    assert after[:2] == before[:2], "history before the first change keeps its ids"
    assert not {*before[2:]} & {*after}
    assert history(store) == [
        "First|1767323045|1767323045",
        "Second|1767409445|1767409445",
        "Third by someone|1770001445|1770001445",
        "Fourth|1770001445|1770001445",
        "Forget a word|1770001445|1770001445",
    ]
    assert "secret" not in reachable(store._git_dir)
    assert store.paths() == ("a/b/kept.json", "log", "m.json", "marks.json")
    assert store.read("log") == b"one\ntwo\n\nfour\n"
    git(store._git_dir, "fsck", "--strict", "--no-dangling")


def test_the_same_plan_gives_the_same_commits_and_then_nothing(store: GitStore, tmp_path: Path) -> None:
    other = GitStore(GitRepo(make_repository(tmp_path / "other")))
    fill(store)
    fill(other)
    first = store.rewrite(Without("secret"), LATER)
    assert other.rewrite(Without("secret"), LATER) == first
    assert store.rewrite(Without("secret"), LATER) == Rewritten(first.head, None)


def test_without_a_change_only_the_last_commit_is_added(store: GitStore) -> None:
    before = fill(store)
    done = store.rewrite(Without("absent", {"marks.json": b"{}"}), LATER)
    assert (done.before, done.commits) == (before[-1], 0)
    assert git(store._git_dir, "rev-parse", f"{REF}^") == before[-1]


def test_each_content_is_read_once(store: GitStore) -> None:
    fill(store)
    for number in range(20):
        put(store, {"counter": str(number).encode()}, f"Count {number}")
    plan = Without("secret")
    store.rewrite(plan, LATER)
    assert len(plan.read) == len(set(plan.read)) == 27
    assert sum(path == "log" for path, _ in plan.read) == 4


def test_a_branch_without_commits_gets_its_first(store: GitStore) -> None:
    done = store.rewrite(Without("secret", {"marks.json": b"{}"}), NOW)
    assert (done.before, done.commits, store.paths()) == (None, 0, ("marks.json",))
    assert history(store, "%s") == ["Forget a word"]


def test_a_branch_without_commits_and_nothing_to_write_stays_so(store: GitStore) -> None:
    assert store.rewrite(Without("secret"), NOW) == Rewritten(None, None)
    assert store.head() is None


def test_a_commit_whose_files_all_go_is_kept_empty(store: GitStore) -> None:
    put(store, {"deep/er/a": b"secret"})
    store.rewrite(Without("secret"), NOW)
    assert store.paths() == ()
    assert history(store, "%s %T") == ["Write 4b825dc642cb6eb9a060e54bf8d69288fbee4904"]
    put(store, {"b": b"1"})
    assert store.paths() == ("b",)


def test_a_dry_run_tells_the_same_and_writes_nothing(store: GitStore) -> None:
    before = fill(store)
    objects = git(store._git_dir, "count-objects")
    plan = Without("secret", {"marks.json": b"{}"})
    assert store.rewrite(plan, LATER, dry_run=True) == Rewritten(before[-1], None, 2)
    assert len(plan.tips) == 1
    assert (store.head(), git(store._git_dir, "count-objects")) == (before[-1], objects)


def test_the_reflog_leads_nowhere_and_goes_on(store: GitStore) -> None:
    fill(store)
    assert len(git(store._git_dir, "reflog", "show", REF).splitlines()) == 4
    store.rewrite(Without("secret"), LATER)
    assert git(store._git_dir, "reflog", "show", REF) == ""
    put(store, {"z": b"1"})
    assert len(git(store._git_dir, "reflog", "show", REF).splitlines()) == 1


def test_a_second_run_empties_a_reflog_that_a_killed_one_left(store: GitStore) -> None:
    fill(store)
    store.rewrite(Without("absent"), LATER)
    assert git(store._git_dir, "reflog", "show", REF) == ""


def test_after_a_prune_the_old_bytes_are_gone_from_the_repository(store: GitStore) -> None:
    before = fill(store)
    store.rewrite(Without("secret"), LATER)
    git(store._git_dir, "gc", "--quiet", "--prune=now")
    with pytest.raises(subprocess.CalledProcessError):
        git(store._git_dir, "cat-file", "-e", before[2])


def test_other_refs_that_hold_the_old_history_are_named(store: GitStore) -> None:
    before = fill(store)
    git(store._git_dir, "update-ref", "refs/remotes/origin/reviewlore/state", before[-1])
    git(store._git_dir, "tag", "early", before[1])
    git(store._git_dir, "tag", "backup", before[2])
    done = store.rewrite(Without("secret"), LATER)
    assert done.held_by == ("refs/remotes/origin/reviewlore/state", "refs/tags/backup")


def test_commits_by_hand_merges_signatures_and_odd_names(store: GitStore) -> None:
    """A maintainer reverted and merged by hand, and signed: the shape stays, the person and the signature go."""
    folder = store._git_dir
    first, second = fill(store)[:2]
    tree = git(folder, "rev-parse", f"{REF}^{{tree}}")
    raw = (
        f"tree {tree}\nparent {git(folder, 'rev-parse', REF)}\nparent {second}\n"
        "author secret <s@example.org> 1767323045 +0100\ncommitter Someone Else <e@example.org> 1767323045 +0100\n"
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----\n\nMerge\n\nby hand\n"
    )
    made = git(folder, "hash-object", "-t", "commit", "-w", "--stdin", stdin=raw.encode())
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"secret")
    rows = git(folder, "ls-tree", made) + f"\n120000 blob {blob}\tlink\n100755 blob {blob}\tsp ace é\n"
    odd = git(folder, "commit-tree", "-p", made, "-m", "Odd", git(folder, "mktree", stdin=rows.encode()))
    git(folder, "update-ref", REF, odd)
    store.rewrite(Without("secret"), LATER)
    assert history(store, "%an|%ae|%cn|%ad")[-2:] == [
        "reviewlore|reviewlore@users.noreply.github.com|Someone Else|Fri Jan 2 04:04:05 2026 +0100",
        "someone|someone@example.org|someone|Thu Jan 1 00:00:00 2026 +0000",
    ]
    merge = git(folder, "cat-file", "commit", f"{REF}^")
    assert "gpgsig" not in merge and merge.endswith("\n\nMerge\n\nby hand")
    assert git(folder, "rev-parse", f"{REF}^^2") == second
    assert git(folder, "rev-list", "--max-parents=0", REF) == first
    assert git(folder, "ls-tree", "--name-only", REF).splitlines() == ["a", "log", "m.json"]
    git(folder, "fsck", "--strict", "--no-dangling")


def test_a_history_that_is_cut_off_is_refused(store: GitStore, tmp_path: Path) -> None:
    fill(store)
    git(tmp_path, "clone", "-q", "--bare", "--depth=2", "-b", "reviewlore/state", f"file://{store._git_dir}", "cut")
    cut = GitStore(GitRepo(tmp_path / "cut"))
    head = cut.head()
    with pytest.raises(StateError, match=r"is cut off behind .*git fetch --unshallow"):
        cut.rewrite(Without("secret"), LATER)
    assert cut.head() == head


def test_a_branch_of_somebody_else_is_never_made_again(store: GitStore) -> None:
    folder = store._git_dir
    git(folder, "update-ref", "refs/heads/main", git(folder, "commit-tree", "-m", "x", git(folder, "write-tree")))
    with pytest.raises(ConfigError, match="The branch 'main' holds something else"):
        GitStore(GitRepo(folder), "refs/heads/main").rewrite(Without("x"), NOW)


def test_what_somebody_else_writes_meanwhile_is_made_again_too(store: GitStore) -> None:
    fill(store)

    class Raced(Without):
        def close(self, tip: Store) -> Mapping[str, bytes | None]:
            if not self.tips:
                put(GitStore(GitRepo(store._git_dir)), {"late": b"late secret"}, "Late")
            return super().close(tip)

    plan = Raced("secret", {"marks.json": b"{}"})
    store.rewrite(plan, LATER)
    assert len(plan.tips) == 2
    assert history(store, "%s")[-2:] == ["Late", "Forget a word"]
    assert store.read("late") == b"late "
    assert "secret" not in reachable(store._git_dir)


def test_a_branch_that_never_rests_is_told_and_left_alone(store: GitStore) -> None:
    fill(store)

    class Restless(Without):
        def close(self, tip: Store) -> Mapping[str, bytes | None]:
            put(GitStore(GitRepo(store._git_dir)), {"late": str(len(self.tips)).encode()}, "Late")
            return super().close(tip)

    with pytest.raises(StorageError, match="kept changing while it was written"):
        store.rewrite(Restless("secret"), LATER)
    assert store.read("log") == b"one\ntwo\nsecret\nfour\n"


def test_two_rewritings_at_once_both_hold(store: GitStore) -> None:
    for number in range(12):
        put(store, {f"f{number}": f"left {number} right\n".encode()}, f"Write {number}")
    threads = [
        threading.Thread(target=lambda word=word: GitStore(GitRepo(store._git_dir)).rewrite(Without(word), LATER))
        for word in ("left", "right")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = reachable(store._git_dir)
    assert "left" not in found and "right" not in found
    assert store.read("f11") == b" 11 \n"


@pytest.mark.parametrize("step", ["_load", "_save", "_write", "_swap"])
def test_an_interruption_at_any_step_leaves_the_branch_as_it_was(
    store: GitStore, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reading and writing of an object, and the moves at the end, are interrupted once."""
    head = fill(store)[-1]
    names = {path: store.read(path) for path in store.paths()}
    whole: Callable[..., object] = getattr(GitStore, step)
    calls = broken = 0

    def interrupted(self: GitStore, *arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls > broken:
            raise KeyboardInterrupt
        return whole(self, *arguments)

    while True:
        calls = 0

        with monkeypatch.context() as patch:
            patch.setattr(GitStore, step, interrupted)
            try:
                GitStore(GitRepo(store._git_dir)).rewrite(Without("secret", {"marks.json": b"{}"}), LATER)
                break
            except KeyboardInterrupt:
                broken += 1
        assert store.head() == head
        assert {path: store.read(path) for path in store.paths()} == names
    assert broken >= {"_load": 14, "_save": 7, "_write": 1, "_swap": 1}[step]
    assert "secret" not in reachable(store._git_dir)


def rewrite_in_a_child(folder: Path, program: Path) -> int:
    """Rewrite in another process with another git, and return how it ended: minus the signal, or its exit code."""
    child = os.fork()
    if not child:
        try:
            refresh(str(program))
            GitStore(GitRepo(folder)).rewrite(Without("secret", {"marks.json": b"{}"}), LATER)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_process_killed_at_any_call_of_git_leaves_the_branch_old_or_new(store: GitStore, tmp_path: Path) -> None:
    """A git that kills its parent when it is called for the k-th time, before it does anything."""
    head = fill(store)[-1]
    program, count, stop = tmp_path / "bin" / "git", tmp_path / "count", tmp_path / "stop"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nread n < {count}; n=$((n + 1)); echo $n > {count}; read stop < {stop}\n"
        f'[ $n = $stop ] && kill -9 $PPID && exit 1\nexec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    seen: list[bool] = []
    for step in range(1, 40):
        count.write_text("0\n")
        stop.write_text(f"{step}\n")
        ended = rewrite_in_a_child(store._git_dir, program)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        seen.append(store.head() == head)
        if seen[-1]:
            assert store.read("log") == b"one\ntwo\nsecret\nfour\n"
        else:  # only the log was left to empty
            assert "secret" not in reachable(store._git_dir)
    git(store._git_dir, "fsck", "--strict", "--no-dangling")
    assert len(seen) >= 8
    assert seen.count(False) <= 2 and seen[:6] == [True] * 6
    assert "secret" not in reachable(store._git_dir)
    assert git(store._git_dir, "reflog", "show", REF) == ""


def test_ids_are_those_of_git(store: GitStore) -> None:
    for kind, data in (("blob", b"x\n"), ("tree", b"")):
        made = git(store._git_dir, "hash-object", "-t", kind, "--stdin", stdin=data)
        assert object_id(kind, data) == made


def test_a_full_disk_is_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    """A limit on the size of files ends git as a full disk does."""
    store = GitStore(GitRepo(make_repository(tmp_path / "full")))
    before = store.update(lambda _: {"a.txt": b"one"}, lambda: "First", NOW)
    program = """
import os, resource, sys
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.errors import StorageError

class Larger:
    def alter(self, revision): return {path: os.urandom(20000) for path in revision.fresh}
    def reword(self, text): return text
    def close(self, tip): return {}
    def message(self): return "Never"

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try: GitStore(GitRepo(sys.argv[1])).rewrite(Larger(), "2026-01-02T03:04:05Z")
except StorageError as error: print("SENTENCE", error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(store._git_dir)], capture_output=True, text=True, check=False
    )
    assert "SENTENCE The state branch refs/heads/reviewlore/state could not be written" in done.stdout, done.stderr
    assert store.head() == before
