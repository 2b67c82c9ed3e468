"""The commands about what is known and taught: a command and its event in, the text of the answer out."""

from reviewlore.domain.commands import (
    AcceptCommand,
    AskCommand,
    ConfigCommand,
    DismissCommand,
    ExplainCommand,
    ForgetCommand,
    RememberCommand,
    WhyCommand,
)
from reviewlore.domain.events import CommandEvent
from reviewlore.domain.forge import PullRequest
from reviewlore.domain.people import Role
from reviewlore.flows import command_feedback, command_rules
from reviewlore.flows.command_ask import ask
from reviewlore.flows.command_config import tell_config
from reviewlore.flows.command_explain import explain
from reviewlore.flows.command_tools import CommandTools
from reviewlore.flows.command_why import why

TeachingCommand = DismissCommand | AcceptCommand | RememberCommand | ForgetCommand
AskingCommand = ExplainCommand | WhyCommand | AskCommand | ConfigCommand


def teach(command: TeachingCommand, event: CommandEvent, role: Role, tools: CommandTools) -> str:
    """Keep what somebody says of a remark or of all changes; RefusedError where it cannot be told what is meant."""
    match command:
        case DismissCommand():
            return command_feedback.dismiss(command, event, role, tools)
        case AcceptCommand():
            return command_feedback.accept(command, event, role, tools)
        case RememberCommand():
            return command_rules.remember(command, event, tools)
        case ForgetCommand():
            return command_rules.forget_rule(command, event, tools)


def tell(command: AskingCommand, event: CommandEvent, pull: PullRequest, tools: CommandTools) -> str:
    """Return what is known; RefusedError where it cannot be told what is meant."""
    match command:
        case ExplainCommand():
            return explain(command, event, pull, tools)
        case WhyCommand():
            return why(command, event, tools)
        case AskCommand():
            return ask(command, event, pull, tools)
        case ConfigCommand():
            return tell_config(event, pull, tools)
