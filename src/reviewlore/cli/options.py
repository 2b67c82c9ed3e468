"""What the commands share: options, the console, reading and printing. Owns click with the other files of `cli`."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reviewlore.domain.visible import visible_line
from reviewlore.errors import InputError

if TYPE_CHECKING:
    from reviewlore.ports import Console
    from reviewlore.wiring import Workshop

F = TypeVar("F", bound=Callable[..., Any])


def repo_option(function: F) -> F:
    """Add --repo."""
    return click.option(
        "--repo", default=".", show_default="this folder", metavar="PATH", type=click.Path(path_type=Path),
        help="A local git repository: the one reviewed, or the one that carries the state branch.",
    )(function)  # fmt: skip


def format_option(*choices: str) -> Callable[[F], F]:
    """Add --format with these choices, the first one being the default."""
    return click.option(
        "--format", "style", default=choices[0], show_default=True, type=click.Choice(choices), help="Output format."
    )


def dry_run_option(function: F) -> F:
    """Add --dry-run."""
    return click.option("--dry-run", is_flag=True, help="Do everything except writing.")(function)


def quiet_option(function: F) -> F:
    """Add --quiet."""
    return click.option("--quiet", "-q", is_flag=True, help="No progress on standard error.")(function)


def open_workshop(repo: Path, quiet: bool) -> "Workshop":
    """Return everything a command needs on a repository; InputError where git is missing."""
    need_git()
    from reviewlore.wiring import Workshop

    return Workshop(repo, open_console(quiet))


def need_git() -> None:
    """Raise InputError where git is missing: GitPython looks for it when imported, and says so at length."""
    name = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE") or "git"
    if shutil.which(name) is None:
        raise InputError(f"The program {name!r} was not found. Install git, or put it on the PATH, and retry.")


def open_console(quiet: bool) -> "Console":
    """Return where progress is told."""
    from reviewlore.adapters.console import QuietConsole, RichConsole

    return QuietConsole() if quiet else RichConsole()


def tell_consequences(workshop: "Workshop", *, dry_run: bool = False) -> None:
    """Have what is in force now served, where a server is named; warn that a pin holds, whatever is in force."""
    from reviewlore.flows.locking import tell_unmoved

    for told in () if dry_run else workshop.put_into_service():
        click.echo(visible_line(told), err=True)
    if unmoved := tell_unmoved(workshop.lock()):
        click.echo(unmoved, err=True)


def emit(text: str) -> None:
    """Print a result as it is."""
    click.echo(text, nl=False)


def as_json(value: object) -> str:
    """Return a result as JSON for people."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def shown(name: str) -> str:
    """Return a file's name as text on one line, whatever bytes it has."""
    return " ".join(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())


def read_file(path: Path) -> bytes:
    """Return a file, or standard input for `-`; InputError where it cannot be read."""
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name an existing, readable file.") from error
