"""Every sentence of an answer to a command: records in, Markdown out."""

from collections.abc import Sequence

from reviewlore.domain.commands import (
    PASSING_REASONS,
    Command,
    CommandError,
    DismissCommand,
    DismissReason,
    ForgetCommand,
)
from reviewlore.domain.inert import inert
from reviewlore.domain.model import Registry, RegistryEntry
from reviewlore.domain.people import Role
from reviewlore.stages.commands.parse import THEMES, row_of
from reviewlore.stages.commands.words import PREFIX, Row, as_code

_REASON_TEXT: dict[DismissReason, str] = {
    "wrong": "the remark is not true",
    "not-here": "true elsewhere, but this place is an exception",
    "already-known": "known, and tracked elsewhere",
    "style-only": "a matter of taste",
    "too-minor": "true, but not worth a comment",
    "intended": "done on purpose",
    "duplicate": "said already",
}


def render_help() -> str:
    """Return the answer to `/lore help`."""
    rows = "\n".join(line for theme, rows in THEMES.items() for line in (f"| **{theme}** | | |", *map(_help_row, rows)))
    reasons = "\n".join(f"- `{reason}`: {text}" for reason, text in _REASON_TEXT.items())
    return (
        "Write a command as the first line of a new comment on an open pull request. Edited comments are not read.\n\n"
        f"| command | what it does | needs the role |\n| --- | --- | --- |\n{rows}\n\n"
        f"Reasons to dismiss a remark:\n\n{reasons}"
    )


def _help_row(row: Row) -> str:
    usage = row.usage.replace("|", "\\|")
    return f"| `{PREFIX} {usage}` | {row.summary} | {'none: everybody may' if row.role == 'none' else row.role} |"


def render_error(error: CommandError) -> str:
    """Return the answer to a command that cannot be read: what is wrong, and what to type instead."""
    word = f" {as_code(error.word)}" if error.word else ""
    parts = [f"{error.problem}{word}."]
    if error.suggestion:
        parts.append(f"Did you mean `{PREFIX} {error.suggestion}`?")
    if error.usage:
        parts.append(f"The form is `{PREFIX} {error.usage}`.")
    if error.choices:
        parts.append(f"There are: {', '.join(f'`{choice}`' for choice in error.choices)}.")
    parts.append(f"Nothing was done; `{PREFIX} help` lists the commands.")
    return " ".join(parts)


def render_refusal(command: Command, role: Role) -> str:
    """Return the answer to somebody who may not."""
    row = row_of(command)
    return f"`{PREFIX} {row.name}` needs the role {row.role} in this repository; yours is {role}. Nothing was done."


def render_failure(command: Command, reason: str, run_url: str) -> str:
    """Return the answer where a permitted command could not be carried out; `reason` may quote a stranger's words."""
    text = f"`{PREFIX} {row_of(command).name}` could not be carried out: {inert(reason)}"
    return f"{text}\n\n[The log of this run]({run_url}) has the details." if run_url else text


def render_reviewed(head: str, posted: int, known: int, elsewhere: int) -> str:
    """Return the answer to `/lore review` where the review ran to its end."""
    if not posted + known + elsewhere:
        return f"Reviewed `{head[:12]}`: nothing to remark."
    parts = [f"{posted} new {_plural(posted, 'remark')} on the changed lines"]
    if known:
        parts.append(f"{known} said before and left as {_plural(known, 'it is', 'they are')}")
    if elsewhere:
        parts.append(f"{elsewhere} in the summary, outside the diff or above the limit")
    return f"Reviewed `{head[:12]}`: {', '.join(parts)}."


def render_not_reviewed(head: str, reason: str) -> str:
    """Return the answer to `/lore review` where nothing may be posted for a reason that is nobody's fault."""
    texts = {
        "head_moved": "the pull request was pushed to meanwhile, so nothing was posted; the review of the new head "
        "follows by itself",
        "pull_request_closed": "the pull request was closed meanwhile, so nothing was posted",
        "pull_request_locked": "the conversation is locked, so nothing was posted",
    }
    return f"Reviewed `{head[:12]}`, but {texts.get(reason, f'nothing was posted ({reason})')}."


def render_dismissed(command: DismissCommand, finding: str) -> str:
    """Return the answer to `/lore dismiss`."""
    again = "" if command.reason in PASSING_REASONS else ", and the remark is not made again in this repository"
    return (
        f"Noted: `{finding}` is dismissed as `{command.reason}` ({_REASON_TEXT[command.reason]}). "
        f"It is kept on the state branch{again}."
    )


