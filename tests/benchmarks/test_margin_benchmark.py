"""The benchmark of the preference margin at a small size: its figures are of the same scores."""

import json

import pytest

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft"):
    pytest.importorskip(name)

from benchmarks import margin  # noqa: E402


def test_it_compares_ways_that_agree(capsys):
    options = ["--models", "tiny", "--remarks", "6", "--prompt", "120", "--repeats", "3", "--threads", "1"]
    assert margin.main(["--json", *options]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["models"]["tiny"]
    assert (found["prompt_tokens"], found["remarks"]) == (120, 6)
    assert found["remark_tokens"] > 60
    assert found["ratio"] > 1
    assert found["ratio"] == pytest.approx(found["padded_seconds"] / found["shared_seconds"], rel=0.1)
    assert 0 <= found["largest_difference"] < 1e-3
    assert 0 < found["padded_largest_difference"] < 1e-3
