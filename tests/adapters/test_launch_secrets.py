"""What the processes of a training get to know of the environment they are started from: nothing that is a secret."""

import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads other processes' environments in /proc"),
]
for name in ("torch", "accelerate"):
    pytest.importorskip(name)

from reviewlore.adapters.checkpoints import RunFolder  # noqa: E402
from reviewlore.adapters.launch import _end, _start  # noqa: E402
from reviewlore.wiring_secrets import model_environment  # noqa: E402

SECRETS = {
    "GITHUB_TOKEN": "ghs_1x", "REVIEWLORE_MODEL_KEY": "sk-2x", "REVIEWLORE_PSEUDONYM_KEY": "k3x" * 20,
    "HF_TOKEN": "hf_4x", "AWS_SECRET_ACCESS_KEY": "a5x", "HTTPS_PROXY": "http://u:p6x@h", "INPUT_X": "x7x",
    "GIT_CONFIG_VALUE_0": "AUTHORIZATION: basic z8x", "ACTIONS_RUNTIME_TOKEN": "t9x",
}  # fmt: skip


def test_no_process_of_a_training_sees_a_secret_or_runs_what_lies_around(tmp_path, monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for module in ("torch", "json", "sitecustomize"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "run").mkdir()
    process = _start(2, RunFolder(tmp_path / "run", "key"), model_environment())
    seen: dict[str, bytes] = {}
    try:
        until = time.monotonic() + 60
        while len(seen) < 3 and process.poll() is None and time.monotonic() < until:
            seen |= _environments(tmp_path / "run")
            time.sleep(0.02)
    finally:
        _end(process)
    assert len(seen) == 3  # the launcher and both of its processes
    for environment in seen.values():
        assert not [value for value in SECRETS.values() if value.encode() in environment]
        assert b"HF_HUB_OFFLINE=1" in environment
        assert b"PYTHONPATH=" not in environment
    assert not (tmp_path / "ran").exists()


def _environments(folder: Path) -> dict[str, bytes]:
    """Return the environments of processes that were started with a folder as argument, once they are running Python.

    Between fork and exec a process still has the memory of the one that started it.
    """
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (path / "cmdline").read_bytes().split(b"\0")
            environment = (path / "environ").read_bytes()
            if str(folder.resolve()).encode() in command and command[0] == sys.executable.encode() and environment:
                found[path.name] = environment
    return found
