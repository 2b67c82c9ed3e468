"""Commands about what is kept of people and comments: an event in, the sentence of the answer out. It names nobody.

Whoever speaks is only taken for the account that wrote the comment; only what belongs to this repository is forgotten.
"""

from dataclasses import replace

from reviewlore.domain.commands import ForgetCommand
from reviewlore.domain.events import CommandEvent
from reviewlore.domain.forgetting import NamedComment, NamedPull, Target
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.forget import Act, allow_again, forget, name_person
from reviewlore.ports import Store
from reviewlore.stages import commands
from reviewlore.stages.forget import parse_comment, parse_pull


def opt_out(event: CommandEvent, store: Store, key: bytes, now: str) -> str:
    """Forget whoever wrote the comment, and list them."""
    report = forget(store, name_person(event.author, key), Act("/lore opt-out", now))
    return commands.render_opted_out(report.listed_before and not report.found, bool(report.active))


def opt_in(event: CommandEvent, store: Store, key: bytes, now: str) -> str:
    """Take whoever wrote the comment off the list."""
    return commands.render_opted_in(allow_again(store, name_person(event.author, key), Act("/lore opt-in", now)))


def forget_named(command: ForgetCommand, event: CommandEvent, store: Store, now: str) -> str:
    """Forget a pull request or comment of the event's repository; RefusedError where another repository's is named."""
    target = _pull(command, event) if command.kind == "pr" else _comment(command, event)
    report = forget(store, target, Act("/lore forget", now))
    return commands.render_forgotten(command, bool(report.found), bool(report.active))


def refuse_opted_out(event: CommandEvent, store: Store, key: bytes) -> None:
    """Raise RefusedError for somebody who opted out: a signal or a rule would keep their name and words."""
    people = state.read_suppressions(store).people
    if people and name_person(event.author, key).token in people:
        raise RefusedError(
            f"you opted out, so nothing that you say is kept. Write `{commands.PREFIX} opt-in` first, or let somebody "
            "else say it."
        )


def _pull(command: ForgetCommand, event: CommandEvent) -> Target:
    here = NamedPull(event.repository, event.number)
    if not command.name:
        return here
    number = command.name.removeprefix("#")
    target = NamedPull(event.repository, int(number)) if _is_number(number) else parse_pull(command.name)
    _refuse_elsewhere(target, event)
    return target


def _comment(command: ForgetCommand, event: CommandEvent) -> Target:
    if not command.name:
        if event.thread is None:
            raise RefusedError(
                "it does not say which comment. Write it in the thread of the remark, or give the comment's address: "
                f"`{commands.PREFIX} forget comment <address>`."
            )
        return NamedComment(str(event.thread), NamedPull(event.repository, event.number))
    target = parse_comment(command.name)
    if target.pull is not None:
        _refuse_elsewhere(target.pull, event)
    return replace(target, repository=event.repository)


def _refuse_elsewhere(target: NamedPull, event: CommandEvent) -> None:
    if target.repository.lower() != event.repository.lower():
        raise RefusedError(
            f"{commands.as_code(target.name)} is not of this repository. Say it there, or use `reviewlore forget`."
        )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) <= 9 and int(text) > 0
