"""Commands that answer for what was learned, and the one that runs as a GitHub Action."""

import os
from pathlib import Path
from typing import Any

import click

from reviewlore.cli.options import (
    as_json,
    dry_run_option,
    emit,
    format_option,
    need_git,
    open_workshop,
    quiet_option,
    repo_option,
    tell_consequences,
)
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.errors import ConfigError


@click.command()
@click.argument("version")
@repo_option
@click.option("--reason", default="promoted by hand", show_default=True, help="Why, for the audit log.")
@click.option("--github", metavar="OWNER/NAME", help="Where your role is checked, if policy asks for one.")
@dry_run_option
def promote(version: str, repo: Path, reason: str, github: str | None, dry_run: bool) -> int:
    """Make a version the active one.

    Make a version the active one at once, whatever the gate said; the audit log says who did and why. Where [learn]
    promotion-approval names a role, yours is asked of GitHub.
    """
    from functools import partial

    from reviewlore.flows.approve_version import promote_asked
    from reviewlore.flows.promote import Deed, tell_promotion
    from reviewlore.wiring_lineage import ask_decider

    workshop = open_workshop(repo, quiet=True)
    deed = Deed(workshop.actor, reason, workshop.clock.now(), dry_run)
    ask = partial(ask_decider, workshop, github) if github else None
    change = promote_asked(workshop.store, version, deed, workshop.settings.learn.promotion_approval, ask)
    click.echo(tell_promotion(change, deed))
    tell_consequences(workshop, dry_run=dry_run)
    return 0


@click.command()
@repo_option
@click.option("--reason", default="rolled back by hand", show_default=True, help="Why, for the audit log.")
@click.option("--specialist", type=click.Choice(SPECIALISTS), help="The version of this specialist, not everybody's.")
@dry_run_option
def rollback(repo: Path, reason: str, specialist: str | None, dry_run: bool) -> int:
    """Go back to the version active before.

    Go back one step: a canary is taken back; where there is none, the version active before becomes active again.
    """
    from reviewlore.flows.promote import rollback as run_rollback

    workshop = open_workshop(repo, quiet=True)
    now = workshop.clock.now()
    click.echo(run_rollback(workshop.store, workshop.actor, reason, now, dry_run=dry_run, specialist=specialist or ""))
    tell_consequences(workshop, dry_run=dry_run)
    return 0


@click.command()
@click.argument("version", required=False)
@repo_option
@click.option("--from", "address", default="", metavar="ADDRESS",
              help="The repository whose state branch holds the version.  [default: this one]")  # fmt: skip
@click.option("--branch", default="reviewlore/state", show_default=True, help="With --from: the branch there.")
@dry_run_option
def lock(version: str | None, repo: Path, address: str, branch: str, dry_run: bool) -> int:
    """Pin the version that judges in reviewlore.lock.

    Pin a VERSION (the beginning of its id; the active one where none is given) in reviewlore.lock at the root of the
    repository: reviews use exactly that one, verified by its hash, whatever is promoted. With --from it comes from
    another repository, so that all of an organisation run the same.
    """
    from reviewlore.wiring_doctor import write_lock

    emit(write_lock(open_workshop(repo, quiet=True), version, address, branch, dry_run=dry_run))
    return 0


@click.command()
@repo_option
@click.option("--data", is_flag=True, help="What is stored, of whom and what kind, and what is advised now.")
@click.option("--online", is_flag=True, help="What became of its own remarks, by version, specialist, rule and week.")
@click.option("--architecture", is_flag=True, help="What the repository is like: layers, contracts, hubs, habits.")
@click.option("--revision", metavar="REV", help="With --architecture: at this revision.  [default: HEAD]")
@click.option("--card", is_flag=True,
              help="With --architecture: what it publishes and takes, as a file for other repositories.")  # fmt: skip
@format_option("text", "json")
@quiet_option
def status(
    repo: Path,
    *,
    data: bool,
    online: bool,
    architecture: bool,
    revision: str | None,
    card: bool,
    style: str,
    quiet: bool,
) -> int:
    """Show what was mined and which version is active.

    Show what was mined, which versions there are, which one is active and why; with --data what the data is like, with
    --online what became of its own remarks, with --architecture what the repository is like, whatever was mined.
    """
    if data + online + architecture > 1:
        raise ConfigError("--data, --online and --architecture exclude each other.")
    if architecture:
        from reviewlore.cli.mapping import show_architecture, show_card

        workshop = open_workshop(repo, quiet)
        return (
            show_card(workshop, revision or "HEAD") if card else show_architecture(workshop, revision or "HEAD", style)
        )
    if card or revision is not None:
        raise ConfigError(f"{'--card' if card else '--revision'} goes with --architecture only.")
    return _show_online(repo, style) if online else _show_standing(repo, style, data=data)


def _show_online(repo: Path, style: str) -> int:
    from reviewlore.flows import state
    from reviewlore.formats.online import online_json, render_online
    from reviewlore.stages import online, shadow

    store = open_workshop(repo, quiet=True).store
    metrics, totals = state.read_online(store), shadow.total_shadows(state.read_shadows(store))
    if style == "json":
        click.echo(as_json(online_json(metrics, totals)), nl=False)
        return 0
    sums = [
        online.add_up(metrics, key)
        for key in (
            lambda row: f"{row.version} ({row.tier})",
            lambda row: row.specialist or "architecture facts",
            lambda row: row.rule,
            lambda row: row.week,
        )
    ]
    click.echo(render_online(sums[0], sums[1], sums[2], sums[3], totals), nl=False)
    return 0


