"""What a change does to the import graph: edges and contracts. Change in, facts out."""

from collections.abc import Iterator

from reviewlore.architecture.contracts import breaks
from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.places import folder_of, is_product, related
from reviewlore.domain.architecture import Contract, Evidence, Fact, ImportEdge


def find_contract_breaks(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each new import that a declared or inferred contract does not allow."""
    for edge in change.new_edges:
        for contract in change.contracts:
            if contract.ignore_type_only and edge.kind == "type_only":
                continue
            reason = breaks(contract, change.name(edge.importer), change.name(edge.imported))
            if reason and not (contract.inferred and _habitual(change, edge)):
                yield _break(change, contract, edge.importer, change.name(edge.imported), edge.line, reason)
                break
    for entry in change.new_external:
        for contract in change.contracts:
            skip = contract.ignore_type_only and entry.kind == "type_only"
            reason = None if skip else breaks(contract, change.name(entry.importer), entry.target)
            if reason:
                yield _break(change, contract, entry.importer, entry.target, entry.line, reason)
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


def _habitual(change: ChangeContext, edge: ImportEdge) -> bool:
    """Whether an inferred direction has no say about an edge: its packages have done this before, or nothing ships."""
    if edge.kind == "type_only" or not (is_product(edge.importer) and is_product(edge.imported)):
        return True
    pair = (folder_of(edge.importer), folder_of(edge.imported))
    return any((folder_of(known.importer), folder_of(known.imported)) == pair for known in change.base.edges)


def _break(change: ChangeContext, contract: Contract, path: str, target: str, line: int, reason: str) -> Fact:
    importer = change.name(path)
    kind = "layer_crossed" if contract.kind == "layers" else "forbidden_import"
    rule = "the habit of this repository" if contract.inferred else f"the contract “{contract.name}”"
    reason = reason.replace(" is declared below ", " lies below ") if contract.inferred else reason
    declared = f"Inferred: {contract.origin}" if contract.inferred else f"“{contract.name}” in {contract.origin}"
    return Fact(
        kind=kind,
        path=path,
        line=change.line(path, line),
        title=f"`{importer}` imports `{target}` against {rule}",
        why=f"{reason}, so from here on neither can be changed or reused without the other.",
        advice="Let the upper side pass in what is needed, or move it down to where both may import it. If the rule "
        "has outlived its reason, change the rule in a commit of its own.",
        severity="info" if contract.inferred else "error",
        confidence=0.6 if contract.inferred else 0.97,
        fingerprint=fingerprint(kind, path, contract.name, target),
        evidence=(Evidence(f"`{importer}` imports `{target}`", path, line), Evidence(declared)),
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
