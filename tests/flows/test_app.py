import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.app import FakeClones, FakeInstallations, FakeJobs, FakeMeter
from tests.fakes.runner import FakeClock

from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
from reviewlore.domain.app import AppJob, JobReport
from reviewlore.domain.delivery import Delivery, QueuedDelivery
from reviewlore.domain.events import Ignored
from reviewlore.errors import ConfigError, ForgeError, InputError, RefusedError, StoppedError, StorageError
from reviewlore.flows.app import AppTools, add_seconds, all_permissions, decide_job, work_once
from reviewlore.wiring_app import Crew

NOW = "2026-11-20T10:00:00Z"
PULL = {"number": 1, "state": "open", "head": {"sha": "a"}, "base": {"sha": "b"}}
OPENED = {"action": "opened", "pull_request": PULL}
PUSHED = {"ref": "refs/heads/main"}


def delivery(event: str = "pull_request", payload: object = OPENED, name: str = "octo/demo", number: int = 0):
    repository = {"full_name": name, "id": 5, "default_branch": "main"}
    body = payload | {"repository": repository, "n": number} if isinstance(payload, dict) else payload
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(f"{name}-{event}-{number}", event, name, 42, "pull/1", data, NOW, background=event == "push")


def said(body: str, kind: str = "User") -> dict[str, object]:
    user = {"login": "carol", "type": kind}
    issue = {"number": 1, "state": "open", "pull_request": {"url": "x"}}
    return {"action": "created", "issue": issue, "comment": {"id": 9, "body": body, "user": user}, "sender": user}


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SqliteDeliveryQueue]:
    made = SqliteDeliveryQueue(tmp_path)
    made.recover()
    yield made
    made.close()


class Site:
    """Tools whose parts a test reaches."""

    def __init__(self, queue: SqliteDeliveryQueue) -> None:
        self.queue, self.installations, self.clones, self.jobs = queue, FakeInstallations(), FakeClones(), FakeJobs()
        self.told: list[str] = []
        self.faults: list[BaseException] = []
        self.pauses: list[float] = []
        self.clock, self.meter, self.stopping = FakeClock(NOW), FakeMeter(), threading.Event()

    @property
    def tools(self) -> AppTools:
        return AppTools(
            self.queue, self.installations, self.clones, self.jobs, self.meter, self.clock,
            self.told.append, self.faults.append, self.pause,
        )  # fmt: skip

    def pause(self, seconds: float) -> bool:
        self.pauses.append(seconds)
        return self.stopping.is_set()

    def crew(self, workers: int) -> Crew:
        return Crew(self.tools, workers, (), self.stopping)

    def ends(self, *attempts: JobReport) -> None:
        """Have the jobs end so, one after the other."""
        left = list(attempts)
        self.jobs.ending = lambda _: left.pop(0)

    def work(self, given: Delivery | None = None) -> QueuedDelivery:
        """Work off one delivery as often as it waits for no later time, and return how it stands."""
        if given is not None:
            self.queue.put([given])
        assert work_once(self.tools)
        assert not self.installations.out, "a token outlived its job"
        states = ("waiting", "running", "done", "dead")
        (found,) = [each for state in states for each in self.queue.listed(state, 9)]
        return found


@pytest.fixture
def site(queue: SqliteDeliveryQueue) -> Site:
    return Site(queue)


@pytest.mark.parametrize(
    ("event", "payload", "mode", "written"),
    [
        ("pull_request", OPENED, "review", {"pull_requests", "checks"}),
        ("push", PUSHED, "learn", {"contents"}),
        ("issue_comment", said("/lore help"), "command", {"pull_requests"}),
        ("issue_comment", said("/lore stauts"), "command", {"pull_requests"}),
        ("issue_comment", said("/lore review"), "command", {"pull_requests", "checks"}),
        ("issue_comment", said("/lore dismiss wrong"), "command", {"pull_requests", "contents"}),
        ("issue_comment", said("/lore opt-out"), "command", {"pull_requests", "contents"}),
        ("issue_comment", said("/lore train"), "command", {"pull_requests", "actions"}),
    ],
)
def test_a_job_may_do_what_it_is_for(event: str, payload: dict, mode: str, written: set[str]) -> None:
    job = decide_job(QueuedDelivery(delivery(event, payload), "running", 3))
    assert isinstance(job, AppJob)
    assert (job.mode, job.repository_id, job.installation, job.attempt) == (mode, 5, 42, 3)
    assert {name for name, level in job.permissions.items() if level == "write"} == written
    registered = all_permissions()
    assert all(registered[name] in {level, "write"} for name, level in job.permissions.items())


