"""Two versions side by side: the full text, the published shape, and what strangers name."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
from tests.records import a_finding, a_generated_review, a_review

from reviewlore.domain.comparison import ComparedFinding, ComparedVersion, Verdict, VersionComparison
from reviewlore.domain.history import Anchor
from reviewlore.formats.comparison import SCHEMA, render_comparison, render_comparison_json

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"
TEXT = """\
Two versions on 3 files of acme/shop 4be1c0ffee..9d8e7f6a5b: 9 candidates; both say 1, only the
first 1, only the second 1.
embedded-20260101-0a1b2c (in force, embedded tier): 2 comments, 7 not said
prior (compared, embedded tier): 2 comments, 7 not said

Both say:
1. src/shop/api/orders.py:4
   Error: `shop.api` now imports `shop.storage` directly. [architecture/layer_crossed]
   embedded-20260101-0a1b2c  said as number 1 · rank 2 of 9 · score +1.42 · P(addressed) 0.71
   prior                     said as number 1 · rank 1 of 9 · score +0.80 · P(addressed) 0.66

Only embedded-20260101-0a1b2c says:
1. src/shop/services/refunds.py
   Warning: A refund of zero is not tested. [generated/testing]
   embedded-20260101-0a1b2c  said as number 2 · rank 1 of 9 · score +2.00
   prior                     not said (below_threshold) · rank 8 of 9 · score -1.25

Only prior says:
1. docs/new name.md:2 (removed line)
   Note: The heading says more than the page. [foreign/linty/heading]
   embedded-20260101-0a1b2c  not said (over_cap) · rank 5 of 9 · score +0.10 · P(addressed) 0.40
   prior                     said as number 2 · rank 3 of 9 · score +0.30 · P(addressed) 0.55

Neither says, for different reasons:
1. src/shop/api/orders.py:4
   Error: `shop.api` now imports `shop.storage` directly. [architecture/layer_crossed]
   embedded-20260101-0a1b2c  not said (over_cap) · rank 3 of 9 · score +0.50
   prior                     not said (merged) · rank 4 of 9 · score +0.20

Dropped otherwise (embedded-20260101-0a1b2c, prior): below_threshold 3, 6; over_cap 3, 0.

