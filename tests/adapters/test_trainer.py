"""Real DPO runs on a base model made on the spot: signal is learned, bytes repeat, failures leave nothing behind."""

import gc
import socket
import time
import weakref
from dataclasses import replace

import pytest
from tests.lessons import RECIPE, Heard, dialogues

from reviewlore.adapters import weights
from reviewlore.domain.recipe import Dialogue, NamedBase
from reviewlore.domain.training import Lesson
from reviewlore.errors import ConfigError, InputError, RefusedError, StateError

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

import torch  # noqa: E402
from transformers import PreTrainedModel  # noqa: E402

from reviewlore.adapters.bases import encode, make_base, make_tokenizer, quiet_libraries, use_bfloat16  # noqa: E402
from reviewlore.adapters.preferrer import load_preferrer  # noqa: E402
from reviewlore.adapters.trainer import Place, train_adapter  # noqa: E402

SHORT = replace(RECIPE, run=replace(RECIPE.run, max_steps=2), base=replace(RECIPE.base, warm_up_steps=1))


def lesson(recipe, train, validation=(), seed=1):
    return Lesson(recipe, tuple(train), tuple(validation), seed)


@pytest.fixture(scope="module")
def trained():
    """One run with held-out pairs; (record, files, what was said)."""
    heard = Heard()
    record, files = train_adapter(lesson(RECIPE, dialogues(24), dialogues(8, shift=7), seed=5), heard)
    return record, files, heard.lines


def load(files, record, base_folder=None):
    return load_preferrer(weights.verify_files(files, record.files), base_folder)


def test_a_planted_signal_is_learned(trained):
    record, _, _ = trained
    losses = [entry["loss"] for entry in record.log if "loss" in entry]
    accuracies = [entry["accuracy"] for entry in record.log if "loss" in entry]
    assert len(losses) == record.steps == 24
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert sum(losses[-4:]) / 4 < 0.5 < sum(losses[:4]) / 4
    assert sum(accuracies[-4:]) / 4 > 0.9
    assert record.log[-1]["eval_accuracy"] == 1.0


def test_the_record_says_what_was_done(trained):
    record, files, heard = trained
    assert record.base_model == "made:smoke_cpu"
    assert record.base_revision.startswith("sha256:")
    assert record.pairs == 24
    assert record.seconds > 0
    assert {"torch", "trl", "peft", "transformers", "datasets", "python"} <= set(record.packages)
    assert record.hardware
    assert record.cut == {"prompt_tokens": 0, "remark_tokens": 0}
    assert record.files == weights.hash_files(files)
    assert (record.steps, record.best_step, record.resumed_at, record.micro_batch) == (24, 24, 0, 8)
    assert heard[-1].startswith("step 24 of 24: loss ")
    assert heard[-1].endswith("chosen preferred in 100% of pairs")


def test_the_same_lesson_gives_the_same_bytes(trained):
    record, _, _ = trained
    again, _ = train_adapter(lesson(RECIPE, dialogues(24), dialogues(8, shift=7), seed=5), Heard())
    assert again.files == record.files
    assert again.log == record.log


def test_asking_gives_what_training_measured(trained):
    record, files, _ = trained
    held_out = dialogues(8, shift=7)
    preferrer = load(files, record)
    rows = [(each.prompt, text) for each in held_out for text in (each.chosen, each.rejected)]
    scores = preferrer.score(rows)
    margins = [chosen - rejected for chosen, rejected in zip(scores[::2], scores[1::2], strict=True)]
    assert sum(margins) / 8 == pytest.approx(record.log[-1]["eval_margin"], abs=1e-3)
    assert all(margin > 0 for margin in margins)
    assert preferrer.score(rows[5:6]) == pytest.approx(scores[5:6], abs=1e-4)
    assert preferrer.score([]) == []


def test_any_text_can_be_scored(trained):
    record, files, _ = trained
    rows = [("", ""), ("<|pad|>" * 300, "<|end|>"), ("日本語 🙂\x00" * 200, "\n" * 999), ("p", "x" * 5000)]
    scores = load(files, record).score(rows)
    assert len(scores) == 4
    assert all(score == score and abs(score) < 1e4 for score in scores)


