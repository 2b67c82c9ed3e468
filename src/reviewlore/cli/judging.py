"""Commands that judge: a change, or anybody's remarks."""

import json
from pathlib import Path
from typing import Any

import click

from reviewlore.cli.options import (
    format_option,
    open_workshop,
    quiet_option,
    read_file,
    repo_option,
    shown,
)

_REVIEW_FORMATS = ("text", "markdown", "json", "sarif", "rdjson")


@click.command()
@repo_option
@click.option("--base", metavar="REVISION", help="What the change goes into.  [default: the default branch]")
@click.option("--head", default="HEAD", show_default=True, metavar="REVISION", help="The change.")
@click.option(
    "--fail-on", type=click.Choice(["never", "info", "warning", "error"]), help="Exit 1 from this severity on."
)
@format_option(*_REVIEW_FORMATS)
@quiet_option
def review(repo: Path, base: str | None, head: str, fail_on: str | None, style: str, quiet: bool) -> int:
    """Review a branch of a local repository.

    Review a branch of a local repository: no account, no network.
    """
    from reviewlore.flows.review import read_settings, review_change
    from reviewlore.stages.review.select import reaches

    workshop = open_workshop(repo, quiet)
    target = workshop.repo.resolve(head)
    start = workshop.repo.resolve(base or workshop.repo.default_branch())
    result = review_change(workshop.review_context(), start, target)
    click.echo(_render_review(style, result), nl=False)
    threshold = fail_on or read_settings(workshop.repo, start).review.fail_on
    return 1 if reaches(result.findings, threshold) else 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@repo_option
@format_option("json")
@quiet_option
def score(file: Path, repo: Path, style: str, quiet: bool) -> int:
    """Rank anybody's remarks by this team's preferences.

    Rank anybody's remarks by this team's preferences: JSON Lines with path, diff_hunk and body come back scored.
    """
    from reviewlore.flows.scoring import score_rows

    workshop = open_workshop(repo, quiet)
    scorer = workshop.scorer()
    click.echo(f"Scoring with {scorer.version} ({scorer.tier} tier)", err=True)
    for row in score_rows(read_file(file), shown(str(file)), scorer):
        click.echo(json.dumps(row))  # ASCII: also half a character and U+2028 pass through, on one line
    return 0


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
