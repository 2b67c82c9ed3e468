"""A small team's past, mined through the command line, and versions entered by hand."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.records import a_version
from tests.repositories import make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.cli import run
from reviewlore.domain.model import DatasetManifest, Registry, RegistryEntry, VersionState
from reviewlore.flows import state
from reviewlore.formats import records

REPOSITORY = "octo/demo"
NOW = "2026-03-01T10:00:00Z"
_WORDS = (
    "ledger invoice courier parcel locker tariff depot label route crate pallet reader writer cache queue parser index "
    "client worker report clock value order window branch message header cursor digest pointer offset buffer margin "
    "rename move split merge cover drop guard close open await retry bound count sort shift check"
).split()


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Remarks of four to a pull request; every second is taken up, and dana, erik and finn take turns."""
    made = []
    for number in range(start, start + count):
        pull, good = 1 + number // 4, number % 2 == 0
        words = random.Random(number).sample(_WORDS, 9)  # near-equal remarks would be taken for a bot's
        wish = " ".join(words).capitalize()
        made.append({
            "repo": REPOSITORY, "pr_number": pull, "comment_id": 5000 + number, "path": f"src/part{number % 5}.py",
            "diff_hunk": f"@@ -1,3 +1,4 @@\n def handle_{number}():\n     pass\n+    thing = load({number})",
            "line": 3, "side": "RIGHT", "body": f"{wish}.", "author": ("dana", "erik", "finn")[number % 3],
            "pr_author": "wen", "created_at": f"2025-{1 + pull // 28:02d}-{1 + pull % 28:02d}T10:00:{number % 60:02d}Z",
            "outcome": "addressed" if good else "ignored", "confidence": "high", "intent": "suggestion", "replies": [],
            "url": f"https://github.com/{REPOSITORY}/pull/{pull}#discussion_r{5000 + number}",
        })  # fmt: skip
    return made


def mined(folder: Path, *tables: Sequence[dict[str, Any]]) -> Path:
    """Return a new repository whose state branch has each table mined, one after another."""
    home = make_repository(folder)
    for table in tables:
        mine(home, table)
    return home


def mine(home: Path, table: Sequence[dict[str, Any]]) -> None:
    """Mine rows into a repository's state branch."""
    source = home / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in table))
    assert run(["mine", "--from", str(source), "--repo", str(home), "-q"]) == 0


def store_of(home: Path) -> GitStore:
    """Return a repository's state branch."""
    return GitStore(GitRepo(home))


def newest(store: GitStore) -> DatasetManifest:
    """Return the manifest of the newest dataset."""
    return state.read_datasets(store)[-1]


def enter_version(store: GitStore, name: str, dataset: str, standing: VersionState, forgotten_at: str = "") -> None:
    """Enter a version as if it had been trained on a dataset."""
    before = state.read_registry(store)
    entry = RegistryEntry(name, "embedded", standing, "gate", NOW, "won", forgotten_at)
    manifest = replace(a_version(), id=name, tier="embedded", dataset=dataset, recipe="ranker", base_model=None)
    files: dict[str, bytes | None] = {
        state.version_path(name, "manifest.json"): records.encode(manifest),
        state.REGISTRY: records.encode(Registry((*before.entries, entry), before.previous)),
    }
    store.update(lambda _: files, lambda: f"Enter {name}", NOW)
