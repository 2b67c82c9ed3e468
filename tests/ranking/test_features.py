"""The features of a remark: named, finite, its own; and that they see what they are made to see."""

import math
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.domain.preference import Remark
from reviewlore.ranking.features import extract, feature_names

HUNK = """@@ -10,3 +10,5 @@ class Library:
     def lend(self, book):
-        self.loans.append(book)
+        if book in self.loans:
+            raise AlreadyLent(book)
+        self.loans.append(Loan(book, today()))"""


def named(body: str, hunk: str = HUNK, path: str = "src/library.py") -> dict[str, float]:
    return dict(zip(feature_names(), extract(Remark(path, hunk, body)), strict=True))


def test_names_are_unique_and_grouped():
    names = feature_names()

    assert len(names) == len(set(names)) > 150
    assert {name.split(".")[0] for name in names} == {"overlap", "speech", "shape", "place", "topic"}


def test_a_remark_about_the_last_line_overlaps_with_it():
    about = named("`Loan(book, today())` should take a clock")
    foreign = named("`parse_header` should take a codec")

    assert about["overlap.name_last1"] > 0.5 > foreign["overlap.name_last1"]
    assert about["overlap.span_last1"] == 1.0
    assert about["overlap.name_near_50"] > foreign["overlap.name_near_50"]
    assert foreign["overlap.code_missing"] > about["overlap.code_missing"]


def test_a_suggestion_is_compared_with_the_lines_it_replaces():
    close = named("```suggestion\n        self.loans.append(Loan(book, self.clock()))\n```")
    far = named("```suggestion\nimport json\n```")

    assert close["overlap.suggest_last"] > 0.6 > far["overlap.suggest_last"]
    assert close["overlap.suggest_indent"] == 1.0
    assert close["shape.only_suggestion"] == 1.0


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("please rename this", "speech.please"),
        ("nit: rename this", "shape.imperative"),
        ("Why is this needed?", "speech.why"),
        ("Why is this needed?", "shape.ends_question"),
        ("I removed the old check because it failed", "speech.did"),
        ("This is a replacement for the old check", "speech.this_is"),
        ("Nice catch, thanks!", "speech.praise"),
        ("Let's do it in a follow-up", "speech.later"),
        ("same here", "speech.ditto"),
        ("there is a typo", "speech.typo"),
    ],
)
def test_speech_acts_are_heard(body, name):
    assert named(body)[name] >= 1.0
    assert named("The codec is chosen at start")[name] == 0.0


def test_topics_ask_whether_the_line_is_of_that_kind():
    assert named("wrong exception raised")["topic.error"] == 1.0
    assert named("the import is unused")["topic.import"] == -1.0
    assert named("hmm, unclear")["topic.import"] == 0.0


def test_the_place_is_known():
    features = named("ok then", path="tests/test_library.py")

    assert features["place.file_test"] == features["place.file_python"] == features["place.added_last"] == 1.0
    assert features["place.file_java"] == 0.0


def test_an_answer_depends_on_its_remark_alone():
    remark = Remark("src/library.py", HUNK, "`Loan` needs a date")
    alone = extract(remark)
    for i in range(50):
        extract(Remark(f"src/{i}.py", HUNK + f"\n+x{i} = {i}", f"other words {i}"))

    assert extract(remark) == alone


@settings(max_examples=150)
@given(st.text(max_size=200), st.text(max_size=400), st.text(max_size=400))
def test_any_text_gives_finite_numbers(path, hunk, body):
    vector = extract(Remark(path, hunk, body))

    assert len(vector) == len(feature_names())
    assert all(math.isfinite(value) for value in vector)


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from("@@ -1,2 +3 @@\n|+a = b(c)\n|-\n| \n|```suggestion\n|```|`x`|> |nit: |s/a/b/|?".split("|"))
    )
)
def test_any_mixture_of_markup_gives_finite_numbers(pieces):
    text = "".join(pieces)

    assert all(math.isfinite(value) for value in extract(Remark("a.py", text, text)))


def test_a_very_long_remark_costs_little():
    long = "why does `this_name` not use other.names(1)? " * 4500
    started = time.perf_counter()
    vector = extract(Remark("a.py", "@@ -1 +1 @@\n" + "+x = compute(y)\n" * 12_000, long))

    assert len(long) > 200_000
    assert time.perf_counter() - started < 2.0
    assert all(math.isfinite(value) for value in vector)


PROGRAM = """
from reviewlore.domain.preference import Remark
from reviewlore.ranking.baselines import lexical_overlap
from reviewlore.ranking.features import extract
words = [f"{a}_{b}Value" for a in "alpha beta gamma delta".split() for b in "one two three four five".split()]
remark = Remark("src/a.py", "@@ -1 +1 @@\\n+" + " ".join(words[::2]), "rename " + " ".join(words))
print([x.hex() for x in extract(remark)], lexical_overlap(remark).hex())
"""


def test_numbers_are_the_same_to_the_last_bit_in_every_process():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }

    assert len(outputs) == 1
    assert "0x1" in outputs.pop()
