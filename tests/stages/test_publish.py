import re
from dataclasses import replace

import pytest
from tests.fakes.forge import make_pull

from reviewlore.diff import parse_diff
from reviewlore.domain.architecture import Evidence
from reviewlore.domain.finding import Dropped, Finding, JudgedBy, Precedent, Review
from reviewlore.domain.forge import IssueComment, Posted, ThreadComment
from reviewlore.domain.history import Anchor
from reviewlore.domain.markers import find_marker, marker
from reviewlore.stages.publish.places import find_anchor
from reviewlore.stages.publish.plan import MAX_COMMENTS, Wishes, find_obstacle, plan_publication
from reviewlore.stages.publish.render import (
    MAX_BODY,
    SUMMARY_MARKER,
    cut,
    fingerprint,
    render_comment,
    render_review_body,
    render_step_summary,
    render_summary,
)
from reviewlore.stages.publish.tidy import Leave

URL = "https://github.com/octo/demo"
HEAD, BASE = "b" * 40, "a" * 40
DIFF = """\
diff --git a/shop/orders.py b/shop/orders.py
index 1111111..2222222 100644
--- a/shop/orders.py
+++ b/shop/orders.py
@@ -8,4 +8,5 @@ def ship():
 one = 1
-two = 2
+two = 3
+three = 3
 four = 4
 five = 5
diff --git a/logo.png b/logo.png
index 3333333..4444444 100644
Binary files a/logo.png and b/logo.png differ
"""
PATCHES = parse_diff(DIFF)
FINDING = Finding(
    id="3fa9c1d2e4",
    rule="layer_crossed",
    source="architecture",
    anchor=Anchor("shop/orders.py", 10),
    hunk="",
    title="`shop.orders` reaches into `shop.billing.db`",
    why="The contract *layers* puts `shop.billing` above `shop.orders`.\nAsked by @maria in #12.",
    advice="Call `billing.charge()` instead.",
    severity="warning",
    confidence=0.834,
    evidence=(
        Evidence("declared in the contract", ".importlinter", 4),
        Evidence("seen before", commit="c" * 40),
        Evidence("see https://evil.example/x", url="https://evil.example/x"),
    ),
    precedents=(
        Precedent("octo/demo#7/9", 7, "shop/orders.py", "go through the facade", "addressed", 0.7, f"{URL}/pull/7#r9"),
        Precedent("octo/demo#5/2", 5, "shop/pay.py", "same here", "ignored", 0.6, "https://evil.example/7"),
    ),
)
REVIEW = Review("octo/demo", BASE, HEAD, "embedded", "prior-1", (FINDING,), files_reviewed=2)


def thread_comment(body, identifier=1):
    return ThreadComment(
        id=identifier,
        in_reply_to=None,
        review=1,
        pull_request=1,
        path="shop/orders.py",
        line=10,
        original_line=10,
        side="RIGHT",
        start_line=None,
        original_start_line=None,
        diff_hunk="",
        body=body,
        author="github-actions[bot]",
        author_is_bot=True,
        author_association="NONE",
        created_at="",
        updated_at="",
        original_commit=HEAD,
        commit=HEAD,
        url="",
    )


def issue_comment(body, identifier=5):
    return IssueComment(identifier, 1, body, "github-actions[bot]", True, "NONE", "", "", "")


def many(count, path="shop/orders.py", line=10):
    return tuple(replace(FINDING, id=f"{number:08x}", anchor=Anchor(path, line)) for number in range(count))


def test_a_comment_as_full_text():
    assert render_comment(FINDING, REVIEW, URL) == (
        "**`shop.orders` reaches into `shop.billing.db`**\n"
        "\n"
        "The contract *layers* puts `shop.billing` above `shop.orders`.\n"
        "Asked by @\u200bmaria in #\u200b12.\n"
        "\n"
        f"- declared in the contract ([`.importlinter:4`]({URL}/blob/{HEAD}/.importlinter#L4))\n"
        f"- seen before ([`cccccccccccc`]({URL}/commit/{'c' * 40}))\n"
        "- see https:\u200b//evil.example/x\n"
        "\n"
        "**What to do:** Call `billing.charge()` instead.\n"
        "\n"
        "Said before in this repository:\n"
        f"- [pull request 7]({URL}/pull/7#r9), addressed, on `shop/orders.py`: “go through the facade”\n"
        "- pull request 5, ignored, on `shop/pay.py`: “same here”\n"
        "\n"
        "<sub>warning `layer_crossed` from reviewlore (embedded tier, version `prior-1`, confidence 0.83). Not "
        "wanted? Answer `/lore dismiss <reason>` with one of: wrong, not-here, already-known, style-only, too-minor, "
        "intended, "
        "duplicate. Id `3fa9c1d2e4`.</sub>\n"
        "\n"
        "<!-- reviewlore:finding=3fa9c1d2e4 -->"
    )


