"""The composition root of the App's server: its front, its queue and its crew in one process, until it is stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
from reviewlore.adapters.machine import SystemClock
from reviewlore.errors import MissingExtra
from reviewlore.stages.signature import check_secrets
from reviewlore.wiring_app import AppOptions, Crew, check_app, open_crew
from reviewlore.wiring_secrets import take_app_secrets

if TYPE_CHECKING:
    from reviewlore.adapters.metrics import Metrics
    from reviewlore.adapters.web_server import WebServer

LOOPBACK = "127.0.0.1"
_GRACE = 20.0  # seconds for jobs that run when the server is told to stop; container hosts kill it after 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens; metrics have a port of their own, on the loopback, or none."""

    host: str = LOOPBACK
    port: int = 8321
    metrics_port: int | None = None


def serve_app(options: AppOptions, place: Place, tell: Callable[[str], None]) -> None:
    """Take deliveries in and work them off until SIGTERM or SIGINT.

    ConfigError where a secret or a port cannot be had, RefusedError where another server works in the same folder,
    MissingExtra where the App's libraries are not installed. What was running when the last one ended runs again.
    """
    secrets = take_app_secrets(options.folder)
    check_secrets(secrets.webhook_secrets)
    queue = SqliteDeliveryQueue(options.folder)
    try:
        again = queue.recover()
        _need_extra()
        from reviewlore.adapters.metrics import Metrics

        metrics = Metrics(queue, SystemClock())
        crew = open_crew(options, secrets, queue, metrics, tell)
        server = _open_server(place, secrets.webhook_secrets, queue, metrics, crew, tell)
        tell(f"Listening at {place.host} on {', '.join(map(str, server.ports))}; {again} deliveries run again.")
        crew.start()
        try:
            server.run()
        finally:
            tell("Stopping: nothing new is taken or begun.")
            crew.stop(_GRACE)
    finally:
        queue.close()


def check_site(options: AppOptions) -> list[str]:
    """Return what is missing for the server to do its work, one line each; raises where it could not start."""
    secrets = take_app_secrets(options.folder)
    check_secrets(secrets.webhook_secrets)
    _need_extra()
    queue = SqliteDeliveryQueue(options.folder)
    try:
        queue.check()
    finally:
        queue.close()
    return check_app(options, secrets)


def _open_server(
    place: Place, secrets: tuple[bytes, ...], queue: SqliteDeliveryQueue, metrics: "Metrics", crew: Crew,
    tell: Callable[[str], None],
) -> "WebServer":  # fmt: skip
    from reviewlore.adapters.web_server import Listener, WebServer
    from reviewlore.webhook.app import Front, make_app, make_metrics_app

    front = Front(
        secrets=secrets,
        inbox=queue,
        meter=metrics,
        clock=SystemClock(),
        problem=lambda: "" if crew.alive() else "A worker has ended.",
        tell=tell,
        kept=crew.wake,
    )
    listeners = [Listener(place.host, place.port, make_app(front))]
    if place.metrics_port is not None:
        listeners.append(Listener(LOOPBACK, place.metrics_port, make_metrics_app(metrics.render)))
    return WebServer(listeners)


def _need_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn", "prometheus_client") if find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        raise MissingExtra(f"Serving needs libraries: pip install '/path/to/reviewlore[app]' (missing: {names}).")
