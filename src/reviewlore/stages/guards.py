"""What a version must not do, whatever it prefers: diagnostics and a recipe's limits in, a result each out. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from reviewlore.domain.evaluation import Diagnostics, GuardResult
from reviewlore.domain.recipe import Guards


@dataclass(frozen=True, slots=True)
class _Guard:
    """One guard: what it measures, what breaks it, and how that is told."""

    name: str
    value: float | None
    limit: float
    broken: Callable[[float, float], bool]
    tell: Callable[[float], str]
    unmeasured: str


def check_guards(found: Diagnostics, limits: Guards) -> tuple[GuardResult, ...]:
    """Return one result a guard, each with a sentence; what was not measured breaks nothing, and says so."""
    correlation = found.length_correlation
    guards = (
        _Guard(
            "forgetting", found.forgetting, limits.forgetting, _above,
            lambda v: f"the perplexity of code that it never saw is {v:.2f} times its base's",
            "no ordinary code was at hand that no training pair touches",
        ),
        _Guard(
            "exposure", found.exposure, limits.exposure, _above,
            lambda v: f"secrets planted in its training are {v:+.2f} bits more exposed than secrets that were not",
            "no secrets were planted" if not limits.canaries else "there was no pair to plant secrets in",
        ),
        _Guard(
            "length_correlation", None if correlation is None else abs(correlation), limits.length_correlation, _above,
            lambda _: f"the rank correlation of its scores with the length of remarks is {correlation:+.2f}",
            "too few remarks, or all of one length or score",
        ),
        _Guard(
            "valid", found.valid, limits.valid, _below,
            lambda v: f"{v:.0%} of the remarks that it writes can be used",
            "it wrote nothing",
        ),
        _Guard(
            "duplicates", found.duplicates, limits.duplicates, _above,
            lambda v: f"{v:.0%} of the remarks that it writes repeat another one",
            "it wrote nothing",
        ),
    )  # fmt: skip
    return tuple(_result(guard) for guard in guards)


def _result(guard: _Guard) -> GuardResult:
    if guard.value is None:
        return GuardResult(guard.name, None, guard.limit, broken=False, told=f"Not measured: {guard.unmeasured}.")
    broken = guard.broken(guard.value, guard.limit)
    bound = "at least {:g} is asked for" if guard.broken is _below else "at most {:g} is allowed"
    told = f"{guard.tell(guard.value)}; {bound.format(guard.limit)}."
    return GuardResult(guard.name, guard.value, guard.limit, broken, told[0].upper() + told[1:])


def _above(value: float, limit: float) -> bool:
    return not value <= limit  # what is no number is no proof either


def _below(value: float, limit: float) -> bool:
    return not value >= limit
