"""Nothing is trained on a dataset that leaks into what it is judged by."""

from dataclasses import replace

import pytest
from tests.stages.dataset.remarks import HISTORY

from reviewlore.domain.model import DatasetManifest
from reviewlore.errors import RefusedError
from reviewlore.flows.judge import refuse_leaks
from reviewlore.stages.dataset import build_dataset, make_manifest

BUILT = build_dataset(HISTORY, seed=1, snapshot="2024-02-01T00:00:00Z")
MANIFEST: DatasetManifest = make_manifest(
    BUILT, HISTORY, seed=1, created_at="2024-02-01T00:00:00Z", sources=("file:x",), dropped_rows={}, policy={}
)


def test_a_proper_dataset_is_let_through() -> None:
    refuse_leaks(BUILT.pairs, HISTORY, MANIFEST)


def test_a_leak_is_refused_with_the_remark_and_what_to_do() -> None:
    asked = next(pair for pair in BUILT.pairs if pair.split == "test")
    with pytest.raises(RefusedError) as caught:
        refuse_leaks([*BUILT.pairs, replace(asked, split="train")], HISTORY, MANIFEST)

    said = str(caught.value)
    assert said.startswith(f"Dataset {MANIFEST.id[:12]} leaks into what it would be judged by: ")
    assert asked.episodes[0] in said
    assert "Run `reviewlore mine` again" in said


def test_a_repository_kept_for_evaluation_is_not_trained_on() -> None:
    with pytest.raises(RefusedError, match="of evaluation repositories, on the training side: a/b#"):
        refuse_leaks(BUILT.pairs, HISTORY, replace(MANIFEST, evaluation_repositories=("A/B",)))
