"""The command line as a shell has it, in this process: arguments in, exit status and both outputs out."""

import pytest

from reviewlore.cli import run


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command; return its status and what it alone wrote to standard output and to standard error."""
    capsys.readouterr()
    code = run(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err
