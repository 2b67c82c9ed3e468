"""Fine-tuning on chosen remarks: learned once each, by their weights, and the same bits every time."""

from dataclasses import replace
from io import StringIO

import pytest
from tests.lessons import RECIPE as LESSON

from reviewlore.adapters.console import QuietConsole
from reviewlore.domain.recipe import WarmStart
from reviewlore.stages.batching import PairTokens

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

import torch  # noqa: E402

from reviewlore.adapters.bases import exact_arithmetic, make_base, make_tokenizer, quiet_libraries  # noqa: E402
from reviewlore.adapters.lora import adapt  # noqa: E402
from reviewlore.adapters.warm_start import plan_warm_start, warm_start  # noqa: E402

RECIPE = replace(
    LESSON,
    run=replace(LESSON.run, batch_size=4, micro_batch=4),
    warm_start=WarmStart(max_steps=30, epochs=9.0, learning_rate=2e-2),
)
TOKENIZER = make_tokenizer(["some text"], 300)
CHOSEN, REJECTED = (70, 71, 72, 1), (80, 81, 82, 1)


def rows(count=12, weight=1.0):
    return [PairTokens(tuple(range(10 + each, 30 + each)), CHOSEN, REJECTED, weight) for each in range(count)]


def learn(tmp_path, given, recipe=RECIPE, seed=3):
    """Return (model, log) after a warm start."""
    with quiet_libraries(), exact_arithmetic(1):
        base = make_base(recipe.base, TOKENIZER, 1, 120)
        model = adapt(base, recipe, seed=seed)
        console = QuietConsole(StringIO())
        log = warm_start(base, model, recipe, given, seed=seed, folder=tmp_path / "sft", console=console)
    return model, log


def log_probability(model, prompt, remark):
    with torch.inference_mode():
        logits = model.eval()(input_ids=torch.tensor([[*prompt, *remark]])).logits[0, len(prompt) - 1 : -1]
    return logits.log_softmax(-1).gather(1, torch.tensor(remark).unsqueeze(1)).sum().item()


def adapter_bits(model):
    return {name: each.detach().clone() for name, each in model.named_parameters() if each.requires_grad}


def test_chosen_remarks_become_likely_and_only_the_adapter_changes(tmp_path):
    model, log = learn(tmp_path, rows())
    before = make_base(RECIPE.base, TOKENIZER, 1, 120).model
    prompt = rows()[0].prompt
    assert log_probability(model, prompt, CHOSEN) > log_probability(before, prompt, CHOSEN) + 1
    assert log_probability(model, prompt, REJECTED) < log_probability(before, prompt, REJECTED)
    assert [entry["step"] for entry in log] == list(map(float, range(1, 28)))
    assert log[-1]["sft_loss"] < log[0]["sft_loss"] - 0.3
    with model.disable_adapter():
        assert log_probability(model, prompt, CHOSEN) == log_probability(before, prompt, CHOSEN)
    assert not (tmp_path / "sft").exists() or not any((tmp_path / "sft").iterdir())


def test_the_first_loss_is_the_remarks_alone(tmp_path):
    given = rows(4)
    _, log = learn(tmp_path, given)
    model = make_base(RECIPE.base, TOKENIZER, 1, 120).model
    expected = -sum(log_probability(model, row.prompt, row.chosen) for row in given) / 16
    assert log[0]["sft_loss"] == pytest.approx(expected, abs=1e-4)


def test_the_same_arguments_give_the_same_bits_and_the_model_can_be_asked_as_before(tmp_path):
    first, log = learn(tmp_path / "a", rows())
    second, again = learn(tmp_path / "b", rows())
    assert log == again
    ours, theirs = adapter_bits(first), adapter_bits(second)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert any(each.abs().sum() > 0 for name, each in ours.items() if "lora_B" in name)
    other, _ = learn(tmp_path / "c", rows(), seed=4)
    assert not all(torch.equal(ours[name], value) for name, value in adapter_bits(other).items())


def test_a_small_batch_with_accumulation_learns_the_same(tmp_path):
    whole = learn(tmp_path / "a", rows())[1]
    recipe = replace(RECIPE, run=replace(RECIPE.run, micro_batch=2))
    parts = learn(tmp_path / "b", rows(), recipe)[1]
    assert [entry["sft_loss"] for entry in parts] == pytest.approx([entry["sft_loss"] for entry in whole], abs=1e-3)


def test_weights_multiply_the_loss_and_a_remark_of_many_pairs_counts_once(tmp_path):
    good = rows(4)
    bad = [PairTokens(row.prompt, REJECTED, CHOSEN, 0.02) for row in good]
    model, log = learn(tmp_path, [*good, *good, *bad])
    assert len(log) == 18  # 8 different remarks, 4 a step, 9 passes
    assert log_probability(model, good[0].prompt, CHOSEN) > log_probability(model, good[0].prompt, REJECTED) + 1


def test_without_evidence_all_remarks_weigh_the_same(tmp_path):
    recipe = replace(RECIPE, loss=replace(RECIPE.loss, evidence="none"))
    mixed = [replace(row, weight=0.1 + 0.05 * number) for number, row in enumerate(rows())]
    same = learn(tmp_path / "a", rows())[1]
    assert learn(tmp_path / "b", mixed, recipe)[1] == same
    assert learn(tmp_path / "c", mixed)[1] != same


def test_without_steps_nothing_happens(tmp_path):
    recipe = replace(RECIPE, warm_start=WarmStart(max_steps=0, epochs=0.0, learning_rate=1e-3))
    model, log = learn(tmp_path, rows(), recipe)
    assert log == ()
    assert all(each.abs().sum() == 0 for name, each in adapter_bits(model).items() if "lora_B" in name)
    assert list(tmp_path.iterdir()) == []
    assert learn(tmp_path, [])[1] == ()


def test_steps_are_bounded_by_both():
    recipe = replace(RECIPE, warm_start=WarmStart(max_steps=30, epochs=2.0, learning_rate=1e-3))
    assert plan_warm_start(recipe, 9) == 5
    assert plan_warm_start(recipe, 1000) == 30
