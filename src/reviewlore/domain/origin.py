"""Who says one of our remarks, in the small print under it: written and read back in one place.

Text in, text or record out. A body alone proves nothing: whether a comment is ours is told by its author.
"""

import re

from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Origin
from reviewlore.domain.inert import inert_code

_CODE = r"(?P<{ticks}>`+)(?!`) ?(?P<{name}>[^\n]{{1,200}}?) ?(?<!`)(?P={ticks})(?!`)"
_LINE = re.compile(
    r"^<sub>\w+ (?:"
    + _CODE.format(name="rule", ticks="first")
    + r" )?from reviewlore \((?P<tier>\w+) tier, version "
    + _CODE.format(name="version", ticks="second")
    + r", confidence (?P<confidence>[01]\.\d+)(?:, written by the (?P<specialist>\w+) specialist)?"
    + r"(?:, addressed in about (?P<tenths>\d+) of 10 such cases)?\)",
    re.MULTILINE,
)


def write_origin(finding: Finding, tier: str, version: str) -> str:
    """Return the beginning of the small print, up to its first full stop; a chance that is a guess is not told."""
    said = f"{tier} tier, version {inert_code(version)}, confidence {finding.confidence:.2f}"
    if finding.source == "generated":
        said = f"{said}, written by the {finding.specialist} specialist"
    if finding.measured and finding.probability is not None:
        said = f"{said}, addressed in about {round(10 * finding.probability)} of 10 such cases"
    return f"{finding.severity} {inert_code(finding.rule)} from reviewlore ({said})"


def read_origin(body: str) -> Origin:
    """Return what the small print of a comment says; of several, the last: what stands above it may quote one."""
    found = list(_LINE.finditer(body.replace("\r\n", "\n")))
    if not found:
        return Origin()
    last = found[-1]
    tenths = last["tenths"]
    return Origin(
        tier=last["tier"],
        version=last["version"],
        confidence=float(last["confidence"]),
        rule=last["rule"] or "",
        specialist=last["specialist"] or "",
        probability=int(tenths) / 10 if tenths is not None else None,
    )
