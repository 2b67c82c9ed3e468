"""Training with shared prompts is training by TRL's own trainer: losses, gradients and weights after every step.

Everything is in float32 unless a test says otherwise, at a rate that moves weights far in a few steps.
"""

import copy
import math
import random
from dataclasses import replace

import pytest

from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import MadeBase
from reviewlore.stages.batching import PairTokens, plan_batches
from reviewlore.stages.recipe import parse_recipe

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

import torch  # noqa: E402
from datasets import Dataset, disable_progress_bars  # noqa: E402
from peft import get_peft_model  # noqa: E402
from transformers import GPT2Config, MistralConfig, PrinterCallback, Qwen3MoeConfig, TrainerCallback  # noqa: E402
from transformers.models.auto.modeling_auto import AutoModelForCausalLM  # noqa: E402
from trl import DPOConfig, DPOTrainer  # noqa: E402

from reviewlore.adapters.bases import Base, make_base, make_tokenizer, quiet_libraries  # noqa: E402
from reviewlore.adapters.lora import lora_config  # noqa: E402
from reviewlore.adapters.shared_prefix import make_preference_trainer  # noqa: E402

SHIPPED = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
LOSS = replace(SHIPPED.loss, method="dpo", kind="sigmoid", beta=0.1, label_smoothing=0.0, evidence="none")
RECIPE = replace(SHIPPED, loss=replace(LOSS, length_alpha=1.0), lora=replace(SHIPPED.lora, dropout=0.0))
BATCH, STEPS, CLOSE = 4, 6, 1e-4
SMALL = {
    "vocab_size": 300, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_key_value_heads": 1, "initializer_range": 0.15, "max_position_embeddings": 256,
}  # fmt: skip


def draw_pairs():
    """Pairs of mixed lengths, one to four on a prompt, each prompt with one chosen remark; weights differ."""
    draw = random.Random(4)

    def tokens(most):
        return tuple(draw.randrange(2, 250) for _ in range(draw.randint(1, most)))

    pairs = []
    for count in (1, 4, 2, 3, 1, 2, 4, 1):
        prompt, chosen = tokens(50), tokens(20)
        pairs += [PairTokens(prompt, chosen, tokens(30), draw.uniform(0.2, 1.0)) for _ in range(count)]
    return pairs


PAIRS = draw_pairs()
ORDER = plan_batches(PAIRS, BATCH, BATCH * STEPS, 0)


class Log(TrainerCallback):
    """Keeps what was logged, as numbers."""

    def __init__(self):
        self.entries = []

    def on_log(self, _, state, __, logs, **___):
        self.entries.append(dict(logs) | {"step": state.global_step})


def make_start(config=None, warm=0.0):
    """A base whose logits differ from token to token, and an adapter on it: fresh, or changed by noise."""
    torch.manual_seed(0)
    made = make_base(MadeBase(2, 32, 2, 320, 0, 1e-3), make_tokenizer(["def fee(loan): return 0"] * 3, 320), 0, 256)
    model = made.model if config is None else AutoModelForCausalLM.from_config(config).float()
    for parameter in model.parameters():
        if config is None and parameter.dim() > 1:
            parameter.data *= 6
    targets = {"c_attn"} if isinstance(config, GPT2Config) else {"q_proj", "v_proj", "o_proj"}
    with quiet_libraries():
        adapted = get_peft_model(model, replace_targets(targets))
    for name, parameter in adapted.named_parameters():
        if ".lora_B" in name and warm:
            torch.nn.init.normal_(parameter, std=warm)
    return Base(model, made.tokenizer, made.end, made.pad, "made:test", ""), adapted


def replace_targets(targets):
    config = lora_config(replace(RECIPE.lora, targets=tuple(sorted(targets))))
    config.lora_dropout = 0.0
    return config


def arguments(folder, **changes):
    values = {
        "loss_type": ["sigmoid"], "beta": 0.1, "learning_rate": 1e-2, "max_steps": STEPS, "bf16": False,
        "per_device_train_batch_size": BATCH, "per_device_eval_batch_size": BATCH, "max_length": None,
        "gradient_checkpointing": False, "logging_steps": 1, "train_sampling_strategy": "sequential",
        "save_strategy": "no", "report_to": "none", "disable_tqdm": True, "dataloader_pin_memory": False,
        "use_cpu": True, "seed": 0,
    }  # fmt: skip
    return DPOConfig(output_dir=str(folder), **values | changes)


class Pretokenized(DPOTrainer):
    """TRL's trainer, given tokens."""

    def _prepare_dataset(self, dataset, *_, **__):
        return dataset


