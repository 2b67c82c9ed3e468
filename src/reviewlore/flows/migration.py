"""The version in force can be judged here, or nothing is trained; another base model than its own is a migration.

Then the incumbent on its old base and both bases by prompt meet the candidate.
"""

from reviewlore.errors import InputError, MissingExtra, RefusedError, StateError
from reviewlore.flows import state
from reviewlore.flows.fitting import Plan
from reviewlore.flows.scoring import load_version, model_files
from reviewlore.flows.training import TrainContext
from reviewlore.ports import Scorer
from reviewlore.stages import gate, registry

OLD_BASE = "prompt only, old base"


def find_migration(context: TrainContext, plan: Plan) -> str:
    """Say from which base to which a plan would lead; empty where the base stays, or nothing on a base judges."""
    found = state.read_registry(context.store)
    incumbent = registry.find_incumbent(found, plan.specialist)
    if incumbent is None or incumbent.tier != "adapter" or plan.recipe is None:
        return ""
    return gate.find_migration(state.read_version(context.store, incumbent.id), plan.recipe.base)


def refuse_unjudged(context: TrainContext, plan: Plan, migration: str) -> None:
    """Raise RefusedError, before anything is trained, where what judges now could not be judged on this machine."""
    incumbent = registry.find_incumbent(state.read_registry(context.store), plan.specialist)
    if incumbent is None:
        return
    if migration:
        wanted = "be as good (--migrate)" if plan.migrate else "beat it; with --migrate it is enough to be as good"
        told = f"{incumbent.id} is judged on the same pairs; the new one has to {wanted}."
        context.console.say(f"A migration: {migration}. {told}")
    try:
        load_version(context.store, state.read_version(context.store, incumbent.id), context.adapters, judged=True)
    except (MissingExtra, InputError) as error:
        why = f"This would be a migration ({migration}), and " if migration else ""
        raise RefusedError(
            f"{why}{incumbent.id}, which judges now, cannot be judged here beside the new version: {error} Put its "
            "base on this machine (REVIEWLORE_BASE_MODELS=OWNER/NAME=FOLDER), or `reviewlore rollback` to a version "
            "that runs here, and train again."
        ) from error


def open_old_base(context: TrainContext, plan: Plan) -> Scorer:
    """Return the base of the version that judges now, without its adapter, asked by a prompt."""
    incumbent = registry.find_incumbent(state.read_registry(context.store), plan.specialist)
    if incumbent is None:
        raise StateError("The version to migrate from left the registry meanwhile. Train again.")
    bare, files = model_files(context.store, state.read_version(context.store, incumbent.id), judged=True)
    return context.adapters.prompted(bare, files, OLD_BASE, lambda _: ())
