"""Runs the action for a delivery in a process of its own (`ports.app.Jobs`), as a runner of GitHub would.

In: a job, a token, a clone. Out: how it ended, and a bounded log without secrets. The process gets an environment made
for it, reaches few files, and is killed with all that it started when its time is up, when the server stops, or with
the server. What strangers sent is removed with it.
"""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from reviewlore.adapters import resources
from reviewlore.domain.app import AppJob, AppMode, Grant, JobEnd, JobReport
from reviewlore.domain.hiding import hide
from reviewlore.domain.visible import visible
from reviewlore.errors import StorageError
from reviewlore.stages.redact import redact

SECONDS: Mapping[AppMode, float] = {"review": 900, "command": 900, "learn": 2400}
_MOST_LOG = 512 << 10  # bytes of one attempt
_MOST_OUTPUTS = 4 << 10  # five short values; a job may write what it likes
_LOG_DAYS = 14
_MOST_LOGS = 1 << 30  # bytes of all
_POLL = 0.1
_END_SECONDS = 5.0
_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
_OUTPUT = re.compile(r"^([\w-]+)<<(\S+)\n(.*?)\n\2$", re.MULTILINE | re.DOTALL)
# What programs need to run; of /etc only what names hosts, users, certificates and libraries, since keys may lie there
# too, and of /proc nothing about other processes, whose environments are to be read there.
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/sbin", "/sys/devices/system/cpu", "/sys/fs/cgroup"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/filesystems", "/proc/sys"),
)
_ETC = (
    "ssl ca-certificates pki crypto-policies passwd group nsswitch.conf resolv.conf hosts host.conf gai.conf services "
    "protocols localtime timezone mime.types os-release ld.so.cache ld.so.conf ld.so.conf.d alternatives"
).split()


@dataclass(frozen=True, slots=True)
class JobPlace:
    """Where and how jobs run. `environ` is all that they get of this machine's environment.

    `folder` is the App's; `read` are more files they may read, `write` more they may write; `hidden` is what no log may
    show.
    """

    folder: Path
    server_url: str
    api_url: str
    environ: Mapping[str, str]
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    memory: int = 4 << 30
    seconds: Mapping[AppMode, float] = field(default_factory=lambda: SECONDS)


