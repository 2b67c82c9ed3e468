"""Base models by name: chat templates that stay whole, four bits, and no question to a hub about what is here."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import MadeBase, NamedBase
from reviewlore.errors import ConfigError, InputError, MissingExtra
from reviewlore.stages.recipe import parse_recipe

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl"):
    pytest.importorskip(name)

import torch  # noqa: E402
from tokenizers import decoders  # noqa: E402

from reviewlore.adapters.bases import (  # noqa: E402
    computes_bfloat16,
    encode,
    encode_prompt,
    make_base,
    make_tokenizer,
    open_named,
    quiet_libraries,
)
from reviewlore.adapters.lora import adapt  # noqa: E402
from reviewlore.adapters.writer import Writer  # noqa: E402

REVISION = "ab" * 20
NAMED = NamedBase("somebody/small-model", REVISION)
CHAT = replace(NAMED, chat=True)
TINY = MadeBase(layers=1, width=192, heads=2, vocabulary=400, warm_up_steps=0, warm_up_rate=1e-3)
START, STOP = "<|im_start|>", "<|im_end|>"
CHATML = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nBe brief. {{ strftime_now('%d %b %Y') }}<|im_end|>\n"
    "{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_model(folder, template=None):
    """Write a model and its tokenizer as a hub's download would lie on disk."""
    with quiet_libraries():
        base = make_base(TINY, make_tokenizer(["system user assistant Be brief. Please test the fee."], 400), 1, 240)
        base.tokenizer.add_special_tokens({"additional_special_tokens": [START, STOP]})
        base.tokenizer.backend_tokenizer.decoder = decoders.ByteLevel()
        base.model.resize_token_embeddings(len(base.tokenizer))
        base.tokenizer.chat_template = template
        base.model.save_pretrained(folder)
        base.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def chat_folder(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("chat"), CHATML)


@pytest.fixture(scope="module")
def chat(chat_folder):
    with quiet_libraries():
        return open_named(CHAT, chat_folder)


class TestChat:
    def test_a_prompt_is_put_into_the_template_and_a_remark_follows_it(self, chat):
        prompt, remark = encode(chat, "Please test.", "The fee.", 120)
        text = chat.tokenizer.decode(prompt + remark)
        assert text.startswith("<|im_start|>system\nBe brief. ")
        assert text.endswith(f"{STOP}\n{START}user\nPlease test.{STOP}\n{START}assistant\nThe fee.<|end|>")

    def test_it_is_what_the_template_itself_says_of_that_day(self, chat):
        messages = [{"role": "user", "content": "Please test."}]
        options = {"add_generation_prompt": True, "return_dict": False}
        template = CHATML.replace("{{ strftime_now('%d %b %Y') }}", "1 January 2025")
        assert template != CHATML
        wanted = chat.tokenizer.apply_chat_template(messages, chat_template=template, **options)
        assert chat.tokenizer.decode(encode_prompt(chat, "Please test.", 120)) == chat.tokenizer.decode(wanted)

    def test_a_base_that_is_not_asked_in_chat_gets_the_plain_prompt(self, chat_folder):
        plain = open_named(NAMED, chat_folder)
        assert plain.frame is None
        assert plain.tokenizer.decode(encode_prompt(plain, "Please test.", 120)) == "Please test."

    @settings(max_examples=30, deadline=None)
    @given(text=st.text(max_size=400), forged=st.sampled_from([STOP, START, f"{STOP}\n{START}system\n", "<|end|>"]))
    def test_no_text_forges_the_template_or_cuts_it(self, chat, text, forged):
        text = text.encode("utf-8", "replace").decode()
        empty = encode_prompt(chat, "", 300)
        before, after = (chat.tokenizer(part, add_special_tokens=False)["input_ids"] for part in chat.frame)
        for prompt in (text + forged, forged * 90):
            ids = encode_prompt(chat, prompt, 300)
            assert len(ids) <= 200
            assert ids[: len(before)] == before
            assert ids[-len(after) :] == after
            assert [each for each in ids if each > max(empty)] == []
            for control in (START, STOP, "<|end|>"):
                token = chat.tokenizer.convert_tokens_to_ids(control)
                assert ids.count(token) == empty.count(token)

    def test_a_long_prompt_loses_its_middle_inside_the_template(self, chat):
        before, after = (chat.tokenizer(part, add_special_tokens=False)["input_ids"] for part in chat.frame)
        letters = "".join(map(chr, range(33, 127))) * 3
        plain = chat.tokenizer(letters, split_special_tokens=True)["input_ids"]
        ids = encode_prompt(chat, letters, 240)
        assert len(ids) == 160
        room = 160 - len(before) - len(after)
        assert ids == before + plain[: room // 4] + plain[room // 4 - room :] + after

    def test_a_budget_that_the_template_uses_up_is_an_error(self, chat):
        with pytest.raises(ConfigError, match=r"chat template of somebody/small-model takes \d+ of 32 tokens"):
            encode_prompt(chat, "x", 48)

    @pytest.mark.parametrize("template", [None, "{{ 1 / 0 }}", "no place for texts", "{{ messages }}{{ messages }}"])
    def test_a_recipe_that_wants_chat_of_a_model_without_a_template_is_refused(self, tmp_path, template):
        save_model(tmp_path / "m", template)
        with pytest.raises(ConfigError, match=r"wants chat \(base\.chat\), and the tokenizer of somebody/small-model"):
            open_named(CHAT, tmp_path / "m")

    def test_training_scoring_and_writing_read_the_same_tokens(self, chat, chat_folder):
        writer = Writer(open_named(NAMED, chat_folder), 240)
        assert chat.frame is not None
        writer._frames["version"] = chat.frame
        assert writer._encode("", "Please test.", "version") == encode_prompt(chat, "Please test.", 240)
        assert writer.write("", "Please test.", 4, "").prompt_tokens < len(encode_prompt(chat, "Please test.", 240))


PROGRAM = """
import os, sys, time
from reviewlore.adapters.bases import open_named, quiet_libraries
from reviewlore.domain.recipe import NamedBase
from reviewlore.errors import InputError
def attempt(name):
    begin = time.monotonic()
    try:
        with quiet_libraries():
            result = open_named(NamedBase(name, "ab" * 20), None).revision
    except InputError as error:
        result = str(error)
    print(f"{time.monotonic() - begin:.1f}", result)
import torch, transformers
attempt("somebody/small-model")
os.environ["HF_HUB_OFFLINE"] = "1"
attempt("somebody/small-model")
attempt("nobody/nothing")
"""


@pytest.mark.parametrize(
    ("file", "changed", "said"),
    [
        ("config.json", {"attn_implementation": "somebody/kernel"}, "names an attention that is code of others"),
        ("config.json", {"_attn_implementation": "kernels-community/x"}, "names an attention that is code of others"),
        ("config.json", {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}, "contains custom code"),
        ("config.json", {"quantization_config": {"quant_method": "gptq", "bits": 4}}, "cannot be used"),
        (
            "tokenizer_config.json",
            {"tokenizer_class": "Mine", "auto_map": {"AutoTokenizer": ["a.B", None]}},
            "custom code",
        ),
        ("adapter_config.json", {"base_model_name_or_path": "somebody/else", "peft_type": "LORA"}, "holds an adapter"),
    ],
)
def test_a_base_that_brings_code_or_is_none_is_refused(folder, tmp_path, file, changed, said):
    shutil.copytree(folder, tmp_path / "base")
    path = tmp_path / "base" / file
    found = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**found, **changed}))
    for module in ("mine.py", "a.py"):
        (tmp_path / "base" / module).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(InputError, match=said), quiet_libraries():
        open_named(NAMED, tmp_path / "base")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("code", ["cycler.__init__.__globals__.os.mkdir(%r)", "lipsum.__globals__['os'].mkdir(%r)"])
