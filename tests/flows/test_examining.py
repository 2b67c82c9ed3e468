"""A real adapter from the dataset to the gate: rivals that prompt its base, secrets planted to be judged by, guards."""

from dataclasses import replace

import pytest
from tests.lineage import mined
from tests.lineage import rows as mined_rows
from tests.repositories import commit

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_prompts
from reviewlore.adapters.training import DpoAdapters
from reviewlore.config import ModelSettings
from reviewlore.domain.recipe import MadeBase
from reviewlore.domain.training import JUDGED, SERVED
from reviewlore.flows import judge
from reviewlore.flows.examining import plant_canaries
from reviewlore.flows.fitting import Plan, fit_judged, fit_served
from reviewlore.flows.judge import find_score
from reviewlore.flows.train import train
from reviewlore.stages.exposure import plant
from reviewlore.wiring import Workshop

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets", "lightgbm"):
    pytest.importorskip(name)

CODE = "package main\n\nfunc handle(item Item) int {\n\treturn item.total * 2\n}\n" * 12


class Watched(DpoAdapters):
    """The real trainer, which remembers what it was asked to train on."""

    def __init__(self):
        super().__init__(load_prompts(), QuietConsole(), {})
        self.requests = []

    def fit(self, request):
        self.requests.append(request)
        return super().fit(request)


def tiny(recipe, **guards):
    return replace(
        recipe,
        base=MadeBase(layers=1, width=32, heads=1, vocabulary=320, warm_up_steps=2, warm_up_rate=3e-3),
        text=replace(recipe.text, hunk_characters=160, remark_characters=120, max_tokens=160),
        run=replace(recipe.run, max_steps=4),
        minimum=replace(recipe.minimum, pairs=2, pull_requests=2),
        guards=replace(recipe.guards, canaries=3, exposure=8.0, length_correlation=1.0, **guards),
    )


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A repository with code and mined remarks; (context with a watched trainer, a tiny recipe)."""
    home = mined(tmp_path_factory.mktemp("examined"), mined_rows(200))
    commit(home, {f"cmd/part_{n}.go": f"// part {n}\n{CODE}" for n in range(3)})
    workshop = Workshop(home, QuietConsole())
    settings = ModelSettings(kind="openai", name="team/large", price_in=3.0)
    context = replace(workshop.train_context(), adapters=Watched(), model=settings)
    return context, tiny(workshop.recipe("smoke_cpu"))


@pytest.fixture(scope="module")
def trained(bench):
    context, recipe = bench
    return train(context, "adapter", recipe, dry_run=True)


def test_every_guard_is_measured(trained):
    guards = {guard.name: guard for guard in trained.evaluation.guards}

    assert trained.evaluation.subject == trained.manifest.id
    assert set(guards) == {"forgetting", "exposure", "length_correlation", "valid", "duplicates"}
    assert not [guard.told for guard in guards.values() if guard.value is None]
    assert 0.5 < guards["forgetting"].value < 2.0
    assert abs(guards["exposure"].value) < 8.0
    assert trained.evaluation.diagnostics.exposure == guards["exposure"].value


def test_its_base_is_asked_by_prompts_on_some_of_the_pairs(trained):
    evaluation = trained.evaluation
    prompt_only, few_shot = (find_score(evaluation, name) for name in ("prompt only", "few-shot"))
    own = find_score(evaluation, trained.manifest.id)

    assert prompt_only.tier == few_shot.tier == "prompt"
    assert prompt_only.overall.count == few_shot.overall.count <= 60 < own.overall.count
    assert 0 < prompt_only.prompt_tokens < few_shot.prompt_tokens
    assert own.prompt_tokens > 0
    assert own.cost_per_thousand is not None and few_shot.cost_per_thousand is not None
    assert few_shot.cost_per_thousand > prompt_only.cost_per_thousand
    assert evaluation.notes[0].startswith("team/large of the settings was not judged: ")
    assert "prompt only on" in evaluation.notes[1]


def test_a_broken_guard_refuses_whatever_it_prefers(bench):
    context, recipe = bench
    strict = replace(recipe, guards=replace(recipe.guards, valid=1.0))
    decision = train(context, "adapter", strict, dry_run=True).decision

    assert decision.verdict == "refuse"
    assert "of the remarks that it writes can be used; at least 1 is asked for" in decision.reason


def test_secrets_are_planted_in_the_judged_run_and_never_in_the_served_one(bench):
    context, recipe = bench
    plan = Plan("adapter", recipe, judge.load_dataset(context.store), context.adapters.settings(recipe))
    canaries = plant_canaries(plan)
    context.adapters.requests.clear()
    judged = fit_judged(context, plan, planted=[canary.pair for canary in canaries])
    fit_served(context, plan, judged)
    told = {request.run: {pair.chosen.body for pair in request.pairs} for request in context.adapters.requests}

    assert len(canaries) == 3
    assert all(any(canary.secret in body for body in told[JUDGED]) for canary in canaries)
    assert not [body for body in told[SERVED] for canary in canaries if canary.secret in body]
    assert canaries == plant(plan.dataset.train, 3, plan.dataset.manifest.seed)


def test_a_ranker_is_asked_for_its_scores_alone(bench):
    context, _ = bench
    evaluation = train(context, "embedded", None, dry_run=True).evaluation

    assert evaluation.guards == ()
    assert evaluation.diagnostics.length_correlation is not None
    assert evaluation.diagnostics.forgetting is None
    assert {"language:Python", "specialist:testing"} & set(find_score(evaluation, evaluation.subject).slices)
    assert not [score for score in evaluation.scores if score.tier == "prompt"]


def test_code_that_pairs_touch_is_no_ordinary_code(bench):
    context, _ = bench
    texts = context.code({"cmd/part_1.go"})

    assert [text for text in texts if text.startswith("// part 0")]
    assert not [text for text in texts if text.startswith("// part 1")]
