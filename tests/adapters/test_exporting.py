"""Exported adapters, loaded by the programs they are written for: PEFT, transformers, and transformers' own server."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from urllib.request import urlopen

import pytest

from reviewlore.adapters import weights
from reviewlore.adapters.console import QuietConsole
from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelAnswer, ModelRequest
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.recipe import Dialogue
from reviewlore.domain.training import Lesson
from reviewlore.errors import InputError, RefusedError, StateError

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

import torch  # noqa: E402
from peft import PeftModel  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tests.adapters.lora_server import serve_loras  # noqa: E402
from tests.lessons import RECIPE as LONGER  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from reviewlore.adapters.exporting import AdapterExporter  # noqa: E402
from reviewlore.adapters.openai import OpenAiServer  # noqa: E402
from reviewlore.adapters.openai_adapters import OpenAiAdapters  # noqa: E402
from reviewlore.adapters.preferrer import load_preferrer  # noqa: E402
from reviewlore.adapters.trainer import train_adapter  # noqa: E402

RECIPE = replace(LONGER, run=replace(LONGER.run, max_steps=8))
PROMPT = "<|file|>app/fee.py\n<|hunk|>\n@@ -1 +1,2 @@\n+fee = find()\n<|remark|>\n"
EXPORTER = AdapterExporter({})
VERSION = "adapter-0123456789ab"


@pytest.fixture(scope="module")
def version():
    """A trained adapter as the state branch keeps it: (manifest, files)."""
    pairs = [Dialogue(PROMPT, f"Please test the fee {n}.", f"Perhaps rename it {n}.") for n in range(8)]
    record, files = train_adapter(Lesson(RECIPE, tuple(pairs), (), seed=5), QuietConsole())
    manifest = VersionManifest(
        VERSION, "adapter", "", "smoke_cpu", {}, "d" * 64, record.base_model, record.base_revision, {}, "", 5, None,
        record.files,
    )  # fmt: skip
    return manifest, files


def logits_of(model, tokenizer):
    ids = torch.tensor([tokenizer(PROMPT + "Please test")["input_ids"]])
    with torch.no_grad():
        return model.eval()(input_ids=ids).logits


@pytest.fixture(scope="module")
def expected(version):
    """What the adapter says inside reviewlore."""
    manifest, files = version
    preferrer = load_preferrer(weights.verify_files(files, manifest.files))
    return logits_of(preferrer._model, preferrer._base.tokenizer)


def test_an_exported_adapter_is_what_peft_loads(version, expected, tmp_path):
    exported = EXPORTER.export(*version, tmp_path / "out", "adapter")
    base = AutoModelForCausalLM.from_pretrained(exported.base, dtype="float32")
    tokenizer = AutoTokenizer.from_pretrained(exported.base)
    plain = logits_of(base, tokenizer)
    model = PeftModel.from_pretrained(base, exported.folder)
    assert torch.equal(logits_of(model, tokenizer), expected)
    assert not torch.allclose(plain, expected, atol=1e-3)


def test_the_weights_are_the_bytes_that_were_verified(version, tmp_path):
    exported = EXPORTER.export(*version, tmp_path / "out", "adapter")
    assert exported.files[weights.ADAPTER_WEIGHTS] == version[0].files[weights.ADAPTER_WEIGHTS]


def test_transformers_opens_the_folder_by_itself(version, expected, tmp_path):
    exported = EXPORTER.export(*version, tmp_path / "out", "adapter")
    model = AutoModelForCausalLM.from_pretrained(exported.folder, dtype="float32")
    assert torch.equal(logits_of(model, AutoTokenizer.from_pretrained(exported.base)), expected)


def test_the_files_are_as_vllm_reads_them(version, tmp_path):
    """What vllm/lora/peft_helper.py and its weight loader ask for; vLLM itself needs an accelerator."""
    exported = EXPORTER.export(*version, tmp_path / "out", "adapter")
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["lora_alpha"], config["bias"]) == ("LORA", 8, 16, "none")
    assert config["target_modules"] and not config["modules_to_save"] and not config["use_dora"]
    tensors = load_file(tmp_path / "out" / "adapter_model.safetensors")
    for name, tensor in tensors.items():
        assert name.startswith("base_model.model.model.layers.")
        assert name.rsplit(".", 3)[1] in config["target_modules"]
        assert name.endswith((".lora_A.weight", ".lora_B.weight"))
        assert tensor.shape[0 if "lora_A" in name else 1] == config["r"]
    assert exported.notes == ()


def test_a_merged_checkpoint_needs_no_peft(version, expected, tmp_path):
    exported = EXPORTER.export(*version, tmp_path / "out", "merged")
    model = AutoModelForCausalLM.from_pretrained(exported.folder, dtype="float32")
    assert not hasattr(model, "peft_config")
    assert torch.allclose(logits_of(model, AutoTokenizer.from_pretrained(exported.folder)), expected, atol=1e-5)
    assert not (tmp_path / "out" / "adapter_config.json").exists()


def test_what_was_exported_is_found_again_unless_it_changed(version, tmp_path):
    exported = EXPORTER.export(*version, tmp_path / "out", "adapter")
    assert EXPORTER.find(VERSION, tmp_path / "out") == exported
    assert EXPORTER.find("adapter-other", tmp_path / "out") is None
    assert EXPORTER.find(VERSION, tmp_path / "nowhere") is None
    (tmp_path / "out" / "adapter_config.json").write_text("{}")
    assert EXPORTER.find(VERSION, tmp_path / "out") is None


def test_nothing_is_written_over_and_nothing_is_left_of_a_failure(version, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for there in ("out", "link"):
        with pytest.raises(RefusedError, match="never written over"):
            EXPORTER.export(*version, tmp_path / there, "adapter")
    (tmp_path / "link").unlink()
    manifest, files = version
    changed = {**files, weights.ADAPTER_WEIGHTS: files[weights.ADAPTER_WEIGHTS] + b"x"}
    with pytest.raises(StateError, match="SHA-256"):
        EXPORTER.export(manifest, changed, tmp_path / "other", "adapter")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_adapters_are_swapped_in_a_running_server(version, tmp_path):
    exported = EXPORTER.export(*version, tmp_path / "out", "adapter")
    with serve_loras(exported.base) as server:
        adapters = OpenAiAdapters(server.base)
        assert adapters.served() == {exported.base}
        settings = ModelSettings(kind="openai", address=server.base, name=exported.base, timeout=60, answer_tokens=8)
        request = ModelRequest("", PROMPT, 8, adapter=VERSION)
        (before,) = OpenAiServer(settings).generate([request])
        adapters.load(VERSION, exported.folder)
        assert adapters.served() == {exported.base, VERSION}
        (after,) = OpenAiServer(settings).generate([request])
        assert (before.model, after.model) == (exported.base, VERSION)
        assert "does not serve the adapter" in before.note
        assert not after.note
        with pytest.raises(InputError, match="already been loaded"):
            adapters.load(VERSION, exported.folder)
        adapters.unload(VERSION)
        assert adapters.served() == {exported.base}
    manifest, files = version
    preferrer = load_preferrer(weights.verify_files(files, manifest.files))
    tokenizer = AutoTokenizer.from_pretrained(exported.base)
    ids = torch.tensor([tokenizer(PROMPT)["input_ids"]])
    with torch.no_grad():
        made = preferrer._model.generate(input_ids=ids, max_new_tokens=8, do_sample=False)
    assert after.text == tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)
    assert after.text != before.text


def test_a_server_that_does_not_swap_says_how_it_would(version, tmp_path):
    exported = EXPORTER.export(*version, tmp_path / "out", "adapter")
    with (
        serve_loras(exported.base, updating=False) as server,
        pytest.raises(InputError, match="VLLM_ALLOW_RUNTIME_LORA_UPDATING"),
    ):
        OpenAiAdapters(server.base).load(VERSION, exported.folder)
    with (
        serve_loras(exported.base, greatest_rank=4) as server,
        pytest.raises(InputError, match="LoRA rank 8 is greater than max_lora_rank 4"),
    ):
        OpenAiAdapters(server.base).load(VERSION, exported.folder)
    with pytest.raises(InputError, match="was to load"):
        OpenAiAdapters("http://127.0.0.1:9/v1").load(VERSION, exported.folder)


@pytest.fixture
def port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_an_openai_compatible_server_serves_a_merged_checkpoint(version, tmp_path, port):
    """`transformers serve` on the loopback, asked by our own client in the form the adapter was trained in."""
    for needed in ("fastapi", "uvicorn", "openai"):
        pytest.importorskip(needed, reason="the server of transformers needs it")
    exported = EXPORTER.export(*version, tmp_path / "out", "merged")
    environment = {"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "transformers.cli.transformers", "serve", exported.folder, "--host", "127.0.0.1",
             "--port", str(port), "--device", "cpu", "--dtype", "float32"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait_for(port, server, tmp_path / "log")
            settings = ModelSettings(
                kind="openai", address=f"http://127.0.0.1:{port}/v1", name=exported.folder, timeout=60, answer_tokens=6
            )
            (answer,) = OpenAiServer(settings).generate([ModelRequest("", PROMPT, 6, adapter=exported.folder)])
        finally:
            server.terminate()
            server.wait(20)
    assert isinstance(answer, ModelAnswer), (answer, (tmp_path / "log").read_text()[-2000:])
    model = AutoModelForCausalLM.from_pretrained(exported.folder, dtype="float32")
    tokenizer = AutoTokenizer.from_pretrained(exported.folder)
    ids = torch.tensor([tokenizer(PROMPT)["input_ids"]])
    with torch.no_grad():
        written = model.eval().generate(ids, max_new_tokens=6, do_sample=False, pad_token_id=tokenizer.pad_token_id)
    assert answer.text.strip() == tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True).strip()


def _wait_for(port, server, log):
    until = time.monotonic() + 90
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])
