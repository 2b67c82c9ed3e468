"""Another tool's findings as candidates pinned to lines of the diff: findings in, candidates out, the rest counted."""

import hashlib
import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewlore.diff import FilePatch, hunk_until
from reviewlore.domain.finding import Dropped, Finding
from reviewlore.domain.foreign import ForeignFinding, ForeignPlace
from reviewlore.domain.history import Anchor

_CONFIDENCE = 0.5  # another tool's word, which nothing here has checked
_MOST = 2_000  # findings that a review looks at; a file of more is a whole repository's
_LONGEST = 8_000  # characters of a message that are read
_LONGEST_NAME = 40
_UNNAMED = re.compile(r"[^A-Za-z0-9._-]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where the change shows a foreign finding: an anchor and the hunk above it, both empty where it does not."""

    place: ForeignPlace
    anchor: Anchor
    hunk: str = ""


class Pinner:
    """Pins findings to a change; paths may be absolute, or of a folder above the repository."""

    def __init__(self, patches: Iterable[FilePatch]) -> None:
        self._patches = {patch.path: patch for patch in patches if patch.status != "removed" and patch.hunks}
        # The lines a hunk shows of the head's file follow one another: the first and the last of them say which.
        self._spans = {
            path: sorted(
                ((min(hunk.right), max(hunk.right), hunk) for hunk in patch.hunks if hunk.right),
                key=lambda span: span[0],
            )
            for path, patch in self._patches.items()
        }
        self._named: dict[str, list[str]] = defaultdict(list)
        for path in self._patches:
            self._named[path.rpartition("/")[2]].append(path)

    def pin(self, finding: ForeignFinding) -> Pinned:
        """Return where the change shows a finding: its last line, else the last line of it that is shown."""
        patch = self._find(finding.path)
        if patch is None:
            return Pinned("file_not_in_diff", Anchor(finding.path, finding.line))
        if finding.line is None:
            hunk = next((each for each in patch.hunks if each.added), patch.hunks[0])
            line = min(hunk.added or hunk.right, default=None)
            return Pinned("whole_file", Anchor(patch.path, line), hunk.text)
        first = finding.start_line or finding.line
        spans = self._spans[patch.path]
        place = bisect_right(spans, finding.line, key=lambda span: span[0]) - 1
        line = min(finding.line, spans[place][1]) if place >= 0 else 0
        if line < first:
            return Pinned("line_not_in_diff", Anchor(patch.path, finding.line))
        hunk = spans[place][2]
        start = first if first < line and first in hunk.right else None
        return Pinned("in_diff", Anchor(patch.path, line, "RIGHT", start), hunk_until(hunk, line))

    def _find(self, path: str) -> FilePatch | None:
        plain = path.replace("\\", "/")
        known = self._patches.get(path) or self._patches.get(plain)
        if known is not None:
            return known
        ending = [each for each in self._named.get(plain.rpartition("/")[2], ()) if plain.endswith(f"/{each}")]
        return self._patches[max(ending, key=len)] if ending else None


def find_foreign_candidates(
    findings: Sequence[ForeignFinding], patches: Iterable[FilePatch], excluded: frozenset[str] = frozenset()
) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Return the findings that the change shows, as candidates of a review, and the others with the reason.

    Reasons: `file_not_in_diff`, `line_not_in_diff`, `path_excluded`, `no_line`, `over_foreign_limit`.
    """
    pinner, seen = Pinner(patches), Counter[str]()
    candidates: list[Finding] = []
    dropped: list[Dropped] = []
    for finding in findings:
        pinned, rule = pinner.pin(finding), rule_of(finding)
        fingerprint = _fingerprint(finding, rule, pinned.anchor.path, seen)
        reason = "over_foreign_limit" if len(candidates) >= _MOST else _reason(pinned, excluded)
        if reason:
            dropped.append(Dropped(fingerprint, rule, reason))
            continue
        title, why = _parts(finding.body)
        candidates.append(
            Finding(
                id=fingerprint, rule=rule, source="foreign", anchor=pinned.anchor, hunk=pinned.hunk, title=title,
                why=why, advice="", severity=finding.severity, confidence=_CONFIDENCE,
            )
        )  # fmt: skip
    return tuple(candidates), tuple(dropped)


def rule_of(finding: ForeignFinding) -> str:
    """Return a rule's public name, `foreign/TOOL/RULE`, of characters that no format minds."""
    names = (finding.tool, finding.rule)
    parts = [_UNNAMED.sub("-", name[: 4 * _LONGEST_NAME]).strip("-.")[:_LONGEST_NAME] for name in names]
    return "/".join(["foreign", *filter(None, parts)])


def _reason(pinned: Pinned, excluded: frozenset[str]) -> str | None:
    if pinned.anchor.path in excluded:
        return "path_excluded"
    if pinned.place in ("file_not_in_diff", "line_not_in_diff"):
        return pinned.place
    return "no_line" if pinned.anchor.line is None else None


def _parts(body: str) -> tuple[str, str]:
    """Return the first sentence and the rest."""
    first, *rest = _SENTENCE.split(body[:_LONGEST].strip(), maxsplit=1)
    return first, rest[0] if rest else ""


def _fingerprint(finding: ForeignFinding, rule: str, path: str, seen: Counter[str]) -> str:
    """Return an id that holds when lines move; the same words again in one file are told apart by their order."""
    words = " ".join(finding.body[:_LONGEST].split()).casefold()
    content = "\0".join((rule, path, words))
    seen[content] += 1
    digest = hashlib.sha256(f"{content}\0{seen[content]}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]
