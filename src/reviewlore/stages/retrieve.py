"""Which precedents are cited: a finding or a hunk to a query, and search hits to a few precedents. Pure.

A retrieved remark says what the reviewer then said in one of nine cases at best, so a precedent is evidence under a
finding and never a finding. Only people's remarks that were acted on are searched at all (`stages/passages.py`).
"""

import itertools
from collections.abc import Mapping, Sequence

from reviewlore.domain.finding import Finding, Precedent
from reviewlore.domain.retrieval import Hit, covers

MAX_PRECEDENTS = 3
_HUNK_ROWS = 4
_QUERY = 4_000  # characters
_FUSION = 60  # the constant of the paper: first places are worth little more than second ones
# A document is about the same things where it has a good part of what a query says, counted by rarity; of a rule that
# was taught for this very path, less is asked.
_NEAR = 0.35
_NEAR_TAUGHT = 0.15
# What a rule of ours is about, in the words of `mine.classify_concern`.
_CONCERN: Mapping[str, str] = {
    "layer_crossed": "architecture", "new_cycle": "architecture", "new_edge": "architecture",
    "forbidden_import": "architecture", "independence_broken": "architecture", "hub_touched": "architecture",
    "edge_not_allowed": "architecture", "boundary_pierced": "architecture",
    "test_partner_missing": "testing", "naming_convention_broken": "naming", "placement_convention_broken": "naming",
}  # fmt: skip
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc")


def query_of(finding: Finding) -> str:
    """Return the text by which remarks like a finding are searched."""
    return " ".join((finding.title, finding.anchor.path, *finding.hunk.split("\n")[-_HUNK_ROWS:]))[:_QUERY]


def written_query_of(finding: Finding) -> str:
    """Return the text by which rules and decisions about a finding are searched: its own words.

    Nothing of the path or the code: the names of folders stand in every document of a repository.
    """
    return finding.title[:_QUERY]


def query_of_hunk(path: str, hunk: str) -> str:
    """Return the text by which remarks on a hunk are searched: its path and the lines it changes."""
    return f"{path} {written_query_of_hunk(hunk)}"[:_QUERY]


def written_query_of_hunk(hunk: str) -> str:
    """Return the text by which rules and decisions about a hunk are searched: the lines it changes."""
    rows = hunk.split("\n")
    changed = [row[1:] for row in rows if row[:1] in ("+", "-")]
    return " ".join(changed or rows)[:_QUERY]


def choose_precedents(
    path: str, written: Sequence[Hit], said: Sequence[Hit], limit: int = MAX_PRECEDENTS
) -> tuple[Precedent, ...]:
    """Return up to `limit` precedents for a place: one rule, one decision, then remarks, the closest first.

    A rule must hold for the path and a decision or a rule be about the same things; a document that is changed is no
    precedent for its own change. No words are cited twice.
    """
    found: dict[str, Hit] = {}
    for kind in ("rule", "decision"):
        of_kind = (hit for hit in written if hit.passage.kind == kind and _fits(hit, path))
        found.update((hit.passage.excerpt, hit) for hit in itertools.islice(of_kind, 1))
    for hit in said:
        found.setdefault(hit.passage.excerpt, hit)
    chosen = sorted(itertools.islice(found.values(), limit), key=_shown_at)
    return tuple(map(_precedent, chosen))


def choose_answers(found: Sequence[Hit], limit: int) -> tuple[Precedent, ...]:
    """Return up to `limit` passages that have a good part of what a question says, in their order, no words twice."""
    near: dict[str, Hit] = {}
    for hit in found:
        if hit.similarity >= _NEAR:
            near.setdefault(hit.passage.excerpt, hit)
    return tuple(map(_precedent, itertools.islice(near.values(), limit)))


def _shown_at(hit: Hit) -> tuple[int, float]:
    """Rules and decisions stand before remarks; of what was chosen, what is most alike stands first."""
    return ("rule", "decision", "episode").index(hit.passage.kind), -hit.similarity


def _fits(hit: Hit, path: str) -> bool:
    passage = hit.passage
    if passage.paths:
        return hit.similarity >= _NEAR_TAUGHT and covers(passage.paths, path)
    return hit.similarity >= _NEAR and passage.path != path


def _precedent(hit: Hit) -> Precedent:
    passage = hit.passage
    return Precedent(
        passage.id, passage.pull_request, passage.path, passage.excerpt, passage.outcome, hit.similarity, passage.url,
        passage.kind, passage.heading, passage.line,
    )  # fmt: skip


def fuse(rankings: Sequence[Sequence[int]]) -> list[int]:
    """Return what stands in several rankings in one order, by reciprocal ranks (Cormack, Clarke and Buettcher 2009)."""
    worth: dict[int, float] = {}
    for ranking in rankings:
        for place, item in enumerate(ranking, 1):
            worth[item] = worth.get(item, 0.0) + 1 / (_FUSION + place)
    return sorted(worth, key=lambda item: -worth[item])


def concern_of(finding: Finding) -> str:
    """Return what a finding of the architecture is about; `other` where its rule does not tell."""
    name = finding.rule.rpartition("/")[2]
    if name == "cochange_partner_missing":
        partners = [item.path for item in finding.evidence if item.path]
        return "documentation" if any(path.endswith(_DOCUMENTS) for path in partners) else "architecture"
    return _CONCERN.get(name, "other")
