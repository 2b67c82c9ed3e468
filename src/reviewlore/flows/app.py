"""One delivery of the App's queue to its end: decided, given a token, run as the action, and told to the queue.

It decides nothing about reviews: that is the action's, which runs in a process of its own with a token for the one
repository. Whatever goes wrong, the delivery ends in a state with a reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, repeat

from reviewlore.domain.app import AppJob, AppMode, JobReport, Level, Verdict
from reviewlore.domain.commands import CommandError, ReviewCommand
from reviewlore.domain.delivery import DeliveryState, QueuedDelivery
from reviewlore.domain.events import CommandEvent, Event, Ignored, PullRequestEvent, PushEvent
from reviewlore.errors import ForgeError, InputError, RefusedError, ReviewloreError, StoppedError, StorageError
from reviewlore.formats.strict_json import read_strict
from reviewlore.ports import Clock, DeliveryQueue
from reviewlore.ports.app import Clones, Installations, Jobs
from reviewlore.ports.deliveries import DeliveryMeter
from reviewlore.stages.commands import parse_command, row_of
from reviewlore.stages.intake import read_event, read_repository_id

_MOST_FAILURES = 2  # of the job itself: it would most likely go the same way again
_FIRST_WAIT, _LONGEST_WAIT = 30.0, 3600.0  # seconds; each wait is five times the one before
_DISK_WAITS = (1.0, 5.0, 25.0)  # seconds; then the last one again and again

_STOPPED = Verdict("waiting", "the server stops", end="interrupted")

_SPEAKS: Mapping[str, Level] = {"metadata": "read", "contents": "read", "pull_requests": "write"}
_LEARNS: Mapping[str, Level] = {"metadata": "read", "contents": "write", "pull_requests": "read", "issues": "read"}


@dataclass(frozen=True, slots=True)
class AppTools:
    """What work on deliveries needs. `tell` hears one line a delivery, `fault` what nobody expected.

    `pause` waits so many seconds, and says whether the server stops. `records`: reviews may write the state branch,
    for shadow mode and for the account of what a model took.
    """

    queue: DeliveryQueue
    installations: Installations
    clones: Clones
    jobs: Jobs
    meter: DeliveryMeter
    clock: Clock
    tell: Callable[[str], None]
    fault: Callable[[BaseException], None]
    pause: Callable[[float], bool]
    records: bool = False


def work_once(tools: AppTools, *, background: bool = True) -> bool:
    """Work off the delivery whose turn it is; False where there was none.

    Without `background` it is one that somebody waits for.
    """
    claimed = tools.queue.claim(tools.clock.now(), background=background)
    if claimed is None:
        return False
    delivery, began = claimed.delivery, tools.clock.monotonic()
    verdict = _judge(claimed, tools)
    took = tools.clock.monotonic() - began
    state = _settle(delivery.id, verdict, tools)
    tools.meter.worked(delivery.event, state, verdict.end, took)
    subject = f" {delivery.subject}" if delivery.subject else ""
    tools.tell(f"{delivery.repository}{subject} {delivery.event} {delivery.id}: {state} ({verdict.said})")
    return True


def decide_job(claimed: QueuedDelivery, *, records: bool = False) -> AppJob | Ignored:
    """Return the job for a delivery, with the least that its token must be allowed, or why there is none."""
    delivery = claimed.delivery
    try:
        payload = read_strict(delivery.payload)
    except ValueError:
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
        background=delivery.background,
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


def _settle(delivery: str, verdict: Verdict, tools: AppTools) -> DeliveryState:
    """Tell the queue how a delivery ended, until it can keep that: else it would count as running.

    StorageError where the disk is full until the server stops; then a restart puts the delivery back.
    """
    for wait in chain(_DISK_WAITS, repeat(_DISK_WAITS[-1])):
        try:
            return _put_down(delivery, verdict, tools)
        except StorageError as error:
            tools.tell(str(error))
        if tools.pause(wait):
            break
    return _put_down(delivery, verdict, tools)


def _put_down(delivery: str, verdict: Verdict, tools: AppTools) -> DeliveryState:
    if verdict.end == "interrupted":
        tools.queue.release(delivery)
        return verdict.state
    later = add_seconds(tools.clock.now(), verdict.wait) if verdict.state == "waiting" else ""
    return tools.queue.finish(delivery, verdict.state, verdict.said, not_before=later)


def _judge(claimed: QueuedDelivery, tools: AppTools) -> Verdict:
    """Do a delivery's job and return what becomes of it; no error gets past here."""
    try:
        job = decide_job(claimed, records=tools.records)
        if isinstance(job, Ignored):
            return Verdict("done", job.reason)
        return _after(_run(job, tools), claimed.attempts)
    except ReviewloreError as error:
        return _excuse(error, claimed.attempts)
    except Exception as error:  # noqa: BLE001 - one delivery must not end the work on all others
        tools.fault(error)
        return _again(f"an unexpected {type(error).__name__}", claimed.attempts, _MOST_FAILURES)


def _run(job: AppJob, tools: AppTools) -> JobReport:
    grant = tools.installations.grant(job)
    try:
        with tools.clones.hold(grant, background=job.background) as clone:
            return tools.jobs.run(job, grant, clone)
    finally:
        tools.installations.revoke(grant)


def _after(report: JobReport, attempts: int) -> Verdict:
    """Judge an ended job: what the action said is its end, unless it may go better the next time."""
    return _STOPPED if report.end == "interrupted" else replace(_weigh(report, attempts), end=report.end)


def _weigh(report: JobReport, attempts: int) -> Verdict:
    """Exit 0 and 1 are results, 2 a user's error or a network that failed under git, 3 a fault (docs/guide.md)."""
    said = " ".join(filter(None, (report.conclusion, report.skip_reason)))
    if report.end != "ended":
        return _again(report.end.replace("_", " "), attempts, _MOST_FAILURES)
    if report.exit_code in {0, 1}:
        return Verdict("done", said or "no conclusion")
    if report.exit_code == 2:
        return _again(said, attempts, _MOST_FAILURES) if attempts < _MOST_FAILURES else Verdict("done", said)
    return _again(said or f"exit {report.exit_code}", attempts)


def _excuse(error: ReviewloreError, attempts: int) -> Verdict:
    """Judge a delivery whose job could not be begun, or not be kept."""
    if isinstance(error, StoppedError):
        return _STOPPED
    if isinstance(error, InputError | RefusedError):
        return Verdict("done", f"dropped: {error}")
    return _again(str(error), attempts, wait=error.wait if isinstance(error, ForgeError) else 0.0)


def _again(said: str, attempts: int, most: int = 0, wait: float = 0.0) -> Verdict:
    """Return when a delivery is tried again: later each time, never before GitHub asked.

    Dead after `most` attempts; 0: after as many as the queue allows.
    """
    if most and attempts >= most:
        return Verdict("dead", said)
    return Verdict("waiting", said, max(wait, min(_FIRST_WAIT * 5 ** (attempts - 1), _LONGEST_WAIT)))
