"""Commands that judge a remark of ours: an event in, a signal on the state branch, the sentence of the answer out.

A signal is as old as its comment: whichever run comes first, the last word said holds, and a comment that is read again
months later is found where it was kept.
"""

import re
from typing import Literal

from reviewlore.domain.commands import AcceptCommand, DismissCommand
from reviewlore.domain.events import FeedbackSignal
from reviewlore.flows import command_privacy, state
from reviewlore.flows.command_tools import Asked, CommandTools, find_finding
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import commands
from reviewlore.stages.redact import pseudonym, redact, redact_mentions

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def dismiss(command: DismissCommand, asked: Asked, tools: CommandTools) -> str:
    """Keep that a remark is not wanted, and why; RefusedError where it is not clear which one is meant."""
    signal = _signal("dismissed", command, asked, tools)
    _keep(signal, "dismiss", f"Keep a dismissal ({signal.reason}) of {signal.finding}", tools)
    return commands.render_dismissed(command, signal.finding)


def accept(command: AcceptCommand, asked: Asked, tools: CommandTools) -> str:
    """Keep that a remark is right, which takes back its dismissals; RefusedError as in `dismiss`."""
    signal = _signal("accepted", command, asked, tools)
    taken_back = any(each.finding == signal.finding for each in state.read_dismissals(tools.store(), signal.repository))
    _keep(signal, "accept", f"Keep that {signal.finding} was accepted", tools)
    return commands.render_accepted(signal.finding, taken_back)


def _signal(
    kind: Literal["dismissed", "accepted"],
    command: DismissCommand | AcceptCommand,
    asked: Asked,
    tools: CommandTools,
) -> FeedbackSignal:
    """Return what is kept of a command: whose word it is as a pseudonym, and their words without secrets and names."""
    usage = "dismiss <reason> <id>" if isinstance(command, DismissCommand) else "accept <id>"
    finding = find_finding(command.finding, asked, usage)
    event, key = asked.event, tools.key()
    command_privacy.refuse_opted_out(event, tools.store(), key)
    return FeedbackSignal(
        id=f"{event.repository}#{event.number}/{event.comment}",
        kind=kind,
        repository=event.repository,
        pull_request=event.number,
        finding=finding,
        reason=command.reason if isinstance(command, DismissCommand) else "",
        text=redact_mentions(redact(command.text)[0]),
        author=pseudonym(event.author, key),
        role=asked.role,
        at=event.at if _MOMENT.fullmatch(event.at) else tools.clock.now(),
    )


def _keep(signal: FeedbackSignal, action: str, message: str, tools: CommandTools) -> None:
    """Write a signal and its entry of the audit log in one commit; one that is there already is not written again."""
    path, now = f"feedback/{signal.at[:7]}.jsonl", tools.clock.now()

    def change(store: Store) -> dict[str, bytes | None]:
        known = records.decode_lines(store.read(path) or b"", FeedbackSignal, path)
        if any(old.id == signal.id for old in known):
            return {}
        where = f"{signal.repository}#{signal.pull_request}"
        entry = state.audited(
            store,
            at=now,
            actor=signal.author,
            action=action,
            subject=signal.finding,
            detail=({"reason": signal.reason} if signal.reason else {}) | {"pull_request": where},
        )
        return {path: records.encode_lines([*known, signal]), state.AUDIT: entry}

    tools.store().update(change, lambda: message, now)
