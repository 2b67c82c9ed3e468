"""Prompts as a model has read them: keys and values of attention, and what it expects next, kept for the next call.

In: prompts' tokens. Out: what was kept of them, bounded by bytes. Nothing outlives the process.
"""

from collections import OrderedDict
from typing import Any


class ReadPrompt:
    """A prompt's key/value cache and the logits after its last token (1 x vocabulary)."""

    def __init__(self, cache: Any, first: Any) -> None:
        self.cache, self.first = cache, first
        self._kept = [(layer.keys, layer.values) for layer in cache.layers]

    def rewind(self, tokens: int) -> None:
        """Forget `tokens` that were read after the prompt, and the memory that they took."""
        self.cache.crop(-tokens)
        for layer, (keys, values) in zip(self.cache.layers, self._kept, strict=True):
            layer.keys, layer.values = keys, values  # what `crop` leaves is a view of the longer tensors

    @property
    def size(self) -> int:
        """Bytes held."""
        tensors = [self.first, *(tensor for pair in self._kept for tensor in pair)]
        return sum(tensor.untyped_storage().nbytes() for tensor in tensors)


class PrefixCache:
    """The prompts read last, each by whom (an adapter, or the base) and by its tokens; at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._read: OrderedDict[tuple[Any, ...], ReadPrompt] = OrderedDict()

    def find(self, reader: tuple[str, ...], prompt: list[int]) -> ReadPrompt | None:
        """Return a prompt as `reader` has read it, or None; it counts as used now."""
        key = (reader, *prompt)
        found = self._read.get(key)
        if found is not None:
            self._read.move_to_end(key)
        return found

    def keep(self, reader: tuple[str, ...], prompt: list[int], read: ReadPrompt) -> None:
        """Keep a prompt and drop those used longest ago; one that is larger than the limit alone is not kept."""
        if read.size > self._limit:
            return
        self._read[reader, *prompt] = read
        self._size += read.size
        while self._size > self._limit:
            _, dropped = self._read.popitem(last=False)
            self._size -= dropped.size
