import io
import os
import pty
import re
import subprocess
import sys

import pytest

from reviewlore.adapters.console import QuietConsole, RichConsole

STORY = """
import sys
from reviewlore.adapters.console import RichConsole
console = RichConsole()
console.step("Mine\\x1b[2J", "Reads merged pull requests. " * 12)
for item in console.track(range(30), "reading"):
    if item == 3:
        for letter in console.track(["a", "b"], "inner"):
            console.say("[bold]é\\u202e[/bold] :smile:")
            print("result", letter)
console.warn("odd")
"""


class Ticking:
    """A clock that moves on by a second every time somebody looks."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


class Broken(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text):
        raise BrokenPipeError

    def flush(self):
        raise BrokenPipeError


def plain_console():
    stream = io.StringIO()
    return stream, RichConsole(stream, Ticking())


def run_story(**popen):
    return subprocess.run([sys.executable, "-c", STORY], check=False, timeout=60, **popen)


def on_a_terminal(environment):
    """Run the story with standard error on a real terminal; return what it drew there, and standard output."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", STORY],
        stdout=subprocess.PIPE,
        stderr=child,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "90", **environment},
    )
    os.close(child)
    drawn = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:  # Linux says so when the other side has closed
            break
        if not piece:
            break
        drawn += piece
    printed, _ = process.communicate(timeout=60)
    os.close(parent)
    assert process.returncode == 0
    return drawn.decode(), printed.decode()


def test_steps_are_numbered_and_escapes_are_shown():
    stream, console = plain_console()
    console.step("Mine \x1b[2J", "From a\nto b.")
    console.step("Train")
    console.say("a\u202eb")
    console.warn("x\ny")
    assert stream.getvalue() == ("\n1. Mine \\x1b[2J\nFrom a\nto b.\n\n2. Train\na\\u202eb\nwarning: x\\ny\n")


def test_a_long_paragraph_is_wrapped_for_people():
    stream, console = plain_console()
    console.step("Mine", "Reads merged pull requests. " * 12)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 6
    assert max(map(len, lines)) <= 96


def test_a_log_gets_a_line_every_few_seconds_with_the_time_left():
    stream, console = plain_console()
    assert list(console.track(range(13), "pairs")) == list(range(13))
    assert stream.getvalue().splitlines() == [
        "pairs: 5 of 13, about 8.0 s left",
        "pairs: 10 of 13, about 3.0 s left",
        "pairs: 13 done in 14 s",
    ]


def test_a_stream_of_unknown_length_is_counted():
    stream, console = plain_console()
    assert list(console.track(iter("abcdef"), "rows")) == list("abcdef")
    assert stream.getvalue().splitlines() == ["rows: 5", "rows: 6 done in 7.0 s"]


def test_nothing_to_do_says_nothing():
    stream, console = plain_console()
    assert list(console.track([], "rows")) == []
    assert stream.getvalue() == ""


def test_an_error_inside_the_work_is_not_swallowed():
    _, console = plain_console()

    def broken():
        yield 1
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        list(console.track(broken(), "rows"))


@pytest.mark.parametrize("make", [RichConsole, QuietConsole])
def test_a_closed_pipe_does_not_fail_the_work(make):
    closed = io.StringIO()
    closed.close()
    for stream in (Broken(), closed):
        console = make(stream)
        console.step("Mine", "text")
        console.say("line")
        console.warn("odd")
        assert list(console.track([1, 2], "rows")) == [1, 2]


def test_what_the_encoding_lacks_becomes_an_escape():
    raw = io.BytesIO()
    console = RichConsole(io.TextIOWrapper(raw, encoding="ascii"))
    console.say("Grüße \U0001f680 \udc80")
    assert raw.getvalue() == b"Gr\\xfc\\xdfe \\U0001f680 \\udc80\n"


def test_quiet_says_only_warnings():
    stream = io.StringIO()
    console = QuietConsole(stream)
    console.step("Mine", "text")
    console.say("line")
    assert list(console.track("ab", "rows")) == ["a", "b"]
    console.warn("odd\x1b")
    assert stream.getvalue() == "warning: odd\\x1b\n"


def test_a_terminal_gets_bars_and_standard_output_stays_clean():
    drawn, printed = on_a_terminal({})
    assert printed == "result a\nresult b\n"
    assert "30/30" in drawn
    assert "inner" in drawn
    assert "\x1b[1;36m" in drawn  # a heading in colour
    assert "\x1b[2J" not in drawn  # a stranger's escape would have cleared the screen
    assert "[bold]é\\u202e[/bold] :smile:" in drawn
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn).replace("\r", "\n").splitlines()
    assert max(map(len, lines)) <= 90


def test_no_color_is_respected():
    drawn, _ = on_a_terminal({"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", drawn)


def test_standard_error_may_be_closed():
    closed = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, STORY], check=False, capture_output=True, timeout=60
    )
    assert (closed.returncode, closed.stdout) == (0, b"result a\nresult b\n")


def test_a_pipe_gets_plain_lines():
    told = run_story(capture_output=True, text=True)
    assert told.returncode == 0
    assert "\x1b" not in told.stderr
    assert "reading: 30 done in 0.0 s" in told.stderr
