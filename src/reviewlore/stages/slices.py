"""Pairs and the remarks they were made of in, the pairs of each language and of each specialist out.

A slice says whether a version is good for everybody or only for most; it decides nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from reviewlore.domain.concern import specialist_of
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PreferencePair

NO_LANGUAGE = "other"


def slice_pairs(pairs: Iterable[PreferencePair], episodes: Iterable[Episode]) -> Mapping[str, frozenset[str]]:
    """Return the ids of the pairs of each `language:…` and `specialist:…`, by name.

    A pair is of the language of the file, and of the specialist of the concern, of the remark that was chosen.
    """
    known = {episode.id: episode for episode in episodes}
    found: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for name in labels_of(known[pair.episodes[0]]):
            found[name].add(pair.id)
    return {name: frozenset(found[name]) for name in sorted(found)}


def labels_of(episode: Episode) -> tuple[str, str]:
    """Return the two slices that a remark belongs to."""
    return f"language:{episode.language or NO_LANGUAGE}", f"specialist:{specialist_of(episode.concern)}"
