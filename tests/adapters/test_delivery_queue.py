"""Deliveries on disk: none lost, none twice, in order, in turn; also where processes are killed and disks are full."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.adapters.delivery_queue import FILE, SqliteDeliveryQueue
from reviewlore.domain.delivery import Delivery, Withdrawal
from reviewlore.errors import InputError, RefusedError, StateError, StorageError

NOON = "2026-11-22T12:00:00Z"


def made(number: int, repository: str = "octo/demo", **changes: object) -> Delivery:
    plain = Delivery(f"guid-{number}", "push", repository, 7, "", b'{"number": %d}' % number, NOON)
    return replace(plain, **changes)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SqliteDeliveryQueue]:
    opened = SqliteDeliveryQueue(tmp_path / "app")
    yield opened
    opened.close()


def claimed(queue: SqliteDeliveryQueue, now: str = NOON, *, background: bool = True) -> str:
    found = queue.claim(now, background=background)
    return found.delivery.id if found else ""


def worked_off(queue: SqliteDeliveryQueue) -> list[str]:
    order = []
    while found := claimed(queue):
        order.append(found)
        queue.finish(found, "done")
    return order


def states(queue: SqliteDeliveryQueue) -> dict[str, int]:
    return {state: count for state, count in queue.counts().items() if count}


def test_what_was_taken_is_given_out_whole_once_and_then_forgotten(queue: SqliteDeliveryQueue) -> None:
    sent = made(1, subject="pull/7", replaces=True, happened_at="2026-11-22T11:00:00+00:00")
    assert queue.put([sent]) == ["taken"]
    given_out = queue.claim(NOON)
    assert given_out is not None and (given_out.state, given_out.attempts) == ("running", 1)
    assert given_out.delivery == replace(sent, received_at="2026-11-22T12:00:00+00:00")
    assert queue.claim(NOON) is None
    assert queue.finish(sent.id, "done", "Reviewed.") == "done"
    (kept,) = queue.listed("done", 10)
    assert (kept.said, kept.delivery.payload) == ("Reviewed.", b"")
    stored = b"".join(path.read_bytes() for path in queue.path.parent.iterdir())
    queue.close()  # which brings the log into the file
    assert sent.payload in stored
    assert sent.payload not in queue.path.read_bytes()


def test_the_file_is_its_owners_alone(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1)])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in queue.path.parent.iterdir()}
    assert len(modes) == 3 and set(modes.values()) == {0o600}
    assert stat.S_IMODE(queue.path.parent.stat().st_mode) == 0o700


def test_a_delivery_that_is_known_is_not_kept_twice(queue: SqliteDeliveryQueue) -> None:
    assert queue.put([made(1), made(1)]) == ["taken", "again"]
    assert queue.put([made(1)]) == ["again"]  # waits
    assert queue.put([made(1, id="another-guid")]) == ["again"]  # the header is not signed, the bytes are
    claimed(queue)
    assert queue.put([made(1)]) == ["again"]  # runs
    queue.finish("guid-1", "done")
    assert queue.put([made(1), made(1, id="another-guid")]) == ["again", "again"]
    assert states(queue) == {"done": 1}


@pytest.mark.parametrize("ended", ["dead", "superseded"])
def test_one_that_failed_may_be_sent_again_and_goes_to_the_end(queue: SqliteDeliveryQueue, ended: str) -> None:
    queue.put([made(1), made(2)])
    claimed(queue)
    queue.finish("guid-1", ended, "It broke.")
    assert queue.put([made(1)]) == ["taken"]
    assert worked_off(queue) == ["guid-2", "guid-1"]
    assert [each.attempts for each in queue.listed("done", 9)] == [1, 1]


def test_a_repository_runs_one_at_a_time_in_the_order_of_arrival(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1), made(2), made(3, "octo/other"), made(4)])
    assert [claimed(queue) for _ in range(3)] == ["guid-1", "guid-3", ""]
    assert queue.finish("guid-1", "waiting", "Later.", not_before="2026-11-22T12:00:30Z") == "waiting"
    queue.finish("guid-3", "done")
    assert claimed(queue, "2026-11-22T12:00:29+00:00") == ""  # what came later does not overtake it
    assert claimed(queue, "2026-11-22T13:00:30+01:00") == "guid-1"
    queue.finish("guid-1", "done")
    assert worked_off(queue) == ["guid-2", "guid-4"]


def test_what_nobody_waits_for_is_a_line_of_its_own(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1, background=True), made(2, background=True), made(3), made(4), made(5, "octo/other")])
    assert claimed(queue, background=False) == "guid-3"
    assert [claimed(queue) for _ in range(3)] == ["guid-5", "guid-1", ""]
    queue.finish("guid-1", "done")
    assert claimed(queue, background=False) == ""
    assert claimed(queue) == "guid-2"
    queue.finish("guid-3", "done")
    assert claimed(queue, background=False) == "guid-4"
    assert queue.put([made(6, background=True, received_at="2026-11-22T11:00:00Z"), made(7)]) == ["taken"] * 2
    assert queue.waiting_since() == {True: "2026-11-22T11:00:00+00:00", False: "2026-11-22T12:00:00+00:00"}


def test_a_clock_that_goes_back_keeps_nothing_waiting_for_ever(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1)])
    claimed(queue)
    queue.finish("guid-1", "waiting", not_before="2031-01-01T00:00:00Z")
    assert claimed(queue, "2030-12-31T23:59:00Z") == ""
    assert claimed(queue) == "guid-1"


def test_repositories_take_turns(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(number, "octo/loud") for number in range(4)] + [made(9, "octo/quiet"), made(10, "octo/quiet")])
    assert worked_off(queue) == ["guid-0", "guid-9", "guid-1", "guid-10", "guid-2", "guid-3"]


def test_what_fails_too_often_is_dead_until_somebody_asks_for_it(tmp_path: Path) -> None:
    queue = SqliteDeliveryQueue(tmp_path, most_attempts=2)
    queue.put([made(1), made(2)])
    claimed(queue)
    assert queue.finish("guid-1", "waiting", "First.") == "waiting"
    claimed(queue)
    assert queue.finish("guid-1", "waiting", "Second \ud800.") == "dead"
    (dead,) = queue.listed("dead", 10)
    assert (dead.delivery.id, dead.attempts, dead.said, dead.delivery.payload) == ("guid-1", 2, "Second ?.", b"")
    queue.requeue("guid-1")
    assert worked_off(queue) == ["guid-2", "guid-1"]
    with pytest.raises(InputError, match=r"No delivery 'guid-1' is dead\."):
        queue.requeue("guid-1")
    with pytest.raises(InputError, match=r"No delivery '\?' is dead\.|No delivery '.ud800' is dead\."):
        queue.requeue("\ud800")


def test_only_what_runs_can_end(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1)])
    for end in (lambda: queue.finish("guid-1", "done"), lambda: queue.release("guid-1")):
        with pytest.raises(InputError, match="'guid-1' is running"):
            end()
    assert states(queue) == {"waiting": 1}


def test_a_stop_of_the_server_is_no_attempt(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1)])
    for _ in range(9):
        assert claimed(queue) == "guid-1"
        queue.release("guid-1")
    found = queue.claim(NOON)
    assert found is not None and found.attempts == 1


def pushed(number: int, minute: int, subject: str = "pull/7", **changes: object) -> Delivery:
    at = f"2026-11-22T11:{minute:02}:00Z"
    return made(number, event="pull_request", subject=subject, replaces=True, happened_at=at, **changes)


def test_a_later_delivery_makes_the_waiting_ones_of_its_subject_needless(queue: SqliteDeliveryQueue) -> None:
    command = made(3, event="issue_comment", subject="pull/7")
    queue.put([pushed(1, 1), pushed(2, 2), command, pushed(4, 3, "pull/8"), pushed(5, 3, repository="octo/other")])
    assert claimed(queue) == "guid-2"
    queue.put([pushed(6, 4), pushed(7, 5)])
    assert [(each.delivery.id, each.delivery.payload) for each in queue.listed("superseded", 9)] == [
        ("guid-6", b""), ("guid-1", b"")]  # fmt: skip
    queue.finish("guid-2", "done")
    assert worked_off(queue) == ["guid-5", "guid-3", "guid-4", "guid-7"]


def test_one_that_was_overtaken_on_its_way_does_not_replace_what_overtook_it(queue: SqliteDeliveryQueue) -> None:
    assert queue.put([pushed(2, 2)]) == ["taken"]
    assert queue.put([pushed(1, 1)]) == ["taken"]
    assert worked_off(queue) == ["guid-2"]
    assert queue.put([pushed(3, 3), pushed(4, 3)]) == ["taken", "taken"]  # the same second: the later arrival counts
    assert worked_off(queue) == ["guid-4"]


def test_what_an_installation_no_longer_allows_is_not_worked_on(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1), made(2, "octo/other"), made(3, "octo/third"), made(4, "elsewhere/demo", installation=8)])
    claimed(queue)
    assert queue.withdraw(Withdrawal(7, ("octo/other", "octo/unknown"), "Removed.")) == 1
    assert queue.withdraw(Withdrawal(7, (), "Uninstalled.")) == 1
    assert {(each.delivery.id, each.said) for each in queue.listed("superseded", 9)} == {
        ("guid-2", "Removed."), ("guid-3", "Uninstalled.")}  # fmt: skip
    assert states(queue) == {"superseded": 2, "running": 1, "waiting": 1}


def test_a_full_queue_takes_nothing_more_and_one_repository_cannot_fill_it(tmp_path: Path) -> None:
    queue = SqliteDeliveryQueue(tmp_path, most_open=6, most_of_one=2)
    assert queue.put([made(1), made(2), made(3)]) == ["taken", "taken", "full"]
    assert queue.put([made(4, "octo/other"), made(5, "octo/third"), made(1)]) == ["taken", "full", "again"]
    claimed(queue)
    queue.finish("guid-1", "done")
    assert queue.put([made(3)]) == ["taken"]


def test_an_owner_of_many_repositories_leaves_room_and_turns_to_others(tmp_path: Path) -> None:
    """Attack: deliveries of as many repositories as somebody likes fill the queue, or take each turn."""
    queue = SqliteDeliveryQueue(tmp_path, most_open=8, most_of_one=2)
    assert queue.put([made(number, f"loud/{number}") for number in range(8)]) == ["taken"] * 4 + ["full"] * 4
    quiet = [made(number, f"quiet/{number}", installation=8) for number in range(8, 12)]
    assert queue.put(quiet) == ["taken", "taken", "full", "full"]
    assert queue.put([made(12, "third/1", installation=9)]) == ["taken"]
    assert worked_off(queue)[:5] == ["guid-0", "guid-8", "guid-12", "guid-1", "guid-9"]
    assert queue.put([made(13, "loud/13")]) == ["taken"]


def test_a_full_disk_takes_what_fits_and_half_of_nothing(tmp_path: Path) -> None:
    queue = SqliteDeliveryQueue(tmp_path, most_bytes=300_000)
    large = made(1, payload=b"x" * 400_000)
    assert queue.put([made(0), large, made(2)]) == ["taken", "full", "taken"]
    assert queue.put([large]) == ["full"]
    assert worked_off(queue) == ["guid-0", "guid-2"]
    assert queue.put([made(3)]) == ["taken"]
    queue.close()
    with sqlite3.connect(queue.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    queue = SqliteDeliveryQueue(tmp_path)
    queue.put([made(1)])
    queue.check()
    with sqlite3.connect(queue.path, isolation_level=None) as other:
        other.execute("DROP TABLE pulse")
        other.execute("CREATE TRIGGER no_more BEFORE INSERT ON deliveries BEGIN SELECT raise(ABORT, 'broken'); END")
    with pytest.raises(StorageError, match="cannot be kept at"):
        queue.check()
    with pytest.raises(StorageError, match=r"broken\. Nothing was half-written"):
        queue.put([made(2)])
    assert states(queue) == {"waiting": 1}


def test_a_file_of_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"This is a text and no database. " * 100)
    with pytest.raises(StorageError, match="not a database"):
        SqliteDeliveryQueue(tmp_path)
    assert (tmp_path / FILE).read_bytes().startswith(b"This is a text")
    later = tmp_path / "later"
    SqliteDeliveryQueue(later).close()
    with sqlite3.connect(later / FILE) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(StateError, match="format 2, this one reads 1"):
        SqliteDeliveryQueue(later)


def test_ids_are_kept_as_long_as_the_forge_may_send_again(queue: SqliteDeliveryQueue) -> None:
    queue.put([made(1), made(2, "octo/other"), made(3, "octo/third")])
    worked = [claimed(queue) for _ in range(2)]
    queue.finish(worked[0], "done")
    queue.finish(worked[1], "dead")
    assert queue.put([made(4, received_at="2026-11-26T11:59:59Z"), made(1)]) == ["taken", "again"]
    assert queue.put([made(5, received_at="2026-11-26T12:00:01Z"), made(1)]) == ["taken", "taken"]
    assert states(queue) == {"waiting": 4, "dead": 1}  # what waits is never too old, and dead ones are an operator's
    queue.put([made(6, received_at="2026-12-22T12:00:01Z")])
    assert states(queue) == {"waiting": 5}


def test_one_server_works_a_folder_off(tmp_path: Path) -> None:
    first, second = SqliteDeliveryQueue(tmp_path), SqliteDeliveryQueue(tmp_path)
    assert first.recover() == 0
    with pytest.raises(RefusedError, match="Another server works off the deliveries"):
        second.recover()
    first.close()
    assert second.recover() == 0


def test_threads_lose_nothing_and_get_nothing_twice(queue: SqliteDeliveryQueue) -> None:
    done: list[str] = []
    sent = threading.Event()

    def work() -> None:
        while not sent.is_set() or queue.counts()["waiting"]:
            if found := claimed(queue):
                done.append(found)
                queue.finish(found, "done")

    with ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(work) for _ in range(2)]
        puts = [pool.submit(queue.put, [made(n, f"octo/{n % 5}"), made(n // 2)]) for n in range(120)]
        for put in puts:
            put.result()
        sent.set()
        for worker in workers:
            worker.result()
    assert sorted(done) == sorted(f"guid-{number}" for number in range(120))


BUSY = """
import sys
from pathlib import Path
from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
from reviewlore.domain.delivery import Delivery
queue = SqliteDeliveryQueue(Path(sys.argv[1]))
queue.recover()
number = 0
while True:
    three = range(number, number + 3)
    batch = [Delivery(f"{n}", "push", f"octo/{n % 3}", 7, "", b"%d" % n, "2026-11-22T12:00:00Z") for n in three]
    assert set(queue.put(batch)) == {"taken"}
    print(*(f"taken {each.id}" for each in batch), sep="\\n", flush=True)
    number += len(batch)
    found = queue.claim("2026-11-22T12:00:00Z")
    print("begun", found.delivery.id, flush=True)
    if number % 2:
        queue.finish(found.delivery.id, "done")
        print("done", found.delivery.id, flush=True)
        queue.claim("2026-11-22T12:00:00Z")
