"""git-appraise's notes by its published schemas: what a line says, which comment it answers, edits or says again."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.formats.appraise import ReviewNote, ReviewRequest, join_versions, read_notes, read_requests

COMMIT = "c" * 40
PLACE = {"commit": COMMIT, "path": "a.py", "range": {"startLine": 4}}


def line(**fields: Any) -> bytes:
    """A comment as git-appraise writes it: compact, its fields in their order."""
    given_ = {"timestamp": "1450000000", "author": "mira@example.org", **fields}
    order = ("timestamp", "author", "original", "parent", "location", "description", "resolved", "v", "signature")
    told = {key: given_[key] for key in sorted(given_, key=lambda key: order.index(key) if key in order else 99)}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def sha(octets: bytes) -> str:
    return hashlib.sha1(octets).hexdigest()


def read(*lines: bytes) -> tuple[ReviewNote, ...]:
    notes, malformed = read_notes(b"\n".join(lines) + b"\n")
    assert malformed == 0
    return notes


def joined(*lines: bytes) -> tuple[ReviewNote, ...]:
    return join_versions(read(*lines))[0]


def test_a_comment_by_the_schema() -> None:
    spoken = line(
        location={"commit": COMMIT, "path": "a.py", "range": {"startLine": 4, "startColumn": 1, "endLine": 6}},
        description="Rename this.\r\nPlease.\n", resolved=False, v=0,
    )  # fmt: skip
    assert read(spoken) == (
        ReviewNote(
            id=sha(spoken), author="mira@example.org", body="Rename this.\nPlease.", created_at="2015-12-13T09:46:40Z",
            edited_at=None, parent=None, commit=COMMIT, path="a.py", start_line=4, line=6, resolved=False,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        (None, None, None), ({}, None, None), ({"startLine": 0}, None, None), ({"startLine": 4}, None, 4),
        ({"startLine": 4, "endLine": 4}, None, 4), ({"startLine": 4, "endLine": 2}, None, 4),
        ({"startLine": 4, "endLine": 6}, 4, 6), ({"startLine": "4"}, None, None), ({"startLine": -1}, None, None),
        ({"startLine": True}, None, None), ({"startLine": 2**40}, None, None), ([4], None, None),
    ],
)  # fmt: skip
def test_where_a_comment_stands(span: Any, start: int | None, end: int | None) -> None:
    (note,) = read(line(location={"commit": COMMIT, "path": "a.py", "range": span}))
    assert (note.start_line, note.line, note.path) == (start, end, "a.py")


def test_a_comment_without_a_place_is_one_on_the_whole() -> None:
    (note,) = read(line(description="Looks fine.", resolved=True))
    assert (note.commit, note.path, note.line, note.resolved) == (None, None, None, True)


@pytest.mark.parametrize(
    "row",
    [
        b"free text", b"[]", b"{}", b'"text"', b"\xff\xfe", b'{"timestamp":"soon","author":"a"}', line(author=""),
        line(timestamp=""), line(timestamp="9" * 30), line(v=1), line(author=5), line(location={"path": "a\0"}),
        b'{"timestamp":"1450000000","author":"\\ud83d"}', b'{"a":' * 100_000, b'{"timestamp":1450000000,"author":"a"}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_comment_is_counted(row: bytes) -> None:
    notes, malformed = read_notes(b"\n".join([row, line(description="A comment."), b"", b"  "]))
    assert ([note.body for note in notes], malformed) == (["A comment."], 1)


def test_answers_and_edits_name_a_comment_by_its_line() -> None:
    root = line(location=PLACE, description="Rename this to <total> & sum.")
    answer = line(parent=sha(root), description="Done.", timestamp="1450000060", author="wen")
    edit = line(original=sha(root), description="Rename this to total.", timestamp="1450000030")
    again = line(original=sha(edit), description="Lost.", timestamp="1450000040")
    notes, malformed = read_notes(b"\n".join([again, edit, answer, root]))
    assert [(note.body, note.parent) for note in notes] == [("Rename this to total.", None), ("Done.", sha(root))]
    assert (notes[0].id, notes[0].edited_at, malformed) == (sha(root), "2015-12-13T09:47:10Z", 1)


def test_of_several_edits_the_last_one_stands() -> None:
    root = line(location=PLACE, description="one", resolved=False)
    edits = [
        line(original=sha(root), description="three", timestamp="1450000300"),
        line(original=sha(root), description="two", timestamp="1450000200", resolved=True),
    ]
    (note,) = read(*edits, root)
    assert (note.body, note.created_at, note.edited_at) == ("three", "2015-12-13T09:46:40Z", "2015-12-13T09:51:40Z")
    assert note.resolved is True


def test_an_answer_may_name_what_the_tool_itself_would_have_written() -> None:
    """The mirror of pull requests once wrote another order and an empty `Parent`; the tool's ids ignore both."""
    written = {"timestamp": "1450000000", "author": "mira", "location": PLACE, "Parent": "", "description": "a < b & c"}
    raw = json.dumps(written, separators=(",", ":")).encode()
    told = '{"timestamp":"1450000000","author":"mira","location":%s,"description":"a \\u003c b \\u0026 c"}'
    canonical = (told % json.dumps(PLACE, separators=(",", ":"))).encode()
    answers = [line(parent=sha(raw), description="by its line"), line(parent=sha(canonical), description="by its id")]
    root, *found = sorted(read(raw, *answers), key=lambda note: note.parent is not None)
    assert root.id == sha(raw)
    assert {(note.body, note.parent) for note in found} == {("by its line", sha(raw)), ("by its id", sha(raw))}


