"""A pull request reviewed by a run that may post nothing: shown on the run's own page, its model's answers handed over.

This run may be one that a stranger wrote the workflow of (a fork's), so whatever it says, the run that posts (see
`flows/post.py`) believes none of it but a model's answers, and those only of the repository's own branches.
"""

from dataclasses import replace

from reviewlore.domain.events import Annotation, JobResult, PullRequestEvent, RunContext
from reviewlore.domain.handover import Handover
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.handover import RecordingGenerator
from reviewlore.flows.review_job import fetch_nothing, review_pull, skipped, take_turn
from reviewlore.formats.handover import write_handover
from reviewlore.stages.publish.render import render_step_summary
from reviewlore.stages.review.select import reaches

RESULTS = "reviewlore-handover.json"
_NOTICE = "This run may not post. The run of mode post reviews the same commits again and posts what holds."


def analyse(event: PullRequestEvent, context: RunContext, tools: ActionTools) -> JobResult:
    """Review a pull request, post nothing, and hand over what another run cannot make again."""
    turn = take_turn(event.number, tools)
    if turn.settings is None or turn.reason:
        return skipped(turn.reason)
    desk, pull = tools.desk(), turn.standing.pull
    reviewing = tools.review_context(pull.number, pull.base_sha)
    recording = None
    if reviewing.writing is not None:
        recording = RecordingGenerator(reviewing.writing.generator, desk.clean)
        reviewing = replace(reviewing, writing=replace(reviewing.writing, generator=recording, keeps_account=False))
    reviewed = review_pull(reviewing, fetch_nothing, pull, turn.standing, tools.bring)
    answers = recording.answers if recording else ()
    failed = reaches(reviewed.review.findings, context.inputs.fail_on or reviewed.settings.fail_on)
    failed = failed and not reviewed.settings.shadow
    return JobResult(
        conclusion="failure" if failed else "success",
        skip_reason="handed_over",
        findings=len(reviewed.review.findings),
        summary=render_step_summary(reviewed.review, desk.repository_url, _NOTICE),
        results=write_handover(Handover(turn.standing.repository, pull.number, pull.head_sha, answers)),
        results_name=RESULTS,
        annotations=(Annotation("notice", _NOTICE, title="reviewlore"),),
        exit_code=1 if failed else 0,
    )