def render_which_finding(findings: Sequence[str], usage: str = "dismiss <reason> <id>", named: str = "") -> str:
    """Return the answer to a command that does not say which remark is meant; `usage` is how it would say it.

    `named` is the id that it gave, which none has, or several begin with.
    """
    if not findings:
        return f"There is no remark of mine on this pull request to {usage.split(maxsplit=1)[0]}."
    known = ", ".join(f"`{finding}`" for finding in findings[:20])
    asked = f"{as_code(named)} is the beginning of no remark's id, or of several." if named else "Which remark?"
    return f"{asked} Answer in its thread, or name it: `{PREFIX} {usage}`. On this pull request: {known}."


def render_unread() -> str:
    """Return what is said where a comment holds more commands than one."""
    return "Only the first line of a comment is a command; the others were not read. Give each a comment of its own."


def render_status(registry: Registry, episodes: int, signals: int, pinned: str = "") -> str:
    """Return the answer to `/lore status`, from the registry and the number of kept episodes and signals.

    `pinned` says which version a lock pins, empty where there is none.
    """
    learned = f"Learned from {episodes} {_plural(episodes, 'review remark')} and {signals} {_plural(signals, 'signal')}"
    if not registry.entries:
        return f"{learned}. {pinned or 'No version was trained yet: the shipped prior is in force.'}"
    active = [entry for entry in registry.entries if entry.state in ("active", "canary")]
    lines = [f"{learned}.", ""]
    if pinned:
        lines += [f"{pinned} What is active below judges elsewhere.", ""]
    for entry in registry.entries:
        if entry.state == "canary":
            lines += [f"`{entry.id}` is on trial: it judges {entry.share} % of the pull requests.", ""]
        if entry.waits_for:
            how = f"`{PREFIX} approve {entry.id}`"
            lines += [f"`{entry.id}` passed the gate and waits for the role {entry.waits_for}: {how}.", ""]
    if not any(entry.state == "active" and not entry.specialist for entry in active):
        lines += ["No trained version is active: the shipped prior is in force.", ""]
    if any(entry.forgotten_at for entry in active):
        lines += ["Retraining is due: what is active learned from something that was forgotten since.", ""]
    lines += ["| version | tier | state | since | why |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{entry.id}` | {entry.tier} | {entry.state}{f' for {entry.specialist}' if entry.specialist else ''} | "
        f"{entry.decided_at[:10]} | {_cell(entry.reason)} |"
        for entry in registry.entries[::-1][:5]
    ]
    if len(registry.entries) > 5:
        lines.append(f"\nand {len(registry.entries) - 5} older.")
    return "\n".join(lines)


def render_approved(dataset: str) -> str:
    """Return the answer to `/lore approve`; it does not say who decided under which pseudonym: the answer is public."""
    return (
        f"Dataset `{dataset[:12]}` is approved. `{PREFIX} train` starts a training on it; the gate judges the result."
    )


def render_version_approved(entry: RegistryEntry) -> str:
    """Return the answer to `/lore approve` of a version, from its entry afterwards."""
    if entry.state == "canary":
        return (
            f"Version `{entry.id}` is approved. It judges {entry.share} % of the pull requests, until what becomes of "
            "its remarks shows that it is not worse."
        )
    return f"Version `{entry.id}` is approved. It is {entry.state} now."


def render_opted_out(again: bool, due: bool) -> str:
    """Return the answer to `/lore opt-out`; `again`: it was done before, `due`: the version in force learned from it.

    It says nothing of what was found: the answer is public.
    """
    if again:
        return f"You are opted out already: nothing of yours is stored or learned from. `{PREFIX} opt-in` ends that."
    return (
        "Done. What you wrote, answered and voted here is removed from the state branch, from its whole history, and "
        f"is not mined again until you say `{PREFIX} opt-in`. {_reach(due)}"
    )


def render_opted_in(known: bool) -> str:
    """Return the answer to `/lore opt-in`; `known`: they were opted out."""
    if not known:
        return "You are not opted out. Nothing was changed."
    return f"Done. What you write here may be learned from again; `{PREFIX} opt-out` ends that."


def render_forgotten(command: ForgetCommand, found: bool, due: bool) -> str:
    """Return the answer to `/lore forget`; `found`: something of it was stored, `due` as for an opt-out."""
    thing = "pull request" if command.kind == "pr" else "comment"
    if not found:
        return f"Nothing of this {thing} is stored. It is listed, so that it is not learned from."
    return (
        f"Done. This {thing} is removed from the state branch, from its whole history, and is not mined again. "
        f"{_reach(due)}"
    )


def _reach(due: bool) -> str:
    """Return what forgetting does not reach."""
    retrained = (
        "The version in force learned from it and stays as it is until the next training, which is due. " if due else ""
    )
    return (
        f"{retrained}Clones and forks of the branch keep what they have, and GitHub may keep unreachable commits for a "
        "while; a maintainer can ask its support to remove them."
    )


def _plural(count: int, one: str, many: str | None = None) -> str:
    return one if count == 1 else many or f"{one}s"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("@", "@\u200b")
