"""What a review would have said: kept unsaid on the state branch, and measured against what people did after the merge.

No code and nobody's words are in it: ids, places and names of rules.
"""

from dataclasses import dataclass

from reviewlore.domain.history import Side

NEARBY = 3  # lines: a person's remark this close to a place is about it


@dataclass(frozen=True, slots=True)
class ShadowFinding:
    """One remark that was not made: where it would have stood, and after the merge what became of the place.

    `changed` says whether the place was changed before the merge as by a remark, `person` whether somebody remarked on
    it themselves (None: not known).
    """

    id: str
    rule: str
    specialist: str
    path: str
    line: int | None
    side: Side
    severity: str
    probability: float | None = None
    changed: bool | None = None
    person: bool | None = None


@dataclass(frozen=True, slots=True)
class ShadowReview:
    """One review that said nothing. `id` is `owner/name#pull_request/head`; `at` is ISO 8601 in UTC.

    `remarks` are people's remarks on the pull request, `anticipated` those at a place where a finding stands; both are
    0 until `settled`.
    """

    id: str
    repository: str
    pull_request: int
    base: str
    head: str
    at: str
    tier: str
    version: str
    findings: tuple[ShadowFinding, ...] = ()
    dropped: int = 0
    settled: bool = False
    remarks: int = 0
    anticipated: int = 0


@dataclass(frozen=True, slots=True)
class ShadowTotals:
    """All shadow reviews added up: `reviews` (one a head) and `findings` in all; the rest counts those after a merge.

    A finding that several heads of a pull request would have got counts once; of `anticipated` the most of any head.
    `changed` findings stand on lines that were changed before the merge, `shared` ones where a person remarked too.
    """

    reviews: int = 0
    findings: int = 0
    settled_reviews: int = 0
    settled_findings: int = 0
    changed: int = 0
    shared: int = 0
    remarks: int = 0
    anticipated: int = 0
