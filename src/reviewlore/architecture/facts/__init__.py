"""The facts of a change: its context in, what a reviewer may want to say out, in a fixed order, few by design."""

from collections.abc import Callable, Iterator

from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.architecture.facts.clones import find_clones
from reviewlore.architecture.facts.complexity import find_complex
from reviewlore.architecture.facts.consumers import find_changed_offers
from reviewlore.architecture.facts.cycles import find_cycles
from reviewlore.architecture.facts.dependencies import find_new_dependencies, find_undeclared, find_unused_dependencies
from reviewlore.architecture.facts.frameworks import find_left_folders, find_misused_frameworks
from reviewlore.architecture.facts.growth import find_orphans, find_outgrown
from reviewlore.architecture.facts.habits import find_left_habits
from reviewlore.architecture.facts.hubs import find_hubs
from reviewlore.architecture.facts.incidents import find_incident_prone, find_repeated_reverts
from reviewlore.architecture.facts.losses import find_lost_names
from reviewlore.architecture.facts.manners import find_broken_names, find_misplaced
from reviewlore.architecture.facts.migrations import find_reversed_migrations
from reviewlore.architecture.facts.partners import find_missing_partners, find_missing_tests
from reviewlore.architecture.facts.prose import find_stale_documents, find_stale_instructions
from reviewlore.architecture.facts.schemas import find_changed_schemas
from reviewlore.architecture.facts.signatures import find_stale_callers
from reviewlore.architecture.facts.structure import find_contract_breaks, find_new_edges
from reviewlore.domain.architecture import Fact

_FINDERS: tuple[Callable[[ChangeContext], Iterator[Fact]], ...] = (
    find_contract_breaks,
    find_cycles,
    find_lost_names,
    find_changed_offers,
    find_changed_schemas,
    find_new_edges,
    find_missing_tests,
    find_missing_partners,
    find_broken_names,
    find_misplaced,
    find_stale_callers,
    find_clones,
    find_complex,
    find_hubs,
    find_outgrown,
    find_orphans,
    find_new_dependencies,
    find_undeclared,
    find_unused_dependencies,
    find_stale_documents,
    find_stale_instructions,
    find_misused_frameworks,
    find_left_folders,
    find_left_habits,
    find_incident_prone,
    find_repeated_reverts,
    find_reversed_migrations,
)
# Kinds that were right and worth saying in less than 80 % of the firings read (`python -m benchmarks facts --judged`):
# said on request.
QUIET: frozenset[str] = frozenset(
    {
        "new_edge",  # right in 17 of 17, worth saying in 1: the diff shows it
        "hub_touched",  # right in 4 of 5, worth saying in none: whoever narrows a hub changes its importers along
        "migration_reversed",  # right in 5 of 5, worth saying in 3: the old way may be what the line is about
        "framework_misused",  # right in 1 of 3: some subclasses are unlike the others on purpose
        "public_change_undocumented",  # worth saying in 0 of 6: examples, proposals, and names others have too
    }
)
# Who says one kind only need not look where that kind is not said.
_ONLY: dict[Callable[[ChangeContext], Iterator[Fact]], str] = {
    find_new_edges: "new_edge",
    find_hubs: "hub_touched",
    find_stale_documents: "public_change_undocumented",
    find_misused_frameworks: "framework_misused",
    find_left_folders: "framework_misused",
    find_reversed_migrations: "migration_reversed",
}
_GRAVER = ("layer_crossed", "forbidden_import", "edge_not_allowed", "boundary_pierced", "new_cycle")
_WEIGHT = {"error": 0, "warning": 1, "info": 2}


def is_said(kind: str, also: frozenset[str] = frozenset()) -> bool:
    """Whether facts of a kind are said where those in `also` are asked for."""
    return kind not in QUIET or kind in also


def find_facts(change: ChangeContext, also: frozenset[str] = frozenset()) -> tuple[Fact, ...]:
    """Return the facts of a change, gravest and surest first; of the `QUIET` kinds those named in `also`.

    An edge that breaks a contract or closes a cycle is not also reported as a new edge.
    """
    finders = [find for find in _FINDERS if find not in _ONLY or is_said(_ONLY[find], also)]
    found = [fact for find in finders for fact in find(change)]
    grave = [fact for fact in found if fact.kind in _GRAVER]
    graver = {(shown.path, shown.line) for fact in grave for shown in fact.evidence if shown.line}
    kept = [
        fact
        for fact in found
        if is_said(fact.kind, also)
        and (fact.kind != "new_edge" or graver.isdisjoint((shown.path, shown.line) for shown in fact.evidence))
    ]
    return tuple(sorted(kept, key=lambda fact: (_WEIGHT[fact.severity], -fact.confidence, fact.path, fact.line or 0)))
