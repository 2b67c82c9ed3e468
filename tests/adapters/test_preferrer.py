"""Remarks on one prompt are scored together, and each as if it were alone."""

import random
from dataclasses import replace

import pytest

from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import MadeBase
from reviewlore.stages.recipe import parse_recipe

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft"):
    pytest.importorskip(name)

import torch  # noqa: E402
from peft import get_peft_model  # noqa: E402
from transformers import (  # noqa: E402
    GPT2Config,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    Qwen2Config,
)
from transformers.models.auto.modeling_auto import AutoModelForCausalLM  # noqa: E402

from reviewlore.adapters import preferrer  # noqa: E402
from reviewlore.adapters.bases import Base, encode, make_base, make_tokenizer, quiet_libraries  # noqa: E402
from reviewlore.adapters.lora import lora_config  # noqa: E402
from reviewlore.adapters.preferrer import Preferrer  # noqa: E402

SHIPPED = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
RECIPE = replace(SHIPPED, text=replace(SHIPPED.text, max_tokens=240))
PROMPT = "<|file|>app/fee.py\n<|hunk|>\n@@ -1 +1,2 @@\n+fee = find_loan()\n<|remark|>\n"
REMARKS = [
    "Please test the fee.",
    "",
    "Why?",
    "Perhaps rename the fee, since loans have one too. " * 3,
    "x" * 300,
    "Why?",
]
LIMIT = 1e-3
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 400}
LLAMA = {**SMALL, "num_key_value_heads": 1, "intermediate_size": 64, "max_position_embeddings": 256}
KINDS = {
    "llama": LlamaConfig(**LLAMA),
    "qwen2": Qwen2Config(**LLAMA),
    "mistral": MistralConfig(**LLAMA, sliding_window=200),
    "gpt2": GPT2Config(n_embd=32, n_layer=2, n_head=2, vocab_size=400, n_positions=256),
}


def make_preferrer(model, recipe=RECIPE, targets=("q_proj", "v_proj")):
    """A model with an adapter of random weights, large enough that margins differ."""
    tokenizer = make_base(MadeBase(1, 32, 1, 400, 0, 1e-3), make_tokenizer([PROMPT, *REMARKS], 400), 0, 240).tokenizer
    torch.manual_seed(5)
    recipe = replace(recipe, lora=replace(recipe.lora, targets=targets))
    with quiet_libraries():
        adapted = get_peft_model(model, lora_config(recipe.lora))
    for name, parameter in adapted.named_parameters():
        if ".lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return Preferrer(Base(model, tokenizer, tokenizer.eos_token_id, tokenizer.pad_token_id, "", ""), adapted, recipe)


def build(kind):
    torch.manual_seed(3)
    return AutoModelForCausalLM.from_config(KINDS[kind]).float()


def plainly(scored, rows):
    """Each row by one forward pass of its own, in the simplest code that there is."""
    found = []
    for prompt, remark in rows:
        before, after = encode(scored._base, prompt, remark, scored.recipe.text.max_tokens)
        sums = []
        for context in (torch.inference_mode(), scored._model.disable_adapter()):
            with context, torch.no_grad():
                logits = scored._model(torch.tensor([before + after])).logits[0, len(before) - 1 : -1]
                sums.append(logits.log_softmax(-1).gather(1, torch.tensor(after)[:, None]).sum().item())
        found.append(scored.recipe.loss.beta * (sums[0] - sums[1]))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_together_is_as_alone(kind, monkeypatch):
    targets = ("c_attn",) if kind == "gpt2" else ("q_proj", "v_proj")
    scored = make_preferrer(build(kind), targets=targets)
    rows = [(PROMPT, remark) for remark in REMARKS]
    beta = scored.recipe.loss.beta
    wanted = plainly(scored, rows)
    calls = []
    forward = scored._forward
    monkeypatch.setattr(scored, "_forward", lambda tokens, **more: calls.append(len(tokens)) or forward(tokens, **more))
    scores = scored.score(rows)
    assert scored._shares is True
    assert scores == pytest.approx(wanted, abs=beta * LIMIT)
    assert max(scores) - min(scores) > 0.05, "margins differ, so that being equal means something"
    assert calls[-4::2] == [len(encode(scored._base, *rows[0], 240)[0])] * 2, "the prompt once, for adapter and base"
    calls.clear()
    assert scored.score(rows) == scores
    assert scored.score(rows[:1]) == pytest.approx(wanted[:1], abs=beta * LIMIT)
    assert len(calls) == 4, "the remarks only, since the prompt was read just now"


def test_prompts_read_last_are_kept_within_a_number_of_bytes(monkeypatch):
    sharing = make_preferrer(build("llama"))
    wide = [PROMPT.replace("fee", word) for word in ("fa", "fo", "fu")]
    longest = max(len(encode(sharing._base, prompt, "", 240)[0]) for prompt in wide)
    limit = 3 * sharing._read(list(range(40, 40 + longest))).size
    monkeypatch.setattr(preferrer, "_KEPT", limit)
    scored = make_preferrer(build("llama"))
    first, second, third = ([(prompt, remark) for remark in REMARKS[:3]] for prompt in wide)
    wanted = [scored.score(rows) for rows in (first, second, third)]
    assert 0 < scored._prefixes._size <= limit
    read = []
    forward = scored._read
    monkeypatch.setattr(scored, "_read", lambda prompt: read.append(prompt) or forward(prompt))
    assert scored.score(third) == wanted[2]
    assert not read, "the last prompt is there"
    assert scored.score(first) == wanted[0]
    assert len(read) == 2, "the first one is not: adapter and base read it again"


