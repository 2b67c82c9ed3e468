"""Commands that judge a remark of ours: an event in, a signal on the state branch, the sentence of the answer out."""

from reviewlore.domain.commands import DismissCommand
from reviewlore.domain.events import CommandEvent, FeedbackSignal
from reviewlore.domain.people import Role
from reviewlore.flows import command_privacy, state
from reviewlore.flows.command_tools import CommandTools, find_finding
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import commands
from reviewlore.stages.redact import pseudonym, redact, redact_mentions


def dismiss(command: DismissCommand, event: CommandEvent, role: Role, tools: CommandTools) -> str:
    """Keep that a remark is not wanted, and why; RefusedError where it is not clear which one is meant."""
    finding = find_finding(command.finding, event, tools)
    branch, key = tools.store(), tools.key()
    command_privacy.refuse_opted_out(event, branch, key)
    signal = FeedbackSignal(
        id=f"{event.repository}#{event.number}/{event.comment}",
        kind="dismissed",
        repository=event.repository,
        pull_request=event.number,
        finding=finding,
        reason=command.reason,
        text=redact_mentions(redact(command.text)[0]),
        author=pseudonym(event.author, key),
        role=role,
        at=tools.clock.now(),
    )
    path = f"feedback/{signal.at[:7]}.jsonl"

    def change(store: Store) -> dict[str, bytes | None]:
        known = records.decode_lines(store.read(path) or b"", FeedbackSignal, path)
        if any(old.id == signal.id for old in known):
            return {}
        where = f"{signal.repository}#{signal.pull_request}"
        entry = state.audited(
            store,
            at=signal.at,
            actor=signal.author,
            action="dismiss",
            subject=finding,
            detail={"reason": signal.reason, "pull_request": where},
        )
        return {path: records.encode_lines([*known, signal]), state.AUDIT: entry}

    branch.update(change, lambda: f"Keep a dismissal ({signal.reason}) of {finding}", signal.at)
    return commands.render_dismissed(command, finding)
