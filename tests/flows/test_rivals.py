"""Whom a candidate meets: the ranker of the very same pairs is always among them, whatever judges now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")

from tests.fakes.versions import NOW, add_version
from tests.lineage import mined, newest, rows, store_of

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.recipe import TrainedAdapter
from reviewlore.domain.training import FitRequest
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.crossing import add_cross_validated
from reviewlore.flows.examining import plant_canaries
from reviewlore.flows.fitting import Fitted, Plan, count_trainable
from reviewlore.flows.judge import load_dataset
from reviewlore.flows.rivals import EMBEDDED, find_rivals
from reviewlore.flows.scarcity import refuse_scarce
from reviewlore.flows.training import TrainContext
from reviewlore.formats import records
from reviewlore.stages.folds import split_folds, split_later
from reviewlore.stages.recipe import parse_recipe
from reviewlore.wiring import Workshop

RECIPE = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
JUDGED = Fitted({}, SimpleNamespace(), 0.0, SimpleNamespace(), steps=10, pairs=20)  # type: ignore[arg-type]


@dataclass
class Adapters:
    """A machine that can ask a base by prompts, and fits nothing; it remembers what it was asked to fit."""

    asked: list[FitRequest]

    def prompted(self, manifest: object, files: Mapping[str, bytes], name: str, choose: object) -> object:
        return SimpleNamespace(version=name)

    def fit(self, request: FitRequest) -> tuple[TrainedAdapter, dict[str, bytes]]:
        self.asked.append(request)
        raise RefusedError("nothing is trained here")


def scene(folder: Path, count: int = 60) -> tuple[TrainContext, Plan, Adapters]:
    """A mined repository, and an adapter that is to be trained on it."""
    home = mined(folder / "repo", rows(count))
    adapters = Adapters([])
    context = replace(Workshop(home, QuietConsole()).train_context(), adapters=adapters)  # type: ignore[arg-type]
    return context, Plan("adapter", RECIPE, load_dataset(context.store), {}), adapters


def learned_from(home: Path, version: str, **changes: str) -> VersionManifest:
    """Let an active version have learned from other data."""
    store = store_of(home)
    manifest = replace(state.read_version(store, version), **changes)  # type: ignore[arg-type]
    path = state.version_path(version, "manifest.json")
    store.update(lambda _: {path: records.encode(manifest)}, lambda: "Name the data", NOW)
    return manifest


def test_a_ranker_in_force_stands_for_the_ranker_of_the_same_pairs_only_where_it_is_that_one(tmp_path: Path) -> None:
    context, plan, _ = scene(tmp_path)
    home = tmp_path / "repo"
    add_version(home, "embedded-old", active=True)
    found = find_rivals(context, plan, JUDGED)
    assert [rival.scorer.version for rival in found.versions][:2] == ["embedded-old", EMBEDDED]
    assert [rival.demand for rival in found.versions][:2] == ["beat_beyond_chance"] * 2
    learned_from(home, "embedded-old", dataset=newest(context.store).id)
    assert EMBEDDED not in [rival.scorer.version for rival in find_rivals(context, plan, JUDGED).versions]
    own = replace(plan, specialist="testing")
    assert EMBEDDED in [rival.scorer.version for rival in find_rivals(context, own, JUDGED).versions]


def test_no_secret_stands_beside_a_remark_that_says_when_to_stop(tmp_path: Path) -> None:
    _, plan, _ = scene(tmp_path)
    stopping = replace(RECIPE.stopping, every=5, share=0.4, least_pairs=1)
    recipe = replace(RECIPE, stopping=stopping, guards=replace(RECIPE.guards, canaries=100))
    canaries = plant_canaries(replace(plan, recipe=recipe))
    held = split_later(plan.dataset.train, 0.4)
    assert canaries
    assert held.judged
    assert not {each.pair.pull_request for each in canaries} & {pair.pull_request for pair in held.judged}


def test_a_cross_validated_adapter_sees_its_pairs_as_often_as_the_judged_one_did(tmp_path: Path) -> None:
    context, plan, adapters = scene(tmp_path, 32)
    recipe = replace(RECIPE, stopping=replace(RECIPE.stopping, folds=2))
    evaluation = SimpleNamespace()
    assert add_cross_validated(context, replace(plan, recipe=recipe), JUDGED, evaluation) is evaluation  # type: ignore[arg-type]
    parts = split_folds((*plan.dataset.train, *plan.dataset.test), 2)
    assert [request.steps for request in adapters.asked] == [
        max(1, round(10 * count_trainable(recipe, part.fit) / 20)) for part in parts
    ]


def test_pairs_on_two_hunks_count_where_kto_learns_from_them(tmp_path: Path) -> None:
    context, plan, _ = scene(tmp_path)
    kto = replace(RECIPE, loss=replace(RECIPE.loss, method="kto", kind="sigmoid", label_smoothing=0.0))
    train = plan.dataset.train
    learned = count_trainable(kto, train)
    assert learned >= count_trainable(RECIPE, train) + sum(pair.kind == "outcome" for pair in train)
    assert learned > count_trainable(RECIPE, train)
    enough = replace(kto, minimum=replace(kto.minimum, pairs=learned, pull_requests=2))
    refuse_scarce(context, replace(plan, recipe=enough))
    with pytest.raises(RefusedError, match=f"needs at least {learned + 1} training pairs"):
        refuse_scarce(context, replace(plan, recipe=replace(kto, minimum=replace(enough.minimum, pairs=learned + 1))))
