"""`reviewlore mine` in a process of its own, which a test may kill at any request; its clock stands still.

In: arguments, environment, and how many pull requests a page holds. Out: the exit status, and what it printed. All
libraries are loaded once, in a server without threads that every such process is forked from.
"""

import io
import json
import multiprocessing
import os
import signal
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.github.fake import FakeGitHub
from tests.github.faults import Reply

NOW = "2027-03-01T12:00:00Z"
# Whatever a forked process would otherwise load anew each time.
_LOADED = ["github", "git", "reviewlore.wiring", "reviewlore.cli", "reviewlore.adapters.github_history", __name__]
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Mined:
    """How a run ended: its exit status (negative: the signal that killed it) and its report where it printed one."""

    status: int
    report: dict[str, Any] | None
    said: str
    requests: int


class Miner:
    """Runs the command line against one fake, each run with a state repository of the caller's choice."""

    def __init__(self, fake: FakeGitHub, name: str, login: str, page: int) -> None:
        self.fake, self.name, self.page = fake, name, page
        server = fake.repos[name].git.path.parents[1]
        self._environment = {
            "GITHUB_TOKEN": fake.token(login),
            "GITHUB_API_URL": fake.base,
            "GITHUB_SERVER_URL": str(server),
            "REVIEWLORE_PSEUDONYM_KEY": "k" * 64,
        }
        _CONTEXT.set_forkserver_preload(_LOADED)

    def run(self, state: Path, *more: str, kill_at: int | None = None, drop_from: int | None = None) -> Mined:
        """Mine into a state repository; killed when request `kill_at` arrives, unanswered from `drop_from` on."""
        output = state.with_suffix(".out")
        output.unlink(missing_ok=True)
        arguments = ["mine", "--github", self.name, "--repo", str(state), "--format", "json", *more]
        process = _CONTEXT.Process(target=_mine, args=(arguments, self._environment, self.page, str(output)))
        with _Gate(self.fake, process, kill_at, drop_from) as gate:
            process.start()
            process.join(120)
        assert process.exitcode is not None, "the run did not end"
        printed = json.loads(output.read_text(encoding="utf-8")) if output.exists() else {"out": "", "err": ""}
        report = json.loads(printed["out"]) if process.exitcode == 0 else None
        return Mined(process.exitcode, report, printed["err"], gate.arrived)


class _Gate:
    """Stands in front of the fake, counts what arrives, and kills or turns away."""

    def __init__(
        self, fake: FakeGitHub, process: ForkServerProcess, kill_at: int | None, drop_from: int | None
    ) -> None:
        self.fake, self.process, self.kill_at, self.drop_from = fake, process, kill_at, drop_from
        self.arrived = 0

    def __enter__(self) -> "_Gate":
        self._answer = self.fake.handle
        self.fake.handle = self._handle  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        self.fake.handle = self._answer  # type: ignore[method-assign]

    def _handle(self, method: str, url: str, headers: dict[str, str], raw: bytes) -> Reply:
        self.arrived += 1
        if self.arrived == self.kill_at:
            while (process := self.process.pid) is None:  # it may ask before we are told its number
                time.sleep(0.001)
            os.kill(process, signal.SIGKILL)
            return Reply(500, None, drop=True)
        if self.drop_from is not None and self.arrived >= self.drop_from:
            return Reply(500, None, drop=True)
        return self._answer(method, url, headers, raw)


def _mine(arguments: list[str], environment: dict[str, str], page: int, output: str) -> None:
    """Run the command line as this process, with the world outside of it under the test's control."""
    from reviewlore.adapters import github, github_history, machine
    from reviewlore.cli import run

    os.environ.update(environment)
    machine.SystemClock.now = lambda _: NOW  # type: ignore[method-assign]
    _hasten(github.Patience)
    github_history._PULLS = page
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run(arguments)
    Path(output).write_text(json.dumps({"out": out.getvalue(), "err": err.getvalue()}), encoding="utf-8")
    sys.exit(status)


def _hasten(patience: Any) -> None:
    """Make waiting short wherever the command line makes its patience."""
    quick = {"retries": 1, "max_wait": 1.0, "secondary_wait": 0.05, "backoff": 0.0, "timeout": 5}
    usual = [each.default for each in fields(patience)]
    hurried = [quick.get(each.name, default) for each, default in zip(fields(patience), usual, strict=True)]
    patience.__init__.__defaults__ = tuple(hurried)
