"""What a dataset is like, for the people it was made of: lengths, contradictions, whose judgement it is, odd voters.

Made by `stages/balance.py: examine(episodes, dataset)`; nothing in it names a person: people are hashes of pseudonyms.
"""

from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.history import Outcome

OutlierReason = Literal["against_git", "against_others", "unusual_share"]


@dataclass(frozen=True, slots=True)
class LengthBalance:
    """Lengths in characters of the two sides of one kind of pairs.

    `longer_chosen` is the share of the longer remark being the chosen one among pairs of unequal length; `longer_wins`
    the preference accuracy of "the longer one is better" over all pairs (a tie counts one half): 0.5 is balance.
    """

    kind: str
    pairs: int
    chosen_median: float
    rejected_median: float
    longer_chosen: float
    longer_wins: float


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Near-equal remarks of one repository with opposite outcomes: one of each side, for a maintainer to settle.

    `addressed` and `refused` are episode ids, the latest of their side; `remarks` is the size of the whole group;
    `outcome` is what became of the refused one.
    """

    repository: str
    addressed: str
    refused: str
    outcome: Outcome
    addressed_excerpt: str
    refused_excerpt: str
    remarks: int


@dataclass(frozen=True, slots=True)
class PersonShare:
    """One reviewer's part of the remarks that stand on the chosen side; `person` is the hash of a pseudonym."""

    person: str
    remarks: int
    share: float


@dataclass(frozen=True, slots=True)
class GroupRate:
    """How often the remarks of one group were acted on, of those with a known outcome."""

    group: str
    remarks: int
    addressed: int
    rate: float


@dataclass(frozen=True, slots=True)
class VoteOutlier:
    """A person whose votes are unlike the others'; `person` is the hash of a pseudonym.

    Of `votes` cast, `compared` stand beside what git (or other voters) said of the same remark, `against` contradict
    it; `rate` is their share, `expected` that of everybody else's votes, `probability` the chance of as many or more
    by luck (binomial, one-sided). For `unusual_share`, `rate` is the person's share of all votes, `expected` an equal
    one, and `probability` is not defined (1.0).
    """

    person: str
    reason: OutlierReason
    votes: int
    compared: int
    against: int
    rate: float
    expected: float
    probability: float


@dataclass(frozen=True, slots=True)
class DataReport:
    """What `status --data` shows of the newest dataset.

    `lengths` is by kind, in the order of `PairKind`, extra kinds included; `contradictions` the first of
    `contradictions_found` groups, latest first; `reviewers` the ten largest, largest first; `largest_share` the first
    one's share. `newcomers` has the groups `first pull request` and `later pull requests` (of the author the remark
    was made to), `languages` one group a language, most remarks first, `authors` the groups `human` and `bot`.
    `capped` is how many people's votes were weighed down by the cap per person.
    """

    episodes: int
    pairs: int
    lengths: tuple[LengthBalance, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    contradictions_found: int = 0
    reviewers: tuple[PersonShare, ...] = ()
    largest_share: float = 0.0
    newcomers: tuple[GroupRate, ...] = ()
    languages: tuple[GroupRate, ...] = ()
    authors: tuple[GroupRate, ...] = ()
    outliers: tuple[VoteOutlier, ...] = ()
    capped: int = 0
