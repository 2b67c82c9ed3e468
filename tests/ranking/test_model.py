"""The model as data: it survives JSON, refuses damage, and scores each remark by itself."""

import copy
import json
import math
import zlib

import pytest

from reviewlore.adapters import resources
from reviewlore.domain.preference import Remark
from reviewlore.errors import StateError
from reviewlore.ranking.features import extract, feature_names
from reviewlore.ranking.model import Part, RankerModel, word_buckets
from reviewlore.ranking.trees import Tree

NAMES = ("shape.chars", "overlap.name_last1")
REMARKS = [
    Remark("a.py", "@@ -1 +1 @@\n+total = price * count", "`total` should be rounded"),
    Remark("a.py", "@@ -1 +1 @@\n+total = price * count", "why not a dictionary?"),
    Remark("b.go", "", ""),
]


def small_model() -> RankerModel:
    stump = Tree((1,), (0.25,), (-1,), (-2,), (-0.5, 0.75))
    return RankerModel(
        NAMES,
        (
            Part(0.5, linear=(0.1, 2.0), trees=(stump,), bias=0.3, gated=True),
            Part(1.0, trees=(stump,), words=tuple(0.01 * i for i in range(64))),
        ),
        (("pairs", "12"),),
    )


def test_a_round_trip_through_json_changes_nothing():
    model = small_model()
    back = RankerModel.from_json(json.loads(json.dumps(model.to_json())))

    assert back == model
    assert [back.score(r) for r in REMARKS] == [model.score(r) for r in REMARKS]


def test_a_score_is_the_weighted_sum_of_its_parts():
    model = small_model()
    remark = REMARKS[0]
    vector = dict(zip(feature_names(), extract(remark), strict=True))
    leaf = 0.75 if vector["overlap.name_last1"] > 0.25 else -0.5
    gated = 0.3 + 0.1 * vector["shape.chars"] + 2.0 * vector["overlap.name_last1"] + leaf
    found = word_buckets(remark.body, 64)
    plain = leaf + sum(0.01 * i for i in found) / math.sqrt(len(found))

    assert model.score(remark) == pytest.approx(-0.5 * math.log1p(math.exp(-gated)) + plain, abs=1e-12)


def test_a_score_depends_on_that_remark_alone():
    model = small_model()
    first = [model.score(r) for r in REMARKS]

    assert [model.score(r) for r in reversed(REMARKS)] == first[::-1]


def test_words_are_hashed_the_same_everywhere():
    grams = (b"please", b"rename", b"it", b"please rename", b"rename it")

    assert word_buckets("Please rename it", 1 << 13) == tuple(sorted(zlib.crc32(g) % (1 << 13) for g in grams))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d.pop("schema"), "not a ranker"),
        (lambda d: d.update(schema=99), "newer reviewlore"),
        (lambda d: d.pop("parts"), "damaged"),
        (lambda d: d.update(parts=3), "damaged"),
        (lambda d: d.update(features=["no.such", "shape.chars"]), "does not know"),
        (lambda d: d["parts"][0].update(linear=[1.0]), "damaged"),
        (lambda d: d["parts"][0].update(weight=float("nan")), "damaged"),
        (lambda d: d["parts"][0].update(weight=None), "damaged"),
        (lambda d: d["parts"][0]["trees"][0].update(f=[7]), "add up"),
        (lambda d: d["parts"][0]["trees"][0].update(l=[0]), "add up"),
        (lambda d: d["parts"][0]["trees"][0].update(r=[-9]), "add up"),
        (lambda d: d["parts"][0]["trees"][0].update(v=[1.0]), "add up"),
        (lambda d: d["parts"][0]["trees"][0].update(t=["x"]), "damaged tree"),
    ],
)
def test_a_damaged_model_is_refused_with_a_sentence(damage, message):
    data = copy.deepcopy(small_model().to_json())
    damage(data)

    with pytest.raises(StateError, match=message):
        RankerModel.from_json(data)


def test_a_tree_without_branches_is_its_leaf():
    assert Tree((), (), (), (), (0.5,))([1.0]) == 0.5


def test_the_shipped_prior_knows_features_and_no_words():
    text = resources.load_prior()
    prior = RankerModel.from_json(json.loads(text))

    assert len(text) <= 400_000
    assert all(part.words == () for part in prior.parts)
    assert {"repositories", "id"} <= dict(prior.about).keys()
    assert prior.score(REMARKS[0]) > prior.score(
        Remark("a.py", REMARKS[0].hunk, "`parse_header` returns bytes on `Codec` errors")
    )
