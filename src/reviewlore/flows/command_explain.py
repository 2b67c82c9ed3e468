"""`/lore explain`: a remark in, what it rests on out; the pull request is examined again, and nothing is posted.

A model is not asked again: it would cost, and say something else. What it wrote is told as it was posted.
"""

from dataclasses import dataclass, replace

from reviewlore.domain.commands import ExplainCommand
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.forge import Posted, PullRequest
from reviewlore.domain.markers import find_marker
from reviewlore.errors import RefusedError
from reviewlore.flows.command_tools import Asked, CommandTools, choose_findings
from reviewlore.flows.review import Examined, decide, examine, read_rule_records
from reviewlore.flows.saying import words_in
from reviewlore.flows.subject import Circumstances
from reviewlore.stages import commands
from reviewlore.stages.publish.render import explain as explain_finding
from reviewlore.stages.publish.render import find_listed, fingerprint, plain_id


@dataclass(frozen=True, slots=True)
class _Anew:
    """A pull request as it is now: all candidates, and what a review says of them."""

    examined: Examined
    review: Review
    tools: CommandTools

    def find(self, name: str) -> str | None:
        """Return a finding of this head in full, or None where there is no such one."""
        found = next((each for each in self.review.findings if fingerprint(each) == name), None)
        candidate = next((each for each in self.examined.candidates if fingerprint(each) == name), None)
        dropped = "" if found else next((one.reason for one in self.review.dropped if plain_id(one.id) == name), "")
        if found is None and candidate is not None:
            (found,) = self.examined.precedents.cite((candidate,))
        if found is None:
            return None
        history = read_rule_records(self.tools.store(), self.examined.subject)
        record = next((each for each in history if each.rule == found.rule), None)
        text = explain_finding(found, self.review, self.tools.desk.repository_url)
        return commands.render_explained(found, self.review, text, dropped, record)


def explain(command: ExplainCommand, asked: Asked, tools: CommandTools) -> str:
    """Return what a remark rests on; of none in particular which there are, or why there is none.

    RefusedError where no remark has the id that is named.
    """
    pull, posted, thread = asked.pull, asked.standing.posted, asked.event.thread
    anew = _look(pull, tools)
    known = _known(posted, anew.review)
    in_thread = next((find_marker("finding", each.body) for each in posted.comments if each.id == thread), None)
    meant = choose_findings(command.finding, in_thread, known)
    if len(meant) == 1:
        return anew.find(meant[0]) or _as_posted(meant[0], posted, pull)
    if command.finding:
        raise RefusedError(commands.render_which_finding(tuple(known), "explain <id>", command.finding))
    if not meant:
        return commands.render_silence(anew.review)
    return commands.render_which_explained([(each, *known[each]) for each in meant])


def _look(pull: PullRequest, tools: CommandTools) -> _Anew:
    context = replace(tools.look_into(pull), writing=None)
    found = examine(context, pull.base_sha, pull.head_sha, Circumstances(pull.number))
    return _Anew(found, decide(context, found, context.judgement), tools)


def _known(posted: Posted, review: Review) -> dict[str, tuple[str, str]]:
    """Return the place and title of each remark that was posted or would be, by its id."""
    known: dict[str, tuple[str, str]] = {}
    for comment in posted.comments:
        name = find_marker("finding", comment.body)
        if name and comment.in_reply_to is None:
            line = comment.line or comment.original_line
            place = f"{comment.path}:{line}" if line else comment.path
            known[name] = (place, words_in(comment.body).partition("\n")[0].strip("*"))
    for summary in posted.summaries:
        for name in find_listed(summary.body):
            known.setdefault(name, ("the summary", "explained there"))
    return known | {fingerprint(each): (_place(each), each.title) for each in review.findings}


def _place(finding: Finding) -> str:
    anchor = finding.anchor
    return f"{anchor.path}:{anchor.line}" if anchor.line else anchor.path


def _as_posted(name: str, posted: Posted, pull: PullRequest) -> str:
    """Return a remark in the words that it was posted with; one of the summary has them there."""
    for comment in posted.comments:
        if find_marker("finding", comment.body) == name:
            return commands.render_not_found_again(name, pull.head_sha, comment.url, words_in(comment.body))
    url = next((each.url for each in posted.summaries if name in find_listed(each.body)), "")
    return commands.render_not_found_again(name, pull.head_sha, url, "In the summary comment.")
