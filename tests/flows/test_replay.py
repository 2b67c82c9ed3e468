"""A training repeated from its manifest gives the same files, and whoever changed something is told."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="training needs the model extra")

from tests.command_line import told
from tests.flows.test_train import rows, tamper
from tests.lineage import mined, store_of
from tests.repositories import make_repository, mirror

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_recipe, recipe_names
from reviewlore.cli import run
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.recipe import MadeBase, Recipe
from reviewlore.errors import ConfigError, RefusedError
from reviewlore.flows import state
from reviewlore.flows.replay import replay
from reviewlore.flows.train import train
from reviewlore.formats import records
from reviewlore.stages.recipe import parse_recipe, recipe_settings, recorded_recipe
from reviewlore.wiring import Workshop


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose state branch has one promoted ranker."""
    home = mined(tmp_path_factory.mktemp("replayed"), rows(160))
    assert run(["train", "--repo", str(home), "-q"]) == 0
    return home


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    return mirror(trained, tmp_path / "copy")


def manifest_of(home: Path) -> VersionManifest:
    return state.read_versions(store_of(home))[-1]


def change_manifest(home: Path, **values: object) -> None:
    changed = replace(manifest_of(home), **values)  # type: ignore[arg-type]
    tamper(home, lambda path: path.endswith(f"{changed.id}/manifest.json"), lambda _: records.encode(changed))