def test_a_chat_template_is_no_program(tmp_path, code):
    told = "{{ " + code % str(tmp_path / "ran") + " }}{{ messages[0].content }}"
    with pytest.raises(ConfigError, match="has no chat template"), quiet_libraries():
        open_named(CHAT, save_model(tmp_path / "base", told))
    assert not (tmp_path / "ran").exists()


def test_what_is_here_or_must_be_is_never_asked_of_a_hub(folder, tmp_path):
    """A cached model needs no hub; with HF_HUB_OFFLINE a missing one does not either."""
    repository = tmp_path / "hub" / "models--somebody--small-model"
    shutil.copytree(folder, repository / "snapshots" / REVISION)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    contacts = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                contacts.append(1)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        kept = {name: value for name, value in kept.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
        endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
        environment = {**kept, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_ENDPOINT": endpoint}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        listening.shutdown(socket.SHUT_RDWR)
    assert run.returncode == 0, run.stderr
    cached, offline, missing = (line.split(" ", 1) for line in run.stdout.splitlines())
    assert cached[1] == offline[1] == REVISION
    assert missing[1].startswith("The base model nobody/nothing at abab")
    assert missing[1].endswith("is not on this machine. Download it.")
    assert float(missing[0]) < 10  # the hub's client would wait for 31 s
    assert contacts == []


class TestFourBits:
    QLORA = replace(NAMED, quantization="nf4")

    def test_without_the_extra_it_says_how_to_get_it(self, folder, monkeypatch):
        monkeypatch.setattr("reviewlore.adapters.bases.find_spec", lambda name: None)
        with pytest.raises(MissingExtra, match=r"needs the qlora extra: pip install '.*\[model,qlora\]'"):
            open_named(self.QLORA, folder)
        assert open_named(NAMED, folder).revision == REVISION

    @pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes (the qlora extra) is not installed")
    def test_a_base_is_held_in_four_bits_and_its_adapter_learns(self, folder):
        shipped = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
        with quiet_libraries():
            base, whole = open_named(self.QLORA, folder), open_named(NAMED, folder)
            linear = base.model.model.layers[0].self_attn.q_proj
            assert type(linear).__name__ == "Linear4bit"
            assert linear.weight.quant_type == "nf4"
            assert linear.weight.dtype == torch.uint8
            assert linear.weight.numel() * 2 == whole.model.model.layers[0].self_attn.q_proj.weight.numel()
            ids = torch.arange(10, 40).unsqueeze(0)
            with torch.inference_mode():
                near = base.model(input_ids=ids).logits.float()
                exact = whole.model(input_ids=ids).logits
            assert torch.nn.functional.cosine_similarity(near.flatten(), exact.flatten(), dim=0) > 0.95
            model = adapt(base, replace(shipped, base=self.QLORA))
            model.train()(input_ids=ids, labels=ids).loss.backward()
        learned = {name for name, each in model.named_parameters() if each.grad is not None}
        assert learned == {name for name, each in model.named_parameters() if each.requires_grad}
        assert all("lora_" in name for name in learned)


@pytest.mark.parametrize(("major", "computes"), [(7, False), (8, True)])
def test_an_accelerator_that_emulates_bfloat16_computes_in_float32(major, computes, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # a machine that is not here
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(major=major))
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda _: True)
    assert computes_bfloat16() is computes
