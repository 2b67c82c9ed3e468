"""Whether pushes to a pull request are reviewed by themselves: what is posted in, what was asked last out.

What somebody asked by a command is kept in our answer to it and nowhere else: no write access to code is needed. Only
answers of our own that begin and end as ours count, so that nobody's quotation does. Pure.
"""

from collections.abc import Callable
from dataclasses import replace

from reviewlore.domain.forge import Posted
from reviewlore.domain.markers import Earlier, Pause, add_hidden, find_pause, find_text, memory_marker
from reviewlore.stages.publish.plan import Edit, find_summary, plan_edit, recall
from reviewlore.stages.publish.render import SUMMARY_MARKER

_HEADING = "**Paused.** "
_OFTEN = "This pull request was reviewed {times}, so pushes are no longer reviewed by themselves. "
_ASKED = "Somebody asked for it, so pushes are not reviewed by themselves. "
_GO_ON = "`/lore review` reviews it once, `/lore resume` reviews pushes again."
# Every answer that keeps a pause begins with one of these words: other workflows post under the same account.
OPENINGS = {True: "Paused: ", False: "Resumed: "}


def recall_pause(posted: Posted) -> Pause:
    """Return what was asked last; answers may stand in another order than the comments they answer."""
    bodies = [*(each.body for each in posted.comments), *(each.body for each in posted.summaries)]
    found = [(body, pause) for body in bodies if (pause := find_pause(body)) is not None]
    asked = [pause for body, pause in found if body.startswith(OPENINGS[pause.held])]
    return max(asked, key=lambda pause: (pause.at, pause.command), default=Pause())


def recall_earlier(posted: Posted) -> Earlier:
    """Return how many heads were reviewed since somebody resumed last, and whether reviews are held."""
    pause = recall_pause(posted)
    return Earlier(max(0, recall(posted).reviews - (0 if pause.held else pause.reviews)), pause.held)


def plan_pause(posted: Posted, clean: Callable[[str], str], *, held: bool = False) -> Edit | None:
    """Return the summary with one more sentence, that reviews are paused; None where it is said, or none stands.

    `held`: somebody asked for it; else there were many reviews.
    """
    old, memory = find_summary(posted), recall(posted)
    if old is None or memory.paused:
        return None
    times = "once" if memory.reviews == 1 else f"{memory.reviews} times"
    why = _ASKED if held else _OFTEN.format(times=times)
    body = clean(f"{find_text(old.body)}\n\n{_HEADING}{why}{_GO_ON}\n\n{SUMMARY_MARKER}")
    return plan_edit(old, add_hidden(body, memory_marker(replace(memory, paused=True))))


def plan_resume(posted: Posted, clean: Callable[[str], str]) -> Edit | None:
    """Return the summary without the sentence that reviews are paused; None where it does not say so."""
    old, memory = find_summary(posted), recall(posted)
    if old is None or not memory.paused:
        return None
    text, heading, _ = find_text(old.body).rpartition(f"\n\n{_HEADING}")
    body = clean(f"{text if heading else find_text(old.body)}\n\n{SUMMARY_MARKER}")
    return plan_edit(old, add_hidden(body, memory_marker(replace(memory, paused=False))))
