"""Few comments, worst first; everything left out has its reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.config import ReviewSettings
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor
from reviewlore.stages.review.select import reaches, select

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
