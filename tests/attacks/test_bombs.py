"""Texts that are large, deep or long: each is read, or refused with a word, in seconds and within bounded memory."""

import resource
import subprocess
import sys

import pytest

# What is run in a process of its own, which may take so much memory and time and no more.
MEMORY = 1_500_000_000  # bytes of addresses, of which Python and its libraries take a third
SECONDS = 30
BOMBS = {
    "a payload of 100,000 nested lists": """
from pathlib import Path
from reviewlore.adapters.actions import read_context
from reviewlore.errors import InputError
event = Path("event.json")
event.write_text("[" * 100_000 + "]" * 100_000)
try:
    read_context({"GITHUB_EVENT_PATH": "event.json", "GITHUB_REPOSITORY": "octo/demo", "INPUT_MODE": "review"})
except InputError as error:
    assert "is not valid JSON" in str(error), error
else:
    raise SystemExit("it was taken")
""",
    "what an earlier run left, 100,000 deep": """
from reviewlore.errors import InputError
from reviewlore.formats.handover import read_handover
for bomb in (b"[" * 100_000, b'{"a":' * 100_000, b'"' + b"\\\\u0000" * 100_000 + b'"'):
    try:
        read_handover(bomb)
    except InputError:
        continue
    raise SystemExit("it was taken")
""",
    "a diff of 100,000 lines": """
from reviewlore.diff import parse_diff
rows = "".join(f"+x = {number}\\n" for number in range(100_000))
(patch,) = parse_diff(f"diff --git a/a.py b/a.py\\n--- a/a.py\\n+++ b/a.py\\n@@ -0,0 +1,100000 @@\\n{rows}")
assert len(patch.hunks[0].right) == 100_000
""",
    "a diff of 10,000 files": """
from reviewlore.diff import parse_diff
one = "diff --git a/f{0}.py b/f{0}.py\\n--- a/f{0}.py\\n+++ b/f{0}.py\\n@@ -1 +1 @@\\n-a\\n+b\\n"
assert len(parse_diff("".join(one.format(number) for number in range(10_000)))) == 10_000
""",
    "a line of 5 MB": """
from reviewlore.diff import parse_diff
from reviewlore.domain.inert import inert, inert_code
from reviewlore.domain.neutral import neutral
from reviewlore.stages.redact import redact
for line in ("a" * 5_000_000, "a b" * 1_600_000, "(" * 5_000_000):
    (patch,) = parse_diff(f"diff --git a/a b/a\\n--- a/a\\n+++ b/a\\n@@ -0,0 +1 @@\\n+{line}\\n")
    assert len(patch.hunks[0].right) == 1
    neutral(line)
    redact(line[:1_000_000])
    inert(line[:65_536]), inert_code(line[:65_536])
""",
    "a comment of the greatest length": """
from reviewlore.stages.commands.parse import parse_command
for body in ("/lore " * 10_922, "/lore " + "a" * 65_530, "/lore ask " + "`" * 65_526, "> " * 32_768, "\\n" * 65_536):
    parse_command(body)
""",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_no_harm(tmp_path, name):
    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    command = [sys.executable, "-I", "-c", BOMBS[name]]
    done = subprocess.run(command, cwd=tmp_path, preexec_fn=bound, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
