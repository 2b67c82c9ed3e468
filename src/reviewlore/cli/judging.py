"""Commands that judge: a change, or anybody's remarks."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reviewlore.cli.options import (
    format_option,
    open_workshop,
    quiet_option,
    read_file,
    repo_option,
    shown,
)

if TYPE_CHECKING:
    from reviewlore.diff import FilePatch
    from reviewlore.wiring import Workshop

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
@click.option("--base", metavar="REVISION", help="What the change that the findings are on goes into.")
@click.option("--head", metavar="REVISION", help="The change that the findings are on.  [default: HEAD, with --base]")
@click.option(
    "--input-format", type=click.Choice(["jsonl", "sarif", "rdjson", "rdjsonl"]), help="[default: told by the content]"
)
@click.option("--keep-above", type=click.FloatRange(0, 1), metavar="P", help="Keep from this probability on.")
@click.option(
    "--target-precision",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Keep from the lowest score on at which this share of held-out remarks of machines was addressed.",
)
@format_option("json")
@quiet_option
def score(file: Path, repo: Path, input_format: Any, style: str, *, quiet: bool, **options: Any) -> int:
    """Rank anybody's findings by this team's preferences.

    Rank anybody's findings by this team's preferences: SARIF, rdjson, rdjsonl, or JSON Lines with path, diff_hunk and
    body come back in their own format, each with score, rank and the probability of being addressed.
    """
    from reviewlore.flows.foreign import Filter, score_file

    workshop = open_workshop(repo, quiet)
    judgement = workshop.scorer()
    click.echo(f"Scoring with {judgement.version} ({judgement.tier} tier)", err=True)
    patches = _patches(workshop, options["base"], options["head"])
    wanted = Filter(options["keep_above"], options["target_precision"])
    data, name = read_file(file), shown(str(file))
    scored = score_file(data, name, judgement, form=input_format, patches=patches, wanted=wanted)
    for note in scored.notes:
        click.echo(note, err=True)
    click.echo(scored.text, nl=False)
    return 0


def _patches(workshop: "Workshop", base: str | None, head: str | None) -> "tuple[FilePatch, ...] | None":
    from reviewlore.diff import parse_diff

    if base is None and head is None:
        return None
    target = workshop.repo.resolve(head or "HEAD")
    start = workshop.repo.merge_base(workshop.repo.resolve(base or workshop.repo.default_branch()), target)
    return parse_diff(workshop.repo.diff(start, target))


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
