"""Commands that judge: a change, or anybody's remarks."""

import sys
from dataclasses import dataclass
from itertools import count, islice
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
from reviewlore.errors import ConfigError

if TYPE_CHECKING:
    from reviewlore.diff import FilePatch
    from reviewlore.domain.comparison import VersionComparison
    from reviewlore.domain.finding import Review
    from reviewlore.wiring import Workshop

_REVIEW_FORMATS = ("text", "markdown", "json", "sarif", "rdjson")
_COMPARISON_FORMATS = ("text", "json")


@click.command()
@repo_option
@click.option("--base", metavar="REVISION", help="What the change goes into.  [default: the default branch]")
@click.option("--head", metavar="REVISION", help="The change.  [default: HEAD]")
@click.option("--github", metavar="OWNER/NAME", help="With --pr: review a pull request of a repository on GitHub.")
@click.option("--pr", "number", metavar="N", type=click.IntRange(1), help="With --github: the pull request's number.")
@click.option("--post", is_flag=True, help="With --github: post the review. Without it nothing is written on GitHub.")
@click.option("--foreign", multiple=True, metavar="FILE", type=click.Path(path_type=Path, allow_dash=True),
              help="Other reviewers' findings on the change, as candidates: SARIF, rdjson, rdjsonl, JSON Lines. "
                   "May be repeated.")  # fmt: skip
@click.option("--compare", metavar="VERSION", help="Compare the version in force with this one (an id, its beginning, "
                                                   "or prior). Nothing is posted.")  # fmt: skip
@click.option(
    "--fail-on",
    type=click.Choice(["never", "info", "warning", "error"]),
    help="Exit 1 from this severity on.  [default: what the settings say]",
)
@format_option(*_REVIEW_FORMATS)
@quiet_option
def review(repo: Path, style: str, *, quiet: bool, **options: Any) -> int:
    """Review a branch, or a pull request on GitHub.

    Review a branch of a local repository (no account, and no network unless [model] of the settings names a server), or
    with --github and --pr a pull request, in a local clone of its repository.
    """
    asked = _Options(style=style, **options)
    _refuse_what_does_not_go_together(asked)
    foreign = _read_foreign(asked.foreign)
    workshop = open_workshop(repo, quiet)
    look = _review_branch if asked.github is None else _review_pull
    return look(workshop, asked, foreign)


@dataclass(frozen=True)
class _Options:
    """What of a review was asked for; see the options of `review`."""

    style: str
    base: str | None
    head: str | None
    github: str | None
    number: int | None
    post: bool
    foreign: tuple[Path, ...]
    compare: str | None
    fail_on: str | None


def _refuse_what_does_not_go_together(asked: _Options) -> None:
    """Raise ConfigError with everything that is wrong with the options; then nothing was read yet."""
    checks = (
        (asked.github is not None and asked.number is None, "--github needs the pull request's number: add --pr N."),
        (asked.number is not None and asked.github is None, "--pr goes with --github OWNER/NAME only."),
        (asked.post and (asked.github is None or asked.number is None), "--post goes with --github and --pr only."),
        (
            asked.github is not None and (asked.base is not None or asked.head is not None),
            "--base and --head are of a local review; a pull request names its own.",
        ),
        (asked.compare is not None and asked.post, "--compare posts nothing; leave --post out."),
        (
            asked.compare is not None and asked.fail_on is not None,
            "--fail-on judges one review, and --compare makes two; leave one of them out.",
        ),
        (
            asked.compare is not None and asked.style not in _COMPARISON_FORMATS,
            f"--compare prints {' or '.join(_COMPARISON_FORMATS)}, not {asked.style}.",
        ),
        (sum(map(_is_input, asked.foreign)) > 1, "--foreign - is standard input, which can be read only once."),
    )
    problems = [told for wrong, told in checks if wrong]
    if problems:
        raise ConfigError(" ".join(problems))


def _is_input(path: Path) -> bool:
    return str(path) == "-"


def _read_foreign(files: tuple[Path, ...]) -> dict[str, bytes]:
    """Return files of findings by a name of their own; an unusable one is told before anything else is done."""
    found: dict[str, bytes] = {}
    if not files:
        return found
    from reviewlore.formats.foreign import read_foreign_file

    for path in files:
        name = "standard input" if _is_input(path) else shown(str(path))
        data = read_file(path)
        read_foreign_file(data, name)
        others = (f"{name} ({number})" for number in count(2))
        found[next(each for each in (name, *islice(others, len(found))) if each not in found)] = data
    return found


def _review_branch(workshop: "Workshop", asked: _Options, foreign: dict[str, bytes]) -> int:
    """Review or compare the change between two revisions of a local repository."""
    from reviewlore.flows.review import read_settings, review_change
    from reviewlore.flows.subject import Circumstances

    target = workshop.repo.resolve(asked.head or "HEAD")
    start = workshop.repo.resolve(asked.base or workshop.repo.default_branch())
    known = Circumstances(foreign=foreign)
    if asked.compare is not None:
        from reviewlore.flows.comparing import compare_versions
        from reviewlore.wiring_review import open_version

        other = open_version(workshop, asked.compare)
        context = workshop.review_context(base=start)
        return _show_comparison(compare_versions(context, start, target, other, known), asked.style)
    result = review_change(workshop.review_context(base=start), start, target, known)
    click.echo(_render_review(asked.style, result), nl=False)
    return _status(result, asked, read_settings(workshop.repo, start).review.fail_on)


def _review_pull(workshop: "Workshop", asked: _Options, foreign: dict[str, bytes]) -> int:
    """Review a pull request: the review first, on standard error the plan, and with --post what became of it."""
    from reviewlore.flows import pulls
    from reviewlore.wiring_review import open_pull, open_version

    other = None if asked.compare is None else open_version(workshop, asked.compare)
    site = open_pull(workshop, str(asked.github), asked.number or 0)
    if other is not None:
        return _show_comparison(pulls.compare_asked(site, other, foreign), asked.style)
    reviewed, note = pulls.review_asked(site, foreign)
    click.echo(_render_review(asked.style, reviewed.review), nl=False)
    if note:
        _tell(note)
    if asked.post:
        posted = pulls.post_asked(site, reviewed)
        _tell(*filter(None, (posted.plan, posted.told)))
        if posted.shadow:  # it fails nothing
            return 0
    else:
        _tell(pulls.preview(site, reviewed))
    return _status(reviewed.review, asked, reviewed.settings.fail_on)


def _tell(*texts: str) -> None:
    """Say on standard error what belongs to no result; paths in it are strangers' words."""
    from reviewlore.domain.visible import visible

    sys.stdout.flush()  # whoever reads both streams at once should read them in order
    for text in texts:
        click.echo(visible(text), err=True)


def _status(result: "Review", asked: _Options, fail_on: str) -> int:
    from reviewlore.stages.review.select import reaches

    return 1 if reaches(result.findings, asked.fail_on or fail_on) else 0


def _show_comparison(comparison: "VersionComparison", style: str) -> int:
    from reviewlore.formats.comparison import render_comparison, render_comparison_json

    click.echo((render_comparison_json if style == "json" else render_comparison)(comparison), nl=False)
    return 0


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
