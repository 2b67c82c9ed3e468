"""Outcomes from weighted evidence: code first, then replies; a reply alone is weak; silence is unknown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.diff import parse_diff
from reviewlore.domain.history import OutcomeEvidence, RawRemark, Reply
from reviewlore.stages.outcome import CodeChange, decide_outcome, find_suggestions, label

RAW = RawRemark(
    repository="o/r", pull_request=1, comment_id="1", path="a.py", hunk="@@ -1,3 +1,3 @@\n a", body="Rename this.",
    author="reviewer", author_is_bot=False, pull_request_author="author", created_at="2026-01-01T00:00:00Z", line=10,
)  # fmt: skip


def patch(old: int, removed: list[str], added: list[str], status: str = "") -> CodeChange:
    body = "".join(f"-{line}\n" for line in removed) + "".join(f"+{line}\n" for line in added)
    text = (
        f"diff --git a/a.py b/a.py\n{status}--- a/a.py\n+++ b/a.py\n"
        f"@@ -{old},{len(removed) + 1} +{old},{len(added) + 1} @@\n{body} context\n"
    )
    return CodeChange(parse_diff(text)[0])


def kinds(raw: RawRemark, change: CodeChange | None) -> tuple[str, str, list[str]]:
    outcome, confidence, evidence = label(raw, change)
    return outcome, confidence, [item.kind for item in evidence]


def test_nothing_known_is_unknown() -> None:
    assert kinds(RAW, None) == ("unknown", "low", [])


def test_an_identical_file_is_ignored() -> None:
    assert kinds(RAW, CodeChange(None)) == ("ignored", "high", ["file_identical"])


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (10, ("addressed", "high", ["lines_changed"])),
        (8, ("addressed", "medium", ["nearby_changed"])),
        (13, ("addressed", "medium", ["nearby_changed"])),
        (14, ("ignored", "medium", ["lines_untouched"])),
        (3, ("ignored", "medium", ["lines_untouched"])),
    ],
)
def test_what_counts_is_where_the_file_changed(at: int, expected: tuple[str, str, list[str]]) -> None:
    assert kinds(RAW, patch(at, ["x"], ["y"])) == expected


def test_an_insertion_right_there_counts_as_near() -> None:
    assert kinds(RAW, patch(10, [], ["new"]))[2] == ["nearby_changed"]


def test_a_range_is_changed_where_any_of_its_lines_is() -> None:
    assert kinds(replace(RAW, start_line=5), patch(6, ["x"], ["y"]))[0] == "addressed"


def test_a_suggestion_committed_verbatim_is_the_strongest_evidence() -> None:
    raw = replace(RAW, body="Use this:\n```suggestion\n    return total\n```")
    outcome, confidence, evidence = kinds(raw, patch(10, ["return x"], ["    return total"]))
    assert (outcome, confidence, evidence[0]) == ("addressed", "high", "suggestion_committed")
    assert find_suggestions(raw.body) == ("    return total",)


def test_a_suggestion_that_was_there_before_is_not_committed() -> None:
    raw = replace(RAW, body="```suggestion\ncontext\n```")
    assert "suggestion_committed" not in kinds(raw, patch(10, ["x"], ["y"]))[2]


def test_a_left_side_comment_is_not_judged_by_lines() -> None:
    assert kinds(replace(RAW, side="LEFT"), patch(10, ["x"], ["y"])) == ("unknown", "low", [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Done.", ("addressed", "low", ["reply_done"])),
        ("Good catch, fixed", ("addressed", "low", ["reply_done"])),
        ("I'd rather keep it as is", ("declined", "medium", ["reply_declined"])),
        ("That is intentional", ("declined", "medium", ["reply_declined"])),
        ("What do you mean?", ("unknown", "low", [])),
    ],
)
def test_replies_of_the_author(body: str, expected: tuple[str, str, list[str]]) -> None:
    assert kinds(replace(RAW, replies=(Reply("author", body),)), None) == expected


def test_somebody_elses_reply_says_little() -> None:
    assert kinds(replace(RAW, replies=(Reply("bystander", "Done."),)), None) == ("unknown", "low", [])


def test_refused_in_words_and_untouched_in_code_is_declined() -> None:
    raw = replace(RAW, replies=(Reply("author", "Won't fix, by design."),))
    assert kinds(raw, CodeChange(None)) == ("declined", "high", ["file_identical", "reply_declined"])


def test_code_outweighs_words() -> None:
    raw = replace(RAW, replies=(Reply("author", "Done."),))
    assert kinds(raw, CodeChange(None))[0] == "ignored"


def test_an_imported_outcome_is_evidence_of_its_own_kind() -> None:
    raw = replace(RAW, imported_outcome="addressed", imported_confidence="high", imported_evidence="git:line-changed")
    outcome, confidence, evidence = label(raw, None)
    assert (outcome, confidence) == ("addressed", "high")
    assert evidence == (OutcomeEvidence("imported", "addressed", 0.95, "git:line-changed"),)


def test_evidence_that_cancels_out_is_unknown() -> None:
    sides = [OutcomeEvidence("a", "addressed", 0.6), OutcomeEvidence("b", "ignored", 0.6)]
    assert decide_outcome(sides) == ("unknown", "low")


evidence = st.builds(
    OutcomeEvidence,
    kind=st.text(max_size=3),
    outcome=st.sampled_from(["addressed", "declined", "ignored", "unknown"]),
    weight=st.floats(0.0, 1.0),
)


@given(st.lists(evidence, max_size=6))
def test_more_evidence_for_never_turns_addressed_into_something_else(items: list[OutcomeEvidence]) -> None:
    if decide_outcome(items)[0] == "addressed":
        assert decide_outcome([*items, OutcomeEvidence("more", "addressed", 0.5)])[0] == "addressed"
    assert decide_outcome(items) == decide_outcome(items[::-1])
