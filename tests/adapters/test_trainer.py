"""Real DPO runs on a base model made on the spot: signal is learned, bytes repeat, failures leave nothing behind."""

import resource
import socket
import sys
import time
from dataclasses import replace
from io import StringIO

import pytest

from reviewlore.adapters import weights
from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import Dialogue, MadeBase, NamedBase
from reviewlore.errors import ConfigError, InputError, RefusedError, StateError, StorageError
from reviewlore.stages.recipe import parse_recipe

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

from reviewlore.adapters.bases import encode, make_base, make_tokenizer, quiet_libraries  # noqa: E402
from reviewlore.adapters.preferrer import load_preferrer  # noqa: E402
from reviewlore.adapters.runs import plain_errors  # noqa: E402
from reviewlore.adapters.trainer import train_adapter  # noqa: E402

SHIPPED = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
RECIPE = replace(
    SHIPPED,
    base=MadeBase(layers=1, width=32, heads=1, vocabulary=400, warm_up_steps=4, warm_up_rate=3e-3),
    text=replace(SHIPPED.text, hunk_characters=300, remark_characters=100, max_tokens=120),
    run=replace(SHIPPED.run, learning_rate=1e-2, max_steps=24, log_every=1, epochs=9.0),
    loss=replace(SHIPPED.loss, beta=0.5),
)
SHORT = replace(RECIPE, run=replace(RECIPE.run, max_steps=2), base=replace(RECIPE.base, warm_up_steps=1))
NOUNS = "fee loan item book member branch shelf copy fine hold date card desk list page week".split()


def dialogues(count, shift=0):
    """Return pairs in which the chosen remark always asks for a test: a signal one word strong."""
    made = []
    for number in range(count):
        noun, other = NOUNS[(number + shift) % 16], NOUNS[(3 * number + shift + 5) % 16]
        prompt = f"<|file|>app/{noun}.py\n<|hunk|>\n@@ -1 +1,2 @@\n+{noun} = find_{other}()\n<|remark|>\n"
        made.append(Dialogue(prompt, f"Please test the {noun}.", f"Perhaps rename the {noun}."))
    return made


