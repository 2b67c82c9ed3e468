"""What a change does to the import graph: edges and contracts. Change in, facts out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reviewlore.architecture.contracts import applies, breaks
from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.graph import strongest
from reviewlore.architecture.members import Called, Names, call_outside
from reviewlore.architecture.places import folder_of, is_product, is_vendored, related
from reviewlore.domain.architecture import Contract, ContractKind, Evidence, ExternalImport, Fact, ImportEdge

_SHOWN = 5
_KINDS: Mapping[ContractKind, str] = {
    "layers": "layer_crossed",
    "allowed": "edge_not_allowed",
    "boundary": "boundary_pierced",
}
_TIED = ", so from here on neither can be changed or reused without the other"
_HARM: Mapping[ContractKind, str] = {
    "allowed": ", so this adds a dependency that nobody has agreed to",
    "boundary": ", so from here on what lies behind it can no longer be changed freely",
}
_TURN = "Let the upper side pass in what is needed, or move it down to where both may import it."
_ADVICE: Mapping[ContractKind, str] = {
    "allowed": "Take what is needed from a module that may be imported, or let the caller pass it in.",
    "boundary": "Import it from where it is offered; if it is not offered yet, offer it there.",
}
# How often a direction read off the code is meant as a rule, by judgement; a name that says so is meant more often.
_INFERRED: Mapping[ContractKind, float] = {"layers": 0.6, "boundary": 0.7}


def find_contract_breaks(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each file and contract that new imports of it break, or that a move of it makes them break.

    The contracts are those of the base, so that no change can allow itself what it does. Where it edits the file of a
    contract, and the contract of that name allows the import there, the fact is for information only and says so: the
    one thing that whoever changes a rule along with the import gains. Other contracts the import breaks are told of.
    """
    found: dict[tuple[Contract, str, bool], list[_Breach]] = {}
    for contract, breach in (*_inside(change), *_outside(change)):
        found.setdefault((contract, breach.importer, breach.allowed), []).append(breach)
    for (contract, _, _), breaches in found.items():
        yield _break(change, contract, sorted(breaches, key=lambda one: (one.line, one.target)))


class _Breach(NamedTuple):
    """A new import against a contract; `allowed` where the change edits the contract so that it allows the import."""

    importer: str
    target: str
    line: int
    reason: str
    allowed: bool


def _inside(change: ChangeContext) -> Iterator[tuple[Contract, _Breach]]:
    """Imports of the repository's own modules; the first contract that one newly breaks is told of."""
    names, former, held = Names(change.head), Names(change.base), _held(change)
    for edge in (*change.new_edges, *_carried(change)):
        one, other = names[edge.importer], names[edge.imported]
        before = held.get((change.base_path(edge.importer), change.base_path(edge.imported)))
        before = before or held.get((former[change.base_path(edge.importer)].shown, other.shown))
        for contract in change.contracts:
            reason = breaks(contract, one, other) if applies(contract, edge.importer, edge.kind) else None
            if not reason or (contract.inferred and _habitual(change, contract, edge)):
                continue
            if before is not None and _broken(contract, before, former):
                continue
            allowed = _allows(change, contract, edge, (one, other))
            yield contract, _Breach(edge.importer, other.shown, edge.line, reason, allowed)
            if not allowed:
                break


def _allows(
    change: ChangeContext, contract: Contract, entry: ImportEdge | ExternalImport, ends: tuple[Called, Called]
) -> bool:
    """Whether the change leaves a contract standing in its file, under its name, but lets it allow an import."""
    revised = [
        one
        for one in change.revised
        if (one.kind, one.name, one.origin) == (contract.kind, contract.name, contract.origin)
    ]
    return bool(revised) and not any(applies(one, entry.importer, entry.kind) and breaks(one, *ends) for one in revised)


def _held(change: ChangeContext) -> dict[tuple[str, str], ImportEdge]:
    """Imports of the base by their paths and by the names of both ends: a module may become a package of its name."""
    found = strongest(change.base.edges)
    modules = change.base.modules
    return {(modules[a].name, modules[b].name): edge for (a, b), edge in found.items()} | found


def _carried(change: ChangeContext) -> Iterator[ImportEdge]:
    """Imports of which one end has moved: they are not new, but what they cross may be."""
    fresh = {(edge.importer, edge.imported) for edge in change.new_edges}
    for pair, edge in strongest(change.head.edges).items() if change.former else ():
        if pair not in fresh and not change.former.keys().isdisjoint(pair) and not is_vendored(edge.importer):
            yield edge


def _broken(contract: Contract, edge: ImportEdge, names: Names) -> bool:
    """Whether an import of the base broke a contract already."""
    return applies(contract, edge.importer, edge.kind) and bool(
        breaks(contract, names[edge.importer], names[edge.imported])
    )


