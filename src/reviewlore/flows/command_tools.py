"""What every command is given, how it ends, and which remark of ours it means."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from reviewlore.config import Settings
from reviewlore.domain.evaluation import Evaluation
from reviewlore.domain.events import CommandEvent, JobResult
from reviewlore.domain.forge import PullRequest, Standing
from reviewlore.domain.markers import MARKER, find_marker
from reviewlore.domain.model import Policies
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
class Answer:
    """What a command says at its end; `hidden` is a hidden line that the reply keeps for later runs."""

    text: str
    result: JobResult
    hidden: str = ""


def find_finding(
    named: str | None, event: CommandEvent, tools: CommandTools, usage: str = "dismiss <reason> <id>"
) -> str:
    """Return the one remark of ours that is meant: by its thread, by its id, or because there is no other.

    RefusedError, with the ids that there are and how to name one (`usage`), where it cannot be told.
    """
    posted = tools.desk.forge.posted(event.number, MARKER)
    by_comment = {comment.id: find_marker("finding", comment.body) for comment in posted.comments}
    if found := by_comment.get(event.thread or 0):
        return found
    listed = [name for summary in posted.summaries for name in find_listed(summary.body)]
    known = list(dict.fromkeys([name for name in by_comment.values() if name] + listed))
    matching = [name for name in known if named and name.startswith(named)]
    if not named:
        matching = known
    if len(matching) != 1:
        raise RefusedError(commands.render_which_finding(known, usage, named or ""))
    return matching[0]
