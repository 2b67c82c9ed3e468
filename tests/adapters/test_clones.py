"""Clones for the App's jobs: whole or not there, named by a number, and no more than there is room for."""

import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.clones import CloneShelf
from reviewlore.adapters.git import GitRepo
from reviewlore.domain.app import Grant
from reviewlore.errors import ForgeError, StoppedError, StorageError


@pytest.fixture
def server(tmp_path: Path) -> Path:
    make_repository(tmp_path / "server" / "octo" / "demo.git")
    commit(tmp_path / "server/octo/demo.git", {"a": "1\n" * 5000})
    return tmp_path / "server"


def shelf(server: Path, most: int = 1 << 30) -> CloneShelf:
    return CloneShelf(server.parent / "clones", f"file://{server}", most)


def grant(number: int = 5, name: str = "octo/demo") -> Grant:
    return Grant(name, number, "")


def head(clone: str) -> str:
    return git(Path(clone), "rev-parse", "refs/remotes/origin/main")


def test_a_clone_has_the_branches_as_they_are_now(server: Path) -> None:
    home, clones = server / "octo/demo.git", shelf(server)
    git(home, "branch", "old")
    with clones.hold(grant()) as clone:
        assert head(clone) == git(home, "rev-parse", "HEAD")
        assert "refs/remotes/origin/old" in git(Path(clone), "for-each-ref")
    after = commit(home, {"b": "2"})
    git(home, "branch", "-D", "old")
    with clones.hold(grant()) as again:
        assert again == clone and head(again) == after
        assert "refs/remotes/origin/old" not in git(Path(again), "for-each-ref")
    assert oct(clones._folder.stat().st_mode)[-3:] == "700"


def test_a_renamed_repository_keeps_its_clone_and_no_name_leads_elsewhere(server: Path) -> None:
    clones = shelf(server)
    with clones.hold(grant()) as first:
        pass
    (server / "octo/demo.git").rename(server / "octo/new.git")
    with clones.hold(grant(name="octo/new")) as second:
        assert second == first
        assert git(Path(second), "config", "remote.origin.url").endswith("/octo/new.git")
    with pytest.raises(ForgeError), clones.hold(grant(6, "../../etc")):
        pass
    assert [path.name for path in (server.parent / "clones").iterdir()] == ["5.git"]


def test_what_a_killed_server_left_is_in_nobodys_way(server: Path) -> None:
    with shelf(server).hold(grant()) as clone:
        pass
    for lock in ("packed-refs.lock", "shallow.lock", "refs/remotes/origin/main.lock"):
        (Path(clone) / lock).parent.mkdir(parents=True, exist_ok=True)
        (Path(clone) / lock).write_text("")
    (server.parent / "clones" / ".6-abc.partial").mkdir()
    after = commit(server / "octo/demo.git", {"b": "2"})
    with shelf(server).hold(grant()) as again:
        assert head(again) == after
    assert [path.name for path in (server.parent / "clones").iterdir()] == ["5.git"]


def test_a_forge_that_cannot_be_reached_is_asked_again_later(server: Path) -> None:
    clones = shelf(server)
    (server / "octo/demo.git").rename(server / "gone")
    with pytest.raises(ForgeError, match="git fetch failed for octo/demo"), clones.hold(grant()):
        pass
    assert not list((server.parent / "clones").iterdir())


def test_a_disk_that_cannot_be_written_is_said(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clones = shelf(server)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "utime", full)
    with pytest.raises(StorageError, match="No space left"), clones.hold(grant()):
        pass


def test_the_least_recently_used_make_room_but_none_that_is_held(server: Path) -> None:
    clones = shelf(server, most=1)
    with clones.hold(grant(1)) as first:
        with clones.hold(grant(2)) as second:
            pass
        assert Path(first).exists() and not Path(second).exists()
    assert not Path(first).exists()


def test_what_nobody_used_for_a_month_is_removed(server: Path) -> None:
    clones = shelf(server)
    for number in (1, 2):
        with clones.hold(grant(number)) as clone:
            pass
    os.utime(clone, (1_000_000_000, 1_000_000_000))
    clones.trim()
    assert [path.name for path in (server.parent / "clones").iterdir()] == ["1.git"]


