"""What a model is asked about a change, and what it answers. Text of a change or of a model is data, never trusted."""

from dataclasses import dataclass
from typing import Any, Literal

from reviewlore.domain.finding import Specialist

FailureKind = Literal["timeout", "unreachable", "refused", "limited", "budget", "too_long", "broken"]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One hunk as a model is shown it: `id` (`h1`, `h2`, ...) is how its answers name it.

    `text` holds numbered rows of the new file (removed ones unnumbered, marked `-`), `lines` the numbers a remark may
    be pinned to, `hunk` the diff as it stands, `around` what of the file is shown around it, `clipped` how many of the
    hunk's rows are not shown.
    """

    id: str
    path: str
    hunk: str
    text: str
    lines: frozenset[int]
    priority: float = 0.0
    clipped: int = 0
    specialists: tuple[Specialist, ...] = ()
    around: str = ""


@dataclass(frozen=True, slots=True)
class PullText:
    """What the author of a change says of it; a stranger's words."""

    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call: what stands (`system`), what is asked (`user`), and how long the answer may be (tokens).

    `schema` is a JSON schema for servers that can hold an answer to one; `adapter` the registry's id of the version to
    answer with, empty for the base model. `excerpts` and `specialists` say what the call is about.
    """

    system: str
    user: str
    answer_tokens: int
    schema: dict[str, Any] | None = None
    adapter: str = ""
    excerpts: tuple[Excerpt, ...] = ()
    specialists: tuple[Specialist, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model wrote, cut off at the limit or not, and what it took; token counts are None where not told.

    `note` says what had to be given up for it: an adapter that is not served.
    """

    text: str
    model: str
    seconds: float
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cut: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """Why a request was not answered, in a word and in a sentence without secrets."""

    kind: FailureKind
    reason: str
    seconds: float = 0.0
