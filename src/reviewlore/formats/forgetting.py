"""What forgetting did, as plain text of 100 columns: a report in, text out. Says what it could not do, too."""

import textwrap

from reviewlore.domain.forgetting import ForgetReport
from reviewlore.domain.visible import visible_line

_WIDTH = 98
_WORDS = {
    "remarks": ("remark", "remarks"),
    "replies": ("reply", "replies"),
    "authorships": ("mention as the pull request's author", "mentions as the pull request's author"),
    "evidence": ("piece of evidence", "pieces of evidence"),
    "signals": ("signal", "signals"),
    "names": ("file with the pseudonym", "files with the pseudonym"),
    "unreadable": ("damaged line of an older commit", "damaged lines of older commits"),
    "shadow_reviews": ("review in shadow mode", "reviews in shadow mode"),
    "spending": ("line of the model's account", "lines of the model's account"),
}
_THING = {"author": "this person", "pull_request": "this pull request", "comment": "this comment"}


def render_forgetting(report: ForgetReport) -> str:
    """Return what went, what is marked, what follows, and what is out of reach."""
    parts = [_found(report), *_items(report), *_learned(report), *_listed(report)]
    if report.found:
        parts += _limits(report)
    return (
        "\n".join("\n".join(textwrap.wrap(visible_line(part), _WIDTH, subsequent_indent="  ")) for part in parts) + "\n"
    )


def render_allowed(report_kind: str, known: bool, *, dry_run: bool) -> str:
    """Return what taking something off the list did."""
    thing = _THING[report_kind].capitalize()
    if not known:
        return f"{thing} was not on the list of what is not mined. Nothing was changed.\n"
    verb = "would be" if dry_run else "is"
    return f"{thing} {verb} off the list. `reviewlore mine --since` a time before it reads it again.\n"


def _found(report: ForgetReport) -> str:
    if not report.found:
        if report.kind == "expired":
            return "Nothing that is stored is too old."
        return f"Nothing of {_THING[report.kind]} is stored." + (
            " (Or it was mined with another pseudonym key: then use that one.)" if report.kind == "author" else ""
        )
    told = ", ".join(f"{count} {_WORDS[kind][count != 1]}" for kind, count in report.found.items())
    commits = report.rewritten.commits
    again = f"{commits} {'commit' if commits == 1 else 'commits'}"
    if report.dry_run:
        return f"Would forget {told}, and make {again} again."
    return f"Forgotten: {told}. {again[0].upper()}{again[1:]} {'was' if commits == 1 else 'were'} made again."


def _items(report: ForgetReport) -> list[str]:
    return [f"  {item}" for item in report.items]


def _learned(report: ForgetReport) -> list[str]:
    marked = "would be marked" if report.dry_run else "marked"
    parts = []
    if report.datasets:
        parts.append(f"Datasets that held it ({marked}): {', '.join(name[:12] for name in report.datasets)}.")
    if report.versions:
        parts.append(f"Versions that learned from it ({marked}): {', '.join(report.versions)}.")
    if report.active:
        parts.append(
            f"Retraining is due: {report.active} is in force, and its weights stay as they are until "
            "`reviewlore mine` and `reviewlore train` have replaced it, or `reviewlore rollback` has."
        )
    elif report.datasets:
        parts.append("`reviewlore mine` records what is left as a new dataset, for the next training.")
    return parts


def _listed(report: ForgetReport) -> list[str]:
    if not report.suppressed:
        return []
    if report.listed_before:
        return ["It was on the list of what is not mined already."]
    if report.dry_run:
        return ["It would be listed, so that mining does not bring it back."]
    return ["It is listed, so that mining does not bring it back; the same command with --undo takes it off."]


def _limits(report: ForgetReport) -> list[str]:
    held = report.rewritten.held_by
    before, is_or_was = (report.rewritten.before or "")[:12], "is" if report.dry_run else "was"
    parts = ["", "Out of reach of this command:"]
    if held:
        parts.append(f"- these refs of this repository still lead to it: {', '.join(held)}. Delete or push over them.")
    parts += [
        "- this repository keeps the old objects, unreachable, until `git gc --prune=now`.",
        "- where the branch was pushed to, push it again with `git push --force-with-lease`; clones and forks keep "
        "what they have until they are made anew.",
        f"- a host may keep unreachable commits for a while, by their ids (the old head {is_or_was} {before}): ask its "
        'support to remove them. On GitHub: https://support.github.com, "remove cached views and unreachable objects".',
    ]
    return parts
