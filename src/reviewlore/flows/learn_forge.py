"""A forge's past into the state branch, page by page, so that a run can end at any moment and the next goes on.

Each page is a number of merged pull requests with all that was said on them. Some pages make a commit together with the
cursor; the dataset is made once, at the end of the pass (`flows/learn.py`).
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import quote

from reviewlore.domain.forge import HistoryPage, Position
from reviewlore.domain.history import Episode, RawRemark
from reviewlore.domain.mining import Cursor
from reviewlore.domain.model import LearnReport
from reviewlore.domain.people import Role
from reviewlore.domain.shadow import ShadowReview
from reviewlore.errors import BudgetError, ForgeError, UserError
from reviewlore.flows import state
from reviewlore.flows.labelling import LearnContext, Memory, Tally, label_remarks, recall
from reviewlore.flows.learn import Harvest, conclude, merge
from reviewlore.flows.shadow import settle_shadows
from reviewlore.ports import ForgeHistory, Store
from reviewlore.stages import mine, redact
from reviewlore.stages.retention import cutoff

SAVE_EVERY = 4  # pages: what an interruption without warning costs
_ALL = "all"
_PART = 25  # pull requests that are read again at a time
_MARGIN = 1  # days by which the forge's clock and ours may differ


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a pass starts: behind the last one (nothing given), at a time (ISO 8601 in UTC), or from the beginning."""

    since: str | None = None
    everything: bool = False

    @property
    def name(self) -> str:
        """How the cursor remembers it, so that only the same request resumes an interrupted pass."""
        return _ALL if self.everything else self.since or ""


def learn_forge(
    context: LearnContext, history: ForgeHistory, reach: Reach | None = None, *, dry_run: bool = False
) -> LearnReport:
    """Mine a repository's merged pull requests into the state branch.

    What was read is kept whatever happens: an error of the forge or an interruption is raised after saving, and where
    the allowed requests are used up the report says how to go on.
    """
    reading = _Pass(context, history, reach or Reach(), dry_run=dry_run)
    try:
        reading.read()
    except BudgetError as stop:
        return reading.stopped(str(stop))
    except (ForgeError, UserError, KeyboardInterrupt):
        reading.save()
        raise
    return reading.conclude()


@dataclass(slots=True)
class _Batch:
    """Labelled pages that are not on the branch yet."""

    memory: Memory
    episodes: list[Episode] = field(default_factory=list)
    spans: dict[int, tuple[str, str]] = field(default_factory=dict)  # when a pull request was opened and last updated
    shadows: dict[str, ShadowReview] = field(default_factory=dict)
    pages: int = 0

    def harvest(self, source: str, repository: str) -> Harvest:
        """Return what there is to take in."""
        numbers = frozenset((repository, number) for number in self.spans)
        return Harvest(source, tuple(self.episodes), self.memory, numbers, shadows=self.shadows)


class _Pass:
    """One pass over a repository, from the cursor on."""

    def __init__(self, context: LearnContext, history: ForgeHistory, reach: Reach, *, dry_run: bool) -> None:
        self._context, self._history, self._dry_run = context, history, dry_run
        self._name = history.repository
        self._known = state.read_cursors(context.store).repositories.get(self._name, Cursor())
        self._cursor = _begin(self._known, reach)
        self._tally = Tally.resume(self._cursor.counts)
        self._memory = recall(context.store, context.key)
        self._roles = _Roles(history, context.key)
        self._shadows = [each for each in state.read_shadows(context.store) if each.repository == self._name]
        self._batch = _Batch(self._memory)
        self._reread = 0
        self._seen: set[int] = set()
        self._began = cutoff(context.clock.now(), _MARGIN)
        if self._cursor.settled_at is None:
            self._cursor = replace(self._cursor, settled_at=self._began)
        self._saved = self._cursor
        self._commit: str | None = None

    def read(self) -> None:
        """Read all there is, page by page; then the pull requests of which only a comment was edited."""
        start = Position(self._cursor.after, self._cursor.updated_at)
        for page in self._context.console.track(self._history.merged(start), "Reading merged pull requests"):
            self._take(page, page.position)
        if self._cursor.settling is None:
            self._find_edited()
        while self._cursor.edited:
            part, rest = self._cursor.edited[:_PART], self._cursor.edited[_PART:]
            for page in self._history.pulls(part):
                self._take(page, None)
            self._cursor = replace(self._cursor, edited=rest)

    def _find_edited(self) -> None:
        """Note the pull requests of which only a comment was edited, and from when on the next pass has to ask.

        An edit moves no pull request in the order they are read in. What was edited while this run read is not settled.
        """
        settled, last = self._cursor.settled_at, self._cursor.updated_at
        if last is None:
            return
        nothing_read = self._known.complete and not self._seen
        settling = settled if settled is not None and nothing_read else min(last, self._began)
        # Asked before the rest: whatever is edited from now on changes this answer, and is news to the next pass.
        edited = self._history.touched(settling)
        if settled is not None and settled < settling:
            edited |= self._history.touched(settled) - self._seen
        tags = {at: tag for at, tag in self._history.tags().items() if f"since={quote(settling)}" in at}
        self._cursor = replace(self._cursor, settling=settling, edited=tuple(sorted(edited)), tags=tags)

    def save(self) -> None:
        """Commit what was read so far together with the cursor; nothing where neither moved."""
        if self._dry_run or not (self._batch.pages or self._cursor.settling != self._saved.settling):
            return
        saving = _Saving(self._name, self._batch, self._cursor, self._tally)
        self._commit = self._context.store.update(saving.files, saving.message, self._context.clock.now())
        self._tally.fresh += saving.fresh
        self._batch, self._saved = _Batch(self._memory), self._cursor

    def stopped(self, reason: str) -> LearnReport:
        """Save, and tell how far it came."""
        self.save()
        return LearnReport(
            source=self._source,
            counts=self._tally.counts(),
            episodes=state.count_episodes(self._context.store),
            dataset=None,
            commit=self._commit,
            requests=self._history.requests_used(),
            stopped=reason,
            dry_run=self._dry_run,
        )

    def conclude(self) -> LearnReport:
        """End the pass: what is not saved yet, the cursor, and the dataset of all episodes in one commit."""
        read = self._cursor if self._cursor.after is not None else self._known
        tags = self._cursor.tags | {at: tag for at, tag in self._history.tags().items() if "since=" not in at}
        settled, today = self._cursor.settling, self._context.clock.now()[:10]
        cursor = Cursor(read.after, read.updated_at, complete=True, settled_at=settled, read_on=today, tags=tags)
        harvest = replace(self._batch.harvest(self._source, self._name), cursor=(self._name, cursor))
        report = conclude(self._context, harvest, self._tally, dry_run=self._dry_run)
        return replace(report, requests=self._history.requests_used(), reread=self._reread)

    @property
    def _source(self) -> str:
        return f"github:{self._name}"

    def _take(self, page: HistoryPage, position: Position | None) -> None:
        """Label a page; one without a position is read again for an edit, and what it holds is not counted twice."""
        tally = self._tally if position is not None else Tally()
        raws: list[RawRemark] = []
        for merged in page.pulls:
            found, dropped = mine.read_pull(self._name, merged, self._roles.of)
            raws += found
            tally.dropped.update(dropped)
            tally.read += sum(dropped.values())
        self._reread += len(page.pulls) if position is None else 0
        writers = self._roles.writers() if page.pulls else None
        numbers = {merged.pull.number for merged in page.pulls}
        # One that was updated while it was read comes twice: the later reading counts.
        self._batch.episodes = [e for e in self._batch.episodes if e.pull_request not in numbers]
        self._batch.episodes += label_remarks(self._context, raws, self._memory, tally, writers)
        self._batch.spans.update({m.pull.number: (m.pull.created_at, m.pull.updated_at) for m in page.pulls})
        self._batch.shadows |= settle_shadows(self._context, self._shadows, page.pulls)
        self._batch.pages += 1
        self._seen |= numbers
        if position is not None:
            self._cursor = replace(self._cursor, after=position.after, updated_at=position.updated_at)
        if self._batch.pages >= SAVE_EVERY:
            self.save()


