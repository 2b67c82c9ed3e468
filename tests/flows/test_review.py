"""One review of a real change: what is left out and why, who is said to speak, and what a later one asks again."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.architecture.trees import Tree
from tests.fakes.runner import FakeStore
from tests.flows.asked_change import ScriptedModel, said
from tests.github.reviewing import Level

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.index import SqliteIndex
from reviewlore.adapters.resources import load_attention, load_prompts
from reviewlore.config import ModelSettings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.asking import ModelFailure
from reviewlore.domain.finding import Review
from reviewlore.domain.online import OnlineMetrics, OnlineRow
from reviewlore.domain.recipe import TextBudget
from reviewlore.flows import state
from reviewlore.flows.briefing import Trained
from reviewlore.flows.generation import Writing
from reviewlore.flows.review import ReviewContext, review_change
from reviewlore.flows.subject import Circumstances
from reviewlore.ranking.attention import parse_attention
from reviewlore.stages.publish.again import find_unchanged

NOW = "2026-11-20T10:00:00Z"
LAYERS = '[architecture]\nlayers = ["shop.api", "shop.store"]\n'
CROSSING = "from shop.api import post\n\n\ndef save(order):\n    return post(order)\n"
FILES = {
    "shop/__init__.py": "",
    "shop/api.py": "def post(order):\n    return 1\n",
    "shop/store.py": "def save(order):\n    return 1\n",
}
REMARK = {
    "hunk": "h1", "line": 5, "quote": "return post(order)", "specialist": "testing",
    "title": "A failed post is not tested", "why": "`post` may raise, and then the order is lost.",
    "advice": "Add a case in which it raises.",
}  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def context(
    tree: Tree, model: ScriptedModel | None = None, store: FakeStore | None = None, **more: object
) -> ReviewContext:
    made = ReviewContext(
        "o/r", GitRepo(tree.folder), store or FakeStore(), Grammars(), Level(), SqliteIndex, QuietConsole()
    )  # fmt: skip
    if model is None:
        return made
    settings = ModelSettings(kind="openai", name="small", max_calls=1)
    writing = Writing(model, settings, load_prompts(), parse_attention(load_attention()), lambda: NOW)
    return replace(made, writing=replace(writing, **more))  # type: ignore[arg-type]


def changed(tree: Tree, settings: str = "") -> tuple[str, str]:
    base = tree.commit({**FILES, ".reviewlore.toml": LAYERS + settings})
    return base, tree.commit({"shop/store.py": CROSSING})


def reasons(review: Review) -> list[tuple[str, str]]:
    return [(item.rule, item.reason) for item in review.dropped]


def test_what_is_left_out_by_its_path_or_is_no_text_is_counted(tree: Tree) -> None:
    base = tree.commit(
        {**FILES, "logo.png": b"\0\1", ".reviewlore.toml": f'{LAYERS}[review]\nexclude-paths = ["shop/st*"]\n'}
    )
    head = tree.commit({"shop/store.py": CROSSING, "logo.png": b"\0\2", "notes.md": "Hello.\n"})
    review = review_change(context(tree), base, head)
    assert (review.files_reviewed, review.files_skipped) == (1, {"binary": 1, "path_excluded": 1})
    assert review.findings == ()
    assert ("architecture/layer_crossed", "path_excluded") in reasons(review)


@pytest.mark.parametrize(
    ("answer", "tier", "told"),
    [(said(REMARK), "prompt", False), (ModelFailure("timeout", "It took 9 s."), "embedded", True)],
)
def test_the_tier_is_that_of_who_answered(tree: Tree, answer: str | ModelFailure, tier: str, told: bool) -> None:
    base, head = changed(tree)
    review = review_change(context(tree, ScriptedModel([answer])), base, head)
    assert (review.tier, review.version) == (tier, "level")
    assert any("The review rests on the facts alone." in note for note in review.notes) == told
    assert [each.source for each in review.findings] == ["architecture", *(["generated"] if not told else [])]


def test_no_note_is_told_twice(tree: Tree) -> None:
    base = tree.commit({**FILES, ".reviewlore.toml": LAYERS})
    head = tree.commit({"shop/store.py": CROSSING.replace("order)\n", "order)  # \u200b\u200b\n")})
    notes = review_change(context(tree, ScriptedModel([])), base, head).notes
    assert sum("would not see" in note or "hidden characters" in note for note in notes) == 1
    assert len(set(notes)) == len(notes)


def test_a_later_review_asks_about_what_is_new(tree: Tree) -> None:
    base, first = changed(tree)
    head = tree.commit({"shop/more.py": CROSSING})
    repo, model = GitRepo(tree.folder), ScriptedModel([])

    def seen(patches: Sequence[FilePatch]) -> object:
        return find_unchanged(patches, parse_diff(repo.diff(base, first)), ())

    review = review_change(context(tree, model), base, head, Circumstances(seen=seen))  # type: ignore[arg-type]
    assert [each.anchor.path for each in review.findings] == ["shop/store.py"]  # an error, and nothing stands
    assert [excerpt.path for request in model.asked for excerpt in request.excerpts] == ["shop/more.py"]
    assert review.coverage.left_out == {"shop/store.py": "unchanged_since_last_review"}


def test_adapters_are_asked_about_every_hunk_whatever_the_limit_of_calls(tree: Tree) -> None:
    base = tree.commit(FILES)
    head = tree.commit({"shop/store.py": CROSSING, "shop/api.py": CROSSING, "shop/more.py": CROSSING})
    model = ScriptedModel(["", "", ""])
    review = review_change(context(tree, model, trained=Trained(TextBudget(400, 120, 256), {"": "dpo-1"})), base, head)
    assert (len(model.asked), review.usage.calls, review.tier) == (3, 3, "adapter")


@pytest.mark.parametrize(("week", "reason"), [("2023-W46", "rule_seldom_addressed"), ("2021-W01", "")])
def test_a_rule_that_was_seldom_heeded_of_late_is_not_said(tree: Tree, week: str, reason: str) -> None:
    base, head = changed(tree)
    rules = ("generated/testing", "architecture/layer_crossed")
    rows = tuple(OnlineRow(week, "embedded", "level", "", rule, 20, 0, 10, 10) for rule in rules)
    store = FakeStore(state.online_file(OnlineMetrics(rows), OnlineMetrics()))
    review = review_change(context(tree, ScriptedModel([said(REMARK)]), store), base, head)
    assert reasons(review) == ([("generated/testing", reason)] if reason else [])
    assert review.findings[0].rule == "architecture/layer_crossed"  # the team declared it
