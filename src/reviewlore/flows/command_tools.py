"""What every command is given, how it ends, and which remark of ours it means."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from reviewlore.config import Settings
from reviewlore.domain.evaluation import Evaluation
from reviewlore.domain.events import CommandEvent, JobResult
from reviewlore.domain.forge import PullRequest, Standing
from reviewlore.domain.markers import find_marker
from reviewlore.domain.model import Policies
from reviewlore.domain.people import Role
from reviewlore.errors import RefusedError
from reviewlore.flows.publish import Desk, Published, Reviewed
from reviewlore.flows.review import ReviewContext
from reviewlore.ports import Clock, ForgeRuns, Store
from reviewlore.stages import commands
from reviewlore.stages.publish.render import find_listed


@dataclass(frozen=True, slots=True)
class CommandTools:
    """What commands need: the forge, the state branch, and how a pull request is reviewed.

    `review` reviews a pull request as it stands, at its `head_sha`: what is new since its last review, or (True) all of
    it anew; `job` turns a published review into a result; `key` gives the secret of pseudonyms, `kept_key` the same
    where it is certain to be the one that mining uses, else ConfigError. `evaluate` judges the versions of these ids on
    held-out later pull requests, `serve` has what is in force served where this machine names a place for it and says
    what was done. `policies` are what the settings want a person's word on; `pinned` says which version a lock pins,
    empty: none. `look_into` brings a pull request's commits and returns what its review would have to work with;
    `settings` are those of the default branch. What few commands need is made on first use.
    """

    desk: Desk
    runs: Callable[[], ForgeRuns]
    store: Callable[[], Store]
    key: Callable[[], bytes]
    kept_key: Callable[[], bytes]
    policies: Callable[[], Policies]
    clock: Clock
    review: Callable[[Standing, bool], Reviewed]
    job: Callable[[Reviewed, Published], JobResult]
    look_into: Callable[[PullRequest], ReviewContext]
    evaluate: Callable[[Collection[str]], Evaluation]
    run_url: str = ""
    train_workflow: str = "reviewlore-learn.yml"
    pinned: Callable[[], str] = str
    settings: Callable[[], Settings] = Settings
    serve: Callable[[], tuple[str, ...]] = tuple


@dataclass(frozen=True, slots=True)
class Asked:
    """A comment that may give its command: the role of who wrote it, and how its pull request stood then."""

    event: CommandEvent
    role: Role
    standing: Standing

    @property
    def pull(self) -> PullRequest:
        """The pull request; its head is the one that the command is allowed for."""
        return self.standing.pull


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says at its end; `hidden` is a hidden line that the reply keeps for later runs."""

    text: str
    result: JobResult
    hidden: str = ""


def find_finding(named: str | None, asked: Asked, usage: str) -> str:
    """Return the one remark of ours that is meant: by its id, by its thread, or because there is no other.

    RefusedError, with the ids that there are and how to name one (`usage`), where it cannot be told.
    """
    posted = asked.standing.posted
    by_comment = {comment.id: name for comment in posted.comments if (name := find_marker("finding", comment.body))}
    listed = (name for summary in posted.summaries for name in find_listed(summary.body))
    known = tuple(dict.fromkeys([*by_comment.values(), *listed]))
    meant = choose_findings(named, by_comment.get(asked.event.thread or 0), known)
    if len(meant) != 1:
        raise RefusedError(commands.render_which_finding(known, usage, named or ""))
    return meant[0]


def choose_findings(named: str | None, in_thread: str | None, known: Iterable[str]) -> list[str]:
    """Return which of the known remarks may be meant: all, where neither an id nor the thread says which.

    An id that one remark has goes before the thread; where none has it, what looked like one was a word of the text.
    """
    matching = [each for each in known if each.startswith(named or "")]
    if in_thread is not None and not (named and len(matching) == 1):
        return [in_thread]
    return matching
