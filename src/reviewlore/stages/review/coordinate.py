"""Candidates of facts, specialists and foreign tools as one voice: merged where they agree, settled where they do not.

Findings in, fewer findings and the rest with its reason out. What was computed from code wins over what was written.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reviewlore.domain.finding import Dropped, Finding
from reviewlore.stages.review.candidates import words_of

# The telling words of a text: stems of names and words, without stop words.
Words = Callable[[str], frozenset[str]]

_NEAR = 3  # rows between two remarks on one place
_WINDOW = 60  # remarks of one file that one is compared with: foreign tools bring thousands
_SAME = 0.5  # share of the shorter one's words that both have
_SAME_AS_FACT = 0.4  # a model retells a fact it was shown in words of its own
_CLEARLY = 0.1  # how much more probable one of two contradicting remarks must be
_FEW = 3  # words: less, and likeness is chance
_ADD = frozenset("add keep introduce include restore retain insert enable".split())
_REMOVE = frozenset("remove delete drop omit eliminate discard disable avoid".split())
_VERB = re.compile(r"[A-Za-z]+")


def coordinate(findings: Sequence[Finding], words: Words) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Return the findings, each said once and none against another; the others are `merged` or `contradicted`.

    A merged finding keeps the words, severity and id of the strongest, with the evidence and precedents of all. Of two
    that contradict each other the verified one stays, else the clearly more probable one, else neither.
    """
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_strength):
        by_path[finding.anchor.path].append(finding)
    kept: list[Finding] = []
    dropped: list[Dropped] = []
    for group in by_path.values():
        settled, lost = _settled(group, words)  # first: those who disagree speak of the same things
        merged, gone = _merged(settled, words)
        kept += merged
        dropped += [*lost, *gone]
    return tuple(sorted(kept, key=_strength)), tuple(dropped)


def word_overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the shorter text's words that both have; 0 where one has too few to tell."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller >= _FEW else 0.0


def _strength(finding: Finding) -> tuple[int, int, float, str]:
    """Order by what a finding rests on: facts, confirmed claims, other tools, a model's word; then by chance."""
    sources = {"architecture": 0, "foreign": 2, "generated": 1 if finding.evidence else 3}
    severities = {"error": 0, "warning": 1, "info": 2}
    return sources[finding.source], severities[finding.severity], -_chance(finding), finding.id


def _chance(finding: Finding) -> float:
    return finding.score if finding.probability is None else finding.probability


def _merged(group: Sequence[Finding], words: Words) -> tuple[list[Finding], list[Dropped]]:
    kept: list[tuple[Finding, frozenset[str]]] = []
    dropped = []
    for finding in group:
        said = words(words_of(finding))
        place = next((at for at, (other, theirs) in _recent(kept) if _repeats(finding, said, other, theirs)), None)
        if place is None:
            kept.append((finding, said))
            continue
        kept[place] = (_united(kept[place][0], finding), kept[place][1])
        dropped.append(Dropped(finding.id, finding.rule, "merged"))
    return [finding for finding, _ in kept], dropped


def _recent(
    kept: Sequence[tuple[Finding, frozenset[str]]],
) -> Iterator[tuple[int, tuple[Finding, frozenset[str]]]]:
    """Yield the strongest and the latest of what is kept, with their places: enough, and never too many."""
    places = (
        range(len(kept))
        if len(kept) <= _WINDOW
        else [*range(_WINDOW // 2), *range(len(kept) - _WINDOW // 2, len(kept))]
    )
    return ((place, kept[place]) for place in places)


def _repeats(finding: Finding, said: frozenset[str], other: Finding, theirs: frozenset[str]) -> bool:
    """Whether a finding says what a stronger one says already, on the same place."""
    if finding.id == other.id:
        return True
    if finding.source == other.source == "architecture" or not _close(finding, other):
        return False  # the facts of one survey are about different things
    least = _SAME_AS_FACT if other.source == "architecture" else _SAME
    return word_overlap(said, theirs) >= least


def _close(one: Finding, other: Finding) -> bool:
    """Whether two findings stand in one hunk, on neighbouring rows, or one of them on the whole file."""
    if one.anchor.line is None or other.anchor.line is None:
        return True
    if one.anchor.side != other.anchor.side:
        return False
    header, theirs = one.hunk.partition("\n")[0], other.hunk.partition("\n")[0]
    return abs(one.anchor.line - other.anchor.line) <= _NEAR or (header == theirs != "")


def _united(kept: Finding, other: Finding) -> Finding:
    """Return the kept finding with what the other one knows besides."""
    same_rows = kept.anchor == other.anchor and kept.suggestion is None
    return replace(
        kept,
        evidence=tuple(dict.fromkeys((*kept.evidence, *other.evidence))),
        precedents=tuple({item.episode: item for item in (*other.precedents, *kept.precedents)}.values()),
        suggestion=other.suggestion if same_rows else kept.suggestion,
    )


def _settled(group: Sequence[Finding], words: Words) -> tuple[list[Finding], list[Dropped]]:
    lost = set[str]()
    for place, one in enumerate(group):
        for other in group[place + 1 : place + _WINDOW]:
            if one.id not in lost and other.id not in lost and _opposed(one, other, words):
                lost |= _losers(one, other)
    dropped = [Dropped(finding.id, finding.rule, "contradicted") for finding in group if finding.id in lost]
    return [finding for finding in group if finding.id not in lost], dropped


def _opposed(one: Finding, other: Finding, words: Words) -> bool:
    """Whether two findings want different things of the same rows; two facts never do."""
    if one.source == other.source == "architecture" or not _overlap(one, other, 1):
        return False
    if one.suggestion is not None and other.suggestion is not None and _overlap(one, other, 0):
        return " ".join(one.suggestion.split()) != " ".join(other.suggestion.split())
    first, second = _wants(one), _wants(other)
    if first * second >= 0:
        return False
    return word_overlap(words(one.advice) - _ADD - _REMOVE, words(other.advice) - _ADD - _REMOVE) >= _SAME


def _overlap(one: Finding, other: Finding, gap: int) -> bool:
    if one.anchor.line is None or other.anchor.line is None or one.anchor.side != other.anchor.side:
        return False
    first, start = (finding.anchor.start_line or finding.anchor.line or 0 for finding in (one, other))
    return first - gap <= other.anchor.line and start <= one.anchor.line + gap


def _wants(finding: Finding) -> int:
    """Return 1 where an advice begins by adding or keeping, -1 where it begins by taking away, else 0."""
    for word in _VERB.findall(finding.advice[:200].lower()):
        if word in _ADD:
            return 1
        if word in _REMOVE:
            return -1
    return 0


def _losers(one: Finding, other: Finding) -> set[str]:
    """Return whose word does not count: `one` rests on as much as `other` or more."""
    if _strength(one)[0] < min(_strength(other)[0], 2):
        return {other.id}
    if one.probability is not None and other.probability is not None:
        if one.probability >= other.probability + _CLEARLY:
            return {other.id}
        if other.probability >= one.probability + _CLEARLY:
            return {one.id}
    return {one.id, other.id}
