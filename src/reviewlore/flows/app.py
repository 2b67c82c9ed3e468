"""One delivery of the App's queue to its end: decided, given a token, run as the action, and told to the queue.

It decides nothing about reviews: that is the action's, which runs in a process of its own with a token for the one
repository. Whatever goes wrong, the delivery ends in a state with a reason.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from reviewlore.domain.app import AppJob, AppMode, JobReport, Level, Verdict
from reviewlore.domain.commands import CommandError, ReviewCommand
from reviewlore.domain.delivery import DeliveryState, QueuedDelivery
from reviewlore.domain.events import CommandEvent, Event, Ignored, PullRequestEvent, PushEvent
from reviewlore.errors import ForgeError, InputError, RefusedError, ReviewloreError, StorageError
from reviewlore.ports import Clock, DeliveryQueue
from reviewlore.ports.app import Clones, Installations, Jobs
from reviewlore.stages.commands import parse_command, row_of
from reviewlore.stages.intake import read_event, read_repository_id

_MOST_FAILURES = 2  # of the job itself: it would most likely go the same way again
_FIRST_WAIT, _LONGEST_WAIT = 30.0, 3600.0  # seconds; each wait is five times the one before
_DISK_WAITS = (1.0, 5.0, 25.0)

_SPEAKS: Mapping[str, Level] = {"metadata": "read", "contents": "read", "pull_requests": "write"}
_LEARNS: Mapping[str, Level] = {"metadata": "read", "contents": "write", "pull_requests": "read", "issues": "read"}


@dataclass(frozen=True, slots=True)
class AppTools:
    """What work on deliveries needs. `tell` hears one line a delivery, `fault` what nobody expected; `pause` waits.

    `records`: reviews may write the state branch, for shadow mode and for the account of what a model took.
    """

    queue: DeliveryQueue
    installations: Installations
    clones: Clones
    jobs: Jobs
    clock: Clock
    tell: Callable[[str], None]
    fault: Callable[[BaseException], None]
    pause: Callable[[float], None]
    records: bool = False


def work_once(tools: AppTools) -> bool:
    """Work off the oldest delivery that may run; False where there was none."""
    claimed = tools.queue.claim(tools.clock.now())
    if claimed is None:
        return False
    delivery = claimed.delivery
    verdict = _judge(claimed, tools)
    state = _settle(delivery.id, verdict, tools)
    subject = f" {delivery.subject}" if delivery.subject else ""
    said = "the server stops" if verdict is None else verdict.said
    tools.tell(f"{delivery.repository}{subject} {delivery.event} {delivery.id}: {state} ({said})")
    return True


def decide_job(claimed: QueuedDelivery, *, records: bool = False) -> AppJob | Ignored:
    """Return the job for a delivery, with the least that its token must be allowed, or why there is none."""
    delivery = claimed.delivery
    try:
        payload = json.loads(delivery.payload)
    except (ValueError, RecursionError):
        return Ignored("payload_not_json")
    event = read_event(delivery.event, payload, delivery.repository)
    chosen = event if isinstance(event, Ignored) else _choose(event, records=records)
    if isinstance(chosen, Ignored):
        return chosen
    mode, permissions = chosen
    return AppJob(
        delivery=delivery.id,
        event=delivery.event,
        repository=delivery.repository,
        repository_id=read_repository_id(payload),
        installation=delivery.installation,
        mode=mode,
        permissions=permissions,
        payload=delivery.payload,
        attempt=claimed.attempts,
    )


def all_permissions() -> dict[str, Level]:
    """Return what the App has to be allowed in all, so that every job can be given what it needs."""
    return {**_SPEAKS, **_LEARNS, "pull_requests": "write", "checks": "write", "actions": "write"}


def add_seconds(at: str, seconds: float) -> str:
    """Return a time (ISO 8601 in UTC) so many seconds later, to the second."""
    then = datetime.fromisoformat(at) + timedelta(seconds=round(seconds))
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def _choose(event: Event, *, records: bool) -> tuple[AppMode, Mapping[str, Level]] | Ignored:
    if isinstance(event, PullRequestEvent):
        return "review", {**_SPEAKS, "checks": "write", "contents": "write" if records else "read"}
    if isinstance(event, PushEvent):
        return "learn", _LEARNS
    if isinstance(event, CommandEvent):
        return _choose_command(event)
    return Ignored("event_not_for_app")


def _choose_command(event: CommandEvent) -> tuple[AppMode, Mapping[str, Level]] | Ignored:
    command = parse_command(event.body)
    if command is None:
        return Ignored("not_a_command")
    if isinstance(command, CommandError):
        return "command", _SPEAKS
    row, permissions = row_of(command), dict(_SPEAKS)
    if row.writes:
        permissions["contents"] = "write"
    if row.dispatches:
        permissions["actions"] = "write"
    if isinstance(command, ReviewCommand):
        permissions["checks"] = "write"
    return "command", permissions


def _settle(delivery: str, verdict: Verdict | None, tools: AppTools) -> DeliveryState:
    """Tell the queue how a delivery ended, and tell it again where the disk is full: else it would count as running.

    StorageError where that does not help; then a restart puts the delivery back.
    """
    for wait in _DISK_WAITS:
        with suppress(StorageError):
            return _tell(delivery, verdict, tools)
        tools.pause(wait)
    return _tell(delivery, verdict, tools)


def _tell(delivery: str, verdict: Verdict | None, tools: AppTools) -> DeliveryState:
    if verdict is None:
        tools.queue.release(delivery)
        return "waiting"
    later = add_seconds(tools.clock.now(), verdict.wait) if verdict.state == "waiting" else ""
    return tools.queue.finish(delivery, verdict.state, verdict.said, not_before=later)


def _judge(claimed: QueuedDelivery, tools: AppTools) -> Verdict | None:
    """Do a delivery's job and return what becomes of it, None where the server stopped; no error gets past here."""
    try:
        job = decide_job(claimed, records=tools.records)
        if isinstance(job, Ignored):
            return Verdict("done", job.reason)
        return _after(_run(job, tools), claimed.attempts)
    except (InputError, RefusedError) as error:
        return Verdict("done", f"dropped: {error}")
    except ForgeError as error:
        return _again(str(error), claimed.attempts, wait=error.wait)
    except ReviewloreError as error:
        return _again(str(error), claimed.attempts)
    except Exception as error:  # noqa: BLE001 - one delivery must not end the work on all others
        tools.fault(error)
        return _again(f"an unexpected {type(error).__name__}", claimed.attempts, _MOST_FAILURES)


