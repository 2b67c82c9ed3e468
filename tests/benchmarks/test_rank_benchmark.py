"""The benchmark of the preference margin at a small size: its figures are of the same scores."""

import json

import pytest

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft"):
    pytest.importorskip(name)

from benchmarks import rank  # noqa: E402


def test_it_compares_ways_that_agree(capsys):
    assert rank.main(["--json", "--shape", "small", "--remarks", "6", "--prompt", "120"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["prompt_tokens"], found["remarks"]) == (120, 6)
    assert found["remark_tokens"] > 60
    assert found["speedup"] > 1
    assert found["speedup"] == pytest.approx(found["padded_seconds"] / found["shared_seconds"], rel=0.1)
    assert found["speedup_warm"] > found["speedup"]
    assert 0 <= found["max_score_difference"] < 1e-3
    assert 0 < found["padded_score_difference"] < 1e-3


def test_without_a_gpu_it_says_so(capsys):
    if rank.torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert rank.main(["--device", "cuda"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "no CUDA device" in lines[0]
    assert json.loads(lines[-1])["not_measured"]
