"""The commands about what is known and taught: a command and its event in, the text of the answer out."""

from reviewlore.domain.commands import (
    AcceptCommand,
    AskCommand,
    ConfigCommand,
    DismissCommand,
    ExplainCommand,
    RememberCommand,
    WhyCommand,
)
from reviewlore.flows import command_feedback, command_rules
from reviewlore.flows.command_ask import ask
from reviewlore.flows.command_config import tell_config
from reviewlore.flows.command_explain import explain
from reviewlore.flows.command_tools import Asked, CommandTools
from reviewlore.flows.command_why import why

TeachingCommand = DismissCommand | AcceptCommand | RememberCommand
AskingCommand = ExplainCommand | WhyCommand | AskCommand | ConfigCommand


def teach(command: TeachingCommand, asked: Asked, tools: CommandTools) -> str:
    """Keep what somebody says of a remark or of all changes; RefusedError where it cannot be told what is meant."""
    match command:
        case DismissCommand():
            return command_feedback.dismiss(command, asked, tools)
        case AcceptCommand():
            return command_feedback.accept(command, asked, tools)
        case RememberCommand():
            return command_rules.remember(command, asked.event, tools)


def tell(command: AskingCommand, asked: Asked, tools: CommandTools) -> str:
    """Return what is known; RefusedError where it cannot be told what is meant."""
    match command:
        case ExplainCommand():
            return explain(command, asked, tools)
        case WhyCommand():
            return why(command, asked, tools)
        case AskCommand():
            return ask(command, asked.pull, tools)
        case ConfigCommand():
            return tell_config(asked, tools)
