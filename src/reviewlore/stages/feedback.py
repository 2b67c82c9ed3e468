"""Which signals on our remarks hold: all that were ever given in, those that nobody took back since out. Pure."""

from collections.abc import Iterable

from reviewlore.domain.commands import PASSING_REASONS
from reviewlore.domain.events import FeedbackSignal


def standing_signals(signals: Iterable[FeedbackSignal]) -> tuple[FeedbackSignal, ...]:
    """Return the signals (oldest first) that hold for a remark, whatever the pull request; in their order.

    The last word on a remark of a repository holds: an acceptance takes back its dismissals, and the other way round.
    A dismissal for a reason of one moment (known, said already) says nothing of the remark, and is left out.
    """
    lasting = [signal for signal in signals if signal.reason not in PASSING_REASONS]
    last = {(signal.repository, signal.finding): signal.kind for signal in lasting}
    return tuple(signal for signal in lasting if last[signal.repository, signal.finding] == signal.kind)
