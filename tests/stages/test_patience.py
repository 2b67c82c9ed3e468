"""When training ends early, and which step was best."""

from hypothesis import given
from hypothesis import strategies as st

from reviewlore.stages.patience import Halt, decide_halt

LOSSES = st.lists(st.floats(0, 10), min_size=1, max_size=20)


def test_it_stops_after_so_many_looks_without_a_smaller_loss() -> None:
    losses = [(5, 0.7), (10, 0.5), (15, 0.6)]
    assert decide_halt(losses, 2) == Halt(10, stop=False)
    assert decide_halt([*losses, (20, 0.5)], 2) == Halt(10, stop=True)
    assert decide_halt([*losses, (20, 0.4)], 2) == Halt(20, stop=False)


def test_a_loss_that_is_no_number_is_never_the_best() -> None:
    nan = float("nan")
    assert decide_halt([(5, nan), (10, 0.5), (15, nan)], 1) == Halt(10, stop=True)
    assert decide_halt([(5, nan)], 1) == Halt(5, stop=False)


@given(LOSSES, st.integers(1, 5))
def test_the_best_step_is_the_first_with_the_least_loss(values: list[float], patience: int) -> None:
    losses = list(enumerate(values, 1))
    halt = decide_halt(losses, patience)
    assert halt.best_step == values.index(min(values)) + 1
    assert halt.stop == (len(values) - halt.best_step >= patience)
