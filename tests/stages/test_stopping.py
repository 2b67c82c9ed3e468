"""Steps that one run found, for a run on more pairs: the passes over the data stay the same."""

import pytest

from reviewlore.stages.stopping import agree_on_steps, scale_steps


@pytest.mark.parametrize(
    ("steps", "pairs", "to_pairs", "most", "scaled"),
    [(40, 100, 100, 500, 40), (40, 100, 150, 500, 60), (1, 400, 100, 500, 1), (40, 100, 5000, 500, 500)],
)
def test_steps_grow_with_the_pairs(steps: int, pairs: int, to_pairs: int, most: int, scaled: int) -> None:
    assert scale_steps(steps, pairs, to_pairs, most) == scaled


def test_folds_agree_on_the_median_of_their_passes() -> None:
    # 0.4, 0.5 and 5 passes: one fold that never stopped does not decide.
    assert agree_on_steps([(40, 100), (60, 120), (500, 100)], 160, 1000) == 80
    assert agree_on_steps([(500, 100)], 160, 600) == 600
