"""Raw remarks of one repository to episodes: curated, votes weighed, git read, labelled, scrubbed, in this order.

Real names and unscrubbed texts end here. Nothing is stored.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewlore.config import LearnSettings
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Episode, OutcomeEvidence, RawRemark
from reviewlore.domain.mining import PassCounts, Suppressions
from reviewlore.domain.people import is_at_least
from reviewlore.errors import InputError, StorageError
from reviewlore.flows import state
from reviewlore.flows.codechanges import missing_commits, read_changes
from reviewlore.ports import Clock, Console, Repo, Store
from reviewlore.stages import curate, mine, outcome, redact, votes
from reviewlore.stages.feedback import standing_signals
from reviewlore.stages.forget import Listed, check_key
from reviewlore.stages.outcome import CodeChange
from reviewlore.stages.retention import cutoff, is_expired

_DISMISSED = 0.9
# Less than a dismissal: it takes no reason, and that a remark is right does not say that it is acted on.
_ACCEPTED = 0.8
# What should have been said; any other text of a dismissal explains it, and is nothing to learn to say.
_REWORDING = re.compile(r"\s*instead:(.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class LearnContext:
    """What mining needs: the state branch, the code, the pseudonym key and the settings.

    `fetch` brings commits into the repository by their ids, as far as they can be had.
    """

    store: Store
    repo: Repo
    key: bytes
    settings: LearnSettings
    clock: Clock
    console: Console
    actor: str = "command line"
    fetch: Callable[[Sequence[str]], None] | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What the state branch remembers that bears on new remarks: what to leave out, and what people said of ours."""

    suppressions: Suppressions
    signals: Mapping[str, tuple[FeedbackSignal, ...]]

    def check(self, store: Store) -> None:
        """Raise StorageError where something was forgotten since: what was labelled before could bring it back."""
        if state.read_suppressions(store) != self.suppressions:
            raise StorageError(
                "Something was forgotten or allowed again while this ran, so what it had read was not written. "
                "Run the command again."
            )


@dataclass(slots=True)
class Tally:
    """Counts of a pass while it runs."""

    read: int = 0
    kept: int = 0
    fresh: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    void: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)

    @classmethod
    def resume(cls, counts: PassCounts) -> "Tally":
        """Return a tally that goes on from the counts of an interrupted pass."""
        fields = (counts.dropped, counts.marked, counts.redacted, counts.void, counts.outcomes, counts.evidence)
        return cls(counts.read, counts.kept, counts.fresh, *map(Counter, fields))

    def counts(self) -> PassCounts:
        """Return the counts as they stand, sorted by name, without zeros."""
        fields = (self.dropped, self.marked, self.redacted, self.void, self.outcomes, self.evidence)
        told = [{name: count for name, count in sorted(each.items()) if count} for each in fields]
        return PassCounts(self.read, self.kept, self.fresh, *told)


def recall(store: Store, key: bytes) -> Memory:
    """Read what the state branch remembers; ConfigError where this is not the key with which people were forgotten."""
    suppressions = state.read_suppressions(store)
    check_key(suppressions, redact.suppression_token("", key))
    signals: dict[str, tuple[FeedbackSignal, ...]] = {}
    for signal in standing_signals(state.read_feedback(store)):
        signals[signal.finding] = (*signals.get(signal.finding, ()), signal)
    return Memory(suppressions, signals)


def label_remarks(
    context: LearnContext,
    raws: Sequence[RawRemark],
    memory: Memory,
    tally: Tally,
    writers: frozenset[str] | None = None,
) -> list[Episode]:
    """Return the episodes of what is worth keeping, and count everything else.

    `writers` are the pseudonyms of all who may write at mining time, None where the forge does not list them.
    """
    tally.read += len(raws)
    recent = _without_expired(context, raws, tally)
    allowed = _without_suppressed(recent, memory.suppressions, context.key, tally)
    curated = curate.curate(allowed, curation_policy(context.settings))
    tally.dropped.update(curated.dropped)
    tally.marked.update(curated.marked)
    tally.kept += len(curated.kept)
    weighed = votes.weigh_votes(curated.kept)
    tally.void.update(weighed.void)
    changes = follow_code(context, curated.kept)
    episodes = []
    for raw in curated.kept:
        key = (raw.pull_request, raw.comment_id)
        given = [
            *(replace(item, by=redact.pseudonym(item.by, context.key)) for item in weighed.evidence.get(key, ())),
            *_said(raw, memory, writers),
        ]
        episodes.append(_episode(raw, changes.get(key), given, context.key, tally.redacted))
    tally.outcomes.update(episode.outcome for episode in episodes)
    tally.evidence.update(item.kind for episode in episodes for item in episode.evidence[:1])
    return episodes


def curation_policy(settings: LearnSettings) -> curate.CurationPolicy:
    """Return the curation policy of a repository's settings."""
    return curate.CurationPolicy(
        excluded_paths=settings.exclude_paths,
        opted_out=frozenset(settings.opted_out),
        bot_logins=frozenset(settings.bot_logins),
        licenses=settings.licenses,
        nits=settings.nits,
    )


def _without_expired(context: LearnContext, raws: Sequence[RawRemark], tally: Tally) -> list[RawRemark]:
    """Leave out what is older than policy allows: once in a commit, it would stay in the branch's history."""
    limit = cutoff(context.clock.now(), context.settings.retention_days)
    kept = [raw for raw in raws if not is_expired(raw.created_at, limit)]
    if len(kept) < len(raws):
        tally.dropped["older_than_retention"] += len(raws) - len(kept)
    return kept