def _outside(change: ChangeContext) -> Iterator[tuple[Contract, _Breach]]:
    """Imports of third parties: only what is forbidden speaks of them."""
    names = Names(change.head)
    forbidding = [contract for contract in change.contracts if contract.kind == "forbidden"]
    for entry in change.new_external if forbidding else ():
        one, other = names[entry.importer], call_outside(entry.importer, entry.target)
        for contract in forbidding:
            reason = breaks(contract, one, other) if applies(contract, entry.importer, entry.kind) else None
            if reason:
                allowed = _allows(change, contract, entry, (one, other))
                yield contract, _Breach(entry.importer, entry.target, entry.line, reason, allowed)
                if not allowed:
                    break


def find_new_edges(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each pair of packages where, for the first time, one imports the other."""
    known = {(folder_of(edge.importer), folder_of(edge.imported)) for edge in change.base.edges}
    packages = {folder_of(path) for path in change.base.modules}
    seen = set()
    for edge in change.new_edges:
        pair = (folder_of(edge.importer), folder_of(edge.imported))
        if pair in known or pair in seen or related(*pair) or not packages.issuperset(pair):
            continue
        if edge.kind == "type_only" or not (is_product(edge.importer) and is_product(edge.imported)):
            continue
        seen.add(pair)
        yield _new_edge(change, edge, pair)


def _habitual(change: ChangeContext, contract: Contract, edge: ImportEdge) -> bool:
    """Whether an inferred rule has no say about an edge: its packages have done this before, or nothing ships."""
    moved = not change.former.keys().isdisjoint((edge.importer, edge.imported))
    if moved or edge.kind == "type_only" or not (is_product(edge.importer) and is_product(edge.imported)):
        return True
    pair = (folder_of(edge.importer), folder_of(edge.imported))
    if any((folder_of(known.importer), folder_of(known.imported)) == pair for known in change.base.edges):
        return True
    return contract.kind == "boundary" and edge.imported not in change.base.modules  # made with its first user


def _break(change: ChangeContext, contract: Contract, breaches: Sequence[_Breach]) -> Fact:
    path, target, line, reason, allowed = breaches[0]
    importer, kind = change.name(path), _KINDS.get(contract.kind, "forbidden_import")
    rule = "the habit of this repository" if contract.inferred else f"the contract “{contract.name}”"
    reason = reason.replace(" is declared below ", " lies below ") if contract.inferred else reason
    declared = f"Inferred: {contract.origin}" if contract.inferred else f"“{contract.name}” in {contract.origin}"
    imports = (Evidence(f"`{importer}` imports `{one.target}`", path, one.line) for one in breaches[:_SHOWN])
    edited = Evidence("This change also changes the rule: as it leaves it, the import is allowed", contract.origin)
    return Fact(
        kind=kind,
        path=path,
        line=change.line(path, line),
        title=f"`{importer}` imports `{target}` against {rule}",
        why=f"{reason}{_HARM.get(contract.kind, _TIED)}.",
        advice=f"{_ADVICE.get(contract.kind, _TURN)} If the rule has outlived its reason, change the rule in a commit "
        "of its own.",
        severity="info" if contract.inferred or allowed else "error",
        confidence=_INFERRED.get(contract.kind, 0.6) if contract.inferred else 0.97,
        fingerprint=fingerprint(kind, path, contract.name, target),
        evidence=(*imports, Evidence(declared), *((edited,) if allowed else ())),
        inferred=contract.inferred,
    )


def _new_edge(change: ChangeContext, edge: ImportEdge, pair: tuple[str, str]) -> Fact:
    reverse = sum((folder_of(e.importer), folder_of(e.imported)) == pair[::-1] for e in change.base.edges)
    importer, imported = change.name(edge.importer), change.name(edge.imported)
    back = (
        f" So far the dependency ran the other way only ({reverse} imports): now each needs the other."
        if reverse
        else ""
    )
    return Fact(
        kind="new_edge",
        path=edge.importer,
        line=change.line(edge.importer, edge.line),
        title=f"First import of `{pair[1]}` from `{pair[0]}`",
        why=f"No module of `{pair[0]}` imported `{pair[1]}` before; `{importer}` now imports `{imported}`.{back}",
        advice="If this dependency is meant, all is well; if only a helper is needed, it may belong lower down.",
        severity="info",
        confidence=0.8 if reverse else 0.5,
        fingerprint=fingerprint("new_edge", pair[0], pair[1]),
        evidence=(Evidence(f"`{importer}` imports `{imported}`", edge.importer, edge.line),),
    )
