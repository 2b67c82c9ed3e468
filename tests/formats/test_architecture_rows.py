"""Rows of the text that tells of an architecture: nothing is cut twice, and no bracket stays open."""

import pytest

from reviewlore.domain.overview import Habit
from reviewlore.formats.architecture_text import _habit


@pytest.mark.parametrize("example", ["NewCommand", "N" * 60, "a\x1b[2J", "\x1b" * 60])
@pytest.mark.parametrize("length", range(1, 60))
def test_an_example_is_shown_as_far_as_there_is_room(length: int, example: str) -> None:
    told = f"   90 of   100  function name in go: {'m' * length}"
    row = _habit(Habit("function_name", "go", "m" * length, 90, 100, (example,)))
    assert len(row) <= 96
    assert row.count("…") <= 1
    assert row == told or (row.startswith(f"{told} (as in “") and row.endswith("”)"))
    assert (row == told) == (96 - len(told) - len(" (as in “”)") < 12)
    assert "\x1b" not in row
