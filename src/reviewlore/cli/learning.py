"""Commands that learn: from files or GitHub to a judged version; and the whole loop as a demo."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewlore.cli.options import (
    as_json,
    dry_run_option,
    emit,
    format_option,
    need_git,
    open_console,
    open_workshop,
    quiet_option,
    read_file,
    repo_option,
    shown,
    tell_consequences,
)
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.errors import ConfigError

if TYPE_CHECKING:
    from reviewlore.flows.learn_forge import Reach
    from reviewlore.wiring import Workshop


@click.command()
@repo_option
@click.option("--from", "files", multiple=True, metavar="FILE", type=click.Path(path_type=Path),
              help="Review comments: JSON Lines or saved REST answers (docs/formats.md). May be repeated.")  # fmt: skip
@click.option("--notes", is_flag=True, help="Read reviews that git-appraise keeps in the repository's git notes.")
@click.option("--github", metavar="OWNER/NAME", help="Read merged pull requests of a repository on GitHub.")
@click.option("--since", metavar="TIME", help="With --github: what was updated since (again), ISO 8601.")
@click.option("--all", "everything", is_flag=True, help="With --github: read everything again, from the beginning.")
@click.option("--max-requests", metavar="N", type=click.IntRange(1), help="With --github: stop after so many requests.")
@click.option("--max-wait", metavar="SECONDS", type=click.FloatRange(0),
              help="With --github: the longest wait for a rate limit.  [default: 120]")  # fmt: skip
@click.option("--fetch-code/--no-fetch-code", default=True, show_default=True,
              help="With --github: fetch all pull requests' heads, so that git can judge.")  # fmt: skip
@dry_run_option
@format_option("text", "json")
@quiet_option
def mine(
    repo: Path,
    files: tuple[Path, ...],
    notes: bool,
    github: str | None,
    since: str | None,
    *,
    dry_run: bool,
    style: str,
    quiet: bool,
    **limits: Any,
) -> int:
    """Turn review comments into preference pairs.

    Read review comments, label and curate them, build preference pairs, and commit all of it to the state branch. A
    run that was interrupted or stopped goes on where it was when it is started again.
    """
    from reviewlore.flows.learn import learn
    from reviewlore.flows.sources import read_files
    from reviewlore.formats.mining import render_learning
    from reviewlore.formats.records import to_plain
    from reviewlore.wiring_mining import ForgeLimits, learn_remote

    if bool(files) + bool(github) + notes != 1:
        raise ConfigError("Name what to mine: either --from FILE, or --github OWNER/NAME, or --notes.")
    if not github:
        _refuse_forge_options(since=since, **limits)
    reach = _find_reach(since, limits.pop("everything"))
    workshop = open_workshop(repo, quiet)
    if github:
        remote, address = workshop.github(github)
        report = learn_remote(workshop, remote, address, reach, ForgeLimits(**limits), dry_run=dry_run)
    elif notes:
        from reviewlore.flows.notes import read_git_notes

        source = read_git_notes(workshop.repo, workshop.repo.name, workshop.console)
        report = learn(workshop.learn_context(), source, dry_run=dry_run)
    else:
        contents = [(shown(path.name), read_file(path)) for path in files]
        source = read_files(contents, workshop.console, workshop.repo)
        report = learn(workshop.learn_context(), source, dry_run=dry_run)
    click.echo(as_json(to_plain(report)) if style == "json" else render_learning(report), nl=False)
    if report.note:  # what became of its remarks may have ended a version's time, or a trial
        tell_consequences(workshop, dry_run=dry_run)
    return 0


def _find_reach(since: str | None, everything: bool) -> "Reach":
    """Return how far back a forge is read; ConfigError where the options do not say."""
    from reviewlore.flows.learn_forge import Reach
    from reviewlore.formats.rows import utc

    moment = utc(since) if since else None
    if moment == "":
        raise ConfigError(f"--since {since!r} is no time; write ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z.")
    if moment and everything:
        raise ConfigError("--since and --all exclude each other.")
    return Reach(moment, everything)


def _refuse_forge_options(**given: Any) -> None:
    """Raise ConfigError where an option was given that says how to read a forge, and none is read."""
    names = {"since": "--since", "everything": "--all", "max_requests": "--max-requests", "max_wait": "--max-wait"}
    told = [name for key, name in names.items() if given[key] is not None and given[key] is not False]
    told += [] if given["fetch_code"] else ["--no-fetch-code"]
    if told:
        raise ConfigError(f"{told[0]} goes with --github only; leave it out, or name a repository. Nothing was read.")


@click.command()
@repo_option
@click.option("--tier", type=click.Choice(["embedded", "adapter"]), default="embedded", show_default=True,
              help="embedded: the ranker, seconds. adapter: a LoRA adapter by DPO.")  # fmt: skip
@click.option("--recipe", metavar="NAME|FILE",
              help="With --tier adapter: a shipped recipe or your own .toml file.  [default: smoke_cpu]")  # fmt: skip
@click.option("--specialist", type=click.Choice(SPECIALISTS), help="Train on this specialist's remarks, for it alone.")
@click.option("--migrate", is_flag=True, help="Another base model than before has to be as good only, not better.")
@click.option("--curve", is_flag=True, help="Only say whether more pull requests would help. Nothing is written.")
@click.option("--replay", metavar="VERSION", help="Repeat a version's training, and compare. Nothing is written.")
@dry_run_option
@format_option("text", "json")
@quiet_option
def train(
    repo: Path, tier: str, recipe: str | None, *, specialist: str | None, migrate: bool, style: str, quiet: bool,
    **others: Any,
) -> int:  # fmt: skip
    """Train a version and let the gate decide.

    Train a version on the mined pairs, judge it on later pull requests, and let the gate decide. With --replay, train
    one again from what its manifest recorded, and exit with 1 where a file does not come out the same.
    """
    from reviewlore.flows.train import train as run_training
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.standing import render_decision, render_evaluation, tell_standing

    workshop, replay = open_workshop(repo, quiet), others["replay"]
    if others["curve"] and replay:
        raise ConfigError("--curve and --replay exclude each other.")
    if others["curve"]:
        return _show_curve(workshop, style)
    if replay is not None:
        if recipe or specialist or migrate:
            raise ConfigError("--replay takes all from what the version recorded: leave the other options out.")
        return _show_replay(workshop, replay, style)
    if tier == "embedded" and recipe:
        raise ConfigError("--recipe belongs to --tier adapter; the embedded ranker has none.")
    chosen = workshop.recipe(recipe or "smoke_cpu") if tier == "adapter" else None
    if migrate and chosen is None:
        raise ConfigError("--migrate belongs to --tier adapter; the embedded ranker has no base model.")
    trained = run_training(
        workshop.train_context(), "adapter" if chosen else "embedded", chosen,
        specialist=specialist or "", migrate=migrate, dry_run=others["dry_run"],
    )  # fmt: skip
    if style == "json":
        click.echo(as_json(to_plain(trained)), nl=False)
    else:
        click.echo(render_evaluation(trained.evaluation) + "\n" + render_decision(trained.decision), nl=False)
        if trained.standing is not None and (told := tell_standing(trained.standing)):
            click.echo(told)
    if trained.decision.verdict == "promote":
        tell_consequences(workshop, dry_run=others["dry_run"])
    return 0


def _show_replay(workshop: "Workshop", version: str, style: str) -> int:
    from reviewlore.flows.replay import replay
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.replay import render_replay

    found = replay(workshop.train_context(), version)
    click.echo(as_json(to_plain(found)) if style == "json" else render_replay(found), nl=False)
    return 0 if found.same else 1


def _show_curve(workshop: "Workshop", style: str) -> int:
    from reviewlore.flows.curve import draw_curve
    from reviewlore.flows.judge import load_dataset
    from reviewlore.formats.curve import render_curve
    from reviewlore.formats.records import to_plain

    rankers = workshop.train_context().rankers
    found = draw_curve(rankers, load_dataset(workshop.store), workshop.console)
    click.echo(as_json({**to_plain(found), "told": found.told}) if style == "json" else render_curve(found), nl=False)
    return 0


@click.command()
@repo_option
@format_option("text", "json")
@quiet_option
def evaluate(repo: Path, style: str, quiet: bool) -> int:
    """Judge every version on later pull requests.

    Judge every version, the shipped prior and the baselines on held-out later pull requests.
    """
    from reviewlore.flows.judge import evaluate_all, load_dataset
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.standing import render_evaluation

    workshop = open_workshop(repo, quiet)
    dataset = load_dataset(workshop.store)
    result = evaluate_all(
        workshop.store, workshop.prior, workshop.adapters, workshop.clock, workshop.console, dataset,
        price=workshop.settings.model.price_in,
    )  # fmt: skip
    click.echo(as_json(to_plain(result)) if style == "json" else render_evaluation(result), nl=False)
    return 0


@click.command()
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Keep everything here.")
@quiet_option
def demo(output: Path | None, quiet: bool) -> int:
    """Show the whole loop on a sample repository.

    Show the whole loop on a sample repository, with a real DPO run on the CPU.
    """
    need_git()
    from reviewlore.wiring_demo import run_demo

    return run_demo(output, open_console(quiet), emit)
