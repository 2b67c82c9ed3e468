"""The command that runs the GitHub App on one's own server."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewlore.cli.options import as_json, emit, format_option, need_git
from reviewlore.domain.visible import visible_line

if TYPE_CHECKING:
    from reviewlore.domain.delivery import QueuedDelivery

_MOST_SHOWN = 100
_GITHUB, _GITHUB_API = "https://github.com", "https://api.github.com"
_PORT = click.IntRange(0, 65_535)


@click.command()
@click.option("--folder", required=True, metavar="DIR",
              type=click.Path(path_type=Path, file_okay=False, resolve_path=True),  # jobs run in other folders
              help="Where the queue and the clones lie, and secrets that the environment has not.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at, behind a proxy with TLS.")
@click.option("--port", default=8321, show_default=True, type=_PORT, help="Port of /webhook, /healthz and /readyz.")
@click.option("--metrics-port", type=_PORT, help="Port of /metrics, on the loopback only; none without it.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64),
              help="Jobs that run at once; of several, one never learns.")  # fmt: skip
@click.option("--clones-gib", default=20.0, show_default=True, type=click.FloatRange(0), help="Room for clones.")
@click.option("--memory-gib", default=4.0, show_default=True, type=click.FloatRange(0.5), help="Memory of one job.")
@click.option("--records", is_flag=True, help="Let reviews write the state branch: shadow mode and a model's account.")
@click.option("--check", is_flag=True, help="Say whether the server could do its work, and end.")
@click.option("--dead", is_flag=True, help="List the deliveries that failed too often, and end.")
@click.option("--requeue", metavar="ID", help="Have a delivery that failed too often worked on again, and end.")
@format_option("text", "json")
def serve(  # noqa: PLR0913 - one parameter an option
    folder: Path, host: str, port: int, metrics_port: int | None, *, workers: int, clones_gib: float, memory_gib: float,
    requeue: str | None, style: str, records: bool, check: bool, dead: bool,
) -> int:  # fmt: skip
    """Serve the GitHub App: take deliveries in and work them off.

    Serve the GitHub App until it is stopped. Needs REVIEWLORE_APP_ID, REVIEWLORE_APP_PRIVATE_KEY and
    REVIEWLORE_WEBHOOK_SECRET, or each with _FILE and the name of a file. A restart loses nothing.
    """
    if check + dead + (requeue is not None) > 1:
        raise click.UsageError("--check, --dead and --requeue are one at a time.")
    if dead or requeue is not None:
        return _show_dead(folder, style) if dead else _requeue(folder, requeue or "")
    need_git()
    from reviewlore.wiring_app import AppOptions
    from reviewlore.wiring_serve import Place, check_site, serve_app

    server, api = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_API_URL")
    options = AppOptions(
        folder, server or _GITHUB, api or _GITHUB_API, workers, clones_gib, memory_gib, records=records
    )
    if check:
        lacking = check_site(options)
        if style == "json":
            emit(as_json({"ready": not lacking, "lacking": lacking}))
        else:
            lines = lacking or ["Ready: the secrets, the queue and the App are as needed."]
            emit("".join(f"{visible_line(line)}\n" for line in lines))
        return 2 if lacking else 0
    serve_app(options, Place(host, port, metrics_port), _tell)
    return 0


def _tell(line: str) -> None:
    """Print a line of the server; where nobody can hear it any more, or the log's disk is full, work goes on."""
    with suppress(OSError, ValueError):
        click.echo(visible_line(line), err=True)


def _show_dead(folder: Path, style: str) -> int:
    from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue

    queue = SqliteDeliveryQueue(folder, make=False)
    try:
        dead, count = queue.listed("dead", _MOST_SHOWN), queue.counts()["dead"]
    finally:
        queue.close()
    emit(
        as_json({"dead": count, "newest": [_plain(each) for each in dead]}) if style == "json" else _render(dead, count)
    )
    return 0


def _requeue(folder: Path, delivery: str) -> int:
    from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue

    queue = SqliteDeliveryQueue(folder, make=False)
    try:
        queue.requeue(delivery)
    finally:
        queue.close()
    emit(f"{visible_line(delivery)} waits again; the server takes it up when it runs.\n")
    return 0


def _render(dead: "Sequence[QueuedDelivery]", count: int) -> str:
    if not dead:
        return "No delivery failed too often.\n"
    lines = [f"{count} failed too often" + (f"; the newest {len(dead)}:" if count > len(dead) else ":")]
    for each in dead:
        about = " ".join(filter(None, (each.delivery.event, each.delivery.repository, each.delivery.subject)))
        began = f"begun {each.attempts} times, received {each.delivery.received_at}"
        lines.append(f"  {each.delivery.id}  {visible_line(about)}, {began}: {visible_line(each.said)}")
    return "\n".join([*lines, "", "Have one worked on again: reviewlore serve --folder DIR --requeue ID\n"])


def _plain(each: "QueuedDelivery") -> dict[str, object]:
    delivery = each.delivery
    return {
        "id": delivery.id,
        "event": delivery.event,
        "repository": delivery.repository,
        "subject": delivery.subject,
        "received_at": delivery.received_at,
        "attempts": each.attempts,
        "said": each.said,
    }
