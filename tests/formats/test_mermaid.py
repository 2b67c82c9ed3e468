"""The flowchart of a change: small, marked by kind, and deaf to what names want it to do."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.records import a_review

from reviewlore.domain.layering import ChangedEdge, MapChange
from reviewlore.formats.mermaid import MAX_EDGES, MAX_NODES, render_mermaid
from reviewlore.formats.text import render_markdown
from reviewlore.stages.publish.render import render_step_summary, render_summary

LINE = re.compile(
    r"flowchart TB|  subgraph g\d+\[\"[\w./#;-]+\"\]|  end|(  ){1,2}n\d+\[\"[\w./#;-]+\"\]"
    r"|  n\d+ -->\|\"[\w#;]+\"\| n\d+"
    r"|  linkStyle \d+ stroke:#[0-9a-f]{6},stroke-width:[\d.]+px(,stroke-dasharray:5 4)?",
    re.ASCII,
)


def an_edge(importer="shop.web.a", imported="shop.store.b", status="added", breaking=False):
    packages = (importer.rpartition(".")[0] or "top", imported.rpartition(".")[0] or "other")
    return ChangedEdge(f"{importer}.py", f"{imported}.py", (importer, imported), packages, status, breaking)


def test_one_new_import():
    assert render_mermaid(MapChange({}, (an_edge(),))) == (
        "flowchart TB\n"
        '  subgraph g0["shop.store"]\n'
        '    n0["b"]\n'
        "  end\n"
        '  subgraph g1["shop.web"]\n'
        '    n1["a"]\n'
        "  end\n"
        '  n1 -->|"new"| n0\n'
        "  linkStyle 0 stroke:#0a63d1,stroke-width:2px\n"
    )


def test_removed_and_breaking_imports_are_told_apart():
    edges = (an_edge(status="removed"), an_edge("shop.store.b", "shop.web.a", breaking=True))
    text = render_mermaid(MapChange({}, edges))
    assert '-->|"removed"|' in text
    assert '-->|"breaks#32;a#32;contract"|' in text
    assert "linkStyle 1 stroke:#cf222e,stroke-width:1.5px,stroke-dasharray:5 4" in text


def test_a_change_inside_packages_has_no_drawing():
    assert render_mermaid(MapChange({"shop/web/a.py": "modified"}, (an_edge("shop.web.a", "shop.web.b"),))) == ""
    assert render_mermaid(MapChange()) == ""


def test_many_modules_become_packages_and_many_packages_nothing():
    edges = tuple(an_edge(f"shop.web.m{number}", f"shop.store.m{number}") for number in range(MAX_EDGES))
    text = render_mermaid(MapChange({}, edges))
    assert text.count("-->") == 1
    assert '["shop.web"]' in text and "subgraph" not in text
    edges = tuple(an_edge(f"p{number}.m", "q.m") for number in range(MAX_NODES))
    assert render_mermaid(MapChange({}, edges)) == ""


@pytest.mark.parametrize(
    "name",
    [
        'a"]; click n0 href "javascript:alert(1)"',
        "%%{init: {'securityLevel': 'loose'}}%%",
        "```\n# heading\n```",
        "<img src=x onerror=alert(1)>",
        "end\n  click n0 call f()",
        "`**bold**`",
        "1. list",
        "--- title: x ---",
        "@someone #1 </details>",
        "\u202egnp",
        "\udcff",
    ],
)
def test_names_are_never_syntax(name):
    edges = (an_edge(f"{name}.x", "b.y"), an_edge("c.z", name))
    text = render_mermaid(MapChange({}, edges))
    assert text
    assert all(LINE.fullmatch(line) for line in text.rstrip("\n").split("\n"))


def test_the_summary_and_the_markdown_carry_it_folded():
    review = replace(a_review(), diagram=render_mermaid(MapChange({}, (an_edge(),))))
    for text in (
        render_summary(review, "https://github.com/acme/shop", review.findings, ()),
        render_step_summary(review, "https://github.com/acme/shop"),
        render_markdown(review),
    ):
        assert "<details><summary>Imports between packages that this change adds or removes</summary>\n\n" in text
        assert "````mermaid\nflowchart TB\n" in text and "````\n\n</details>" in text
    assert "mermaid" not in render_summary(a_review(), "https://github.com/acme/shop", review.findings, ())


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), max_size=6), st.booleans())
def test_every_line_has_a_known_form(names, breaking):
    edges = tuple(ChangedEdge(f"{a}/x", f"{b}/y", (f"{a}/x", f"{b}/y"), (a, b), "added", breaking) for a, b in names)
    text = render_mermaid(MapChange({}, edges))
    text.encode("utf-8")
    assert all(LINE.fullmatch(line) for line in text.rstrip("\n").split("\n") if text)
    assert bool(text) == any(a != b for a, b in names)


def test_the_largest_drawing_leaves_room_in_a_comment():
    long = "\U0001f600" * 200  # each character of a label becomes nine
    edges = tuple(
        replace(an_edge(), names=(f"{long}a{n}", f"{long}b{n % 5}"), packages=(f"{long}p{n}", f"{long}q{n % 5}"))
        for n in range(10)
    )
    text = render_mermaid(MapChange({}, edges))
    assert text.count("-->") == 10
    assert len(text) < 20_000  # of GitHub's 65,536 for a comment, and Mermaid's own 50,000
