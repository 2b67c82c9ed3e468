"""Every method and variant from a lesson to a score: what training measured is what asking gives."""

from dataclasses import replace

import pytest
from tests.lessons import RECIPE, Heard, dialogues

from reviewlore.domain.recipe import WarmStart
from reviewlore.domain.training import Lesson
from reviewlore.stages.recipe import recipe_from_mapping, recipe_tables

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

from reviewlore.adapters import weights  # noqa: E402
from reviewlore.adapters.preferrer import load_preferrer  # noqa: E402
from reviewlore.adapters.trainer import train_adapter  # noqa: E402

PLAIN = {"kind": "sigmoid", "label_smoothing": 0.0}
WARM = WarmStart(max_steps=6, epochs=9.0, learning_rate=1e-2)


def learn(recipe):
    """Return (record, preferrer, margins of held-out pairs) of a lesson; the recipe is checked as a file's would be."""
    recipe = recipe_from_mapping(recipe_tables(recipe), recipe.name)
    held_out = tuple(dialogues(8, shift=7))
    record, files = train_adapter(Lesson(recipe, tuple(dialogues(24)), held_out, seed=5), Heard())
    preferrer = load_preferrer(weights.verify_files(files, record.files))
    scores = preferrer.score([(each.prompt, text) for each in held_out for text in (each.chosen, each.rejected)])
    return record, preferrer, [ours - theirs for ours, theirs in zip(scores[::2], scores[1::2], strict=True)]


@pytest.mark.parametrize("method", ["orpo", "kto"])
def test_a_method_learns_and_is_asked_by_its_own_reward(method):
    record, preferrer, margins = learn(replace(RECIPE, loss=replace(RECIPE.loss, method=method, **PLAIN)))
    assert all(margin > 0 for margin in margins)
    assert sum(margins) / 8 == pytest.approx(record.log[-1]["eval_margin"], abs=1e-3)
    again = dialogues(1, shift=7)[0]
    [score] = preferrer.score([(again.prompt, again.chosen)])
    if method == "orpo":  # beta times an average log-probability: below zero whatever the base says
        logs = preferrer.weigh(
            preferrer.base.tokenizer(again.prompt)["input_ids"],
            [[*preferrer.base.tokenizer(again.chosen)["input_ids"], preferrer.base.end]],
        )[0]
        assert score == pytest.approx(float(RECIPE.loss.beta * logs.mean()), abs=1e-5)
        assert score < 0


@pytest.mark.parametrize("variant", ["rslora", "dora"])
def test_a_variant_learns_and_says_the_same_when_it_is_loaded(variant):
    record, _, margins = learn(replace(RECIPE, lora=replace(RECIPE.lora, variant=variant)))
    assert all(margin > 0 for margin in margins)
    assert sum(margins) / 8 == pytest.approx(record.log[-1]["eval_margin"], abs=1e-3)


def test_a_warm_start_comes_before_the_preferences():
    record, _, margins = learn(replace(RECIPE, warm_start=WARM))
    assert [entry["step"] for entry in record.log if "sft_loss" in entry] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert "sft_loss" in record.log[0] and "loss" in record.log[-2]
    assert all(margin > 0 for margin in margins)