def test_a_ranker_comes_out_the_same_to_the_last_bit(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = store_of(trained).head()
    code, out, _ = told(capsys, "train", "--repo", str(trained), "--replay", "embedded", "--format", "json", "-q")
    found = json.loads(out)
    assert (code, found["same"], found["notes"]) == (0, True, [])
    assert [file["name"] for file in found["files"]] == ["judged/ranker.json", "ranker.json"]
    assert all(file["recorded"] == file["made"] for file in found["files"])
    assert store_of(trained).head() == before


def test_what_came_out_otherwise_is_told_with_what_may_be_why(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = manifest_of(copy)
    packages = {**known.packages, "lightgbm": "4.0.0", "gone": "1.0"}
    change_manifest(
        copy, files={**known.files, "ranker.json": "0" * 64}, packages=packages, code_commit="a" * 40, hardware="abacus"
    )
    code, out, _ = told(capsys, "train", "--repo", str(copy), "--replay", known.id, "-q")
    flat = " ".join(out.split())
    assert code == 1
    assert "Different: 1 of 2 files" in flat
    assert "differs ranker.json 000000000000, here" in flat
    assert "Not as it was recorded, which may be why:" in flat
    assert "hardware: abacus, here" in flat and "package gone: 1.0, here not there" in flat
    assert "package lightgbm: 4.0.0, here" in flat and f"code: {'a' * 40}, here" in flat


def test_a_changed_episode_is_told_and_the_recorded_ones_are_used(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(
        copy,
        lambda path: path.startswith("episodes/2025-01"),
        lambda data: data.replace(b"after what it holds", b"now"),
    )
    code, out, _ = told(capsys, "train", "--repo", str(copy), "--replay", "embedded", "-q")
    assert code == 0
    assert "they were changed since" in " ".join(out.split())


def test_episodes_that_were_changed_where_they_were_recorded_are_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = make_repository(tmp_path / "forged")
    source = store_of(trained)
    files = {path: source.read(path) for path in source.paths()}
    files = {
        path: (data or b"").replace(b"after what it holds", b"now") if path.startswith("episodes/") else data
        for path, data in files.items()
    }
    store_of(home).update(lambda _: files, lambda: "Forge", "2026-01-01T00:00:00Z")
    code, out, err = told(capsys, "train", "--repo", str(home), "--replay", "embedded", "-q")
    assert (code, out) == (2, "")
    assert "The episodes no longer give dataset" in err


def test_what_was_forgotten_is_not_trained_on_again(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = manifest_of(copy)
    dataset = next(each for each in state.read_datasets(store_of(copy)) if each.id == known.dataset)
    gone = replace(dataset, forgotten_at="2026-04-01T00:00:00Z")
    tamper(copy, lambda path: path == state.dataset_path(dataset.id), lambda _: records.encode(gone))
    code, _, err = told(capsys, "train", "--repo", str(copy), "--replay", known.id, "-q")
    assert code == 2 and "was forgotten on 2026-04-01" in err
    tamper(copy, lambda path: path == state.dataset_path(dataset.id), lambda _: None)
    code, _, err = told(capsys, "train", "--repo", str(copy), "--replay", known.id, "-q")
    assert code == 2 and "is no longer on the state branch" in err


def test_options_that_do_not_go_with_it_are_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for extra in (("--recipe", "smoke_cpu", "--tier", "adapter"), ("--curve",)):
        code, _, err = told(capsys, "train", "--repo", str(trained), "--replay", "embedded", "-q", *extra)
        assert code == 2 and "--replay" in err
    code, _, err = told(capsys, "train", "--repo", str(trained), "--replay", "adapter-nowhere", "-q")
    assert code == 2 and "is not in the registry" in err


def tiny(name: str = "smoke_cpu") -> Recipe:
    recipe = parse_recipe(load_recipe(name), name)
    assert isinstance(recipe.base, MadeBase)
    return replace(
        recipe,
        base=replace(recipe.base, layers=1, width=32, heads=1, warm_up_steps=2),
        run=replace(recipe.run, max_steps=3),
    )


@pytest.fixture(scope="module")
def adapter(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with a rejected adapter of a tiny recipe beside the ranker."""
    pytest.importorskip("trl", reason="training an adapter needs the model extra")
    home = mirror(trained, tmp_path_factory.mktemp("adapter") / "copy")
    context = Workshop(home, QuietConsole()).train_context()
    assert train(context, "adapter", tiny()).decision.verdict == "refuse"
    return home


@pytest.mark.model
def test_a_rejected_adapter_comes_out_the_same_to_the_last_bit(
    adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = manifest_of(adapter)
    code, out, _ = told(capsys, "train", "--repo", str(adapter), "--replay", "adapter", "--format", "json", "-q")
    found = json.loads(out)
    assert (code, found["version"], found["same"]) == (0, known.id, True)
    assert {file["name"] for file in found["files"]} == set(known.files) - {"calibration.json"}


@pytest.mark.model
def test_a_rejected_adapter_keeps_its_lineage_and_its_card(adapter: Path) -> None:
    known, store = manifest_of(adapter), store_of(adapter)
    assert set(known.hashes) == {"recipe", "recipe_file", "prompts", "data_policy", "training_policy"}
    assert known.policy["training.approval"] == "none" and known.policy["data.licenses"] == "any"
    assert set(known.spent.runs) == {"judged"} and known.spent.phases["judged/base"] > 0
    assert known.spent.seconds > 0 and known.spent.cost is None
    assert known.parent and known.parent.startswith("embedded-")
    assert set(known.documents) == {"card.html", "card.json", "card.md"}
    assert not set(known.documents) & set(known.files)
    texts = {name: store.read(state.version_path(known.id, name)) or b"" for name in known.documents}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in texts.items()} == known.documents
    assert b"It is rejected: it was never in force." in texts["card.md"]
    assert sum(map(len, texts.values())) < 300_000


@pytest.mark.model
def test_an_adapter_without_its_recipe_in_full_is_refused(adapter: Path) -> None:
    context = Workshop(adapter, QuietConsole()).train_context()
    known = manifest_of(adapter)
    change_manifest(adapter, replay={})
    with pytest.raises(RefusedError, match="before recipes were recorded in full"):
        replay(context, known.id)
    change_manifest(adapter, replay=known.replay, recipe_settings={**known.recipe_settings, "lora.rank": "many"})
    with pytest.raises(RefusedError, match=r"(?s)means something else.*lora\.rank must be a whole number"):
        replay(context, known.id)
    change_manifest(adapter, recipe_settings=known.recipe_settings)


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_comes_back_from_what_a_manifest_recorded(name: str) -> None:
    recipe = parse_recipe(load_recipe(name), name)
    assert recorded_recipe({**recipe_settings(recipe), "prompts.sha256": "ab" * 32}, name, recipe.summary) == recipe
    assert len(recipe.file_sha256) == 64


def test_a_recorded_value_that_is_missing_is_no_default() -> None:
    recipe = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
    settings = recipe_settings(recipe)
    del settings["loss.beta"]
    with pytest.raises(ConfigError, match=r"loss\.beta is missing"):
        recorded_recipe(settings, "smoke_cpu", recipe.summary)
