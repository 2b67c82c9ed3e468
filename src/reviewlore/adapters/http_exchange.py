"""One HTTP request to one configured address, bounded in time and size. Owns urllib3 with `github_meter`.

In: an address and a JSON body. Out: status, headers and at most so many bytes, or an ExchangeError. It follows no
redirect, asks no proxy of the environment, and sends the key nowhere but to that address.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from socket import SHUT_RDWR, socket
from typing import Literal
from urllib.parse import urlsplit

# Here and not in functions: several threads send at once, and urllib3's modules, which import each other, would be
# found half made by the second one.
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from reviewlore.domain.visible import visible_line

MOST_BYTES = 4 << 20  # of an answer: some hundred times what an answer of 2,000 tokens takes
_CONNECT_SECONDS = 10.0
_CHUNK = 1 << 16
_AGENT = "reviewlore"


class ExchangeError(Exception):
    """An exchange that came to nothing: the kind of failure, and a sentence without secrets."""

    def __init__(self, kind: Literal["timeout", "unreachable", "broken"], reason: str) -> None:
        super().__init__(reason)
        self.kind: Literal["timeout", "unreachable", "broken"] = kind


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, whatever its status; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """The base of a server's interface (`http://127.0.0.1:8000/v1`) and the key it asks for, which is never shown."""

    base: str
    key: str = field(default="", repr=False)

    def send(self, method: Literal["GET", "POST"], path: str, body: bytes | None, seconds: float) -> HttpAnswer:
        """Return the answer to one request, which takes at most `seconds` in all; ExchangeError where there is none."""
        parts = urlsplit(self.base.rstrip("/") + path)
        host = parts.hostname or ""
        connection = _open(parts.scheme, host, parts.port, min(seconds, _CONNECT_SECONDS))
        with _watch(connection, seconds) as watch:
            try:
                connection.connect()
                watch.held = connection.sock
                watch.check()  # to find and reach the server may have taken all the time: nothing was there to cut off
                connection.timeout = seconds  # the one to connect was shorter
                connection.request(
                    method, parts.path, body=body, headers=self._headers(), preload_content=False, decode_content=False
                )
                answer = _read(connection, watch)
            except (HTTPError, HTTPException, OSError, ValueError) as error:
                watch.check()
                raise _explain(error, self.shown, self.key) from error
        return answer

    @property
    def shown(self) -> str:
        """The server as text for people: scheme, host and port."""
        parts = urlsplit(self.base)
        return visible_line(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")[:200]

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": _AGENT}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        return headers


def hide(text: str, secret: str) -> str:
    """Return a stranger's text on one line, with what cannot be seen escaped and without the secret."""
    return visible_line(text.replace(secret, "[redacted]") if secret else text)


@dataclass(slots=True)
class _Watch:
    """Says whether the time is up, which a server that sends a byte now and then never lets a read notice."""

    seconds: float
    connection: HTTPConnection
    held: socket | None = None  # the connection lets go of its own as soon as the answer begins
    expired: threading.Event = field(default_factory=threading.Event)

    def expire(self) -> None:
        """Take the connection down, so that whoever reads from it wakes up."""
        self.expired.set()
        held = self.held or self.connection.sock
        if held is not None:
            with suppress(OSError):
                socket.shutdown(held, SHUT_RDWR)  # not TLS's own, which only its reader may call

    def check(self) -> None:
        """Raise ExchangeError where the time is up."""
        if self.expired.is_set():
            raise ExchangeError("timeout", f"No whole answer within {self.seconds:.0f} seconds.")


@contextmanager
def _watch(connection: HTTPConnection, seconds: float) -> Iterator[_Watch]:
    watch = _Watch(seconds, connection)
    timer = threading.Timer(seconds, watch.expire)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        connection.close()


def _open(scheme: str, host: str, port: int | None, seconds: float) -> HTTPConnection:
    """Return a connection that is not open yet. urllib3 verifies certificates by default; no proxy is ever asked."""
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=seconds)
    return HTTPConnection(host, port, timeout=seconds)


def _read(connection: HTTPConnection, watch: _Watch) -> HttpAnswer:
    response = connection.getresponse()
    parts: list[bytes] = []
    size = 0
    # Not `stream`, which needs urllib3 2.8.0 to bound the line before a chunk (CVE-2026-97689): `read` always does.
    while chunk := response.read(_CHUNK, decode_content=False):
        watch.check()
        parts.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise ExchangeError("broken", f"The answer is longer than {MOST_BYTES >> 20} MiB.")
    watch.check()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return HttpAnswer(response.status, headers, b"".join(parts))


def _explain(error: Exception, server: str, key: str) -> ExchangeError:
    if isinstance(error, TimeoutError):
        return ExchangeError("timeout", f"{server} did not answer in time.")
    known = isinstance(error, NewConnectionError)  # to urllib3 it is a time-out of a kind
    if isinstance(error, ConnectTimeoutError) and not known:
        return ExchangeError("unreachable", f"{server} could not be reached in time.")
    text = str(error).rpartition(": ")[2] if known else str(error)
    said = hide(text.strip() or type(error).__name__, key)[:200]
    if isinstance(error, SSLError) or "CERTIFICATE" in said:
        return ExchangeError("unreachable", f"{server} shows no certificate that can be trusted: {said}")
    return ExchangeError("unreachable", f"The connection to {server} failed: {said}")
