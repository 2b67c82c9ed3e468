"""Pairs and their split: what is paired, what is left out and counted, and what never stands on both sides."""

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.dataset.remarks import HISTORY, WORDS, episode

from reviewlore.domain.history import Anchor
from reviewlore.domain.preference import PairSettings
from reviewlore.stages.dataset import build_dataset, build_refit_pairs, dataset_id


def test_every_kind_has_pairs_on_both_sides():
    counts = Counter((p.kind, p.split) for p in build_dataset(HISTORY, seed=1).pairs)

    for kind in ("outcome", "relevance_hard", "relevance_easy"):
        assert counts[kind, "train"] > counts[kind, "test"] > 0


def test_relevance_reads_both_against_the_chosen_ones_hunk_and_outcome_against_their_own():
    for pair in build_dataset(HISTORY, seed=1).pairs:
        same = (pair.chosen.path, pair.chosen.hunk) == (pair.rejected.path, pair.rejected.hunk)
        assert same == pair.kind.startswith("relevance")
        assert pair.chosen.body != pair.rejected.body


def test_easy_negatives_come_from_another_pull_request_and_path_hard_ones_from_the_same_path():
    by_id = {e.id: e for e in HISTORY}
    for pair in build_dataset(HISTORY, seed=1).pairs:
        chosen, rejected = (by_id[i] for i in pair.episodes)
        if pair.kind == "relevance_easy":
            assert chosen.pull_request != rejected.pull_request
            assert chosen.anchor.path != rejected.anchor.path
        if pair.kind == "relevance_hard":
            assert chosen.anchor.path == rejected.anchor.path
        assert chosen.outcome == "addressed"
        if pair.kind == "outcome":
            assert rejected.outcome == "ignored"


def test_remarks_on_one_hunk_are_paired_people_and_bots_apart():
    hunk = "@@ -1 +1 @@ def f():\n+x = 1"
    place = {"pull_request": 1, "anchor": Anchor("src/a.py", 1), "hunk": hunk}
    three = [
        episode(1, **place),
        episode(5, **place, outcome="declined"),
        episode(10, **place, author_kind="bot", outcome="ignored"),
    ]
    pairs = build_dataset(three, seed=1, settings=PairSettings(test_share=0.0)).pairs
    found = {(p.kind, *p.episodes) for p in pairs if p.kind in {"same_hunk", "human_over_bot"}}

    assert found == {("same_hunk", three[0].id, three[1].id), ("human_over_bot", three[0].id, three[2].id)}


def test_bots_are_never_chosen_and_only_lose_on_one_hunk():
    bots = [episode(n, author_kind="bot", outcome="addressed" if n % 2 else "ignored") for n in range(200, 260)]
    by_id = {e.id: e for e in [*HISTORY, *bots]}
    result = build_dataset([*HISTORY, *bots], seed=1)

    assert result.dropped["bot"] == 60
    assert all(by_id[p.episodes[0]].author_kind == "human" for p in result.pairs)
    assert all(by_id[p.episodes[1]].author_kind == "human" for p in result.pairs if p.kind != "human_over_bot")


def test_what_is_left_out_is_counted():
    odd = [
        episode(300, outcome="unknown"),
        episode(301, confidence="low"),
        episode(302, body="too short"),
        episode(303, intent="praise"),
        replace(HISTORY[1], id="a/b#0/999", comment_id="999"),
        episode(330, body=HISTORY[1].body.upper()),
    ]
    result = build_dataset([*HISTORY, *odd], seed=1)

    assert result.dropped == {
        "unknown_outcome": 1, "low_confidence": 1, "too_short": 1, "intent_praise": 1, "duplicate": 1,
        "duplicate_across_splits": 1,
    }  # fmt: skip
    assert result.duplicates == 2


def test_near_equal_remarks_with_opposite_outcomes_weigh_less():
    twins = [
        episode(400, body="Please add a test for this, see #12", outcome="addressed"),
        episode(401, body="please add a test for this! see #99", outcome="ignored"),
    ]
    result = build_dataset([*HISTORY, *twins], seed=1, settings=PairSettings(test_share=0.0, outcome=200))

    assert result.contradictions == 2
    weights = {p.weight for p in result.pairs if p.kind == "outcome" and twins[1].id in p.episodes}
    assert weights == {0.5}
    assert {p.weight for p in result.pairs if p.kind == "outcome" and not {t.id for t in twins} & {*p.episodes}} == {
        1.0
    }


def test_less_certain_outcomes_weigh_less():
    unsure = [replace(e, confidence="medium") for e in HISTORY]

    assert {round(p.weight, 9) for p in build_dataset(unsure, seed=1).pairs if p.kind == "outcome"} == {0.64}


def test_the_test_side_is_the_latest_third_of_the_pull_requests():
    result = build_dataset(HISTORY, seed=1)
    train = {int(p.pull_request.split("#")[1]) for p in result.pairs if p.split == "train"}
    test = {int(p.pull_request.split("#")[1]) for p in result.pairs if p.split == "test"}

    assert max(train) < min(test) == 28
    assert result.split_at == {"a/b": "2024-01-02T04:24:00Z"}


def test_without_a_share_all_is_training():
    pairs = build_dataset(HISTORY, seed=1, settings=PairSettings(test_share=0.0)).pairs

    assert {p.split for p in pairs} == {"train"}


def test_what_is_served_is_trained_on_every_remark_alike():
    refit = build_refit_pairs(HISTORY, seed=1)
    partners = Counter(p.episodes[1] for p in refit if p.kind == "outcome")

    assert {p.split for p in refit} == {"train"}
    assert set(partners) == {e.id for e in HISTORY if e.outcome == "ignored"}
    assert set(partners.values()) == {16}


