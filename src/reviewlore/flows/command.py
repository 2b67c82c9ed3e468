"""A comment to its effect: who may is asked from the forge, then the command runs, then one reaction and one reply.

Whoever has no role in the repository's team is not answered at all, but for the commands about oneself; a team member
without the right is told so. The head commit is pinned when the command is allowed. A comment that was answered once
is never answered again.
"""

from contextlib import suppress
from dataclasses import replace

from reviewlore.domain.commands import (
    ApproveCommand,
    Command,
    CommandError,
    ForgetCommand,
    HelpCommand,
    OptInCommand,
    OptOutCommand,
    StatusCommand,
)
from reviewlore.domain.events import Annotation, CommandEvent, JobResult
from reviewlore.domain.forge import Posted, Reaction, Standing
from reviewlore.domain.markers import MARKER, add_hidden, find_marker, marker
from reviewlore.domain.people import Role
from reviewlore.errors import ForgeError, RefusedError, ReviewloreError, UserError
from reviewlore.flows import (
    command_approve,
    command_control,
    command_knowledge,
    command_privacy,
    command_rules,
    state,
)
from reviewlore.flows.command_tools import Answer, Asked, CommandTools
from reviewlore.flows.publish import say_once
from reviewlore.ports import Store
from reviewlore.stages import commands

_GoverningCommand = ApproveCommand | ForgetCommand | OptOutCommand | OptInCommand
_SayingCommand = (
    HelpCommand
    | StatusCommand
    | command_knowledge.TeachingCommand
    | command_knowledge.AskingCommand
    | _GoverningCommand
)
_STRANGERS: frozenset[Role] = frozenset({"none", "read"})


def answer_command(event: CommandEvent, tools: CommandTools) -> JobResult:
    """Carry out the command in a comment, react to it and reply once; a result says why where nothing was done."""
    parsed = commands.parse_command(event.body)
    if parsed is None:
        return JobResult("skipped", "not_a_command")
    standing = tools.desk.forge.standing(event.number, MARKER)  # tells the repository's name, which a role is asked by
    role = tools.desk.forge.role(event.author)
    if role in _STRANGERS and not commands.is_for_everybody(parsed):
        return JobResult("skipped", "no_permission")
    if reason := _obstacle(standing, event):
        return JobResult("skipped", reason)
    reaction, answer = _decide(parsed, Asked(event, role, standing), tools)
    return _end(event, tools, reaction, answer)


def _obstacle(standing: Standing, event: CommandEvent) -> str | None:
    pull = standing.pull
    if pull.state != "open" or pull.locked:
        return "pull_request_closed" if pull.state != "open" else "pull_request_locked"
    return "already_answered" if _is_answered(standing.posted, event) else None


def _decide(parsed: Command | CommandError, asked: Asked, tools: CommandTools) -> tuple[Reaction, Answer]:
    role = asked.role
    if isinstance(parsed, CommandError):
        return "confused", _refused(commands.render_error(parsed), "command_not_understood")
    if not commands.may(role, parsed):
        return "confused", _refused(commands.render_refusal(parsed, role), "role_too_low")
    try:
        _react(asked.event, tools, "eyes")
        answer = _do(parsed, asked, tools)
    except ReviewloreError as error:
        return "confused", _failed(parsed, error, tools.run_url)
    return "confused" if answer.result.skip_reason else "rocket", answer


def _do(command: Command, asked: Asked, tools: CommandTools) -> Answer:
    if isinstance(command, command_control.ControlCommand):
        return command_control.control(command, asked, tools)
    return Answer(_say(command, asked, tools), JobResult("success"))


def _say(command: _SayingCommand, asked: Asked, tools: CommandTools) -> str:
    """Do what ends in a sentence."""
    if isinstance(command, command_knowledge.TeachingCommand):
        return command_knowledge.teach(command, asked, tools)
    if isinstance(command, command_knowledge.AskingCommand):
        return command_knowledge.tell(command, asked, tools)
    if isinstance(command, HelpCommand):
        return commands.render_help()
    if isinstance(command, StatusCommand):
        return _status(tools.store(), tools.pinned())
    return _govern(command, asked, tools)


def _govern(command: _GoverningCommand, asked: Asked, tools: CommandTools) -> str:
    """Do what changes the data itself: who and what may be learned from, and what may be trained on."""
    event = asked.event
    match command:
        case ApproveCommand():
            return command_approve.approve_named(command, asked, tools)
        case ForgetCommand(kind="rule"):
            return command_rules.forget_rule(command, event, tools)
        case ForgetCommand():
            return command_privacy.forget_named(command, event, tools.store(), tools.clock.now())
        case OptOutCommand():
            return command_privacy.opt_out(event, tools.store(), tools.kept_key(), tools.clock.now())
        case OptInCommand():
            return command_privacy.opt_in(event, tools.store(), tools.kept_key(), tools.clock.now())


def _status(store: Store, pinned: str) -> str:
    signals = sum((store.read(path) or b"").count(b"\n") for path in store.paths("feedback/"))
    return commands.render_status(state.read_registry(store), len(state.read_episodes(store)), signals, pinned)


def _refused(text: str, reason: str) -> Answer:
    return Answer(text, JobResult("neutral", reason))


def _failed(command: Command, error: ReviewloreError, run_url: str) -> Answer:
    """Return what is said of an error: a user's in full, of a fault only that there was one, with the log's address."""
    if isinstance(error, UserError):
        text = commands.render_failure(command, str(error), "")
    else:
        text = commands.render_failure(command, "something went wrong that is not your doing.", run_url)
    if isinstance(error, RefusedError):
        return Answer(text, JobResult("neutral", "command_refused"))
    note = Annotation("error", str(error), title="reviewlore")
    return Answer(text, JobResult("failure", "command_failed", exit_code=error.exit_code, annotations=(note,)))


def _end(event: CommandEvent, tools: CommandTools, reaction: Reaction, answer: Answer) -> JobResult:
    """Reply once and react; a token that may not write is a result, not a fault."""
    kind = "issuecomment-" if event.kind == "issue" else "discussion_r"
    address = f"{tools.desk.repository_url}/pull/{event.number}#{kind}{event.comment}"
    mark = marker("reply", str(event.comment))
    more = f"\n\n{commands.render_unread()}" if commands.has_unread(event.body) else ""
    body = tools.desk.clean(f"{answer.text}{more}\n\n<sub>Answer to [this command]({address}).</sub>\n\n{mark}")
    if answer.hidden:
        body = add_hidden(body, answer.hidden)
    voice = tools.desk.voice

    def send() -> None:
        if event.kind == "review" and event.thread is not None:
            voice.reply(event.number, event.thread, body)
        else:
            voice.post_comment(event.number, body)

    try:
        say_once(send, lambda: _is_answered(tools.desk.forge.posted(event.number, mark), event))
        _react(event, tools, reaction)
    except RefusedError:
        return replace(answer.result, conclusion="neutral", skip_reason="no_write_permission")
    return answer.result


def _react(event: CommandEvent, tools: CommandTools, reaction: Reaction) -> None:
    """Add a reaction; where it stays unknown whether it arrived, the reply tells the same."""
    with suppress(ForgeError):
        tools.desk.voice.react(event.kind, event.comment, reaction)


def _is_answered(posted: Posted, event: CommandEvent) -> bool:
    bodies = [comment.body for comment in posted.comments] + [comment.body for comment in posted.summaries]
    return any(find_marker("reply", body) == str(event.comment) for body in bodies)
