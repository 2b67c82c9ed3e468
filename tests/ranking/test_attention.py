"""Which hunks people speak of: what is seen at a glance, and the chance that the shipped weights give."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.resources import load_attention
from reviewlore.errors import StateError
from reviewlore.ranking.attention import FEATURES, HunkInChange, attention_features, parse_attention

LOOP = """\
@@ -1,2 +1,6 @@ def f():
 context
+def g(items):
+    for item in items:
+        if item:
+            use(item)
-old = 1"""


def hunk(text: str = LOOP, **changes: object) -> HunkInChange:
    known = {"path": "src/a/b.py", "status": "modified", "kind": "source", "place": 1, "hunks": 4, "rows": 10}
    return HunkInChange(text=text, **(known | changes))


def value_of(name: str, one: HunkInChange) -> float:
    return attention_features(one)[FEATURES.index(name)]


def test_every_feature_has_a_value_in_its_place() -> None:
    found = dict(zip(FEATURES, attention_features(hunk()), strict=True))
    assert round(found["added"], 3) == 1.609  # log 5
    assert (found["only_added"], found["new_file"], found["kind_source"], found["kind_test"]) == (0.0, 0.0, 1.0, 0.0)
    assert (found["share"], found["place"], found["depth"]) == (0.5, 0.25, 2.0)
    assert round(found["control"], 3) == 1.099  # for, if
    assert round(found["definitions"], 3) == 0.693


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("@@ -1 +1 @@\n+x = 1", "only_added"),
        ("@@ -1 +1 @@\n-x = 1", "only_removed"),
        ("@@ -1 +1 @@\n+import os\n+from a import b", "only_imports"),
        ("@@ -1 +1 @@\n+# said\n+# more", "only_comments"),
        ("@@ -1 +1 @@\n-x = 1\n+    x = 1", "reindented"),
        ("@@ -1 +1 @@\n+x = 1  # TODO", "to_do"),
        (f"@@ -1 +1 @@\n+{'x' * 120}", "long_line"),
    ],
)
def test_marks(text: str, name: str) -> None:
    assert value_of(name, hunk(text)) == 1.0
    assert value_of(name, hunk()) == 0.0


def test_the_shipped_weights_prefer_what_people_speak_of() -> None:
    attention = parse_attention(load_attention())
    logic = attention.chance(hunk())
    assert 0.0 < attention.chance(hunk("@@ -1 +1 @@\n+import os\n-import sys")) < logic < 1.0
    assert attention.chance(hunk(kind="generated")) < logic
    assert attention.chance(hunk(hunks=400, rows=9000)) < logic  # in a flood each hunk gets less


@given(st.text(max_size=300), st.integers(0, 50), st.integers(0, 50))
def test_any_hunk_has_a_chance(text: str, place: int, hunks: int) -> None:
    found = parse_attention(load_attention()).chance(hunk(text, place=place, hunks=hunks, rows=0))
    assert 0.0 < found < 1.0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weights": {"added": 1}, "intercept": 0}', '{"weights": 3}'])
def test_damaged_weights_are_refused(text: str) -> None:
    with pytest.raises(StateError, match=r"attention\.json cannot be read"):
        parse_attention(text)


def test_no_words_are_shipped() -> None:
    assert set(json.loads(load_attention())["weights"]) == set(FEATURES)
