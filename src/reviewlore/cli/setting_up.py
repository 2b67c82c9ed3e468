"""The commands that put reviewlore into a repository, take it out again, and say what is set there."""

from pathlib import Path
from typing import Any

import click

from reviewlore.cli.options import as_json, dry_run_option, emit, format_option, open_workshop, repo_option


@click.command()
@click.argument("action")
@repo_option
@click.option("--runner", multiple=True, metavar="LABEL",
              help="A label of the runner that trains adapters; repeatable.  [default: as settings say]")  # fmt: skip
@click.option("--branch", default="", metavar="NAME", help="The default branch on GitHub.  [default: as git knows it]")
@click.option("--split", type=click.Choice(["none", "forks", "all"]),
              help="Whose reviews are made in a run that may not write, and posted by another.")  # fmt: skip
@click.option("--org/--no-org", "organisation", default=None,
              help="Also the workflow that learns in many repositories of an organisation.")  # fmt: skip
@click.option("--app/--no-app", default=None,
              help="The GitHub App reviews and answers: only learning and training are left.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite workflows that somebody changed.")
@dry_run_option
def init(action: str, repo: Path, **chosen: Any) -> int:
    """Write workflows and settings into a repository.

    Write the workflows of .github/workflows and a commented .reviewlore.toml. ACTION is where the action comes from:
    OWNER/NAME@COMMIT, with the full id of a commit. Settings that are there are kept; run it again after a change of
    [train], or for a newer version: what is not said is as it was the last time.
    """
    from reviewlore.wiring_init import InitOptions, run_init

    return run_init(open_workshop(repo, quiet=True), InitOptions(action, **chosen), emit)


@click.command()
@repo_option
@click.option("--base", metavar="REVISION", help="The commit whose settings are meant.  [default: the default branch]")
@click.option("--schema", is_flag=True, help="Print the JSON schema of the settings instead.")
@format_option("text", "json")
def config(repo: Path, base: str | None, style: str, *, schema: bool) -> int:
    """Show the settings in force.

    Show which settings hold, which of them are no defaults, where they come from, and what is wrong with them: then
    the exit code is 2.
    """
    if schema:
        from reviewlore.config.schema import settings_schema

        emit(as_json(settings_schema()))
        return 0
    from reviewlore.wiring_init import show_settings

    return show_settings(open_workshop(repo, quiet=True), base, emit, as_data=style == "json")


@click.command()
@repo_option
@click.option("--state", is_flag=True, help="Also remove the state branch: all that was learned.")
@click.option(
    "--github", metavar="OWNER/NAME", help="With --state: also the branch there. Needs a token that may write."
)
@click.option("--archive", default="reviewlore-state.bundle", show_default=True, metavar="FILE",
              type=click.Path(path_type=Path), help="With --state: where the branch is kept.")  # fmt: skip
@click.option("--no-archive", is_flag=True, help="With --state: keep it nowhere.")
@dry_run_option
def uninstall(repo: Path, *, state: bool, github: str | None, archive: Path, no_archive: bool, dry_run: bool) -> int:
    """Take reviewlore out of a repository.

    Remove the workflows and settings that init wrote and nobody changed; with --state also the state branch, after it
    was archived. Says what is left for you to remove.
    """
    from reviewlore.wiring_init import run_uninstall

    if github and not state:
        raise click.UsageError("--github goes with --state: it names whose branch is removed.")
    kept = None if no_archive else archive
    workshop = open_workshop(repo, quiet=True)
    return run_uninstall(workshop, emit, state=state, github=github, archive=kept, dry_run=dry_run)