class _Roles:
    """Who may do what in the repository, asked for as seldom as possible and remembered for one run."""

    def __init__(self, history: ForgeHistory, key: bytes) -> None:
        self._history, self._key = history, key
        self._known: dict[str, Role | None] = {}

    @cached_property
    def _list(self) -> frozenset[str] | None:
        return self._history.writers()

    @cached_property
    def _pseudonyms(self) -> frozenset[str] | None:
        return None if self._list is None else frozenset(redact.pseudonym(login, self._key) for login in self._list)

    def writers(self) -> frozenset[str] | None:
        """Return the pseudonyms of all who may write, or None where the forge does not list them."""
        return self._pseudonyms

    def of(self, login: str) -> Role | None:
        """Return a role, `write` standing for all above it too; None where it cannot be told."""
        person = login.lower()
        if self._list is not None:
            return "write" if person in self._list else "read"
        if person not in self._known:
            # No limit but that of the whole run: a crowd could use one up before a maintainer is asked about.
            self._known[person] = self._history.role(login)
        return self._known[person]


class _Saving:
    """The commit of some pages; made again from the start when somebody else wrote first."""

    def __init__(self, name: str, batch: _Batch, cursor: Cursor, tally: Tally) -> None:
        self._name, self._batch, self._cursor = name, batch, cursor
        self._tally = tally
        self.fresh = 0

    def files(self, store: Store) -> dict[str, bytes | None]:
        """Return the months that these pull requests reach into, and the cursor: a commit reads no other month."""
        self._batch.memory.check(store)
        span = [state.month_path(at) for times in self._batch.spans.values() for at in times]
        new = {state.month_path(episode.created_at) for episode in self._batch.episodes}
        known = store.paths(state.EPISODES)
        paths = [path for path in known if path in new or (span and min(span) <= path <= max(span))]
        before = {episode.id: episode for path in paths for episode in state.read_month(store, path)}
        merged = merge(before, self._batch.harvest(f"github:{self._name}", self._name))
        self.fresh = merged.fresh
        counts = replace(self._tally.counts(), fresh=self._tally.fresh + merged.fresh)
        cursors = state.read_cursors(store)
        cursor = replace(self._cursor, complete=False, counts=counts)
        all_cursors = replace(cursors, repositories={**cursors.repositories, self._name: cursor})
        return {
            **dict.fromkeys(paths),
            **state.episode_files(merged.episodes.values()),
            **state.cursor_file(all_cursors),
            **state.shadow_files(store, self._batch.shadows),
        }

    def message(self) -> str:
        """Return the message of the commit."""
        return f"Read github:{self._name} up to {self._cursor.updated_at}: {self.fresh} new episodes"


def _begin(known: Cursor, reach: Reach) -> Cursor:
    """Return where a pass starts: an interrupted one goes on; a time never leaves a gap behind the last one."""
    if (not known.complete and known.start == reach.name) or not reach.name:
        return replace(known, complete=False)
    if reach.everything:
        return Cursor(start=reach.name)
    since = reach.since or ""
    if known.updated_at is not None and since > known.updated_at:
        return replace(known, complete=False, start=reach.name)
    return Cursor(None, since, start=reach.name, settled_at=known.settled_at)