def _without_suppressed(
    raws: Sequence[RawRemark], suppressions: Suppressions, key: bytes, tally: Tally
) -> list[RawRemark]:
    """Leave out what was forgotten or opted out of, and what those people said or voted elsewhere."""
    listed = Listed(suppressions)
    known: dict[str, bool] = {}

    def opted_out(login: str | None) -> bool:
        if not login or not listed.people:
            return False
        if login not in known:
            known[login] = redact.suppression_token(login, key) in listed.people
        return known[login]

    kept = []
    for raw in raws:
        place = (raw.repository, raw.pull_request)
        if opted_out(raw.author):
            tally.dropped["author_opted_out"] += 1
        elif listed.has_pull(*place):
            tally.dropped["pull_request_forgotten"] += 1
        elif listed.has_comment(*place, raw.comment_id, raw.url):
            tally.dropped["comment_forgotten"] += 1
        else:
            kept.append(
                replace(
                    raw,
                    replies=tuple(
                        reply
                        for reply in raw.replies
                        if not opted_out(reply.author) and not listed.has_comment(*place, reply.comment_id)
                    ),
                    votes=tuple(vote for vote in raw.votes if not opted_out(vote.author)),
                    pull_request_author=None if opted_out(raw.pull_request_author) else raw.pull_request_author,
                )
            )
    return kept


def follow_code(context: LearnContext, raws: Sequence[RawRemark]) -> Mapping[tuple[int, str], CodeChange]:
    """Return what became of the code under remarks by (pull request, comment id), commits that are gone fetched."""
    missing = missing_commits(context.repo, raws)
    if missing and context.fetch is not None:
        try:
            context.fetch(missing)
        except InputError as error:
            context.console.warn(f"{len(missing)} commits that were pushed over could not be fetched. {error}")
    return read_changes(context.repo, raws, context.console)


def _said(raw: RawRemark, memory: Memory, writers: frozenset[str] | None) -> list[OutcomeEvidence]:
    """What people said of our own remark who may write now; where that is not known, who could when they said it."""
    found = []
    for signal in memory.signals.get(raw.finding or "", ()):
        allowed = is_at_least(signal.role, "write") if writers is None else signal.author in writers
        if not allowed or signal.repository != raw.repository:
            continue
        if signal.kind == "accepted":
            found.append(OutcomeEvidence("accepted", "addressed", _ACCEPTED, signal.text, signal.author))
            continue
        rewording = _REWORDING.match(signal.text)
        said = rewording[1].strip() if rewording else signal.reason
        found.append(OutcomeEvidence("dismissed", "declined", _DISMISSED, said, signal.author))
    return found


def _episode(
    raw: RawRemark, change: CodeChange | None, given: Sequence[OutcomeEvidence], key: bytes, counts: Counter[str]
) -> Episode:
    people = _people(raw)

    def clean(text: str) -> str:
        redacted, found = redact.redact(text)
        counts.update(found)
        return redacted

    def prose(text: str) -> str:
        return redact.redact_mentions(clean(text), people, raw.hunk)

    decided, confidence, evidence = outcome.label(_without_strangers(raw), change, given)
    before, after = outcome.anchored_code(change, raw) if change is not None else (None, None)
    scrubbed = mine.Scrubbed(
        author=redact.pseudonym(raw.author, key),
        pull_request_author=redact.pseudonym(raw.pull_request_author, key) if raw.pull_request_author else None,
        body=prose(raw.body),
        hunk=clean(raw.hunk),
        replies=tuple(
            replace(reply, author=redact.pseudonym(reply.author, key), body=prose(reply.body)) for reply in raw.replies
        ),
        code_before=clean(before) if before is not None else None,
        code_after=clean(after) if after is not None else None,
    )
    told = replace(
        raw,
        path=clean(raw.path),
        url=clean(raw.url) if raw.url else None,
        language=clean(raw.language) if raw.language else None,
        reviewed_commit=clean(raw.reviewed_commit) if raw.reviewed_commit else None,
        last_commit=clean(raw.last_commit) if raw.last_commit else None,
    )
    speakers = people | {reply.author for reply in raw.replies if reply.author}
    names = {login: redact.pseudonym(login, key) for login in speakers}
    kept = tuple(replace(item, detail=prose(item.detail), by=names.get(item.by, item.by)) for item in evidence)
    return mine.make_episode(told, scrubbed, mine.Label(decided, confidence, kept))


def _without_strangers(raw: RawRemark) -> RawRemark:
    """Leave out what a third party says of what was done: anybody may answer in a thread, and claim anything."""
    if raw.pull_request_author is None and raw.source != "github":  # then it is not known whose word counts
        return raw
    heard = {raw.pull_request_author, raw.author} - {None}
    return replace(raw, replies=tuple(reply for reply in raw.replies if reply.author in heard))


def _people(raw: RawRemark) -> frozenset[str]:
    """Return the logins that are taken out of a thread's words also where no @ stands before them.

    Only of those whose word counts: else an account named like an everyday word could change what others said.
    """
    voters = (vote.author for vote in raw.votes if is_at_least(vote.role, "write"))
    return frozenset(login for login in (raw.author, raw.pull_request_author, *voters) if login)
