"""What a run without write access leaves for the run that posts: the answers of a model, and nothing else.

All else of a review is made again from git objects by the run that posts, so that nothing of it can be forged.
"""

from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.asking import FailureKind

Ending = FailureKind | Literal["answered"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """How one request to a model ended: `key` is the hash of what the request was about, `text` the answer as it came.

    Token counts are None where they were not told, `seconds` rounded to milliseconds. `cut`: the answer ended at its
    limit; `given_up`: it is not the adapter's that was asked for.
    """

    key: str
    ending: Ending
    text: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    cut: bool = False
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """The answers that a model gave about one head of one pull request, in the order in which it was asked."""

    repository: str
    pull_request: int
    head: str
    answers: tuple[Recorded, ...] = ()
    schema: int = 1
