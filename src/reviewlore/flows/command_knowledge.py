"""The commands about what is known and taught: a command and its event in, the text of the answer out."""

from reviewlore.domain.commands import AcceptCommand, DismissCommand, ForgetCommand, RememberCommand
from reviewlore.domain.events import CommandEvent
from reviewlore.domain.forge import PullRequest
from reviewlore.domain.people import Role
from reviewlore.flows import command_feedback, command_rules
from reviewlore.flows.command_tools import CommandTools

KnowledgeCommand = DismissCommand | AcceptCommand | RememberCommand | ForgetCommand


def know(command: KnowledgeCommand, event: CommandEvent, pull: PullRequest, role: Role, tools: CommandTools) -> str:
    """Do what a command about knowledge asks for; RefusedError where it cannot be told what is meant."""
    match command:
        case DismissCommand():
            return command_feedback.dismiss(command, event, role, tools)
        case AcceptCommand():
            return command_feedback.accept(command, event, role, tools)
        case RememberCommand():
            return command_rules.remember(command, event, tools)
        case ForgetCommand():
            return command_rules.forget_rule(command, event, tools)
