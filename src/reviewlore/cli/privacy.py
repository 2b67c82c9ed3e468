"""The command that forgets: a person, a pull request, a comment or what is too old, from every commit of the branch."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reviewlore.cli.options import as_json, dry_run_option, emit, format_option, open_workshop, repo_option

if TYPE_CHECKING:
    from reviewlore.domain.forgetting import Target
    from reviewlore.wiring import Workshop


@click.command()
@click.option("--author", metavar="LOGIN", help="A person: remarks, replies, votes, signals, decisions.")
@click.option("--pr", metavar="OWNER/NAME#N", help="A pull request, by name or address.")
@click.option("--comment", metavar="COMMENT", help="A remark, a reply or a dismissal, by id or address.")
@click.option("--expired", is_flag=True, help="What is older than `retention-days` under [learn] allows.")
@click.option("--undo", is_flag=True, help="Let it be mined again; what was removed stays removed.")
@repo_option
@dry_run_option
@format_option("text", "json")
def forget(
    author: str | None,
    pr: str | None,
    comment: str | None,
    expired: bool,
    undo: bool,
    repo: Path,
    dry_run: bool,
    style: str,
) -> int:
    """Remove data from the whole state branch.

    Remove data from every commit of the state branch, and keep it from being mined again.
    """
    from reviewlore.adapters.index import FILE as INDEX
    from reviewlore.adapters.sqlite_file import discard
    from reviewlore.flows.forget import Act, allow_again
    from reviewlore.flows.forget import forget as run_forget
    from reviewlore.flows.forgetting import KINDS
    from reviewlore.formats.forgetting import render_allowed, render_forgetting
    from reviewlore.formats.records import to_plain

    if sum((author is not None, pr is not None, comment is not None, expired)) != 1:
        raise click.UsageError("Say what to forget: one of --author, --pr, --comment and --expired.")
    if undo and expired:
        raise click.UsageError("--undo goes with --author, --pr or --comment: what is too old is not on a list.")
    workshop = open_workshop(repo, quiet=True)
    act = Act(workshop.actor, workshop.clock.now(), dry_run)
    target = _target(workshop, author, pr, comment, act.now)
    if undo:
        kind, known = KINDS[type(target)], allow_again(workshop.store, target, act)
        told = {"kind": kind, "allowed": known, "dry_run": dry_run}
        emit(as_json(told) if style == "json" else render_allowed(kind, known, dry_run=dry_run))
        return 0
    report = run_forget(workshop.store, target, act)
    if not dry_run:
        discard(workshop.repo.git_dir / INDEX)  # the index of precedents holds words too; the next review makes it anew
        workshop.forget_runs()
    emit(as_json(to_plain(report)) if style == "json" else render_forgetting(report))
    return 0


def _target(workshop: "Workshop", author: str | None, pr: str | None, comment: str | None, now: str) -> "Target":
    """Return what the options name; ConfigError for a person without the key, or for an age without a limit."""
    from reviewlore.domain.forgetting import OlderThan
    from reviewlore.errors import ConfigError
    from reviewlore.flows.forget import name_person
    from reviewlore.stages.forget import parse_comment, parse_pull
    from reviewlore.stages.retention import cutoff

    if author is not None:
        return name_person(author, workshop.kept_key())
    if pr is not None:
        return parse_pull(pr)
    if comment is not None:
        return parse_comment(comment)
    limit = cutoff(now, workshop.settings.learn.retention_days)
    if not limit:
        raise ConfigError(
            "Everything is kept for as long as the branch exists: there is no limit. "
            "Set `retention-days` under [learn] in .reviewlore.toml on the default branch, then run it again."
        )
    return OlderThan(limit)
