"""What is left of a record once somebody or something is forgotten: a target and a record in, the rest of it out.

Also reads the names of what can be forgotten, and keeps the list of what must not be mined again. Never guesses: what
only resembles a target stays.
"""

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.forgetting import NamedComment, NamedPull, OlderThan, Person, Target
from reviewlore.domain.history import Confidence, Episode, Outcome, OutcomeEvidence, Reply
from reviewlore.domain.mining import Suppressions
from reviewlore.domain.model import AuditEntry
from reviewlore.domain.references import read_comment_reference, read_pull_reference
from reviewlore.domain.shadow import ShadowReview
from reviewlore.domain.spending import Spent
from reviewlore.errors import ConfigError, InputError

FORGOTTEN = "person-forgotten"  # stands where a pseudonym stood in what has to stay: logs, decisions

Decide = Callable[[Sequence[OutcomeEvidence]], tuple[Outcome, Confidence]]

_IDENTIFIER = re.compile(r"[\w.:-]+")


def parse_pull(text: str) -> NamedPull:
    """Return the pull request that `owner/name#number` or its address names; InputError where it names none."""
    found = read_pull_reference(text.strip())
    if found is None:
        raise InputError(f"{text!r} names no pull request. Write OWNER/NAME#NUMBER, or its address.")
    return NamedPull(*found)


def parse_comment(text: str) -> NamedComment:
    """Return the comment that an id, an address or an episode's id names; InputError where it can be none of these."""
    given = text.strip()
    if found := read_comment_reference(given):
        pull = NamedPull(found.repository, found.pull_request)
        return NamedComment(found.comment_id, pull, given if "://" in given else "")
    if re.match(r"https?://\S+$", given) and read_pull_reference(given) is None:
        return NamedComment("", None, given)
    if _IDENTIFIER.fullmatch(given):
        return NamedComment(given)
    raise InputError(
        f"{text!r} names no comment. Write its id, its address, or OWNER/NAME#NUMBER/ID as `mine` keeps it."
    )


def find_needle(target: Target) -> str:
    """Return what every record of a target has in its text; empty where records have to be read to tell."""
    match target:
        case Person():
            return target.pseudonym
        case NamedPull():
            return f"#{target.number}/"
        case NamedComment():
            return target.comment_id or target.url
        case OlderThan():
            return ""


def without(
    episode: Episode, target: Target, decide: Decide, withdrawn: Collection[FeedbackSignal] = ()
) -> Episode | None:
    """Return what is left of an episode, the same object where nothing changes; None where nothing is left.

    `withdrawn` are signals that are forgotten too: what was concluded from them goes. With evidence gone, the outcome
    is decided again.
    """
    if _is_whole(episode, target):
        return None
    gone = [reply for reply in episode.replies if _is_reply(episode, reply, target)]
    evidence = _evidence_left(episode, target, {reply.author for reply in gone}, withdrawn)
    owned = isinstance(target, Person) and episode.pull_request_author == target.pseudonym
    if not gone and not owned and len(evidence) == len(episode.evidence):
        return episode
    outcome, confidence = episode.outcome, episode.confidence
    if len(evidence) < len(episode.evidence):
        outcome, confidence = decide(evidence)
    return replace(
        episode,
        replies=tuple(reply for reply in episode.replies if reply not in gone),
        evidence=evidence,
        pull_request_author=None if owned else episode.pull_request_author,
        outcome=outcome,
        confidence=confidence,
    )


def is_forgotten(signal: FeedbackSignal, target: Target) -> bool:
    """Whether a signal goes with a target."""
    match target:
        case Person():
            return signal.author == target.pseudonym
        case NamedPull():
            return _is_pull(signal.repository, signal.pull_request, target)
        case NamedComment():
            return _is_comment(signal.repository, signal.pull_request, signal.id.rpartition("/")[2], target)
        case OlderThan():
            return bool(signal.at) and signal.at < target.limit


def is_shadow_forgotten(shadow: ShadowReview, target: Target) -> bool:
    """Whether a review that said nothing goes with a target; nobody's name or word is in one."""
    match target:
        case NamedPull():
            return _is_pull(shadow.repository, shadow.pull_request, target)
        case OlderThan():
            return bool(shadow.at) and shadow.at < target.limit
        case _:
            return False


def without_pull(spent: Spent, target: Target) -> Spent | None:
    """Return what is left of a line of the model's account: what was spent stays spent, on no pull request."""
    match target:
        case NamedPull() if _is_pull(spent.repository, spent.pull_request, target):
            return replace(spent, pull_request=0)
        case OlderThan() if spent.at and spent.at < target.limit:
            return None
        case _:
            return spent


def without_actor(entry: AuditEntry, target: Target) -> AuditEntry:
    """Return an entry of the audit log without the person who acted, and without the reason they gave in words."""
    if not isinstance(target, Person) or entry.actor != target.pseudonym:
        return entry
    detail = json.loads(entry.detail) if entry.detail else {}
    if isinstance(detail, dict) and detail.get("reason"):
        detail["reason"] = ""
        entry = replace(entry, detail=json.dumps(detail, sort_keys=True, ensure_ascii=False))
    return replace(entry, actor=FORGOTTEN)