class ActionProcesses:
    """Adapter of the `Jobs` port; safe to call from several threads."""

    def __init__(self, place: JobPlace) -> None:
        """Make the folders, and remove what a server that was killed left of its jobs."""
        self._place, self._stopped = place, threading.Event()
        self._jobs, self._logs = place.folder / "jobs", place.folder / "logs"
        shutil.rmtree(self._jobs, ignore_errors=True)
        for folder in (self._jobs, self._logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._trim_logs()

    def interrupt(self) -> None:
        """End all jobs that run, and every later one: the server stops."""
        self._stopped.set()

    def run(self, job: AppJob, grant: Grant, clone: str) -> JobReport:
        """Run the action for a job. See `ports.app.Jobs`; StorageError where its files cannot be written."""
        try:
            folder = Path(tempfile.mkdtemp(prefix="job-", dir=self._jobs))
        except OSError as error:
            raise StorageError(f"{self._jobs} cannot be written: {error.strerror}. Free some space.") from error
        try:
            environ = self._prepare(job, grant, clone, folder)
            end, code, said = self._attend(job, environ, clone, folder)
            self._log(job, grant, said)
            outputs = _read_outputs(folder / "output")
        except OSError as error:
            raise StorageError(f"A job's files in {folder} failed: {error.strerror}. Free some space.") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return JobReport(end, code, outputs.get("conclusion", ""), outputs.get("skip-reason", ""))

    def _prepare(self, job: AppJob, grant: Grant, clone: str, folder: Path) -> dict[str, str]:
        """Lay out what a runner would, and return the environment that says where it is."""
        for name in ("temp", "home"):
            (folder / name).mkdir()
        (folder / "event.json").write_bytes(job.payload)
        return {
            **self._place.environ,
            "HOME": str(folder / "home"),
            "GIT_CONFIG_NOSYSTEM": "1",  # out of reach, which git takes for an error
            "TMPDIR": str(folder / "temp"),
            "RUNNER_TEMP": str(folder / "temp"),
            "GITHUB_EVENT_NAME": job.event,
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_REPOSITORY": grant.repository,
            "GITHUB_SERVER_URL": self._place.server_url,
            "GITHUB_API_URL": self._place.api_url,
            "GITHUB_WORKSPACE": clone,
            "GITHUB_RUN_ID": str(run_number(job.delivery)),
            "GITHUB_RUN_ATTEMPT": str(job.attempt),
            "REVIEWLORE_DELIVERY": job.delivery,
            "INPUT_MODE": job.mode,
            "INPUT_GITHUB_TOKEN": grant.token,
        }

    def _attend(self, job: AppJob, environ: Mapping[str, str], clone: str, folder: Path) -> tuple[JobEnd, int, bytes]:
        """Start the process and stay with it to its end; return how that came, its status, and what it printed."""
        bounds = {
            "memory": self._place.memory,
            "parent": os.getpid(),
            "read": [*_SYSTEM, *(f"/etc/{name}" for name in _ETC), *_python_places(), *self._place.read],
            "write": [str(folder), clone, "/dev", *self._place.write],
        }
        command = [sys.executable, "-I", "-m", "reviewlore.adapters.confine", json.dumps(bounds)]
        command += [sys.executable, "-I", "-m", "reviewlore", "action"]
        with subprocess.Popen(
            command, cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        ) as process:  # fmt: skip
            heard = _Ear(process.stdout)
            end = self._watch(process, time.monotonic() + self._place.seconds[job.mode])
            _kill_all(process)  # also what it left running behind itself
            code = process.wait()
            said = heard.end()
        if end == "ended" and code < 0:
            end = "killed"
        return end, code, said

    def _watch(self, process: subprocess.Popen[bytes], deadline: float) -> JobEnd:
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL)
                return "ended"
            if self._stopped.is_set():
                return "interrupted"
            if time.monotonic() > deadline:
                return "timed_out"

    def _log(self, job: AppJob, grant: Grant, said: bytes) -> None:
        """Append what a job printed to its delivery's log, without the token and whatever else looks like a secret."""
        name = job.delivery if _NAME.fullmatch(job.delivery) else str(run_number(job.delivery))
        text = said.decode("utf-8", "replace")
        clean = visible(redact(hide(text, (grant.token, *self._place.hidden)))[0])
        path = self._logs / f"{name}.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(f"attempt {job.attempt}, {job.mode} of {job.repository}\n{clean}\n")
        self._trim_logs()

    def _trim_logs(self) -> None:
        """Remove logs that are old, and the oldest where all take too much room."""
        oldest, total = time.time() - _LOG_DAYS * 86_400, 0
        found: list[tuple[float, int, Path]] = []
        for path in self._logs.glob("*.log"):
            with suppress(OSError):  # another thread removed it
                found.append((path.stat().st_mtime, path.stat().st_size, path))
        for changed, size, path in sorted(found, reverse=True):
            total += size
            if changed < oldest or total > _MOST_LOGS:
                path.unlink(missing_ok=True)


def run_number(delivery: str) -> int:
    """Return a number for a delivery's id, the same each time: markers in comments name a run by its number."""
    digits = re.sub(r"[^0-9a-f]", "", delivery.lower())[:16]
    return int(digits or "0", 16)


class _Ear:
    """Hears all that a process prints and keeps its beginning, so that it never waits for us."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream, self._kept, self._dropped = stream, bytearray(), 0
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def end(self) -> bytes:
        """Return what was kept, and how much was not."""
        self._thread.join(5)
        note = f"\n({self._dropped} more bytes were not kept)" if self._dropped else ""
        return bytes(self._kept) + note.encode()

    def _hear(self) -> None:
        while self._stream is not None and (part := os.read(self._stream.fileno(), 1 << 16)):
            room = max(0, _MOST_LOG - len(self._kept))
            self._kept += part[:room]
            self._dropped += len(part[room:])


def _kill_all(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started: `confine` ends what left its group, and then the group is ended."""
    with suppress(subprocess.TimeoutExpired):
        process.terminate()
        process.wait(_END_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _python_places() -> list[str]:
    """Return where this Python, its packages and reviewlore with its texts lie."""
    found = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(sys.executable).resolve().parent)}
    found |= {str(place) for place in resources.places()}
    found |= {path for path in sys.path if Path(path).is_dir()}
    return sorted(found)


def _read_outputs(path: Path) -> dict[str, str]:
    """Return the outputs that the action set; none where it set none, or where what lies there is no plain file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return {}
    try:
        plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
        text = os.read(descriptor, _MOST_OUTPUTS).decode("utf-8", "replace") if plain else ""
    finally:
        os.close(descriptor)
    return {name: value for name, _, value in _OUTPUT.findall(text)}
