"""The state branch on real repositories: compare-and-swap, no identity, nothing half-written."""

import errno
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import REF, GitStore
from reviewlore.errors import ConfigError, StateError, StorageError

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitStore:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path / "repo")], check=True)
    return GitStore(GitRepo(tmp_path / "repo"))


def put(store: GitStore, files: dict[str, bytes | None]) -> str | None:
    return store.update(lambda _: files, lambda: "Write", NOW)


def test_first_write_needs_no_identity_and_makes_an_orphan_commit(store: GitStore) -> None:
    assert store.head() is None
    assert store.paths() == ()
    commit = put(store, {"a/b.json": b"{}\n", "c.txt": "é\n".encode()})
    assert commit == store.head()
    assert store.paths() == ("a/b.json", "c.txt")
    assert store.paths("a/") == ("a/b.json",)
    assert store.read("c.txt") == "é\n".encode()
    assert store.read("missing") is None


def test_writing_the_same_bytes_again_makes_no_commit(store: GitStore) -> None:
    first = put(store, {"a": b"1"})
    assert put(store, {"a": b"1"}) is None
    assert store.head() == first


def test_none_removes_a_file(store: GitStore) -> None:
    put(store, {"a": b"1", "b": b"2"})
    put(store, {"a": None})
    assert store.paths() == ("b",)


def test_the_same_content_at_the_same_time_has_the_same_commit(store: GitStore, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "other")], check=True)
    other = GitStore(GitRepo(tmp_path / "other"))
    assert put(store, {"a": b"1"}) == put(other, {"a": b"1"})


def test_a_second_writer_is_not_overwritten(store: GitStore) -> None:
    put(store, {"log": b"0"})
    raced = []

    def change(snapshot: object) -> dict[str, bytes]:
        if not raced:  # somebody else writes between our read and our swap
            raced.append(put(store, {"other": b"x"}))
        return {"log": snapshot.read("log") + b"1"}  # type: ignore[attr-defined]

    store.update(change, lambda: "Append", NOW)
    assert store.read("log") == b"01"
    assert store.read("other") == b"x"


