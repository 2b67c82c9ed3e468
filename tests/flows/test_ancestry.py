"""What a version rests on, and its card, from a state branch: also one that was written before there were cards."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.command_line import told
from tests.formats.test_card_text import HOSTILE, a_card
from tests.records import a_dataset, a_version
from tests.repositories import make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.card import ModelCard
from reviewlore.domain.model import Registry, RegistryEntry, Spent, VersionManifest
from reviewlore.flows import state
from reviewlore.flows.ancestry import names_version, trace_version
from reviewlore.flows.card import read_card
from reviewlore.formats import records

NOW = "2026-03-01T10:00:00Z"
# What a manifest had before lineage was told in full.
OLD = (
    "id tier created_at recipe recipe_settings dataset base_model base_revision packages code_commit seed parent files "
    "metrics log seconds hardware schema"
).split()


def write(home: Path, files: dict[str, bytes]) -> None:
    GitStore(GitRepo(home)).update(lambda _: dict(files), lambda: "Write", NOW)


def entry(manifest: VersionManifest, found: str) -> RegistryEntry:
    return RegistryEntry(manifest.id, manifest.tier, found, "gate", NOW, "a reason")  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A branch with an adapter that took over from a ranker, which took over from one that is gone."""
    place = make_repository(tmp_path / "home")
    ranker = replace(
        a_version(), id="embedded-aa11", tier="embedded", base_model=None, files={}, log=(), parent="embedded-gone"
    )
    card = a_card()
    assert card.judged is not None
    judged = records.encode(card.judged)
    adapter = replace(
        card.manifest, id="adapter-bb22", parent="embedded-aa11",
        documents={"card.json": hashlib.sha256(judged).hexdigest()},
    )  # fmt: skip
    registry = Registry((entry(ranker, "retired"), entry(adapter, "active")))
    write(place, {
        state.REGISTRY: records.encode(registry),
        state.version_path(ranker.id, "manifest.json"): records.encode(ranker),
        state.version_path(adapter.id, "manifest.json"): records.encode(adapter),
        state.version_path(adapter.id, "card.json"): judged,
        state.dataset_path(a_dataset().id): records.encode(a_dataset()),
    })  # fmt: skip
    return place


def test_a_version_leads_to_all_that_it_rests_on(home: Path) -> None:
    found = trace_version(GitStore(GitRepo(home)), "adapter-bb22")
    assert [(each.id, each.state) for each in found.ancestors] == [
        ("embedded-aa11", "retired"),
        ("embedded-gone", None),
    ]
    assert found.dataset == a_dataset()
    assert not found.repeatable  # the episodes are not there
    assert found.manifest.spent.energy_parts == {"package-0 (RAPL)": 0.85, "GPU 0 (NVML)": 0.4}


def test_the_command_tells_it_as_text_and_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = GitStore(GitRepo(home)).head()
    code, out, _ = told(capsys, "trace", "adapter-b", "--repo", str(home))
    assert code == 0
    flat = " ".join(out.split())
    for part in (
        "Version adapter-bb22, active",
        "base acme/base-0.5b at cccc",
        "parent embedded-aa11 (retired), before that embedded-gone (no longer in the registry)",
        "energy 1.25 Wh",
        "cost 0.02",
        "they no longer come out the same",
        f"prompts trained in {'c3' * 32}",
        "training.approval maintain",
    ):
        assert part in flat, part
    assert all(len(line) <= 100 for line in out.splitlines())
    code, out, _ = told(capsys, "trace", "adapter-bb22", "--repo", str(home), "--format", "json")
    assert (code, json.loads(out)["manifest"]["hashes"]["recipe"]) == (0, "a1" * 32)
    assert GitStore(GitRepo(home)).head() == head  # nobody's data was looked at: nothing is logged


def test_a_comment_is_still_a_comment() -> None:
    assert names_version("adapter-bb22") and names_version(" embedded-1")
    assert not names_version("acme/shop#4/17") and not names_version("7f3a9c21")


def test_a_card_is_shown_with_what_was_decided_since(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "card", "--repo", str(home))
    assert code == 0 and "# adapter-bb22" in out and "It is in force." in out
    assert "broken" in out and "12 people's words" in out
    code, out, _ = told(capsys, "card", "embedded", "--repo", str(home), "--format", "json")
    assert (code, json.loads(out)["judged"]) == (0, None)
    page = home / "card.html"
    code, out, _ = told(capsys, "card", "adapter", "--repo", str(home), "--format", "html", "-o", str(page))
    assert (code, out) == (0, f"{page}\n")
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_a_card_that_was_changed_is_not_believed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, {state.version_path("adapter-bb22", "card.json"): b"{}"})
    code, out, err = told(capsys, "card", "adapter", "--repo", str(home))
    assert (code, out) == (3, "")
    assert "card.json on the state branch was changed after it was written" in err


def test_without_a_version_there_is_no_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_repository(tmp_path)
    code, _, err = told(capsys, "card", "--repo", str(tmp_path))
    assert code == 2 and "Nothing was trained yet" in err


def test_a_manifest_from_before_is_read_and_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain: dict[str, Any] = records.to_plain(replace(a_version(), id="adapter-old1"))
    old = {name: plain[name] for name in OLD}
    known = state.read_registry(GitStore(GitRepo(home)))
    manifest = replace(a_version(), id="adapter-old1")
    write(home, {
        state.version_path("adapter-old1", "manifest.json"): json.dumps(old).encode(),
        state.REGISTRY: records.encode(Registry((*known.entries, entry(manifest, "rejected")))),
    })  # fmt: skip
    found = state.read_version(GitStore(GitRepo(home)), "adapter-old1")
    assert (found.spent, found.hashes, found.documents, found.policy) == (Spent(), {}, {}, {})
    for command in (("trace",), ("card",)):
        code, out, _ = told(capsys, *command, "adapter-old1", "--repo", str(home))
        assert code == 0 and "38.2 s" in out
    assert records.decode(records.encode(found), VersionManifest, "manifest.json") == found


def test_strangers_names_are_inert_in_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = GitStore(GitRepo(home))
    hostile = replace(
        state.read_version(store, "adapter-bb22"), recipe=HOSTILE, hardware=HOSTILE, policy={HOSTILE: "x"}
    )
    write(home, {state.version_path(hostile.id, "manifest.json"): records.encode(hostile)})
    _, out, _ = told(capsys, "trace", "adapter-bb22", "--repo", str(home))
    assert "\x1b" not in out and "\u202e" not in out and "\\x1b" in out
    assert isinstance(read_card(store, "adapter"), ModelCard)


def test_status_tells_what_each_version_took_and_whether_its_guards_held(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = told(capsys, "status", "--repo", str(home))
    flat = " ".join(out.split())
    assert "took 91.2 s on CPU, 2 threads, 812 MiB at the most, 1.25 Wh, cost 0.02; guards: 1 broken (ex" in flat
    assert "took 38.2 s on CPU, 2 threads, energy not measured" in flat
    write(home, {state.version_path("adapter-bb22", "card.json"): b"{}"})
    code, out, _ = told(capsys, "status", "--repo", str(home), "--format", "json")
    assert code == 0
    assert "was changed after it was written" in json.loads(out)["versions"]["adapter-bb22"]
