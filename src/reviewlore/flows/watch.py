"""What became of our remarks in; a canary's trial ended, and what does worse than before taken back, and that said."""

from collections.abc import Iterator

from reviewlore.domain.finding import SPECIALISTS
from reviewlore.domain.model import Registry, RegistryEntry
from reviewlore.domain.online import OnlineMetrics
from reviewlore.errors import RefusedError, StateError
from reviewlore.flows import state
from reviewlore.flows.promote import promote, rollback
from reviewlore.ports import Store
from reviewlore.stages.online import (
    LEAST_SETTLED,
    PRIOR,
    count_settled,
    find_decline,
    find_predecessor,
    of_specialist,
    since_week,
)
from reviewlore.stages.registry import find_active, find_canary, find_incumbent

ACTOR = "reviewlore"
_ALL = 100  # percent


def watch(store: Store, now: str, *, take_back: bool) -> str:
    """Decide about what judges by what became of its remarks; return what was done, empty where nothing was.

    A canary is taken back where its remarks are addressed significantly less often than the incumbent's, and becomes
    active otherwise, once `LEAST_SETTLED` of both are settled. With `take_back` an active version is rolled
    back for the same reason. A version whose files are damaged is not gone to, which is said too.
    """
    registry, metrics = state.read_registry(store), state.read_online(store)
    told: list[str] = []
    for specialist in ("", *SPECIALISTS):
        canary, active = find_canary(registry, specialist), find_active(registry, specialist)
        if canary is not None:
            told += _end_trial(store, registry, canary, metrics, now)
        elif take_back and active is not None:
            told += _take_back(store, registry, active, metrics, now)
    return " ".join(told)


def _end_trial(
    store: Store, registry: Registry, canary: RegistryEntry, metrics: OnlineMetrics, now: str
) -> Iterator[str]:
    """Compare a canary with the incumbent in the weeks of its trial, or of all time where that judged too little then.

    Pull requests fall to one or the other by their numbers, so that both meet the same weeks and people. They are
    compared once: it ends the trial, and waits until both have enough settled remarks. Only a canary of all pull
    requests, beside which the incumbent judges nothing, does not wait for that.
    """
    incumbent = find_incumbent(registry, canary.specialist)
    rival = incumbent.id if incumbent else PRIOR
    own = of_specialist(metrics, canary.specialist)
    during = since_week(own, canary.decided_at)
    known = during if count_settled(during, rival) >= LEAST_SETTLED else own
    decline = find_decline(known, canary.id, rival, once=True)
    settled, compared = count_settled(own, canary.id), count_settled(known, rival) >= LEAST_SETTLED
    try:
        if decline is not None:
            reason = f"taken back by itself: {decline.reason}"
            yield rollback(store, ACTOR, reason, now, specialist=canary.specialist)
        elif settled >= LEAST_SETTLED and (compared or canary.share == _ALL):
            found = f"no significant decline from {rival}" if compared else f"{rival} judged too few to compare with"
            reason = f"the trial is over: {settled} of its remarks are settled, {found}"
            yield promote(store, canary.id, ACTOR, reason, now)
    except (RefusedError, StateError) as error:
        yield f"The canary {canary.id} stays on trial: {error}"


def _take_back(
    store: Store, registry: Registry, active: RegistryEntry, metrics: OnlineMetrics, now: str
) -> Iterator[str]:
    before = find_predecessor(registry, active.id)
    decline = find_decline(of_specialist(metrics, active.specialist), active.id, before)
    if decline is None:
        return
    try:
        yield rollback(store, ACTOR, f"taken back by itself: {decline.reason}", now, specialist=active.specialist)
    except StateError as error:
        yield f"{active.id} does worse than the version before it ({decline.reason}), but stays: {error}"
