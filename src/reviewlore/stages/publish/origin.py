"""The body of one of our comments in; which finding it is, who says it, and which precedents it names, out. Pure.

It reads what `render` writes, of any age; what a comment does not tell is empty. A body alone proves nothing: whether
the comment is ours is told by its author.
"""

import re

from reviewlore.domain.lineage import CitedPrecedent, SaidComment
from reviewlore.domain.markers import find_marker, find_run
from reviewlore.domain.origin import read_origin
from reviewlore.stages.publish.render import find_listed

_CODE = r"(?P<ticks>`+) ?(?P<{name}>[^`\n]+?) ?(?P=ticks)"
_VERDICT = re.compile(
    r" read by the (?P<tier>\w+) tier, version " + _CODE.format(name="version") + r"\.$", re.MULTILINE
)
_PRECEDENT = re.compile(
    r"^- (?:\[pull request (?P<linked>\d{1,10})\]\((?P<url>[^()\s]{1,500})\)|pull request (?P<plain>\d{1,10}))"
    r", \w+, on " + _CODE.format(name="path") + r": “",
    re.MULTILINE,
)
_ID = re.compile(r"^<sub>Id `[0-9a-f]{6,64}`</sub>$", re.MULTILINE)


def read_comment(body: str) -> SaidComment | None:
    """Return what an inline comment says of itself; None where it has none of our markers."""
    finding = find_marker("finding", body)
    if finding is None:
        return None
    text = body.replace("\r\n", "\n")
    said = read_origin(text)
    return SaidComment(finding, said.tier, said.version, said.confidence, find_run(text), _precedents(text))


def read_summary(body: str) -> tuple[SaidComment, ...]:
    """Return the findings that one of our summary comments explains itself; none where it is no such comment."""
    text = body.replace("\r\n", "\n")
    verdict = _VERDICT.search(text)
    tier, version = (verdict["tier"], verdict["version"]) if verdict else ("", "")
    parts = _ID.split(text)
    return tuple(
        SaidComment(finding, tier, version, precedents=_precedents(part))
        for finding, part in zip(find_listed(text), parts, strict=False)
    )


def _precedents(text: str) -> tuple[CitedPrecedent, ...]:
    return tuple(
        CitedPrecedent(int(match["linked"] or match["plain"]), match["path"], match["url"] or "")
        for match in _PRECEDENT.finditer(text)
    )
