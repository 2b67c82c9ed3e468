"""What writes: a language model somewhere, asked in text and answering in text."""

from collections.abc import Sequence
from typing import Protocol

from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest


class Generator(Protocol):
    """A model that answers requests; it has no credentials of ours, and nothing it writes is trusted."""

    @property
    def model(self) -> str:
        """The model's name, with its revision where one is known, for the lineage."""
        ...

    def generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        """Return one answer or failure a request, in order; one that fails does not touch the others."""
        ...