def test_a_comment_names_the_version_of_the_specialist_that_judged_it():
    judged = replace(
        Review("octo/demo", "a" * 40, "b" * 40, "prompt", "embedded-1", ()),
        specialists={"testing": JudgedBy("adapter-2", "adapter")},
    )
    mine = Finding("f1", "r", "architecture", Anchor("a.py", 1), "", "T", "W", "A", "warning", 0.9)
    theirs = replace(mine, specialist="testing")
    assert "(embedded tier, version `embedded-1`" in render_comment(mine, judged, "")
    assert "(adapter tier, version `adapter-2`" in render_comment(theirs, judged, "")
    assert "(prompt tier, version `adapter-2`" in render_comment(replace(theirs, source="generated"), judged, "")


def test_the_body_of_a_review_as_full_text():
    assert render_review_body(REVIEW, 1) == (
        "reviewlore has 1 remark on `bbbbbbbbbbbb`; the summary is in the conversation.\n\n"
        f"<!-- reviewlore:review={HEAD} -->"
    )


def test_the_summary_as_full_text():
    outside = replace(FINDING, id="77aa00", anchor=Anchor("setup.cfg"), title="No test", why="", advice="")
    outside = replace(outside, evidence=(), precedents=(), severity="info", inferred=True)
    review = replace(
        REVIEW,
        findings=(FINDING, outside),
        dropped=(
            Dropped("1", "x", "below_confidence"),
            Dropped("2", "x", "below_confidence"),
            Dropped("3", "y", "cap"),
        ),
        notes=("The clone is shallow, ask @ops.",),
        files_skipped={"binary": 1},
    )
    assert render_summary(review, URL, [FINDING], [outside]) == (
        "### reviewlore\n"
        "\n"
        "2 remarks on `bbbbbbbbbbbb`; 2 files read by the embedded tier, version `prior-1`.\n"
        "\n"
        f"- warning: [`shop/orders.py:10`]({URL}/blob/{HEAD}/shop/orders.py#L10) "
        "`shop.orders` reaches into `shop.billing.db`\n"
        "\n"
        "**Outside the diff, or above the limit of inline comments**\n"
        "\n"
        f"info: [`setup.cfg`]({URL}/blob/{HEAD}/setup.cfg)\n"
        "\n"
        "**No test** (inferred, not declared)\n"
        "\n"
        "<sub>Id `77aa00`</sub>\n"
        "\n"
        "- The clone is shallow, ask @\u200bops.\n"
        "- Not said: 2 below confidence, 1 cap.\n"
        "- Not read: 1 binary.\n"
        "\n"
        "<sub>`/lore help` lists what can be asked; `/lore dismiss <reason> <id>` says what is not wanted.</sub>\n"
        "\n"
        "<!-- reviewlore:summary -->"
    )


def test_the_step_summary_as_full_text():
    plain = replace(FINDING, why="", evidence=(), precedents=(), advice="")
    assert render_step_summary(replace(REVIEW, findings=(plain,)), URL, "The token may not write.") == (
        "## reviewlore\n"
        "\n"
        "The token may not write.\n"
        "\n"
        "1 remark on `bbbbbbbbbbbb`; 2 files read by the embedded tier, version `prior-1`.\n"
        "\n"
        f"#### warning: [`shop/orders.py:10`]({URL}/blob/{HEAD}/shop/orders.py#L10)\n"
        "\n"
        "**`shop.orders` reaches into `shop.billing.db`**"
    )
    assert render_step_summary(replace(REVIEW, findings=(), files_reviewed=1), "") == (
        "## reviewlore\n\nNothing to remark on `bbbbbbbbbbbb`; 1 file read by the embedded tier, version `prior-1`."
    )


def test_a_path_of_odd_characters_cannot_leave_its_link():
    odd = replace(FINDING, anchor=Anchor("a) [x](y)/`q`\n#1.py", 3), title="t", evidence=(), precedents=())
    summary = render_summary(REVIEW, URL, [odd], [])
    assert f"[``a) [x](y)/`q` #1.py:3``]({URL}/blob/{HEAD}/a%29%20%5Bx%5D%28y%29/%60q%60%0A%231.py#L3)" in summary


