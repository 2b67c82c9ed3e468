"""What an answer of GitHub means: whether to wait and ask again, how much of the rate limit is left, what went wrong.

In: status, headers and text of one exchange. Out: seconds to wait, or an error of `reviewlore.errors`. No I/O here.
The rules are GitHub's: "Rate limits for the REST API", "Rate limits and query limits for the GraphQL API".
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from reviewlore.errors import ForgeError, InputError, RefusedError, ReviewloreError

# Nobody to talk to: asking often does not help, and whoever mistyped an address should not wait.
UNREACHABLE_RETRIES = 2
UNREACHABLE_PAUSE = 0.5
_FEW_WRITES = 2  # of one connection, which need no distance
# GitHub ends a query after ten seconds, or when it costs too much memory or time, with one of these.
_TOO_MUCH = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED", "TIMEOUT"})
_WENT_WRONG = ("something went wrong", "timed out", "timeout")


class GaveUpError(ForgeError):
    """GitHub gave up on a request, or its answer was lost: a smaller one may succeed."""


class RefusedCursorError(InputError):
    """GitHub does not take a cursor (any more)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How much is borne with GitHub; all times in seconds.

    `max_wait` bounds each single wait for a rate limit, `retries` their number; a longer wait is an error at once.
    `max_requests` bounds the requests of one connection, repeated ones included. One second between writes, from
    the third of a connection on, is what GitHub asks for in its best practices for the REST API.
    """

    retries: int = 4
    max_wait: float = 120.0
    secondary_wait: float = 60.0
    backoff: float = 1.0
    timeout: int = 30
    between_reads: float | None = None
    between_writes: float | None = 1.0
    max_requests: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, or none: `lost` says why there is none, `unreachable` that nobody was there to ask."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Any = None
    cut: bool = False
    lost: str = ""
    unreachable: bool = False

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors of a GraphQL answer."""
        return [] if "message" in self._said else [each for each in self._listed if isinstance(each, dict)]

    @property
    def message(self) -> str:
        """What GitHub says in an error, its list of errors included."""
        parts = [str(self._said["message"])] if self._said.get("message") else []
        for each in self._listed:
            parts.append(str(each.get("message") or each.get("code")) if isinstance(each, dict) else str(each))
        return ("; ".join(parts) or "no explanation").rstrip(".") + "."

    @property
    def _said(self) -> dict[str, Any]:
        return self.data if isinstance(self.data, dict) else {}

    @property
    def _listed(self) -> list[Any]:
        errors = self._said.get("errors")
        return errors if isinstance(errors, list) else []

    @property
    def limited(self) -> bool:
        """Whether a rate limit, primary or secondary, is what GitHub refuses by."""
        words = "rate limit" in self.message.lower()
        if self.status in {403, 429}:
            return self.status == 429 or words or "retry-after" in self.headers
        return bool(self.errors) and (words or self.has_error("RATE_LIMITED"))

    @property
    def failed(self) -> bool:
        """Whether the same or a smaller request may succeed: GitHub failed, gave up, or the answer was lost."""
        if self.lost or self.cut or self.status >= 500:
            return True
        said = self.message.lower()
        return any(self.has_error(kind) for kind in _TOO_MUCH) or (
            bool(self.errors) and any(words in said for words in _WENT_WRONG)
        )

    def has_error(self, kind: str) -> bool:
        """Whether a GraphQL answer has an error of one type."""
        return any(each.get("type") == kind for each in self.errors)

    def number(self, header: str) -> int | None:
        """A header's whole number, None where there is none."""
        text = self.headers.get(header, "")
        return int(text) if text.isdigit() else None

    @property
    def until_reset(self) -> float:
        """Seconds until the primary limit is full again, by GitHub's own clock where it tells the time."""
        reset = self.number("x-ratelimit-reset")
        try:
            now = parsedate_to_datetime(self.headers["date"]).timestamp()
        except (KeyError, ValueError):
            now = time.time()
        # One second more, since it is not told when in its second the reset happens.
        return max(0.0, reset - now) + 1 if reset is not None else 0.0


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a GET: its JSON, its entity tag, and the address of the next page of a list."""

    data: Any
    tag: str | None = None
    following: str | None = None

    def items(self, what: str) -> list[Any]:
        """Return the elements of a list; ForgeError where GitHub answered something else."""
        if not isinstance(self.data, list):
            raise ForgeError(f"GitHub answered GET {what} with something that is not a list; check the API address.")
        return self.data


@dataclass(slots=True)
class Allowance:
    """What is left of one primary rate limit, as last told; `ready` is a monotonic time."""

    remaining: int
    ready: float


@dataclass(slots=True)
class Writes:
    """How many writes one connection has made, and when the last one was answered (a monotonic time).

    GitHub asks for a second between them of whoever makes a large number; a review and its summary are two.
    https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    """

    count: int = 0
    last: float = 0.0

    def pause(self, patience: Patience) -> float:
        """Return how many seconds the next write has to wait."""
        if self.count < _FEW_WRITES or patience.between_writes is None:
            return 0.0
        return max(0.0, self.last + patience.between_writes - time.monotonic())

    def note(self) -> None:
        """Count a write that was answered."""
        self.count, self.last = self.count + 1, time.monotonic()


def read_answer(status: int, headers: Mapping[str, str], text: str) -> Answer:
    """Return an answer with its JSON read."""
    try:
        return Answer(status, headers, json.loads(text) if text else None)
    except ValueError:
        return Answer(status, headers, cut=True)


def find_pause(answer: Answer, attempt: int, patience: Patience) -> float | None:
    """Return how many seconds GitHub should be left alone before the same request; None where that is no help."""
    if answer.limited:
        after = answer.number("retry-after")
        if after is not None:
            return float(after)
        if answer.number("x-ratelimit-remaining") == 0:
            return answer.until_reset
        # "Wait for at least one minute before retrying", then exponentially longer.
        return float(patience.secondary_wait * 2**attempt)
    if answer.unreachable:
        hopeless = answer.lost == "ConnectTimeoutError" or attempt >= UNREACHABLE_RETRIES
        return None if hopeless else float(min(UNREACHABLE_PAUSE, patience.backoff) * 2**attempt)
    if answer.failed:
        return float(min(patience.backoff * 2**attempt, patience.max_wait))
    return None


def explain(answer: Answer, what: str) -> ReviewloreError:
    """Say in one sentence what went wrong, and what to do about it."""
    said, status = answer.message, answer.status
    if answer.unreachable:
        return ForgeError(f"GitHub cannot be reached for {what} ({answer.lost}); check the address and the network.")
    if answer.limited:
        wait = find_pause(answer, 0, Patience()) or 0.0
        advice = "Run again later, or with a token of its own."
        return ForgeError(f"GitHub's rate limit stops {what}: {said} {advice}", wait)
    if answer.lost or answer.cut:
        why = f"none: {answer.lost}" if answer.lost else "cut short or no JSON"
        return GaveUpError(f"GitHub gave no usable answer to {what} ({why}); check the address and try again later.")
    if status >= 500:
        return GaveUpError(f"GitHub failed at {what} with status {status}: {said} Try again later.")
    return _refusal(answer, what)


def _refusal(answer: Answer, what: str) -> ReviewloreError:
    said, status = answer.message, answer.status
    if status == 401:
        return RefusedError(f"GitHub did not accept the token for {what}: {said} Give a valid one as GITHUB_TOKEN.")
    if status == 403:
        needed = answer.headers.get("x-accepted-github-permissions")
        advice = f"it needs {needed}" if needed else "see the `permissions:` of the workflow, and the person's role"
        return RefusedError(f"GitHub does not allow {what}: {said} Give the token what it lacks: {advice}.")
    if status in {404, 410}:
        return InputError(f"GitHub has nothing at {what}, or the token may not see it: {said} Check name and number.")
    if status in {400, 422}:
        return InputError(f"GitHub refuses {what}: {said} The request must be changed before it is sent again.")
    return ForgeError(f"GitHub failed at {what} with status {status}: {said} Try again later.")


def explain_query(answer: Answer) -> ReviewloreError:
    """Say what went wrong with a GraphQL query that was answered."""
    said = answer.message
    if answer.failed:
        return GaveUpError(f"GitHub's GraphQL gave up: {said} Try again later.")
    if answer.has_error("INVALID_CURSOR_ARGUMENTS"):
        return RefusedCursorError(f"GitHub's GraphQL does not take a cursor: {said} Start from a time instead.")
    if answer.has_error("NOT_FOUND"):
        return InputError(f"GitHub's GraphQL finds nothing there: {said} Check the name and the token.")
    if answer.has_error("FORBIDDEN"):
        return RefusedError(f"GitHub's GraphQL does not allow this: {said} Give the token what it lacks.")
    return ForgeError(f"GitHub's GraphQL failed: {said} Try again later.")
