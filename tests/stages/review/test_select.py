"""Few comments, worst first; everything left out has its reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.config import ReviewSettings
from reviewlore.diff import parse_diff
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor
from reviewlore.domain.saying import Said
from reviewlore.stages.review.select import Past, reaches, select

FINDING = Finding("f", "architecture/x", "architecture", Anchor("a.py", 1), "@@", "t", "w", "a", "warning", 0.9)


def finding(number: int, **changes: object) -> Finding:
    return replace(FINDING, id=f"f{number}", anchor=Anchor("a.py", number), **changes)  # type: ignore[arg-type]


def test_worse_comes_first_then_the_score_decides() -> None:
    order = [
        finding(1, score=2.0),
        finding(2, severity="error", score=-5.0),
        finding(3, score=3.0),
        finding(4, severity="info"),
    ]
    kept, _ = select(order, ReviewSettings())
    assert [item.id for item in kept] == ["f2", "f3", "f1", "f4"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (ReviewSettings(max_comments=0), "over_cap"),
        (ReviewSettings(min_severity="error"), "below_min_severity"),
        (ReviewSettings(min_confidence=0.95), "below_min_confidence"),
        (ReviewSettings(silent=("x",)), "silenced_by_config"),
        (ReviewSettings(silent=("architecture/x",)), "silenced_by_config"),
    ],
)
def test_settings_leave_out_with_a_reason(settings: ReviewSettings, reason: str) -> None:
    kept, dropped = select([FINDING], settings)
    assert kept == ()
    assert [item.reason for item in dropped] == [reason]


def test_nothing_is_said_twice() -> None:
    kept, dropped = select([FINDING, FINDING, finding(5)], ReviewSettings(), dismissed=frozenset({"f5"}))
    assert [item.id for item in kept] == ["f"]
    assert sorted(item.reason for item in dropped) == ["dismissed_before", "duplicate"]


def test_one_comment_a_line() -> None:
    kept, dropped = select([FINDING, replace(FINDING, id="g", severity="error")], ReviewSettings())
    assert [item.id for item in kept] == ["g"]
    assert [(item.id, item.reason) for item in dropped] == [("f", "same_line_as_a_worse_finding")]


def words(text: str) -> frozenset[str]:
    return frozenset(text.lower().replace(".", " ").split())


SPOKEN = replace(
    FINDING, source="generated", rule="generated/testing", title="The empty list is not tested",
    why="total returns zero then.", advice="Add a test.", probability=0.4,
)  # fmt: skip
REWORDED = "Nothing tests the empty list: total returns zero then. Add a test."
PATCHES = {p.path: p for p in parse_diff("diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n x\n+y\n")}


def reasons(subject: Finding, past: Past, settings: ReviewSettings | None = None) -> list[str]:
    kept, dropped = select([subject], settings or ReviewSettings(), past=past)
    assert len(kept) + len(dropped) == 1
    return [item.reason for item in dropped]


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (Past(), []),
        (Past(thresholds={"generated": 0.4, "architecture": 0.9}), []),
        (Past(thresholds={"generated": 0.41}), ["below_threshold"]),
        (Past(patches=PATCHES), []),
        (Past(patches={}), ["off_diff"]),
        (Past(said=(Said("f", "a.py", text=REWORDED),), words=words), []),  # our own comment: it stays
        (Past(said=(Said("other", "a.py", text=REWORDED),), words=words), ["already_said"]),
        (Past(said=(Said("other", "b.py", text=REWORDED),), words=words), []),
        (Past(said=(Said("other", "a.py", text="The cache is never emptied anywhere."),), words=words), []),
        (Past(said=(Said("other", "a.py", text=REWORDED),)), []),
        (Past(dismissed=(Said("o", "a.py", "generated/testing", REWORDED),), words=words), ["dismissed_before"]),
        (Past(dismissed=(Said("o", "a.py", "generated/testing"),)), ["dismissed_before"]),
        (Past(dismissed=(Said("o", "b.py", "generated/testing"),)), []),
        (Past(old=lambda finding: finding.id == "f"), ["unchanged_since_last_review"]),
        (Past(old=lambda finding: True, standing=frozenset({"f"})), []),
        (Past(said=(Said("other", "a.py", text=REWORDED),), words=words, standing=frozenset({"f"})), []),
        (Past(dismissed=(Said("o", "a.py", "generated/debugging", REWORDED),), words=words), []),
    ],
)  # fmt: skip
def test_what_was_said_seen_or_dismissed_is_not_said_again(past: Past, expected: list[str]) -> None:
    assert reasons(SPOKEN, past) == expected


def test_a_declared_contract_is_said_however_improbable() -> None:
    declared = replace(FINDING, severity="error", probability=0.01)
    past = Past(thresholds={"architecture": 0.9}, dismissed=(Said("o", "a.py", FINDING.rule),))
    assert reasons(declared, past) == []
    assert reasons(replace(declared, inferred=True), past) == ["dismissed_before"]
    assert reasons(replace(declared, severity="warning"), Past(thresholds={"architecture": 0.9})) == ["below_threshold"]


def test_what_nothing_was_calibrated_for_has_no_threshold() -> None:
    assert reasons(FINDING, Past(thresholds={"architecture": 0.9})) == []


def test_another_tools_silence_about_its_confidence_says_nothing() -> None:
    assert reasons(replace(FINDING, source="foreign", confidence=0.1), Past()) == []


def test_the_likelier_comes_first_within_a_severity() -> None:
    order = [finding(1, probability=0.2, score=9.0), finding(2, probability=0.8), finding(3)]
    kept, dropped = select(order, ReviewSettings(max_comments=2))
    assert [item.id for item in kept] == ["f2", "f3"]
    assert [(item.id, item.reason) for item in dropped] == [("f1", "over_cap")]


def test_what_stands_or_was_seen_before_takes_no_room_from_what_is_new() -> None:
    stands, seen = [finding(number, severity="error") for number in (1, 2)], [finding(3)]
    new = [finding(4), finding(5, severity="info")]
    past = Past(standing=frozenset({"f1", "f2"}), old=lambda item: item.id == "f3")
    kept, dropped = select([*stands, *seen, *new], ReviewSettings(max_comments=1), past=past)
    assert [item.id for item in kept] == ["f1", "f2", "f4"]
    assert [(item.id, item.reason) for item in dropped] == [("f3", "over_cap"), ("f5", "over_cap")]
    wide, dropped = select([*stands, *seen], ReviewSettings(max_comments=9), past=past)
    assert [item.id for item in wide] == ["f1", "f2"]
    assert [(item.id, item.reason) for item in dropped] == [("f3", "unchanged_since_last_review")]


@pytest.mark.parametrize(("cap", "expected"), [(2, ["f1"]), (3, ["f1", "f3"]), (9, ["f1", "f3", "f4"])])
def test_errors_that_were_seen_before_are_said_in_the_room_that_is_left(cap: int, expected: list[str]) -> None:
    found = [finding(number, severity="error", score=-number) for number in (1, 3, 4)]
    past = Past(standing=frozenset({"f1", "other"}), old=lambda item: True)
    kept, dropped = select(found, ReviewSettings(max_comments=cap), past=past)
    assert [item.id for item in kept] == expected
    assert {item.reason for item in dropped} <= {"over_cap"}


def test_what_was_seen_before_does_not_take_the_line_of_what_is_new() -> None:
    seen, new = replace(FINDING, id="seen", score=9.0), FINDING
    kept, _ = select([seen, new], ReviewSettings(), past=Past(old=lambda item: item.id == "seen"))
    assert [item.id for item in kept] == ["f"]


def test_looking_at_the_same_head_again_changes_nothing() -> None:
    found = [finding(number, severity="warning" if number % 2 else "info") for number in range(1, 9)]
    found += [replace(finding(20), anchor=found[0].anchor), replace(finding(21), confidence=0.1)]
    settings = ReviewSettings(max_comments=3)
    kept, dropped = select(found, settings)
    past = Past(standing=frozenset(item.id for item in kept), old=lambda item: True)
    assert select(found, settings, past=past) == (kept, dropped)


def test_fail_on_compares_severities() -> None:
    assert reaches([FINDING], "warning") and reaches([FINDING], "info")
    assert not reaches([FINDING], "error") and not reaches([FINDING], "never")


many = st.lists(
    st.builds(
        lambda n, line, severity, score, confidence: replace(
            FINDING, id=f"f{n}", anchor=Anchor("a.py", line), severity=severity, score=score, confidence=confidence
        ),
        st.integers(0, 9), st.integers(1, 4), st.sampled_from(["info", "warning", "error"]), st.floats(-3, 3),
        st.floats(0, 1),
    ),
    max_size=12,
)  # fmt: skip


@given(many, st.integers(0, 5))
def test_every_finding_is_kept_or_counted_and_order_does_not_matter(findings: list[Finding], cap: int) -> None:
    settings = ReviewSettings(max_comments=cap)
    kept, dropped = select(findings, settings)
    assert len(kept) + len(dropped) == len(findings)
    assert len(kept) <= cap
    assert len({item.anchor for item in kept}) == len(kept)
    if len({item.id for item in findings}) == len(findings):
        assert select(findings[::-1], settings)[0] == kept
