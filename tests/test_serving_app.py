"""The server itself: real sockets, strangers who hold them, a process that is stopped, and its command line."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router
from tests.github.apps import make_keys
from tests.github.webhooks import deliver

from reviewlore.adapters import web_server
from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
from reviewlore.adapters.web_server import Listener, WebServer
from reviewlore.cli import hosting, run
from reviewlore.cli.hosting import serve
from reviewlore.domain.delivery import Delivery
from reviewlore.errors import ConfigError

SECRET = "It's a Secret to Everybody"


async def hello(_: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def goodbye(_: object) -> PlainTextResponse:
    return PlainTextResponse("goodbye")


@contextlib.contextmanager
def served(*apps: object) -> Iterator[tuple[int, ...]]:
    server = WebServer([Listener("127.0.0.1", 0, app) for app in apps])
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.ports
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


def app_of(answer: object) -> Router:
    return Router([Route("/", answer, methods=["GET"])])


def said(port: int, request: bytes) -> bytes:
    """Send bytes and return all that comes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
        return b"".join(parts)


GET = b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"


def test_each_port_has_its_own_application_whatever_a_request_says() -> None:
    with served(app_of(hello), app_of(goodbye)) as (first, second):
        assert said(first, GET % b"127.0.0.1:%d" % second).endswith(b"hello")
        assert said(second, GET % b"example.com").endswith(b"goodbye")
        head = said(first, GET % b"x").partition(b"\r\n\r\n")[0].lower()
        assert b"server:" not in head and b"uvicorn" not in head


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_stranger_who_never_ends_a_request_is_cut_off(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_server, "_HEAD_SECONDS", 0.5)
    with served(app_of(hello)) as (port,):
        assert said(port, begun) == b""
        with socket.create_connection(("127.0.0.1", port), 5) as connection:  # likewise after a whole request
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"hello"):
                answer += connection.recv(65_536)
            time.sleep(0.6)
            connection.sendall(begun or b"G")
            assert connection.recv(65_536) == b""
        assert said(port, GET % b"x").endswith(b"hello")


def test_headers_without_end_are_refused() -> None:
    with served(app_of(hello)) as (port,):
        assert said(port, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000).startswith(b"HTTP/1.1 400")


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1 port {port} cannot be listened at: Address already in use"):
            WebServer([Listener("127.0.0.1", 0, app_of(hello)), Listener("127.0.0.1", port, app_of(hello))])


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    hidden = {"REVIEWLORE_APP_ID": "42", "REVIEWLORE_APP_PRIVATE_KEY": make_keys().private,
              "REVIEWLORE_WEBHOOK_SECRET": SECRET}  # fmt: skip
    nowhere = {"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_SERVER_URL": "http://127.0.0.1:9"}
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **hidden, **nowhere}


