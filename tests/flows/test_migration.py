"""Another base model: told from what to what before anything is trained, and refused where it cannot be judged here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.lessons import Heard
from tests.lineage import NOW, enter_version, mined, newest, rows, store_of

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.recipe import NamedBase
from reviewlore.errors import InputError, RefusedError
from reviewlore.flows import state
from reviewlore.flows.fitting import Plan
from reviewlore.flows.judge import load_dataset
from reviewlore.flows.migration import OLD_BASE, find_migration, open_old_base, refuse_unjudged
from reviewlore.flows.training import TrainContext
from reviewlore.formats import records
from reviewlore.stages.recipe import parse_recipe
from reviewlore.wiring import Workshop

OLD, NEW = "a" * 40, "b" * 40


@dataclass
class Adapters:
    """A machine that has the old base, or not, and remembers what was opened."""

    here: bool = True
    opened: list[str] = field(default_factory=list)

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> object:
        if not self.here:
            raise InputError(f"The base model {manifest.base_model} is not on this machine.")
        self.opened.append(manifest.id)
        return self

    def prompted(self, manifest: VersionManifest, files: Mapping[str, bytes], name: str, choose: object) -> object:
        self.opened.append(f"{name} {manifest.base_model} {sorted(files)}")
        return self


def scene(tmp_path: Path, *, here: bool = True) -> tuple[TrainContext, Adapters, Heard]:
    """A state branch on which an adapter of the base acme/small judges."""
    home = mined(tmp_path / "repo", rows(60))
    store = store_of(home)
    enter_version(store, "adapter-old", newest(store).id, "active")
    manifest = replace(
        state.read_version(store, "adapter-old"), tier="adapter", base_model="acme/small", base_revision=OLD, files={}
    )
    registry = state.read_registry(store)
    entries = tuple(replace(entry, tier="adapter") for entry in registry.entries)
    files = {
        state.version_path("adapter-old", "manifest.json"): records.encode(manifest),
        state.REGISTRY: records.encode(replace(registry, entries=entries)),
    }
    store.update(lambda _: files, lambda: "Make it an adapter", NOW)
    adapters, console = Adapters(here), Heard()
    context = Workshop(home, QuietConsole()).train_context()
    return replace(context, adapters=adapters, console=console), adapters, console  # type: ignore[arg-type]


def plan(context: TrainContext, base: NamedBase, *, migrate: bool = False) -> Plan:
    recipe = replace(parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu"), base=base)
    return Plan("adapter", recipe, load_dataset(context.store), {}, "", migrate)


def test_the_same_base_is_no_migration(tmp_path: Path) -> None:
    context, adapters, console = scene(tmp_path)
    same = plan(context, NamedBase("acme/small", OLD))
    assert find_migration(context, same) == ""
    refuse_unjudged(context, same, "")
    assert (adapters.opened, console.lines) == (["adapter-old"], [])


@pytest.mark.parametrize(
    ("migrate", "demand"),
    [(False, "beat it; with --migrate it is enough to be as good."), (True, "be as good (--migrate).")],
)
def test_another_base_is_told_with_what_is_demanded(tmp_path: Path, migrate: bool, demand: str) -> None:
    context, adapters, console = scene(tmp_path)
    other = plan(context, NamedBase("acme/large", NEW), migrate=migrate)
    migration = find_migration(context, other)
    assert migration == "the base model changes from acme/small at aaaaaaaaaaaa to acme/large at bbbbbbbbbbbb"
    refuse_unjudged(context, other, migration)
    assert console.lines == [
        f"A migration: {migration}. adapter-old is judged on the same pairs; the new one has to {demand}"
    ]
    open_old_base(context, other)
    assert adapters.opened == ["adapter-old", f"{OLD_BASE} acme/small []"]


def test_a_ranker_in_force_has_no_base_to_leave(tmp_path: Path) -> None:
    context, _, _ = scene(tmp_path)
    registry = state.read_registry(context.store)
    entries = tuple(replace(entry, tier="embedded") for entry in registry.entries)
    files = {state.REGISTRY: records.encode(replace(registry, entries=entries))}
    context.store.update(lambda _: files, lambda: "Make it a ranker", NOW)
    assert find_migration(context, plan(context, NamedBase("acme/large", NEW))) == ""


def test_without_the_old_base_it_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    context, _, _ = scene(tmp_path, here=False)
    other = plan(context, NamedBase("acme/large", NEW), migrate=True)
    with pytest.raises(RefusedError) as error:
        refuse_unjudged(context, other, find_migration(context, other))
    assert "This would be a migration (the base model changes from acme/small at" in str(error.value)
    assert "The base model acme/small is not on this machine." in str(error.value)
    assert "Put its base on this machine (REVIEWLORE_BASE_MODELS=OWNER/NAME=FOLDER), or" in str(error.value)


def test_what_judges_now_and_cannot_run_here_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    context, _, console = scene(tmp_path, here=False)
    ranker = Plan("embedded", None, load_dataset(context.store), {})
    with pytest.raises(RefusedError, match=r"^adapter-old, which judges now, cannot be judged here beside the new ver"):
        refuse_unjudged(context, ranker, "")
    assert console.lines == []
