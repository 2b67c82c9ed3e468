"""Adapters in force, taken from the state branch into a running server and out again. Real files, a real git branch."""

import hashlib
import json
import shlex
from dataclasses import replace

import pytest

pytestmark = pytest.mark.model
for name in ("torch", "transformers", "peft", "trl", "datasets"):
    pytest.importorskip(name)

from tests.adapters.lora_server import serve_loras  # noqa: E402
from tests.command_line import told  # noqa: E402
from tests.lessons import RECIPE as LONGER  # noqa: E402
from tests.lessons import dialogues  # noqa: E402
from tests.repositories import make_repository  # noqa: E402

from reviewlore.adapters.console import QuietConsole  # noqa: E402
from reviewlore.adapters.exporting import AdapterExporter  # noqa: E402
from reviewlore.adapters.git import GitRepo  # noqa: E402
from reviewlore.adapters.openai_adapters import OpenAiAdapters  # noqa: E402
from reviewlore.adapters.store import GitStore  # noqa: E402
from reviewlore.adapters.trainer import train_adapter  # noqa: E402
from reviewlore.config import Lock  # noqa: E402
from reviewlore.domain.calibration import Calibrations  # noqa: E402
from reviewlore.domain.model import Registry, RegistryEntry, VersionManifest  # noqa: E402
from reviewlore.domain.training import Lesson  # noqa: E402
from reviewlore.errors import RefusedError  # noqa: E402
from reviewlore.flows import state  # noqa: E402
from reviewlore.flows.locking import load_locked  # noqa: E402
from reviewlore.flows.promote import promote, rollback  # noqa: E402
from reviewlore.flows.service import Service, put_into_service  # noqa: E402
from reviewlore.formats import records  # noqa: E402

NOW = "2026-01-01T00:00:00Z"
FIRST, SECOND, THIRD = "adapter-1", "adapter-2", "adapter-3"
RECIPE = replace(LONGER, run=replace(LONGER.run, max_steps=1))


@pytest.fixture(scope="module")
def trained():
    return train_adapter(Lesson(RECIPE, tuple(dialogues(8)), (), seed=5), QuietConsole())


@pytest.fixture
def home(trained, tmp_path):
    """A repository whose state branch has three adapters, none in force."""
    record, files = trained
    home = make_repository(tmp_path / "home")
    written, entries = {}, []
    for name in (FIRST, SECOND, THIRD):
        manifest = VersionManifest(
            id=name, tier="adapter", created_at=NOW, recipe="smoke_cpu", recipe_settings={}, dataset="d" * 64,
            base_model=record.base_model, base_revision=record.base_revision, packages={}, code_commit="c", seed=1,
            parent=None, files=record.files,
        )  # fmt: skip
        written |= {f"adapters/{name}/{file}": data for file, data in files.items()}
        written[f"adapters/{name}/manifest.json"] = records.encode(manifest)
        entries.append(RegistryEntry(name, "adapter", "candidate", "gate", NOW, "trained"))
    written[state.REGISTRY] = records.encode(Registry(entries=tuple(entries)))
    GitStore(GitRepo(home)).update(lambda _: written, lambda: "Three adapters", NOW)
    return home


@pytest.fixture
def store(home):
    return GitStore(GitRepo(home))


def test_a_promotion_is_served_and_a_rollback_brings_the_one_before_back(store, tmp_path):
    exporter, folder = AdapterExporter({}), tmp_path / "served"
    base = exporter.export(
        state.read_version(store, FIRST),
        {name: store.read(f"adapters/{FIRST}/{name}") for name in state.read_version(store, FIRST).files},
        tmp_path / "base",
        "adapter",
    ).base
    with serve_loras(base) as server:
        adapters = OpenAiAdapters(server.base)
        service = Service(exporter, folder, folder, adapters)
        assert put_into_service(store, service) == ()
        promote(store, FIRST, "test", "first", NOW)
        wrote, serves = put_into_service(store, service)
        assert wrote == f"Wrote {FIRST} to {folder / FIRST}."
        assert serves == f"{adapters.shown} serves {FIRST}."
        assert put_into_service(store, service) == ()
        promote(store, SECOND, "test", "second", NOW)
        put_into_service(store, service)
        assert adapters.served() == {base, FIRST, SECOND}  # a rollback needs the first at once
        promote(store, THIRD, "test", "third", NOW)
        assert put_into_service(store, service)[-1] == f"{adapters.shown} no longer serves {FIRST}."
        rollback(store, "test", "worse", NOW)
        put_into_service(store, service)
        assert SECOND in adapters.served()
        assert THIRD not in adapters.served()


