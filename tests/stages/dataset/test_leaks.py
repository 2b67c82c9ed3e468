"""The leak guard: it finds what was put on the wrong side by hand, and nothing in what was made properly."""

from collections.abc import Sequence
from dataclasses import replace

from tests.stages.dataset.remarks import HISTORY, episode, evidence

from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.preference import EXTRA_KINDS, PairSettings, PreferencePair
from reviewlore.stages.dataset import (
    DEFAULTS,
    build_dataset,
    check_leaks,
    make_manifest,
    rebuild_dataset,
    rebuild_refit_pairs,
)

SNAPSHOT = "2024-02-01T00:00:00Z"
LONG = "this function does the parsing and the printing of the whole table, please split it in two parts"
RESERVED = PairSettings(evaluation_repositories=frozenset({"eval/set"}))
OTHERS = [
    replace(e, repository="eval/set", id=f"eval/set#{e.pull_request}/{e.comment_id}", body=f"{e.body} {LONG[:40]}")
    for e in HISTORY
]


def made(episodes, settings: PairSettings = DEFAULTS) -> tuple[tuple[PreferencePair, ...], DatasetManifest]:
    built = build_dataset(episodes, seed=1, settings=settings, snapshot=SNAPSHOT)
    manifest = make_manifest(
        built,
        episodes,
        seed=1,
        created_at=SNAPSHOT,
        sources=("file:x",),
        settings=settings,
        dropped_rows={"praise": 3},
        policy={"split": "by time"},
    )
    return built.pairs, manifest


def moved(pairs: Sequence[PreferencePair], name: str, split: str) -> list[PreferencePair]:
    return [replace(p, split=split) if name in p.episodes else p for p in pairs]


def test_what_is_made_properly_does_not_leak():
    late = episode(350, body=LONG.replace("please", "can you"))
    early = episode(1, body=LONG, comment_id="1000", id="a/b#0/1000")
    ours = episode(
        351, author_kind="bot", finding="f", outcome="declined", evidence=evidence("dismissed", "declined", "user-5")
    )
    episodes = [*HISTORY, *OTHERS, early, late, ours]
    settings = replace(RESERVED, extra_kinds=frozenset(EXTRA_KINDS))
    pairs, manifest = made(episodes, settings)

    assert check_leaks(pairs, episodes, manifest) == []
    assert check_leaks((), (), manifest) == []


def test_an_episode_dated_after_the_snapshot_is_found():
    pairs, manifest = made(HISTORY)
    name = pairs[0].episodes[0]
    dated = [replace(e, created_at="2024-03-01T00:00:00Z") if e.id == name else e for e in HISTORY]

    assert check_leaks(pairs, dated, manifest) == [f"1 dated after the snapshot {SNAPSHOT}: {name}"]


def test_an_episode_that_is_gone_is_found():
    pairs, manifest = made(HISTORY)
    name = pairs[0].episodes[0]

    assert check_leaks(pairs, [e for e in HISTORY if e.id != name], manifest) == [
        f"1 made from episodes that are not on the branch: {name}"
    ]


def test_a_pull_request_on_both_sides_is_found():
    pairs, manifest = made(HISTORY)
    test = next(p for p in pairs if p.split == "test")
    (problem, *_) = check_leaks([replace(test, split="train"), *pairs], HISTORY, manifest)

    assert "of a pull request that stands on both sides of the split" in problem
    assert test.pull_request in problem


def test_a_near_equal_remark_on_both_sides_is_found():
    late = episode(350, body=LONG.replace("please", "can you"))
    early = episode(1, body=LONG, comment_id="1000", id="a/b#0/1000")
    pairs, manifest = made([*HISTORY, late])
    (with_early, _) = made([*HISTORY, early])
    told = [*pairs, *(p for p in with_early if early.id in p.episodes)]

    assert check_leaks(told, [*HISTORY, late, early], manifest) == [
        f"1 near-equal to a remark on the training side, in the test: {late.id}"
    ]


def test_training_on_an_evaluation_repository_is_found():
    pairs, _ = made([*HISTORY, *OTHERS])
    _, manifest = made([*HISTORY, *OTHERS], RESERVED)
    (problem,) = (p for p in check_leaks(pairs, [*HISTORY, *OTHERS], manifest) if "evaluation" in p)

    assert problem.startswith("84 of evaluation repositories, on the training side: eval/set#0/0, ")
    assert problem.endswith("more")


def test_a_recorded_dataset_is_made_again_from_its_manifest():
    settings = replace(RESERVED, extra_kinds=frozenset({"relevance_similar"}))
    episodes = [*HISTORY, *OTHERS]
    pairs, manifest = made(episodes, settings)
    later = episode(900, created_at="2024-05-01T00:00:00Z")
    again = rebuild_dataset([later, *episodes], manifest)

    assert again.pairs == pairs
    assert again.dropped["dated_after_snapshot"] == 1
    assert {p.repository for p in rebuild_refit_pairs([later, *episodes], manifest)} == {"a/b"}
    assert "relevance_similar" in {p.kind for p in rebuild_refit_pairs(episodes, manifest)}


def test_the_manifest_says_what_the_dataset_is_like():
    two = [replace(e, author="user-7") if n % 4 == 0 else e for n, e in enumerate(HISTORY)]
    pairs, manifest = made(two)

    assert manifest.snapshot == SNAPSHOT
    assert manifest.dropped == {"row:praise": 3}
    assert sum(manifest.pairs.values()) == len(pairs) == sum(manifest.splits.values())
    assert set(manifest.unused_pairs) == {"relevance_similar/test", "relevance_similar/train"}
    assert 0.4 < manifest.longer_chosen < 0.6
    assert 0.7 < manifest.largest_share < 0.8
    assert (manifest.extra_kinds, manifest.evaluation_repositories, manifest.capped) == ((), (), 0)
