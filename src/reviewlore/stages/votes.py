"""Which votes count: reactions and resolutions in; out evidence for the remarks they stand on, and counted reasons.

An attacker can make accounts, not write access: only people who may write count, one vote a person and remark, never
the pull request's author on the own pull request, never on words that were changed afterwards (or may have been, where
the vote has no time), and so many a person and pull request. What was merged is weighed in `stages/outcome`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewlore.domain.history import Outcome, OutcomeEvidence, RawRemark, Vote, VoteKind
from reviewlore.domain.people import is_at_least

MOST_VOTES = 10  # of one person on one pull request: who has an opinion on every remark says little with each
_EVIDENCE: Mapping[VoteKind, tuple[str, Outcome, float]] = {
    "up": ("reaction_up", "addressed", 0.35),
    "down": ("reaction_down", "declined", 0.5),
    "resolved": ("resolved", "addressed", 0.25),
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """Evidence by (pull request, comment id), `by` still the login; and how many votes were void, by reason."""

    evidence: dict[tuple[int, str], tuple[OutcomeEvidence, ...]]
    void: dict[str, int]


def weigh_votes(raws: Sequence[RawRemark], most: int = MOST_VOTES) -> Weighed:
    """Weigh the votes on the remarks of one repository; a person's votes on one pull request count up to `most`.

    Reasons: `vote_by_bot`, `vote_by_pull_request_author`, `vote_on_own_remark`, `voter_role_unknown`,
    `voter_may_not_write`, `edited_after_vote`, `votes_contradict`, `too_many_votes`.
    """
    void: Counter[str] = Counter()
    found: dict[tuple[int, str], list[OutcomeEvidence]] = defaultdict(list)
    used: Counter[tuple[str, int, str]] = Counter()
    for raw in sorted(raws, key=lambda raw: (raw.pull_request, raw.created_at, raw.comment_id)):
        for vote in _one_each(raw, void):
            person = (raw.repository, raw.pull_request, vote.author.lower())
            used[person] += 1
            if used[person] > most:
                void["too_many_votes"] += 1
                continue
            kind, outcome, weight = _EVIDENCE[vote.kind]
            found[raw.pull_request, raw.comment_id].append(OutcomeEvidence(kind, outcome, weight, by=vote.author))
    return Weighed({key: tuple(items) for key, items in found.items()}, dict(sorted(void.items())))


def _one_each(raw: RawRemark, void: Counter[str]) -> list[Vote]:
    """Return the votes on one remark that count: one of each person, the resolution before a reaction."""
    by_person: dict[str, list[Vote]] = defaultdict(list)
    for vote in raw.votes:
        reason = _void_reason(vote, raw)
        if reason is None:
            by_person[vote.author.lower()].append(vote)
        else:
            void[reason] += 1
    kept = []
    for _, votes in sorted(by_person.items()):
        kinds = {vote.kind for vote in votes}
        if {"up", "down"} <= kinds or {"resolved", "down"} <= kinds:
            void["votes_contradict"] += len(votes)
        else:
            kept.append(min(votes, key=lambda vote: (vote.kind != "resolved", vote.at)))
    return kept


def _void_reason(vote: Vote, raw: RawRemark) -> str | None:
    person = vote.author.lower()
    checks = (
        ("vote_by_bot", vote.is_bot),
        ("vote_by_pull_request_author", person == (raw.pull_request_author or "").lower()),
        ("vote_on_own_remark", vote.kind != "resolved" and person == (raw.author or "").lower()),
        ("voter_role_unknown", vote.role is None),
        ("voter_may_not_write", not is_at_least(vote.role, "write")),
        ("edited_after_vote", bool(raw.edited_at and (not vote.at or raw.edited_at > vote.at))),
    )
    return next((reason for reason, hit in checks if hit), None)
