"""A review of a pull request posted by a run of the default branch, after a run without write access has ended.

The pull request is found by the commit and the repository that the forge itself says the run was for. The review is
made again from git objects by the settings of the base: of what the other run left only a model's answers are read, and
only of a branch of the repository itself, whose writers may post anyway. They pass every check that an answer of the
model passes. Of a fork nothing is read, so whatever its run leaves can add, change or drop no word of ours.
"""

from dataclasses import replace

from reviewlore.domain.events import AnalysedEvent, Annotation, JobResult, RunContext
from reviewlore.domain.forge import PullRequest
from reviewlore.domain.handover import Handover
from reviewlore.errors import InputError
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.handover import RecordedGenerator
from reviewlore.flows.review import ReviewContext
from reviewlore.flows.review_job import Turn, review_and_post, skipped, take_turn
from reviewlore.formats.handover import read_handover

_FORK = "The pull request comes from a fork, so no model's remarks are taken from its run: the facts speak alone."


def post_analysed(event: AnalysedEvent, context: RunContext, tools: ActionTools) -> JobResult:
    """Review the pull request that a run was for, and post that; nothing where its head has moved on since."""
    found = _find_pull(event, tools)
    if isinstance(found, str):
        return skipped(found)
    turn = take_turn(found.number, tools)
    if turn.standing.pull.head_sha != event.head_sha:
        return skipped("head_moved")
    own = turn.standing.pull.head_repository == event.head_repository == turn.standing.repository
    handover, notes = _read(turn, tools) if own else (None, ())

    def make(number: int, base: str) -> ReviewContext:
        made = tools.review_context(number, base)
        if made.writing is None:
            return made
        if not own:
            return replace(made, writing=None, notes=(*made.notes, _FORK))
        recorded = RecordedGenerator(made.writing.generator.model, handover)
        return replace(made, writing=replace(made.writing, generator=recorded))

    result = review_and_post(turn, context, tools, make)
    # The run that analysed is the check of the pull request; this one is nobody's.
    return replace(result, annotations=(*result.annotations, *notes), exit_code=0)


def _find_pull(event: AnalysedEvent, tools: ActionTools) -> PullRequest | str:
    """Return the open pull request that a run was for, or the snake_case reason why there is none to speak on.

    The forge names no pull request in the event of a fork's run, so they are asked for by the head's branch.
    """
    found = tools.desk().forge.open_pulls(event.head_repository, event.head_branch)
    at_head = [pull for pull in found if pull.head_sha == event.head_sha]
    if len(at_head) == 1:
        return at_head[0]
    if at_head:
        return "several_pull_requests"
    return "head_moved" if found else "no_open_pull_request"


def _read(turn: Turn, tools: ActionTools) -> tuple[Handover | None, tuple[Annotation, ...]]:
    """Return what the other run left, where it is about this head; what cannot be used costs a model's remarks only."""
    pull = turn.standing.pull
    try:
        data = tools.artefact()
        handover = None if data is None else read_handover(data)
    except InputError as error:
        return None, (_warn(str(error)),)
    if handover is None:
        return None, ()
    if (handover.repository, handover.pull_request, handover.head) != (
        turn.standing.repository,
        pull.number,
        pull.head_sha,
    ):
        return None, (_warn("it is about another pull request or commit"),)
    return handover, ()


def _warn(why: str) -> Annotation:
    said = f"What the run that analysed left is not used, so a model's remarks are not posted: {why.rstrip('.')}."
    return Annotation("warning", said, title="reviewlore")