@contextlib.contextmanager
def process_of(environ: dict[str, str], *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    command = [sys.executable, "-m", "reviewlore", "serve", "--port", "0", "--metrics-port", "0", *arguments]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert line.startswith("Listening"), line + process.stderr.read()
            yield process, [int(port) for port in re.findall(r"\d{4,5}(?=[,;])", line)]
        finally:
            process.kill()


def pushed(number: int) -> dict[str, object]:
    about = {"full_name": f"octo/demo-{number % 3}", "default_branch": "main", "id": number + 1}
    return {"ref": "refs/heads/main", "after": f"{number:040}", "repository": about, "installation": {"id": 7}}


def test_a_killed_server_keeps_what_it_took_and_a_stopped_one_ends_well(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = tmp_path / "app"
    with process_of(environ, "--folder", str(folder)) as (process, (port, metrics)):
        address = f"http://127.0.0.1:{port}"
        sent = [deliver(f"{address}/webhook", "push", pushed(number), SECRET) for number in range(6)]
        assert {(each.status, each.text) for each in sent} == {(202, "taken")}
        assert deliver(f"{address}/webhook", "push", pushed(0), "another secret that is wrong").status == 401
        assert said(metrics, b"GET /metrics HTTP/1.0\r\n\r\n").count(b'answer="taken",event="push"} 6.0') == 1
        assert said(port, b"GET /metrics HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 404")
        assert said(port, b"GET /readyz HTTP/1.0\r\n\r\n").endswith(b"ready")
        second = subprocess.run([sys.executable, "-m", "reviewlore", "serve", "--folder", str(folder), "--port", "0"],
                                env=environ, capture_output=True, text=True, check=False)  # fmt: skip
        assert second.returncode == 2 and "Another server works off" in second.stderr
        process.kill()
    with process_of(environ, "--folder", str(folder)) as (process, (port, _)):
        again = [deliver(f"http://127.0.0.1:{port}/webhook", "push", pushed(number), SECRET) for number in range(6)]
        assert {each.text for each in again} <= {"again", "taken"}  # taken: the later pushes made it needless
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None and "Stopping" in process.stderr.read()
    queue = SqliteDeliveryQueue(folder)
    counts = queue.counts()
    assert counts["running"] == 0 and sum(counts.values()) == 6
    queue.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"REVIEWLORE_WEBHOOK_SECRET": ""}, "REVIEWLORE_WEBHOOK_SECRET is not set"),
        ({"REVIEWLORE_WEBHOOK_SECRET": "   "}, "REVIEWLORE_WEBHOOK_SECRET is not set"),
        ({"REVIEWLORE_WEBHOOK_SECRET": "short"}, "has 5 bytes; it needs 16 or more"),
        ({"REVIEWLORE_APP_ID": ""}, "REVIEWLORE_APP_ID is not set"),
    ],
)  # fmt: skip
def test_no_server_is_started_without_its_secrets(
    tmp_path: Path, environ: dict[str, str], changes: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for extra in ((), ("--check",)):
        for name, value in {**environ, **changes}.items():  # anew: a secret is taken out of the environment
            monkeypatch.setenv(name, value)
        assert run(["serve", "--folder", str(tmp_path), "--port", "0", *extra]) == 2
        error = capsys.readouterr().err
        assert error.startswith("Error: ") and words in error


def test_what_failed_too_often_is_listed_and_worked_on_again(tmp_path: Path) -> None:
    queue = SqliteDeliveryQueue(tmp_path, most_attempts=1)
    queue.put([Delivery("guid-1", "push", "octo/demo", 7, "", b"{}", "2026-11-22T12:00:00Z")])
    queue.claim("2026-11-22T12:00:00Z")
    queue.finish("guid-1", "waiting", "It broke \x1b[31m.")
    shown = CliRunner().invoke(serve, ["--folder", str(tmp_path), "--dead"])
    assert shown.output.splitlines() == [
        "1 failed too often:",
        "  guid-1  push octo/demo, begun 1 times, received 2026-11-22T12:00:00+00:00: It broke \\x1b[31m.",
        "",
        "Have one worked on again: reviewlore serve --folder DIR --requeue ID",
    ]
    told = json.loads(CliRunner().invoke(serve, ["--folder", str(tmp_path), "--dead", "--format", "json"]).output)
    assert told["dead"] == 1 and told["newest"][0]["id"] == "guid-1"
    again = CliRunner().invoke(serve, ["--folder", str(tmp_path), "--requeue", "guid-1"])
    assert again.output == "guid-1 waits again; the server takes it up when it runs.\n"
    assert queue.counts()["waiting"] == 1
    assert CliRunner().invoke(serve, ["--folder", str(tmp_path), "--dead"]).output == "No delivery failed too often.\n"
    queue.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dead"], "There are no deliveries at"),
        (["--requeue", "guid-1"], "There are no deliveries at"),
        (["--dead", "--check"], "one at a time"),
        (["--port", "70000"], "70000 is not in the range"),
    ],
)
def test_what_cannot_be_asked_is_said(
    tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", "--folder", str(tmp_path / "none"), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_queue_that_is_looked_at_does_not_stop_the_server(tmp_path: Path) -> None:
    queue = SqliteDeliveryQueue(tmp_path)
    queue.recover()
    began = time.monotonic()
    assert CliRunner().invoke(serve, ["--folder", str(tmp_path), "--dead"]).exit_code == 0
    assert queue.put([Delivery("g", "push", "o/d", 7, "", b"{}", "2026-11-22T12:00:00Z")]) == ["taken"]
    assert time.monotonic() - began < 5
    queue.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="This system has no device that is always full.")
def test_a_log_that_is_full_ends_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("wb", buffering=0) as device:
        full = io.TextIOWrapper(device, write_through=True)
        with pytest.raises(OSError, match="No space left"):
            full.write("a line")
        monkeypatch.setattr(sys, "stderr", full)
        hosting._tell("octo/demo push guid-1: done (success)")