def test_an_adapter_of_other_shapes_than_its_base_is_refused(trained):
    record, files, _ = trained
    contents = dict(files)
    wider = replace(RECIPE, base=replace(RECIPE.base, width=64))
    contents[weights.SETTINGS] = weights.render_settings(wider, record.base_model, record.base_revision)
    with pytest.raises(StateError, match="base model cannot be loaded"):
        load_preferrer(weights.verify_files(contents, weights.hash_files(contents)))


def test_a_control_token_in_a_text_stays_text():
    base = make_base(RECIPE.base, make_tokenizer(["some text"], 300), 0, 120)
    prompt, remark = encode(base, "a <|end|> b", "<|pad|>", 120)
    assert base.end not in prompt
    assert base.pad not in remark
    assert remark[-1] == base.end
    assert remark.count(base.end) == 1


def test_a_prompt_too_long_loses_its_middle_and_a_remark_its_end():
    base = make_base(RECIPE.base, make_tokenizer(["x"], 300), 0, 120)
    whole, _ = encode(base, "".join(map(chr, range(33, 127))) * 3, "r", 999)
    prompt, remark = encode(base, "".join(map(chr, range(33, 127))) * 3, "y" * 500, 120)
    assert len(prompt) == 80
    assert prompt == whole[:20] + whole[-60:]
    assert len(remark) == 40
    assert base.end not in remark


def save_small_model(folder):
    """Save a model and its tokenizer as a hub's download would lie on disk."""
    with quiet_libraries():
        texts = [text for each in dialogues(8) for text in (each.prompt, each.chosen, each.rejected)]
        base = make_base(RECIPE.base, make_tokenizer(texts, 400), 1, 120)
        base.model.save_pretrained(folder)
        base.tokenizer.save_pretrained(folder)
    return folder


def test_a_named_base_is_opened_from_its_folder_and_peft_reads_what_was_written(tmp_path):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = save_small_model(tmp_path / "base")
    recipe = replace(SHORT, base=NamedBase(id="somebody/small-model", revision="ab" * 20))
    record, files = train_adapter(lesson(recipe, dialogues(8)), Heard(), Place(base=base))
    assert (record.base_model, record.base_revision) == ("somebody/small-model", "ab" * 20)
    assert sorted(record.files) == [weights.ADAPTER_CONFIG, weights.ADAPTER_WEIGHTS, weights.SETTINGS]
    (tmp_path / "out").mkdir()
    for name, content in files.items():
        (tmp_path / "out" / name).write_bytes(content)
    ours = load(files, record, base).score([("prompt", "remark")])[0]

    tokenizer = AutoTokenizer.from_pretrained(base)
    with quiet_libraries():
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype="float32"), tmp_path / "out")
    prompt = tokenizer("prompt")["input_ids"]
    remark = [*tokenizer("remark")["input_ids"], tokenizer.eos_token_id]

    def log_probability():
        with torch.no_grad():
            scores = model(torch.tensor([prompt + remark])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        return scores.gather(1, torch.tensor(remark).unsqueeze(1)).sum().item()

    policy = log_probability()
    with model.disable_adapter():
        reference = log_probability()
    assert ours == pytest.approx(recipe.loss.beta * (policy - reference), abs=1e-4)
    assert ours != 0


def test_a_base_that_shares_no_prompts_is_said_to_be_slow(tmp_path):
    from transformers import AutoModelForCausalLM, GraniteConfig

    base = save_small_model(tmp_path / "base")
    plain = AutoModelForCausalLM.from_pretrained(base)
    with quiet_libraries():
        names = ("vocab_size", "hidden_size", "intermediate_size", "num_attention_heads", "eos_token_id")
        config = GraniteConfig(num_hidden_layers=1, logits_scaling=2.0, **{k: getattr(plain.config, k) for k in names})
        AutoModelForCausalLM.from_config(config).save_pretrained(base)
    heard = Heard()
    recipe = replace(SHORT, base=NamedBase(id="somebody/small-model", revision="ab" * 20))
    train_adapter(lesson(recipe, dialogues(8)), heard, Place(base=base))
    assert any("scales its logits" in line for line in heard.warnings)


def test_a_base_that_is_nowhere_is_said_at_once(tmp_path):
    recipe = replace(SHORT, base=NamedBase(id="somebody/small-model", revision="ab" * 20))
    with pytest.raises(InputError, match=r"nowhere holds no model \(no config\.json\)"):
        train_adapter(lesson(recipe, dialogues(8)), Heard(), Place(base=tmp_path / "nowhere"))
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "config.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be used"):
        train_adapter(lesson(recipe, dialogues(8)), Heard(), Place(base=empty))


