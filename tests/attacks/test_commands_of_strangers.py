"""Attacks 1 and 7 to 11: what a comment can make the bot do, from the event's payload to the last request."""

import pytest
from tests.attacks.rig import NAME, Rig

from reviewlore.formats.github import parse_role

EVIL = (
    "/lore review --model.api_base=http://evil.example",
    "/lore review --config.model.address http://evil.example",
    "/lore review __class__",
    "/lore review model__address=http://evil.example",
    "/lore set review.max_comments=99",
    "/lore rеview",  # a Cyrillic letter
    "/lore ｒｅｖｉｅｗ",
    "/lore train ａdapter",
    "/lore train adapter --recipe=/etc/passwd",
    "/lore status; review",
)


@pytest.mark.parametrize("body", EVIL)
def test_01_no_setting_is_reached_from_a_comment(rig: Rig, body: str) -> None:
    ran = rig.command(body, "maria")
    assert (ran.status, ran.outputs["skip-reason"]) == (0, "command_not_understood")
    assert [each.url.rpartition("/")[2] for each in ran.writes] == ["comments", "reactions"]
    assert (rig.repo.reviews, rig.repo.dispatches) == ({}, [])
    (answer,) = rig.said
    assert "Nothing was done" in answer


@pytest.mark.parametrize("login", ["ravi", "mallory", "ghost-of-nobody"])
@pytest.mark.parametrize("body", ["/lore review", "/lore train", "/lore nonsense", "/lore forget pr"])
def test_07_and_08_a_stranger_gets_nothing_whatever_the_event_claims(rig: Rig, login: str, body: str) -> None:
    """The payload says OWNER; the permission API says read, or nothing at all."""
    ran = rig.command(body, login)
    assert (ran.status, ran.outputs["skip-reason"], ran.writes) == (0, "no_permission", [])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_07_where_the_permission_cannot_be_told_the_answer_is_no(rig: Rig, status: int) -> None:
    """An error 500 is the same after some waiting: `test_a_role_that_cannot_be_told_is_none`."""
    rig.fake.fault("GET", r"/collaborators/maria/permission", status, times=9)
    ran = rig.command("/lore train", "maria")
    assert (ran.outputs["skip-reason"], ran.writes) == ("no_permission", [])


@pytest.mark.parametrize("answer", [{}, {"role_name": None}, {"role_name": "owner"}, {"role_name": "Admin"}], ids=str)
def test_07_a_role_that_nobody_knows_is_none(answer: dict[str, object]) -> None:
    assert parse_role(answer) == "none"
    assert parse_role(answer | {"permission": "read"}) == "read"


def test_07_triage_may_not_train(rig: Rig) -> None:
    ran = rig.command("/lore train", "tess")
    assert (ran.outputs["skip-reason"], rig.repo.dispatches) == ("role_too_low", [])


BOTS = (
    {"login": "github-actions[bot]", "type": "Bot"},
    {"login": "helper[bot]", "type": "User"},
    {"login": "renovate", "type": "Bot"},
)


@pytest.mark.parametrize("user", BOTS, ids=lambda user: user["login"])
def test_09_no_bot_is_obeyed_and_we_never_answer_ourselves(rig: Rig, user: dict[str, str]) -> None:
    rig.fake.set_role(NAME, user["login"], "admin")
    ran = rig.command("/lore train", user["login"], comment__user=user, sender=user)
    assert (ran.outputs["skip-reason"], ran.requests) == ("author_is_bot", [])


def test_09_what_an_app_says_in_a_maintainers_name_is_not_obeyed(rig: Rig) -> None:
    ran = rig.command("/lore train", "maria", comment__performed_via_github_app={"id": 1, "slug": "helper"})
    assert (ran.outputs["skip-reason"], ran.requests) == ("author_is_bot", [])


@pytest.mark.parametrize("action", ["edited", "deleted"])
def test_10_an_old_comment_never_becomes_a_command(rig: Rig, action: str) -> None:
    ran = rig.command("/lore train", "maria", action=action)
    assert (ran.outputs["skip-reason"], ran.requests) == ("comment_not_new", [])


def test_10_nobody_speaks_for_somebody_else(rig: Rig) -> None:
    ran = rig.command("/lore train", "maria", sender={"login": "mallory", "type": "User"})
    assert (ran.outputs["skip-reason"], ran.requests) == ("sender_is_not_author", [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"issue__pull_request": None}, "not_a_pull_request"),
        ({"issue__locked": True}, "pull_request_locked"),
        ({"issue__state": "closed"}, "pull_request_closed"),
    ],
)
def test_11_only_an_open_pull_request_takes_commands(rig: Rig, change: dict[str, object], reason: str) -> None:
    ran = rig.command("/lore train", "maria", **change)
    assert (ran.outputs["skip-reason"], ran.requests) == (reason, [])


@pytest.mark.parametrize(
    ("change", "reason"), [({"locked": True}, "pull_request_locked"), ({"state": "closed"}, "pull_request_closed")]
)
def test_11_what_the_event_does_not_know_yet_is_asked(rig: Rig, change: dict[str, object], reason: str) -> None:
    rig.fake.edit_pull(NAME, 1, **change)
    ran = rig.command("/lore train", "maria")
    assert (ran.outputs["skip-reason"], ran.writes) == (reason, [])
