"""The command line: arguments in, one flow, an exit code out. Results on standard output, progress on standard error.

Exit 0 done, 1 findings at or above --fail-on, 2 usage or configuration, 3 fault, 130 interrupted.
Only click is imported here; everything heavier is imported by the command that needs it, so that --help stays fast.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reviewlore import __version__
from reviewlore.errors import ConfigError, InputError, ReviewloreError, UserError

if TYPE_CHECKING:
    from reviewlore.ports import Console
    from reviewlore.wiring import Workshop

F = TypeVar("F", bound=Callable[..., Any])
_REVIEW_FORMATS = ("text", "markdown", "json", "sarif", "rdjson")


def main() -> None:
    """Run the command line and exit; the only place that turns errors into exit codes."""
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
        click.echo(f"{'Error' if isinstance(error, UserError) else 'Fault'}: {error}", err=True)
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


def _repo_option(function: F) -> F:
    return click.option(
        "--repo", default=".", show_default="this folder", metavar="PATH", type=click.Path(path_type=Path),
        help="A local git repository: the one reviewed, or the one that carries the state branch.",
    )(function)  # fmt: skip


def _format_option(*choices: str) -> Callable[[F], F]:
    return click.option(
        "--format", "style", default=choices[0], show_default=True, type=click.Choice(choices), help="Output format."
    )


def _dry_run_option(function: F) -> F:
    return click.option("--dry-run", is_flag=True, help="Do everything except writing.")(function)


def _quiet_option(function: F) -> F:
    return click.option("--quiet", "-q", is_flag=True, help="No progress on standard error.")(function)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="reviewlore")
def commands() -> None:
    """Learn a team's review judgement from its merged pull requests, and apply it to the next one."""


@commands.command()
@_repo_option
@click.option("--base", metavar="REVISION", help="What the change goes into.  [default: the default branch]")
@click.option("--head", default="HEAD", show_default=True, metavar="REVISION", help="The change.")
@click.option(
    "--fail-on", type=click.Choice(["never", "info", "warning", "error"]), help="Exit 1 from this severity on."
)
@_format_option(*_REVIEW_FORMATS)
@_quiet_option
def review(repo: Path, base: str | None, head: str, fail_on: str | None, style: str, quiet: bool) -> int:
    """Review a branch of a local repository: no account, no network."""
    from reviewlore.flows.review import read_settings, review_change
    from reviewlore.stages.review.select import reaches

    workshop = _workshop(repo, quiet)
    target = workshop.repo.resolve(head)
    start = workshop.repo.resolve(base or workshop.repo.default_branch())
    result = review_change(workshop.review_context(), start, target)
    click.echo(_render_review(style, result), nl=False)
    threshold = fail_on or read_settings(workshop.repo, start).review.fail_on
    return 1 if reaches(result.findings, threshold) else 0


@commands.command()
@_repo_option
@click.option("--from", "files", multiple=True, metavar="FILE", type=click.Path(path_type=Path),
              help="Review comments as JSON Lines, plain or gzip (docs/formats.md). May be repeated.")  # fmt: skip
@click.option("--github", metavar="OWNER/NAME", help="Read merged pull requests of a repository on GitHub.")
@click.option("--since", metavar="TIME", help="With --github: only what was updated since, ISO 8601.")
@click.option(
    "--fetch-code", is_flag=True, help="With --github: fetch all pull requests' heads, so that git can judge."
)
@_dry_run_option
@_format_option("text", "json")
@_quiet_option
def mine(
    repo: Path,
    files: tuple[Path, ...],
    github: str | None,
    since: str | None,
    fetch_code: bool,
    dry_run: bool,
    style: str,
    quiet: bool,
) -> int:
    """Read review comments, label and curate them, build preference pairs, and commit all of it to the state branch."""
    from reviewlore.flows.learn import learn
    from reviewlore.flows.sources import read_files, read_forge
    from reviewlore.formats.mining import render_learning
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.rows import utc

    if bool(files) == bool(github):
        raise ConfigError("Name what to mine: either --from FILE or --github OWNER/NAME.")
    moment = utc(since) if since else None
    if moment == "":
        raise ConfigError(f"--since {since!r} is no time; write ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z.")
    workshop = _workshop(repo, quiet)
    if github:
        history = workshop.forge_history(github)
        if fetch_code:
            workshop.console.say("Fetching the heads of all pull requests")
            workshop.fetch_pulls(github)
        source = read_forge(history, workshop.console, moment)
    else:
        source = read_files([(_shown(path.name), _read_file(path)) for path in files], workshop.console)
    report = learn(workshop.learn_context(), source, dry_run=dry_run)
    click.echo(_json(to_plain(report)) if style == "json" else render_learning(report), nl=False)
    return 0


