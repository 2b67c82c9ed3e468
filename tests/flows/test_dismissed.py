"""What a maintainer dismissed for good is not said again, and that is counted."""

import json
from pathlib import Path

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.cli import run
from reviewlore.domain.events import FeedbackSignal
from reviewlore.formats.records import encode_lines

FILES = {
    ".reviewlore.toml": '[architecture]\nlayers = ["app.api", "app.storage"]\n',
    "app/__init__.py": "",
    "app/api.py": "from app import storage\n\n\ndef show():\n    return storage.load()\n",
    "app/storage.py": "def load():\n    return 2\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = make_repository(tmp_path / "repo")
    commit(folder, FILES)
    git(folder, "checkout", "-q", "-b", "feature")
    commit(folder, {"app/storage.py": "from app import api\n\n\ndef load():\n    return api.show()\n"})
    return folder


def review(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict:
    assert run(["review", "--repo", str(folder), "--format", "json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)


def dismiss(folder: Path, finding: str, reason: str, repository: str = "repo") -> None:
    signal = FeedbackSignal(
        f"{repository}#1/2",
        "dismissed",
        repository,
        1,
        finding,
        reason,
        "",
        "person-a",
        "write",
        "2026-01-01T00:00:00Z",  # type: ignore[arg-type]
    )
    GitStore(GitRepo(folder)).update(
        lambda _: {"feedback/2026-01.jsonl": encode_lines([signal])}, lambda: "Keep a dismissal", signal.at
    )


def test_a_dismissed_remark_is_not_made_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = review(folder, capsys)["findings"][0]
    dismiss(folder, first["id"], "intended")
    after = review(folder, capsys)
    assert first["id"] not in [item["id"] for item in after["findings"]]
    assert after["dropped"]["reasons"] == {"dismissed_before": 1}


@pytest.mark.parametrize(
    ("reason", "repository"), [("already-known", "repo"), ("duplicate", "repo"), ("wrong", "o/other")]
)
def test_a_passing_reason_or_another_repository_s_counts_not_here(
    folder: Path, capsys: pytest.CaptureFixture[str], reason: str, repository: str
) -> None:
    first = review(folder, capsys)["findings"][0]
    dismiss(folder, first["id"], reason, repository)
    assert first["id"] in [item["id"] for item in review(folder, capsys)["findings"]]
