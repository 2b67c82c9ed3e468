"""The judge itself, and the reading of patches: what they accept and what they refuse."""

from tests.github.bare import hunk_lines, hunk_until
from tests.github.contract import Contract


def test_the_contract_knows_what_is_malformed() -> None:
    contract = Contract()
    reviews = "/repos/o/r/pulls/1/reviews"
    assert not contract.judge_request("POST", reviews, {"event": "COMMENT", "body": "x"})
    assert contract.judge_request("POST", reviews, {"event": "SHOUT"})
    assert contract.judge_response("GET", "/repos/o/r", 200, {"id": 1})
    assert contract.judge_response("GET", "/repos/o/r", 418, {}) == [
        "GET /repos/{owner}/{repo}: status 418 is not among ['200', '301', '403', '404']"
    ]
    assert contract.match("GET", "/repos/o/r/contents/a/b/c.py").values["path"] == "a/b/c.py"


def test_hunks_are_cut_at_the_line_that_was_meant() -> None:
    patch = "@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n@@ -9,2 +9,2 @@ f\n e\n-g\n+h\n\\ No newline at end of file"
    assert hunk_lines(patch) == [({1, 2, 3}, {1, 2, 3}), ({9, 10}, {9, 10})]
    assert hunk_until(patch, 2, "LEFT") == "@@ -1,3 +1,3 @@\n a\n-b"
    assert hunk_until(patch, 10, "RIGHT") == "@@ -9,2 +9,2 @@ f\n e\n-g\n+h"
    assert hunk_until(patch, 99, "RIGHT") == ""
