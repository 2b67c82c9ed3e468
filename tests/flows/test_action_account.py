"""The account of a model in a run of the action: written once the remarks are out, unless a limit rests on it."""

from dataclasses import replace

import pytest
from tests.flows.test_action import Scene, code  # noqa: F401 - a fixture

from reviewlore.adapters.resources import load_attention, load_prompts
from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelAnswer
from reviewlore.errors import ForgeError
from reviewlore.flows.generation import Writing
from reviewlore.flows.state import USAGE
from reviewlore.ports import Generator
from reviewlore.ranking.attention import parse_attention

NOW = "2026-11-20T10:00:00Z"


class Silent(Generator):
    """Has nothing to remark."""

    model = "small"

    def generate(self, requests):
        return [ModelAnswer('{"remarks": []}', "small", 0.1, 40, 2) for _ in requests]


class Metered(Scene):
    """A run with a model, that looks at the account when the review is posted."""

    def __init__(self, code, **limits):  # noqa: F811
        super().__init__(*code)
        settings = ModelSettings(kind="openai", name="small", **limits)
        attention = parse_attention(load_attention())
        self.writing = Writing(Silent(), settings, load_prompts(), attention, lambda: NOW)
        self.recorded = []
        post = self.forge.post_review

        def posting(*arguments):
            self.recorded.append(self.store.paths(USAGE))
            return post(*arguments)

        self.forge.post_review = posting

    def review_context(self, number, base):
        return replace(super().review_context(number, base), writing=self.writing)


def test_what_a_model_took_is_recorded_after_the_review_is_posted(code):  # noqa: F811
    scene = Metered(code)
    assert scene.opened() == 1
    assert scene.recorded == [()]
    assert scene.store.paths(USAGE) == ("usage/2026-11.jsonl",)


@pytest.mark.parametrize("limit", ["max_tokens", "monthly_tokens", "monthly_cost"])
def test_where_a_limit_rests_on_it_it_is_recorded_before(code, limit):  # noqa: F811
    scene = Metered(code, **{limit: 1_000_000})
    assert scene.opened() == 1
    assert scene.recorded == [("usage/2026-11.jsonl",)]


def test_a_review_that_cannot_be_posted_is_paid_for_too(code):  # noqa: F811
    scene = Metered(code)
    scene.forge.before = {"post_review": [ForgeError("down"), ForgeError("down")]}
    assert scene.opened() == 3
    assert scene.recorded == [(), ()]
    assert scene.store.paths(USAGE) == ("usage/2026-11.jsonl",)