class Heard(QuietConsole):
    """A console that remembers what it was told."""

    def __init__(self):
        super().__init__(StringIO())
        self.lines = []

    def say(self, text):
        self.lines.append(text)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One run with held-out pairs; (record, folder, what was said)."""
    folder = tmp_path_factory.mktemp("run") / "adapter"
    heard = Heard()
    record = train_adapter(RECIPE, dialogues(24), dialogues(8, shift=7), seed=5, output=folder, console=heard)
    return record, folder, heard.lines


def load(folder, record, base_folder=None):
    return load_preferrer(weights.verify_files(weights.read_folder(folder), record.files), base_folder)


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
    record, folder, heard = trained
    assert record.base_model == "made:smoke_cpu"
    assert record.base_revision.startswith("sha256:")
    assert record.pairs == 24
    assert record.seconds > 0
    assert {"torch", "trl", "peft", "transformers", "datasets", "python"} <= set(record.packages)
    assert record.hardware
    assert record.cut == {"prompt_tokens": 0, "remark_tokens": 0}
    assert sorted(record.files) == sorted(path.name for path in folder.iterdir())
    assert heard[-1].startswith("step 24 of 24: loss ")
    assert heard[-1].endswith("chosen preferred in 100% of pairs, about 0 s left")
    assert [path.name for path in folder.parent.iterdir()] == ["adapter"]


def test_the_same_arguments_give_the_same_bytes(trained, tmp_path):
    record, _, _ = trained
    arguments = {"output": tmp_path / "again", "console": Heard()}
    again = train_adapter(RECIPE, dialogues(24), dialogues(8, shift=7), seed=5, **arguments)
    assert again.files == record.files
    assert again.log == record.log


def test_asking_gives_what_training_measured(trained):
    record, folder, _ = trained
    held_out = dialogues(8, shift=7)
    preferrer = load(folder, record)
    rows = [(each.prompt, text) for each in held_out for text in (each.chosen, each.rejected)]
    scores = preferrer.score(rows)
    margins = [chosen - rejected for chosen, rejected in zip(scores[::2], scores[1::2], strict=True)]
    assert sum(margins) / 8 == pytest.approx(record.log[-1]["eval_margin"], abs=1e-3)
    assert all(margin > 0 for margin in margins)
    assert preferrer.score(rows[5:6]) == pytest.approx(scores[5:6], abs=1e-4)
    assert preferrer.score([]) == []


def test_any_text_can_be_scored(trained):
    record, folder, _ = trained
    rows = [("", ""), ("<|pad|>" * 300, "<|end|>"), ("日本語 🙂\x00" * 200, "\n" * 999), ("p", "x" * 5000)]
    scores = load(folder, record).score(rows)
    assert len(scores) == 4
    assert all(score == score and abs(score) < 1e4 for score in scores)


def test_an_adapter_of_other_shapes_than_its_base_is_refused(trained):
    record, folder, _ = trained
    contents = weights.read_folder(folder)
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
    record = train_adapter(recipe, dialogues(8), (), seed=1, output=tmp_path / "out", console=Heard(), base_folder=base)
    assert (record.base_model, record.base_revision) == ("somebody/small-model", "ab" * 20)
    assert sorted(record.files) == [weights.ADAPTER_CONFIG, weights.ADAPTER_WEIGHTS, weights.SETTINGS]
    ours = load(tmp_path / "out", record, base).score([("prompt", "remark")])[0]

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


def test_a_base_that_is_nowhere_is_said_at_once(tmp_path):
    recipe = replace(SHORT, base=NamedBase(id="somebody/small-model", revision="ab" * 20))
    arguments = {"seed": 1, "output": tmp_path / "out", "console": Heard()}
    with pytest.raises(InputError, match=r"nowhere holds no model \(no config\.json\)"):
        train_adapter(recipe, dialogues(8), (), base_folder=tmp_path / "nowhere", **arguments)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "config.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be used"):
        train_adapter(recipe, dialogues(8), (), base_folder=empty, **arguments)
    assert not (tmp_path / "out").exists()


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
            train_adapter(recipe, dialogues(8), (), seed=1, output=tmp_path / "out", console=Heard())
    assert time.monotonic() - begin < 5


def test_an_unpinned_base_no_pairs_or_a_taken_folder_are_refused_before_anything_is_done(tmp_path):
    arguments = {"seed": 1, "output": tmp_path / "out", "console": Heard()}
    with pytest.raises(ConfigError, match=r"no base\.revision"):
        train_adapter(replace(SHORT, base=NamedBase(id="a/b", revision="")), dialogues(8), (), **arguments)
    with pytest.raises(RefusedError, match="got no training pair"):
        train_adapter(SHORT, (), (), **arguments)
    (tmp_path / "out").mkdir()
    with pytest.raises(StorageError, match="already there"):
        train_adapter(SHORT, dialogues(8), (), **arguments)


def test_a_layer_the_base_has_not_is_named(tmp_path):
    recipe = replace(SHORT, lora=replace(SHORT.lora, targets=("q_proj", "c_attn")))
    with pytest.raises(ConfigError, match=r"no linear layer c_attn \(lora\.targets\); it has down_proj"):
        train_adapter(recipe, dialogues(8), (), seed=1, output=tmp_path / "o", console=Heard())
    assert list(tmp_path.iterdir()) == []


class Interrupting(Heard):
    def say(self, text):
        raise KeyboardInterrupt


def test_an_interrupted_run_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train_adapter(SHORT, dialogues(8), (), seed=1, output=tmp_path / "o", console=Interrupting())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    console = Heard()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot be written to .* Nothing was kept"):
            train_adapter(SHORT, dialogues(8), (), seed=1, output=tmp_path / "o", console=console)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_says_what_to_lower(tmp_path):
    import torch

    message = r"does not fit .* lower run\.batch_size \(8\) or text\.max_tokens \(120\)"
    with pytest.raises(ConfigError, match=message), plain_errors(SHORT, tmp_path / "o"):
        torch.empty(1 << 50)
    with pytest.raises(RuntimeError, match="shape"), plain_errors(SHORT, tmp_path / "o"):
        torch.ones(2).reshape(3)


def test_a_bounded_run_says_how_many_pairs_it_used(tmp_path):
    heard = Heard()
    record = train_adapter(SHORT, dialogues(40), dialogues(200), seed=1, output=tmp_path / "o", console=heard)
    assert (record.steps, record.pairs) == (2, 16)
    assert "16 of 40 pairs fit into 2 steps" in heard.lines
    assert set(record.log[-1]) == {"step", "eval_loss", "eval_margin", "eval_accuracy"}


def test_weights_decide_what_is_trained_on(tmp_path):
    flipped = [Dialogue(each.prompt, each.rejected, each.chosen, weight=0.01) for each in dialogues(24)]
    recipe = replace(RECIPE, run=replace(RECIPE.run, max_steps=12))
    arguments = {"seed": 5, "output": tmp_path / "o", "console": Heard()}
    record = train_adapter(recipe, dialogues(24) + flipped, dialogues(8, shift=7), **arguments)
    assert record.log[-1]["eval_accuracy"] == 1.0


def test_nothing_is_said_by_the_libraries(tmp_path, capfd):
    train_adapter(SHORT, dialogues(8), (), seed=1, output=tmp_path / "o", console=Heard())
    assert capfd.readouterr() == ("", "")
