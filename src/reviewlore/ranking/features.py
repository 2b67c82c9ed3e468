"""The numbers by which a remark on a hunk is judged: in a `Remark`, out one tuple of finite floats.

Pure Python; a remark's numbers depend on that remark alone. The prefix of a name is its group: `overlap` (is it about
this code), `speech` and `shape` (what it does, how it looks), `place` (what is commented on), `topic` (what about
which line).
"""

from functools import lru_cache

from reviewlore.domain.preference import Remark
from reviewlore.ranking import overlap, place, speech
from reviewlore.ranking.text import BODIES, parse_body, parse_hunk

_NAMES: tuple[str, ...] = (*overlap.NAMES, *speech.NAMES, *place.NAMES)


def feature_names() -> tuple[str, ...]:
    """Return the names of the numbers of `extract`, in order."""
    return _NAMES


def extract(remark: Remark) -> tuple[float, ...]:
    """Return the numbers of one remark, in the order of `feature_names()`; never raises on any text."""
    body, hunk = parse_body(remark.body), parse_hunk(remark.hunk)
    return (
        *overlap.overlap_features(remark.path, hunk, body),
        *_speech(body.raw),
        *place.place_features(remark.path, hunk, body),
    )


@lru_cache(maxsize=BODIES)
def _speech(body: str) -> tuple[float, ...]:
    return speech.speech_features(parse_body(body))
