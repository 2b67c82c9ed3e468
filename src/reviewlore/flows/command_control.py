"""Commands that steer the reviews of one pull request, and start trainings. An event in, what is answered out."""

from dataclasses import replace

from reviewlore.domain.commands import (
    EvaluateCommand,
    PauseCommand,
    PromoteCommand,
    ResumeCommand,
    ReviewCommand,
    RollbackCommand,
    TrainCommand,
)
from reviewlore.domain.events import CommandEvent, JobResult
from reviewlore.domain.markers import MARKER, Pause, pause_marker
from reviewlore.errors import InputError, RefusedError
from reviewlore.flows import command_approve, command_versions
from reviewlore.flows.command_tools import Answer, Asked, CommandTools
from reviewlore.flows.publish import publish_review, say_pause, say_resumed
from reviewlore.flows.state import read_hold
from reviewlore.flows.training_lock import EXPIRES_AFTER, is_expired
from reviewlore.stages import commands
from reviewlore.stages.publish.pausing import recall_earlier, recall_pause
from reviewlore.stages.publish.plan import recall

ControlCommand = ReviewCommand | PauseCommand | ResumeCommand | TrainCommand | command_versions.VersionCommand


def control(command: ControlCommand, asked: Asked, tools: CommandTools) -> Answer:
    """Carry out a command that steers."""
    match command:
        case ReviewCommand():
            return _review(command, asked, tools)
        case PauseCommand():
            return _hold(asked, tools, held=True)
        case ResumeCommand():
            return _hold(asked, tools, held=False)
        case TrainCommand():
            return Answer(_train(command, asked.event, tools), JobResult("success"))
        case EvaluateCommand() | PromoteCommand() | RollbackCommand():
            return command_versions.decide(command, asked, tools)


def _review(command: ReviewCommand, asked: Asked, tools: CommandTools) -> Answer:
    """Review the head that stood when the command was allowed, and no other."""
    pull = asked.pull
    standing = tools.desk.forge.standing(pull.number, MARKER)
    if standing.pull.head_sha != pull.head_sha:
        return Answer(commands.render_moved(pull.head_sha), JobResult("skipped", "head_moved"))
    if not command.whole and recall(standing.posted).head == pull.head_sha:
        return Answer(commands.render_nothing_new(pull.head_sha), JobResult("success"))
    held = recall_earlier(standing.posted).held
    reviewed = tools.review(standing, command.whole)
    published = publish_review(tools.desk, pull.number, reviewed, standing)
    result = replace(tools.job(reviewed, published), exit_code=0)  # this run is no check of the pull request
    if published.skip_reason == "head_moved" and held:
        return Answer(commands.render_moved(pull.head_sha), result)
    if published.skip_reason:
        return Answer(commands.render_not_reviewed(pull.head_sha, published.skip_reason), result)
    text = commands.render_reviewed(pull.head_sha, published.posted, published.known, published.outside)
    return Answer(f"{text} {commands.render_still_paused()}" if held else text, result)


def _hold(asked: Asked, tools: CommandTools, *, held: bool) -> Answer:
    """Keep in our answer that reviews are paused or resumed, and say it in the summary that stands."""
    standing = asked.standing
    before = recall_pause(standing.posted)
    if held:
        say_pause(tools.desk, standing, held=True)
    else:
        say_resumed(tools.desk, standing)
    pause = Pause(held, recall(standing.posted).reviews, asked.event.at or tools.clock.now())
    render = commands.render_paused if held else commands.render_resumed
    return Answer(render(before.held == held), JobResult("success"), pause_marker(pause))


def _train(command: TrainCommand, event: CommandEvent, tools: CommandTools) -> str:
    if not event.default_branch:
        raise InputError("the event does not name the default branch, from which alone training may run.")
    store = tools.store()
    command_approve.refuse_waiting(store, tools.policies().dataset)
    hold = read_hold(store)
    if hold is not None and not is_expired(hold, tools.clock.now()):
        raise RefusedError(commands.render_training_under_way(hold, round(EXPIRES_AFTER / 60)))
    reports = _start(tools, event.default_branch, {"mode": "train", "tier": command.tier}, event.number)
    address = f"{tools.desk.repository_url}/actions/workflows/{tools.train_workflow}"
    return commands.render_train_started(command, address, reports)


def _start(tools: CommandTools, branch: str, inputs: dict[str, str], number: int) -> bool:
    """Start the workflow, and return whether it says on the pull request how it ends; InputError where it cannot be."""
    runs, workflow = tools.runs(), tools.train_workflow
    try:
        runs.dispatch(workflow, branch, {**inputs, "reply-to": str(number)})
    except InputError:  # nothing was started: a workflow of an earlier version knows no `reply-to`
        try:
            runs.dispatch(workflow, branch, inputs)
        except InputError as error:
            raise InputError(commands.render_no_workflow(workflow, branch, str(error))) from error
        return False
    return True
