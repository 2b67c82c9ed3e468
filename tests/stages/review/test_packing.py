"""Pieces into calls: within the room of each, nothing lost, files together, the least important first to give way."""

from hypothesis import given
from hypothesis import strategies as st

from reviewlore.stages.review.packing import MIN_ROWS, Item, pack


def item(path, size=10, priority=1.0, kind="source", row=10):
    return Item(path, kind, size, lambda rows: 5 + row * rows, priority)


def head(path):
    return 7


ITEMS = st.lists(
    st.builds(
        item,
        path=st.sampled_from(["a.py", "b/c.py", "b/d.py", "b/e/f.md", "g.lock", "t/test_a.py"]),
        size=st.integers(1, 400),
        priority=st.floats(0, 10),
        kind=st.sampled_from(["source", "config", "test", "docs", "generated"]),
        row=st.integers(1, 40),
    ),
    max_size=40,
)


@given(items=ITEMS, room=st.integers(20, 5000), calls=st.integers(1, 6))
def test_no_call_exceeds_its_room_and_nothing_is_lost(items, room, calls):
    packing = pack(items, head, room, calls)
    assert len(packing.calls) <= calls
    placed = [one for call in packing.calls for one in call]
    assert sorted([*(one.number for one in placed), *packing.left_out]) == list(range(len(items)))
    for call in packing.calls:
        paths = {items[one.number].path for one in call}
        assert sum(items[one.number].cost(one.rows) for one in call) + sum(map(head, paths)) <= room
        assert call
    for one in placed:
        size = items[one.number].size
        assert min(MIN_ROWS, size) <= one.rows <= size


def test_what_fits_one_call_is_one_call_in_the_order_of_the_change():
    packing = pack([item("b.py"), item("a.py"), item("b.py")], head, 1000, 6)
    assert [[one.number for one in call] for call in packing.calls] == [[0, 1, 2]]


def test_a_file_stays_in_one_call_and_neighbours_share_it():
    items = [item(path) for path in ("x/a.py", "y/a.py", "x/b.py", "y/b.py", "x/a.py")]
    packing = pack(items, head, 360, 6)
    assert [[items[one.number].path for one in call] for call in packing.calls] == [
        ["x/a.py", "x/b.py", "x/a.py"],
        ["y/a.py", "y/b.py"],
    ]


def test_documents_and_tests_are_cut_before_code_and_code_before_anything_goes():
    items = [item("a.py", 40, 4.0), item("t.py", 40, 2.0, "test"), item("d.md", 40, 1.0, "docs")]
    rows = {one.number: one.rows for call in pack(items, head, 1000, 1).calls for one in call}
    assert rows[0] == 40
    assert rows[1] == 40
    assert rows[2] < 40
    rows = {one.number: one.rows for call in pack(items, head, 680, 1).calls for one in call}
    assert rows[0] == 40
    assert rows[1] < 40
    assert rows[2] < 40


def test_every_file_keeps_its_most_important_piece_as_long_as_others_can_go():
    items = [*(item("a.py", 10, 5.0 + n / 10) for n in range(9)), item("d.md", 6, 0.1, "docs", 10)]
    packing = pack(items, head, 500, 1)
    shown = {one.number for call in packing.calls for one in call}
    assert 9 in shown
    assert 8 in shown
    assert 0 in packing.left_out


def test_generated_files_are_never_long():
    (call,) = pack([item("go.sum", 5000, 9.0, "generated")], head, 100_000, 1).calls
    assert call[0].rows == 20


def test_a_piece_that_no_call_can_hold_is_cut_to_what_one_can():
    (call,) = pack([item("a.py", 190, row=10)], head, 1000, 3).calls
    assert call[0].rows == 98
    assert pack([item("a.py", 190, row=10)], head, 30, 3).left_out == (0,)