@commands.command()
@_repo_option
@click.option("--tier", type=click.Choice(["embedded", "adapter"]), default="embedded", show_default=True,
              help="embedded: the ranker, seconds. adapter: a LoRA adapter by DPO.")  # fmt: skip
@click.option("--recipe", metavar="NAME", help="With --tier adapter: a training recipe.  [default: smoke_cpu]")
@_dry_run_option
@_format_option("text", "json")
@_quiet_option
def train(repo: Path, tier: str, recipe: str | None, dry_run: bool, style: str, quiet: bool) -> int:
    """Train a version on the mined pairs, judge it on later pull requests, and let the gate decide."""
    from reviewlore.flows.train import train as run_training
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.standing import render_decision, render_evaluation

    workshop = _workshop(repo, quiet)
    if tier == "embedded" and recipe:
        raise ConfigError("--recipe belongs to --tier adapter; the embedded ranker has none.")
    chosen = workshop.recipe(recipe or "smoke_cpu") if tier == "adapter" else None
    trained = run_training(workshop.train_context(), "adapter" if chosen else "embedded", chosen, dry_run=dry_run)
    if style == "json":
        click.echo(_json(to_plain(trained)), nl=False)
    else:
        click.echo(render_evaluation(trained.evaluation) + "\n" + render_decision(trained.decision), nl=False)
    return 0


@commands.command()
@_repo_option
@_format_option("text", "json")
@_quiet_option
def evaluate(repo: Path, style: str, quiet: bool) -> int:
    """Judge every version, the shipped prior and the baselines on held-out later pull requests."""
    from reviewlore.flows.judge import evaluate_all, load_dataset, prior_has_seen
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.standing import render_evaluation

    workshop = _workshop(repo, quiet)
    dataset = load_dataset(workshop.store)
    if prior_has_seen(workshop.prior, dataset):
        workshop.console.warn("The shipped prior was trained on one of these repositories: its row says too much.")
    result = evaluate_all(workshop.store, workshop.prior, workshop.adapters, workshop.clock, workshop.console, dataset)
    click.echo(_json(to_plain(result)) if style == "json" else render_evaluation(result), nl=False)
    return 0


@commands.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_repo_option
@_format_option("json")
@_quiet_option
def score(file: Path, repo: Path, style: str, quiet: bool) -> int:
    """Rank anybody's remarks by this team's preferences: JSON Lines with path, diff_hunk and body come back scored."""
    from reviewlore.flows.scoring import score_rows

    workshop = _workshop(repo, quiet)
    scorer = workshop.scorer()
    click.echo(f"Scoring with {scorer.version} ({scorer.tier} tier)", err=True)
    for row in score_rows(_read_file(file), _shown(str(file)), scorer):
        click.echo(json.dumps(row))  # ASCII: also half a character and U+2028 pass through, on one line
    return 0


@commands.command()
@click.argument("version")
@_repo_option
@click.option("--reason", default="promoted by hand", show_default=True, help="Why, for the audit log.")
@_dry_run_option
def promote(version: str, repo: Path, reason: str, dry_run: bool) -> int:
    """Make a version the active one, whatever the gate said; the audit log says who did and why."""
    from reviewlore.flows.promote import promote as run_promotion

    workshop = _workshop(repo, quiet=True)
    message = run_promotion(workshop.store, version, workshop.actor, reason, workshop.clock.now(), dry_run=dry_run)
    click.echo(message)
    return 0


