"""A comment to its effect: who may is asked from the forge, then the command runs, then one reaction and one reply.

Whoever has no role in the repository's team is not answered at all, but for the commands about oneself; a team member
without the right is told so. The head commit is pinned when the command is allowed. A comment that was answered once
is never answered again.
"""

from contextlib import suppress
from dataclasses import replace

from reviewlore.domain.commands import (
    AcceptCommand,
    ApproveCommand,
    AskCommand,
    Command,
    CommandError,
    ConfigCommand,
    DismissCommand,
    EvaluateCommand,
    ExplainCommand,
    ForgetCommand,
    HelpCommand,
    OptInCommand,
    OptOutCommand,
    PauseCommand,
    PromoteCommand,
    RememberCommand,
    ResumeCommand,
    ReviewCommand,
    RollbackCommand,
    StatusCommand,
    TrainCommand,
    WhyCommand,
)
from reviewlore.domain.events import Annotation, CommandEvent, JobResult
from reviewlore.domain.forge import PullRequest, Reaction
from reviewlore.domain.markers import add_hidden, find_marker, marker
from reviewlore.domain.people import Role
from reviewlore.errors import ForgeError, RefusedError, ReviewloreError, UserError
from reviewlore.flows import (
    command_approve,
    command_control,
    command_knowledge,
    command_privacy,
    state,
)
from reviewlore.flows.command_tools import Answer, CommandTools
from reviewlore.flows.publish import say_once
from reviewlore.ports import Store
from reviewlore.stages import commands

_STRANGERS: frozenset[Role] = frozenset({"none", "read"})


def answer_command(event: CommandEvent, tools: CommandTools) -> JobResult:
    """Carry out the command in a comment, react to it and reply once; a result says why where nothing was done."""
    parsed = commands.parse_command(event.body)
    if parsed is None:
        return JobResult("skipped", "not_a_command")
    role = tools.desk.forge.role(event.author)
    if role in _STRANGERS and not commands.is_for_everybody(parsed):
        return JobResult("skipped", "no_permission")
    pull = tools.desk.forge.pull(event.number)
    if reason := _obstacle(pull, event, tools):
        return JobResult("skipped", reason)
    reaction, answer = _decide(parsed, event, pull, role, tools)
    return _end(event, tools, reaction, answer)


def _obstacle(pull: PullRequest, event: CommandEvent, tools: CommandTools) -> str | None:
    if pull.state != "open" or pull.locked:
        return "pull_request_closed" if pull.state != "open" else "pull_request_locked"
    return "already_answered" if _answered(event, tools) else None


def _decide(
    parsed: Command | CommandError, event: CommandEvent, pull: PullRequest, role: Role, tools: CommandTools
) -> tuple[Reaction, Answer]:
    if isinstance(parsed, CommandError):
        return "confused", _refused(commands.render_error(parsed), "command_not_understood")
    if not commands.may(role, parsed):
        return "confused", _refused(commands.render_refusal(parsed, role), "role_too_low")
    try:
        _react(event, tools, "eyes")
        answer = _do(parsed, event, pull, role, tools)
    except ReviewloreError as error:
        return "confused", _failed(parsed, error, tools.run_url)
    return "confused" if answer.result.skip_reason else "rocket", answer


def _do(command: Command, event: CommandEvent, pull: PullRequest, role: Role, tools: CommandTools) -> Answer:
    done = JobResult("success")
    match command:
        case HelpCommand():
            return Answer(commands.render_help(), done)
        case StatusCommand():
            return Answer(_status(tools.store(), tools.pinned()), done)
        case (
            ReviewCommand()
            | PauseCommand()
            | ResumeCommand()
            | TrainCommand()
            | EvaluateCommand()
            | PromoteCommand()
            | RollbackCommand()
        ):
            return command_control.control(command, event, pull, role, tools)
        case DismissCommand() | AcceptCommand() | RememberCommand() | ForgetCommand(kind="rule"):
            return Answer(command_knowledge.teach(command, event, role, tools), done)
        case ExplainCommand() | WhyCommand() | AskCommand() | ConfigCommand():
            return Answer(command_knowledge.tell(command, event, pull, tools), done)
        case ApproveCommand() | ForgetCommand() | OptOutCommand() | OptInCommand():
            return Answer(_govern(command, event, role, tools), done)


def _govern(
    command: ApproveCommand | ForgetCommand | OptOutCommand | OptInCommand,
    event: CommandEvent,
    role: Role,
    tools: CommandTools,
) -> str:
    """Do what changes the data itself: who may be learned from, and what may be trained on."""
    now = tools.clock.now()
    match command:
        case ApproveCommand():
            decider = command_approve.decider_of(event, role, tools.key())
            return command_approve.approve_named(command, event, decider, tools.store(), tools.policies(), now)
        case ForgetCommand():
            return command_privacy.forget_named(command, event, tools.store(), now)
        case OptOutCommand():
            return command_privacy.opt_out(event, tools.store(), tools.kept_key(), now)
        case OptInCommand():
            return command_privacy.opt_in(event, tools.store(), tools.kept_key(), now)


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
        say_once(send, lambda: _answered(event, tools))
        _react(event, tools, reaction)
    except RefusedError:
        return replace(answer.result, conclusion="neutral", skip_reason="no_write_permission")
    return answer.result


def _react(event: CommandEvent, tools: CommandTools, reaction: Reaction) -> None:
    """Add a reaction; where it stays unknown whether it arrived, the reply tells the same."""
    with suppress(ForgeError):
        tools.desk.voice.react(event.kind, event.comment, reaction)


def _answered(event: CommandEvent, tools: CommandTools) -> bool:
    posted = tools.desk.forge.posted(event.number, marker("reply", str(event.comment)))
    bodies = [comment.body for comment in posted.comments] + [comment.body for comment in posted.summaries]
    return any(find_marker("reply", body) == str(event.comment) for body in bodies)
