"""A GitHub event's name and payload in, one typed `Event` or `Ignored(reason)` out.

The only place that knows the shape of a payload. Reads few fields, tolerates everything else, never raises; whatever
decides about permission or content is asked from the API again by the flows.
"""

import re
from collections.abc import Callable, Mapping
from typing import get_args

from reviewlore.domain.events import (
    AnalysedEvent,
    CommandEvent,
    DispatchEvent,
    Event,
    Ignored,
    PullAction,
    PullRequestEvent,
    PushEvent,
    ScheduledEvent,
    ThreadEvent,
)

_REVIEWED: tuple[PullAction, ...] = get_args(PullAction)
_CONCLUDED = ("success", "failure")  # a run that found something to fail on has a review all the same
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_THREAD_RUN = re.compile(r"reviewlore thread ([1-9][0-9]{0,17})", re.ASCII)  # `run-name` of the workflow of threads


def read_event(name: str, payload: object, repository: str = "") -> Event | Ignored:
    """Turn an event into what we act on.

    `name` is the event's name as in `GITHUB_EVENT_NAME` or `X-GitHub-Event`; `repository` is used where the payload
    has none (a schedule). Events: https://docs.github.com/webhooks/webhook-events-and-payloads
    """
    reader = _READERS.get(name)
    if reader is None:
        return Ignored("event_not_handled")
    body = _map(payload)
    full_name = _text(_map(body.get("repository")).get("full_name")) or repository
    if full_name.count("/") != 1:
        return Ignored("payload_incomplete")
    return reader(full_name, body)


def read_default_branch(payload: object) -> str:
    """Return the name of the repository's default branch; empty where a payload does not tell (a schedule)."""
    return _text(_map(_map(payload).get("repository")).get("default_branch"))


def read_repository_id(payload: object) -> int:
    """Return GitHub's number of the repository, which no renaming changes; 0 where a payload does not tell."""
    return _number(_map(_map(payload).get("repository")).get("id")) or 0


def _pull_request(repository: str, body: Mapping[str, object]) -> Event | Ignored:
    pull = _map(body.get("pull_request"))
    number, head, base = _number(pull.get("number")), _map(pull.get("head")), _map(pull.get("base"))
    head_sha, base_sha = _text(head.get("sha")), _text(base.get("sha"))
    action = next((known for known in _REVIEWED if known == body.get("action")), None)
    if action is None:
        return Ignored("action_not_reviewed")
    if number is None or not head_sha or not base_sha:
        return Ignored("payload_incomplete")
    if reason := _not_open(pull):
        return Ignored(reason)
    from_fork = _text(_map(head.get("repo")).get("full_name")) != repository
    return PullRequestEvent(repository, number, action, head_sha, base_sha, from_fork)


def _issue_comment(repository: str, body: Mapping[str, object]) -> Event | Ignored:
    issue = _map(body.get("issue"))
    if reason := _not_a_new_comment(body):
        return Ignored(reason)
    if not _map(issue.get("pull_request")):
        return Ignored("not_a_pull_request")
    return _command(repository, body, issue, thread=None)


def _review_comment(repository: str, body: Mapping[str, object]) -> Event | Ignored:
    comment = _map(body.get("comment"))
    if reason := _not_a_new_comment(body):
        return Ignored(reason)
    thread = _number(comment.get("in_reply_to_id")) or _number(comment.get("id"))
    return _command(repository, body, _map(body.get("pull_request")), thread)


def _command(
    repository: str, body: Mapping[str, object], subject: Mapping[str, object], thread: int | None
) -> Event | Ignored:
    comment = _map(body.get("comment"))
    number, identifier = _number(subject.get("number")), _number(comment.get("id"))
    author = _text(_map(comment.get("user")).get("login"))
    if number is None or identifier is None or not author:
        return Ignored("payload_incomplete")
    if reason := _not_open(subject):
        return Ignored(reason)
    return CommandEvent(
        repository=repository,
        number=number,
        comment=identifier,
        kind="issue" if thread is None else "review",
        author=author,
        body=_text(comment.get("body")),
        default_branch=read_default_branch(body),
        thread=thread,
        at=_text(comment.get("created_at")),
    )


