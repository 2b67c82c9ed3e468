"""`/lore approve`, and what `/lore train` asks before it starts: an event in, what was decided about out."""

from reviewlore.domain.commands import ApproveCommand
from reviewlore.domain.events import CommandEvent
from reviewlore.domain.people import Role
from reviewlore.flows import state
from reviewlore.flows.approve import Decider, Verdict, approve, refuse_unapproved
from reviewlore.flows.approve_version import approve_version, names_version
from reviewlore.flows.command_tools import Asked, CommandTools
from reviewlore.ports import Store
from reviewlore.stages import commands
from reviewlore.stages.redact import pseudonym


def approve_named(command: ApproveCommand, asked: Asked, tools: CommandTools) -> str:
    """Approve the dataset or version that a comment names; RefusedError where the role is below what policy wants."""
    event, store, policies = asked.event, tools.store(), tools.policies()
    decider = decider_of(event, asked.role, tools.key())
    reason = command.text or f"approved on {event.repository}#{event.number}"
    verdict = Verdict(command.subject, True, reason, tools.clock.now())
    if names_version(command.subject):
        version = approve_version(store, verdict, policies.promotion, lambda: decider)
        return commands.render_version_approved(version.entry)
    return commands.render_approved(approve(store, verdict, policies.dataset, lambda: decider).dataset)


def decider_of(event: CommandEvent, role: Role, key: bytes) -> Decider:
    """Return who gives a command, with the role that the forge said."""
    return Decider(pseudonym(event.author, key), role, event.repository)


def refuse_waiting(store: Store, policy: Role) -> None:
    """Raise RefusedError where the newest dataset waits for somebody's word or was refused."""
    manifests = state.read_datasets(store)
    if manifests:
        refuse_unapproved(state.read_approvals(store), manifests[-1].id, policy)