Note: No score reached the target precision.
Note on prior: The code has moved since.
"""


def a_comparison() -> VersionComparison:
    testing = replace(
        a_finding(), id="2", rule="generated/testing", source="generated", specialist="testing", severity="warning",
        title="A refund of zero is not tested.", anchor=Anchor("src/shop/services/refunds.py", None),
    )  # fmt: skip
    heading = replace(
        a_finding(), id="3", rule="foreign/linty/heading", source="foreign", severity="info",
        title="The heading says more than the page.", anchor=Anchor("docs/new name.md", 2, "LEFT"),
    )  # fmt: skip
    dropped = {"below_threshold": 3, "merged": 1, "over_cap": 3}
    return VersionComparison(
        repository="acme/shop",
        base=a_review().base,
        head=a_review().head,
        first=ComparedVersion("embedded-20260101-0a1b2c", "embedded", 2, dropped),
        second=ComparedVersion(
            "prior", "embedded", 2, {"below_threshold": 6, "merged": 1}, ("The code has moved since.",)
        ),
        candidates=9,
        both=(ComparedFinding(a_finding(), Verdict(2, 1.42, 0.71, 1), Verdict(1, 0.8, 0.66, 1)),),
        only_first=(ComparedFinding(testing, Verdict(1, 2, None, 2), Verdict(8, -1.25, reason="below_threshold")),),
        only_second=(
            ComparedFinding(heading, Verdict(5, 0.1, 0.4, reason="over_cap"), Verdict(3, 0.3, 0.55, 2)),
        ),
        neither=(
            ComparedFinding(a_finding(), Verdict(3, 0.5, reason="over_cap"), Verdict(4, 0.2, reason="merged")),
        ),
        notes=("No score reached the target precision.",),
        files_reviewed=3,
        files_skipped={"binary": 1},
    )  # fmt: skip


def silent() -> VersionComparison:
    one, prior = ComparedVersion("one", "adapter", 0), ComparedVersion("prior", "embedded", 0)
    return VersionComparison("acme/shop", "a" * 40, "b" * 40, one, prior, 0)


def hostile() -> VersionComparison:
    evil = replace(a_finding(), title="\x1b[2J\u202e\ud8ff", anchor=Anchor("a\n1. b\udc80\u202e.py", 1))
    return replace(a_comparison(), both=(ComparedFinding(evil, Verdict(1, 0.0), Verdict(1, 0.0)),))


def test_the_whole_text() -> None:
    assert render_comparison(a_comparison()) == TEXT


def test_silence_of_both_is_short() -> None:
    assert render_comparison(silent()) == (
        "Two versions on 0 files of acme/shop aaaaaaaaaa..bbbbbbbbbb: 0 candidates; both say 0, only the\n"
        "first 0, only the second 0.\n"
        "one (in force, adapter tier): 0 comments, 0 not said\n"
        "prior (compared, embedded tier): 0 comments, 0 not said\n"
    )


def test_of_very_many_unsaid_ones_the_text_shows_some_and_says_so() -> None:
    many = replace(a_comparison(), neither=a_comparison().neither * 50)
    text = render_comparison(many)
    assert text.count("not said (merged)") == 20
    assert "\nAnd 30 more; --format json has all.\n" in text
    assert len(json.loads(render_comparison_json(many))["neither"]) == 50


def test_what_asking_a_model_took_is_told_once() -> None:
    generated = a_generated_review()
    asked = replace(a_comparison(), coverage=generated.coverage, usage=generated.usage)
    text = render_comparison(asked)
    assert text.count(f"Asked {generated.usage.model}: ") == 1
    assert "Not shown to the model: dist/app.min.js (generated)." in text
    data = json.loads(render_comparison_json(asked))
    assert data["usage"]["calls"] == generated.usage.calls
    assert data["coverage"]["clipped"] == {"src/big.py": 40}


def test_what_strangers_name_cannot_write_on_the_terminal() -> None:
    text = render_comparison(hostile())
    assert not [character for character in "\x1b\u202e\udc80\ud8ff" if character in text]
    assert "\n1. b" not in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("comparison", [a_comparison(), silent(), hostile()])
def test_every_comparison_keeps_the_published_schema(comparison: VersionComparison) -> None:
    text = render_comparison_json(comparison)
    assert text.isascii()
    validator().validate(json.loads(text))


def test_it_holds_everything_the_record_holds() -> None:
    data = json.loads(render_comparison_json(a_comparison()))
    assert data["schema"] == SCHEMA == "reviewlore/comparison/1"
    assert data["first"] == {
        "version": "embedded-20260101-0a1b2c",
        "tier": "embedded",
        "said": 2,
        "dropped": {"below_threshold": 3, "merged": 1, "over_cap": 3},
        "notes": [],
    }
    (row,) = data["only_second"]
    assert (row["path"], row["line"], row["side"], row["rule"]) == (
        "docs/new name.md", 2, "LEFT", "foreign/linty/heading",
    )  # fmt: skip
    assert row["first"] == {"place": None, "reason": "over_cap", "rank": 5, "score": 0.1, "probability": 0.4}
    assert row["second"] == {"place": 2, "reason": "", "rank": 3, "score": 0.3, "probability": 0.55}
    assert data["files"] == {"reviewed": 3, "skipped": {"binary": 1}}


def test_the_schema_refuses_what_is_no_comparison() -> None:
    good = json.loads(render_comparison_json(a_comparison()))
    assert validator().is_valid(good)
    assert not validator().is_valid(good | {"schema": "reviewlore/comparison/2"})
    assert not validator().is_valid(good | {"more": 1})
    assert not validator().is_valid({key: value for key, value in good.items() if key != "neither"})
    row = good["both"][0]
    assert not validator().is_valid(good | {"both": [row | {"first": row["first"] | {"rank": 0}}]})


def validator():
    return jsonschema_rs.validator_for((SCHEMAS / "comparison.schema.json").read_text(encoding="utf-8"))
