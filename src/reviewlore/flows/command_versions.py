"""Commands about versions: judge them, put one in force, go back. An event in, a change on record, the answer out.

Who decides is kept under a pseudonym, which the answer does not say: it is public. A comment that is read again, after
a run that ended before it had answered, changes nothing again.
"""

import hashlib

from reviewlore.domain.commands import EvaluateCommand, PromoteCommand, RollbackCommand
from reviewlore.domain.events import CommandEvent, JobResult
from reviewlore.domain.model import Registry
from reviewlore.domain.people import Role
from reviewlore.domain.visible import visible_line
from reviewlore.errors import RefusedError
from reviewlore.flows import command_approve
from reviewlore.flows.approve import clean_reason
from reviewlore.flows.approve_version import promote_asked
from reviewlore.flows.command_tools import Answer, Asked, CommandTools
from reviewlore.flows.promote import Change, Deed, rollback_by
from reviewlore.flows.state import read_registry
from reviewlore.stages import commands, registry

VersionCommand = EvaluateCommand | PromoteCommand | RollbackCommand
_MOST_JUDGED = 20


def decide(command: VersionCommand, asked: Asked, tools: CommandTools) -> Answer:
    """Carry out a command about versions."""
    match command:
        case EvaluateCommand():
            return Answer(_evaluate(command, tools), JobResult("success"))
        case PromoteCommand():
            return _promote(command, asked, tools)
        case RollbackCommand():
            return _rollback(command, asked, tools)


def _evaluate(command: EvaluateCommand, tools: CommandTools) -> str:
    """Judge the version that is named beside the one in force, or the latest ones; RefusedError where it cannot be."""
    found = read_registry(tools.store())
    named = registry.find_entry(found, command.version) if command.version else None
    chosen = _choose(found) if named is None else {named.id, *_in_force(found, named.specialist)}
    evaluation = tools.evaluate(chosen)
    if named is not None and not any(score.name == named.id for score in evaluation.scores):
        raise RefusedError(commands.render_not_judged(named.id, evaluation.notes))
    states = {
        entry.id: f"{entry.state}{f' for {entry.specialist}' if entry.specialist else ''}" for entry in found.entries
    }
    return commands.render_evaluation(evaluation, states, len(found.entries) - len(chosen) if named is None else 0)


def _choose(found: Registry) -> set[str]:
    """Return the versions that judge, are on trial or wait, and of the others the latest."""
    standing = [entry.id for entry in found.entries if entry.state in ("active", "canary", "candidate")]
    others = [entry.id for entry in found.entries if entry.id not in standing]
    room = max(0, _MOST_JUDGED - len(standing))
    return {*standing[-_MOST_JUDGED:], *others[len(others) - min(room, len(others)) :]}


def _in_force(found: Registry, specialist: str) -> list[str]:
    incumbent = registry.find_incumbent(found, specialist)
    return [incumbent.id] if incumbent else []


def _promote(command: PromoteCommand, asked: Asked, tools: CommandTools) -> Answer:
    """Put a version in force; RefusedError where the role is below what policy wants (else: maintain)."""
    event = asked.event
    policy = tools.policies().promotion.approval
    needed: Role = "maintain" if policy == "none" else policy
    decider = command_approve.decider_of(event, asked.role, tools.key())
    deed = Deed(decider.pseudonym, _reason(command.text, "promoted", event), tools.clock.now(), once=_asking(event))
    change = promote_asked(tools.store(), command.version, deed, needed, lambda: decider)
    now = registry.find_entry(change.after, change.subject)
    text = commands.render_promoted(
        now,
        registry.find_entry(change.before, change.subject),
        registry.find_active(change.before, now.specialist),
        registry.find_canary(change.before, now.specialist),
        tools.pinned(),
    )
    return _changed(text, change, now.specialist, tools)


def _rollback(command: RollbackCommand, asked: Asked, tools: CommandTools) -> Answer:
    event = asked.event
    decider = command_approve.decider_of(event, asked.role, tools.key())
    told = {"role": decider.role, "repository": decider.repository}
    deed = Deed(
        decider.pseudonym, _reason("", "rolled back", event), tools.clock.now(), detail=told, once=_asking(event)
    )
    change = rollback_by(tools.store(), deed, command.specialist)
    text = commands.render_rolled_back(
        command.specialist,
        registry.find_active(change.after, command.specialist),
        registry.find_active(change.before, command.specialist),
        registry.find_canary(change.before, command.specialist),
        tools.pinned(),
    )
    return _changed(text, change, command.specialist, tools)


def _changed(text: str, change: Change, specialist: str, tools: CommandTools) -> Answer:
    """Have what is in force now served, and say what was done; what became of serving stands on the run's own page."""
    served = "\n\n".join(visible_line(told) for told in tools.serve())
    if change.repeated:
        text = commands.render_repeated(specialist, registry.find_active(change.after, specialist), tools.pinned())
    return Answer(text, JobResult("success", summary=served))


def _reason(text: str, done: str, event: CommandEvent) -> str:
    return clean_reason(text) or f"{done} on {event.repository}#{event.number}"


def _asking(event: CommandEvent) -> str:
    """Return what names a comment in the audit log without leading to who wrote it at once."""
    name = f"{event.repository.lower()}#{event.number}/{event.kind}/{event.comment}"
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
