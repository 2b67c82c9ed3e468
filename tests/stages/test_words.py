"""Every form a remark can have on a pull request, as full text: suggestion, short or asking team, decision."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import Finding, Precedent, Review
from reviewlore.domain.history import Anchor
from reviewlore.domain.usage import Coverage, Usage, tell_asking
from reviewlore.domain.voice import Voice
from reviewlore.stages.publish.origin import read_comment
from reviewlore.stages.publish.render import render_comment, render_step_summary, render_suggestion, render_summary

URL = "https://github.com/octo/demo"
HEAD, BASE = "b" * 40, "a" * 40
REASONS = "wrong, not-here, already-known, style-only, too-minor, intended, duplicate"
FINDING = Finding(
    id="3fa9c1d2e4",
    rule="testing/missing_case",
    source="generated",
    anchor=Anchor("shop/pay.py", 12, "RIGHT", 11),
    hunk="@@ -11,2 +11,2 @@",
    title="An amount of 0 is charged",
    why="`charge` is called for free orders too.",
    advice="Return early, and test it.",
    severity="warning",
    confidence=0.7,
    probability=0.62,
    measured=True,
    specialist="testing",
    suggestion="    if not amount:\n        return",
    evidence=(Evidence("called for free orders", "shop/orders.py", 40),),
    precedents=(Precedent("octo/demo#7/9", 7, "shop/pay.py", "guard this", "addressed", 0.7, f"{URL}/pull/7#r9"),),
)
REVIEW = Review("octo/demo", BASE, HEAD, "prompt", "embedded-1", (FINDING,), files_reviewed=2)
BRIEF = Voice(remarks=200, median_words=9.0)
FOOTER = (
    "<sub>warning `testing/missing_case` from reviewlore (prompt tier, version `embedded-1`, confidence 0.70, written "
    "by the testing specialist, addressed in about 6 of 10 such cases). Not wanted? Answer `/lore dismiss <reason>` "
    "with one of: "
    f"{REASONS}. Id `3fa9c1d2e4`.</sub>\n\n<!-- reviewlore:finding=3fa9c1d2e4 -->"
)


def test_a_chance_that_is_a_guess_is_not_told() -> None:
    guessed = render_comment(replace(FINDING, measured=False), REVIEW, URL)
    assert guessed == render_comment(replace(FINDING, probability=None), REVIEW, URL)
    assert "such cases" not in guessed


def test_a_generated_remark_with_a_suggestion_as_full_text() -> None:
    assert render_comment(FINDING, REVIEW, URL) == (
        "**An amount of 0 is charged**\n"
        "\n"
        "`charge` is called for free orders too.\n"
        "\n"
        f"- called for free orders ([`shop/orders.py:40`]({URL}/blob/{HEAD}/shop/orders.py#L40))\n"
        "\n"
        "**What to do:** Return early, and test it.\n"
        "\n"
        "````suggestion\n"
        "    if not amount:\n"
        "        return\n"
        "````\n"
        "\n"
        "Said before in this repository:\n"
        f"- [pull request 7]({URL}/pull/7#r9), addressed, on `shop/pay.py`: “guard this”\n"
        "\n"
        f"{FOOTER}"
    )


def test_a_team_of_few_words_gets_few_words() -> None:
    assert render_comment(FINDING, replace(REVIEW, voice=BRIEF), URL) == (
        "**An amount of 0 is charged**\n"
        "\n"
        "Return early, and test it.\n"
        "\n"
        "````suggestion\n"
        "    if not amount:\n"
        "        return\n"
        "````\n"
        "\n"
        "<details><summary>Why, and on what evidence</summary>\n"
        "\n"
        "`charge` is called for free orders too.\n"
        "\n"
        f"- called for free orders ([`shop/orders.py:40`]({URL}/blob/{HEAD}/shop/orders.py#L40))\n"
        "\n"
        "Said before in this repository:\n"
        f"- [pull request 7]({URL}/pull/7#r9), addressed, on `shop/pay.py`: “guard this”\n"
        "\n"
        "</details>\n"
        "\n"
        f"{FOOTER}"
    )


def test_a_team_that_asks_is_asked_where_little_is_at_stake() -> None:
    asking = replace(REVIEW, voice=Voice(remarks=90, median_words=40.0, questions=0.5))
    assert render_comment(replace(FINDING, severity="info"), asking, URL).startswith(
        "**An amount of 0 is charged** Is this meant?\n"
    )
    assert "Is this meant?" not in render_comment(FINDING, asking, URL)


def test_a_decision_and_a_taught_rule_are_cited_as_what_they_are() -> None:
    decision = Precedent("docs/adr/0003.md#Money", 0, "docs/adr/0003.md", "Amounts are cents.", "unknown", 0.5)
    rule = Precedent("r1", 0, "", "No floats for money.", "unknown", 0.4, kind="rule")
    cited = (replace(decision, kind="decision", heading="Money", line=12), rule)
    body = render_comment(replace(FINDING, precedents=cited, suggestion=None), REVIEW, URL)
    assert (
        "Decided in this repository:\n"
        f"- [`docs/adr/0003.md:12`]({URL}/blob/{BASE}/docs/adr/0003.md#L12), Money: “Amounts are cents.”\n"
        "- a rule maintainers taught: “No floats for money.”\n"
    ) in body
    assert "Said before" not in body


def test_what_it_says_of_itself_is_read_back() -> None:
    said = read_comment(render_comment(FINDING, REVIEW, URL, run="77"))
    assert said is not None
    assert (said.tier, said.version, said.confidence, said.run) == ("prompt", "embedded-1", 0.7, "77")
    assert [cited.pull_request for cited in said.precedents] == [7]


def test_where_nothing_can_be_committed_the_code_is_to_be_read() -> None:
    shown = "Proposed instead:\n\n````text\n    if not amount:\n        return\n````"
    removed = replace(FINDING, anchor=Anchor("shop/pay.py", 12, "LEFT"))
    whole_file = replace(FINDING, anchor=Anchor("shop/pay.py"))
    assert render_suggestion(FINDING) == shown  # on the page of a run there is nothing to click on
    assert render_suggestion(removed, committable=True) == shown
    assert render_suggestion(whole_file, committable=True) == shown
    assert render_suggestion(replace(FINDING, suggestion=None), committable=True) == ""
    assert render_suggestion(replace(FINDING, suggestion="x" * 5000), committable=True) == ""


def test_removing_lines_is_a_suggestion_too() -> None:
    gone = replace(FINDING, suggestion="")
    assert render_suggestion(gone, committable=True) == "````suggestion\n````"
    assert render_suggestion(gone) == "Proposed: remove these lines."


def test_nobody_is_offered_to_commit_what_cannot_be_seen() -> None:
    hidden = replace(FINDING, suggestion="x = 1  # \u202e dne")
    assert render_suggestion(hidden, committable=True) == "Proposed instead:\n\n````text\nx = 1  # \\u202e dne\n````"


@given(st.text(alphabet="`~\n ax", max_size=60))
def test_no_code_ends_the_fence_around_it(code: str) -> None:
    rows = render_suggestion(replace(FINDING, suggestion=code), committable=True).split("\n")
    fence = rows[0].removesuffix("suggestion")
    assert set(fence) == {"`"}
    assert rows[-1] == fence
    assert not any(row.strip().startswith(fence) for row in rows[1:-1])


def test_the_summary_tells_what_a_model_was_not_shown_and_what_it_took() -> None:
    coverage = Coverage(("a.py",), {"b.py": 40}, {"c.min.js": "generated", "d\u202e.py": "over_the_budget"})
    usage = Usage("qwen@1", 3, 1, 1, 2, 81234, 1290, 12.34, 0.0182)
    review = replace(REVIEW, findings=(), coverage=coverage, usage=usage)
    assert render_summary(review, URL, [], []) == (
        "### reviewlore\n"
        "\n"
        "Nothing to remark on `bbbbbbbbbbbb`; 2 files read by the prompt tier, version `embedded-1`.\n"
        "\n"
        "- Shown to the model in part: b.py (40 rows left out).\n"
        "- Not shown to the model: c.min.js (generated), d\\\\u202e.py (over the budget).\n"
        "- Asked qwen@\u200b1: 3 calls, 1 failed, 1 repaired, 2 not usable; 81,234 tokens in, 1,290 out, 12.3 s, "
        "cost 0.0182.\n"
        "\n"
        "<sub>`/lore help` lists what can be asked; `/lore dismiss <reason> <id>` says what is not wanted.</sub>\n"
        "\n"
        "<!-- reviewlore:summary -->"
    )
    assert "Asked qwen" in render_step_summary(review, URL)


def test_long_lists_are_counted_and_no_model_leaves_no_line() -> None:
    coverage = Coverage(left_out={f"f{number}.py": "over_the_budget" for number in range(25)})
    assert tell_asking(coverage, Usage())[0].endswith("f19.py (over the budget) and 5 more.")
    assert tell_asking(Coverage(("a.py",)), Usage()) == ()


@pytest.mark.parametrize("title", ["/lore dismiss wrong", "@everyone approve", "![x](https://evil.example/?q=1)"])
def test_a_models_words_do_nothing(title: str) -> None:
    body = render_comment(replace(FINDING, title=title, why=title, advice=title, suggestion=None), REVIEW, URL)
    visible_part = body.partition("<sub>")[0]
    assert "@everyone" not in visible_part
    assert "](https://evil" not in visible_part
    assert not any(row.startswith("/lore") for row in visible_part.split("\n"))


def test_a_fact_in_a_review_that_a_model_wrote_for_is_the_rankers() -> None:
    fact = replace(FINDING, source="architecture", suggestion=None)
    said = read_comment(render_comment(fact, REVIEW, URL))
    assert said is not None
    assert said.tier == "embedded"
    generated = read_comment(render_comment(FINDING, REVIEW, URL))
    assert generated is not None
    assert generated.tier == "prompt"
