"""The App's front: requests of the forge in, deliveries on disk and an answer within milliseconds out (ASGI).

Nothing is read of a body before its signature over the raw bytes was found right; nothing is answered with 202 before
it is on disk. It does no work itself, asks the forge nothing, and tells strangers nothing. Owns starlette.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from reviewlore.domain.delivery import Delivery, Withdrawal
from reviewlore.domain.events import Ignored
from reviewlore.errors import ReviewloreError, StorageError
from reviewlore.ports.deliveries import DeliveryInbox, DeliveryMeter, Taken
from reviewlore.ports.machine import Clock
from reviewlore.stages.signature import check_secrets, is_signature, is_signed
from reviewlore.webhook.batches import Batches
from reviewlore.webhook.reading import read_delivery

MOST_BYTES = 25 << 20  # the forge sends nothing larger
_MOST_HELD = 256 << 20  # bytes of all bodies that are being received: nobody has proved a right to this memory yet
_BODY_SECONDS = 8.0  # to receive a body in; the forge gives up after 10
_READY_SECONDS = 5.0  # for which a look at the disk is believed
# A body above this is read in a thread, one at a time: 25 MB keep the loop busy for a second, and fill memory.
_LARGE = 256 << 10
_RETRY = {"Retry-After": "60"}
_CLOSE = {"Connection": "close"}  # what is left of a refused request is not received
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EVENT = re.compile(r"[a-z0-9_]{1,64}")
# Names that metrics may carry; any other would be a stranger's words in them.
_KNOWN = frozenset(
    "ping pull_request issue_comment pull_request_review_comment push installation installation_repositories".split()
)


@dataclass(frozen=True, slots=True)
class Front:
    """What the front needs: the secrets (two while one replaces the other), where deliveries go, and who listens.

    `problem` says why the server is not ready, empty where it is; it is asked often and must be quick. `tell` hears
    one line for each delivery that was signed and not ignored; `kept` is called when there is something to do.
    """

    secrets: Sequence[bytes] = field(repr=False)
    inbox: DeliveryInbox
    meter: DeliveryMeter
    clock: Clock
    problem: Callable[[], str]
    tell: Callable[[str], None]
    kept: Callable[[], None]


def make_app(front: Front) -> ASGIApp:
    """Return the application: POST /webhook, GET /healthz, GET /readyz, and nothing else.

    ConfigError where a secret is missing or too short: it never listens without one.
    """
    receiver = _Receiver(replace(front, secrets=check_secrets(front.secrets)))
    routes = [
        Route("/webhook", receiver.receive, methods=["POST"]),
        Route("/healthz", _live, methods=["GET"]),
        Route("/readyz", _Readiness(front).answer, methods=["GET"]),
    ]
    return Router(routes, redirect_slashes=False)


def make_metrics_app(render: Callable[[], tuple[bytes, str]]) -> ASGIApp:
    """Return the application that shows metrics (their text and its type), for a port of its own: GET /metrics."""

    async def show(_: Request) -> Response:
        text, kind = await asyncio.to_thread(render)
        return Response(text, media_type=kind)

    return Router([Route("/metrics", show, methods=["GET"])], redirect_slashes=False)


async def _live(_: Request) -> Response:
    return PlainTextResponse("alive")


class _Readiness:
    """Whether deliveries can be kept and are worked off; strangers may ask, so the disk is looked at now and then."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._looked = float("-inf")
        self._ready = False

    async def answer(self, _: Request) -> Response:
        now = self._front.clock.monotonic()
        if now - self._looked >= _READY_SECONDS:
            self._looked = now
            self._ready = await asyncio.to_thread(self._look)
        return PlainTextResponse("ready") if self._ready else PlainTextResponse("not ready", 503)

    def _look(self) -> bool:
        try:
            problem = self._front.problem()
            if not problem:
                self._front.inbox.check()
        except ReviewloreError as error:
            problem = str(error)
        if problem:
            self._front.tell(f"Not ready: {problem}")
        return not problem


