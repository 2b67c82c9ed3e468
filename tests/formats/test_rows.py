"""Rows of other people's files: what may stand in one, and what keeps one out."""

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.history import RawRemark, Reply, Vote
from reviewlore.formats.rows import Rejected, parse_comment_row

LEAST = {"repo": "octo/demo", "pr_number": 7, "comment_id": 41, "path": "a.py", "body": "Rename this."}


def parse(**changes: Any) -> RawRemark | Rejected:
    return parse_comment_row({**LEAST, **changes}, 3)


def read(**changes: Any) -> RawRemark:
    found = parse(**changes)
    assert isinstance(found, RawRemark)
    return found


def test_the_least_row_is_enough() -> None:
    assert read() == RawRemark(
        "octo/demo", 7, "41", "a.py", hunk="", body="Rename this.", author=None, author_is_bot=False,
        pull_request_author=None, created_at="",
    )  # fmt: skip


def test_a_full_row_fills_every_field() -> None:
    found = read(
        diff_hunk="@@ -1 +1 @@\n+a", original_line=4, line=9, start_line=2, side="LEFT", author="mira",
        author_role="write", pr_author="wen", created_at="2026-01-01T01:00:00+01:00", edited_at="2026-01-02T00:00:00Z",
        replies=[{"author": "wen", "body": "Done.", "created_at": "2026-01-01T00:00:00Z"}, {"body": ""}, 5],
        votes=[
            {"author": "noor", "kind": "up", "at": "2026-01-03T00:00:00Z", "role": "admin"},
            {"author": "ann", "kind": "resolved"}, {"author": "ann", "kind": "shrug"}, {"kind": "up"}, "up",
        ],
        approved_after=True, hidden="spam", original_commit="o" * 40, pr_last_commit="h" * 40, base_commit="b" * 40,
        outcome="addressed", evidence="seen", confidence="high", intent="nit", language="Go", url="https://x.example",
        license="MIT",
    )  # fmt: skip
    assert found == RawRemark(
        "octo/demo", 7, "41", "a.py", hunk="@@ -1 +1 @@\n+a", body="Rename this.", author="mira", author_is_bot=False,
        pull_request_author="wen", created_at="2026-01-01T00:00:00Z", line=4, start_line=2, side="LEFT",
        replies=(Reply("wen", "Done.", "2026-01-01T00:00:00Z"),), language="Go", url="https://x.example",
        reviewed_commit="o" * 40, last_commit="h" * 40, base="b" * 40, author_role="write",
        votes=(Vote("noor", "up", "2026-01-03T00:00:00Z", "admin"), Vote("ann", "resolved")),
        edited_at="2026-01-02T00:00:00Z", hidden="spam", approved_after=True, license="MIT", intent="nit",
        imported_outcome="addressed", imported_evidence="seen", imported_confidence="high",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "known", "bot"), [("BOT", None, True), ("maintain", "maintain", False), ("MEMBER", None, False)]
)
def test_a_role_is_a_bot_or_what_may_be_done(role: str, known: str | None, bot: bool) -> None:
    assert (read(author_role=role).author_role, read(author_role=role).author_is_bot) == (known, bot)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"body": None}, "field 'body' is missing or not a text"),
        ({"pr_number": "7"}, "field 'pr_number' is missing or not a number"),
        ({"pr_number": True}, "field 'pr_number' is missing or not a number"),
        ({"pr_number": -7}, "field 'pr_number' is no number of a pull request"),
        ({"pr_number": 2**63}, "field 'pr_number' is no number of a pull request"),
        ({"path": "a\0.py"}, "field 'path' holds a NUL, which no file name does"),
        ({"url": "\ud83d"}, "holds half a character (a lone surrogate), which cannot be stored"),
    ],
)
def test_what_keeps_a_row_out_is_said(changes: dict[str, Any], why: str) -> None:
    assert parse(**changes) == Rejected(3, why)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("repo", "octo/demo\nx"), ("repo", "https://me:secret@host/octo/demo"), ("repo", ""), ("comment_id", "4 1"),
        ("comment_id", "\x1b[2J"), ("comment_id", "\u202e41"), ("comment_id", "4" * 201),
    ],
)  # fmt: skip
def test_what_nobody_could_name_to_have_it_forgotten_stays_out(key: str, value: str) -> None:
    why = "is no name: empty, too long, or with spaces, '@' or control characters"
    assert parse(**{key: value}) == Rejected(3, f"field {key!r} {why}")


@pytest.mark.parametrize(
    ("told", "utc"),
    [
        ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"), ("2026-01-01", "2026-01-01T00:00:00Z"),
        ("2026-01-01 12:00:00.986000000", "2026-01-01T12:00:00Z"),
        ("1767225600", ""), ("0001-01-01T00:00:00+05:00", ""),
    ],
)  # fmt: skip
def test_a_time_of_any_zone_is_told_in_utc(told: str, utc: str) -> None:
    assert read(created_at=told).created_at == utc


def test_every_field_that_is_read_is_documented() -> None:
    class Asked(dict[str, Any]):
        names: ClassVar[set[str]] = set()

        def get(self, key: str, default: Any = None) -> Any:
            self.names.add(key)
            return super().get(key, default)

    parse_comment_row(Asked(LEAST), 1)
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    table = text.partition("## In: review comments")[2].partition("###")[0]
    documented = {name for line in table.split("\n") for name in re.findall(r"`(\w+)`", "|".join(line.split("|")[:2]))}
    assert Asked.names == documented


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAMES = st.sampled_from(
    [*LEAST, "votes", "replies", "author_role", "line", "created_at", "edited_at", "original_commit", "approved_after"]
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_row_is_read_or_rejected_and_what_is_read_can_be_stored(changes: dict[str, Any]) -> None:
    found = parse(**changes)
    if isinstance(found, RawRemark):
        assert found.pull_request < 2**63
        json.dumps([found.body, found.path, found.author]).encode()
    else:
        assert (found.line, bool(found.why)) == (3, True)