def test_nothing_comes_of_nothing():
    result = build_dataset([], seed=1)

    assert (result.pairs, result.dropped, result.split_at) == ((), {}, {})


def test_the_id_of_a_dataset_is_its_content():
    pairs = build_dataset(HISTORY, seed=1).pairs

    assert dataset_id(pairs) == dataset_id(reversed(pairs))
    assert dataset_id(pairs) != dataset_id(pairs[1:])
    assert dataset_id(pairs) != dataset_id(
        [replace(pairs[0], split="test" if pairs[0].split == "train" else "train"), *pairs[1:]]
    )
    assert dataset_id(()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_another_seed_draws_other_negatives():
    assert build_dataset(HISTORY, seed=1).pairs != build_dataset(HISTORY, seed=2).pairs


EPISODES = st.lists(
    st.builds(
        lambda number, request, repository, outcome, body, path, kind: episode(
            number,
            id=f"{repository}#{request}/{number}", repository=repository, pull_request=request, outcome=outcome,
            body=f"please {WORDS[body % 14]} {WORDS[body % 13]} and {WORDS[body % 11]} here", anchor=Anchor(path, 1),
            author_kind=kind,
        ),
        st.integers(0, 400), st.integers(1, 12), st.sampled_from(["a/b", "c/d"]),
        st.sampled_from(["addressed", "ignored", "declined", "unknown"]), st.integers(0, 60),
        st.sampled_from(["src/a.py", "src/b.py", "docs/c.md"]), st.sampled_from(["human", "human", "bot"]),
    ),
    max_size=40, unique_by=lambda e: e.id,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(EPISODES, st.randoms(use_true_random=False))
def test_the_split_keeps_pull_requests_and_texts_apart_and_ignores_order(episodes, rng: random.Random):
    result = build_dataset(episodes, seed=3)
    by_id = {e.id: e for e in episodes}
    sides: dict[str, set[str]] = {"train": set(), "test": set()}
    bodies: dict[str, set[str]] = {"train": set(), "test": set()}
    for pair in result.pairs:
        for identity in pair.episodes:
            used = by_id[identity]
            sides[pair.split].add(f"{used.repository}#{used.pull_request}")
            bodies[pair.split].add(used.body)
    assert not sides["train"] & sides["test"]
    assert not bodies["train"] & bodies["test"]
    assert len({p.id for p in result.pairs}) == len(result.pairs)

    shuffled = list(episodes)
    rng.shuffle(shuffled)
    assert build_dataset(shuffled, seed=3) == result


def test_similar_remarks_belong_to_other_code_and_say_something_else():
    result = build_dataset(HISTORY, seed=1, settings=PairSettings(extra_kinds=frozenset({"relevance_similar"})))
    by_id = {e.id: e for e in HISTORY}
    similar = [p for p in result.pairs if p.kind == "relevance_similar"]
    shared = [
        set(by_id[one].body.split()) & set(by_id[other].body.split()) & set(WORDS)
        for one, other in (p.episodes for p in similar if p.split == "train")
    ]

    assert len(similar) > 200
    assert all(p.chosen.hunk == p.rejected.hunk and p.chosen.path == p.rejected.path for p in similar)
    for one, other in (p.episodes for p in similar):
        assert by_id[one].pull_request != by_id[other].pull_request
        assert by_id[one].anchor.path != by_id[other].anchor.path
    assert sum(map(bool, shared)) > 0.9 * len(shared)  # the one rare word of these remarks is their verb


def test_extra_kinds_are_counted_and_trained_on_only_where_asked_for():
    plain = build_dataset(HISTORY, seed=1)
    asked = build_dataset(HISTORY, seed=1, settings=PairSettings(extra_kinds=frozenset({"relevance_similar"})))

    assert {p.kind for p in plain.extra} == {"relevance_similar"}
    assert "relevance_similar" not in {p.kind for p in plain.pairs}
    assert asked.extra == ()
    assert set(asked.pairs) == {*plain.pairs, *plain.extra}


def test_near_equal_remarks_are_not_taken_for_similar_ones_of_other_code():
    said = "this function parses and prints the whole table at once, please split it in two"
    twins = [episode(n, body=said + (" now" if n % 8 > 3 else ""), outcome="addressed") for n in range(200, 230)]
    result = build_dataset([*HISTORY, *twins], seed=1, settings=PairSettings(test_share=0.0))
    names = {e.id for e in twins}
    hard = [p for p in result.pairs if p.kind == "relevance_hard" and set(p.episodes) <= names]

    assert not [p for p in result.extra if p.kind == "relevance_similar" and set(p.episodes) <= names]
    assert hard and all(p.chosen.body != p.rejected.body for p in hard)


def test_the_id_of_a_dataset_does_not_depend_on_the_hash_seed():
    program = (
        "from tests.stages.dataset.remarks import HISTORY, episode, evidence;"
        "from reviewlore.stages.dataset import build_dataset, dataset_id;"
        "more = [episode(n, author_kind='bot', outcome='ignored', evidence=evidence('file_identical', 'ignored'))"
        " for n in range(300, 330)];"
        "built = build_dataset([*HISTORY, *more], seed=1);"
        "print(dataset_id(built.pairs), dataset_id(built.extra), built.contradicted)"
    )
    root = str(Path(__file__).parents[3])
    told = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, cwd=root, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "5")
    }

    assert len(told) == 1
    assert len(told.pop().split()[0]) == 64
