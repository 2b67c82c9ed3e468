"""The command line: arguments in, one flow, an exit code out. Results on standard output, progress on standard error.

Exit 0 done, 1 findings at or above --fail-on, 2 usage or configuration, 3 fault, 130 interrupted.
Only click is imported here; everything heavier is imported by the command that needs it, so that --help stays fast.
"""

import gc
import os
import sys

import click

from reviewlore import __version__
from reviewlore.cli import governing, hosting, judging, learning, lineage, privacy, registering, serving, setting_up
from reviewlore.domain.visible import visible
from reviewlore.errors import ReviewloreError, UserError

# New objects before a collection of cycles (Python: 700). Imports and records make hardly any: a review of 80 files
# makes 260,000 objects, of which 1,300 would be found, and going through them took a twentieth of its time.
_GARBAGE = 400_000


def main() -> None:
    """Run the command line and exit; the only place that turns errors into exit codes."""
    gc.set_threshold(_GARBAGE, 20, 50)
    _open_what_is_closed()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:  # noqa: PLR0911 - one return an exit code reads as the table it is
    """Run one command and return its exit code."""
    try:
        result = commands.main(args=arguments, prog_name="reviewlore", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. Nothing was half-written; run the command again to go on.", err=True)
        return 130
    except ReviewloreError as error:
        click.echo(f"{'Error' if isinstance(error, UserError) else 'Fault'}: {visible(str(error))}", err=True)
        return error.exit_code
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        click.echo("Fault: out of memory. Use a machine with more, or less data.", err=True)
        return 3
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        click.echo(
            f"Fault: {error.strerror or error}{where}. Free some space or check permissions, then retry.", err=True
        )
        return 3
    except Exception as error:  # noqa: BLE001 - whatever it is, exit 1 would mean findings
        import traceback

        traceback.print_exc()
        click.echo(f"Fault: an unexpected {type(error).__name__}. Please report it with the lines above.", err=True)
        return 3
    return result if isinstance(result, int) else 0


def _open_what_is_closed() -> None:
    """Give a closed standard stream a place to go, so that no file we open later takes its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            setattr(sys, name, os.fdopen(descriptor, "w" if number else "r", closefd=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="reviewlore")
def commands() -> None:
    """Learn a team's review judgement from its merged pull requests, and apply it to the next one."""


for _command in (
    judging.review,
    learning.mine,
    learning.train,
    learning.evaluate,
    judging.score,
    governing.promote,
    governing.rollback,
    governing.lock,
    governing.status,
    governing.report,
    lineage.trace,
    lineage.approve,
    lineage.log,
    lineage.card,
    serving.export,
    privacy.forget,
    learning.demo,
    setting_up.init,
    setting_up.config,
    setting_up.uninstall,
    hosting.serve,
    registering.register,
    governing.doctor,
    governing.action,
):
    commands.add_command(_command)
