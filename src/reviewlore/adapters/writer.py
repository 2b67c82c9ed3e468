"""A base model in memory, with adapters, that answers prompts: what the model's own process is made of.

In: texts of strangers. Out: what the model writes, by greedy decoding. It never cuts a prompt, and control tokens that
are spelled out in a text stay text.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewlore.adapters.bases import Base, computes_bfloat16, open_named, quiet_libraries
from reviewlore.adapters.chat import encode_texts, find_system_frame, find_user_frame
from reviewlore.adapters.lora import attach
from reviewlore.adapters.weights import VerifiedAdapter
from reviewlore.domain.recipe import NamedBase
from reviewlore.errors import RefusedError, StateError


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote: the text, whether it was cut off at the limit, and the tokens of prompt and answer."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    cut: bool


class Writer:
    """A base model that writes, with the adapters that were added; `context_tokens` bounds prompt and answer."""

    def __init__(self, base: Base, context_tokens: int) -> None:
        self._base, self._model = base, _onto_accelerator(base.model.eval())
        longest = getattr(base.model.config, "max_position_embeddings", None) or context_tokens
        self._room = min(context_tokens, longest)
        self._names: dict[str, str] = {}
        self._frames: dict[str, tuple[str, str]] = {}
        self._ends = _end_tokens(base)
        base.model.generation_config = _greedy(base, self._ends)

    def add(self, version: str, adapter: VerifiedAdapter) -> None:
        """Load one more adapter beside the others; StateError or RefusedError where it is not of this base."""
        base = self._base
        if adapter.base_model != base.id or base.revision not in ("", adapter.base_revision):
            raise RefusedError(f"{version} was trained on {adapter.base_model} at {adapter.base_revision[:12]}.")
        if isinstance(adapter.recipe.base, NamedBase) and adapter.recipe.base.chat:
            self._frames[version] = find_user_frame(base.tokenizer, base.id)
        name = f"version_{len(self._names)}"  # PEFT makes module names of it, which ids of the registry need not be
        with quiet_libraries():
            self._model = _onto_accelerator(attach(self._model, adapter, name))
        self._names[version] = name

    def write(self, system: str, user: str, answer_tokens: int, version: str = "") -> Written:
        """Return the answer of the base model, or of an adapter that was added; RefusedError where it does not fit.

        Without a system text the user's is the prompt as the adapter was trained on it: as it stands, or in the chat
        template where its recipe has it there.
        """
        import torch

        prompt = self._encode(system, user, version)
        if len(prompt) + answer_tokens > self._room:
            raise RefusedError(
                f"A prompt of {len(prompt)} tokens with an answer of {answer_tokens} does not fit into {self._room}."
            )
        ids = torch.tensor([prompt], device=self._model.device)
        with quiet_libraries(), torch.inference_mode(), self._using(version):
            rows = self._model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=answer_tokens
            )
        answer = rows[0, len(prompt) :].tolist()
        ended = bool(answer) and answer[-1] in self._ends
        text = self._base.tokenizer.decode(answer, skip_special_tokens=True)
        return Written(text, len(prompt), len(answer), cut=not ended)

    def _using(self, version: str) -> AbstractContextManager[Any]:
        """Switch to an adapter, or to none for the time of the context."""
        if not self._names:
            return nullcontext()
        if not version:
            context: AbstractContextManager[Any] = self._model.disable_adapter()
            return context
        if version not in self._names:
            raise StateError(f"{version} was not loaded.")
        self._model.set_adapter(self._names[version])
        return nullcontext()

    def _encode(self, system: str, user: str, version: str = "") -> list[int]:
        tokenizer = self._base.tokenizer
        system, user = (text.encode("utf-8", "replace").decode() for text in (system, user))
        if not system and version in self._frames:
            return encode_texts(tokenizer, self._frames[version], (user,))
        frame = find_system_frame(tokenizer) if system else None
        if frame is not None:
            return encode_texts(tokenizer, frame, (system, user))
        text = f"{system}\n\n{user}\n\n" if system else user
        return list(tokenizer(text, split_special_tokens=True)["input_ids"])


def open_writer(settings: NamedBase, folder: Path | None, context_tokens: int) -> Writer:
    """Return the writer of a base model on this machine; InputError where it is not there. No hub is asked."""
    with quiet_libraries():
        return Writer(open_named(settings, folder, hub=False), context_tokens)


def _end_tokens(base: Base) -> list[int]:
    """Return the tokens that end an answer: the tokenizer's, and those that a chat model's own settings name."""
    named = getattr(base.model.generation_config, "eos_token_id", None)
    return sorted({base.end, *(named if isinstance(named, list) else [] if named is None else [named])})


def _greedy(base: Base, ends: list[int]) -> Any:
    """Return settings that take the likeliest token each time, whatever a model's own settings prefer."""
    from transformers import GenerationConfig

    return GenerationConfig(do_sample=False, num_beams=1, eos_token_id=ends, pad_token_id=base.pad)


def _onto_accelerator(model: Any) -> Any:
    import torch

    if not torch.cuda.is_available():
        return model
    return model.to("cuda", dtype=torch.bfloat16 if computes_bfloat16() else torch.float16)