def _run(job: AppJob, tools: AppTools) -> JobReport:
    grant = tools.installations.grant(job)
    try:
        with tools.clones.hold(grant) as clone:
            return tools.jobs.run(job, grant, clone)
    finally:
        tools.installations.revoke(grant)


def _after(report: JobReport, attempts: int) -> Verdict | None:
    """Judge an ended job: what the action said is its end, unless it may go better the next time.

    Exit 0 and 1 are results, 2 a user's error or a network that failed under git, 3 a fault (docs/guide.md).
    """
    said = " ".join(filter(None, (report.conclusion, report.skip_reason)))
    if report.end == "interrupted":
        return None
    if report.end != "ended":
        return _again(report.end.replace("_", " "), attempts, _MOST_FAILURES)
    if report.exit_code in {0, 1}:
        return Verdict("done", said or "no conclusion")
    if report.exit_code == 2:
        return _again(said, attempts, _MOST_FAILURES) if attempts < _MOST_FAILURES else Verdict("done", said)
    return _again(said or f"exit {report.exit_code}", attempts)


def _again(said: str, attempts: int, most: int = 0, wait: float = 0.0) -> Verdict:
    """Return when a delivery is tried again: later each time, never before GitHub asked.

    Dead after `most` attempts; 0: after as many as the queue allows.
    """
    if most and attempts >= most:
        return Verdict("dead", said)
    return Verdict("waiting", said, max(wait, min(_FIRST_WAIT * 5 ** (attempts - 1), _LONGEST_WAIT)))
