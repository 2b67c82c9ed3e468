"""A model's claim about structure held against the map: confirmed with its evidence, contradicted, or not to be told.

Only what the map surely knows contradicts: a file with syntax errors, or a call the grammar leaves out, proves nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from reviewlore.domain.answering import ClaimKind
from reviewlore.domain.architecture import ArchitectureMap, Evidence, ImportEdge
from reviewlore.domain.asking import Excerpt
from reviewlore.domain.drafts import Claim
from reviewlore.domain.source import Call, Definition
from reviewlore.stages.review.knowledge import WORD, Knowledge, Place

Standing = Literal["confirmed", "contradicted", "unverifiable", "open"]
_ALIKE, _UNLIKE = 0.5, 0.15  # shares of common sketch hashes: near copies, and no more than chance


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim; `evidence` where it is confirmed."""

    standing: Standing
    evidence: tuple[Evidence, ...] = ()


_OPEN, _CONTRADICTED, _UNVERIFIABLE = Verdict("open"), Verdict("contradicted"), Verdict("unverifiable")


def check_claim(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    """Return what the map says of a claim that a remark on an excerpt makes."""
    if not known.knows(claim.subject, excerpt) or (claim.object and not known.knows(claim.object, excerpt)):
        return _UNVERIFIABLE
    return _CHECKS[claim.kind](claim, excerpt, known)


def _confirmed(text: str, path: str, line: int | None = None) -> Verdict:
    return Verdict("confirmed", (Evidence(text, path, line),))


def _imports(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    subjects = _files(claim.subject, known)
    targets = frozenset(known.paths(claim.object))
    wanted = claim.object.strip().replace("/", ".")
    for edge in known.imports_of(subjects, known.head):
        name, path = (edge.name, edge.imported) if isinstance(edge, ImportEdge) else (edge.target, "")
        if path in targets or name == wanted or name.startswith(f"{wanted}.") or name.endswith(f".{wanted}"):
            return _confirmed(f"`{edge.importer}` imports `{path or name}`", edge.importer, edge.line)
    told = bool(subjects) and all(_is_read(path, known.head) for path in subjects)
    before = any(
        isinstance(edge, ImportEdge) and edge.imported in targets for edge in known.imports_of(subjects, known.base)
    )
    stem = re.sub(r"\.\w+$", "", claim.object.rpartition("/")[2]) if "/" in claim.object else _last(claim.object)
    shown = excerpt.path in subjects and stem in WORD.findall(excerpt.hunk)
    return _CONTRADICTED if told and not before and not shown else _OPEN


def _calls(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    wanted = _last(claim.object)
    callers = _spans(claim.subject, known)
    for path, span in callers:
        for call in _calls_in(path, span, known.head):
            if _last(call.name) == wanted:
                return _confirmed(f"`{_last(claim.subject)}` calls `{wanted}`", path, call.line)
    told = bool(callers) and all(_is_read(path, known.head) for path, _ in callers)
    return _CONTRADICTED if told and not _shown(wanted, excerpt, known) else _OPEN


def _defined(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    places = known.definitions(claim.subject)
    wanted = frozenset(known.paths(claim.object)) if claim.object else frozenset(path for path, _ in places)
    for path, entry in places:
        if path in wanted:
            return _confirmed(f"`{entry.name}` is defined in `{path}`", path, entry.line)
    told = bool(wanted) and bool(places) and all(_is_read(path, known.head) for path in wanted)
    return _CONTRADICTED if told and not _shown(claim.subject, excerpt, known) else _OPEN


def _unused(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    name = _last(claim.subject)
    places = known.definitions(claim.subject)
    found = known.mentions(name) if places else None
    if found is None:
        return _OPEN
    own = {(path, line) for path, entry in places for line in range(entry.line, max(entry.body, entry.line) + 1)}
    others = [mention for mention in found if mention.word == name and (mention.path, mention.line) not in own]
    if any(mention.path in known.head.modules for mention in others):
        return _CONTRADICTED
    path, entry = next((place for place in places if place[0] == excerpt.path), places[0])
    return _OPEN if others else _confirmed(f"nothing else in the repository names `{name}`", path, entry.line)


def _no_test(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    is_test = known.judges.is_test
    files = known.paths(claim.subject)
    if any(is_test(path) for path in files):
        return _CONTRADICTED
    if files:
        wanted = frozenset(files)
        stems = {path.rpartition("/")[2].partition(".")[0] for path in files}
        tested = any(edge.imported in wanted and is_test(edge.importer) for edge in known.head.edges)
        named = any(is_test(path) and any(stem in path for stem in stems) for path in known.head.files)
        if tested:
            return _CONTRADICTED
        return _OPEN if named else _confirmed(f"no test file imports `{files[0]}`", files[0])
    places = known.definitions(claim.subject)
    name = _last(claim.subject)
    found = known.mentions(name) if places else None
    if found is None:
        return _OPEN
    if any(is_test(mention.path) for mention in found):
        return _CONTRADICTED
    path, entry = next((place for place in places if place[0] == excerpt.path), places[0])
    return _confirmed(f"no test names `{name}`", path, entry.line)


def _duplicates(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    ones, others = known.definitions(claim.subject), known.definitions(claim.object)
    pairs = [
        (known.judges.likeness(mine[1].sketch, other[1].sketch), other)
        for mine in ones
        for other in others
        if mine[0] != other[0] or mine[1].line != other[1].line
    ]
    if not pairs:  # nothing is a copy of itself
        return _CONTRADICTED if ones and ones == others else _OPEN
    alike, (path, entry) = max(pairs, key=lambda pair: pair[0])
    if alike >= _ALIKE:
        return _confirmed(f"`{entry.name}` is {alike:.0%} alike", path, entry.line)
    sketched = all(definition.sketch for _, definition in (*ones, *others))
    return _CONTRADICTED if sketched and alike < _UNLIKE else _OPEN


def _changed_signature(claim: Claim, excerpt: Excerpt, known: Knowledge) -> Verdict:
    now = [place for place in known.definitions(claim.subject) if place[0] == excerpt.path]
    before = {(path, entry.owner): entry.parameters for path, entry in known.definitions(claim.subject, known.base)}
    pairs = [(entry, before[path, entry.owner]) for path, entry in now if (path, entry.owner) in before]
    for entry, old in pairs:
        if entry.parameters != old:
            text = f"`{entry.name}` took ({', '.join(old)}) and takes ({', '.join(entry.parameters)})"
            return _confirmed(text, excerpt.path, entry.line)
    return _CONTRADICTED if pairs and len(pairs) == len(now) else _OPEN


def _files(name: str, known: Knowledge) -> tuple[str, ...]:
    """Return the files that a path, a module or something defined in one means."""
    return known.paths(name) or tuple(dict.fromkeys(path for path, _ in known.definitions(name)))


def _spans(name: str, known: Knowledge) -> list[tuple[str, Definition | None]]:
    """Return where the code of a name is: a whole file, or one definition in it."""
    places: list[Place] = known.definitions(name)
    return list(places) if places else [(path, None) for path in known.paths(name)]


def _calls_in(path: str, span: Definition | None, tree: ArchitectureMap) -> Iterable[Call]:
    module = tree.modules.get(path)
    calls = module.parsed.calls if module else ()
    return (call for call in calls if span is None or span.line <= call.line <= span.end_line)


def _is_read(path: str, tree: ArchitectureMap) -> bool:
    return path in tree.modules and not tree.modules[path].parsed.broken


def _shown(name: str, excerpt: Excerpt, known: Knowledge) -> bool:
    return _last(name) in known.words(excerpt)


def _last(name: str) -> str:
    """Return the last name of a dotted one, without a call's parentheses."""
    words = WORD.findall(name.removesuffix("()"))
    return words[-1] if words else name


_CHECKS: Mapping[ClaimKind, Callable[[Claim, Excerpt, Knowledge], Verdict]] = {
    "imports": _imports,
    "calls": _calls,
    "defined": _defined,
    "unused": _unused,
    "no_test": _no_test,
    "duplicates": _duplicates,
    "changed_signature": _changed_signature,
}