@commands.command()
@_repo_option
@click.option("--reason", default="rolled back by hand", show_default=True, help="Why, for the audit log.")
@_dry_run_option
def rollback(repo: Path, reason: str, dry_run: bool) -> int:
    """Go back one step: the version active before becomes active again."""
    from reviewlore.flows.promote import rollback as run_rollback

    workshop = _workshop(repo, quiet=True)
    click.echo(run_rollback(workshop.store, workshop.actor, reason, workshop.clock.now(), dry_run=dry_run))
    return 0


@commands.command()
@_repo_option
@_format_option("text", "json")
def status(repo: Path, style: str) -> int:
    """Show what was mined, which versions there are, which one is active and why."""
    from reviewlore.flows import state
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.standing import render_dataset, render_registry

    store = _workshop(repo, quiet=True).store
    registry, datasets, audit = state.read_registry(store), state.read_datasets(store), state.read_audit(store)
    if style == "json":
        newest = to_plain(datasets[-1]) if datasets else None
        click.echo(_json({"registry": to_plain(registry), "dataset": newest, "audit_entries": len(audit)}), nl=False)
        return 0
    click.echo(render_registry(registry), nl=False)
    click.echo("\n" + (render_dataset(datasets[-1]) if datasets else "Nothing was mined yet.\n"), nl=False)
    return 0


@commands.command()
@_repo_option
@click.option("--output", default="reviewlore-report.html", show_default=True, type=click.Path(path_type=Path))
@_quiet_option
def report(repo: Path, output: Path, quiet: bool) -> int:
    """Write one self-contained HTML page about what was mined, trained, judged and decided."""
    from dataclasses import replace

    from reviewlore.flows.judge import evaluate_all, load_dataset
    from reviewlore.flows.report import standing_report
    from reviewlore.wiring import write_text

    workshop = _workshop(repo, quiet)
    data = standing_report(workshop.store, workshop.repo.name, workshop.clock.now())
    if data.versions:
        dataset = load_dataset(workshop.store)
        data = replace(
            data,
            evaluation=evaluate_all(
                workshop.store, workshop.prior, workshop.adapters, workshop.clock, workshop.console, dataset
            ),
        )
    write_text(output, workshop.render_report(data))
    click.echo(str(output))
    return 0


@commands.command()
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Keep everything here.")
@_quiet_option
def demo(output: Path | None, quiet: bool) -> int:
    """Show the whole loop on a sample repository, with a real DPO run on the CPU."""
    _need_git()
    from reviewlore.wiring import run_demo

    return run_demo(output, _console(quiet), _emit)


@commands.command()
@_repo_option
@click.option("--recipe", metavar="NAME", help="Resolve the revision of this recipe's base model and write it.")
@_dry_run_option
def doctor(repo: Path, recipe: str | None, dry_run: bool) -> int:
    """Check that everything is in place; with --recipe, pin the base model's revision in .reviewlore.toml."""
    from reviewlore.wiring import run_doctor

    return run_doctor(_workshop(repo, quiet=True), recipe, _emit, dry_run=dry_run)


@commands.command()
def action() -> int:
    """Run as a GitHub Action: the event and the inputs come from the environment."""
    _need_git()
    from reviewlore.wiring_action import run as run_action

    return run_action(os.environ)


def _workshop(repo: Path, quiet: bool) -> "Workshop":
    _need_git()
    from reviewlore.wiring import Workshop

    return Workshop(repo, _console(quiet))


def _need_git() -> None:
    """GitPython looks for git when it is imported, and says at length what is missing."""
    name = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE") or "git"
    if shutil.which(name) is None:
        raise InputError(f"The program {name!r} was not found. Install git, or put it on the PATH, and retry.")


def _console(quiet: bool) -> "Console":
    from reviewlore.adapters.console import QuietConsole, RichConsole

    return QuietConsole() if quiet else RichConsole()


def _render_review(style: str, result: Any) -> str:
    from reviewlore.formats import rdjson, review_json, sarif, text

    renderers = {
        "text": text.render_text,
        "markdown": text.render_markdown,
        "json": review_json.render_json,
        "sarif": sarif.render_sarif,
        "rdjson": rdjson.render_rdjson,
    }
    return renderers[style](result)


def _emit(text: str) -> None:
    click.echo(text, nl=False)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _shown(name: str) -> str:
    """Return a file's name as text on one line, whatever bytes it has."""
    return " ".join(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())


def _read_file(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name an existing, readable file.") from error
