"""What we said before, found again: on a pull request as the forge lists it, and what was dismissed for good."""

from collections.abc import Iterable, Mapping, Sequence

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.forge import Posted
from reviewlore.domain.history import Episode
from reviewlore.domain.markers import find_marker
from reviewlore.domain.origin import read_origin
from reviewlore.domain.saying import Said
from reviewlore.flows import state
from reviewlore.ports import Store

_SMALL_PRINT = "\n<sub>"


def said_on(posted: Posted) -> tuple[Said, ...]:
    """Return our own remarks that stand on a pull request, in the order of the forge."""
    return tuple(
        Said(finding, comment.path, read_origin(comment.body).rule, words_in(comment.body))
        for comment in posted.comments
        if comment.in_reply_to is None and (finding := find_marker("finding", comment.body)) is not None
    )


def dismissed_in(store: Store, repository: str, signals: Sequence[FeedbackSignal]) -> tuple[Said, ...]:
    """Return the remarks that a repository's dismissals (`state.read_dismissals`) are of, where their rule is known.

    A dismissal names a finding only; its rule and words are in the mined remark.
    """
    if not signals:
        return ()
    mined = {episode.finding: episode for episode in state.read_episodes(store) if episode.repository == repository}
    return tuple(_dismissed(signals, mined))


def words_in(body: str) -> str:
    """Return what one of our comments says, without the small print under it."""
    return body.replace("\r\n", "\n").partition(_SMALL_PRINT)[0]


def _dismissed(signals: Iterable[FeedbackSignal], mined: Mapping[str | None, Episode]) -> Iterable[Said]:
    for signal in signals:
        episode = mined.get(signal.finding)
        if episode and episode.said and episode.said.rule:  # its body was mined without the small print
            yield Said(signal.finding, episode.anchor.path, episode.said.rule, episode.body)