def test_a_prompt_is_kept_for_each_adapter():
    scored = make_preferrer(build("llama"))
    rows = [(PROMPT, remark) for remark in REMARKS]
    first = scored.score(rows)
    with quiet_libraries():
        scored._model.add_adapter("other", lora_config(scored.recipe.lora))
    scored._model.set_adapter("other")
    assert scored.score(rows) == [0.0] * len(rows), "a fresh adapter is the base"
    scored._model.set_adapter("default")
    assert scored.score(rows) == first


def test_a_score_does_not_depend_on_what_else_is_scored():
    scored = make_preferrer(build("llama"))
    other = PROMPT.replace("fee", "loan")
    rows = [(prompt, remark) for prompt in (PROMPT, other) for remark in REMARKS]
    scores = scored.score(rows)
    near = scored.recipe.loss.beta * LIMIT
    order = list(range(len(rows)))
    chooser = random.Random(7)
    for _ in range(5):
        chooser.shuffle(order)
        assert scored.score([rows[index] for index in order]) == pytest.approx(
            [scores[index] for index in order], abs=near
        )
        part = sorted(order[:4])
        assert scored.score([rows[index] for index in part]) == pytest.approx([scores[i] for i in part], abs=near)
    for row, score in zip(rows, scores, strict=True):
        assert scored.score([row]) == pytest.approx([score], abs=near)
    assert scored.score(rows) == scores, "the same call gives the same bits"
    assert scored.score([]) == []


def test_many_remarks_are_read_in_packs_of_bounded_size(monkeypatch):
    scored = make_preferrer(build("llama"))
    rows = [(PROMPT, f"Please test case {number}, and the next one too.") for number in range(30)]
    whole = scored.score(rows)
    monkeypatch.setattr(preferrer, "_PACK", 60)
    sizes = []
    forward = scored._forward
    monkeypatch.setattr(scored, "_forward", lambda tokens, **more: sizes.append(len(tokens)) or forward(tokens, **more))
    assert scored.score(rows) == pytest.approx(whole, abs=scored.recipe.loss.beta * LIMIT)
    assert len(sizes) > 10
    assert max(size for size in sizes[1:] if size != sizes[0]) <= 60


def test_a_mean_over_tokens_is_a_mean():
    recipe = replace(RECIPE, loss=replace(RECIPE.loss, kind="sigmoid_norm"))
    rows = [(PROMPT, remark) for remark in REMARKS]
    model = build("llama")
    summed, mean = make_preferrer(model).score(rows), make_preferrer(build("llama"), recipe).score(rows)
    lengths = [len(encode(make_preferrer(model)._base, *row, 240)[1]) for row in rows]
    assert mean == pytest.approx([total / length for total, length in zip(summed, lengths, strict=True)], abs=1e-4)


@pytest.mark.parametrize("way", ["window", "attention", "check"])
def test_a_model_that_cannot_share_is_asked_one_by_one(way, monkeypatch):
    model = build("mistral" if way == "window" else "llama")
    if way == "window":
        model.config.sliding_window = 40
    if way == "attention":
        model.set_attn_implementation("eager")
    scored = make_preferrer(model)
    if way == "check":
        together = scored._together
        monkeypatch.setattr(scored, "_together", lambda *given: [each + 0.01 for each in together(*given)])
    rows = [(PROMPT, remark) for remark in REMARKS[:4]]
    assert scored.score(rows) == pytest.approx(plainly(scored, rows), abs=scored.recipe.loss.beta * LIMIT)
    assert not scored._shares


def test_a_model_without_attention_is_asked_one_by_one():
    config = MambaConfig(hidden_size=32, num_hidden_layers=2, vocab_size=400, state_size=4, expand=2)
    torch.manual_seed(3)
    with quiet_libraries():
        scored = make_preferrer(AutoModelForCausalLM.from_config(config).float(), targets=("in_proj",))
    rows = [(PROMPT, remark) for remark in REMARKS[:4]]
    assert scored.score(rows) == pytest.approx(plainly(scored, rows), abs=scored.recipe.loss.beta * LIMIT)
    assert scored._shares is False


def test_a_model_that_rested_says_the_same_and_kept_no_prompt_meanwhile():
    scored = make_preferrer(build("llama"))
    rows = [(PROMPT, remark) for remark in REMARKS]
    before = scored.score(rows)
    computing = scored.model.device
    scored.rest()
    assert scored._prefixes.find(("default",), encode(scored.base, PROMPT, "", 240)[0]) is None
    scored._device = torch.device("meta")  # stands for an accelerator: what is there is no number any more
    assert scored.model.device.type == "meta"
    assert computing.type == "cpu"
    again = make_preferrer(build("llama"))
    again.rest()
    assert again.score(rows) == before
