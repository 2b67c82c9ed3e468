"""Workflows and build files as records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.pipeline import Pipeline
from reviewlore.formats.pipelines import parse_pipeline

WORKFLOW = """
name: CI
on:
  push: {branches: [main]}
  pull_request:
  schedule:
    - cron: "0 3 * * *"
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Test
        run: |
          set -e
          # first
          export A=1
          tox -e py
          echo done
      - run: make lint
  call:
    uses: ./.github/workflows/other.yml
"""
PATH = ".github/workflows/ci.yml"


def test_a_workflow_with_its_triggers_jobs_and_commands() -> None:
    assert parse_pipeline(PATH, WORKFLOW) == Pipeline(
        PATH,
        "CI",
        ("push", "pull_request", "schedule (0 3 * * *)"),
        ("test", "call"),
        ("tox -e py", "make lint", "./.github/workflows/other.yml"),
    )


@pytest.mark.parametrize(
    ("text", "triggers"),
    [
        ("on: push\n", ("push",)),
        ("on: [push, pull_request]\n", ("push", "pull_request")),
        ("on:\n  workflow_dispatch:\n", ("workflow_dispatch",)),
        ("on:\n  schedule: daily\n", ("schedule",)),
        ("on: 3\njobs: [a]\n", ()),
        ("- a\n", ()),
        ("a: [\n", ()),
        ("", ()),
    ],
)
def test_triggers_in_all_spellings(text: str, triggers: tuple[str, ...]) -> None:
    found = parse_pipeline(PATH, text)
    assert found is not None
    assert (found.name, found.triggers, found.jobs) == ("ci.yml", triggers, ())


def test_a_build_file_has_its_targets_and_others_are_none() -> None:
    found = parse_pipeline("Makefile", "lint:\n\truff check\n\ntest: lint\n\tpytest\n")
    assert found == Pipeline("Makefile", "Makefile", (), ("make lint", "make test"))
    assert parse_pipeline("Makefile", "# nothing\n") is None
    assert parse_pipeline("README.md", "make: it\n") is None


@given(st.text(max_size=200))
def test_never_raises(text: str) -> None:
    for path in (PATH, "Makefile", "package.json", "tox.ini"):
        found = parse_pipeline(path, text)
        assert found is None or found.path == path
    assert parse_pipeline(PATH, f"on:\n  - {text}\njobs:\n  a:\n    steps:\n      - run: {text}\n") is not None
