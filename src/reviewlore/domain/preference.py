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
