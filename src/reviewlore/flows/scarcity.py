"""Too little to learn from: a plan and the minima in; a refusal that says what is missing, or what is not learned, out.

Of the pairs those are counted that the recipe's method can learn from; a recipe has a minimum, too.
"""

from collections.abc import Mapping, Sequence

from reviewlore.config import MinimumSettings
from reviewlore.dialogue import select_trainable
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.scarcity import Shortage
from reviewlore.errors import RefusedError
from reviewlore.flows.curve import try_curve
from reviewlore.flows.fitting import Plan
from reviewlore.flows.judge import LoadedDataset
from reviewlore.flows.training import TrainContext
from reviewlore.formats.curve import render_curve
from reviewlore.stages.recipe import find_shortage
from reviewlore.stages.sufficiency import find_shortage_of, find_thin


def refuse_scarce(context: TrainContext, plan: Plan) -> None:
    """Raise RefusedError where a plan has too little to train on; it says what is missing, and whether more may help.

    The ranker's learning curve is told where there is enough to draw one: it needs less than an adapter does.
    """
    message = _missing(context, plan)
    if message is None:
        return
    curve = try_curve(context.rankers, plan.dataset, context.console, plan.specialist)
    if curve is not None:
        context.console.say(render_curve(curve))
        message += f" {curve.told}"
    raise RefusedError(message)


def find_scarcity(dataset: LoadedDataset, minima: Sequence[MinimumSettings] = (), specialist: str = "") -> str | None:
    """Say what is missing before a ranker can be trained at all, or None."""
    shortage = find_shortage_of(dataset.train, _by_id(dataset), minima, specialist)
    who = f"The ranker of specialist {specialist}" if specialist else "The ranker"
    return _told(who, shortage) if shortage else None


def find_not_learned(plan: Plan, minima: Sequence[MinimumSettings]) -> tuple[str, ...]:
    """Return the slices that a training has too few pairs of to claim them, each with its numbers."""
    thin = find_thin(_pairs(plan), _by_id(plan.dataset), minima, plan.specialist)
    return tuple(shortage.told for shortage in thin)


def _missing(context: TrainContext, plan: Plan) -> str | None:
    if plan.recipe is None:
        return find_scarcity(plan.dataset, context.minima, plan.specialist)
    pairs = _pairs(plan)
    shortage = find_shortage_of(pairs, _by_id(plan.dataset), context.minima, plan.specialist)
    if shortage is not None:
        return _told(f"An adapter of specialist {plan.specialist}" if plan.specialist else "An adapter", shortage)
    return find_shortage(plan.recipe, len(pairs), len({pair.pull_request for pair in pairs}))


def _told(who: str, shortage: Shortage) -> str:
    found = shortage.found
    return (
        f"{who} needs at least {shortage.least_pairs} training pairs; there are {found.pairs} from "
        f"{found.pull_requests} pull requests, of {shortage.least_pull_requests} that are needed. Mine more pull "
        "requests; until then the version in use stays."
    )


def _pairs(plan: Plan) -> tuple[PreferencePair, ...]:
    train, recipe = plan.dataset.train, plan.recipe
    return train if recipe is None else select_trainable(train, recipe.text, recipe.loss.method)[0]


def _by_id(dataset: LoadedDataset) -> Mapping[str, Episode]:
    return {episode.id: episode for episode in dataset.episodes}
