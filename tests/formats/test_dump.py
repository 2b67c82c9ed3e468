"""Saved REST answers in every shape they are saved in: each object is used, or named as left out."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.github.contract import Contract
from tests.github.routing import REPO

from reviewlore.errors import InputError
from reviewlore.formats.dump import Dump, read_dump

CONTRACT = Contract()
API = "https://api.github.com/repos/octo/demo/pulls"


def comment(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "pull_request_url": f"{API}/7", "diff_hunk": "@@ -1 +1 @@\n+a", "path": "a.py", "line": 1,
        "original_line": 1, "side": "RIGHT", "body": "Rename this.", "user": {"login": "mira", "type": "User"},
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "commit_id": "c" * 40,
        "original_commit_id": "o" * 40, "html_url": "https://github.example/1", **changes,
    }  # fmt: skip


def pull(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": number, "url": f"{API}/{number}", "html_url": "https://github.example/7", "title": "t", "body": None,
        "state": "closed", "user": None, "base": {"ref": "main", "sha": "b" * 40},
        "head": {"ref": "f", "sha": "h" * 40, "repo": None}, "merge_commit_sha": "m" * 40,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
        "merged_at": "2026-01-02T00:00:00Z", **changes,
    }  # fmt: skip


def read(text: str | bytes) -> Dump:
    found = read_dump(text if isinstance(text, bytes) else text.encode(), "dump.json")
    assert found is not None
    return found


def ids(found: Dump) -> list[int]:
    return [each.id for comments in found.comments.values() for each in comments]


FIRST, SECOND, THIRD = comment(1), comment(2), comment(3)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([FIRST, SECOND, THIRD]),
        json.dumps([FIRST, SECOND, THIRD], indent=2),
        json.dumps([FIRST, SECOND]) + json.dumps([THIRD]),
        json.dumps([FIRST], indent=2) + "\n" + json.dumps([]) + "\n" + json.dumps([SECOND, THIRD], indent=2),
        json.dumps([[FIRST, SECOND], [], [THIRD]]),
        "\n".join(map(json.dumps, (FIRST, SECOND, THIRD))),
        "\ufeff" + json.dumps([FIRST, SECOND, THIRD]),
    ],
    ids=["array", "indented", "arrays", "arrays apart", "arrays in an array", "lines", "byte order mark"],
)
def test_every_shape_of_saving_reads_alike(text: str) -> None:
    for data in (text.encode(), gzip.compress(text.encode())):
        found = read(data)
        assert (ids(found), found.rejected) == ([1, 2, 3], [])


def test_githubs_own_examples_are_read() -> None:
    examples = [CONTRACT.example("GET", REPO + part, 200) for part in ("/pulls/comments", "/pulls")]
    found = read(json.dumps(examples))
    assert (len(ids(found)), len(found.pulls["octocat/Hello-World"]), found.rejected) == (1, 1, [])


def test_several_repositories_and_kinds_stand_in_one_file() -> None:
    elsewhere = "https://github.example/api/v3/repos/acme/shop/pulls"
    rows = [
        pull(7), comment(1),
        comment(2, pull_request_url=f"{elsewhere}/9"), pull(9, url=f"{elsewhere}/9", merged_at=None),
    ]  # fmt: skip
    found = read(json.dumps(rows))
    assert {name: [each.id for each in each_of] for name, each_of in found.comments.items()} == {
        "octo/demo": [1], "acme/shop": [2]
    }  # fmt: skip
    assert [found.pulls["octo/demo"][7].merged, found.pulls["acme/shop"][9].merged] == [True, False]


def test_of_a_pull_request_saved_twice_the_later_one_counts() -> None:
    early, late = pull(7, merged_at=None, updated_at="2026-01-01T10:00:00Z"), pull(7)
    for rows in ([early, late], [late, early]):
        assert read(json.dumps(rows)).pulls["octo/demo"][7].merged


@pytest.mark.parametrize("cut", [1, 30, 400])
def test_a_damaged_end_costs_only_what_it_damaged(cut: int) -> None:
    whole = json.dumps([FIRST, SECOND, THIRD], indent=1)
    found = read(whole[: -cut - 3])
    assert ids(found) == [1, 2]
    assert [(item.line, item.why.split(":")[0]) for item in found.rejected] == [(3, "not JSON")]


def test_a_damaged_line_costs_only_itself() -> None:
    found = read("\n".join([json.dumps(FIRST), json.dumps(SECOND)[:200], json.dumps(THIRD)]))
    assert ids(found) == [1, 3]
    assert [item.line for item in found.rejected] == [2]


def test_what_is_neither_is_named() -> None:
    rows = [FIRST, {"message": "Not Found"}, "text", 5, None, comment(2, path=None), pull(7) | {"number": "many"}]
    rows += [comment(3, pull_request_url="https://api.github.com/repos/octo/demo/issues/7")]
    found = read(json.dumps(rows))
    assert ids(found) == [1]
    assert [item.line for item in found.rejected] == [2, 3, 4, 5, 6, 7, 8]
    assert found.rejected[0].why == "neither a review comment nor a pull request"
    assert found.rejected[4].why == "field 'path' is not as documented"
    assert found.rejected[5].why.startswith("GitHub's answer is no pull as documented")
    assert "is no address of a pull request" in found.rejected[6].why


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "half \ud83d"}, {"path": "a\0.py"}, {"path": ["a.py"]}, {"line": "1"}, {"line": True}, {"line": -4},
        {"line": 2**64}, {"id": 2**64}, {"created_at": "soon"}, {"created_at": None}, {"user": {"login": "\udc00"}},
        {"pull_request_url": f"{API}/-7"},
    ],
)  # fmt: skip
def test_what_could_not_be_stored_is_left_out(changes: dict[str, Any]) -> None:
    found = read(json.dumps([FIRST, comment(2, **changes)]))
    assert (ids(found), [item.line for item in found.rejected]) == ([1], [2])


def test_what_is_no_dump_is_left_to_the_reader_of_rows() -> None:
    row = {"repo": "octo/demo", "pr_number": 1, "comment_id": 5, "path": "a.py", "body": "Rename this."}
    dressed = {**FIRST, **row}  # a row may carry GitHub's own fields along
    for text in (json.dumps(row), json.dumps(dressed), "no JSON\n" + json.dumps(row), "{}", "no JSON", "", '"text"'):
        assert read_dump(text.encode(), "rows.jsonl") is None


def test_an_empty_answer_is_a_dump_without_anything() -> None:
    for text in ("[]", "[]\n[]\n", "[[]]"):
        found = read(text)
        assert (ids(found), found.pulls, found.rejected) == ([], {}, [])


def test_a_message_before_the_answers_is_left_out() -> None:
    found = read(json.dumps({"message": "Try again"}) + json.dumps([FIRST]))
    assert (ids(found), [item.line for item in found.rejected]) == ([1], [1])


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"\xff\xfe[", "is not UTF-8 text"), (gzip.compress(b"[]", mtime=0)[:-6], "is a damaged gzip file")],
)
def test_a_file_that_is_no_text_is_an_error(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_dump(data, "dump.json")


def test_deep_nesting_is_left_out() -> None:
    found = read(json.dumps([FIRST])[:-1] + ',{"a":' + "[" * 100_000 + "]")
    assert ids(found) == [1]
    assert len(found.rejected) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
WHOLE = st.sampled_from([FIRST, SECOND, pull(7)])
BENT = st.tuples(WHOLE, st.sampled_from(sorted((FIRST | pull(7)).keys() - {"number", "url"})), VALUES).map(
    lambda told: {**told[0], told[1]: told[2]}
)


@given(st.binary())
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    try:
        read_dump(data, "dump.json")
    except InputError as error:
        assert "dump.json" in str(error)


@given(st.lists(WHOLE | BENT | st.dictionaries(st.text(), VALUES, max_size=2), max_size=5), st.booleans())
def test_each_object_is_used_or_counted(rows: list[Any], lines: bool) -> None:
    # No pull request twice: of those only the later one stands in the dump.
    told = [row | {"number": n, "url": f"{API}/{n}"} if "number" in row else row for n, row in enumerate(rows)]
    text = "\n".join(map(json.dumps, [FIRST, *told])) if lines else json.dumps([FIRST, *told])
    found = read(text)
    assert len(ids(found)) + sum(map(len, found.pulls.values())) + len(found.rejected) == 1 + len(rows)


def test_times_are_told_in_utc_so_that_they_sort() -> None:
    found = read(
        json.dumps([comment(1, created_at="20260102T010000+0200"), pull(7, merged_at="2026-01-02T01:00+02:00")])
    )
    (said,), merged = found.comments["octo/demo"], found.pulls["octo/demo"][7]
    assert (said.created_at, merged.merged_at) == ("2026-01-01T23:00:00Z", "2026-01-01T23:00:00Z")