def test_many_writers_lose_nothing(store: GitStore) -> None:
    put(store, {"log": b""})

    def append(mark: bytes) -> None:
        own = GitStore(GitRepo(store._git_dir))
        while True:
            try:
                own.update(lambda s: {"log": (s.read("log") or b"") + mark}, lambda: "Append", NOW)
                return
            except StorageError:
                continue

    threads = [threading.Thread(target=append, args=(bytes([65 + n]),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.read("log") or b"") == [65, 66, 67, 68]


def test_a_failing_change_leaves_the_branch_alone(store: GitStore) -> None:
    before = put(store, {"a": b"1"})

    def change(_: object) -> dict[str, bytes]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.update(change, lambda: "Never", NOW)
    assert store.head() == before


def test_an_unwritable_object_folder_is_one_sentence_and_changes_nothing(
    store: GitStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put(store, {"a": b"1"})
    limited = "import resource,sys;resource.setrlimit(resource.RLIMIT_FSIZE,(10,10));"
    script = limited + (
        "import signal;signal.signal(signal.SIGXFSZ,signal.SIG_IGN);"
        "from reviewlore.adapters.git import GitRepo;from reviewlore.adapters.store import GitStore;"
        "from reviewlore.errors import ConfigError, StateError, StorageError\n"
        "try: GitStore(GitRepo(sys.argv[1])).update(lambda s:{'a':b'2'*5000},lambda:'Big','2026-01-02T03:04:05Z')\n"
        "except StorageError as error: print('SENTENCE', error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(store._git_dir)], capture_output=True, text=True, check=False
    )
    assert "SENTENCE The state branch refs/heads/reviewlore/state could not be written" in done.stdout, done.stderr
    assert "It is unchanged" in done.stdout
    assert store.head() == before
    assert not list(store._git_dir.glob("reviewlore-*"))


def test_no_hook_runs(store: GitStore, tmp_path: Path) -> None:
    hook = store._git_dir / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    assert put(store, {"a": b"1"})
    assert not (tmp_path / "ran").exists()


def test_a_locked_branch_names_the_lock(store: GitStore) -> None:
    before = put(store, {"a": b"1"})
    lock = store._git_dir / f"{REF}.lock"
    lock.write_text("")
    with pytest.raises(
        StorageError,
        match=r"could not be moved: fatal: .*Unable to create '.*state\.lock': File exists\. "
        r"It is unchanged; run the command again, and if no other git process is at work, remove that file first\.",
    ):
        put(store, {"a": b"2"})
    lock.unlink()
    assert store.head() == before


def test_a_read_only_folder_is_named_whole(store: GitStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "/srv/clone/.git/reviewlore-x")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(StorageError, match=r"written: Read-only file system \(/srv/clone/\.git/reviewlore-x\)\. It is"):
        put(store, {"a": b"1"})


def test_a_branch_below_is_not_the_branch(store: GitStore) -> None:
    below = GitStore(GitRepo(store._git_dir), f"{REF}/x")
    put(below, {"a": b"1"})
    assert store.head() is None
    with pytest.raises(StorageError, match="could not be moved"):
        put(store, {"a": b"2"})


def test_a_branch_of_somebody_else_is_never_written(store: GitStore) -> None:
    git = ["git", "-C", str(store._git_dir), "-c", "user.name=x", "-c", "user.email=x@y"]
    tree = subprocess.run([*git, "write-tree"], capture_output=True, text=True, check=True).stdout.strip()
    made = subprocess.run([*git, "commit-tree", "-m", "x", tree], capture_output=True, text=True, check=True)
    subprocess.run([*git, "update-ref", "refs/heads/main", made.stdout.strip()], check=True)
    with pytest.raises(ConfigError, match="The branch 'main' holds something else"):
        put(GitStore(GitRepo(store._git_dir), "refs/heads/main"), {"a": b"1"})
    mine = GitStore(GitRepo(store._git_dir), "refs/heads/lore")
    assert put(mine, {"a": b"1"}) and put(mine, {"a": b"2"})


def test_the_branch_is_an_ordinary_branch(store: GitStore) -> None:
    put(store, {"a": b"1"})
    log = subprocess.run(
        ["git", "-C", str(store._git_dir), "log", "--format=%an %s %at", REF],
        capture_output=True,
        text=True,
        check=True,
    )
    assert log.stdout == "reviewlore Write 1767323045\n"


def _object(store: GitStore, revision: str) -> Path:
    name = subprocess.run(
        ["git", "-C", str(store._git_dir), "rev-parse", revision], capture_output=True, text=True, check=True
    ).stdout.strip()
    return store._git_dir / "objects" / name[:2] / name[2:]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"junk")])
@pytest.mark.parametrize(
    ("revision", "said"), [(f"{REF}:a", " for a at "), (f"{REF}^{{tree}}", "the list of its files")]
)
def test_an_object_that_is_gone_or_damaged_is_one_sentence(
    store: GitStore, damage: Callable[[Path], object], revision: str, said: str
) -> None:
    put(store, {"a": b"1"})
    target = _object(store, revision)
    target.chmod(0o600)
    damage(target)
    with pytest.raises(StateError, match=said):
        GitStore(GitRepo(store._git_dir)).read("a")


def test_each_read_sees_what_was_written_last(store: GitStore) -> None:
    other = GitStore(GitRepo(store._git_dir))
    put(store, {"a": b"1"})
    assert store.read("a") == other.read("a") == b"1"
    put(other, {"a": b"2", "b": b"3"})
    assert store.read("a") == b"2"
    assert store.paths() == ("a", "b")


def test_the_branch_is_known_as_it_was_when_a_path_was_added(store: GitStore) -> None:
    assert store.when_added("a") is None
    put(store, {"a": b"1", "rows": b"one"})
    put(store, {"a": b"2", "rows": b"one\ntwo", "b": b"1"})  # b is a copy of what a was: still a new path
    put(store, {"rows": None})
    for path, rows in (("a", b"one"), ("b", b"one\ntwo")):
        then = store.when_added(path)
        assert then is not None
        assert then.read("rows") == rows
        with pytest.raises(StorageError, match="read-only"):
            then.update(lambda _: {"c": b""}, lambda: "Write", NOW)
    assert store.when_added("missing") is None
