"""`/lore why`: a remark of ours in, five lines of its lineage out; that it was looked up is logged.

Where the state branch cannot be written, nothing of what people said and did is told, or else the log would not be
whole; the run, version and dataset, which name nobody, are.
"""

from dataclasses import dataclass, replace

from reviewlore.domain.commands import WhyCommand
from reviewlore.domain.lineage import FindingTrace, Posting
from reviewlore.domain.origin import read_origin
from reviewlore.errors import RefusedError, StorageError
from reviewlore.flows import state
from reviewlore.flows.command_tools import Asked, CommandTools, find_finding
from reviewlore.flows.trace import Inquiry, log_trace, trace
from reviewlore.stages import commands
from reviewlore.stages.publish.origin import read_comment, read_summary
from reviewlore.stages.redact import pseudonym
from reviewlore.stages.tracing import TraceTarget

_WITHHELD = (
    "what people said and did about it is not told: such a look is logged on the state branch, which this run may not "
    "write (give its job `contents: write`)"
)


@dataclass(frozen=True, slots=True)
class _OnThisPull:
    """Our own comments on one pull request, in place of a search over the whole repository."""

    postings: tuple[Posting, ...]

    def find(self, target: TraceTarget, finding: str | None) -> tuple[Posting, ...]:
        """Return where the finding was posted."""
        return tuple(each for each in self.postings if each.said.finding == (finding or target.name))


def why(command: WhyCommand, asked: Asked, tools: CommandTools) -> str:
    """Return how a remark came to be said; RefusedError where it is not clear which one is meant."""
    name = find_finding(command.finding, asked, "why <id>")
    store, now = tools.store(), tools.clock.now()
    here, rules = _posted(name, asked, tools.desk.repository_url)
    inquiry = Inquiry(pseudonym(asked.event.author, tools.key()), now, lambda: here)
    found = trace(store, name, inquiry, dry_run=True)
    told, withheld = found.finding or FindingTrace(name), ""
    try:
        log_trace(store, found, inquiry)
    except (RefusedError, StorageError):
        told, withheld = replace(told, dismissals=(), acceptances=(), mined=()), _WITHHELD
    judged = told.versions[0].id if told.versions else ""
    entry = next((each for each in state.read_registry(store).entries if each.id == judged), None)
    return commands.render_why(told, next(iter(rules), ""), entry, withheld)


def _posted(name: str, asked: Asked, repository_url: str) -> tuple[_OnThisPull, list[str]]:
    """Return where we said a finding on this pull request, and the rules that it is said to be of."""
    event, posted = asked.event, asked.standing.posted
    found: list[Posting] = []
    rules: list[str] = []
    for comment in posted.comments:
        said = read_comment(comment.body)
        if said is None or said.finding != name or comment.in_reply_to is not None:
            continue
        run = f"{repository_url}/actions/runs/{said.run}" if said.run else ""
        place = Posting(said, event.repository, event.number, comment.path, comment.line or comment.original_line,
                        comment.url, comment.created_at, comment.author or "", by_bot=True, run_url=run)  # fmt: skip
        found.append(place)
        rules += [rule for rule in [read_origin(comment.body).rule] if rule]
    for talk in posted.summaries:
        found += [
            Posting(said, event.repository, event.number, "", None, talk.url, talk.created_at, talk.author or "",
                    by_bot=True, in_summary=True)
            for said in read_summary(talk.body)
            if said.finding == name
        ]  # fmt: skip
    return _OnThisPull(tuple(found)), rules
