"""What `trace` is asked for, in; what it is and where it counts, out. Pure: it reads names, remarks and pairs.

It never guesses: a name that fits several remarks is an error that lists them.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.history import Episode
from reviewlore.domain.lineage import CitedPrecedent, PairCount, PairSide, RemarkTrace, TracedDataset
from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.references import read_comment_reference
from reviewlore.errors import InputError, RefusedError

TargetKind = Literal["remark", "talk", "number", "finding"]

_NUMBER = re.compile(r"\d{1,18}")
_FINDING = re.compile(r"[0-9a-f]{6,64}")
_EXCERPT = 400


@dataclass(frozen=True, slots=True)
class TraceTarget:
    """What is asked for: a remark by name or number, a comment of a conversation (`talk`), or one of our findings.

    A `number` of six digits or more may be a finding's id too, and a `finding` a remark's of git notes.
    """

    kind: TargetKind
    name: str
    repository: str = ""
    pull_request: int = 0


def parse_target(text: str) -> TraceTarget:
    """Read what `trace` is asked for; InputError says which forms there are."""
    given = text.strip()
    if found := read_comment_reference(given):
        kind: TargetKind = "talk" if found.in_talk else "remark"
        return TraceTarget(kind, found.comment_id, found.repository, found.pull_request)
    if _NUMBER.fullmatch(given):
        return TraceTarget("number", given)
    if _FINDING.fullmatch(given.lower()):
        return TraceTarget("finding", given.lower())
    raise InputError(
        f"{text!r} names no comment. Write OWNER/NAME#PULL/COMMENT as the state branch has it, a comment's number, its "
        "address on GitHub (...#discussion_r123), or the id at the end of one of our comments (6 to 64 hex digits)."
    )


def find_remark(target: TraceTarget, episodes: Sequence[Episode]) -> Episode | None:
    """Return the mined remark that is meant, or None; RefusedError where several repositories have that number."""
    if target.kind == "talk":
        return None
    found = [episode for episode in episodes if episode.comment_id == target.name]
    if target.kind == "remark":
        place = (target.repository.casefold(), target.pull_request)
        found = [each for each in found if (each.repository.casefold(), each.pull_request) == place]
    if len(found) > 1:
        names = ", ".join(episode.id for episode in found[:5])
        raise RefusedError(f"Several remarks have the number {target.name}: {names}. Name the one you mean in full.")
    return found[0] if found else None


def find_finding(target: TraceTarget, known: Iterable[str]) -> str | None:
    """Return the one finding whose id begins as asked, or None; RefusedError where several do."""
    if target.kind not in ("number", "finding") or len(target.name) < 6:
        return None
    found = sorted({name for name in known if name.startswith(target.name)})
    if target.name in found:
        return target.name
    if len(found) > 1:
        raise RefusedError(f"Several findings begin with {target.name}: {', '.join(found[:5])}. Give more digits.")
    return found[0] if found else None


def find_precedent(cited: CitedPrecedent, repository: str, episodes: Sequence[Episode]) -> Episode | None:
    """Return the remark that a comment of ours names: by address, else the only one of that pull request and path."""
    if cited.url:
        linked = [episode for episode in episodes if episode.url == cited.url]
        if len(linked) == 1:
            return linked[0]
    found = [
        episode
        for episode in episodes
        if episode.repository.casefold() == repository.casefold()
        and (episode.pull_request, episode.anchor.path) == (cited.pull_request, cited.path)
    ]
    return found[0] if len(found) == 1 else None


def count_pairs(name: str, pairs: Iterable[PreferencePair]) -> tuple[PairCount, ...]:
    """Return in how many pairs of each kind an episode stands, on which side; in the order of kinds and sides."""
    counts: dict[tuple[str, PairSide], list[int]] = defaultdict(lambda: [0, 0])
    for pair in pairs:
        if name in pair.episodes:
            counts[pair.kind, _side(name, pair)][pair.split == "test"] += 1
    return tuple(PairCount(kind, side, train, test) for (kind, side), (train, test) in sorted(counts.items()))


def tell_remark(episode: Episode, datasets: tuple[TracedDataset, ...]) -> RemarkTrace:
    """Return a remark with what became of it and where it counts; its words are cut to an excerpt."""
    words = " ".join(episode.body.split())
    return RemarkTrace(
        id=episode.id,
        repository=episode.repository,
        pull_request=episode.pull_request,
        path=episode.anchor.path,
        line=episode.anchor.line,
        created_at=episode.created_at,
        author=episode.author,
        author_kind=episode.author_kind,
        author_role=episode.author_role,
        intent=episode.intent,
        concern=episode.concern,
        language=episode.language,
        source=episode.source,
        url=episode.url,
        excerpt=words if len(words) <= _EXCERPT else words[: _EXCERPT - 1] + "…",
        replies=len(episode.replies),
        outcome=episode.outcome,
        confidence=episode.confidence,
        evidence=episode.evidence,
        finding=episode.finding,
        datasets=datasets,
    )


def fingerprint_of(name: str) -> str:
    """Return the hash by which the audit log names a remark or finding: SHA-256 of its id, so that it names nobody."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def _side(name: str, pair: PreferencePair) -> PairSide:
    chosen, rejected = pair.episodes
    if chosen != rejected:
        return "chosen" if chosen == name else "rejected"
    return "both" if pair.chosen.body.strip() else "rejected"  # made of one remark: its words against silence, or both
