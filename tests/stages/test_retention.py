"""Retention by age: only what is older than the limit, and nothing where there is none."""

from dataclasses import replace

import pytest

from reviewlore.domain.history import Anchor, Episode
from reviewlore.stages.retention import cutoff, expired

EPISODE = Episode(
    "o/r#1/1",
    "o/r",
    1,
    "1",
    "person-a",
    "human",
    None,
    Anchor("a.py", 1),
    "@@",
    "Please rename.",
    "2026-01-01T00:00:00Z",
)
NOW = "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("made", "gone"),
    [("2026-01-30T11:59:59Z", True), ("2026-01-30T12:00:00Z", False), ("2026-02-27T00:00:00Z", False), ("", False)],
)
def test_only_what_is_older_goes(made: str, gone: bool) -> None:
    one = replace(EPISODE, created_at=made)
    assert expired([one], NOW, 30) == (frozenset({one.id}) if gone else frozenset())


def test_without_a_limit_everything_is_kept() -> None:
    assert cutoff(NOW, 0) == ""
    assert expired([replace(EPISODE, created_at="1990-01-01T00:00:00Z")], NOW, 0) == frozenset()
