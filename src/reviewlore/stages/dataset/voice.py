"""How a team speaks, measured on its remarks that were acted on. Episodes in, numbers out; no word is kept."""

import re
from collections.abc import Iterable
from statistics import median

from reviewlore.domain.fences import split_fences
from reviewlore.domain.history import Episode
from reviewlore.domain.voice import Voice

_WORD = re.compile(r"(?<!\S)\S*\w\S*")
_PLEASE = re.compile(
    r"\b(?:please|pls|could (?:you|we)|would you|can (?:you|we)|may(?:be)? we|thanks?)\b", re.IGNORECASE
)


def measure_voice(episodes: Iterable[Episode]) -> Voice:
    """Return how people speak whose remarks were addressed; bots, and remarks of code alone, do not count."""
    heard = [split_fences(each.body)[0] for each in episodes if _counts(each)]
    lengths = [(len(_WORD.findall(prose)), prose) for prose in heard]
    spoken = [(words, prose) for words, prose in lengths if words]
    if not spoken:
        return Voice()
    return Voice(
        remarks=len(spoken),
        median_words=float(median(words for words, _ in spoken)),
        questions=round(sum(prose.rstrip().endswith("?") for _, prose in spoken) / len(spoken), 3),
        polite=round(sum(bool(_PLEASE.search(prose)) for _, prose in spoken) / len(spoken), 3),
    )


def _counts(episode: Episode) -> bool:
    return episode.author_kind == "human" and episode.outcome == "addressed" and episode.intent != "praise"
