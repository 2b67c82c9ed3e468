"""Attack 26, and caches: no workflow gives a pull request rights, secrets, or a place that a trusted run reads from."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OWN = sorted((ROOT / ".github/workflows").glob("*.yml"))
# The templates that `reviewlore init` fills in are read as text: their places are no YAML yet.
TEMPLATES = [path for path in sorted((ROOT / "src/reviewlore").rglob("*")) if ".yml" in path.name and path.is_file()]
LOADED: dict[str, Any] = {path.name: yaml.safe_load(path.read_text()) for path in OWN}
_HEAD = re.compile(r"head[._](?:sha|ref|branch)|refs/pull|pull_request\.head\.(?!repo\.full_name)|merge_commit_sha")


def events_of(workflow: Any) -> set[str]:
    found = workflow.get("on", workflow.get(True))  # YAML 1.1 reads the key as true
    return {found} if isinstance(found, str) else set(found)


@pytest.mark.parametrize("name", LOADED)
def test_26_no_workflow_gives_a_pull_request_rights(name: str) -> None:
    workflow, text = LOADED[name], (ROOT / ".github/workflows" / name).read_text()
    events = events_of(workflow)
    assert "pull_request_target" not in events
    assert workflow["permissions"] == {}
    for body in workflow["jobs"].values():
        assert body.get("secrets") != "inherit"
        writes = {right for right, level in body["permissions"].items() if level == "write"}
        for step in body.get("steps", []):
            given = step.get("with", {})
            if step.get("uses", "").startswith("actions/checkout@"):
                assert given["persist-credentials"] is False
                assert not _HEAD.search(str(given.get("ref", "")))
                if writes and events & {"workflow_run", "issue_comment", "pull_request_review_comment"}:
                    assert given["ref"] == "${{ github.event.repository.default_branch }}"
        condition = str(body.get("if", ""))
        for_forks = "pull_request" in events and "head.repo.full_name == github.repository" not in condition
        assert not (for_forks and writes), "a fork's run begins with a token that writes"
    if "pull_request" in events:
        assert "secrets." not in text, "a pull request's run has a secret"


@pytest.mark.parametrize("path", [*OWN, ROOT / "action.yml", *TEMPLATES], ids=lambda path: path.name)
def test_27_no_run_keeps_or_reads_a_cache_that_a_pull_request_can_fill(path: Path) -> None:
    """A cache of a pull request is read by its later runs, one of the default branch by all: nobody fills one."""
    rows = [row.partition("#")[0] for row in path.read_text().splitlines()]
    used = [row for row in rows if re.search(r"actions/cache|^\s*cache(?:-[a-z-]+)?:|ACTIONS_CACHE|setup-python", row)]
    assert used == []


def test_there_is_something_to_check() -> None:
    assert {"review.yml", "commands.yml", "thread.yml", "learn.yml", "post.yml"} <= LOADED.keys()
    assert TEMPLATES
