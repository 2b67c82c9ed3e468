import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.markers import (
    Memory,
    Place,
    add_hidden,
    find_marker,
    find_memory,
    find_place,
    find_run,
    find_text,
    marker,
    memory_marker,
    place_marker,
    run_marker,
)

SUMMARY = "<!-- reviewlore:summary -->"
HEAD, BASE = "b" * 40, "a" * 40
HEXES = st.text("0123456789abcdef", min_size=16, max_size=16)


def summary(memory: Memory) -> str:
    return add_hidden(f"### reviewlore\n\n{SUMMARY}", memory_marker(memory))


@pytest.mark.parametrize(
    "memory",
    [
        Memory(),
        Memory(HEAD, BASE, 3),
        Memory(HEAD, BASE, 3, unseen=()),
        Memory(HEAD, BASE, 3, ("3fa9c1d2e4",), unseen=("01234567", "89abcdef")),
        Memory(HEAD, BASE, 20, ("3fa9c1d2e4", "0123456789abcdef"), paused=True),
    ],
)
def test_a_memory_comes_back(memory):
    assert find_memory(summary(memory)) == memory
    assert find_memory(summary(memory).replace("\n", "\r\n") + "\r\n") == memory
    assert find_text(summary(memory)) == "### reviewlore"


def test_of_very_much_that_was_said_the_newest_is_kept():
    names = tuple(f"{number:016x}" for number in range(300))
    assert find_memory(summary(Memory(HEAD, BASE, 9, names))).said == names[-200:]


def test_of_very_many_unseen_files_all_are_unseen():
    names = tuple(f"{number:08x}" for number in range(101))
    assert find_memory(summary(Memory(HEAD, BASE, 9, unseen=names))).unseen == ("all",)
    assert find_memory(summary(Memory(HEAD, BASE, 9, unseen=names[:100]))).unseen == names[:100]


@pytest.mark.parametrize(
    "body",
    [
        "",
        SUMMARY,
        f"{memory_marker(Memory(HEAD, BASE, 3))}\n\nmore\n\n{SUMMARY}",
        f"{memory_marker(Memory(HEAD, BASE, 3))}\n{SUMMARY}\nmore",
        memory_marker(Memory(HEAD, BASE, 3)),
        f"<!-- reviewlore-memory=--output=x {BASE} 3 on all -->\n{SUMMARY}",
        f"<!-- reviewlore-memory={HEAD} {BASE} -3 on all -->\n{SUMMARY}",
    ],
)
def test_what_is_not_at_the_end_or_not_of_the_form_is_no_memory(body):
    assert find_memory(body) == Memory()


@pytest.mark.parametrize("run", ["", "8123456"])
@pytest.mark.parametrize("place", [Place("0123456789abcdef", "generated"), Place("", "foreign"), Place("ab" * 8, "")])
def test_a_place_comes_back_and_hides_nothing_else(run, place):
    body = f"Text\n\n{run_marker(run)}{marker('finding', '3fa9c1d2e4')}"
    marked = add_hidden(body, place_marker(place))
    found = find_place(marked)
    assert (found.key, found.source) == (place.key, place.source or "unknown")
    assert (find_marker("finding", marked), find_run(marked), find_text(marked)) == ("3fa9c1d2e4", run, "Text")
    assert find_place(body) == Place()


def test_a_body_without_hidden_lines_gets_one_at_its_end():
    assert add_hidden("Text", "<!-- x -->") == "Text<!-- x -->\n"


@given(st.text(max_size=200), HEXES)
def test_no_text_raises_or_forges(text, name):
    find_memory(text), find_place(text), find_text(text)
    body = add_hidden(f"{text}\n\n{marker('finding', name)}", place_marker(Place(name, "generated")))
    assert find_marker("finding", body) == name
    assert find_place(body) == Place(name, "generated")
