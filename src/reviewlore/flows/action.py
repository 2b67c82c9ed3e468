"""One run of the action: context in, exactly one job done, outputs, summary and annotations out, and an exit code.

Exit 0 done or nothing to do, 1 findings at or above `fail-on`, 2 something to mend, 3 fault. A run that may not write
to the pull request (a fork) says everything on its own page and ends well.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from reviewlore.config import ReviewSettings
from reviewlore.domain.asking import PullText
from reviewlore.domain.commands import TrainTier
from reviewlore.domain.events import Annotation, CommandEvent, FailOn, Ignored, JobResult, PullRequestEvent, RunContext
from reviewlore.domain.finding import Finding
from reviewlore.domain.forge import PullRequest, Standing
from reviewlore.domain.markers import MARKER, Earlier
from reviewlore.domain.model import Policies
from reviewlore.errors import ForgeError, InputError, RefusedError, ReviewloreError, UserError
from reviewlore.flows.again import unchanged_since
from reviewlore.flows.dispatch import choose_job
from reviewlore.flows.publish import Desk, Published, Reviewed, publish_review, say_pause
from reviewlore.flows.review import ReviewContext, decide, examine, read_settings
from reviewlore.flows.subject import Circumstances
from reviewlore.formats.review_json import render_json
from reviewlore.ports import Clock, ForgeRuns, Repo, Runner, Store
from reviewlore.stages.intake import read_event
from reviewlore.stages.publish.check import make_check
from reviewlore.stages.publish.pausing import recall_earlier
from reviewlore.stages.publish.plan import recall
from reviewlore.stages.publish.render import render_skipped, render_step_summary
from reviewlore.stages.review.select import reaches
from reviewlore.stages.review.skipping import PAUSES, find_skip_reason, render_skip

_MAX_ANNOTATIONS = 10  # of each level a step; GitHub drops the rest


@dataclass(frozen=True, slots=True)
class ActionTools:
    """What the jobs need, each made on first use; `learn` and `train` return what they did as Markdown, `pinned` says
    which version a lock pins (empty: none).

    `desk`, `runs`, `store` and the keys are called once at most; `fetch` brings the commits (number, base, head) into
    the clone, `code`, that `review_context` (of a pull request's number and its base commit) reads, and `bring` commits
    that were pushed over, as far as there are any.
    """

    runner: Runner
    clock: Clock
    desk: Callable[[], Desk]
    runs: Callable[[], ForgeRuns]
    store: Callable[[], Store]
    key: Callable[[], bytes]
    kept_key: Callable[[], bytes]
    policies: Callable[[], Policies]
    code: Callable[[], Repo]
    fetch: Callable[[int, str, str], None]
    bring: Callable[[Sequence[str]], None]
    review_context: Callable[[int, str], ReviewContext]
    learn: Callable[[], str]
    train: Callable[[TrainTier, str], str]
    pinned: Callable[[], str] = str


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


def review_pull(
    context: ReviewContext,
    fetch: Callable[[int, str, str], None],
    pull: PullRequest,
    earlier: Standing | None = None,
    bring: Callable[[Sequence[str]], None] = lambda _: None,
    foreign: Mapping[str, bytes] | None = None,
    *,
    anew: bool = False,
) -> Reviewed:
    """Review a pull request at its head, from git objects; the settings are those of its base.

    With `earlier`, how the pull request stands, nothing is said twice, and what was reviewed before gets no new remarks
    of its own unless it is looked at `anew`. `foreign` are files of other reviewers' findings by name.
    """
    fetch(pull.number, pull.base_sha, pull.head_sha)
    known = Circumstances(pull.number, PullText(pull.title, pull.body), foreign=foreign or {})
    if earlier is not None:
        posted = earlier.posted
        known = replace(known, posted=posted)
        if not anew:
            seen = partial(unchanged_since, context.repo, recall(posted), bring=bring)
            known = replace(known, seen=seen)
    found = examine(context, pull.base_sha, pull.head_sha, known)
    review, subject = decide(context, found, context.judgement), found.subject
    return Reviewed(review, subject.patches, subject.settings.review)


def judge_published(reviewed: Reviewed, published: Published, fail_on: FailOn | None, repository_url: str) -> JobResult:
    """Turn a review and what became of it into the run's result."""
    findings = reviewed.review.findings
    failed = reaches(findings, fail_on or reviewed.settings.fail_on)
    notice = render_skipped(published.skip_reason)
    annotations: tuple[Annotation, ...] = (Annotation("notice", notice, title="reviewlore"),) if notice else ()
    if published.skip_reason == "no_write_permission":
        annotations += tuple(_annotation(finding) for finding in findings[:_MAX_ANNOTATIONS])
    if published.refused:
        said = f"{published.refused} old remarks of ours stay as they are: this run may not minimise or resolve them."
        annotations += (Annotation("notice", said, title="reviewlore"),)
    stale = published.skip_reason not in {"", "no_write_permission"}
    return JobResult(
        conclusion="skipped" if stale else "failure" if failed else "success",
        skip_reason=published.skip_reason,
        findings=len(findings),
        summary=render_step_summary(reviewed.review, repository_url, notice),
        results=render_json(reviewed.review).encode(),
        annotations=annotations,
        exit_code=1 if failed and not stale else 0,
    )


def _run(context: RunContext, tools: ActionTools) -> JobResult:
    inputs = context.inputs
    event = read_event(context.event_name, context.payload, context.repository)
    job = choose_job(inputs.mode, event)
    if isinstance(job, Ignored) or isinstance(event, Ignored):
        reason = job.reason if isinstance(job, Ignored) else "event_not_handled"
        return JobResult("skipped", reason)
    if isinstance(event, PullRequestEvent):
        return _review(event, context, tools)
    if isinstance(event, CommandEvent):
        return _command(event, context, tools)
    if job == "learn":
        return JobResult("success", summary=tools.learn())
    return JobResult("success", summary=tools.train(inputs.tier, inputs.recipe))


def _review(event: PullRequestEvent, context: RunContext, tools: ActionTools) -> JobResult:
    """Review the pull request as it is now; the event may be old when its turn comes."""
    desk = tools.desk()
    standing = desk.forge.standing(event.number, MARKER)
    pull = standing.pull
    if reason := find_skip_reason(pull, ReviewSettings(), Earlier(), asked=True):
        return _skipped(reason)
    tools.fetch(pull.number, pull.base_sha, pull.head_sha)
    settings = read_settings(tools.code(), pull.base_sha).review
    if reason := find_skip_reason(pull, settings, recall_earlier(standing.posted), asked=False):
        if reason in PAUSES:
            say_pause(desk, standing, held=reason == "paused_by_command")
        return _checked(_skipped(reason), pull.head_sha, (), settings, context, tools)
    with ExitStack() as afterwards:  # nobody waits for a commit and its push before the remarks are out
        reviewing = replace(tools.review_context(pull.number, pull.base_sha), later=afterwards.callback)
        reviewed = review_pull(reviewing, _fetched, pull, standing, tools.bring)
        if settings.shadow:
            return _in_shadow(reviewed, pull.number, context, tools)
        published = publish_review(desk, event.number, reviewed, standing)
        return _ended(reviewed, published, context, tools)


def _in_shadow(reviewed: Reviewed, number: int, context: RunContext, tools: ActionTools) -> JobResult:
    """Say on the run's own page, and nowhere else, what a review would have said; it fails nothing."""
    from reviewlore.flows.shadow import record_shadow  # what a review need not load

    told = record_shadow(tools.store(), reviewed.review, context.repository, number, tools.clock.now())
    return JobResult(
        conclusion="neutral",
        skip_reason="shadow",
        findings=len(reviewed.review.findings),
        summary=render_step_summary(reviewed.review, tools.desk().repository_url, told),
        results=render_json(reviewed.review).encode(),
    )


def _fetched(number: int, base: str, head: str) -> None:
    """Fetch nothing: the commits were brought to read the settings of the base."""


def _skipped(reason: str) -> JobResult:
    return JobResult("skipped", reason, summary=f"## reviewlore\n\n{render_skip(reason)}")


def _ended(reviewed: Reviewed, published: Published, context: RunContext, tools: ActionTools) -> JobResult:
    """Judge a run whose review was published, and record it; the check comes after the words, never before."""
    if published.plan:
        tools.runner.log(published.plan)
    result = judge_published(reviewed, published, context.inputs.fail_on, tools.desk().repository_url)
    unsaid = reviewed.review.findings if published.skip_reason == "no_write_permission" else ()
    return _checked(result, reviewed.review.head, unsaid, reviewed.settings, context, tools)


def _checked(
    result: JobResult,
    commit: str,
    unsaid: Sequence[Finding],
    settings: ReviewSettings,
    context: RunContext,
    tools: ActionTools,
) -> JobResult:
    """Record a check run where the settings ask for one; a run that may not do so says it, and is not failed by it."""
    if not settings.check_run:
        return result
    try:
        tools.runs().conclude_check(make_check(commit, result, unsaid, tools.desk().clean, context.run_url))
    except (RefusedError, InputError, ForgeError) as error:
        note = Annotation("notice", f"The check run was not recorded: {error}", title="reviewlore")
        return replace(result, annotations=(*result.annotations, note))
    return result


def _command(event: CommandEvent, context: RunContext, tools: ActionTools) -> JobResult:
    from reviewlore.flows.command import answer_command
    from reviewlore.flows.command_tools import CommandTools  # what a review need not load

    desk = tools.desk()
    command_tools = CommandTools(
        desk=desk,
        runs=tools.runs,
        store=tools.store,
        key=tools.key,
        kept_key=tools.kept_key,
        policies=tools.policies,
        clock=tools.clock,
        review=lambda standing, anew: _review_asked(standing, tools, anew=anew),
        job=lambda reviewed, published: _ended(reviewed, published, context, tools),
        run_url=context.run_url,
        train_workflow=context.inputs.train_workflow,
        pinned=tools.pinned,
    )
    return answer_command(event, command_tools)


def _review_asked(standing: Standing, tools: ActionTools, *, anew: bool) -> Reviewed:
    """Review a pull request because somebody asked; its base is fetched first, for it says which version judges."""
    pull = standing.pull
    tools.fetch(pull.number, pull.base_sha, pull.head_sha)
    context = tools.review_context(pull.number, pull.base_sha)
    return review_pull(context, _fetched, pull, standing, tools.bring, anew=anew)


def _annotation(finding: Finding) -> Annotation:
    """Say a finding beside the code, where no comment may be posted."""
    text = "\n\n".join(part for part in (finding.why, finding.advice) if part)
    line = finding.anchor.line if finding.anchor.side == "RIGHT" else None
    return Annotation("warning", text or finding.title, finding.anchor.path, line, finding.title)


def _report(context: RunContext, runner: Runner, result: JobResult) -> None:
    results = runner.save("reviewlore-review.json", result.results) if result.results is not None else ""
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