def rows_of(pairs):
    return Dataset.from_list(
        [{"prompt_ids": [*p.prompt], "chosen_ids": [*p.chosen], "rejected_ids": [*p.rejected]} for p in pairs]
    )


def run(trainer, log):
    trainer.remove_callback(PrinterCallback)
    with quiet_libraries():
        trainer.train()
    adapter = {name: each.detach().clone() for name, each in trainer.model.named_parameters() if ".default." in name}
    return [entry for entry in log.entries if "loss" in entry], adapter, trainer


def train_stock(start, given, evaluation=()):
    disable_progress_bars()
    log = Log()
    held_out = rows_of(evaluation) if evaluation else None
    with quiet_libraries():
        trainer = Pretokenized(
            model=start[1],
            args=given,
            train_dataset=rows_of(PAIRS[index] for index in ORDER),
            eval_dataset=held_out,
            processing_class=start[0].tokenizer,
            callbacks=[log],
        )
    return run(trainer, log)


def train_ours(start, given, evaluation=(), cache=None, pairs=PAIRS, callbacks=(), **loss):
    log = Log()
    recipe = replace(RECIPE, loss=replace(RECIPE.loss, **loss))
    with quiet_libraries():
        trainer = make_preference_trainer(
            start[0], start[1], recipe, pairs, ORDER, evaluation=evaluation, arguments=given,
            callbacks=[log, *callbacks], reference_cache=cache,
        )  # fmt: skip
    return run(trainer, log)


def assert_same(ours, stock, close=CLOSE):
    """Losses, gradient norms and metrics of each step, and the adapter's weights at the end."""
    for mine, theirs in zip(ours[0], stock[0], strict=True):
        assert set(mine) == set(theirs)
        for key, value in theirs.items():
            assert mine[key] == pytest.approx(value, rel=close, abs=1e-5), (mine["step"], key)
    assert ours[1].keys() == stock[1].keys()
    for name, weight in stock[1].items():
        assert float((ours[1][name] - weight).norm()) <= close * float(weight.norm()), name


KINDS = {
    "sigmoid": {},
    "sigmoid_norm": {"kind": "sigmoid_norm", "beta": 2.0},
    "robust": {"kind": "robust", "label_smoothing": 0.15},
    "length": {"length_alpha": 0.3},
}


def given_for(kind):
    loss = KINDS[kind]
    given = {"loss_type": [loss.get("kind", "sigmoid")], "ld_alpha": loss.get("length_alpha")}
    return given | {name: loss.get(name, getattr(LOSS, name)) for name in ("label_smoothing", "beta")}


@pytest.fixture(scope="module")
def stock_runs(tmp_path_factory):
    """TRL's trainer by each loss, its reference computed step by step."""
    return {
        kind: train_stock(make_start(), arguments(tmp_path_factory.mktemp(kind), **given_for(kind))) for kind in KINDS
    }


@pytest.mark.parametrize("precompute", [False, True], ids=["online", "precomputed"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_that_of_stock(tmp_path, stock_runs, kind, precompute):
    given = arguments(tmp_path, **given_for(kind), precompute_ref_log_probs=precompute)
    ours = train_ours(make_start(), given, cache=tmp_path / "reference", **KINDS[kind])
    assert ours[2].reading == "trees"
    assert max(abs(entry["rewards/margins"]) for entry in stock_runs[kind][0]) > 0.05  # the weights did move
    assert_same(ours, stock_runs[kind])


@pytest.mark.parametrize("precompute", [False, True], ids=["online", "precomputed"])
def test_a_warm_adapter_is_its_own_reference(tmp_path, precompute):
    given = {"precompute_ref_log_probs": precompute}
    stock = train_stock(make_start(warm=0.3), arguments(tmp_path / "stock", **given))
    ours = train_ours(make_start(warm=0.3), arguments(tmp_path / "ours", **given))
    assert stock[0][0]["loss"] == pytest.approx(math.log(2))
    assert_same(ours, stock)


def test_accumulated_gradients_are_those_of_stock(tmp_path):
    given = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}
    stock = train_stock(make_start(), arguments(tmp_path / "stock", **given))
    assert_same(train_ours(make_start(), arguments(tmp_path / "ours", **given)), stock)


def test_weights_and_halved_micro_batches_give_the_same_step(tmp_path):
    loss = {"kind": "conservative", "label_smoothing": 0.1, "evidence": "weight"}
    whole = train_ours(make_start(), arguments(tmp_path / "whole"), **loss)
    half = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": BATCH}
    halved = train_ours(make_start(), arguments(tmp_path / "half", **half), **loss)
    for mine, theirs in zip(halved[0], whole[0], strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], rel=CLOSE)
        assert mine["grad_norm"] == pytest.approx(theirs["grad_norm"], rel=CLOSE)
    plain = train_ours(make_start(), arguments(tmp_path / "plain"), **loss | {"evidence": "none"})
    assert plain[0][-1]["grad_norm"] != pytest.approx(whole[0][-1]["grad_norm"], rel=1e-2)


