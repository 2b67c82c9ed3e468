"""A small change in a real repository, and a model that answers from a script: for the tests of asking."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.resources import load_prompts
from reviewlore.config import Settings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.architecture import Survey
from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest
from reviewlore.flows.asking import Ground
from reviewlore.flows.briefing import Briefing, Sources, brief
from reviewlore.flows.survey import study
from reviewlore.ports import Generator

BEFORE = {
    "shop/cart.py": "from shop import prices\n\n\ndef total(items):\n    return prices.add(items)\n",
    "shop/prices.py": "def add(items):\n    return sum(items)\n",
    "settings.json": '{"rate": 1}\n',
    "notes.rb": "puts 1\n",
}
AFTER = {
    "shop/cart.py": (
        "from shop import prices\n\n\ndef total(items, rate=None):\n    amount = prices.add(items)\n"
        "    if rate:\n        amount = amount * rate\n    return amount\n"
    ),
    "settings.json": '{"rate": 2}\n',
    "notes.rb": "puts 2\n",
}
REMARK = {
    "hunk": "h1",
    "line": 6,
    "start_line": None,
    "specialist": "debugging",
    "severity": "warning",
    "title": "A rate of zero is ignored",
    "why": "`if rate:` is false for 0, so the amount stays.",
    "advice": "Compare with None.",
    "quote": "if rate:",
    "claims": [],
    "suggestion": None,
    "confidence": 0.8,
}


def said(*remarks: dict[str, object]) -> str:
    return json.dumps({"remarks": [REMARK | remark for remark in remarks]})


@dataclass(frozen=True)
class Change:
    """A change that was studied, and what a model is asked about it."""

    repo: GitRepo
    base: str
    head: str
    survey: Survey
    patches: tuple[FilePatch, ...]
    briefing: Briefing
    ground: Ground
    settings: Settings

    def hunk(self, path: str) -> str:
        return next(each.id for one in self.briefing.requests for each in one.excerpts if each.path == path)


def read_change(folder: Path, base: str, head: str, settings: Settings) -> Change:
    repo, grammar = GitRepo(folder), Grammars()
    patches = parse_diff(repo.diff(base, head))
    survey, change = study(repo, grammar, base, head, patches=patches)
    sources = Sources(repo, base, head, load_prompts())
    briefing = brief(sources, change, survey.facts, settings)
    return Change(repo, base, head, survey, patches, briefing, Ground(sources, survey, grammar), settings)


@dataclass
class ScriptedModel(Generator):
    """Answers each request with the next of its texts or failures; without one, with an empty list of remarks."""

    script: list[str | ModelFailure | ModelAnswer | Callable[[ModelRequest], str]]
    asked: list[ModelRequest] = field(default_factory=list)

    @property
    def model(self) -> str:
        return "scripted"

    def generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: ModelRequest) -> ModelAnswer | ModelFailure:
        self.asked.append(request)
        found = self.script.pop(0) if self.script else '{"remarks": []}'
        if isinstance(found, ModelFailure | ModelAnswer):
            return found
        text = found if isinstance(found, str) else found(request)
        return ModelAnswer(text, "scripted", 0.5, 100, 10)
