"""What was read from a model's answer: remarks as it wrote them, checked for form only, and what is wrong with others.

Made by `stages/review/answers.py`; nothing in a draft is true until `stages/review/verify.py` has looked at it.
"""

from dataclasses import dataclass

from reviewlore.domain.answering import ClaimKind
from reviewlore.domain.architecture import Severity
from reviewlore.domain.finding import Specialist

# Of a remark that does not say how sure it is: it says nothing against it, so the default threshold lets it pass.
UNSURE = 0.6


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement about structure: `subject` imports, calls, duplicates ... `object` (empty where the kind has none).

    Both are names as the model spelled them: paths, modules, functions.
    """

    kind: ClaimKind
    subject: str
    object: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """One remark of a model whose form is right; `hunk` is an excerpt's id, `line` a row of the new file.

    `quote` is what it says stands there: empty for a remark in the trained form, which has neither line nor quote.
    """

    hunk: str
    line: int
    specialist: Specialist
    severity: Severity
    title: str
    why: str
    advice: str
    quote: str = ""
    start_line: int | None = None
    claims: tuple[Claim, ...] = ()
    suggestion: str | None = None
    confidence: float = UNSURE


@dataclass(frozen=True, slots=True)
class Faulty:
    """A remark that cannot be used as it was written: its place in the answer (from 1) and what is wrong with it."""

    place: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one answer says. `problem` is why none of it could be read (empty: it could, or it says nothing).

    `cut` counts remarks that the end of the answer cut off, `extra` those beyond the limit.
    """

    drafts: tuple[Draft, ...] = ()
    faulty: tuple[Faulty, ...] = ()
    problem: str = ""
    cut: int = 0
    extra: int = 0
