"""The forms in which OpenAI-compatible servers take a request, from the fullest to the plainest.

In: a request and a form. Out: the body as JSON. It sends nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reviewlore.domain.asking import ModelRequest

# How an answer is held to a JSON schema: OpenAI's form; vLLM's own, and llama.cpp's, from before they knew OpenAI's.
_NEXT = {"json_schema": "json_object", "json_object": "", "guided_json": ""}
_SCHEMA_NAME = "answer"


@dataclass(frozen=True, slots=True)
class Form:
    """What a body says beside the messages: how it asks for a structure (empty: not at all), and by which fields."""

    structure: str = "json_schema"
    limit: str = "max_tokens"
    temperature: bool = True


def render_body(request: ModelRequest, model: str, form: Form) -> bytes:
    """Return the JSON of a request to the path of `path_of`; lone surrogates, which are no UTF-8, become `?`."""
    if _is_trained(request):
        return json.dumps(
            {
                "model": model,
                "prompt": _encodable(request.user),
                "max_tokens": request.answer_tokens,
                "stream": False,
                "temperature": 0,
            }
        ).encode()
    messages = [{"role": "system", "content": _encodable(request.system)}] if request.system else []
    messages.append({"role": "user", "content": _encodable(request.user)})
    body: dict[str, Any] = {"model": model, "messages": messages, form.limit: request.answer_tokens, "stream": False}
    if form.temperature:
        body["temperature"] = 0
    if request.schema is not None:
        body |= _structure(form.structure, request.schema)
    return json.dumps(body).encode()


def path_of(request: ModelRequest) -> str:
    """Return where a request goes: one in the form in which its adapter was trained is continued, without a template.

    https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    """
    return "/completions" if _is_trained(request) else "/chat/completions"


def step_down(form: Form, complaint: str, *, structured: bool, vllm: bool) -> Form | None:
    """Return the next plainer form after a refusal, or None where there is none left; at most five steps in all."""
    if form.limit == "max_tokens" and "max_completion_tokens" in complaint:  # OpenAI's newer models
        return replace(form, limit="max_completion_tokens")
    if form.temperature and "temperature" in complaint:
        return replace(form, temperature=False)
    if not structured or not form.structure:
        return None
    return replace(form, structure="guided_json" if vllm and form.structure == "json_schema" else _NEXT[form.structure])


def _structure(way: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    if way == "json_schema":
        wanted = {"name": _SCHEMA_NAME, "schema": schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    if way == "guided_json":
        return {"guided_json": schema}
    return {"response_format": {"type": "json_object", "schema": schema}} if way else {}


def _is_trained(request: ModelRequest) -> bool:
    return bool(request.adapter) and not request.system


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
