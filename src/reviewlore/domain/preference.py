"""Preferences: of two remarks, which one this team stands by. Made by `stages/dataset.py`."""

from dataclasses import dataclass
from typing import Literal

PairKind = Literal[
    "outcome",  # addressed vs ignored or declined, each read against its own hunk (ranker only: prompts differ)
    "relevance_hard",  # addressed vs a remark from the same file or folder, both read against the addressed one's hunk
    "relevance_easy",  # addressed vs a remark of another pull request and path, both against the addressed one's hunk
    "same_hunk",  # addressed vs declined or ignored, on one hunk
    "human_over_bot",  # an addressed human remark vs a bot's remark on that hunk that was not addressed
]
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

    `pull_request` (of the chosen remark, `owner/name#n`) is the unit of splitting and of the bootstrap.
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


@dataclass(frozen=True, slots=True)
class Dataset:
    """All pairs, what was left out by reason, and where each repository's test time begins (ISO 8601).

    `duplicates` counts repeated remarks that were dropped, `contradictions` near-equal remarks with opposite outcomes.
    """

    pairs: tuple[PreferencePair, ...]
    dropped: dict[str, int]
    split_at: dict[str, str]
    duplicates: int = 0
    contradictions: int = 0
