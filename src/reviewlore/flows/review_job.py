"""The review of one pull request, from how it stands now to how the run ends. Settings are always those of its base.

A run that may not write to the pull request (a fork) says everything on its own page and ends well.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from reviewlore.config import ReviewSettings
from reviewlore.domain.asking import PullText
from reviewlore.domain.events import Annotation, FailOn, JobResult, RunContext
from reviewlore.domain.finding import Finding
from reviewlore.domain.forge import PullRequest, Standing
from reviewlore.domain.markers import MARKER, Earlier
from reviewlore.errors import ForgeError, InputError, RefusedError
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.again import unchanged_since
from reviewlore.flows.publish import Published, Reviewed, publish_review, say_pause
from reviewlore.flows.review import ReviewContext, decide, examine, read_settings
from reviewlore.flows.subject import Circumstances
from reviewlore.formats.review_json import render_json
from reviewlore.stages.publish.check import make_check
from reviewlore.stages.publish.pausing import recall_earlier
from reviewlore.stages.publish.plan import recall
from reviewlore.stages.publish.render import render_skipped, render_step_summary
from reviewlore.stages.review.select import reaches
from reviewlore.stages.review.skipping import PAUSES, find_skip_reason, render_skip

_MAX_ANNOTATIONS = 10  # of each level a step; GitHub drops the rest


@dataclass(frozen=True, slots=True)
class Turn:
    """A pull request whose turn it is: how it stands, the settings of its base, and why it is left out (empty: not).

    `settings` are None where it is left out whatever they say.
    """

    standing: Standing
    settings: ReviewSettings | None = None
    reason: str = ""


def take_turn(number: int, tools: ActionTools) -> Turn:
    """Look at a pull request as it is now, for an event may be old when its turn comes; bring its commits."""
    standing = tools.desk().forge.standing(number, MARKER)
    pull = standing.pull
    if reason := find_skip_reason(pull, ReviewSettings(), Earlier(), asked=True):
        return Turn(standing, reason=reason)
    tools.fetch(pull.number, pull.base_sha, pull.head_sha)
    settings = read_settings(tools.code(), pull.base_sha).review
    reason = find_skip_reason(pull, settings, recall_earlier(standing.posted), asked=False)
    return Turn(standing, settings, reason or "")


def review_and_post(
    turn: Turn, context: RunContext, tools: ActionTools, make: Callable[[int, str], ReviewContext]
) -> JobResult:
    """Review a pull request whose turn it is, and post that; `make` gives what it is reviewed with.

    What is left out is said where the settings ask for it.
    """
    pull = turn.standing.pull
    if turn.settings is None:
        return skipped(turn.reason)
    if turn.reason:
        if turn.reason in PAUSES:
            say_pause(tools.desk(), turn.standing, held=turn.reason == "paused_by_command")
        return conclude(skipped(turn.reason), pull.head_sha, (), turn.settings, context, tools)
    with ExitStack() as afterwards:  # nobody waits for a commit and its push before the remarks are out
        reviewing = replace(make(pull.number, pull.base_sha), later=afterwards.callback)
        reviewed = review_pull(reviewing, fetch_nothing, pull, turn.standing, tools.bring)
        if turn.settings.shadow:
            return keep_in_shadow(reviewed, pull.number, context, tools)
        published = publish_review(tools.desk(), pull.number, reviewed, turn.standing)
        return end_review(reviewed, published, context, tools)


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


def end_review(reviewed: Reviewed, published: Published, context: RunContext, tools: ActionTools) -> JobResult:
    """Judge a run whose review was published, and record it; the check comes after the words, never before."""
    if published.plan:
        tools.runner.log(published.plan)
    result = judge_published(reviewed, published, context.inputs.fail_on, tools.desk().repository_url)
    unsaid = reviewed.review.findings if published.skip_reason == "no_write_permission" else ()
    return conclude(result, reviewed.review.head, unsaid, reviewed.settings, context, tools)


def conclude(
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


def fetch_nothing(number: int, base: str, head: str) -> None:
    """Fetch nothing: the commits were brought to read the settings of the base."""


def skipped(reason: str) -> JobResult:
    """Return how a run ends that leaves a pull request out."""
    return JobResult("skipped", reason, summary=f"## reviewlore\n\n{render_skip(reason)}")


def keep_in_shadow(reviewed: Reviewed, number: int, context: RunContext, tools: ActionTools) -> JobResult:
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


def _annotation(finding: Finding) -> Annotation:
    """Say a finding beside the code, where no comment may be posted."""
    text = "\n\n".join(part for part in (finding.why, finding.advice) if part)
    line = finding.anchor.line if finding.anchor.side == "RIGHT" else None
    return Annotation("warning", text or finding.title, finding.anchor.path, line, finding.title)
