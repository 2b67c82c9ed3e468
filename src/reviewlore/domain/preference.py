"""Preferences: of two remarks, which one this team stands by. Made by `stages/dataset/`."""

from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.history import Episode

PairKind = Literal[
    "outcome",  # addressed vs ignored or declined, each read against its own hunk (ranker only: prompts differ)
    "relevance_hard",  # addressed vs a remark from the same file or folder, both read against the addressed one's hunk
    "relevance_easy",  # addressed vs a remark of another pull request and path, both against the addressed one's hunk
    "same_hunk",  # addressed vs declined or ignored, on one hunk
    "human_over_bot",  # an addressed human remark vs a bot's remark on that hunk that was not addressed
    "relevance_similar",  # addressed vs a similar remark of another pull request and path, both against one hunk
    "dismissed",  # the maintainer's rewording, or nothing (an empty body), vs our remark that was dismissed
    "silence",  # nothing (an empty body) vs a bot's remark on a hunk that a person reviewed and that stayed as it was
    "revision",  # the remark with the code after it as a suggestion vs the same with the code before it
]
EXTRA_KINDS: tuple[PairKind, ...] = ("relevance_similar", "silence", "revision")  # trained on where asked for only
Split = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Remark:
    """What a ranker sees of one candidate: where, on which diff hunk, and the words."""

    path: str
    hunk: str
    body: str


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """`chosen` is preferred to `rejected` with `weight` in (0, 1]; `episodes` says from what it was made.

    `pull_request` (of the chosen remark, `owner/name#n`) is the unit of splitting and of the bootstrap. A pair made of
    one remark (`dismissed`, `silence`, `revision`) names its episode twice.
    """

    id: str
    kind: PairKind
    chosen: Remark
    rejected: Remark
    weight: float
    repository: str
    pull_request: str
    created_at: str
    episodes: tuple[str, str]
    split: Split = "train"


@dataclass(frozen=True, slots=True)
class PairSettings:
    """How many pairs are made of which remarks.

    `hard`, `easy` and `outcome` are partners per remark in training; in the test split every remark has `test_partners`
    (a single one leaves much to chance), for at most `test_limit` remarks of a repository and kind. `test_share` is the
    share of a repository's pull requests, the latest (0: all is training). Weights lie in (0, 1]: `contradicted` is for
    near-equal remarks with opposite outcomes.

    `similar` is partners per remark as `hard` is. Of `extra_kinds` the pairs are trained on, of the other extra ones
    only counted. `evaluation_repositories` (`owner/name`, in any case) are asked about and never trained on. A refused
    remark of an outsider counts if at least `standing` of the author's remarks were addressed, as git shows. The pairs
    that rest on one person's word alone weigh at most `voter_pairs`, or `voter_share` of all pairs if that is more.
    """

    hard: int = 3
    easy: int = 3
    outcome: int = 16
    test_partners: int = 3
    test_limit: int = 120
    test_share: float = 0.3
    shortest_body: int = 20
    intents: frozenset[str] = frozenset({"suggestion", "nit", "statement", "question"})
    test_intents: frozenset[str] = frozenset({"suggestion", "nit", "statement"})
    contradicted: float = 0.5
    similar: int = 3
    extra_kinds: frozenset[str] = frozenset()
    evaluation_repositories: frozenset[str] = frozenset()
    standing: int = 3
    voter_pairs: int = 100
    voter_share: float = 0.05


@dataclass(frozen=True, slots=True)
class Dataset:
    """All pairs, what was left out by reason, and where each repository's test time begins (ISO 8601).

    `duplicates` counts repeated remarks that were dropped, `contradictions` near-equal remarks with opposite outcomes,
    whose episode ids stand in `contradicted`, one tuple a group. `extra` are the pairs of kinds that are not trained
    on. `held_out` are the remarks of the test side, people's and bots', by which scores are calibrated. `marked` counts
    remarks of people who behave like bots; `capped` says by what factor the word of a person (pseudonym) was weighed
    down. `snapshot` is the time after which nothing was read, empty: no limit.
    """

    pairs: tuple[PreferencePair, ...]
    dropped: dict[str, int]
    split_at: dict[str, str]
    duplicates: int = 0
    contradictions: int = 0
    contradicted: tuple[tuple[str, ...], ...] = ()
    extra: tuple[PreferencePair, ...] = ()
    marked: dict[str, int] = field(default_factory=dict)
    capped: dict[str, float] = field(default_factory=dict)
    snapshot: str = ""
    held_out: tuple[Episode, ...] = ()


def is_judged(pair: PreferencePair) -> bool:
    """Whether a pair is a question to a scorer of remarks: both sides say something, and not the same but for code."""
    return bool(pair.chosen.body.strip() and pair.rejected.body.strip()) and pair.kind != "revision"
