import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reviewlore.domain.inert import inert, inert_code, inert_line, inert_rows

GFM = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])
LIVE = re.compile(r"@\w|#\d|gh-\d|://|www\.|mailto:\w", re.IGNORECASE)


def tokens(markdown):
    for token in GFM.parse(markdown):
        yield token
        yield from token.children or ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain *text* with `code @x #1`", "plain *text* with `code @x #1`"),
        ("@a/b #1 GH-2 https://x www.x", "@\u200ba/b #\u200b1 GH\u200b-2 https:\u200b//x www\u200b.x"),
        ("![a](b) <b> & \\", "!\\[a\\](b) &lt;b&gt; &amp; \\\\"),
        ("a `b ``c", "a \\`b \\`\\`c"),
        ("```py\nx @y\n```\nz", "````py\nx @y\n````\nz"),
        ("~~~suggestion `x`\n/etc", "````\n\u200b/etc\n````"),
        ("```\n~~~\n````x\n`````", "````\n~~~\n```\u200b`x\n````"),
        ("- /approve\n> /merge", "- \u200b/approve\n> \u200b/merge"),
        ("> quoted\n>> twice", "> quoted\n>> twice"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("x\u202ey\ufe0f\u200d", "x\\\\u202ey\\\\u200d"),
        ("`<!-- reviewlore:finding=1 -->`", "`<\u200b!-- reviewlore:finding=1 -->`"),
    ],
)
def test_inert_as_full_text(text, expected):
    assert inert(text) == expected


def test_one_line():
    assert inert_line("/x\n# y\n```z") == "\u200b/x # y \\`\\`\\`z"


@pytest.mark.parametrize(("text", "expected"), [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("", "` `")])
def test_code(text, expected):
    assert inert_code(text) == expected


PIECES = [
    "@ab",
    "#12",
    "`",
    "``",
    "```",
    "~~~",
    "\n",
    "\n\n",
    " ",
    "    ",
    "- ",
    "> ",
    "1. ",
    "\\",
    "<b>",
    "<!--",
    "-->",
]
PIECES += [
    "![i](u)",
    "[l](http://x)",
    "[l]: http://x\n",
    "http://x",
    "www.x",
    "&#64;x",
    "GH-1",
    "|",
    "---\n",
    "x",
    "py",
]
PIECES += ["suggestion", "\t", "*", "__", "a@b.c", "\u200b", "<https://x>", "/merge"]


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_an_independent_parser_finds_nothing_alive(text):
    """What markdown-it sees outside code holds no link, image, HTML, mention or reference, and nothing swallows us."""
    seen = [*tokens(inert(text) + "\n\n**end**")]
    assert not {token.type for token in seen} & {"link_open", "image", "html_block", "html_inline"}
    assert not any(LIVE.search(token.content) for token in seen if token.type == "text")
    assert not any(token.type == "fence" and "suggestion" in token.info for token in seen)
    assert any(token.type == "strong_open" for token in seen)
    assert "<!--" not in inert(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_one_line_and_code_stay_one_line_and_dead(text):
    line, code = inert_line(text), inert_code(text)
    assert "\n" not in line + code
    seen = [*tokens(f"- {line} **end**")]
    assert not {token.type for token in seen} & {"link_open", "image", "html_block", "html_inline"}
    assert not any(LIVE.search(token.content) for token in seen if token.type == "text")
    assert [token.type for token in tokens(f"a {code} b")].count("code_inline") == 1


@given(st.text(max_size=60))
def test_any_text_is_taken(text):
    assert isinstance(inert(text) + inert_line(text) + inert_code(text), str)


def test_time_grows_with_the_length_only():
    assert len(inert("`" * 3_000 + "a`" * 3_000 + ">" * 3_000 + "- " * 3_000)) < 40_000


def test_code_keeps_its_comments_and_says_nothing_to_machines():
    assert inert("```go\n// a\n  /* b */\n/lore train\n```") == "````go\n// a\n  /* b */\n\u200b/lore train\n````"
    assert inert_rows("// a\n/** b */\n<b>") == "// a\n/** b */\n<b>"
    assert inert_rows("  /lore train\n<sub>Id `abcdef`</sub>") == "  \u200b/lore train\n\u200b<sub>Id `abcdef`</sub>"