def find_names(before: Episode, after: Episode | None, target: Target) -> frozenset[str]:
    """Return the names by which the list knows what was taken from an episode, as the forge spells them."""
    pull = f"{before.repository}#{before.pull_request}"
    if isinstance(target, NamedPull):
        return frozenset({pull} if after is None else ())
    if not isinstance(target, NamedComment):
        return frozenset()
    if after is None:
        return frozenset({before.id})
    return frozenset(f"{pull}/{reply.comment_id}" for reply in before.replies if reply not in after.replies)


def find_signal_names(signal: FeedbackSignal, target: Target) -> frozenset[str]:
    """Return the names by which the list knows a signal that went."""
    if isinstance(target, NamedPull):
        return frozenset({f"{signal.repository}#{signal.pull_request}"})
    return frozenset({signal.id} if isinstance(target, NamedComment) else ())


def check_key(known: Suppressions, key_check: str) -> None:
    """Raise ConfigError where people were listed with another key: they could not be told from others by this one."""
    if known.people and known.key_check and known.key_check != key_check:
        raise ConfigError(
            "The pseudonym key is not the one with which people were forgotten or opted out, so they could not be told "
            "from others. Set REVIEWLORE_PSEUDONYM_KEY to that key. Nothing was done."
        )


def suppress(known: Suppressions, target: Target, names: Collection[str] = ()) -> Suppressions:
    """Return the list with a target on it; `names` are those by which it was found, as the forge spells them."""
    match target:
        case Person():
            return replace(known, people=_with(known.people, [target.token]), key_check=target.key_check)
        case NamedPull():
            return replace(known, pull_requests=_with(known.pull_requests, names or [target.name]))
        case NamedComment():
            return replace(known, comments=_with(known.comments, names or [target.name]))
        case OlderThan():
            return known


class Listed:
    """The list as a question: whether somebody or something new stands on it, however it is spelled there."""

    def __init__(self, known: Suppressions) -> None:
        self.people = frozenset(known.people)
        self._pulls = frozenset(name.lower() for name in known.pull_requests)
        self._comments = frozenset(name.lower() for name in known.comments)

    def has_pull(self, repository: str, number: int) -> bool:
        """Whether a pull request is listed."""
        return f"{repository}#{number}".lower() in self._pulls

    def has_comment(self, repository: str, number: int, comment_id: str, url: str | None = None) -> bool:
        """Whether a comment is listed, by its episode's id, its own id or its address."""
        names = (f"{repository}#{number}/{comment_id}", comment_id, url or "")
        return any(name.lower() in self._comments for name in names if name)


def allow(known: Suppressions, target: Target) -> Suppressions:
    """Return the list without a target, however it is spelled there."""
    match target:
        case Person():
            return replace(known, people=tuple(token for token in known.people if token != target.token))
        case NamedPull():
            kept = (name for name in known.pull_requests if name.lower() != target.name.lower())
            return replace(known, pull_requests=tuple(kept))
        case NamedComment():
            kept = (name for name in known.comments if not _is_listed_comment(name, target))
            return replace(known, comments=tuple(kept))
        case OlderThan():
            return known


def _is_whole(episode: Episode, target: Target) -> bool:
    match target:
        case Person():
            return episode.author == target.pseudonym
        case NamedPull():
            return _is_pull(episode.repository, episode.pull_request, target)
        case NamedComment():
            if target.url and episode.url == target.url and _is_allowed(episode.repository, target):
                return True
            return _is_comment(episode.repository, episode.pull_request, episode.comment_id, target)
        case OlderThan():
            return bool(episode.created_at) and episode.created_at < target.limit


def _is_reply(episode: Episode, reply: Reply, target: Target) -> bool:
    if isinstance(target, Person):
        return reply.author == target.pseudonym
    if isinstance(target, NamedComment) and reply.comment_id:
        return _is_comment(episode.repository, episode.pull_request, reply.comment_id, target)
    return False


def _evidence_left(
    episode: Episode, target: Target, silenced: Collection[str], withdrawn: Collection[FeedbackSignal]
) -> tuple[OutcomeEvidence, ...]:
    """Return the evidence without a person's, what the replies of the silenced showed, and withdrawn signals."""

    def goes(item: OutcomeEvidence) -> bool:
        if isinstance(target, Person) and item.by == target.pseudonym:
            return True
        if item.kind.startswith("reply") and item.by in silenced:
            return True
        return item.kind in ("dismissed", "accepted") and _is_withdrawn(episode, item, withdrawn)

    return tuple(item for item in episode.evidence if not goes(item))


def _is_withdrawn(episode: Episode, item: OutcomeEvidence, withdrawn: Collection[FeedbackSignal]) -> bool:
    return any(
        (signal.finding, signal.author, signal.repository) == (episode.finding, item.by, episode.repository)
        for signal in withdrawn
    )


def _is_comment(repository: str, number: int, comment_id: str, target: NamedComment) -> bool:
    if not comment_id or comment_id != target.comment_id or not _is_allowed(repository, target):
        return False
    return target.pull is None or _is_pull(repository, number, target.pull)


def _is_allowed(repository: str, target: NamedComment) -> bool:
    return not target.repository or repository.lower() == target.repository.lower()


def _is_pull(repository: str, number: int, target: NamedPull) -> bool:
    """Names of repositories are compared as the forge does: in any case."""
    return number == target.number and repository.lower() == target.repository.lower()


def _is_listed_comment(name: str, target: NamedComment) -> bool:
    if name.lower() == target.name.lower():
        return True
    return target.pull is None and bool(target.comment_id) and name.rpartition("/")[2] == target.comment_id


def _with(known: tuple[str, ...], names: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted({*known, *names}))