def _schedule(repository: str, body: Mapping[str, object]) -> Event | Ignored:
    return ScheduledEvent(repository, _text(body.get("schedule")))


def _dispatch(repository: str, body: Mapping[str, object]) -> Event | Ignored:
    default, ref = read_default_branch(body), _text(body.get("ref"))
    if not default or not ref:
        return Ignored("payload_incomplete")
    if ref != f"refs/heads/{default}":
        return Ignored("not_the_default_branch")
    return DispatchEvent(repository, _text(_map(body.get("sender")).get("login")))


def _push(repository: str, body: Mapping[str, object]) -> Event | Ignored:
    default, ref = read_default_branch(body), _text(body.get("ref"))
    if not default or not ref:
        return Ignored("payload_incomplete")
    if ref != f"refs/heads/{default}":
        return Ignored("not_the_default_branch")
    if body.get("deleted") is True:
        return Ignored("branch_deleted")
    return PushEvent(repository, _text(_map(body.get("sender")).get("login")))


def _workflow_run(repository: str, body: Mapping[str, object]) -> Event | Ignored:
    """Of a fork's run the forge names no pull request: only its commit and where that came from."""
    run = _map(body.get("workflow_run"))
    if body.get("action") != "completed":
        return Ignored("run_not_completed")
    if run.get("event") == "pull_request_review_comment":
        return _thread(repository, body, run)
    if run.get("event") != "pull_request":
        return Ignored("run_not_of_a_pull_request")
    if run.get("conclusion") not in _CONCLUDED:
        return Ignored("run_without_result")
    number, head_sha, branch = _number(run.get("id")), _text(run.get("head_sha")), _text(run.get("head_branch"))
    head_repository = _text(_map(run.get("head_repository")).get("full_name"))
    if number is None or not _COMMIT.fullmatch(head_sha) or not branch or head_repository.count("/") != 1:
        return Ignored("payload_incomplete")
    return AnalysedEvent(repository, number, head_repository, branch, head_sha)


def _thread(repository: str, body: Mapping[str, object], run: Mapping[str, object]) -> Event | Ignored:
    if run.get("conclusion") != "success":
        return Ignored("run_without_result")  # the comment had no command, so its job was skipped
    named, at = _THREAD_RUN.fullmatch(_text(run.get("display_title"))), _text(run.get("created_at"))
    if named is None or not at:
        return Ignored("payload_incomplete")
    return ThreadEvent(repository, int(named[1]), at, read_default_branch(body))


def _not_a_new_comment(body: Mapping[str, object]) -> str | None:
    """Edits can make an old, harmless comment a command, and bots can be made to say one: neither counts."""
    comment = _map(body.get("comment"))
    user, sender = _map(comment.get("user")), _map(body.get("sender"))
    if body.get("action") != "created":
        return "comment_not_new"
    if _is_bot(user) or _is_bot(sender) or _map(comment.get("performed_via_github_app")):
        return "author_is_bot"
    if _text(user.get("login")) != _text(sender.get("login")):
        return "sender_is_not_author"
    return None


def _is_bot(user: Mapping[str, object]) -> bool:
    return user.get("type") == "Bot" or _text(user.get("login")).lower().endswith("[bot]")


def _not_open(subject: Mapping[str, object]) -> str | None:
    if subject.get("state") != "open":
        return "pull_request_closed"
    return "pull_request_locked" if subject.get("locked") is True else None


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


_READERS: Mapping[str, Callable[[str, Mapping[str, object]], Event | Ignored]] = {
    "pull_request": _pull_request,
    "issue_comment": _issue_comment,
    "pull_request_review_comment": _review_comment,
    "schedule": _schedule,
    "workflow_dispatch": _dispatch,
    "push": _push,
    "workflow_run": _workflow_run,
}
