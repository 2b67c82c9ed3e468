"""What of a change is looked at first where not all of it can be: what is known of a hunk in, a number out.

The order is stated, not learned; a learned one takes its place by the same signature (`Score`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FileKind = Literal["source", "config", "test", "docs", "generated"]

# What people read first: code, what builds it, what proves it, what tells of it, and what tools wrote.
_KIND: dict[FileKind, float] = {"source": 4.0, "config": 3.0, "test": 2.0, "docs": 1.0, "generated": 0.0}
_FACT = {"info": 2.0, "warning": 3.0, "error": 4.0}


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of one hunk, and of its file, before any model has seen it.

    `facts` are (kind, severity) of what the survey found on it. `added` and `removed` count rows, `fan_in` the modules
    that import the file, `incidents` the fixes it needed of late. The flags say what the hunk touches: `imports`,
    a definition that others may use (`public`), the handling of errors (`errors`), a definition of unusual effort
    (`complex`); `untested` that no test changes with the file, `new_file` that the file is new, `fixes` that the change
    itself repairs or takes back something. `attention` is the chance that a person speaks of it (None: not known).
    """

    kind: FileKind = "source"
    facts: tuple[tuple[str, str], ...] = ()
    added: int = 0
    removed: int = 0
    fan_in: int = 0
    incidents: int = 0
    imports: bool = False
    public: bool = False
    errors: bool = False
    complex: bool = False
    untested: bool = False
    new_file: bool = False
    fixes: bool = False
    attention: float | None = None


Score = Callable[[Signals], float]


def score_hunk(signals: Signals) -> float:
    """Return how early a hunk is looked at, higher is earlier: facts on it, what people speak of, fan-in and record.

    Where it is not known what people speak of, the kind of file and the size stand for it. Sizes and counts grow by
    their logarithm, so that none outweighs a kind of file.
    """
    fact = max((_FACT.get(severity, 0.0) for _, severity in signals.facts), default=0.0)
    reach = min(0.6, math.log2(1 + signals.fan_in) / 12)
    record = min(0.6, 0.2 * signals.incidents)
    marks = 0.1 * sum((signals.public, signals.errors, signals.complex))
    return round(_seen(signals) + fact + reach + record + marks, 4)


def _seen(signals: Signals) -> float:
    """Return 0 to 5 for what a hunk is at a glance; what tools wrote comes last whatever it looks like."""
    if signals.attention is None or signals.kind == "generated":
        return _KIND[signals.kind] + min(1.0, math.log2(1 + signals.added + signals.removed / 2) / 10)
    chance = min(0.999, max(0.001, signals.attention))
    return min(5.0, max(1.0, 4.5 + math.log(chance / (1.0 - chance)) / 2))
