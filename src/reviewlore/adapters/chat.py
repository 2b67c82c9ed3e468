"""Texts in a chat model's own template, in tokens: what the template says around them, and the texts.

In: a tokenizer and texts. Out: token ids. Control tokens that the template writes are control tokens; those that are
spelled out in a text of strangers stay text. The same texts give the same tokens on every day.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from reviewlore.errors import ConfigError

# Stand in for the texts while a template is rendered; nothing a template would trim, escape or contain.
_SYSTEM, _USER = "reviewlore-slot-system", "reviewlore-slot-user"
# Some templates tell the date. What is asked tomorrow must read as what was trained on, so they are told one day.
_DAY = "1 January 2025"
_SAYS_THE_DAY = f"{{% macro strftime_now(form) %}}{_DAY}{{% endmacro %}}"


def encode_texts(tokenizer: Any, frame: Sequence[str], texts: Sequence[str]) -> list[int]:
    """Return the tokens of texts between the parts of a frame, which has one part more than there are texts."""
    ids: list[int] = []
    for part, text in zip(frame, (*texts, ""), strict=True):
        ids += tokenizer(part, add_special_tokens=False)["input_ids"]
        ids += tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return ids


def find_system_frame(tokenizer: Any) -> tuple[str, str, str] | None:
    """Return what a chat template writes before, between and after a system text and a user's.

    None without a template, or with one that has no place for them. Templates without a system role raise; then the
    system text opens the user's message.
    """
    apart = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]
    joined = [{"role": "user", "content": f"{_SYSTEM}\n\n{_USER}"}]
    for messages in (apart, joined):
        parts = _cut(_render(tokenizer, messages), _SYSTEM, _USER)
        if parts is not None:
            return parts[0], parts[1], parts[2]
    return None


def find_user_frame(tokenizer: Any, model: str) -> tuple[str, str]:
    """Return what a chat template writes before and after a user's text; ConfigError where there is none for it."""
    parts = _cut(_render(tokenizer, [{"role": "user", "content": _USER}]), _USER)
    if parts is None:
        raise ConfigError(
            f"The recipe wants chat (base.chat), and the tokenizer of {model} has no chat template for a message. Set "
            "base.chat to false, or name an instruction-tuned model."
        )
    return parts[0], parts[1]


def _render(tokenizer: Any, messages: Sequence[dict[str, str]]) -> str:
    """Return messages in the tokenizer's template with the model's turn opened; nothing where it cannot render them."""
    # `enable_thinking` is Qwen's: what is thought aloud would use up the answer. Other templates ignore what they do
    # not know.
    options = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False, "date_string": _DAY}
    with suppress(
        Exception
    ):  # a tokenizer without a template raises, and templates raise errors of jinja2 and their own
        template = _SAYS_THE_DAY + tokenizer.get_chat_template()
        return str(tokenizer.apply_chat_template(list(messages), chat_template=template, **options))
    return ""


def _cut(rendered: str, *slots: str) -> list[str] | None:
    """Return what stands around the slots; None unless each stands there once, in their order."""
    parts = []
    for slot in slots:
        before, found, rendered = rendered.partition(slot)
        if not found or any(other in before for other in slots):
            return None
        parts.append(before)
    return None if any(slot in rendered for slot in slots) else [*parts, rendered]
