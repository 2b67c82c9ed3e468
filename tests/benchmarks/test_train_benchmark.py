"""The benchmark of preference training on tiny shapes: every promised figure is there, and losses agree."""

import json

import pytest

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl"):
    pytest.importorskip(name)

from benchmarks._made_models import SHAPES  # noqa: E402
from benchmarks._trainers import draw_mixed, draw_rows  # noqa: E402

from benchmarks import train  # noqa: E402

PROMISED = {
    *("pairs_per_second", "stock_pairs_per_second", "ratio", "ratio_mixed_lengths", "ratio_four_pairs"),
    *("ratio_to_defaults", "max_relative_loss_difference", "peak_mib", "stock_peak_mib"),
}
TINY = ["--shape", "small", "--prompt", "48", "--completion", "8", "--batches", "1", "--longest", "64", "--rounds", "1"]


def test_it_trains_by_every_way_and_ends_in_one_object(capsys):
    assert train.main(["--json", *TINY]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out.splitlines()[-1])
    assert set(found) >= PROMISED
    assert all(found[name] > 0 for name in PROMISED)
    assert found["max_relative_loss_difference"] < 1e-4
    assert found["ratio"] == pytest.approx(found["pairs_per_second"] / found["stock_pairs_per_second"], rel=0.01)
    assert min(found["peak_mib"], found["stock_peak_mib"]) > 100
    ahead = [line.split("|") for line in told.out.splitlines() if "reference ahead" in line]
    assert len(ahead) == 2
    assert all(float(cells[5]) > 0 for cells in ahead), "the pass for the reference takes time"
    assert told.err.count("(target ") == 4


def test_only_losses_that_differ_make_it_fail():
    assert [train.status(each) for each in (0.0, 1e-4, 1.1e-4, float("nan"))] == [0, 0, 1, 1]


def test_without_a_gpu_it_says_so(capsys):
    if train.torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert train.main(["--device", "cuda"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "no CUDA device" in lines[0]
    assert json.loads(lines[-1])["not_measured"]


def test_rows_are_what_they_are_said_to_be():
    shape = SHAPES["small"]
    rows = draw_rows(8, 20, 5, shape, on_one=4)
    assert len({row.prompt for row in rows}) == 2
    assert {(len(row.prompt), len(row.chosen), len(row.rejected)) for row in rows} == {(20, 5, 5)}
    mixed = draw_mixed(64, 8, shape, 4_000)
    prompts = sorted(len(row.prompt) for row in mixed)
    assert prompts[len(prompts) // 2] == pytest.approx(275, rel=0.15)
    assert sum(prompts) / len(prompts) == pytest.approx(469, rel=0.15)
    chosen = sorted(len(row.chosen) for row in mixed)
    assert chosen[len(chosen) // 2] == pytest.approx(23, rel=0.2)
    batch = [len(row.prompt) + max(len(row.chosen), len(row.rejected)) for row in mixed[:8]]
    assert max(batch) <= 1.3 * min(batch) + 20, "a batch of a sorted corpus holds lengths alike"
