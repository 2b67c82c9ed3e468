"""One run of the action: context in, exactly one job done, outputs, summary and annotations out, and an exit code.

Exit 0 done or nothing to do, 1 findings at or above `fail-on`, 2 something to mend, 3 fault.
"""

from dataclasses import replace

from reviewlore.domain.events import (
    AnalysedEvent,
    Annotation,
    CommandEvent,
    Ignored,
    JobResult,
    Mode,
    PullRequestEvent,
    RunContext,
    ThreadEvent,
)
from reviewlore.domain.forge import PullRequest, Standing
from reviewlore.errors import ReviewloreError, UserError
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.dispatch import choose_job
from reviewlore.flows.publish import Reviewed
from reviewlore.flows.review import ReviewContext
from reviewlore.flows.review_job import end_review, fetch_nothing, review_and_post, review_pull, take_turn
from reviewlore.ports import Runner
from reviewlore.stages.intake import read_event


def run_action(context: RunContext, tools: ActionTools) -> int:
    """Do what the event asks for in this mode and return the exit code; errors of ours become annotations."""
    try:
        result = _run(context, tools)
    except ReviewloreError as error:
        title = "reviewlore" if isinstance(error, UserError) else "reviewlore: a fault, not your doing"
        note = Annotation("error", str(error), title=title)
        result = JobResult("failure", "error", summary="", annotations=(note,), exit_code=error.exit_code)
    _report(context, tools.runner, result)
    return result.exit_code


def _run(context: RunContext, tools: ActionTools) -> JobResult:
    event = read_event(context.event_name, context.payload, context.repository)
    job = choose_job(context.inputs.mode, event)
    if isinstance(job, Ignored) or isinstance(event, Ignored):
        reason = job.reason if isinstance(job, Ignored) else "event_not_handled"
        return JobResult("skipped", reason)
    if isinstance(event, CommandEvent | ThreadEvent):
        return _command(event, context, tools)
    if isinstance(event, PullRequestEvent | AnalysedEvent):
        return _look(event, context, tools)
    return _learn(job, context, tools)


def _look(event: PullRequestEvent | AnalysedEvent, context: RunContext, tools: ActionTools) -> JobResult:
    """Review a pull request: in this run, or in the first or the second of two."""
    if isinstance(event, AnalysedEvent):
        from reviewlore.flows.post import post_analysed  # what other jobs need not load

        return post_analysed(event, context, tools)
    if context.inputs.mode == "analyse":
        from reviewlore.flows.analyse import analyse

        return analyse(event, context, tools)
    return review_and_post(take_turn(event.number, tools), context, tools, tools.review_context)


def _learn(job: Mode, context: RunContext, tools: ActionTools) -> JobResult:
    if job == "report":
        from reviewlore.flows.report_back import report

        return report(context, tools)
    if job == "learn":
        return JobResult("success", summary=tools.learn())
    return JobResult("success", summary=tools.train(context.inputs.tier, context.inputs.recipe))


def _command(heard: CommandEvent | ThreadEvent, context: RunContext, tools: ActionTools) -> JobResult:
    from reviewlore.flows.command import answer_command
    from reviewlore.flows.command_tools import CommandTools  # what a review need not load
    from reviewlore.flows.thread import find_command

    desk = tools.desk()
    event = find_command(heard, desk.forge) if isinstance(heard, ThreadEvent) else heard
    if isinstance(event, Ignored):
        return JobResult("skipped", event.reason)
    command_tools = CommandTools(
        desk=desk,
        runs=tools.runs,
        store=tools.store,
        key=tools.key,
        kept_key=tools.kept_key,
        policies=tools.policies,
        clock=tools.clock,
        review=lambda standing, anew: _review_asked(standing, tools, anew=anew),
        evaluate=tools.evaluate,
        serve=tools.serve,
        job=lambda reviewed, published: end_review(reviewed, published, context, tools),
        look_into=lambda pull: _look_into(pull, tools),
        run_url=context.run_url,
        train_workflow=context.inputs.train_workflow,
        pinned=tools.pinned,
        settings=tools.settings,
    )
    return answer_command(event, command_tools)


def _review_asked(standing: Standing, tools: ActionTools, *, anew: bool) -> Reviewed:
    """Review a pull request because somebody asked; its base is fetched first, for it says which version judges."""
    context = _look_into(standing.pull, tools)
    return review_pull(context, fetch_nothing, standing.pull, standing, tools.bring, anew=anew)


def _look_into(pull: PullRequest, tools: ActionTools) -> ReviewContext:
    """Bring a pull request's commits, and return what a review of it needs."""
    tools.fetch(pull.number, pull.base_sha, pull.head_sha)
    return tools.review_context(pull.number, pull.base_sha)


def _report(context: RunContext, runner: Runner, result: JobResult) -> None:
    results = runner.save(result.results_name, result.results) if result.results is not None else ""
    outputs = {
        "conclusion": result.conclusion,
        "findings-count": str(result.findings),
        "results-file": results,
        "skip-reason": result.skip_reason,
        "run-id": context.run_id,
    }
    for name, value in outputs.items():
        runner.output(name, value)
    for annotation in result.annotations:
        runner.annotate(replace(annotation, message=annotation.message or annotation.title))
    if result.summary:
        runner.summarize(result.summary)
    runner.log(f"reviewlore: {result.conclusion}" + (f" ({result.skip_reason})" if result.skip_reason else ""))
