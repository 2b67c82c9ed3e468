import html
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.formats.test_card_text import a_card
from tests.records import DIFF, a_finding, a_generated_review, a_report, a_review, a_silent_review

from reviewlore.adapters.pages import render_report
from reviewlore.domain.architecture import Evidence
from reviewlore.domain.calibration import Bin, Calibration, Calibrations, OperatingPoint
from reviewlore.domain.finding import Dropped
from reviewlore.domain.online import OnlineMetrics, OnlineRow
from reviewlore.domain.report import Report
from reviewlore.domain.shadow import ShadowTotals
from reviewlore.errors import InputError

VOID = {"meta", "link", "br", "col", "hr", "img", "input"}
SVG_VOID = {"use", "path", "rect", "circle", "stop"}


class Page(HTMLParser):
    """The page as a browser would take it: elements with their attributes, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.open = []
        self.words = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def full():
    return render_report(a_report())


@pytest.fixture(scope="module")
def hostile():
    return render_report(hostile_report())


def a_report_without_plots():
    """The same report without what takes a second to draw."""
    return replace(a_report(), evaluation=None, versions=())


def test_the_page_is_well_formed_and_asks_nothing_of_the_network(full):
    page = Page(full)
    assert page.open == []
    names = {name for name, _ in page.elements}
    assert not names & {"script", "img", "iframe", "object", "embed", "link", "form", "base", "video", "audio"}
    for name, attrs in page.elements:
        assert "src" not in attrs, name
        assert not any(key.startswith("on") for key in attrs), name
        target = attrs.get("xlink:href") or attrs.get("href", "#")
        assert target.startswith("#") or (name == "a" and target.startswith("https://")), target
    styles = "".join(re.findall(r"<style.*?</style>", full, re.DOTALL)) + "".join(
        attrs.get("style", "") for _, attrs in page.elements
    )
    assert "@import" not in styles
    assert not re.findall(r"url\((?!#)", styles)
    policy = next(attrs for attrs in page.all("meta") if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")


def test_the_parts_come_in_the_promised_order(full):
    ids = [attrs["id"] for attrs in Page(full).all("section")]
    assert ids == ["conversation", "files", "dropped", "quality", "training", "gate", "data", "lineage", "audit"]
    linked = re.findall(r'<li><a href="#([a-z]+)">', full)
    assert linked == ids


def test_each_comment_stands_under_its_line_with_all_it_rests_on(full):
    rows = re.findall(r"<tr class=\"(\w+)\">(.*?)</tr>", full, re.DOTALL)
    threads = [index for index, (kind, _) in enumerate(rows) if kind == "thread"]
    above = [Page("<table>" + rows[index - 1][1] + "</table>").text for index in threads]
    assert above == ["4 + from shop.storage.tables import ORDERS", "29 + except Exception:"]
    said = Page("<table>" + rows[threads[0]][1] + "</table>").text
    for words in (
        "shop.api now imports shop.storage directly.",
        "Move the deletion into",
        "declared layers: api, services, storage .reviewlore.toml:12",
        "in 5f1e2d3c4b",
        "#41 src/shop/api/invoices.py addressed match 0.63",
        "please go through the service",
        "rule architecture/layer_crossed",
        "confidence 0.97",
        "score +1.42",
        "embedded ranker-3fa2c91b",
        "error",
    ):
        assert words in said, words


def test_numbers_of_every_part_are_on_the_page(full):
    text = Page(full).text
    for words in (
        "3 comments on 3 files",
        "3 candidates not said (2 below threshold, 1 cap reached)",
        "below threshold 2 cap reached 1",
        "ranker-3fa2c91b embedded 0.852 0.822–0.882 0.740 0.690–0.785",
        "refused adapter-81ce0d55 against ranker-3fa2c91b",
        "fewer than the 200 asked for",
        "Difference in accuracy -0.248, 95 % interval -0.301 to -0.196, 360 pairs.",
        "412 episodes, 331 of them in preference pairs",
        "row: bot author 52",
        "addressed 201",
        "outcome 290 120",
        "torch 2.13.0",
        "1f2e3d4c5b6a79888777666555444333222111aa",
        "adapter_model.safetensors sha256 " + "ab" * 32,
        "2026-03-01 09:01 UTC promote ranker-3fa2c91b by p-1f0c, hash 1a1a1a1a1a1a",
        "A binary file: there are no lines to show.",
        "docs/old name.md → docs/new name.md",
    ):
        assert words in text, words


def test_versions_stand_before_baselines(full):
    rows = re.findall(r'<tr class="(version|baseline)">', full)
    assert rows == ["version", "version", "baseline", "baseline", "baseline", "baseline"]


def test_plots_are_named_described_and_follow_the_theme(full):
    page = Page(full)
    plots = page.all("svg")
    assert len(plots) == 4 + 3
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in plots)
    assert "ranker-3fa2c91b 0.74 (0.69 to 0.79)" in plots[1]["aria-label"]
    assert plots[4]["aria-label"] == (
        "Loss by step: from 0.683 to 0.379 over 40 points; 0.71 on held-out pairs at step 40."
    )
    assert "#01" not in "".join(attrs.get("style", "") for _, attrs in page.elements)
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(set(ids)) == len(ids)


def test_the_page_is_accessible(full):
    page = Page(full)
    assert page.all("html")[0]["lang"] == "en"
    names = [name for name, _ in page.elements]
    assert names.count("main") == names.count("h1") == names.count("nav") == 1
    assert {"header", "footer"} <= set(names)
    assert names.count("table") == names.count("caption")
    assert all(attrs.get("scope") for attrs in page.all("th"))
    ids = {attrs.get("id") for _, attrs in page.elements}
    assert {attrs["aria-labelledby"] for attrs in page.all("section")} <= ids
    css = re.search(r"<style>(.*?)</style>", full, re.DOTALL)[1]
    for media in ("prefers-color-scheme: dark", "max-width: 40rem", "@media print"):
        assert media in css


def test_the_same_report_gives_the_same_page(full):
    assert render_report(a_report()) == full


def test_a_decision_is_no_pull_request_and_a_change_is_shown():
    review = a_generated_review()
    page = render_report(replace(a_report(), review=review))
    assert ">#0<" not in page
    assert "a rule maintainers taught" in page
    assert '<span class="pill">decided</span>' in page
    assert '<pre class="suggested"><code>    if not amount:\n        return None\n</code></pre>' in page


def test_what_became_of_its_own_remarks_is_drawn_and_told():
    rows = (
        OnlineRow("2026-W45", "embedded", "v1", "", "architecture/new_cycle", 4, 3, 0, 1),
        OnlineRow("2026-W46", "prompt", "v2", "testing", "generated/testing", 5, 0, 0, 0),
        OnlineRow("2026-W47", "prompt", "v2", "testing", "generated/testing", 6, 1, 2, 1),
    )
    report = replace(a_report(), online=OnlineMetrics(rows), shadow=ShadowTotals(3, 5, 2, 4, 1, 2, 7, 2))
    page = render_report(report)
    assert '<a href="#online">Own remarks' in page
    assert '<th scope="row">v2 (prompt)</th><td>11</td><td>1</td><td>2</td><td>1</td><td>25 %</td>' in page
    assert "2026-W45 0.75 of 4; 2026-W47 0.25 of 4." in page
    assert "Of 4 on pull requests merged since, 1 stood on lines that were changed" in page
    assert 'id="online"' not in render_report(a_report())


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202e\x1b[31m{{ 7*7 }}"


def hostile_report():
    report = a_report()
    finding = replace(
        a_finding(),
        title=HOSTILE,
        why="[click](javascript:alert(3)) ![pixel](https://tracker.example/x.png) <b>bold</b> &lt;i&gt;",
        advice="```html\n</code></pre><script>alert(4)</script>\n```",
        rule=HOSTILE,
        evidence=(Evidence(HOSTILE, HOSTILE, 3, HOSTILE, "javascript:alert(5)"),),
        precedents=(
            replace(a_finding().precedents[0], excerpt=HOSTILE, path=HOSTILE, url='https://x" onclick="alert(6)'),
            replace(a_finding().precedents[0], excerpt=HOSTILE, path=HOSTILE, kind="decision", heading=HOSTILE),
        ),
        suggestion=f"</code></pre>{HOSTILE}",
    )
    diff = DIFF.replace("Refund and forget an order.", "</td><script>alert(7)</script>\u202e \u2066x\u2069 \x07")
    return replace(
        report,
        title=HOSTILE,
        repository=HOSTILE,
        created_at=HOSTILE,
        notes=(HOSTILE,),
        change=replace(
            report.change,
            title=HOSTILE,
            body=HOSTILE,
            author=HOSTILE,
            diff=diff,
            url="javascript:alert(8)",
            head_ref=HOSTILE,
        ),
        review=replace(
            a_review(),
            findings=(finding,),
            dropped=(Dropped("x", HOSTILE, HOSTILE),),
            notes=(HOSTILE,),
            version=HOSTILE,
        ),
        evaluation=replace(
            report.evaluation,
            scores=tuple(replace(score, name=HOSTILE + score.name) for score in report.evaluation.scores),
        ),
        decisions=(replace(report.decisions[0], reason=HOSTILE, candidate=HOSTILE),),
        dataset=replace(report.dataset, sources=(HOSTILE,), dropped={HOSTILE: 3}),
        outcomes={HOSTILE: 1},
        versions=(
            replace(
                report.versions[0],
                id=HOSTILE,
                hardware=HOSTILE,
                packages={HOSTILE: HOSTILE},
                files={HOSTILE: HOSTILE},
            ),
        ),
        registry=replace(report.registry, entries=(replace(report.registry.entries[0], reason=HOSTILE, id=HOSTILE),)),
        audit=(replace(report.audit[0], detail=HOSTILE, actor=HOSTILE, hash=HOSTILE),),
    )


def test_strangers_words_are_text_and_nothing_else(hostile):
    page = Page(hostile)
    assert page.open == []
    assert not {"script", "img"} & {name for name, _ in page.elements}
    for name, attrs in page.elements:
        assert not any(key.startswith("on") for key in attrs), (name, attrs)
        assert "javascript" not in attrs.get("href", ""), attrs
    assert {attrs["href"] for attrs in page.all("a") if not attrs["href"].startswith("#")} == {
        "https://tracker.example/x.png"
    }
    assert "{{ 7*7 }}" in page.text


def test_unseen_characters_are_shown(hostile):
    assert not set(hostile) & set("\x1b\x07\u202e\u2066\u2069")
    assert '<span class="unseen">\\u202e</span>' in hostile
    assert '<span class="unseen">\\u2066</span>x<span class="unseen">\\u2069</span>' in hostile
    assert '<span class="unseen">\\x07</span>' in hostile


def test_markdown_of_a_description_is_a_small_safe_subset():
    body = (
        "# Not a heading\n\n**bold** `code` [site](https://a.example) [mail](mailto:x@y.z) <u>u</u>\n\n"
        "1. one\n2. two\n\n> said\n\n```py\nx < 1\n```"
    )
    report = replace(a_report_without_plots(), change=replace(a_report_without_plots().change, body=body))
    text = render_report(report)
    article = re.search(r'<article class="card" aria-label="Description">(.*?)</article>', text, re.DOTALL)[1]
    assert "<h1>" not in article
    assert "<strong>bold</strong> <code>code</code>" in article
    assert '<a href="https://a.example" rel="noopener noreferrer nofollow">site</a>' in article
    assert "[mail](mailto:x@y.z) &lt;u&gt;u&lt;/u&gt;" in article
    assert "<ol>" in article
    assert "<blockquote>" in article
    assert '<code class="language-py">x &lt; 1\n</code>' in article


def test_underscores_of_paths_are_no_emphasis_in_evidence():
    finding = replace(a_finding(), title="See src/__init__.py", evidence=(Evidence("in src/__main__.py, `run`"),))
    text = render_report(replace(a_report_without_plots(), review=replace(a_review(), findings=(finding,))))
    assert '<p class="what">See src/__init__.py</p>' in text
    assert "<li>in src/__main__.py, <code>run</code></li>" in text


def test_deeply_nested_markdown_ends(full):
    body = ">" * 3000 + " x " + "[" * 3000 + "*" * 3000
    text = render_report(replace(a_report_without_plots(), change=replace(a_report_without_plots().change, body=body)))
    assert len(text) < len(full) + 60_000


def test_a_report_after_mining_only():
    report = Report("Mined", "acme/shop", "2026-03-01T09:06:00Z", dataset=a_report_without_plots().dataset)
    page = Page(render_report(report))
    assert [attrs["id"] for attrs in page.all("section")] == ["data", "lineage"]
    assert "Nothing has been trained yet; the shipped prior ranks." in page.text
    assert "relevance easy/train 282" in page.text
    assert page.all("svg") == []


def test_an_empty_report_is_a_page_too():
    page = Page(render_report(Report("Empty", "acme/shop", "2026-03-01")))
    assert page.open == []
    assert page.all("section") == []


def test_silence_is_said():
    page = Page(render_report(replace(a_report_without_plots(), review=a_silent_review())))
    assert "Nothing to say about 4 files. Silence is a valid result." in page.text
    assert page.all("article") != []


def test_comments_without_a_place_in_the_diff_are_shown_apart():
    report = replace(a_report_without_plots(), change=None)
    page = Page(render_report(report))
    assert "unplaced" in [attrs["id"] for attrs in page.all("section")]
    assert "src/shop/api/orders.py:4" in page.text
    assert "The handler catches Exception ." in page.text


def test_without_matplotlib_a_sentence_says_how_to_get_the_plots(monkeypatch):
    for name in [name for name in sys.modules if name == "matplotlib" or name.startswith("matplotlib.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = Page(render_report(a_report()))
    assert page.all("svg") == []
    assert page.text.count("matplotlib is not installed. `pip install '/path/to/reviewlore[model]'` brings it.") == 2
    assert "0.822–0.882" in page.text


def test_paths_that_are_not_utf8_can_be_written():
    finding = replace(a_finding(), anchor=replace(a_finding().anchor, path="p\udc80.py"))
    text = render_report(
        replace(a_report_without_plots(), change=None, review=replace(a_review(), findings=(finding,)))
    )
    assert '<span class="unseen">\\udc80</span>' in text
    assert text.encode("utf-8")


def test_a_diff_that_cannot_be_read_is_refused():
    broken = "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n one\n"
    with pytest.raises(InputError, match="The diff cannot be read"):
        render_report(replace(a_report_without_plots(), change=replace(a_report_without_plots().change, diff=broken)))


def test_long_files_without_comments_are_cut_and_say_so():
    lines = "".join(f"+line {number}\n" for number in range(1, 801))
    head = "diff --git a/big.txt b/big.txt\nnew file mode 100644\n--- /dev/null\n+++ b/big.txt\n"
    diff = f"{head}@@ -0,0 +1,800 @@\n{lines}"
    page = Page(
        render_report(replace(a_report_without_plots(), change=replace(a_report_without_plots().change, diff=diff)))
    )
    assert "200 more lines of this file not shown here: it is long, and has no comment." in page.text
    assert "line 600 " in page.text
    assert "line 601" not in page.text


def test_the_title_reads_well(full):
    assert html.unescape(re.search(r"<title>(.*?)</title>", full)[1]) == "Refund an order · acme/shop · reviewlore"


def calibrated_report(**more):
    bins = (Bin(40, 0.3, 0.25), Bin(60, 0.8, 0.85))
    point = OperatingPoint(0.8, 1.5, 0.62, 55, 0.836, 0.72, 0.9)
    low = OperatingPoint(0.1, 0.5, 0.22, 99, 0.41, 0.3, 1.0)
    people = Calibration(1.2, 0.1, 100, 12, 0.61, 0.045, 0.123, 0.81, bins, (low, point))
    found = Calibrations("embedded-1", people, replace(people, count=77), borrowed=("bots",))
    return replace(a_report_without_plots(), calibrations=replace(found, **more))


def test_the_reliability_of_probabilities_is_plotted_and_told(full):
    page = Page(render_report(calibrated_report()))
    assert "What a probability is worth" in page.text
    assert "embedded-1 had not seen" in page.text
    labels = [attributes.get("aria-label") or "" for attributes in page.all("svg")]
    assert (
        "Remarks of people, 100 held-out remarks, calibration error 0.045: 0.30 predicted, 0.25 of 40 addressed; "
        "0.80 predicted, 0.85 of 60 addressed."
    ) in labels
    assert "61 % of 100 addressed, calibration error 0.045, Brier score 0.123" in page.text
    assert "0.80 0.62 55 0.84 0.72 0.90" in page.text
    assert "0.41" not in page.text  # a precision that nobody asks for
    assert "77" not in page.text  # what is borrowed is not this version's
    assert "What a probability is worth" not in full


def test_a_calibration_of_the_version_itself_is_all_that_is_shown():
    page = Page(render_report(calibrated_report(people=None, borrowed=("people", "bots"))))
    assert "What a probability is worth" not in page.text


def test_a_version_is_shown_with_what_it_took_and_its_guards():
    card = a_card()
    page = Page(render_report(replace(a_report(), versions=(card.manifest,), judged={card.manifest.id: card.judged})))
    words = " ".join("".join(page.words).split())
    assert "Took91.2 s on CPU, 2 threads, 812 MiB at the most, 1.25 Wh, cost 0.02" in words
    assert "Guards1 broken (exposure), 1 not measured" in words
    assert "Cardreviewlore card adapter-81ce0d55" in words
