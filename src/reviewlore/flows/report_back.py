"""What was learned, as one page for the run; and, where a pull request asked for a training, how that ended.

Reads the state branch and writes one comment a run: a later attempt of the same run edits it. Trains nothing.
"""

import re

from reviewlore.domain.events import Annotation, JobResult, RunContext
from reviewlore.domain.forge import IssueComment
from reviewlore.domain.markers import MARKER, find_marker, marker
from reviewlore.errors import ForgeError, InputError, RefusedError
from reviewlore.flows import state
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.card import read_card
from reviewlore.flows.publish import Desk, say_once
from reviewlore.formats.train_report import render_ended, tell_in_force
from reviewlore.ports import Store
from reviewlore.stages.registry import find_active

RESULTS = "reviewlore-report.html"
_RUN = re.compile(r"([0-9]{1,20})(?:-[0-9]{1,6})?", re.ASCII)
_UNSAID = {
    "pull_request_closed": "is closed",
    "pull_request_locked": "is locked",
    "no_such_pull_request": "is not there",
    "no_write_permission": "may not be written to by this token",
}


def report(context: RunContext, tools: ActionTools) -> JobResult:
    """Write the report's page, and answer the pull request that asked for a training, where the inputs name one."""
    store = tools.store()
    told = tell_in_force(find_active(state.read_registry(store)))
    reason = _report_back(context, tools, store) if context.inputs.reply_to else ""
    notes: tuple[Annotation, ...] = ()
    if reason:
        why = _UNSAID[reason]
        said = f"Pull request {context.inputs.reply_to} was not told how the training ended: it {why}."
        notes = (Annotation("notice", said, title="reviewlore"),)
    return JobResult(
        "success",
        reason,
        summary=f"## reviewlore\n\n{told} The page with all that was learned is the output `results-file`.",
        results=tools.page(),
        results_name=RESULTS,
        annotations=notes,
    )


def _report_back(context: RunContext, tools: ActionTools, store: Store) -> str:
    """Say on a pull request how the training ended; return why that was not possible, in snake_case."""
    inputs, desk = context.inputs, tools.desk()
    mark = _mark(context.run_id)
    try:
        standing = desk.forge.standing(inputs.reply_to, MARKER)
    except InputError:
        return "no_such_pull_request"
    if standing.pull.state != "open":
        return "pull_request_closed"
    if standing.pull.locked:
        return "pull_request_locked"
    outcome = inputs.outcome or "failure"
    known = state.read_registry(store)
    made = read_card(store, "") if outcome == "success" and known.entries else None
    text = render_ended(outcome, made, find_active(known), context.run_url)
    body = desk.clean(f"{text}\n\n{marker('reply', mark)}")
    try:
        _say(desk, inputs.reply_to, mark, body)
    except RefusedError:
        return "no_write_permission"
    return ""


def _say(desk: Desk, number: int, mark: str, body: str) -> None:
    known = _find(desk, number, mark)
    if known is None:
        say_once(lambda: desk.voice.post_comment(number, body), lambda: _find(desk, number, mark) is not None)
    elif known.body != body:
        _edit(desk, known, body)


def _edit(desk: Desk, known: IssueComment, body: str) -> None:
    try:
        desk.voice.edit_comment(known.id, body)
    except ForgeError:  # the same words twice are the same comment
        desk.voice.edit_comment(known.id, body)


def _find(desk: Desk, number: int, mark: str) -> IssueComment | None:
    posted = desk.forge.posted(number, MARKER).summaries
    return next((each for each in posted if find_marker("reply", each.body) == mark), None)


def _mark(run: str) -> str:
    """Return the name of a run in a marker; an attempt behind its id (`7-2`) is left out: it is the same run."""
    match = _RUN.fullmatch(run)
    return f"run{match[1]}" if match else "run"
