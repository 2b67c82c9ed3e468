"""A burst of deliveries on the App's real front: how fast it answers, and whether one is lost or worked on twice.

In: how many deliveries, and how many are on their way at once. Out: figures. The server is a process of its own on the
loopback, with the queue on a disk and two workers that note what they do; the senders are this process.
"""

import asyncio
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECRET = b"a secret of the benchmark"
REPOSITORIES = 40
_WORK = 0.05  # seconds that a delivery takes while the burst lasts; real jobs take longer, in processes of their own
_OVER = "over"  # a file that is there when the burst is over: what waits is then only noted
_DRAIN_SECONDS = 60.0


def burst(deliveries: int = 1000, at_once: int = 20) -> dict[str, Any]:
    """Send deliveries, `at_once` of them on their way at a time, and return what came of it.

    `lost`: answered with 202 and never worked on. `twice`: worked on more than once. Each has a connection of its own.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _serving(folder) as (process, port):
            began = time.perf_counter()
            answers = asyncio.run(_send_all(port, _bodies(deliveries), at_once))
            seconds = time.perf_counter() - began
            (folder / _OVER).touch()
            _drain(folder)
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
        worked = _worked(folder)
    times = sorted(took for _, _, took in answers)
    taken = {guid for guid, status, _ in answers if status == 202}
    return {
        "webhook_deliveries": deliveries,
        "webhook_at_once": at_once,
        "webhook_seconds": round(seconds, 2),
        "webhook_p50_ms": round(times[len(times) // 2] * 1e3, 1),
        "webhook_p99_ms": round(times[min(len(times) - 1, int(len(times) * 0.99))] * 1e3, 1),
        "webhook_max_ms": round(times[-1] * 1e3, 1),
        "webhook_refused": deliveries - len(taken),
        "webhook_lost": len(taken - worked.keys()),
        "webhook_twice": sum(count > 1 for count in worked.values()),
        "webhook_exit": code,
    }


def killed_burst(deliveries: int = 1000, at_once: int = 20) -> dict[str, Any]:
    """Send deliveries to a server that is killed when half are answered, and work off what it left with a new one.

    `begun_twice` are those that were being worked on when it was killed: two at most.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _serving(folder) as (process, port):
            answers = asyncio.run(_send_all(port, _bodies(deliveries), at_once, process))
        taken = {guid for guid, status, _ in answers if status == 202}
        (folder / _OVER).touch()
        with _serving(folder):
            _drain(folder)
        worked = _worked(folder)
    return {
        "killed_taken": len(taken),
        "killed_unanswered": sum(status == 0 for _, status, _ in answers),
        "killed_lost": len(taken - worked.keys()),
        "killed_begun_twice": sum(count > 1 for count in worked.values()),
    }


@contextmanager
def _serving(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    command = [sys.executable, "-m", "benchmarks._app_burst", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


async def _send_all(
    port: int, bodies: list[bytes], at_once: int, victim: "subprocess.Popen[str] | None" = None
) -> list[tuple[str, int, float]]:
    answers: list[tuple[str, int, float]] = []
    left = iter(bodies)

    async def send() -> None:
        for body in left:
            answers.append(await _send(port, body))
            if victim is not None and len(answers) == len(bodies) // 2:
                victim.kill()

    await asyncio.gather(*(send() for _ in range(at_once)))
    return answers


async def _send(port: int, body: bytes) -> tuple[str, int, float]:
    """Deliver one as GitHub does, and return its id, the status (0: there was no answer) and the seconds it took."""
    guid, signed = str(uuid.uuid4()), hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    head = (
        f"POST /webhook HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-GitHub-Event: pull_request\r\nX-GitHub-Delivery: {guid}\r\n"
        f"X-Hub-Signature-256: sha256={signed}\r\nConnection: close\r\n\r\n"
    )
    began = time.perf_counter()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        status = await reader.readline()
        took = time.perf_counter() - began
        writer.close()
        return guid, int(status.split()[1]) if status else 0, took
    except OSError:
        return guid, 0, time.perf_counter() - began


def _bodies(count: int) -> list[bytes]:
    """Return payloads of the size that GitHub's have (25 KB), each of another pull request."""
    filler = {f"link_{number}": f"https://api.github.example/repos/octo/demo/{number}" for number in range(300)}
    rows = []
    for number in range(1, count + 1):
        name = f"octo/demo-{number % REPOSITORIES}"
        head = {"sha": f"{number:040x}", "repo": {"full_name": name, **filler}}
        pull = {"number": number, "state": "open", "head": head, "base": {"sha": "b" * 40}}
        about = {"full_name": name, "default_branch": "main"}
        rows.append({"action": "opened", "pull_request": pull, "repository": about, "installation": {"id": 7}})
    return [json.dumps(row).encode() for row in rows]


def _drain(folder: Path) -> None:
    from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue

    queue, deadline = SqliteDeliveryQueue(folder), time.monotonic() + _DRAIN_SECONDS
    while (counts := queue.counts())["waiting"] + counts["running"]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The queue was not worked off: {dict(counts)}.")
        time.sleep(0.05)
    queue.close()


def _worked(folder: Path) -> Counter[str]:
    return Counter((folder / "worked.log").read_text().split())


def _serve(folder: Path) -> None:
    """Serve as `reviewlore serve` does, with workers that note a delivery's id in place of running a job."""
    from reviewlore.adapters.delivery_queue import SqliteDeliveryQueue
    from reviewlore.adapters.machine import SystemClock
    from reviewlore.adapters.metrics import Metrics
    from reviewlore.adapters.web_server import Listener, WebServer
    from reviewlore.webhook.app import Front, make_app

    queue, clock, stopping = SqliteDeliveryQueue(folder), SystemClock(), threading.Event()
    queue.recover()
    front = Front((SECRET,), queue, Metrics(queue, clock), clock, lambda: "", lambda _: None, lambda: None)
    server = WebServer([Listener("127.0.0.1", 0, make_app(front))])

    def work() -> None:
        with (folder / "worked.log").open("a") as log:
            while not stopping.is_set():
                claimed = queue.claim(clock.now())
                if claimed is None:
                    time.sleep(0.02)
                    continue
                if not (folder / _OVER).exists():
                    time.sleep(_WORK)
                print(claimed.delivery.id, file=log, flush=True)
                queue.finish(claimed.delivery.id, "done")

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    print(server.ports[0], flush=True)
    server.run()
    stopping.set()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(Path(sys.argv[1]))
    else:
        print(json.dumps([*(burst(1000, many) for many in (10, 20, 50)), killed_burst()], indent=1))