"""


@pytest.mark.parametrize("lines", [1, 40])
def test_a_killed_process_loses_nothing_that_it_said_was_taken(tmp_path: Path, lines: int) -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.readlines()
    words = [line.split() for line in said if line.endswith("\n")]
    taken = {word[1] for word in words if word[0] == "taken"}
    done = {word[1] for word in words if word[0] == "done"}
    queue = SqliteDeliveryQueue(tmp_path)
    running = queue.counts()["running"]
    assert queue.recover() == running
    left = set(worked_off(queue))
    assert taken - done <= left and not done & left
    assert [each.attempts for each in queue.listed("done", 10_000)].count(2) == running


def test_a_delivery_that_ends_the_server_each_time_is_dead_at_last(tmp_path: Path) -> None:
    queue = SqliteDeliveryQueue(tmp_path, most_attempts=2)
    queue.put([made(1), made(2)])
    queue.recover()
    for expected in ({"waiting": 2}, {"dead": 1, "waiting": 1}):
        assert claimed(queue) == "guid-1"
        queue.close()
        queue = SqliteDeliveryQueue(tmp_path, most_attempts=2)
        queue.recover()
        assert states(queue) == expected
    assert queue.listed("dead", 1)[0].said == "The server ended whenever it was begun."
    assert claimed(queue) == "guid-2"


STEP = st.tuples(st.sampled_from(["put", "claim", "done", "fail", "stop", "kill"]), st.integers(0, 7))


@settings(max_examples=25, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_whatever_happens_each_delivery_ends_once_and_in_order(tmp_path_factory, steps) -> None:
    queue = SqliteDeliveryQueue(tmp_path_factory.mktemp("queue"), most_attempts=100)
    running: list[str] = []
    ended: list[str] = []
    order: dict[str, list[str]] = {"octo/0": [], "octo/1": []}
    for action, number in steps:
        repository = f"octo/{number % 2}"
        if action == "put" and queue.put([made(number, repository)]) == ["taken"]:
            order[repository].append(f"guid-{number}")
        elif action == "claim" and (found := claimed(queue)):
            running.append(found)
        elif action == "kill":
            assert queue.recover() == len(running)
            running.clear()
        elif action in ("done", "fail", "stop") and running:
            identifier = running.pop(0)
            if action == "stop":
                queue.release(identifier)
            else:
                queue.finish(identifier, "done" if action == "done" else "waiting")
            ended += [identifier] if action == "done" else []
    for identifier in running:
        queue.finish(identifier, "done")
        ended.append(identifier)
    ended += worked_off(queue)
    queue.close()
    for expected in order.values():
        assert [each for each in ended if each in expected] == expected