def test_a_pairs_weight_multiplies_its_gradient(tmp_path):
    """Two pairs a batch, of which one weighs nothing beside the other: the step is the other's alone, doubled."""
    light = [replace(PAIRS[0], weight=1e-9), replace(PAIRS[1], weight=1.0)]
    heavy = [PAIRS[1]]

    def first_gradient(pairs, size):
        given = arguments(tmp_path, max_steps=1, per_device_train_batch_size=size)
        with quiet_libraries():
            trainer = make_preference_trainer(
                *make_start(), replace(RECIPE, loss=replace(RECIPE.loss, evidence="weight")), pairs,
                list(range(size)), evaluation=(), arguments=given, callbacks=[], reference_cache=None,
            )  # fmt: skip
        return run(trainer, Log())[2].state.log_history[0]["grad_norm"]

    assert first_gradient(light, 2) == pytest.approx(first_gradient(heavy, 1), rel=1e-5)


@pytest.mark.parametrize(("weight", "share"), [(1.0, 1.0), (0.5, 0.5), (0.0, 0.0)])
def test_evidence_smooths_where_the_recipe_says_so(tmp_path, weight, share):
    """At the start the margin is zero, and the gradient is (1 - 2 * smoothing) times that of the plain loss."""
    pairs = [replace(pair, weight=weight) for pair in PAIRS]
    loss = {"kind": "conservative", "label_smoothing": 0.1, "evidence": "smoothing"}
    given = arguments(tmp_path, max_steps=1)
    found = train_ours(make_start(), given, pairs=pairs, **loss)[0][0]["grad_norm"]
    plain = train_ours(make_start(), given, pairs=pairs, **loss | {"evidence": "none"})[0][0]["grad_norm"]
    assert found == pytest.approx(share * plain, rel=1e-4, abs=1e-6)


def test_evaluation_is_that_of_stock_also_of_rows_given_later(tmp_path):
    held_out = PAIRS[:8]  # whole batches: TRL averages over batches, whatever their size
    for precompute in (False, True):
        given = {"precompute_ref_log_probs": precompute}
        stock = train_stock(make_start(), arguments(tmp_path / "stock", **given), held_out)[2]
        ours = train_ours(make_start(), arguments(tmp_path / "ours", **given), held_out)[2]
        for theirs, mine in ((stock.evaluate(), ours.evaluate()), *_later(stock, ours)):
            assert set(mine) == set(theirs)
            for key in ("eval_loss", "eval_rewards/margins", "eval_rewards/accuracies", "eval_logps/chosen"):
                assert mine[key] == pytest.approx(theirs[key], rel=CLOSE, abs=1e-5), key


def _later(stock, ours):
    rows = rows_of(PAIRS[8:12])
    with quiet_libraries():
        return [(stock.evaluate(rows), ours.evaluate(rows))]