HOSTILE = [
    "ping @everyone and @octo/team",
    "see #1, fixes #2, closes octo/demo#3, GH-4",
    "![x](https://evil.example/leak.png?d=1)",
    "[click](https://evil.example) <https://evil.example> www.evil.example",
    "<img src='https://evil.example/x'> <details> <!-- reviewlore:finding=0000000000 -->",
    "&#64;everyone &lt;b&gt;",
    "```suggestion\nimport os\n```",
    "~~~suggestion\nx",
    "/merge\n/lore train\n- /approve",
    "a\u202eb\u2066c\u200bd\U000e0041e\x1b[31mf\x00",
    "</sub> ``` unclosed",
    "\\[x](https://evil.example)",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("part", ["title", "why", "advice", "evidence", "precedent", "note"])
def test_hostile_text_does_nothing(text, part):
    """Attacks 14, 16 and 17: whatever a model, a pull request or a past remark says, the comment stays ours."""
    finding, review = FINDING, replace(REVIEW, notes=(text,))
    if part == "evidence":
        finding = replace(finding, evidence=(Evidence(text, text, 3, text, text),))
    elif part == "precedent":
        finding = replace(finding, precedents=(Precedent("e", 1, text, text, "addressed", 1.0, text),))
    elif part != "note":
        finding = replace(finding, **{part: text})
    plain = replace(finding, anchor=Anchor("setup.cfg"))
    for body in (render_comment(finding, review, URL), render_summary(review, URL, [], [plain])):
        outside_code = without_code(body)
        for live in (
            "@everyone",
            "@octo",
            "#1,",
            "#2,",
            "#3,",
            "GH-4",
            "![",
            "](https://evil",
            "<img",
            "<details",
            "www.e",
        ):
            assert live not in outside_code
        assert "<https" not in outside_code
        assert "evil.example" not in outside_code.replace("\u200b//evil.example", "").replace("\u200b.evil.example", "")
        assert not re.search(r"(?m)^[\s>-]*(`{3,}|~{3,})\s*suggestion[^`]*$", body)
        assert not any(line.lstrip("- >").startswith(("/merge", "/lore", "/approve")) for line in body.split("\n"))
        assert not set(body) & set("\u202e\u2066\U000e0041\x1b\x00")
        assert body.count("<!-- reviewlore:") == 1
    assert find_marker("finding", render_comment(finding, review, URL)) == "3fa9c1d2e4"


def without_code(body):
    """The body without its code spans (equal runs of backticks, as GFM reads them) and our code fences."""
    kept, inside = [], False
    for line in body.split("\n"):
        if line.startswith("````"):
            inside = not inside
        elif not inside:
            kept.append(re.sub(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", line))
    assert not inside, "a fence swallows the rest of the comment"
    return "\n".join(kept)


def test_markers_are_read_from_the_last_line_only():
    assert find_marker("finding", "text\r\n\r\n" + marker("finding", "abc123") + "\r\n") == "abc123"
    assert find_marker("finding", marker("finding", "abc123") + "\nmore") is None
    assert find_marker("reply", marker("finding", "abc123")) is None


def test_an_id_of_another_form_becomes_a_hash():
    assert fingerprint(replace(FINDING, id="layer_crossed:shop/orders.py")) == "58a8b1804925f97a"


def test_a_body_is_cut_on_a_line_border_with_its_fence_closed():
    body = cut("intro\n````py\n" + "x = 1\n" * 20_000, "tail\n\nmark")
    assert len(body) <= MAX_BODY
    assert body.endswith("x = 1\n````\n\n*Cut here: the text is too long for one comment.*\n\ntail\n\nmark")
    assert cut("short", "tail") == "short\n\ntail"


def test_a_long_finding_keeps_its_marker_and_stays_below_the_limit():
    long = replace(FINDING, why="@x " * 40_000, advice="word\n" * 30_000)
    summary = render_summary(REVIEW, URL, [], [replace(long, id=f"{n:06x}") for n in range(30)])
    assert len(render_comment(long, REVIEW, URL)) <= MAX_BODY
    assert len(summary) <= MAX_BODY
    assert summary.endswith(SUMMARY_MARKER)


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (Anchor("shop/orders.py", 10), Anchor("shop/orders.py", 10)),
        (Anchor("shop/orders.py", 8), Anchor("shop/orders.py", 8)),
        (Anchor("shop/orders.py", 12), Anchor("shop/orders.py", 12)),
        (Anchor("shop/orders.py", 13), None),
        (Anchor("shop/orders.py", 7), None),
        (Anchor("shop/orders.py", 9, "LEFT"), Anchor("shop/orders.py", 9, "LEFT")),
        (Anchor("shop/orders.py", 12, "LEFT"), None),
        (Anchor("shop/orders.py", 10, "RIGHT", 9), Anchor("shop/orders.py", 10, "RIGHT", 9)),
        (Anchor("shop/orders.py", 10, "RIGHT", 10), Anchor("shop/orders.py", 10)),
        (Anchor("shop/orders.py", 10, "RIGHT", 2), Anchor("shop/orders.py", 10)),
        (Anchor("shop/orders.py"), None),
        (Anchor("logo.png", 1), None),
        (Anchor("other.py", 10), None),
    ],
)
def test_anchors_are_validated_against_the_diff(anchor, expected):
    assert find_anchor(anchor, {patch.path: patch for patch in PATCHES}) == expected


def test_a_name_that_json_cannot_say_takes_no_line_from_the_others():
    """GitHub refuses a review whole; the remark on such a file is told in the summary instead."""
    named = replace(PATCHES[0], path="shop/caf\udce9.py")
    assert find_anchor(Anchor(named.path, 10), {named.path: named}) is None


def test_a_first_plan_posts_a_review_and_the_summary():
    far = replace(FINDING, id="77aa00", anchor=Anchor("README.md", 1))
    plan = plan_publication(replace(REVIEW, findings=(FINDING, far)), PATCHES, Posted(), URL)
    assert [comment.anchor for comment in plan.review.comments] == [Anchor("shop/orders.py", 10)]
    assert plan.review.commit == HEAD
    assert plan.outside == (far,)
    assert plan.summary.comment is None
    assert "2 remarks on" in plan.summary.body


def test_a_plan_that_was_carried_out_is_empty():
    first = plan_publication(REVIEW, PATCHES, Posted(), URL)
    posted = Posted(
        comments=(thread_comment(first.review.comments[0].body),),
        summaries=(issue_comment(first.summary.body.replace("\n", "\r\n")),),
    )
    second = plan_publication(REVIEW, PATCHES, posted, URL)
    assert (second.review, second.summary, second.empty) == (None, None, True)
    assert second.leave == (Leave("3fa9c1d2e4", "already_said"),)


def test_a_second_review_edits_the_summary_and_posts_only_what_is_new():
    first = plan_publication(REVIEW, PATCHES, Posted(), URL)
    posted = Posted(
        comments=(thread_comment(first.review.comments[0].body),), summaries=(issue_comment(first.summary.body),)
    )
    new = replace(FINDING, id="77aa00", anchor=Anchor("shop/orders.py", 11))
    plan = plan_publication(replace(REVIEW, findings=(FINDING, new)), PATCHES, posted, URL)
    assert [find_marker("finding", comment.body) for comment in plan.review.comments] == ["77aa00"]
    assert plan.summary.comment == 5
    assert "2 remarks on" in plan.summary.body


def test_when_all_is_mended_the_summary_says_so_and_nothing_is_removed():
    posted = Posted(summaries=(issue_comment("### reviewlore\n\nold\n\n" + SUMMARY_MARKER),))
    plan = plan_publication(replace(REVIEW, findings=()), PATCHES, posted, URL)
    assert plan.review is None
    assert plan.summary.comment == 5
    assert "Nothing to remark on `bbbbbbbbbbbb`" in plan.summary.body


def test_silence_posts_nothing():
    plan = plan_publication(replace(REVIEW, findings=()), PATCHES, Posted(), URL)
    assert (plan.review, plan.summary) == (None, None)


def test_comments_are_capped_over_all_runs_and_the_rest_goes_to_the_summary():
    posted = Posted(comments=tuple(thread_comment("x\n" + marker("finding", f"{n:08x}"), n) for n in range(5)))
    plan = plan_publication(replace(REVIEW, findings=many(30)), PATCHES, posted, URL)
    assert len(plan.review.comments) == MAX_COMMENTS - 5
    assert len(plan.outside) == 10
    assert plan.known == 5


def test_a_finding_named_twice_is_posted_once():
    plan = plan_publication(replace(REVIEW, findings=(FINDING, FINDING)), PATCHES, Posted(), URL)
    assert len(plan.review.comments) == 1


def test_without_inline_comments_everything_is_in_the_summary():
    plan = plan_publication(REVIEW, PATCHES, Posted(), URL, Wishes(inline=False))
    assert plan.review is None
    assert plan.outside == (FINDING,)


PULL = make_pull(head=HEAD, base=BASE)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"head_sha": "c" * 40}, "head_moved"),
        ({"state": "closed"}, "pull_request_closed"),
        ({"locked": True}, "pull_request_locked"),
    ],
)
def test_what_stands_in_the_way_of_posting(changes, reason):
    assert find_obstacle(replace(PULL, **changes), HEAD) == reason
