"""Adapters of a server that speaks OpenAI's interface, changed while it runs: adapter of the `AdapterServer` port.

As vLLM does it: https://docs.vllm.ai/en/latest/features/lora.html (the server has to be started with
`VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`). It sends names and folders, no weights.
"""

import json
from collections.abc import Mapping

from reviewlore.adapters.http_exchange import Address, ExchangeError, hide
from reviewlore.adapters.openai import complaint, list_served
from reviewlore.errors import InputError

_SECONDS = 120.0  # an adapter is read from disk and put on the accelerator
_HOW = "Start it with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora, or restart it with the new adapter."


class OpenAiAdapters:
    """Adapter of the `AdapterServer` port."""

    def __init__(self, address: str, key: str = "") -> None:
        self._address = Address(address, key)

    @property
    def shown(self) -> str:
        """Scheme, host and port."""
        return self._address.shown

    def served(self) -> frozenset[str]:
        """Return the names the server lists; InputError where it does not answer."""
        return list_served(self._address, _SECONDS)

    def load(self, version: str, folder: str) -> None:
        """Have the server take up an adapter; InputError with what it said where it refuses."""
        self._post("/load_lora_adapter", {"lora_name": version, "lora_path": folder}, f"load {version}")

    def unload(self, version: str) -> None:
        """Have the server forget an adapter; InputError with what it said where it refuses."""
        self._post("/unload_lora_adapter", {"lora_name": version}, f"unload {version}")

    def _post(self, path: str, body: Mapping[str, str], what: str) -> None:
        try:
            answer = self._address.send("POST", path, json.dumps(body).encode(), _SECONDS)
        except ExchangeError as error:
            raise InputError(f"{self.shown} was to {what}: {error}") from error
        if answer.status == 200:
            return
        said = hide(complaint(answer.body), self._address.key)[:200].strip()
        how = f" {_HOW}" if answer.status == 404 else ""
        more = f": {said}" if said else ""
        raise InputError(f"{self.shown} would not {what} (HTTP {answer.status}{more}).{how}")