def test_a_kept_reference_is_read_and_not_computed(tmp_path):
    given = {"precompute_ref_log_probs": True, "max_steps": 2}
    first = train_ours(make_start(), arguments(tmp_path, **given), cache=tmp_path / "kept")
    (path,) = (tmp_path / "kept").iterdir()
    begun = path.stat().st_mtime_ns
    again = train_ours(make_start(), arguments(tmp_path, **given), cache=tmp_path / "kept")
    assert [entry["loss"] for entry in again[0]] == [entry["loss"] for entry in first[0]]
    assert path.stat().st_mtime_ns == begun
    train_ours(make_start(warm=0.1), arguments(tmp_path, **given), cache=tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_run_taken_up_at_a_checkpoint_ends_as_one_that_was_not_interrupted(tmp_path):
    class Stop(TrainerCallback):
        def on_step_end(self, _, state, control, **__):
            control.should_training_stop = state.global_step == 3

    keep = {"save_strategy": "steps", "save_steps": 3}
    whole = train_ours(make_start(), arguments(tmp_path / "whole", **keep))
    train_ours(make_start(), arguments(tmp_path / "cut", **keep), callbacks=[Stop()])
    log = Log()
    with quiet_libraries():
        trainer = make_preference_trainer(
            *make_start(), RECIPE, PAIRS, ORDER, evaluation=(), arguments=arguments(tmp_path / "cut", **keep),
            callbacks=[log], reference_cache=None,
        )  # fmt: skip
        trainer.train(resume_from_checkpoint=True)
    assert [entry["loss"] for entry in log.entries if "loss" in entry] == [entry["loss"] for entry in whole[0]][3:]
    assert all(torch.equal(each, whole[1][name]) for name, each in trainer.model.named_parameters() if name in whole[1])


def test_bfloat16_is_as_close_to_float32_as_stock_is(tmp_path):
    exact = train_stock(make_start(), arguments(tmp_path))[0]

    def error(found):
        return sum(abs(mine["loss"] - plain["loss"]) for mine, plain in zip(found[0], exact, strict=True))

    stock = error(train_stock(make_start(), arguments(tmp_path, bf16=True)))
    ours = error(train_ours(make_start(), arguments(tmp_path, bf16=True)))
    assert 0 < ours <= 1.5 * stock


def test_odds_ratio_loss_is_trls(tmp_path, monkeypatch):
    """With one token of prompt and equal lengths, where TRL's average over all tokens is that over remarks."""
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    draw = random.Random(1)
    pairs = [
        PairTokens((5 + number,), *(tuple(draw.randrange(2, 250) for _ in range(6)) for _ in range(2)))
        for number in range(BATCH)
    ]
    start = make_start(warm=0.3)
    recipe = replace(RECIPE, loss=replace(RECIPE.loss, method="orpo", beta=0.3))
    text = Dataset.from_list([{"prompt": "def", "chosen": "fee", "rejected": "loan"}])
    with quiet_libraries():
        theirs = ORPOTrainer(
            model=start[1],
            args=ORPOConfig(output_dir=str(tmp_path), bf16=False, use_cpu=True, beta=0.3, report_to="none"),
            train_dataset=text,
            processing_class=start[0].tokenizer,
        )
        ours = make_preference_trainer(
            *start, recipe, pairs, range(BATCH), evaluation=(), arguments=arguments(tmp_path), callbacks=[],
            reference_cache=None,
        )  # fmt: skip
    batch = {}
    for side in ("chosen", "rejected"):
        ids = torch.tensor([pair.prompt + getattr(pair, side) for pair in pairs])
        batch |= {f"{side}_input_ids": ids, f"{side}_attention_mask": torch.ones_like(ids)}
        batch[f"{side}_labels"] = torch.cat([torch.full((BATCH, 1), -100), ids[:, 1:]], dim=1)
    wanted, metrics = theirs.get_batch_loss_metrics(ours.model, batch, train_eval="train")
    loss = ours.compute_loss(ours.model, ours.data_collator(list(ours.train_dataset)))
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5)
    wanted_slopes, slopes = (torch.autograd.grad(each, _adapter(ours.model)) for each in (wanted, loss))
    for slope, wanted_slope in zip(slopes, wanted_slopes, strict=True):
        assert torch.allclose(slope, wanted_slope, rtol=1e-4, atol=1e-6)
    (margin,) = ours._metrics["train"]["rewards/margins"]
    assert float(margin) == pytest.approx(float(metrics["rewards/margins"]), rel=1e-4)


def _adapter(model):
    return [each for each in model.parameters() if each.requires_grad]


def test_recomputed_activations_give_the_same_steps(tmp_path, stock_runs):
    given = arguments(tmp_path, gradient_checkpointing=True, max_steps=STEPS)
    assert_same(train_ours(make_start(), given), stock_runs["sigmoid"])


def test_what_has_no_pairs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="KTO"):
        train_ours(make_start(), arguments(tmp_path), method="kto")


OTHERS = {
    "gpt2": (GPT2Config(n_embd=32, n_layer=1, n_head=2, vocab_size=300, n_positions=256), "trees"),
    "eager": (MistralConfig(**SMALL, sliding_window=None, attn_implementation="eager"), "rows"),
    "window": (MistralConfig(**SMALL, sliding_window=24), "trees"),
    "experts": (
        Qwen3MoeConfig(
            **SMALL, head_dim=16, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=16,
            router_aux_loss_coef=0.05, output_router_logits=True,
        ),
        "logits",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_other_architectures_train_as_stock(tmp_path, kind):
    config, reading = OTHERS[kind]
    stock = train_stock(make_start(copy.deepcopy(config)), arguments(tmp_path / "stock"))
    ours = train_ours(make_start(copy.deepcopy(config)), arguments(tmp_path / "ours"))
    assert ours[2].reading == reading
    for entry in stock[0]:
        entry.pop("aux_loss", None)
    assert_same(ours, stock)