def test_a_hub_that_cannot_be_reached_is_said_within_seconds(tmp_path, monkeypatch):
    for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        recipe = replace(SHORT, base=NamedBase(id="somebody/small-model", revision="ab" * 20))
        begin = time.monotonic()
        with pytest.raises(
            InputError, match=r"somebody/small-model at abab.* is neither on this machine nor .*refused"
        ):
            train_adapter(lesson(recipe, dialogues(8)), Heard())
    assert time.monotonic() - begin < 5


def test_an_unpinned_base_or_no_pairs_are_refused_before_anything_is_done(tmp_path):
    place = Place(tmp_path / "run")
    with pytest.raises(ConfigError, match=r"no base\.revision"):
        train_adapter(lesson(replace(SHORT, base=NamedBase(id="a/b", revision="")), dialogues(8)), Heard(), place)
    with pytest.raises(RefusedError, match="got no training pair"):
        train_adapter(lesson(SHORT, ()), Heard(), place)
    assert list(tmp_path.iterdir()) == []


def test_a_layer_the_base_has_not_is_named():
    recipe = replace(SHORT, lora=replace(SHORT.lora, targets=("q_proj", "c_attn")))
    with pytest.raises(ConfigError, match=r"no linear layer c_attn \(lora\.targets\); it has down_proj"):
        train_adapter(lesson(recipe, dialogues(8)), Heard())


def test_a_bounded_run_says_how_many_pairs_it_used():
    heard = Heard()
    record, _ = train_adapter(lesson(SHORT, dialogues(40), dialogues(200)), heard)
    assert (record.steps, record.pairs) == (2, 16)
    assert "16 of 40 pairs fit into 2 steps" in heard.lines
    assert set(record.log[-1]) == {"step", "eval_loss", "eval_margin", "eval_accuracy"}


def test_weights_decide_what_is_trained_on():
    flipped = [Dialogue(each.prompt, each.rejected, each.chosen, weight=0.01) for each in dialogues(24)]
    recipe = replace(RECIPE, run=replace(RECIPE.run, max_steps=12))
    record, _ = train_adapter(lesson(recipe, dialogues(24) + flipped, dialogues(8, shift=7), seed=5), Heard())
    assert record.log[-1]["eval_accuracy"] == 1.0


@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_weights_are_written_in_what_was_computed_in(precision):
    from safetensors.torch import load as read

    recipe = replace(SHORT, run=replace(SHORT.run, precision=precision))
    _, files = train_adapter(lesson(recipe, dialogues(8)), Heard())
    _, judged = train_adapter(lesson(recipe, dialogues(8), dialogues(4, shift=7)), Heard())  # its best step's
    for contents in (files, judged):
        kinds = {each.dtype for each in read(contents[weights.ADAPTER_WEIGHTS]).values()}
        assert kinds == {torch.bfloat16 if use_bfloat16(precision) else torch.float32}


def test_a_finished_training_leaves_no_model_in_memory():
    models = weakref.WeakSet()

    def note(module, _):
        if isinstance(module, PreTrainedModel):
            models.add(module)

    handle = torch.nn.modules.module.register_module_forward_pre_hook(note)
    gc.disable()  # an accelerator's memory is full before anything makes the collector run
    try:
        train_adapter(lesson(SHORT, dialogues(8)), Heard())
        left = len(models)
    finally:
        gc.enable()
        handle.remove()
    assert left == 0


def test_nothing_is_said_by_the_libraries(capfd):
    train_adapter(lesson(SHORT, dialogues(8)), Heard())
    assert capfd.readouterr() == ("", "")