def test_reviews_write_the_state_branch_where_the_operator_says_so() -> None:
    job = decide_job(QueuedDelivery(delivery(), "running", 1), records=True)
    assert isinstance(job, AppJob) and job.permissions["contents"] == "write"


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        ("issue_comment", said("I agree."), "not_a_command"),
        ("issue_comment", said("/lore help", "Bot"), "author_is_bot"),
        ("pull_request", {"action": "labeled"}, "action_not_reviewed"),
        ("workflow_dispatch", {"ref": "refs/heads/main"}, "event_not_for_app"),
        ("star", {}, "event_not_handled"),
        ("pull_request", b"{", "payload_not_json"),
        ("pull_request", b"[" * 100_000, "payload_not_json"),
    ],
)
def test_what_starts_nothing_asks_for_no_token(site: Site, event: str, payload: object, reason: str) -> None:
    site.installations.failure = AssertionError("a token was asked for")
    assert decide_job(QueuedDelivery(delivery(event, payload), "running", 1)) == Ignored(reason)
    found = site.work(delivery(event, payload))
    assert (found.state, found.said) == ("done", reason)


def test_nothing_to_do(site: Site) -> None:
    assert not work_once(site.tools)


@pytest.mark.parametrize(
    ("report", "state", "text"),
    [
        (JobReport("ended", 0, "success"), "done", "success"),
        (JobReport("ended", 1, "failure"), "done", "failure"),
        (JobReport("ended", 0, "skipped", "draft"), "done", "skipped draft"),
        (JobReport("ended", 0), "done", "no conclusion"),
        (JobReport("ended", 2, "failure", "error"), "waiting", "failure error"),
        (JobReport("ended", 3, "failure", "error"), "waiting", "failure error"),
        (JobReport("ended", 125), "waiting", "exit 125"),
        (JobReport("killed", -9), "waiting", "killed"),
        (JobReport("timed_out"), "waiting", "timed out"),
    ],
)
def test_how_a_job_ends_says_what_becomes_of_its_delivery(site: Site, report: JobReport, state: str, text: str) -> None:
    site.ends(report)
    found = site.work(delivery())
    assert (found.state, found.said, found.attempts) == (state, text, 1)
    assert site.told == [f"octo/demo pull/1 pull_request octo/demo-pull_request-0: {state} ({text})"]
    assert site.meter.counted == [("pull_request", state, report.end)]


@pytest.mark.parametrize(
    ("report", "state"),
    [
        (JobReport("ended", 2, "failure", "error"), "done"),
        (JobReport("killed", -9), "dead"),
        (JobReport("timed_out"), "dead"),
        (JobReport("ended", 3), "waiting"),
    ],
)
def test_what_failed_twice_by_itself_is_not_tried_for_ever(site: Site, report: JobReport, state: str) -> None:
    site.ends(report, report)
    assert site.work(delivery()).state == "waiting"
    assert not work_once(site.tools), "it waits"
    site.clock.at = add_seconds(NOW, 31)
    assert site.work().state == state


def test_a_job_that_a_stop_ended_was_not_tried(site: Site) -> None:
    site.ends(JobReport("interrupted"))
    found = site.work(delivery())
    assert (found.state, found.attempts) == ("waiting", 0)
    site.clones.failure = StoppedError("git fetch did not finish")  # nor one that had no clone yet
    assert site.work().attempts == 0
    assert site.meter.counted == [("pull_request", "waiting", "interrupted")] * 2


@pytest.mark.parametrize("error", [InputError("No such installation."), RefusedError("It is suspended.")])
def test_an_installation_that_is_gone_ends_its_deliveries(site: Site, error: Exception) -> None:
    site.installations.failure = error
    found = site.work(delivery())
    assert (found.state, found.said) == ("done", f"dropped: {error}")
    assert not site.jobs.ran
    assert site.meter.counted == [("pull_request", "done", "none")]


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (ForgeError("It failed."), 30),
        (ForgeError("Its limit.", 400.0), 400),
        (ConfigError("The key."), 30),
        (StorageError("The disk."), 30),
    ],
)
def test_what_may_go_better_waits_as_long_as_github_asks(site: Site, error: Exception, wait: int) -> None:
    site.installations.failure = error
    assert site.work(delivery()).state == "waiting"
    site.installations.failure = None
    site.clock.at = add_seconds(NOW, wait - 1)
    assert not work_once(site.tools)
    site.clock.at = add_seconds(NOW, wait)
    assert site.work().state == "done"


