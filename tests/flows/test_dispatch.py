from typing import get_args

import pytest

from reviewlore.domain.events import (
    AnalysedEvent,
    CommandEvent,
    DispatchEvent,
    Ignored,
    Mode,
    PullRequestEvent,
    PushEvent,
    ScheduledEvent,
)
from reviewlore.flows.dispatch import choose_job

EVENTS = {
    "pull": PullRequestEvent("o/r", 1, "opened", "b" * 40, "a" * 40, False),
    "comment": CommandEvent("o/r", 1, 5, "issue", "maria", "/lore train", "main"),
    "clock": ScheduledEvent("o/r", "17 3 * * *"),
    "hand": DispatchEvent("o/r", "maria"),
    "merge": PushEvent("o/r", "maria"),
    "run": AnalysedEvent("o/r", 7, "eve/r", "feat", "b" * 40),
}
ALLOWED = {
    "review": {"pull"},
    "analyse": {"pull"},
    "post": {"run"},
    "command": {"comment"},
    "learn": {"clock", "hand", "merge"},
    "report": {"clock", "hand", "merge"},
    "train": {"clock", "hand"},
}


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("name", EVENTS)
def test_every_mode_and_event(mode, name):
    """No comment and no pull request ever starts learning or training directly."""
    expected = mode if name in ALLOWED[mode] else Ignored("event_not_for_mode")
    assert choose_job(mode, EVENTS[name]) == expected


def test_what_is_ignored_stays_ignored():
    assert choose_job("review", Ignored("draft")) == Ignored("draft")