def test_what_cannot_be_served_is_told_and_changes_nothing(store, tmp_path):
    promote(store, FIRST, "test", "first", NOW)
    before = store.read(state.REGISTRY)
    service = Service(AdapterExporter({}), tmp_path, tmp_path, OpenAiAdapters("http://127.0.0.1:9/v1"))
    told = put_into_service(store, service)
    assert told[0].startswith("Wrote adapter-1 to ")
    assert told[1].startswith("Not put into service: ")
    (tmp_path / FIRST / "adapter_config.json").write_text("{}")  # it is not served as somebody changed it
    assert "never written over" in put_into_service(store, service)[0]
    assert store.read(state.REGISTRY) == before


class Agreeing:
    """A server that agrees to everything, as the page of a login does, and lists what it always did."""

    shown = "http://127.0.0.1:9"

    def __init__(self):
        self.unloaded = []

    def served(self):
        return frozenset({SECOND})

    def load(self, version, folder):
        pass

    def unload(self, version):
        self.unloaded.append(version)


def test_a_server_that_agrees_and_serves_nothing_new_loses_nothing_old(store, tmp_path):
    promote(store, FIRST, "test", "first", NOW)
    server = Agreeing()
    told = put_into_service(store, Service(AdapterExporter({}), tmp_path, tmp_path, server))
    assert told[-1].startswith(
        "Not put into service: http://127.0.0.1:9 was told to load adapter-1, agreed, and does not list it"
    )
    assert server.unloaded == []


def test_the_command_writes_it_and_says_how_it_is_served(home, tmp_path, capsys):
    out = tmp_path / "out"
    code, text, err = told(capsys, "export", "adapter-1", "--repo", str(home), "--output", str(out))
    assert (code, err) == (0, "")
    assert f"vllm serve {out}/base --enable-lora --max-lora-rank 8 --lora-modules adapter-1={out}" in text
    assert json.loads((out / "adapter_config.json").read_text())["base_model_name_or_path"] == f"{out}/base"
    code, text, _ = told(capsys, "export", "adapter-1", "--repo", str(home), "--output", f"{out}2", "--merged")
    assert code == 0
    assert f"vllm serve {out}2 --served-model-name adapter-1" in text
    assert told(capsys, "export", "adapter-1", "--repo", str(home), "--output", str(out))[0] == 2
    assert told(capsys, "export", "adapter-1", "--repo", str(home), "--output", str(out), "--dry-run")[0] == 2
    planned = told(capsys, "export", "adapter-1", "--repo", str(home), "--output", "x", "--dry-run", "--format", "json")
    assert json.loads(planned[1])["version"] == "adapter-1"
    spaced = tmp_path / "a b; c"  # the command that is printed is copied into a shell
    _, text, _ = told(capsys, "export", "adapter-1", "--repo", str(home), "--output", str(spaced))
    command = next(line for line in text.splitlines() if "vllm serve" in line)
    assert shlex.split(command) == [
        *("vllm", "serve", f"{spaced}/base", "--enable-lora", "--max-lora-rank", "8"),
        *("--lora-modules", f"adapter-1={spaced}"),
    ]
    assert told(capsys, "export", "adapter-9", "--repo", str(home), "--output", f"{out}9")[0] == 2
    assert told(capsys, "export", "adapter-1", "--repo", str(home), "--output", f"{out}3", "--dry-run")[0] == 0
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out", "out2"]


def test_nothing_that_secrets_were_planted_in_is_ever_used(home, store, tmp_path, capsys):
    manifest = state.read_version(store, FIRST)
    judged_only = replace(manifest, recipe_settings={"guards.canaries": "8"})
    served = replace(judged_only, files={**manifest.files, "judged/run.json": manifest.files["run.json"]})
    written = {
        f"adapters/{FIRST}/manifest.json": records.encode(judged_only),
        f"adapters/{SECOND}/manifest.json": records.encode(replace(served, id=SECOND)),
        f"adapters/{SECOND}/judged/run.json": store.read(f"adapters/{FIRST}/run.json"),
    }
    store.update(lambda _: written, lambda: "Plant", NOW)
    code, _, err = told(capsys, "promote", FIRST, "--repo", str(home))
    assert (code, "8 made-up secrets" in err) == (2, True)
    code, _, err = told(capsys, "export", FIRST, "--repo", str(home), "--output", str(tmp_path / "out"))
    assert (code, "not for use" in err) == (2, True)
    code, _, err = told(capsys, "lock", FIRST, "--repo", str(home))
    assert (code, "not for use" in err) == (2, True)
    by_hand = Lock(FIRST, hashlib.sha256(store.read(f"adapters/{FIRST}/manifest.json")).hexdigest())
    with pytest.raises(RefusedError, match="not for use"):
        load_locked(by_hand, lambda _: store, Calibrations("prior"), None)
    assert told(capsys, "lock", SECOND, "--repo", str(home), "--dry-run")[0] == 0
    assert told(capsys, "promote", SECOND, "--repo", str(home))[0] == 0
    assert told(capsys, "export", SECOND, "--repo", str(home), "--output", str(tmp_path / "out"))[0] == 0
