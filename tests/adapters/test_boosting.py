"""Training the ranker: it learns, repeats itself, leans on a prior while data is scarce, scores as its library."""

import json
import random
import sys
from dataclasses import replace

import pytest

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.errors import MissingExtra, RefusedError
from reviewlore.ranking.features import extract
from reviewlore.ranking.model import RankerModel

pytestmark = pytest.mark.model
NAMES = "total price count order item cart user token header parser codec loan book shelf member clock".split()


def make_pairs(count: int, seed: int = 1) -> list[PreferencePair]:
    """Remarks about the last line are chosen over remarks about another; requests are chosen over explanations."""
    rng = random.Random(seed)
    pairs = []
    for i in range(count):
        one, two, three = rng.sample(NAMES, 3)
        hunk = f"@@ -{i} +{i} @@\n def {three}():\n+    {one}_value = compute_{two}({i})"
        asks, explains = f"please rename `{one}_value` here", f"I removed it because `{one}_value` was unused"
        foreign = f"please rename `{rng.choice(NAMES)}_handler` there"
        kind, rejected = (("outcome", explains), ("relevance_hard", foreign), ("relevance_easy", foreign))[i % 3]
        pairs.append(
            PreferencePair(
                f"{i:05d}", kind, Remark("src/a.py", hunk, asks), Remark("src/a.py", hunk, rejected), 1.0, "a/b",
                f"a/b#{i // 5}", "", (f"x{i}", f"y{i}"),
            )
        )  # fmt: skip
    return pairs


def accuracy(model: RankerModel, pairs: list[PreferencePair]) -> float:
    return sum(model.score(p.chosen) > model.score(p.rejected) for p in pairs) / len(pairs)


@pytest.fixture(scope="module")
def trained() -> RankerModel:
    pytest.importorskip("lightgbm")
    from reviewlore.adapters.boosting import train_ranker

    return train_ranker(make_pairs(300), seed=1)


def test_it_learns_both_questions(trained):
    assert accuracy(trained, make_pairs(150, seed=2)) > 0.9


def test_it_is_the_same_for_the_same_pairs_in_any_order(trained):
    from reviewlore.adapters.boosting import train_ranker

    assert train_ranker(make_pairs(300)[::-1], seed=1).to_json() == trained.to_json()
    assert train_ranker(make_pairs(300), seed=2).to_json() != trained.to_json()


def test_it_is_the_same_however_many_threads_add_up(trained):
    """BLAS sums in another order with more threads; the pairs are enough for it to split them."""
    from threadpoolctl import threadpool_limits

    from reviewlore.adapters.boosting import train_ranker

    for threads in (1, 4):
        with threadpool_limits(limits=threads, user_api="blas"):
            assert train_ranker(make_pairs(300), seed=1).to_json() == trained.to_json()


def test_json_gives_back_the_same_scores(trained):
    back = RankerModel.from_json(json.loads(json.dumps(trained.to_json())))
    remarks = [p.chosen for p in make_pairs(40, seed=3)]

    assert [back.score(r) for r in remarks] == [trained.score(r) for r in remarks]


def test_trees_give_what_the_library_predicts():
    lightgbm = pytest.importorskip("lightgbm")
    import numpy as np

    from reviewlore.adapters.boosting import parse_trees

    x = np.array([extract(r) for p in make_pairs(200) for r in (p.chosen, p.rejected)])
    y = np.tile([1.0, 0.0], 200) + 0.1 * x[:, 3]
    data = lightgbm.Dataset(x, label=y, params={"verbosity": -1})
    booster = lightgbm.train({"verbosity": -1, "num_leaves": 7, "min_data_in_leaf": 5, "seed": 1}, data, 40)
    trees = tuple(parse_trees(booster.model_to_string()))
    expected = booster.predict(x, raw_score=True)

    assert len(trees) == 40
    assert max(abs(sum(t(row) for t in trees) - e) for row, e in zip(x.tolist(), expected, strict=True)) < 1e-9


def test_without_words_no_word_weight_is_kept():
    pytest.importorskip("lightgbm")
    from reviewlore.adapters.boosting import train_ranker

    model = train_ranker(make_pairs(120), seed=1, words=False)

    assert all(part.words == () for part in model.parts)


def test_few_pairs_lean_on_the_prior_and_do_not_spoil_it(trained):
    from reviewlore.adapters.boosting import train_ranker

    later = make_pairs(150, seed=5)
    confusing = [
        PreferencePair(p.id, p.kind, p.rejected, p.chosen, 1.0, "c/d", "c/d#1", "", ("x", "y"))
        for p in make_pairs(40, seed=6)
    ]
    model = train_ranker(confusing, seed=1, prior=trained)

    assert float(dict(model.about)["prior_share"]) > 0.7
    assert accuracy(model, later) > accuracy(trained, later) - 0.05


def test_hardly_any_pairs_give_the_prior_or_a_refusal(trained):
    from reviewlore.adapters.boosting import train_ranker

    assert train_ranker(make_pairs(5), seed=1, prior=trained) is trained
    with pytest.raises(RefusedError, match="5 pairs"):
        train_ranker(make_pairs(5), seed=1)


def test_one_kind_of_pairs_is_enough():
    pytest.importorskip("lightgbm")
    from reviewlore.adapters.boosting import train_ranker

    only = [p for p in make_pairs(240) if p.kind == "relevance_hard"]

    assert accuracy(train_ranker(only, seed=1), [p for p in make_pairs(90, 4) if p.kind != "outcome"]) > 0.8


def test_a_missing_library_is_named_with_the_way_to_install_it(monkeypatch):
    from reviewlore.adapters.boosting import train_ranker

    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(MissingExtra, match=r"pip install '/path/to/reviewlore\[model\]'"):
        train_ranker(make_pairs(30), seed=1)


def test_revisions_are_not_for_the_ranker_and_the_other_kinds_ask_their_question(trained):
    from reviewlore.adapters.boosting import train_ranker

    similar = [replace(p, kind=p.kind.replace("easy", "similar")) for p in make_pairs(300)]
    revisions = [replace(p, id=f"r{p.id}", kind="revision") for p in make_pairs(60, seed=3)]
    empty = [replace(p, kind="silence", chosen=replace(p.chosen, body="")) for p in make_pairs(90, seed=4)]

    assert {p.kind for p in similar} == {"outcome", "relevance_hard", "relevance_similar"}
    assert train_ranker(similar, seed=1).to_json() == trained.to_json()
    assert train_ranker([*make_pairs(300), *revisions], seed=1).to_json() == trained.to_json()
    assert accuracy(train_ranker([*make_pairs(300), *empty], seed=1), make_pairs(150, seed=2)) > 0.9
