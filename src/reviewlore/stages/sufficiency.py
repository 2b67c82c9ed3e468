"""Whether there is enough to learn from, by specialist and language: pairs and minima in, shortages out. Pure.

Of the minima that fit a slice the one that names most of it decides. Nothing below its minimum is claimed as learned.
"""

from collections.abc import Iterable, Mapping, Sequence

from reviewlore.config import MinimumSettings
from reviewlore.domain.concern import specialist_of
from reviewlore.domain.finding import SPECIALISTS
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PreferencePair
from reviewlore.domain.scarcity import Shortage, SliceCount

DEFAULT = MinimumSettings()
Minima = Sequence[MinimumSettings]


def find_shortage_of(
    pairs: Sequence[PreferencePair], episodes: Mapping[str, Episode], minima: Minima, specialist: str = ""
) -> Shortage | None:
    """Return what is missing before all pairs, or those of one specialist, can be learned from; None: nothing."""
    return _shortage(count_slice(pairs, episodes, specialist), minima)


def find_thin(
    pairs: Sequence[PreferencePair], episodes: Mapping[str, Episode], minima: Minima, specialist: str = ""
) -> tuple[Shortage, ...]:
    """Return the slices of a training that have too little to be claimed: languages, specialists, and named minima.

    A specialist that nobody ever spoke for is one of them; of languages only those that are there, or that a minimum
    names. With a `specialist` its own languages alone are looked at.
    """
    languages = {_language(episodes, pair): None for pair in pairs} | {_fold(row.language): None for row in minima}
    names = [(specialist, language) for language in sorted(filter(None, languages))]
    if not specialist:
        names += [(name, "") for name in SPECIALISTS]
        names += [(row.specialist, _fold(row.language)) for row in minima if row.specialist and row.language]
    found = (_shortage(count_slice(pairs, episodes, *name), minima) for name in dict.fromkeys(names))
    return tuple(shortage for shortage in found if shortage is not None)


def count_slice(
    pairs: Iterable[PreferencePair], episodes: Mapping[str, Episode], specialist: str = "", language: str = ""
) -> SliceCount:
    """Return how many pairs of one slice there are, and from how many pull requests."""
    requests = [
        pair.pull_request
        for pair in pairs
        if specialist in ("", _specialist(episodes, pair)) and _fold(language) in ("", _language(episodes, pair))
    ]
    return SliceCount(specialist, language, len(requests), len(set(requests)))


def find_minimum(minima: Minima, specialist: str, language: str) -> MinimumSettings:
    """Return the minimum of a slice: the most telling one that fits it, the last of equals, else the default."""
    fitting = [
        row
        for row in (DEFAULT, *minima)
        if row.specialist in ("", specialist) and _fold(row.language) in ("", _fold(language))
    ]
    return max(reversed(fitting), key=lambda row: bool(row.specialist) + bool(row.language))


def _shortage(found: SliceCount, minima: Minima) -> Shortage | None:
    least = find_minimum(minima, found.specialist, found.language)
    enough = found.pairs >= least.pairs and found.pull_requests >= least.pull_requests
    return None if enough else Shortage(found, least.pairs, least.pull_requests)


def _specialist(episodes: Mapping[str, Episode], pair: PreferencePair) -> str:
    episode = episodes.get(pair.episodes[0])
    return specialist_of(episode.concern) if episode else ""


def _language(episodes: Mapping[str, Episode], pair: PreferencePair) -> str:
    episode = episodes.get(pair.episodes[0])
    return _fold(episode.language or "") if episode else ""


def _fold(language: str) -> str:
    return language.casefold()
