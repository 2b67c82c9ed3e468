"""Pairs made of one remark: dismissed, silence, revision. Episodes of one repository and split in, pairs out."""

from collections.abc import Iterable, Iterator, Sequence

from reviewlore.domain.commands import DISMISS_REASONS
from reviewlore.domain.history import Episode
from reviewlore.domain.preference import PreferencePair
from reviewlore.stages.dataset.making import CONFIDENCE, PairMaker
from reviewlore.stages.dataset.selection import REFUSED

_SUGGESTION = "```suggestion"
_UNTOUCHED = frozenset({"file_identical", "lines_untouched", "line_window_kept"})


def pair_dismissed(episodes: Iterable[Episode], maker: PairMaker) -> Iterator[PreferencePair]:
    """Prefer the maintainer's rewording, or silence, to our own remark that was dismissed.

    A rewording stands in the evidence's `detail`; a bare reason there is none.
    """
    for episode in episodes:
        details = [item.detail.strip() for item in episode.evidence if item.kind == "dismissed"]
        rewording = next((detail for detail in details if detail and detail not in DISMISS_REASONS), "")
        if rewording != episode.body.strip():
            yield maker.alone("dismissed", episode, rewording, episode.body, CONFIDENCE[episode.confidence])


def pair_silence(episodes: Sequence[Episode], maker: PairMaker) -> Iterator[PreferencePair]:
    """Prefer silence to a bot's remark on code that stayed as it was, where a person reviewed the pull request."""
    reviewed = {
        episode.pull_request
        for episode in episodes
        if episode.author_kind == "human" and episode.author != episode.pull_request_author
    }
    for episode in episodes:
        if episode.author_kind != "bot" or episode.outcome not in REFUSED or episode.pull_request not in reviewed:
            continue
        if any(item.kind in _UNTOUCHED for item in episode.evidence):
            yield maker.alone("silence", episode, "", episode.body, CONFIDENCE[episode.confidence])


def pair_revision(episodes: Iterable[Episode], maker: PairMaker) -> Iterator[PreferencePair]:
    """Prefer a remark with the code that answered it, as a suggestion, to the same with the code it was about."""
    for episode in episodes:
        if episode.author_kind != "human" or episode.outcome != "addressed":
            continue
        before, after = episode.code_before, episode.code_after
        if before is None or after is None or before.split() == after.split():
            continue
        words = episode.body.split(_SUGGESTION, 1)[0].rstrip()  # the reviewer's own suggestion would give it away
        weight = CONFIDENCE[episode.confidence]
        yield maker.alone("revision", episode, _suggest(words, after), _suggest(words, before), weight)


def _suggest(words: str, code: str) -> str:
    return f"{words}\n\n{_SUGGESTION}\n{code.rstrip()}\n```".lstrip()