def test_keys_count_in_any_case() -> None:
    root = line(location=PLACE, description="Rename this.")
    answer = {"timestamp": "1450000001", "author": "wen", "Parent": sha(root), "Description": "Done."}
    assert read(root, json.dumps(answer).encode())[1].parent == sha(root)


def test_a_mirrors_account_passes_on_whose_word_it_is() -> None:
    (note,) = read(line(author="git-mirror", description="wen@example.org:\n\nDone"))
    assert (note.author, note.body) == ("wen@example.org", "Done")
    (own,) = read(line(author="ann@example.org", description="wen@example.org:\n\nsaid so"))
    assert own.author == "ann@example.org"


def test_what_was_written_again_is_one_comment() -> None:
    gone = {**PLACE, "commit": None}
    first = line(author="mira", location=gone, description="Should this name the parent?")
    edited = line(
        author="mira", location=PLACE, timestamp="1450000100",
        description="Should this name the parent? For example:\n`no parent 1122`",
    )  # fmt: skip
    again = line(
        author="mira", location=PLACE, timestamp="1450000200",
        description="Should this name the parent? For example:\n\n``` \nno parent 1122\n```\n",
    )  # fmt: skip
    answer = line(author="wen", parent=sha(edited), timestamp="1450000150", description="Yes.")
    notes, versions = join_versions(read(first, edited, again, answer))
    root, reply = sorted(notes, key=lambda note: note.parent is not None)
    assert (root.id, root.commit, root.created_at) == (sha(first), COMMIT, "2015-12-13T09:46:40Z")
    assert root.body.startswith("Should this name the parent? For example:\n`no")
    assert (root.edited_at, reply.parent, versions) == ("2015-12-13T09:48:20Z", sha(first), 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"author": "noor"}, {"location": {**PLACE, "range": {"startLine": 5}}}, {"location": {**PLACE, "path": "b.py"}},
        {"description": "This is about something else altogether."}, {"resolved": True}, {"parent": "f" * 40},
    ],
)  # fmt: skip
def test_what_differs_in_person_place_or_words_stays_apart(changes: dict[str, Any]) -> None:
    first = line(location=PLACE, description="Please rename this variable.")
    second = line(
        **{"location": PLACE, "description": "Please rename this variable.", "timestamp": "1450000009"} | changes
    )
    assert len(joined(first, second)) == 2


def test_words_of_few_letters_are_versions_only_where_they_are_the_same() -> None:
    assert len(joined(line(description="Done."), line(description="done", timestamp="1450000009"))) == 1
    assert len(joined(line(description="Done."), line(description="Done, see b", timestamp="1450000009"))) == 2
    assert len(joined(line(resolved=True), line(resolved=True, timestamp="1450000009"))) == 2


def test_requests_in_the_order_of_time() -> None:
    rows = [
        {"timestamp": "1450000002", "requester": "wen", "reviewRef": "refs/heads/f", "targetRef": "", "v": 0},
        {"timestamp": "1450000001", "requester": "wen", "reviewRef": "refs/heads/f", "targetRef": "refs/heads/main"},
        {"requester": "wen", "targetRef": "refs/heads/main", "baseCommit": "b" * 40, "alias": "a" * 40},
        {"timestamp": "1450000003", "requester": "wen", "targetRef": "refs/heads/main", "v": 1}, {"description": "no"},
    ]  # fmt: skip
    note = b"\n".join([*(json.dumps(row).encode() for row in rows), b"free text"])
    assert read_requests(note) == (
        ReviewRequest("wen", "", "refs/heads/main", "b" * 40, "a" * 40),
        ReviewRequest("wen", "refs/heads/f", "refs/heads/main", "", ""),
        ReviewRequest("wen", "refs/heads/f", "", "", ""),
    )
    assert read_requests(b"") == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["1450000000", "a" * 40]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["path", "range", "v"]), inner),
    max_leaves=4,
)
FIELDS = st.sampled_from(
    ["timestamp", "author", "original", "parent", "Parent", "location", "description", "resolved", "v", "targetRef"]
)
LINES = st.dictionaries(FIELDS, VALUES).map(lambda row: json.dumps(row).encode()) | st.binary(max_size=40)
SPOKEN = st.builds(
    lambda path, at, body: line(location={**PLACE, "path": path}, timestamp=str(at), description=body),
    st.text(min_size=1), st.integers(10**9, 10**10 - 1), st.text(),
)  # fmt: skip


@given(st.lists(LINES | SPOKEN, max_size=6))
def test_any_note_is_read_and_what_is_read_can_be_stored(rows: list[bytes]) -> None:
    note = b"\n".join(rows)
    notes, malformed = read_notes(note)
    assert len(notes) + malformed <= sum(bool(row.strip()) for row in note.split(b"\n"))
    once, versions = join_versions(notes)
    assert len(once) + versions == len(notes)
    for each in once:
        assert each.created_at.endswith("Z") and each.author
        json.dumps([each.body, each.author, each.path], ensure_ascii=False).encode()
    read_requests(note)
