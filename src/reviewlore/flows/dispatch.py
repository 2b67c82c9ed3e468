"""An event and the action's mode in, the name of the job out, or why there is none. Decides; does nothing."""

from reviewlore.domain.events import (
    AnalysedEvent,
    CommandEvent,
    DispatchEvent,
    Event,
    Ignored,
    Mode,
    PullRequestEvent,
    PushEvent,
    ScheduledEvent,
    ThreadEvent,
)

# Learning and training write what later runs believe: only the clock, people with write access and merges start them.
_ACCEPTED: dict[Mode, tuple[type, ...]] = {
    "review": (PullRequestEvent,),
    "command": (CommandEvent, ThreadEvent),
    "learn": (ScheduledEvent, DispatchEvent, PushEvent),
    "train": (ScheduledEvent, DispatchEvent),
    "report": (ScheduledEvent, DispatchEvent, PushEvent),
    "analyse": (PullRequestEvent,),
    "post": (AnalysedEvent,),
}


def choose_job(mode: Mode, event: Event | Ignored) -> Mode | Ignored:
    """Return the job for an event: the mode that the workflow asks for, where that event may start it."""
    if isinstance(event, Ignored):
        return event
    return mode if isinstance(event, _ACCEPTED[mode]) else Ignored("event_not_for_mode")
