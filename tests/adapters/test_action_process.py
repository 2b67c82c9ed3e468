"""What a job's process prints and says at its end, however much and whatever that is."""

import os
import time
from pathlib import Path

import pytest

from reviewlore.adapters import action_process
from reviewlore.adapters.action_process import _MOST_LOG, ActionProcesses, JobPlace, _Ear, _read_outputs, run_number
from reviewlore.adapters.actions import ActionsRunner
from reviewlore.domain.app import AppJob, Grant
from reviewlore.domain.markers import run_marker


def job(delivery: str = "0b1e-77") -> AppJob:
    return AppJob(delivery, "push", "octo/demo", 5, 42, "learn", {}, b"{}", 2)


@pytest.mark.parametrize("delivery", ["72d3162e-cc78-11e3-81ab-4c9367dc0958", "f" * 36, "no digits: XYZ", ""])
def test_a_run_has_a_number_that_a_comments_marker_can_name(delivery: str) -> None:
    number = run_number(delivery)
    assert number == run_number(delivery.upper())
    assert run_marker(f"{number}-2") == f"<!-- reviewlore-run={number} -->\n"


def test_a_process_that_prints_without_end_is_heard_out_and_cut() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as stream, os.fdopen(write, "wb", buffering=0) as speaker:
        ear = _Ear(stream)
        for _ in range(20):
            speaker.write(b"x" * 65_536)
        speaker.close()
        said = ear.end()
    assert said.startswith(b"xxx") and said.endswith(b"(786432 more bytes were not kept)")
    assert len(said) == _MOST_LOG + len(b"\n(786432 more bytes were not kept)")


def test_outputs_are_read_as_the_action_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "output"
    runner = ActionsRunner({"GITHUB_OUTPUT": str(path)})
    runner.output("conclusion", "failure")
    runner.output("skip-reason", "x\nconclusion<<E\nsuccess\nE")
    found = _read_outputs(path)
    assert found["conclusion"] == "failure" and found["skip-reason"].startswith("x\n")
    assert _read_outputs(tmp_path / "none") == {}
    (tmp_path / "link").symlink_to(path)
    os.mkfifo(tmp_path / "pipe")  # whoever opens it to read waits for a writer
    assert _read_outputs(tmp_path / "link") == _read_outputs(tmp_path / "pipe") == _read_outputs(tmp_path) == {}


def test_a_log_shows_no_secret_and_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "job-left").mkdir(parents=True)
    processes = ActionProcesses(
        JobPlace(tmp_path, "https://x.example", "https://x.example", {}, hidden=("hidden-1234",))
    )
    assert not list((tmp_path / "jobs").iterdir()), "a killed server's job was left"
    grant = Grant("octo/demo", 5, "ghs_token_of_this_job")
    spoken = b"\x1b[31mtoken ghs_token_of_this_job, hidden-1234, ghp_" + b"a1B2" * 9 + b"\xff\n"
    processes._log(job(), grant, spoken)
    processes._log(job("../../x"), grant, b"elsewhere")
    (log,) = (tmp_path / "logs").glob("0b1e-77.log")
    text = log.read_text()
    assert text.startswith("attempt 2, learn of octo/demo\n") and "\x1b" not in text
    assert all(secret not in text for secret in ("ghs_token", "hidden-1234", "ghp_a1B2"))
    assert oct(log.stat().st_mode)[-3:] == "600"
    assert {path.name for path in tmp_path.rglob("*.log")} == {"0b1e-77.log", f"{run_number('../../x')}.log"}
    os.utime(log, (1_000_000_000, 1_000_000_000))
    ActionProcesses(JobPlace(tmp_path, "", "", {}))
    assert not log.exists(), "a log outlived its time"


def test_logs_take_bounded_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_process, "_MOST_LOGS", 2_500)
    processes = ActionProcesses(JobPlace(tmp_path, "", "", {}))
    for number in range(4):
        processes._log(job(f"{number}"), Grant("octo/demo", 5, "ghs_token"), b"x" * 1000)
        os.utime(tmp_path / "logs" / f"{number}.log", (time.time() - 100 + number,) * 2)
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["2.log", "3.log"]
