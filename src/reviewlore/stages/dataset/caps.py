"""How much of a dataset may rest on one person's word: pairs and episodes in, pairs with lower weights out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reviewlore.domain.evidence import find_sole_voice
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PairSettings, PreferencePair

# The second remark of these says nothing by what became of it.
_FOREIGN = frozenset({"relevance_hard", "relevance_easy", "relevance_similar"})


def cap_voices(
    pairs: Sequence[PreferencePair], episodes: Mapping[str, Episode], settings: PairSettings
) -> tuple[tuple[PreferencePair, ...], dict[str, float]]:
    """Weigh down the pairs that rest on one person's word alone, so that nobody's pairs weigh more than the cap.

    The second value is the factor by person, for those who were over it.
    """
    voices = {name: voice for name, episode in episodes.items() if (voice := find_sole_voice(episode)) is not None}
    if not voices:
        return tuple(pairs), {}
    total: dict[str, float] = defaultdict(float)
    for pair in pairs:
        for voice in _resting_on(pair, voices):
            total[voice] += pair.weight
    most = max(settings.voter_pairs, settings.voter_share * len(pairs))
    factors = {voice: most / weight for voice, weight in sorted(total.items()) if weight > most}
    if not factors:
        return tuple(pairs), {}
    return tuple(_capped(pair, _resting_on(pair, voices), factors) for pair in pairs), factors


def _resting_on(pair: PreferencePair, voices: Mapping[str, str]) -> set[str]:
    sides = pair.episodes[:1] if pair.kind in _FOREIGN else pair.episodes
    return {voices[name] for name in sides if name in voices}


def _capped(pair: PreferencePair, people: set[str], factors: Mapping[str, float]) -> PreferencePair:
    factor = min((factors.get(person, 1.0) for person in people), default=1.0)
    return pair if factor == 1.0 else replace(pair, weight=pair.weight * factor)
