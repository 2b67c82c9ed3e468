"""A server on the loopback with vLLM's conventions for adapters, which really loads and runs what it is told to.

https://docs.vllm.ai/en/latest/features/lora.html: adapters are models by name, loaded and unloaded while it runs.
"""

import json
from contextlib import contextmanager
from pathlib import Path

import torch
from peft import PeftModel
from tests.adapters.model_server import refused, serve
from transformers import AutoModelForCausalLM, AutoTokenizer

JSON = {"Content-Type": "application/json"}


@contextmanager
def serve_loras(base, *, updating=True, greatest_rank=16):
    """Serve a base folder; `updating` as VLLM_ALLOW_RUNTIME_LORA_UPDATING, `greatest_rank` as --max-lora-rank."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    loaded = {}

    def answer(asked, _):
        body = asked.body or {}
        if asked.path == "/v1/models":
            rows = [{"id": name, "object": "model", "owned_by": "vllm"} for name in (base, *loaded)]
            return 200, JSON, json.dumps({"object": "list", "data": rows}).encode()
        if asked.path == "/v1/completions":
            return complete(body)
        if not updating:
            return refused(404, "Not Found")
        return change(asked.path, body)

    def change(path, body):
        name = body["lora_name"]
        if path == "/v1/unload_lora_adapter":
            if loaded.pop(name, None) is None:
                return refused(404, f"The lora adapter '{name}' cannot be found.")
            return 200, {}, f"Success: LoRA adapter '{name}' removed successfully.".encode()
        if name in loaded:
            return refused(400, f"The lora adapter '{name}' has already been loaded.")
        config = json.loads((Path(body["lora_path"]) / "adapter_config.json").read_text())
        if config["r"] > greatest_rank:
            return refused(400, f"LoRA rank {config['r']} is greater than max_lora_rank {greatest_rank}.")
        model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
        loaded[name] = PeftModel.from_pretrained(model, body["lora_path"]).eval()
        return 200, {}, f"Success: LoRA adapter '{name}' added successfully.".encode()

    def complete(body):
        model = loaded.get(body["model"])
        if model is None:
            model = AutoModelForCausalLM.from_pretrained(base, dtype="float32").eval()
        ids = torch.tensor([tokenizer(body["prompt"])["input_ids"]])
        with torch.no_grad():
            made = model.generate(input_ids=ids, max_new_tokens=body["max_tokens"], do_sample=False)
        text = tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)
        choice = {"index": 0, "text": text, "finish_reason": "length"}
        return 200, JSON, json.dumps({"choices": [choice], "usage": None}).encode()

    with serve(answer) as server:
        yield server