def test_a_clone_that_fails_ends_the_token_too(site: Site) -> None:
    site.clones.failure = ForgeError("git fetch failed")
    assert site.work(delivery()).state == "waiting"
    assert not site.jobs.ran


def test_a_defect_is_kept_and_does_not_end_the_work(site: Site) -> None:
    site.installations.failure = KeyError("full_name")
    found = site.work(delivery())
    assert (found.state, found.said) == ("waiting", "an unexpected KeyError")
    assert isinstance(site.faults[0], KeyError)


def test_a_full_disk_does_not_leave_a_delivery_running(site: Site) -> None:
    site.queue.put([delivery()])
    finish, failures = site.queue.finish, [StorageError("full")] * 6

    class Full(SqliteDeliveryQueue):
        def finish(self, *given: object, **more: object) -> object:  # type: ignore[override]
            if failures:
                raise failures.pop()
            return finish(*given, **more)  # type: ignore[arg-type]

    site.queue.__class__ = Full
    assert work_once(site.tools)
    assert site.pauses == [1.0, 5.0, 25.0, 25.0, 25.0, 25.0] and site.queue.counts()["done"] == 1
    assert site.told[:6] == ["full"] * 6
    site.queue.put([delivery(number=2)])
    failures += [StorageError("full")] * 2
    site.stopping.set()
    with pytest.raises(StorageError):
        work_once(site.tools)
    assert site.queue.recover() == 1, "a restart puts it back"


def test_twenty_repositories_are_worked_off_at_once_each_in_order(site: Site) -> None:
    names = [f"octo/r{number:02}" for number in range(20)]
    site.queue.put([delivery("push", PUSHED, name, number) for number in range(4) for name in names])
    site.jobs.ending = lambda _: time.sleep(0.002) or JobReport("ended", 0, "success")  # type: ignore[func-returns-value]
    crew = site.crew(4)
    crew.start()
    deadline = time.monotonic() + 20
    while site.queue.counts()["done"] < 80:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    crew.stop(1)
    assert not site.clones.shared
    for name in names:
        assert [job.delivery for job in site.jobs.ran if job.repository == name] == [
            f"{name}-push-{n}" for n in range(4)
        ]


def test_nobody_waits_for_learning_neither_in_its_repository_nor_in_others(site: Site) -> None:
    learned, reviewed = threading.Event(), threading.Event()

    def end(job: AppJob) -> JobReport:
        if job.mode == "learn":
            assert reviewed.wait(20)
            learned.set()
        return JobReport("ended", 0, "success")

    site.jobs.ending = end
    site.queue.put([delivery("push", PUSHED, name, number) for number in range(2) for name in ("octo/a", "octo/b")])
    crew = site.crew(2)
    crew.start()
    deadline = time.monotonic() + 20
    while not site.queue.counts()["running"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    site.queue.put([delivery(name="octo/a"), delivery(name="octo/b"), delivery(name="octo/c")])
    while site.queue.counts()["done"] < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not learned.is_set()
    reviewed.set()
    while site.queue.counts()["done"] < 7:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    crew.stop(1)
    assert not site.clones.shared
    assert [job.mode for job in site.jobs.ran[:4]] == ["learn", "review", "review", "review"]


def test_a_crew_outlives_a_queue_that_fails_and_is_woken(site: Site) -> None:
    came = threading.Event()

    class Broken(SqliteDeliveryQueue):
        def claim(self, now: str, *, background: bool = True) -> QueuedDelivery | None:
            came.set()
            raise StorageError("The disk is full.")

    site.queue.__class__ = Broken
    crew = site.crew(1)
    crew.start()
    assert came.wait(5)
    assert crew.alive()
    site.queue.__class__ = SqliteDeliveryQueue
    site.queue.put([delivery()])
    while site.queue.counts()["done"] < 1:
        crew.wake()
        time.sleep(0.01)
    crew.stop(1)
    assert site.told[0] == "The disk is full."


def test_a_time_in_the_future() -> None:
    assert add_seconds("2026-12-31T23:59:30Z", 45.4) == "2027-01-01T00:00:15Z"
