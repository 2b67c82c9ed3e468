"""A comment in a review thread, heard by the number that a run's name carries: a stranger may have chosen it."""

from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.forge import FakeForge

from reviewlore.domain.events import CommandEvent, Ignored, ThreadEvent
from reviewlore.flows.thread import find_command

AT = "2026-11-20T12:00:00Z"


@pytest.fixture
def forge() -> FakeForge:
    forge = FakeForge()
    root = forge.add_thread("A remark", "github-actions[bot]")
    said = forge.add_thread("/lore dismiss intended", "wim")
    dates = {"created_at": "2026-11-17T11:00:00Z", "updated_at": AT}
    forge.threads[-1] = replace(said, in_reply_to=root.id, author_is_bot=False, **dates)
    return forge


def heard(forge: FakeForge) -> CommandEvent | Ignored:
    return find_command(ThreadEvent("octo/demo", forge.threads[-1].id, AT, "main"), forge)


def test_what_counts_is_what_the_forge_says(forge: FakeForge) -> None:
    """The comment waited for days in a review that was not sent."""
    root, said = forge.threads
    assert heard(forge) == CommandEvent(
        repository="octo/demo",
        number=1,
        comment=said.id,
        kind="review",
        author="wim",
        body="/lore dismiss intended",
        default_branch="main",
        thread=root.id,
        at="2026-11-17T11:00:00Z",
    )


def test_the_first_comment_of_a_thread_is_answered_in_it(forge: FakeForge) -> None:
    forge.threads[-1] = replace(forge.threads[-1], in_reply_to=None)
    event = heard(forge)
    assert isinstance(event, CommandEvent)
    assert event.thread == event.comment


@pytest.mark.parametrize(
    ("otherwise", "reason"),
    [
        ({"edited_at": AT}, "comment_not_new"),
        ({"updated_at": "2026-11-19T12:00:00Z"}, "comment_not_new"),
        ({"updated_at": "yesterday"}, "comment_not_new"),
        ({"author_is_bot": True}, "author_is_bot"),
        ({"author": None}, "author_is_bot"),
    ],
)
def test_attacks_9_and_10_what_is_no_new_comment_of_a_person_counts_for_nothing(
    forge: FakeForge, otherwise: dict[str, Any], reason: str
) -> None:
    """A fork's author may name any old comment of a maintainer, or one that somebody else edited."""
    forge.threads[-1] = replace(forge.threads[-1], **otherwise)
    assert heard(forge) == Ignored(reason)


def test_a_number_that_no_comment_has_is_let_pass(forge: FakeForge) -> None:
    assert find_command(ThreadEvent("octo/demo", 999_999, AT, "main"), forge) == Ignored("comment_not_found")
