"""Which functions of a map look like given ones: sketches of their bodies in, pairs with their likeness out.

Linear in the functions of the map: only those that share a hash with a wanted one are ever compared.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from reviewlore.domain.architecture import Module
from reviewlore.domain.source import Definition

Place = tuple[Module, Definition]

# A hash that so many wanted functions share is boilerplate: it leads everywhere.
_COMMON = 50


def find_alike(wanted: Sequence[Place], others: Iterable[Place], least: float) -> list[tuple[int, Place, float]]:
    """Return (index of a wanted function, other function, likeness) for all pairs at least so much alike."""
    by_hash: defaultdict[int, list[int]] = defaultdict(list)
    for index, (_, definition) in enumerate(wanted):
        for value in definition.sketch:
            by_hash[value].append(index)
    if not by_hash:
        return []
    found = []
    for module, definition in others:
        hits = Counter(
            index
            for value in definition.sketch
            if len(indices := by_hash.get(value, ())) <= _COMMON
            for index in indices
        )
        for index, count in hits.items():
            own = wanted[index][1].sketch
            if 2 * count >= least * min(len(own), len(definition.sketch)):
                alike = likeness(own, definition.sketch)
                if alike >= least:
                    found.append((index, (module, definition), alike))
    return found


def likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the estimated Jaccard similarity of two bottom-k sketches (Broder 1997): 0 where one is empty.

    Of the smallest k hashes of both together, the share that both have; k is the larger sketch's size.
    """
    if not one or not other:
        return 0.0
    first, second = set(one), set(other)
    smallest = sorted(first | second)[: max(len(first), len(second))]
    return sum(value in first and value in second for value in smallest) / len(smallest)


def called_alike(one: Place, other: Place) -> tuple[int, float]:
    """Return how many calls two functions have in common by their last names, and which share of both's calls."""
    first, second = (_called(place) for place in (one, other))
    common, union = (first & second).total(), (first | second).total()
    return common, common / union if union else 1.0


def _called(place: Place) -> Counter[str]:
    module, definition = place
    return Counter(
        call.name.rpartition(".")[2]
        for call in module.parsed.calls
        if definition.body <= call.line <= definition.end_line
    )
