"""What became of our remarks in; a version that does worse than the one before it is taken back, and that is said."""

from reviewlore.errors import StateError
from reviewlore.flows import state
from reviewlore.flows.promote import rollback
from reviewlore.ports import Store
from reviewlore.stages.online import find_decline, find_predecessor
from reviewlore.stages.registry import find_active

ACTOR = "reviewlore"


def take_back_if_worse(store: Store, now: str) -> str:
    """Roll back the active version where its remarks are addressed significantly less often; return what was done.

    Empty where there is no reason to. A predecessor whose files are damaged is not gone back to, which is said too.
    """
    registry = state.read_registry(store)
    active = find_active(registry)
    if active is None:
        return ""
    decline = find_decline(state.read_online(store), active.id, find_predecessor(registry, active.id))
    if decline is None:
        return ""
    try:
        return rollback(store, ACTOR, f"taken back by itself: {decline.reason}", now)
    except StateError as error:
        return f"{active.id} does worse than the version before it ({decline.reason}), but stays: {error}"
