"""Which past remarks are cited under a finding: search hits in, at most a few precedents out.

A retrieved remark says what the reviewer then said in one of nine cases at best, so a precedent is evidence under a
finding and never a finding. It is cited only where it was acted on, is a person's, and is about the same concern.
"""

from collections.abc import Mapping, Sequence

from reviewlore.domain.finding import Finding, Precedent
from reviewlore.domain.history import Episode

MAX_PRECEDENTS = 3
_EXCERPT = 200
# What a rule is about, in the words of `mine.classify_concern`.
_CONCERN: Mapping[str, str] = {
    "layer_crossed": "architecture", "new_cycle": "architecture", "new_edge": "architecture",
    "forbidden_import": "architecture", "independence_broken": "architecture", "hub_touched": "architecture",
    "edge_not_allowed": "architecture", "boundary_pierced": "architecture",
    "test_partner_missing": "testing", "naming_convention_broken": "naming", "placement_convention_broken": "naming",
}  # fmt: skip
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc")


def document_of(episode: Episode) -> str:
    """Return the text by which a past remark is found: its words, its path and the last lines of its hunk."""
    return " ".join((episode.body, episode.anchor.path, *episode.hunk.split("\n")[-4:]))


def query_of(finding: Finding) -> str:
    """Return the text by which precedents of a finding are searched."""
    return " ".join((finding.title, finding.anchor.path, *finding.hunk.split("\n")[-4:]))


def find_precedents(
    finding: Finding, hits: Sequence[tuple[str, float]], episodes: Mapping[str, Episode]
) -> tuple[Precedent, ...]:
    """Return up to three precedents, closest first; none where nothing is about the same concern."""
    concern = concern_of(finding)
    found = []
    for key, similarity in hits:
        episode = episodes[key]
        if episode.outcome != "addressed" or episode.author_kind == "bot" or episode.concern != concern:
            continue
        excerpt = " ".join(episode.body.split())
        if len(excerpt) > _EXCERPT:
            excerpt = excerpt[: _EXCERPT - 1].rstrip() + "…"
        found.append(
            Precedent(key, episode.pull_request, episode.anchor.path, excerpt, episode.outcome, similarity, episode.url)
        )
        if len(found) == MAX_PRECEDENTS:
            break
    return tuple(found)


def concern_of(finding: Finding) -> str:
    """Return what a finding is about."""
    name = finding.rule.rpartition("/")[2]
    if name == "cochange_partner_missing":
        partners = [item.path for item in finding.evidence if item.path]
        return "documentation" if any(path.endswith(_DOCUMENTS) for path in partners) else "architecture"
    return _CONCERN.get(name, "other")
