"""A model behind an OpenAI-compatible server (vLLM, Ollama, llama.cpp and others): adapter of the `Generator` port.

In: `ModelRequest`s. Out: one answer or failure each, in order, within the time, the size and the retries of the
settings. It believes nothing a server says, and never shows the key. https://platform.openai.com/docs/api-reference/chat
"""

import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from reviewlore.adapters.http_exchange import Address, ExchangeError, HttpAnswer, hide
from reviewlore.adapters.openai_form import Form, path_of, render_body, step_down
from reviewlore.config import ModelSettings
from reviewlore.domain.asking import FailureKind, ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.visible import visible_line
from reviewlore.errors import InputError
from reviewlore.formats.loose import json_value

_PASSING = {429, 502, 503, 504}  # the server may answer the same request later
_UNSUITED = {400, 422}  # how servers say that they do not take a field
_STRUCTURE = re.compile(r"response_format|json_schema|guided|grammar")  # so does llama.cpp of 2024, with status 500
_MOST_REQUEST = 8 << 20  # bytes; a prompt of a million tokens is half of it
_MOST_CHARACTERS = 32  # a token; a server that does not keep to its limit is cut off here
_WAIT = 0.5  # seconds before the first repetition; doubled for each further one
_LIST_SECONDS = 10.0
_TOO_LONG = re.compile(
    r"context (?:length|size|window)|context_length|context_size|too many tokens|(?:prompt|input) is too long", re.I
)


@dataclass(frozen=True, slots=True)
class _Served:
    """What a server says of itself: the models it lists (adapters are models of their own), and who made it."""

    names: frozenset[str] = frozenset()
    vllm: bool = False


class OpenAiServer:
    """Adapter of the `Generator` port; thread-safe. What a server refused once is not asked of it again."""

    def __init__(self, settings: ModelSettings, key: str = "") -> None:
        self._settings = settings
        self._address = Address(settings.address, key)
        self._form = Form() if settings.structured == "auto" else Form(structure="")
        self._served: _Served | None = None
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """The model's name at the server, with its revision where the settings pin one."""
        revision = self._settings.revision
        return f"{self._settings.name}@{revision}" if revision else self._settings.name

    def generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        """Return one answer or failure a request, in order; `parallel` of them are asked at a time."""
        if not requests:
            return []
        with ThreadPoolExecutor(min(len(requests), self._settings.parallel)) as pool:
            return list(pool.map(self._answer, requests))

    def list_models(self) -> tuple[str, ...]:
        """Return the names of the models and adapters that the server lists; InputError where it does not tell them."""
        names = list_served(self._address, min(_LIST_SECONDS, self._settings.timeout))
        return tuple(sorted(visible_line(name)[:200] for name in names))

    def _answer(self, request: ModelRequest) -> ModelAnswer | ModelFailure:
        begin = time.monotonic()
        try:
            found = self._ask(request, begin + self._settings.timeout)
        except ExchangeError as error:
            found = ModelFailure(error.kind, str(error))
        return replace(found, seconds=round(time.monotonic() - begin, 3))

    def _ask(self, request: ModelRequest, until: float) -> ModelAnswer | ModelFailure:
        """Ask, each time in a plainer form where the server refuses one; the form that worked is remembered."""
        model, note = self._model_for(request.adapter, until)
        first = form = self._form
        while True:
            body = render_body(request, model, form)
            if len(body) > _MOST_REQUEST:
                return ModelFailure("too_long", f"The request is longer than {_MOST_REQUEST >> 20} MiB.")
            answer = self._send(path_of(request), body, until)
            if answer.status == 200:
                if form is not first:
                    self._form = form
                return self._read(answer.body, request, model, note)
            said = complaint(answer.body)
            unsuited = answer.status in _UNSUITED or (answer.status == 500 and _STRUCTURE.search(said))
            if unsuited and not _TOO_LONG.search(said):
                plainer = step_down(form, said, structured=request.schema is not None, vllm=self._list(until).vllm)
                if plainer is not None:
                    form = plainer
                    continue
            return _refusal(self._address, answer, said)

    def _send(self, path: str, body: bytes, until: float) -> HttpAnswer:
        """Return the last answer of at most `retries` repetitions, all within the time of the request."""
        attempt = 0
        while True:
            last = attempt == self._settings.retries
            wait = _WAIT * 2**attempt
            try:
                answer = self._address.send("POST", path, body, _left(until))
                wait = max(wait, _retry_after(answer.headers.get("retry-after", "")))
                if answer.status not in _PASSING or last or wait >= until - time.monotonic():
                    return answer
            except ExchangeError as error:
                if last or error.kind != "unreachable" or wait >= until - time.monotonic():
                    raise
            time.sleep(wait)
            attempt += 1

    def _model_for(self, adapter: str, until: float) -> tuple[str, str]:
        """Return the name to ask for, and what had to be given up: vLLM serves an adapter as a model by its name.

        https://docs.vllm.ai/en/latest/features/lora.html
        """
        name = self._settings.name
        if not adapter or adapter in self._list(until).names:
            return adapter or name, ""
        return name, f"{self._address.shown} does not serve the adapter {adapter}; the base model {name} answered."

    def _list(self, until: float) -> _Served:
        """Return what the server lists, asked once; nothing where it does not answer that."""
        with self._lock:
            if self._served is None:
                try:
                    answer = self._address.send("GET", "/models", None, min(_LIST_SECONDS, _left(until)))
                    self._served = _parse_served(answer.body) if answer.status == 200 else _Served()
                except ExchangeError:
                    self._served = _Served()
            return self._served

    def _read(self, body: bytes, request: ModelRequest, model: str, note: str) -> ModelAnswer | ModelFailure:
        data = json_value(body)
        choice = _first(data.get("choices")) if isinstance(data, dict) else None
        text = _text_of(choice)
        if not isinstance(data, dict) or choice is None or text is None:
            said = "no JSON" if data is None else "JSON without a message"
            return ModelFailure("broken", f"{self._address.shown} answered with {said}.")
        room = request.answer_tokens * _MOST_CHARACTERS
        usage = data.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return ModelAnswer(
            text=text[:room],
            model=model,
            seconds=0.0,
            prompt_tokens=_count(usage.get("prompt_tokens")),
            completion_tokens=_count(usage.get("completion_tokens")),
            cut=choice.get("finish_reason") == "length" or len(text) > room,
            note=note,
        )


