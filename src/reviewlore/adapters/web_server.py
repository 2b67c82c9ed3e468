"""Serves ASGI applications over HTTP until the process is told to stop. Owns uvicorn.

In: applications and where each listens. It bounds what a stranger can make it hold: connections, the size of headers,
and the time that they may take; it names no version, believes no header of a proxy, and writes no log of requests.
"""

import signal
import socket
import threading
from asyncio import TimerHandle, Transport
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from reviewlore.errors import ConfigError

_HEAD_SECONDS = 10.0  # until a request's headers must have come; uvicorn itself would wait for ever
_IDLE_SECONDS = 15  # between two requests of a connection
_HEAD_BYTES = 16 << 10
_MOST_CONNECTIONS = 1_500
_BACKLOG = 2_048

Scope = Mapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """Where an application is served; port 0 is any that is free."""

    host: str
    port: int
    app: App


class WebServer:
    """Applications on open ports: they listen as soon as this is made, and are answered while `run` runs."""

    def __init__(self, listeners: Sequence[Listener], *, grace: float = 10.0) -> None:
        """Open the ports; ConfigError where one cannot be had. `grace`: seconds that open requests get at the end."""
        self._sockets: list[socket.socket] = []
        apps: dict[int, App] = {}
        _allow_files(_MOST_CONNECTIONS * 2)
        with ExitStack() as opened:
            for listener in listeners:
                bound = opened.enter_context(_bind(listener))
                apps[bound.getsockname()[1]] = listener.app
                self._sockets.append(bound)
            opened.pop_all()
        self.ports: tuple[int, ...] = tuple(apps)
        self._server = uvicorn.Server(_configure(_by_port(apps), grace))

    def run(self) -> None:
        """Answer requests until SIGTERM, SIGINT or `stop`; then end those that are open, and return."""
        with _passing_over_signals():  # uvicorn catches them, and sends them to the process again when it has ended
            self._server.run(sockets=self._sockets)

    def stop(self) -> None:
        """Have `run` return; from any thread."""
        self._server.should_exit = True


class _Impatient(H11Protocol):
    """uvicorn's protocol, with an end to waiting for the headers of a request."""

    _late: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late = self.loop.call_later(_HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not getattr(self.cycle, "response_complete", True):  # there is no cycle before the first request
            self._calm()
        elif self._late is None:
            self._late = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def _calm(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _configure(app: App, grace: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Impatient,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=max(1, round(grace)),
    )


def _by_port(apps: Mapping[int, App]) -> App:
    """Return one application that is another one at each port: where a request came in is no header's word."""

    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        await apps[scope["server"][1]](scope, receive, send)

    return answer


def _bind(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    try:
        return socket.create_server((listener.host, listener.port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{listener.host} port {listener.port} cannot be listened at: {reason}.") from error


def _allow_files(wanted: int) -> None:
    """Raise the number of open files to what the connections may take, as far as this process is allowed to."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@contextmanager
def _passing_over_signals() -> Any:
    if threading.current_thread() is not threading.main_thread():  # where no signal arrives
        yield
        return
    before = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
