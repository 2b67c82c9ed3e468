"""What the lineage says of the machine and of our own code is true."""

import re
import sys
from pathlib import Path

import pytest
from tests.repositories import git

from reviewlore.adapters.machine import SystemClock, code_commit, package_versions, processor_name

ROOT = Path(__file__).parents[2]


def test_versions_are_those_installed() -> None:
    found = package_versions()
    assert found["python"].split(".")[:2] == [str(sys.version_info.major), str(sys.version_info.minor)]
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["reviewlore"])


def test_the_commit_is_that_of_the_checkout() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the project is no git checkout here")
    head, changed = git(ROOT, "rev-parse", "HEAD"), git(ROOT, "status", "--porcelain", "--", "src", "prompts")
    assert code_commit() == head + ("-dirty" if changed else "")


def test_the_clock_tells_utc_to_the_second() -> None:
    clock = SystemClock()
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", clock.now())
    assert clock.monotonic() <= clock.monotonic()


def test_the_processor_has_a_name_and_cores() -> None:
    assert re.search(r", \d+ cores$", processor_name())