def test_two_repositories_at_once(server: Path) -> None:
    clones, both = shelf(server), threading.Barrier(2, timeout=20)

    def use(number: int) -> None:
        with clones.hold(grant(number)):
            both.wait()

    threads = [threading.Thread(target=use, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken


def test_what_a_job_left_in_its_clone_starts_nothing_outside(server: Path, tmp_path: Path) -> None:
    """Attack: a job may write its clone; the server's git must not take orders from it."""
    clones, trap = shelf(server), tmp_path / "trap"
    with clones.hold(grant()) as clone:
        pass
    home = server / "octo/demo.git"
    orders = f"[core]\n\talternateRefsCommand = touch {trap}; true\n"
    alternates = Path(clone) / "objects/info/alternates"

    def poison() -> None:
        alternates.parent.mkdir(exist_ok=True)
        alternates.write_text(f"{home}/.git/objects\n")
        with (Path(clone) / "config").open("a") as stream:
            stream.write(orders)

    poison()
    commit(home, {"b": "2"})
    git(Path(clone), "fetch", "-q", f"file://{home}", "+refs/heads/*:refs/remotes/origin/*")
    assert trap.exists(), "git obeys such a clone"
    trap.unlink()
    poison()
    after = commit(home, {"b": "3"})
    with clones.hold(grant()):
        assert head(clone) == after
    assert not trap.exists() and not alternates.exists()
    assert orders not in (Path(clone) / "config").read_text()


@pytest.mark.parametrize("name", ["objects/pack", "refs/remotes/origin", "config"])
def test_a_link_that_a_job_laid_is_not_followed(server: Path, tmp_path: Path, name: str) -> None:
    clones, elsewhere = shelf(server), tmp_path / "elsewhere"
    with clones.hold(grant()) as clone:
        pass
    elsewhere.mkdir()
    (Path(clone) / name).rename(tmp_path / "old")
    (Path(clone) / name).symlink_to(elsewhere)
    commit(server / "octo/demo.git", {"b": "2"})
    with clones.hold(grant()):
        assert head(clone) == git(server / "octo/demo.git", "rev-parse", "HEAD")
    assert not list(elsewhere.iterdir()) and not (Path(clone) / name).is_symlink()


def test_a_log_that_a_job_laid_is_not_gone_on_with(server: Path, tmp_path: Path) -> None:
    """Attack: what git appends to a log of a branch goes through a link to the App's secrets, and is one then."""
    clones, secret = shelf(server), tmp_path / "webhook-secret"
    secret.write_text("s" * 40)
    with clones.hold(grant()) as clone:
        pass
    home, log = server / "octo/demo.git", Path(clone) / "logs/refs/remotes/origin/main"

    def poison() -> None:
        log.parent.mkdir(parents=True)
        log.symlink_to(secret)

    poison()
    commit(home, {"b": "2"})
    git(Path(clone), "fetch", "-q", f"file://{home}", "+refs/heads/*:refs/remotes/origin/*")
    assert len(secret.read_text()) > 80, "git goes on with such a log"
    secret.write_text("s" * 40)
    commit(home, {"b": "3"})
    with clones.hold(grant()):
        assert secret.read_text() == "s" * 40 and not log.exists()
        log.parent.mkdir(parents=True)
        log.touch()
    commit(home, {"b": "4"})
    with clones.hold(grant()):
        assert not log.exists(), "a log grows without end"


def test_a_pipe_that_a_job_laid_keeps_nobody_waiting(server: Path) -> None:
    clones = shelf(server)
    with clones.hold(grant()) as clone:
        pass
    (Path(clone) / "FETCH_HEAD").unlink()
    os.mkfifo(Path(clone) / "FETCH_HEAD")
    after = commit(server / "octo/demo.git", {"b": "2"})
    with clones.hold(grant()):
        assert head(clone) == after


def test_no_object_stands_for_another_one(server: Path) -> None:
    """Attack: `refs/replace/ID` makes git read another object wherever ID is asked for."""
    clones, home = shelf(server), server / "octo/demo.git"
    with clones.hold(grant()) as clone:
        pass

    wanted, other = git(home, "rev-parse", "HEAD:a"), git(Path(clone), "hash-object", "-w", "HEAD")
    git(Path(clone), "update-ref", f"refs/replace/{wanted}", other)
    assert git(Path(clone), "cat-file", "-p", wanted).startswith("ref:"), "git obeys such a clone"
    assert GitRepo(clone).read(head(clone), "a") == b"1\n" * 5000
    with clones.hold(grant()):
        assert not git(Path(clone), "for-each-ref", "refs/replace")


def test_two_jobs_never_have_the_same_clone(server: Path) -> None:
    clones = shelf(server)
    with clones.hold(grant()) as first, clones.hold(grant(), background=True) as second:
        assert first != second and head(first) == head(second)
        (server / "octo/demo.git").rename(server / "octo/new.git")
        with pytest.raises(StorageError, match="Another job works on"), clones.hold(grant(name="octo/new")):
            pass
    with clones.hold(grant(name="octo/new")) as again:
        assert again == first


def test_a_fetch_ends_when_the_server_stops(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first fetch may take a quarter of an hour; whoever stops the server kills it after half a minute."""
    tools, begun = server.parent / "bin", server.parent / "begun"
    tools.mkdir()
    real, hangs = shutil.which("git"), f"sleep 60 & echo $! > {begun}; wait"
    (tools / "git").write_text(f'#!/bin/sh\ncase "$*" in *--prune*) {hangs};; *) exec {real} "$@";; esac\n')
    (tools / "git").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    clones, ended = shelf(server), list[type[BaseException]]()

    def use() -> None:
        try:
            with clones.hold(grant()):
                pass
        except StoppedError as error:
            ended.append(type(error))

    thread = threading.Thread(target=use)
    thread.start()
    deadline = time.monotonic() + 20
    while not (begun.exists() and begun.read_text().endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    clones.interrupt()
    thread.join(10)
    assert ended == [StoppedError]
    assert not list((server.parent / "clones").iterdir())
    assert not is_running(int(begun.read_text())), "what git started outlived it"


def is_running(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
