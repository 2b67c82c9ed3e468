"""What a job's process cannot reach, tried from within: the server's secrets, other files, its parent's end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reviewlore.adapters import confine
from reviewlore.adapters.action_process import _SYSTEM, _python_places
from reviewlore.adapters.confine import FAILED, is_confining

CONFINE = [sys.executable, "-I", "-m", "reviewlore.adapters.confine"]
confining = pytest.mark.skipif(not is_confining(), reason="this system has no Landlock")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and prctl")

LOOK_AROUND = """
import os, signal, sys
mine, key, other, parent = sys.argv[1:]
def tried(what):
    try:
        return str(what())
    except OSError as error:
        return type(error).__name__
print(tried(lambda: open(key).read()))
print(tried(lambda: os.listdir(other)))
print(tried(lambda: open(other + "/new", "w").write("x")))
print(tried(lambda: open(f"/proc/{parent}/environ").read()))
print(tried(lambda: open(f"/proc/{parent}/mem", "rb").read(1)))
print(tried(lambda: os.kill(int(parent), 0)))
print(tried(lambda: os.link(mine + "/a", mine + "/b") or open(mine + "/a").read()))
print(tried(lambda: os.symlink(key, mine + "/c") or open(mine + "/c").read()))
"""


def confined(code: str, write: Path, *arguments: str, memory: int = 2 << 30) -> subprocess.CompletedProcess[str]:
    read = [*_SYSTEM, *_python_places()]
    bounds = {"memory": memory, "parent": os.getpid(), "read": read, "write": [str(write), "/dev", "/not-there"]}
    command = [*CONFINE, json.dumps(bounds), sys.executable, "-I", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@confining
def test_a_job_reaches_its_own_folder_and_nothing_of_the_server(tmp_path: Path) -> None:
    mine, other, key = tmp_path / "mine", tmp_path / "other", tmp_path / "private-key.pem"
    mine.mkdir()
    other.mkdir()
    (mine / "a").write_text("my own")
    key.write_text("canary")
    done = confined(LOOK_AROUND, mine, str(mine), str(key), str(other), str(os.getpid()))
    denied = "PermissionError"
    assert done.stdout.splitlines() == [denied, denied, denied, denied, denied, denied, "my own", denied], done.stderr
    assert not list(other.iterdir())


def test_a_job_that_wants_too_much_memory_fails(tmp_path: Path) -> None:
    done = confined("b = bytearray(1 << 30)\nprint('had it')", tmp_path, memory=512 << 20)
    assert done.returncode == 1 and "MemoryError" in done.stderr and "had it" not in done.stdout


@linux
def test_a_job_does_not_outlive_its_server(tmp_path: Path) -> None:
    """Else a restarted server would do it a second time beside it."""
    bounds = {"memory": 2 << 30, "parent": 0, "read": ["/"], "write": [str(tmp_path)]}
    server = (
        "import json, os, subprocess, sys, time\n"
        f"bounds = {bounds!r} | {{'parent': os.getpid()}}\n"
        "job = [sys.executable, '-I', '-c', 'import time; print(0, flush=True); time.sleep(60)']\n"
        f"child = subprocess.Popen({CONFINE!r} + [json.dumps(bounds), *job], start_new_session=True,"
        " stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-I", "-c", server], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        job = int(running.stdout.readline())
        os.kill(running.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _lives(job):
        assert time.monotonic() < deadline, "the job goes on without its server"
        time.sleep(0.02)


def test_whoever_is_started_by_another_parent_does_not_start(tmp_path: Path) -> None:
    bounds = {"memory": 1 << 30, "parent": 1 << 22, "read": [], "write": []}
    done = subprocess.run([*CONFINE, json.dumps(bounds), "/bin/echo", "started"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (FAILED, b"")


@pytest.mark.parametrize("arguments", [[], ["no json"], ["{}"], ['{"memory": 1}', "/bin/echo"]])
def test_bounds_that_cannot_be_read_start_nothing(arguments: list[str]) -> None:
    done = subprocess.run([*CONFINE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == FAILED and "was not started" in done.stderr


@linux
def test_the_servers_secrets_leave_its_environment(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from reviewlore.wiring_secrets import take_app_secrets\n"
        "before = Path('/proc/self/environ').read_bytes()\n"
        "taken = take_app_secrets(Path(sys.argv[1]))\n"
        "after = Path('/proc/self/environ').read_bytes()\n"
        "print(b'canary' in before, b'canary' in after, taken.app_id, taken.private_key, len(taken.webhook_secrets))\n"
        "import os; print('canary' in str(dict(os.environ)), repr(taken))\n"
    )
    environ = {
        "REVIEWLORE_APP_ID": "7",
        "REVIEWLORE_APP_PRIVATE_KEY": "key\\ncanary-key",
        "REVIEWLORE_WEBHOOK_SECRET": "canary-one-0123456\ncanary-two-0123456",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-I", "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    if "PermissionError" in done.stderr:
        pytest.skip("a hidden process of this user may not read its own environment file either")
    first, second = done.stdout.splitlines()[:2], done.stdout.splitlines()[2:]
    assert first == ["True False 7 key", "canary-key 2"], done.stderr
    assert second == ["False AppSecrets(app_id='7')"]


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return False
    return state != "Z"  # an orphan that nobody has waited for yet has ended


LEAVE_BEHIND = """
import os, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        with open(sys.argv[1] + "/new", "w") as stream:
            stream.write(str(os.getpid()))
        os.rename(sys.argv[1] + "/new", sys.argv[1] + "/begun")
        time.sleep(60)
    os._exit(0)
while not os.path.exists(sys.argv[1] + "/begun"):
    time.sleep(0.01)
if sys.argv[2] == "stays":
    time.sleep(60)
sys.exit(7)
"""


@linux
@pytest.mark.parametrize("end", ["by itself", "stays"])
def test_nothing_that_a_job_started_outlives_it_in_a_session_of_its_own(tmp_path: Path, end: str) -> None:
    """Attack: what a job leaves behind poisons the clone after it was cleared, and the server's git obeys."""
    bounds = {"memory": 2 << 30, "parent": os.getpid(), "read": ["/"], "write": [str(tmp_path)]}
    started = [sys.executable, "-I", str(confine.__file__), json.dumps(bounds)]  # the file that is mutated, if one is
    job = [*started, sys.executable, "-I", "-c", LEAVE_BEHIND, str(tmp_path), end]
    with subprocess.Popen(job, start_new_session=True) as running:
        if end == "stays":
            while not (tmp_path / "begun").exists():
                time.sleep(0.01)
            running.terminate()
        assert running.wait(20) == (7 if end == "by itself" else 128 + signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "begun").read_text()), 0)


def test_how_a_job_ended_is_told(tmp_path: Path) -> None:
    assert confined("import sys; sys.exit(3)", tmp_path).returncode == 3
    assert confined("import os; os.kill(os.getpid(), 9)", tmp_path).returncode == -9
    assert confined("import os; os.abort()", tmp_path).returncode == -signal.SIGABRT
