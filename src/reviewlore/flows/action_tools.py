"""What one run of the action may need of the world, as callables, so that nothing is built that no job asks for."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from reviewlore.config import Settings
from reviewlore.domain.commands import TrainTier
from reviewlore.domain.evaluation import Evaluation
from reviewlore.domain.model import Policies
from reviewlore.flows.publish import Desk
from reviewlore.flows.review import ReviewContext
from reviewlore.ports import Clock, ForgeRuns, Repo, Runner, Store


@dataclass(frozen=True, slots=True)
class ActionTools:
    """What the jobs need, each made on first use; `learn` and `train` return what they did as Markdown, `pinned` says
    which version a lock pins (empty: none), `page` returns the report, `artefact` what the mode `analyse` left, if any,
    `settings` those of the default branch; `evaluate` judges the versions of these ids on held-out later pull requests,
    and `serve` has what is in force served where this machine names a place for it.

    `fetch` brings the commits (number, base, head) into the clone, `code`, that `review_context` (of a pull request's
    number and its base commit) reads, and `bring` commits that were pushed over, as far as there are any.
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
    evaluate: Callable[[Collection[str]], Evaluation]
    pinned: Callable[[], str] = str
    settings: Callable[[], Settings] = Settings
    serve: Callable[[], tuple[str, ...]] = tuple
    page: Callable[[], bytes] = bytes
    artefact: Callable[[], bytes | None] = lambda: None
