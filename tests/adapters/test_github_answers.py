"""What an answer of GitHub means, whatever comes: a wait, an error with advice, never an accident."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.github_answers import (
    Answer,
    GaveUpError,
    Patience,
    RefusedCursorError,
    explain,
    explain_query,
    find_pause,
    read_answer,
)
from reviewlore.errors import ForgeError, InputError, RefusedError, ReviewloreError

PATIENCE = Patience()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["message", "errors", "data", "type", "path"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "date", "x-other"]),
    st.text() | st.integers(0, 10**12).map(str) | st.just("Sat, 21 Nov 2026 09:00:00 GMT"),
)
RESET = {"date": "Sat, 21 Nov 2026 09:00:00 GMT", "x-ratelimit-reset": "1795251720", "x-ratelimit-remaining": "0"}


@given(st.integers(100, 599), HEADERS, JSON.map(json.dumps) | st.text(), st.integers(0, 4))
def test_whatever_comes_is_a_wait_or_one_clear_error(
    status: int, headers: dict[str, str], text: str, attempt: int
) -> None:
    answer = read_answer(status, headers, text)
    pause = find_pause(answer, attempt, PATIENCE)
    assert pause is None or (pause >= 0 and math.isfinite(pause))
    for error in (explain(answer, "GET /x"), explain_query(answer)):
        assert isinstance(error, ReviewloreError) and len(str(error)) > 20


@pytest.mark.parametrize(
    ("answer", "pauses"),
    [
        (Answer(200, {}, {"data": {}}), [None, None]),
        (Answer(404, {}, {"message": "Not Found"}), [None, None]),
        (Answer(403, {}, {"message": "Must have push access"}), [None, None]),
        (Answer(502), [1, 2, 4, 8]),
        (Answer(lost="ProtocolError"), [1, 2, 4, 8]),
        (Answer(lost="NewConnectionError", unreachable=True), [0.5, 1, None]),
        (Answer(lost="ConnectTimeoutError", unreachable=True), [None]),  # waited for long enough
        (Answer(200, cut=True), [1, 2]),
        (Answer(429), [60, 120, 240]),
        (Answer(429, {"retry-after": "7"}), [7, 7]),
        (Answer(403, {"retry-after": "7"}, {"message": "Slow down"}), [7, 7]),
        (Answer(403, RESET, {"message": "API rate limit exceeded for user ID 1."}), [121, 121]),
        (Answer(200, RESET, {"errors": [{"type": "RATE_LIMITED", "message": "Too many points"}]}), [121]),
        (Answer(200, {}, {"errors": [{"message": "Something went wrong while executing your query."}]}), [1, 2]),
        (Answer(200, {}, {"errors": [{"type": "NOT_FOUND", "message": "None"}]}), [None]),
    ],
)
def test_how_long_to_leave_github_alone(answer: Answer, pauses: list[float | None]) -> None:
    assert [find_pause(answer, attempt, PATIENCE) for attempt in range(len(pauses))] == pauses


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(lost="NewConnectionError", unreachable=True), ForgeError, "cannot be reached for GET /x"),
        (Answer(lost="ProtocolError"), GaveUpError, "no usable answer to GET /x (none: ProtocolError)"),
        (Answer(200, cut=True), GaveUpError, "cut short or no JSON"),
        (Answer(500, {}, {"message": "Oops"}), GaveUpError, "status 500: Oops."),
        (Answer(429, {}, {"message": "Too many requests"}), ForgeError, "rate limit stops GET /x"),
        (Answer(401, {}, {"message": "Bad credentials"}), RefusedError, "did not accept the token"),
        (Answer(403, {"x-accepted-github-permissions": "issues=write"}, {}), RefusedError, "it needs issues=write"),
        (Answer(404, {}, {"message": "Not Found"}), InputError, "nothing at GET /x"),
        (Answer(422, {}, {"message": "Invalid", "errors": ["line"]}), InputError, "Invalid; line."),
        (Answer(307, {}, {"message": "Moved"}), ForgeError, "status 307: Moved."),
        (Answer(418, {}, []), ForgeError, "status 418: no explanation."),
    ],
)
def test_what_went_wrong_is_said_with_what_to_do(answer: Answer, kind: type[Exception], words: str) -> None:
    error = explain(answer, "GET /x")
    assert type(error) is kind and words in str(error)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("NOT_FOUND", InputError),
        ("FORBIDDEN", RefusedError),
        ("INVALID_CURSOR_ARGUMENTS", RefusedCursorError),
        ("RESOURCE_LIMITS_EXCEEDED", GaveUpError),
        ("SOMETHING_ELSE", ForgeError),
    ],
)
def test_what_went_wrong_with_a_query(type_: str, kind: type[Exception]) -> None:
    error = explain_query(Answer(200, {}, {"data": None, "errors": [{"type": type_, "message": "Why"}]}))
    assert type(error) is kind and "Why" in str(error)
