"""Every method and variant from a lesson to a score: what training measured is what asking gives."""

from dataclasses import replace
from importlib.util import find_spec

import pytest
from tests.lessons import RECIPE, Heard, dialogues

from reviewlore.domain.recipe import NamedBase, WarmStart
from reviewlore.domain.training import Lesson
from reviewlore.stages.recipe import recipe_from_mapping, recipe_tables

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

from reviewlore.adapters import weights  # noqa: E402
from reviewlore.adapters.bases import make_base, make_tokenizer, quiet_libraries  # noqa: E402
from reviewlore.adapters.preferrer import load_preferrer  # noqa: E402
from reviewlore.adapters.trainer import Place, train_adapter  # noqa: E402

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


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A chat model as a hub's download would lie on disk; its sizes are multiples of 64, as 4 bits want them."""
    path = tmp_path_factory.mktemp("base")
    settings = replace(RECIPE.base, width=192, heads=2)
    with quiet_libraries():
        texts = [text for each in dialogues(8) for text in (each.prompt, each.chosen, each.rejected)]
        base = make_base(settings, make_tokenizer(texts, 400), 1, 120)
        base.tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
        base.model.resize_token_embeddings(len(base.tokenizer))
        base.tokenizer.chat_template = CHATML
        base.model.save_pretrained(path)
        base.tokenizer.save_pretrained(path)
    return path


def learn_named(named, folder, loss=RECIPE.loss, **run):
    """Return (preferrer, margins of held-out pairs) of a lesson on a base by name, after a warm start."""
    run = replace(RECIPE.run, max_steps=12, **run)
    recipe = replace(RECIPE, base=named, run=run, warm_start=WARM, loss=loss)
    recipe = recipe_from_mapping(recipe_tables(recipe), recipe.name)
    held_out = tuple(dialogues(8, shift=7))
    lesson = Lesson(recipe, tuple(dialogues(24)), held_out, seed=5)
    record, files = train_adapter(lesson, Heard(), Place(base=folder))
    preferrer = load_preferrer(weights.verify_files(files, record.files), folder)
    scores = preferrer.score([(each.prompt, text) for each in held_out for text in (each.chosen, each.rejected)])
    return preferrer, [ours - theirs for ours, theirs in zip(scores[::2], scores[1::2], strict=True)]


def test_a_chat_model_is_trained_and_asked_in_its_template(folder):
    preferrer, margins = learn_named(NamedBase("somebody/chat-model", "ab" * 20, chat=True), folder)
    assert all(margin > 0 for margin in margins)
    assert preferrer.base.frame == ("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes (the qlora extra) is not installed")
@pytest.mark.parametrize("method", ["dpo", "kto"])
def test_an_adapter_is_trained_on_a_base_in_four_bits(folder, method):
    named = NamedBase("somebody/chat-model", "ab" * 20, quantization="nf4")
    loss = RECIPE.loss if method == "dpo" else replace(RECIPE.loss, method=method, **PLAIN)
    preferrer, margins = learn_named(named, folder, loss, precision="auto")
    assert type(preferrer.base.model.model.layers[0].self_attn.q_proj.base_layer).__name__ == "Linear4bit"
    assert sum(margin > 0 for margin in margins) >= 7