def list_served(address: Address, seconds: float) -> frozenset[str]:
    """Return the names of the models and adapters a server lists; InputError where it does not tell them."""
    try:
        answer = address.send("GET", "/models", None, seconds)
    except ExchangeError as error:
        raise InputError(f"{error} Check `[model] address`.") from error
    if answer.status != 200:
        raise InputError(_refusal(address, answer, complaint(answer.body)).reason)
    return _parse_served(answer.body).names


def _refusal(address: Address, answer: HttpAnswer, said: str) -> ModelFailure:
    server, status = address.shown, answer.status
    shown = hide(said, address.key)[:200].strip()
    kind: FailureKind = "refused"
    if status in (401, 403):  # servers repeat parts of the key in what they say of it
        return ModelFailure(kind, f"{server} refuses the key in REVIEWLORE_MODEL_KEY, or its lack (HTTP {status}).")
    if 300 <= status < 400:
        return ModelFailure(kind, f"{server} sends elsewhere (HTTP {status}), which is not followed.")
    if status in (400, 413, 422, 500) and (_TOO_LONG.search(said) or status == 413):
        kind = "too_long"
    elif status == 429:
        kind = "limited"
    elif status in _PASSING:
        kind = "unreachable"
    more = f": {shown}" if shown else ""
    end = "" if shown.endswith((".", "!", "?")) else "."
    return ModelFailure(kind, f"{server} answered with HTTP {status}{more}{end}")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise ExchangeError("timeout", "No time was left to ask again.")
    return left


def _retry_after(value: str) -> float:
    """Return the seconds a server asks to wait for; 0 where it says nothing that can be read (a date, a word)."""
    return float(value) if re.fullmatch(r"\d{1,6}", value.strip(), re.ASCII) else 0.0


def _first(value: Any) -> dict[str, Any] | None:
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def _text_of(choice: dict[str, Any] | None) -> str | None:
    """Return the text of a choice; content may also come in parts, and be null where all tokens went to thinking."""
    message = choice.get("message") if choice is not None else None
    if not isinstance(message, dict):
        continued = choice.get("text") if choice is not None else None
        return continued if isinstance(continued, str) else None
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return "" if content is None else content if isinstance(content, str) else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 32 else None


def complaint(body: bytes) -> str:
    """Return what a server says of a request it refuses; empty where that is no JSON of a known form."""
    data = json_value(body)
    error = data.get("error", data) if isinstance(data, dict) else None
    said = (error.get("message") or error.get("detail")) if isinstance(error, dict) else error
    return said[:2000] if isinstance(said, str) else ""


def _parse_served(body: bytes) -> _Served:
    data = json_value(body)
    rows = data.get("data") if isinstance(data, dict) else None
    models = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    names = frozenset(row["id"] for row in models if isinstance(row.get("id"), str))
    return _Served(names, any(row.get("owned_by") == "vllm" for row in models))
