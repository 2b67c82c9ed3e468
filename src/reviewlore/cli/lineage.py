"""Commands that answer for the data: what rests on a comment, who allowed a dataset, and who looked at what."""

from pathlib import Path

import click

from reviewlore.cli.options import (
    as_json,
    dry_run_option,
    emit,
    format_option,
    open_workshop,
    quiet_option,
    repo_option,
    tell_consequences,
)


@click.command()
@click.argument("comment")
@repo_option
@click.option("--github", metavar="OWNER/NAME", help="Look at the comments of this repository on GitHub, too.")
@dry_run_option
@format_option("text", "json")
@quiet_option
def trace(comment: str, repo: Path, github: str | None, dry_run: bool, style: str, quiet: bool) -> int:
    """Show what rests on a comment or version, or what it rests on.

    Show the whole chain of one COMMENT: a mined remark (OWNER/NAME#PULL/COMMENT, its number or its address) with its
    outcome, evidence, pairs, datasets and versions; or one of our own (the id at its end) with its version and what
    that learned from. Each such trace is an entry of the audit log. The id of a version (adapter-..., embedded-...)
    shows what that rests on.
    """
    from reviewlore.flows.ancestry import names_version

    if names_version(comment):
        return _trace_version(comment, repo, style)
    from functools import partial

    from reviewlore.flows.trace import Inquiry
    from reviewlore.flows.trace import trace as run_trace
    from reviewlore.formats.lineage import render_trace
    from reviewlore.formats.records import to_plain
    from reviewlore.wiring_lineage import open_postings

    workshop = open_workshop(repo, quiet)
    search = partial(open_postings, workshop, github) if github else None
    found = run_trace(workshop.store, comment, Inquiry(workshop.actor, workshop.clock.now(), search), dry_run=dry_run)
    click.echo(as_json(to_plain(found)) if style == "json" else render_trace(found), nl=False)
    return 0


def _trace_version(version: str, repo: Path, style: str) -> int:
    from reviewlore.flows.ancestry import trace_version
    from reviewlore.formats.lineage_version import render_version_trace
    from reviewlore.formats.records import to_plain

    found = trace_version(open_workshop(repo, quiet=True).store, version)
    click.echo(as_json(to_plain(found)) if style == "json" else render_version_trace(found), nl=False)
    return 0


@click.command()
@click.argument("subject")
@repo_option
@click.option("--github", metavar="OWNER/NAME", help="Where your role is checked: a repository it was made from.")
@click.option("--refuse", is_flag=True, help="Refuse it: nothing is trained on the dataset, the version is rejected.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the audit log.")
@dry_run_option
def approve(subject: str, repo: Path, github: str | None, refuse: bool, reason: str, dry_run: bool) -> int:
    """Allow a dataset to be trained on, or a version to judge; or refuse it.

    Allow or refuse the dataset or version whose id begins with SUBJECT, where [learn] approval or promotion-approval in
    .reviewlore.toml asks for somebody's word.
    """
    from functools import partial

    from reviewlore.flows.approve import Verdict, tell_decision
    from reviewlore.flows.approve import approve as run_approval
    from reviewlore.flows.approve_version import approve_version, names_version, tell_version_decision
    from reviewlore.wiring_lineage import ask_decider

    workshop = open_workshop(repo, quiet=True)
    learning = workshop.settings.learn
    verdict = Verdict(subject, not refuse, reason, workshop.clock.now())
    ask = partial(ask_decider, workshop, github) if github else None
    if names_version(subject):
        version = approve_version(workshop.store, verdict, learning.promotion, ask, dry_run=dry_run)
        click.echo(tell_version_decision(version))
        tell_consequences(workshop, dry_run=dry_run)
        return 0
    decided = run_approval(workshop.store, verdict, learning.approval, ask, dry_run=dry_run)
    click.echo(tell_decision(decided))
    return 0


@click.command()
@repo_option
@click.option("--person", metavar="LOGIN", help="Only what touched this person's data; needs the pseudonym key.")
@format_option("text", "json")
def log(repo: Path, person: str | None, style: str) -> int:
    """Show who did what with the data.

    Show the audit log after checking its chain: what was mined, trained, decided, traced, forgotten, and by whom.
    """
    from reviewlore.flows.forget import name_person
    from reviewlore.flows.log import read_log
    from reviewlore.formats.lineage import render_log
    from reviewlore.formats.records import to_plain

    workshop = open_workshop(repo, quiet=True)
    name = name_person(person, workshop.kept_key()).pseudonym if person is not None else ""
    found = read_log(workshop.store, name)
    click.echo(as_json(to_plain(found)) if style == "json" else render_log(found), nl=False)
    return 0


@click.command()
@click.argument("version", default="")
@repo_option
@click.option("--output", "-o", metavar="FILE", type=click.Path(path_type=Path), help="Write it here instead.")
@format_option("markdown", "html", "json")
def card(version: str, repo: Path, output: Path | None, style: str) -> int:
    """Show the model card of a version.

    Show the model card of a VERSION (the beginning of its id; the newest where none is given), as it stands now: what
    it is for, what it learned from, how it was judged, what the gate said, and all that it rests on.
    """
    from reviewlore.flows.card import read_card
    from reviewlore.formats.records import to_plain

    workshop = open_workshop(repo, quiet=True)
    found = read_card(workshop.store, version)
    if style == "json":
        text = as_json(to_plain(found))
    elif style == "markdown":
        from reviewlore.formats.card_markdown import render_card

        text = render_card(found)
    else:
        from reviewlore.adapters.card_page import render_card_page

        text = render_card_page(found)
    if output is None:
        emit(text)
        return 0
    from reviewlore.adapters.files import write_text

    write_text(output, text)
    click.echo(str(output))
    return 0
