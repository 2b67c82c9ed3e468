"""Near-equal texts are found, whatever their order, and nothing else is."""

import random
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.stages.dataset.near import (
    THRESHOLD,
    find_near_equal,
    group_near_equal,
    line_shingles,
    normal_form,
    word_shingles,
)

VOCABULARY = [f"{a}{b}" for a in "ba be bi bo bu da de di do du".split() for b in "ka ke ki ko ku".split()]
LONG = " ".join(VOCABULARY[:30])


def similarity(one: str, other: str) -> float:
    a, b = word_shingles(one), word_shingles(other)
    return len(a & b) / len(a | b)


def test_numbers_names_and_addresses_do_not_make_a_difference():
    assert normal_form("See #12, @ana: https://a.example/b please DO rename") == "see please do rename"
    assert normal_form("x = 12?") == "x = 12?"  # too few words: what was masked is all there is


def test_one_word_of_many_is_near_and_one_word_of_few_is_not():
    changed = LONG.replace(VOCABULARY[7], "zebra")
    groups = group_near_equal([LONG, changed, "rename this to foo", "rename this to bar"])

    assert groups[LONG] == groups[changed]
    assert groups["rename this to foo"] != groups["rename this to bar"]


def test_short_texts_are_near_only_if_equal():
    groups = group_near_equal(["```suggestion }", "```suggestion )"])

    assert len(set(groups.values())) == 2


def test_hunks_are_compared_by_their_lines():
    lines = [f"+line {n}" for n in range(10)]
    one, moved = "\n".join(["@@ -1 +1 @@", *lines]), "\n".join(["@@ -9 +9 @@", *lines, "+new"])
    other = "\n".join(["@@ -1 +1 @@", *(f"+row {n}" for n in range(10))])
    groups = group_near_equal([one, moved, other], line_shingles)

    assert groups[one] == groups[moved] != groups[other]


def test_near_equal_texts_are_found_among_many():
    rng = random.Random(4)
    texts = [" ".join(rng.choices(VOCABULARY, k=25)) for _ in range(600)]
    edited = [" ".join(["zebra", *text.split()[1:]]) for text in texts[:300]]
    wanted = {text for text, origin in zip(edited, texts, strict=False) if similarity(text, origin) >= THRESHOLD}
    found = find_near_equal(edited, texts)

    assert len(wanted) > 250
    assert len(found & wanted) >= 0.97 * len(wanted)
    assert all(max(similarity(text, known) for known in texts) >= THRESHOLD for text in found)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(VOCABULARY[:12]), min_size=1, max_size=14), max_size=25), st.randoms())
def test_the_order_of_the_texts_does_not_matter(rows, rng: random.Random):
    texts = [" ".join(row) for row in rows]
    shuffled = [*texts]
    rng.shuffle(shuffled)

    assert group_near_equal(shuffled) == group_near_equal(texts)
    assert find_near_equal(shuffled[:5], texts) == frozenset(shuffled[:5])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=12))
def test_any_text_belongs_to_one_group(texts):
    groups = group_near_equal(normal_form(text) for text in texts)

    assert set(groups) == {normal_form(text) for text in texts}
    assert set(groups.values()) == set(range(len(set(groups.values()))))


def test_neither_groups_nor_signatures_depend_on_the_hash_seed():
    program = (
        "import random; from reviewlore.stages.dataset.near import group_near_equal as g;"
        "r = random.Random(1); w = [f'w{i}' for i in range(40)];"
        "t = [' '.join(r.choices(w, k=12)) for _ in range(200)];"
        "t += [x + ' end' for x in t[:50]]; print(sorted(g(set(t)).items()))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, env={"PYTHONHASHSEED": seed}, check=True
        ).stdout
        for seed in ("1", "2", "77")
    }

    assert len(runs) == 1
    assert runs.pop().count(b"end") == 50
