from dataclasses import replace

from tests.records import a_finding, a_generated_review, a_review, a_silent_review

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.history import Anchor
from reviewlore.formats.text import render_markdown, render_text

ONE = """\
1 comment on 3 files of acme/shop 4be1c0ffee..9d8e7f6a5b (embedded ranker-3fa2c91b)

1. src/shop/api/orders.py:4
   Error: `shop.api` now imports `shop.storage` directly.
   `.reviewlore.toml` declares the layers api > services > storage; an endpoint may use services
   only.
   → Move the deletion into `shop.services.orders` and call that from here.
   · declared layers: api, services, storage (.reviewlore.toml:12)
   · none of the 14 other endpoints imports storage
   · the last exception was removed on purpose (5f1e2d3c4b)
   · #41, addressed: “Endpoints shouldn't talk to tables, please go through the service (see
     `services/invoices.py`).” (src/shop/api/invoices.py)
     https://github.example/acme/shop/pull/41#discussion_r901
   [architecture/layer_crossed · confidence 0.97 · score +1.42]

Not said: 3 (2 below_threshold, 1 cap_reached). Files not reviewed: 1 (1 binary).
Note: The history holds 58 pull requests; precedents are few.
"""


def test_a_review_as_a_maintainer_reads_it():
    assert render_text(replace(a_review(), findings=(a_finding(),))) == ONE


GENERATED = """\
   → Move the deletion into `shop.services.orders` and call that from here.
   |     if not amount:
   |         return None
   · declared layers: api, services, storage (.reviewlore.toml:12)
   · none of the 14 other endpoints imports storage
   · the last exception was removed on purpose (5f1e2d3c4b)
   · a rule maintainers taught: “No floats for money.”
   · docs/adr/3.md:9, Money: “Cents.”
   [testing/missing_case · confidence 0.97 · score +1.42 · P(addressed) 0.62 · margin +0.31]
"""


def test_what_a_model_said_and_what_it_was_not_shown():
    text = render_text(a_generated_review())
    assert GENERATED in text
    assert "   | (these lines removed)\n" in text
    assert text.endswith(
        "Shown to the model in part: src/big.py (40 rows left out).\n"
        "Not shown to the model: dist/app.min.js (generated).\n"
        "Asked qwen: 2 calls, 1 failed, 1 repaired; 30,100 tokens in, 600 out, 8.2 s, cost 0.0121.\n"
        "Note: The history holds 58 pull requests; precedents are few.\n"
    )
    page = render_markdown(a_generated_review())
    assert "\n````\n    if not amount:\n        return None\n````\n" in page
    assert "- a rule maintainers taught: `No floats for money.`\n" in page
    assert "> Not shown to the model: dist/app.min.js (generated)." in page


def test_silence_is_one_line():
    expected = (
        "No comments on 4 files of acme/shop 4be1c0ffee..9d8e7f6a5b (embedded prior-1); "
        "1 candidate not said (1 below_threshold).\n"
    )
    assert render_text(a_silent_review()) == expected
    assert render_markdown(a_silent_review()) == expected


def test_nothing_is_wider_than_the_terminal():
    for line in render_text(a_review()).splitlines():
        assert len(line) <= 100


def test_control_and_bidirectional_characters_are_shown_not_obeyed():
    hostile = replace(
        a_finding(),
        anchor=Anchor("src/\x1b[2Jevil\nname.py", 4),
        title="a\u202eb\nc",
        evidence=(Evidence("x\x07", "p\ud8ff.py", 1),),
    )
    for text in (
        render_text(replace(a_review(), findings=(hostile,))),
        render_markdown(replace(a_review(), findings=(hostile,))),
    ):
        assert not any(character in text for character in "\x1b\x07\u202e\ud8ff")
        assert "src/\\x1b[2Jevil\\nname.py:4" in text
        assert "a\\u202eb c" in text.replace("\\\\", "\\")  # Markdown writes a backslash as two


def test_a_removed_line_is_named_as_such():
    finding = replace(a_finding(), anchor=Anchor("a.py", 7, "LEFT"))
    assert "1. a.py:7 (removed line)\n" in render_text(replace(a_review(), findings=(finding,)))


def test_markdown_has_no_html_of_strangers_and_mentions_nobody():
    finding = replace(
        a_finding(),
        title="<img src=x onerror=alert(1)> asked by @octocat, see `List<int>`",
        precedents=(replace(a_finding().precedents[0], excerpt="``` @mona <b>", url="javascript:alert(1)"),),
    )
    text = render_markdown(replace(a_review(), findings=(finding,)))
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "@octocat" not in text
    assert "`List<int>`" in text
    assert "javascript:" not in text
    assert "```` ``` @mona <b> ````" in text


def test_markdown_shows_evidence_under_each_comment():
    text = render_markdown(a_review())
    assert text.startswith("### 3 comments on 3 files of acme/shop")
    assert "**2. `src/shop/services/refunds.py`** Warning: `refunds.py` comes without a test." in text
    assert "- 9 of 9 siblings have a test (tests/services/test_orders.py)" in text
    assert "([thread](https://github.example/acme/shop/pull/41#discussion_r901))" in text
    assert text.endswith("> The history holds 58 pull requests; precedents are few.\n")
