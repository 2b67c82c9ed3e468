"""Which precedents are cited: a finding or a hunk to a query, and search hits to a few precedents. Pure.

A retrieved remark says what the reviewer then said in one of nine cases at best, so a precedent is evidence under a
finding and never a finding. Only people's remarks that were acted on are searched at all (`stages/passages.py`).
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from reviewlore.domain.finding import Finding, Precedent
from reviewlore.domain.retrieval import Hit

MAX_PRECEDENTS = 3
_HUNK_ROWS = 4
_QUERY = 4_000  # characters
# What a rule of ours is about, in the words of `mine.classify_concern`.
_CONCERN: Mapping[str, str] = {
    "layer_crossed": "architecture", "new_cycle": "architecture", "new_edge": "architecture",
    "forbidden_import": "architecture", "independence_broken": "architecture", "hub_touched": "architecture",
    "edge_not_allowed": "architecture", "boundary_pierced": "architecture",
    "test_partner_missing": "testing", "naming_convention_broken": "naming", "placement_convention_broken": "naming",
}  # fmt: skip
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc")


def query_of(finding: Finding) -> str:
    """Return the text by which precedents of a finding are searched."""
    return " ".join((finding.title, finding.anchor.path, *finding.hunk.split("\n")[-_HUNK_ROWS:]))[:_QUERY]


def query_of_hunk(path: str, hunk: str) -> str:
    """Return the text by which precedents of a hunk are searched: its path and the lines it changes."""
    rows = hunk.split("\n")
    changed = [row[1:] for row in rows if row[:1] in ("+", "-")]
    return " ".join((path, *(changed or rows)))[:_QUERY]


def choose(path: str, hits: Sequence[Hit], limit: int = MAX_PRECEDENTS) -> tuple[Precedent, ...]:
    """Return up to `limit` precedents for a place, closest first: no rule of other paths, no words twice."""
    found: list[Precedent] = []
    said = set[str]()
    for hit in hits:
        passage = hit.passage
        if passage.paths and not any(fnmatchcase(path, pattern) for pattern in passage.paths):
            continue
        if passage.excerpt in said or (passage.kind == "decision" and passage.path == path):
            continue  # a document that is changed is no precedent for its own change
        said.add(passage.excerpt)
        found.append(
            Precedent(
                passage.id,
                passage.pull_request,
                passage.path,
                passage.excerpt,
                passage.outcome,
                hit.similarity,
                passage.url,
                passage.kind,
                passage.heading,
                passage.line,
            )
        )
        if len(found) >= limit:
            break
    return tuple(found)


def concern_of(finding: Finding) -> str:
    """Return what a finding of the architecture is about; `other` where its rule does not tell."""
    name = finding.rule.rpartition("/")[2]
    if name == "cochange_partner_missing":
        partners = [item.path for item in finding.evidence if item.path]
        return "documentation" if any(path.endswith(_DOCUMENTS) for path in partners) else "architecture"
    return _CONCERN.get(name, "other")