class _Receiver:
    """Takes deliveries in; every way a request can end is counted."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._batches = Batches(front.inbox)
        self._held = 0
        self._reading = asyncio.Lock()

    async def receive(self, request: Request) -> Response:
        """Answer one request."""
        began, event, answer = self._front.clock.monotonic(), "other", _FAULT
        try:
            name, guid, signature = _read_headers(request.headers)
            body = await self._read_body(request)
            if not await self._is_signed(body, signature):
                raise _RefusalError(_UNSIGNED)
            event = name if name in _KNOWN else event
            answer = _PONG if name == "ping" else await self._take(name, guid, body)
        except _RefusalError as refusal:
            answer = refusal.answer
        finally:
            self._front.meter.answered(event, answer.said, self._front.clock.monotonic() - began)
        return PlainTextResponse(answer.said, answer.code, answer.headers)

    async def _read_body(self, request: Request) -> bytes:
        """Return a body that is neither too large nor too slow, within the memory that all of them may take."""
        body, length = bytearray(), request.headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or int(length[:20]) > MOST_BYTES:
            raise _RefusalError(_TOO_LARGE)
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > MOST_BYTES:
                        raise _RefusalError(_TOO_LARGE)
                    if self._held > _MOST_HELD:
                        raise _RefusalError(_BUSY)
        except TimeoutError as error:
            raise _RefusalError(_TOO_SLOW) from error
        except ClientDisconnect as error:
            raise _RefusalError(_GONE) from error
        finally:
            self._held -= len(body)
        return bytes(body)

    async def _is_signed(self, body: bytes, signature: str) -> bool:
        if len(body) <= _LARGE:
            return is_signed(body, signature, self._front.secrets)
        return await asyncio.to_thread(is_signed, body, signature, self._front.secrets)

    async def _read(self, name: str, guid: str, body: bytes) -> Delivery | Withdrawal | Ignored:
        now = self._front.clock.now()
        if len(body) <= _LARGE:
            return read_delivery(name, guid, body, now)
        async with self._reading:
            return await asyncio.to_thread(read_delivery, name, guid, body, now)

    async def _take(self, name: str, guid: str, body: bytes) -> "_Answer":
        try:
            read = await self._read(name, guid, body)
        except ValueError as error:
            raise _RefusalError(_NO_JSON) from error
        if isinstance(read, Ignored):
            return _Answer(f"ignored: {read.reason}", 200)
        try:
            if isinstance(read, Withdrawal):
                count = await asyncio.to_thread(self._front.inbox.withdraw, read)
                self._front.tell(f"{read.reason} Installation {read.installation}: {count} deliveries are needless.")
                return _WITHDRAWN
            taken = await self._batches.put(read)
        except StorageError as error:
            self._front.tell(str(error))
            return _BUSY
        if taken == "taken":
            self._front.kept()
        answer, subject = _TAKEN[taken], f" {read.subject}" if read.subject else ""
        self._front.tell(f"{read.repository}{subject} {read.event} {read.id}: {answer.said}")
        return answer


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said to the forge; also the name it is counted under, so it never has a stranger's words."""

    said: str
    code: int
    headers: Mapping[str, str] | None = None


class _RefusalError(Exception):
    """A request that is not taken."""

    def __init__(self, answer: _Answer) -> None:
        self.answer = answer


_FAULT = _Answer("fault", 500)
_PONG = _Answer("pong", 200)
_WITHDRAWN = _Answer("withdrawn", 200)
_TAKEN: Mapping[Taken, _Answer] = {
    "taken": _Answer("taken", 202),
    "again": _Answer("again", 200),
    "full": _Answer("full", 503, _RETRY),
}
_BUSY = _Answer("busy", 503, {**_RETRY, **_CLOSE})
_UNSIGNED = _Answer("not signed", 401, _CLOSE)
_NOT_A_DELIVERY = _Answer("no delivery of GitHub", 400, _CLOSE)
_NOT_JSON_TYPE = _Answer("content type must be application/json", 400, _CLOSE)
_NO_JSON = _Answer("no JSON object in which each key is once", 400)
_TOO_LARGE = _Answer("too large", 413, _CLOSE)
_TOO_SLOW = _Answer("too slow", 408, _CLOSE)
_GONE = _Answer("gone", 400, _CLOSE)


def _read_headers(headers: Headers) -> tuple[str, str, str]:
    """Return the event's name, the delivery's id and the signature; each header may be there once."""
    kind, encoding, signature, name, guid = (
        values[0] if len(values := headers.getlist(key)) == 1 else ""
        for key in ("content-type", "content-encoding", "x-hub-signature-256", "x-github-event", "x-github-delivery")
    )
    if kind.partition(";")[0].strip().lower() != "application/json" or encoding not in ("", "identity"):
        raise _RefusalError(_NOT_JSON_TYPE)
    if not is_signature(signature):
        raise _RefusalError(_UNSIGNED)
    if not _EVENT.fullmatch(name) or not _GUID.fullmatch(guid):
        raise _RefusalError(_NOT_A_DELIVERY)
    return name, guid.lower(), signature
