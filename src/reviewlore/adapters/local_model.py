"""A model on this machine, in a process of its own: adapter of the `Generator` port.

In: `ModelRequest`s. Out: one answer or failure each, in order. The process gets the variables it is handed and none of
ours, is killed by its own id when the time is up, and started again once.
"""

import base64
import json
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from reviewlore.config import ModelSettings
from reviewlore.domain.asking import FailureKind, ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.visible import visible_line
from reviewlore.errors import ReviewloreError

# Returns the files of a version of the registry, and the SHA-256 its manifest promises of each.
LoadVersion = Callable[[str], tuple[Mapping[str, bytes], Mapping[str, str]]]

_MODULE = "reviewlore.adapters.model_process"
_STARTS = 2
_LOADING_SECONDS = 600.0  # a model of some gigabytes from a slow disk; an answer has the time of the settings
_MOST_LINE = 64 << 20


@dataclass(frozen=True, slots=True)
class Machine:
    """What the process is given: where the base model lies (None: in the machine's cache), and its environment."""

    folder: Path | None
    environ: Mapping[str, str]


class LocalModel:
    """Adapter of the `Generator` port; one request at a time. Nothing is started before the first one."""

    def __init__(self, settings: ModelSettings, machine: Machine, load_version: LoadVersion) -> None:
        self._settings, self._machine, self._load_version = settings, machine, load_version
        self._process: subprocess.Popen[bytes] | None = None
        self._versions: dict[str, str] = {}  # added, each with why it cannot be used (empty: it can)
        self._starts = 0
        self._unusable: ModelFailure | None = None
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """The base model's name and revision."""
        name, revision = self._settings.name, self._settings.revision
        return f"{name}@{revision}" if revision else name

    def generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        """Return one answer or failure a request, in order."""
        with self._lock:
            return [self._answer(request) for request in requests]

    def close(self) -> None:
        """End the process; the next request would start it again."""
        if self._process is not None:
            _end(self._process)
            self._process = None

    def _answer(self, request: ModelRequest) -> ModelAnswer | ModelFailure:
        failure = self._ready()
        if failure is not None:
            return failure
        problem = self._add(request.adapter) if request.adapter else ""
        version = "" if problem else request.adapter
        begin = time.monotonic()
        answer = self._exchange(
            {
                "do": "write",
                "system": request.system,
                "user": request.user,
                "answer_tokens": request.answer_tokens,
                "version": version,
            },
            self._settings.timeout,
        )
        seconds = round(time.monotonic() - begin, 3)
        if isinstance(answer, ModelFailure):
            return replace(answer, seconds=seconds)
        return ModelAnswer(
            text=answer["text"],
            model=version or self.model,
            seconds=seconds,
            prompt_tokens=answer["prompt_tokens"],
            completion_tokens=answer["completion_tokens"],
            cut=answer["cut"],
            note=f"The adapter {request.adapter} cannot be used, the base model answered: {problem}" if problem else "",
        )

    def _ready(self) -> ModelFailure | None:
        """Start the process and load the model where that is not done; what cannot be loaded is not tried again."""
        if self._process is not None or self._unusable is not None:
            return self._unusable
        if self._starts == _STARTS:
            return ModelFailure("broken", "The process of the model ended twice; it is not started again.")
        self._starts += 1
        self._versions.clear()
        try:
            self._process = _start(self._machine.environ)
        except OSError as error:
            return ModelFailure("unreachable", f"The process of the model could not be started: {error.strerror}.")
        weakref.finalize(self, _end, self._process)
        folder = self._machine.folder
        opened = self._exchange(
            {
                "do": "open",
                "id": self._settings.name,
                "revision": self._settings.revision,
                "folder": str(folder.resolve()) if folder else "",
                "context_tokens": self._settings.context_tokens,
            },
            _LOADING_SECONDS,
        )
        if not isinstance(opened, ModelFailure):
            return None
        self.close()
        self._unusable = ModelFailure("unreachable", f"The model {self.model} cannot be loaded: {opened.reason}")
        return self._unusable

    def _add(self, version: str) -> str:
        """Load an adapter into the process where it is not there yet; return why it cannot be used, or nothing."""
        if version not in self._versions:
            try:
                files, hashes = self._load_version(version)
            except ReviewloreError as error:
                self._versions[version] = str(error)
                return self._versions[version]
            encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}
            message = {"do": "add", "version": version, "files": encoded, "hashes": dict(hashes)}
            added = self._exchange(message, _LOADING_SECONDS)
            self._versions[version] = added.reason if isinstance(added, ModelFailure) else ""
        return self._versions[version]

    def _exchange(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any] | ModelFailure:
        """Return the answer to one message; a process that gives none in time is killed, and let go of."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return ModelFailure("broken", "The process of the model has ended.")
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        line = b""
        try:
            with suppress(OSError):  # it ended while it was written to
                process.stdin.write(json.dumps(message).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline(_MOST_LINE)
        finally:
            timer.cancel()
            if expired.is_set() or not line.endswith(b"\n"):
                self.close()
        if not line.endswith(b"\n"):
            if expired.is_set():
                return ModelFailure("timeout", f"No answer within {seconds:.0f} seconds.")
            return ModelFailure("broken", "The process of the model ended before it answered.")
        return _read(line)


def _start(environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the process: -I and the root folder keep what lies around, which a stranger may have written, from it."""
    return subprocess.Popen(
        [sys.executable, "-I", "-m", _MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(sys.prefix).anchor,
        env=dict(environ),
        start_new_session=True,  # an interruption of ours is not its own: it is ended by us
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _read(line: bytes) -> dict[str, Any] | ModelFailure:
    answer: dict[str, Any] = json.loads(line)
    if "failure" not in answer:
        return answer
    kind: FailureKind = answer["failure"] if answer["failure"] in get_args(FailureKind) else "broken"
    return ModelFailure(kind, visible_line(str(answer["reason"]))[:500])
