"""`python -m benchmarks adapter`: without data it says so; a base it makes is one that the product opens."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the model extra")

from benchmarks._small_base import SmallBase, train_base

from benchmarks import adapter
from reviewlore.adapters.bases import encode, open_named
from reviewlore.domain.recipe import NamedBase

pytestmark = pytest.mark.model


def test_without_data_it_says_what_it_could_not_measure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert adapter.main(["--json", "--data", str(tmp_path / "none.jsonl.gz")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "no review comments" in lines[0]
    assert json.loads(lines[-1])["not_measured"] == ["adapter"]


def test_a_small_base_learns_its_texts_and_is_opened_as_a_published_one(tmp_path: Path) -> None:
    texts = [f"call number {n} asks for a test of case {n % 7}" for n in range(200)]
    size = SmallBase(layers=1, width=32, heads=2, vocabulary=300, steps=30, rows=4, length=32, rate=5e-3)
    said: list[str] = []
    took = train_base(texts, size, tmp_path / "base", seed=1, device="cpu", say=said.append)
    assert took["tokens_seen"] == 30 * 4 * 32
    assert took["held_out_loss"] < 5.0  # of 300 tokens that know nothing: 5.7
    base = open_named(NamedBase("local/base", "0" * 40), tmp_path / "base", hub=False)
    prompt, remark = encode(base, "call number 3", " asks", 32)
    assert prompt == base.tokenizer("call number 3").input_ids
    assert remark[-1] == base.end
