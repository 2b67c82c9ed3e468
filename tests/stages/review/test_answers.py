"""What a model wrote becomes drafts, or words about what is wrong; no text raises, and none takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stages.review.excerpts import EXCERPT, REMARK, answer

from reviewlore.domain.answering import answer_schema
from reviewlore.domain.drafts import Claim, Parsed
from reviewlore.stages.review.answers import parse_answer, parse_plain
from reviewlore.stages.review.lenient import read_loose

WHO = ("debugging", "testing")


def parse(text: str) -> Parsed:
    return parse_answer(text, [EXCERPT], WHO)


def test_the_tests_own_remark_has_the_form_that_is_asked_for() -> None:
    assert REMARK.keys() == answer_schema()["properties"]["remarks"]["items"]["properties"].keys()


@pytest.mark.parametrize(
    "text",
    [
        answer({}),
        f"Sure! Here is my review:\n```json\n{answer({})}\n```\nLet me know if you need more.",
        answer({}).replace("}]}", "},]}"),
        answer({})[11:-1],  # the list alone
        answer({})[12:-2],  # the remark alone
        answer({}).replace('"', "'").replace("'A free", '"A free').replace("wrong'", 'wrong"'),
        answer({}).replace('"hunk"', "hunk").replace("null", "None"),
        answer({})[:-2],  # cut after the first remark
        f"The map {{foo bar}} and `{{` are fine.\n{answer({})}",
        answer({}).replace("free item", 'free\nitem').replace("free\nitem", "free item"),
        f"{{\"remarks\": []}}\n{answer({})}",
        answer({}).replace('"line": 14', '"line": "14"'),
        f'{{"result": {{"review": {answer({})}}}}}',
    ],
)  # fmt: skip
def test_a_remark_is_found_whatever_is_around_it(text: str) -> None:
    parsed = parse(text)
    assert [(draft.hunk, draft.line, draft.title) for draft in parsed.drafts] == [("h1", 14, REMARK["title"])]
    assert (parsed.faulty, parsed.problem) == ((), "")


def test_several_objects_and_json_lines_are_all_read() -> None:
    one = answer({})[12:-2]
    assert len(parse(f"{one}\n{one}\nand also {answer({}, {})}").drafts) == 4


def test_slips_in_strings_are_taken_as_meant() -> None:
    text = answer({}).replace("A free item", 'A "free" item').replace("may be None", "may\nbe None")
    (draft,) = parse(text.replace('\\"', '"')).drafts
    assert draft.title == 'A "free" item is counted wrong'
    assert draft.why == "`item.price` may\nbe None."


def test_a_text_without_end_is_cut_at_the_next_key() -> None:
    (draft,) = parse(answer({}).replace('wrong", "why"', 'wrong,\n  "why"')).drafts
    assert draft.title == REMARK["title"]


def test_complete_remarks_of_a_cut_answer_are_kept_and_the_rest_is_counted() -> None:
    parsed = parse(answer({}, {"line": 15}, {"line": 16})[:-40])
    assert ([draft.line for draft in parsed.drafts], parsed.cut, parsed.problem) == ([14, 15], 1, "")


def test_escapes_and_halves_of_characters_can_be_stored() -> None:
    (draft,) = parse(answer({"title": "\U0001f600 \ud800 é"})).drafts
    assert draft.title == "\U0001f600 ? é"
    assert draft.title.encode()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": ""}, "`title` is missing: give a text"),
        ({"why": None}, "`why` is missing: give a text"),
        ({"title": "x" * 121}, "`title` has 121 characters: give at most 120"),
        ({"line": "twelve"}, "`line` must be a whole number from 1"),
        ({"line": 0}, "`line` must be a whole number from 1"),
        ({"line": True}, "`line` must be a whole number from 1"),
        ({"start_line": []}, "`start_line` must be a whole number from 1, or null"),
        ({"specialist": "poet"}, "`specialist` must be one of debugging, testing"),
        ({"severity": {}}, "`severity` must be one of info, warning, error"),
        ({"claims": "none"}, "`claims` must be a list, empty where nothing is claimed"),
        ({"suggestion": 5}, "`suggestion` must be a text of at most 4000 characters, or null"),
        ({"confidence": 2}, "`confidence` must be a number from 0 to 1"),
    ],
)
def test_what_is_wrong_is_said_so_that_it_can_be_mended(change: dict[str, object], problem: str) -> None:
    parsed = parse(answer({}, change))
    assert len(parsed.drafts) == 1
    assert [(faulty.place, faulty.problems) for faulty in parsed.faulty] == [(2, (problem,))]


def test_claims_are_read_and_wrong_ones_named() -> None:
    claims = [{"kind": "calls", "subject": "total", "object": "price"}]
    (draft,) = parse(answer({"claims": claims})).drafts
    assert draft.claims == (Claim("calls", "total", "price"),)
    (faulty,) = parse(answer({"claims": [{"kind": "feels", "subject": "x"}]})).faulty
    assert "each of `claims` needs a `kind`" in faulty.problems[0]


@pytest.mark.parametrize("text", ['{"remarks": []}', "[]", '```json\n{"remarks": []}\n```'])
def test_nothing_to_say_is_an_answer(text: str) -> None:
    assert parse(text) == Parsed()


@pytest.mark.parametrize("text", ["", "LGTM!", "I approve this.", "{", "null", "42", '{"verdict": "fine"}'])
def test_no_answer_is_a_problem(text: str) -> None:
    assert parse(text) == Parsed(problem="the answer has no JSON object that can be read")


def test_rows_with_a_place_are_remarks() -> None:
    parsed = parse("- shop/cart.py:14: The price may be None. Compare it first.\nelse/where.py:3: no")
    (draft,) = parsed.drafts
    assert (draft.hunk, draft.line, draft.specialist, draft.quote) == ("h1", 14, "testing", "")
    assert (draft.title, draft.why) == ("The price may be None.", "Compare it first.")


def test_no_more_remarks_than_the_limit_and_the_rest_is_counted() -> None:
    parsed = parse(answer(*[{}] * 25))
    assert (len(parsed.drafts), parsed.extra) == (20, 5)


def test_the_trained_form_is_one_remark_on_the_last_changed_line() -> None:
    parsed = parse_plain("Please compare with `None`.\n```suggestion\n        if item.price is not None:\n```", EXCERPT, "debugging")  # fmt: skip # noqa: E501
    (draft,) = parsed.drafts
    assert (draft.line, draft.title, draft.why) == (14, "Please compare with `None`.", "")
    assert draft.suggestion == "        if item.price is not None:"
    assert parse_plain("  \n", EXCERPT, "debugging") == Parsed()


HOSTILE = [
    '{"a":' * 1_900 + "1" + "}" * 1_900, "[" * 1_900 + "]" * 1_900,
    "[" * 1_000_000, "{" * 1_000_000, "[]" * 500_000, '{"a":' * 200_000, '{"a":"' * 160_000, "{'" * 500_000,
    '{"a":"' + '\\' * 999_999, '{"title":"' + '" ' * 500_000, "{/*" * 300_000, "a.py:1" * 100_000,
    "`" * 1_000_000, "```suggestion\n" * 70_000, '{"a":"' + (" " * 1000 + '"') * 1000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_megabyte_of_anything_is_read_in_bounded_time(text: str) -> None:
    start = time.process_time()
    parse(text)
    parse_plain(text, EXCERPT, "testing")
    assert time.process_time() - start < 5


fragments = st.lists(
    st.sampled_from(['{', '}', '[', ']', '"', "'", ",", ":", "\\", "\n", "/*", "//", "```", '"remarks"', '"hunk"',
                     '"h1"', '"line": 3', "null", "-1e5", "\ud800", "\x00", "\\u12", "a.py:3: x", " "])
    | st.text(max_size=5),
    max_size=60,
).map("".join)  # fmt: skip


@given(fragments | st.text())
def test_no_text_raises(text: str) -> None:
    parsed = parse(text)
    parse_plain(text, EXCERPT, "testing")
    read_loose(text)
    for draft in parsed.drafts:
        assert draft.title and draft.line >= 1


@given(st.integers(0, 900))
def test_an_answer_cut_anywhere_loses_only_what_is_not_finished(at: int) -> None:
    whole = answer({}, {"line": 15})
    parsed = parse(whole[:at])
    finished = whole[:at].count("}")
    assert len(parsed.drafts) == min(finished, 2)
    assert not parsed.faulty
