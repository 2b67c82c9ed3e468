"""A model's answers kept by the run that may ask it, and given again by the run that may post.

The run that posts reads the answers as it would read the model's own: the same requests are made from git objects, and
every answer passes the same checks. An answer about anything else is not used.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256

from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.handover import Handover, Recorded
from reviewlore.ports import Generator

_GIVEN_UP = "The run that asked the model did not reach the adapter in force."
_MISSING = "the run that asked the model has no answer for this"


class RecordingGenerator:
    """A `Generator` that asks another one and keeps what it said; `clean` takes secrets out of what is kept."""

    def __init__(self, generator: Generator, clean: Callable[[str], str]) -> None:
        self._generator, self._clean = generator, clean
        self._kept: list[Recorded] = []

    @property
    def model(self) -> str:
        """The model's name."""
        return self._generator.model

    @property
    def answers(self) -> tuple[Recorded, ...]:
        """What was answered so far, in the order of asking."""
        return tuple(self._kept)

    def generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        """Ask, and keep the answers."""
        outcomes = self._generator.generate(requests)
        for request, outcome in zip(requests, outcomes, strict=True):
            self._kept.append(self._record(key_of(request), outcome))
        return outcomes

    def _record(self, key: str, outcome: ModelAnswer | ModelFailure) -> Recorded:
        seconds = round(outcome.seconds, 3)
        if isinstance(outcome, ModelFailure):
            return Recorded(key, outcome.kind, seconds=seconds)
        return Recorded(
            key,
            "answered",
            _as_utf8(self._clean(outcome.text)),
            outcome.prompt_tokens,
            outcome.completion_tokens,
            seconds,
            outcome.cut,
            bool(outcome.note),
        )


class RecordedGenerator:
    """A `Generator` that answers from a handover (None: it has no answers), under the name of the model of `name`."""

    def __init__(self, name: str, handover: Handover | None = None) -> None:
        self._name = name
        self._answers: dict[str, list[Recorded]] = {}
        for each in handover.answers if handover else ():
            self._answers.setdefault(each.key, []).append(each)
        self._asked: Counter[str] = Counter()

    @property
    def model(self) -> str:
        """The model's name, as the settings of the default branch have it: the handover has no say in it."""
        return self._name

    def generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        """Return what was answered about the same; what is asked again gets what was said when it was asked again."""
        return [self._answer(key_of(request)) for request in requests]

    def _answer(self, key: str) -> ModelAnswer | ModelFailure:
        known = self._answers.get(key, [])
        turn = self._asked[key]
        self._asked[key] += 1
        if turn >= len(known):
            return ModelFailure("unreachable", f"{_MISSING}.")
        found = known[turn]
        if found.ending != "answered":
            return ModelFailure(found.ending, f"the run that asked the model got no answer ({found.ending}).")
        return ModelAnswer(
            found.text,
            self._name,
            found.seconds,
            found.prompt_tokens,
            found.completion_tokens,
            found.cut,
            _GIVEN_UP if found.given_up else "",
        )


def _as_utf8(text: str) -> str:
    """Half a surrogate pair, which JSON can escape and a file cannot hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def key_of(request: ModelRequest) -> str:
    """Return the hash of what a request is about: the excerpts shown, who is to speak, and by which adapter.

    Not of all its words: precedents and rules may be told differently a minute later, and the answer stays one on the
    same code.
    """
    about = [[each.path, each.id, each.hunk, each.text] for each in request.excerpts]
    told = json.dumps([request.adapter, list(request.specialists), about])
    return sha256(told.encode()).hexdigest()
