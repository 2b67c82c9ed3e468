"""A wrong line is repaired only where the quoted code stands exactly once; nothing leaves its hunk or its side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stages.review.excerpts import EXCERPT, HUNK, draft

from reviewlore.domain.asking import Excerpt
from reviewlore.domain.history import Anchor
from reviewlore.stages.review.anchoring import Placed, last_line, place, rows_of


def anchor(**changes: object) -> Anchor | str:
    placed = place(draft(**changes), EXCERPT)
    return placed if isinstance(placed, str) else placed.anchor


def at(line: int, start: int | None = None, side: str = "RIGHT") -> Anchor:
    return Anchor("shop/cart.py", line, side, start)  # type: ignore[arg-type]


def test_rows_have_the_numbers_of_their_sides() -> None:
    rows = rows_of(HUNK)
    assert [(row.sign, row.old, row.new) for row in rows][:6] == [
        (" ", 10, 10), (" ", 11, 11), ("-", 12, None), ("-", 13, None), ("+", None, 12), ("+", None, 13)
    ]  # fmt: skip
    assert rows_of("no hunk") == ()


def test_the_last_changed_line_is_what_a_remark_without_one_is_about() -> None:
    assert last_line(EXCERPT) == 14
    assert last_line(Excerpt("h1", "a", "@@ -1,2 +1,1 @@\n a\n-b", "", frozenset({1}))) == 1
    assert last_line(Excerpt("h1", "a", "", "", frozenset())) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, at(14)),
        ({"line": 900}, at(14)),
        ({"line": 12}, at(14)),
        ({"line": 14, "start_line": 12}, at(14, 12)),
        ({"line": 14, "start_line": 900}, at(14)),
        ({"line": 13, "quote": "if item.price:\n    amount += item.price * item.count"}, at(13)),
        ({"line": 900, "quote": "if item.price:\n    amount += item.price * item.count"}, at(14, 13)),
        ({"line": 900, "quote": "14+            amount += item.price * item.count"}, at(14)),
        ({"line": 900, "quote": "+            amount += item.price * item.count"}, at(14)),
        ({"line": 900, "quote": "`if item.price:`"}, at(13)),
        ({"line": 900, "quote": "amount += item.price * ..."}, at(14)),
        ({"line": 900, "quote": "amount"}, "line_not_in_hunk"),  # stands three times
        ({"line": 12, "quote": "for item in items:"}, at(12)),
        ({"line": 900, "quote": "for item in items:"}, at(12)),
        ({"line": 900, "quote": "):"}, "quote_not_in_hunk"),
        ({"line": 14, "quote": "os.remove(path)"}, "quote_not_in_hunk"),
        ({"line": 900, "quote": ""}, "line_not_in_hunk"),
        ({"line": 13, "quote": ""}, at(13)),
        ({"line": 17, "quote": "def other():"}, "unchanged_lines"),
    ],
)
def test_where_a_remark_stands(changes: dict[str, object], expected: Anchor | str) -> None:
    assert anchor(**changes) == expected


def test_what_is_only_among_the_removed_rows_stands_on_the_left() -> None:
    removed = Excerpt("h1", "a.py", "@@ -5,3 +5,2 @@\n keep(1)\n-close(handle)\n keep(2)", "", frozenset({5, 6}))
    placed = place(draft(line=6, quote="close(handle)"), removed)
    assert isinstance(placed, Placed)
    assert placed.anchor == Anchor("a.py", 6, "LEFT")
    assert placed.hunk.endswith("-close(handle)")
    beside = place(draft(line=5, quote="keep(1)"), removed)
    assert isinstance(beside, Placed) and beside.anchor == Anchor("a.py", 5)


def test_rows_that_were_not_shown_carry_nothing() -> None:
    part = Excerpt("h1", "shop/cart.py", HUNK, "", frozenset({10, 11, 12}))
    assert place(draft(), part) == "line_not_in_hunk"


lines = st.integers(-3, 25)


@given(lines, st.none() | lines, st.sampled_from([*HUNK.split("\n"), "", "for", "amount", HUNK, "x\ny"]))
def test_every_anchor_lies_in_the_hunk_on_one_side(line: int, start: int | None, quote: str) -> None:
    placed = place(draft(line=line, start_line=start, quote=quote), EXCERPT)
    if isinstance(placed, str):
        assert placed in {"line_not_in_hunk", "quote_not_in_hunk", "unchanged_lines"}
        return
    found = placed.anchor
    assert found.line is not None
    side = {row.new if found.side == "RIGHT" else row.old for row in rows_of(HUNK)}
    assert {*range(found.start_line or found.line, found.line + 1)} <= side
    assert found.start_line is None or found.start_line < found.line
    assert HUNK.startswith(placed.hunk)
