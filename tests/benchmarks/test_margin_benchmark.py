"""The benchmark of the preference margin at a small size: its figures are of the same scores."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft"):
    pytest.importorskip(name)


def test_it_compares_ways_that_agree():
    options = ["--models", "tiny", "--remarks", "6", "--prompt", "120", "--repeats", "1", "--threads", "1"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "margin", "--json", *options], capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout.strip().splitlines()[-1])["models"]["tiny"]
    assert (found["prompt_tokens"], found["remarks"]) == (120, 6)
    assert found["remark_tokens"] > 60
    assert found["ratio"] > 1
    assert found["ratio"] == pytest.approx(found["padded_seconds"] / found["shared_seconds"], rel=0.1)
    assert 0 <= found["largest_difference"] < 1e-3
    assert 0 < found["padded_largest_difference"] < 1e-3