def _show_standing(repo: Path, style: str, *, data: bool) -> int:
    from reviewlore.flows import state
    from reviewlore.flows.card import describe_versions
    from reviewlore.flows.drift import find_active_aged
    from reviewlore.flows.spending import read_month
    from reviewlore.flows.training_lock import describe_hold
    from reviewlore.formats.records import to_plain
    from reviewlore.formats.standing import render_age, render_dataset, render_registry, render_spending

    workshop = open_workshop(repo, quiet=True)
    store = workshop.store
    if data:
        from reviewlore.flows.data import read_status
        from reviewlore.formats.inventory import render_data

        learning = workshop.settings.learn
        now = workshop.clock.now()
        found = read_status(store, now, learning.approval, workshop.structure, learning.drift_threshold)
        click.echo(as_json(to_plain(found)) if style == "json" else render_data(found), nl=False)
        return 0
    spending, model = read_month(store, workshop.clock.now()), workshop.settings.model
    hold = state.read_hold(store)
    registry, datasets, audit = state.read_registry(store), state.read_datasets(store), state.read_audit(store)
    if style == "json":
        newest = to_plain(datasets[-1]) if datasets else None
        limits = {"monthly_tokens": model.monthly_tokens, "monthly_cost": model.monthly_cost}
        pinned = workshop.lock()
        shown = {"registry": to_plain(registry), "dataset": newest, "audit_entries": len(audit)}
        shown["lock"] = to_plain(pinned) if pinned else None
        shown |= {"training": to_plain(hold)} if hold else {}
        shown["versions"] = describe_versions(store, registry)
        click.echo(as_json({**shown, "spending": {**to_plain(spending), **limits}}), nl=False)
        return 0
    if told := workshop.pinned():
        click.echo(f"{told}\n")
    click.echo(render_registry(registry, describe_versions(store, registry)), nl=False)
    if hold:
        click.echo(f"\nA training is under way: {describe_hold(hold, workshop.clock.now())}.")
    if aged := find_active_aged(store, workshop.structure):
        click.echo("\n" + render_age(aged, workshop.settings.learn.drift_threshold), nl=False)
    click.echo("\n" + (render_dataset(datasets[-1]) if datasets else "Nothing was mined yet.\n"), nl=False)
    if spending.reviews:
        click.echo("\n" + render_spending(spending, model.monthly_tokens, model.monthly_cost), nl=False)
    return 0


@click.command()
@repo_option
@click.option("--output", "-o", metavar="PATH", type=click.Path(path_type=Path),
              help="The page to write.  [default: reviewlore-report.html or reviewlore-architecture.html]")  # fmt: skip
@click.option("--architecture", is_flag=True, help="Draw the map of the repository instead, as page and as SVG.")
@click.option("--base", metavar="REV", help="With --architecture: draw the change since its merge base with this.")
@click.option("--head", metavar="REV", help="With --architecture: the revision drawn.  [default: HEAD]")
@click.option("--card", "cards", multiple=True, metavar="FILE", type=click.Path(path_type=Path),
              help="With --architecture: another repository's card, for a map of all. May be repeated.")  # fmt: skip
@quiet_option
def report(repo: Path, output: Path | None, *, architecture: bool, quiet: bool, **span: Any) -> int:
    """Write one HTML page about what was learned.

    Write one self-contained HTML page about what was mined, trained, judged and decided; with --architecture about
    what the repository is like and what a change does to it, with the pictures alone beside it.
    """
    if architecture:
        from reviewlore.cli.mapping import PAGE, Span, report_architecture

        chosen = Span(span["head"] or "HEAD", span["base"], span["cards"])
        return report_architecture(open_workshop(repo, quiet), output or Path(PAGE), chosen)
    if given := [name for name, value in span.items() if value]:
        raise ConfigError(f"--{given[0].removesuffix('s')} goes with --architecture only.")
    return _report_standing(repo, output or Path("reviewlore-report.html"), quiet)


def _report_standing(repo: Path, output: Path, quiet: bool) -> int:
    from reviewlore.adapters.files import write_text
    from reviewlore.flows.judge import evaluate_all
    from reviewlore.flows.report import judged_report

    workshop = open_workshop(repo, quiet)
    data = judged_report(
        workshop.store,
        workshop.repo.name,
        workshop.clock.now(),
        lambda dataset: evaluate_all(
            workshop.store, workshop.prior, workshop.adapters, workshop.clock, workshop.console, dataset
        ),
    )
    write_text(output, workshop.render_report(data))
    click.echo(str(output))
    return 0


@click.command()
@repo_option
@click.option("--recipe", metavar="NAME", help="Resolve the revision of this recipe's base model and write it.")
@click.option("--github", metavar="OWNER/NAME", help="Also look at how this repository is set up there; needs a token.")
@dry_run_option
def doctor(repo: Path, recipe: str | None, github: str | None, dry_run: bool) -> int:
    """Check that everything is in place.

    Check repository, settings, state branch, installation, and whether the model of the settings can be asked; with
    --recipe, pin the base model's revision in .reviewlore.toml; with --github, check Actions, workflows, environment,
    ruleset and runner of a repository on GitHub, as far as the token may look.
    """
    from reviewlore.wiring_doctor import run_doctor

    return run_doctor(open_workshop(repo, quiet=True), recipe, github, emit, dry_run=dry_run)


@click.command()
def action() -> int:
    """Run as a GitHub Action.

    Run as a GitHub Action: the event and the inputs come from the environment.
    """
    need_git()
    from reviewlore.wiring_action import run as run_action

    return run_action(os.environ)
