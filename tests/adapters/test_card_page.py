"""The page of a model card: self-contained, inert, readable, and small."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.formats.test_card_text import a_card, hostile_card

from reviewlore.adapters.card_page import draw_card, render_card_page
from reviewlore.domain.card import ModelCard
from reviewlore.domain.evaluation import Interval

VOID = {"meta", "link", "br", "col", "hr", "img", "input"}


class Page(HTMLParser):
    """The elements of a page, its words, and what was left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_page_is_whole_and_asks_nothing_of_the_network() -> None:
    page = Page(render_card_page(a_card()))
    assert page.open == []
    assert not {"script", "iframe", "object", "img", "link", "form"} & set(page.tags)
    links = [value or "" for name, value in page.attributes if name in ("href", "src", "xlink:href")]
    assert links and all(value.startswith("#") for value in links)
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_every_section_is_named_and_linked() -> None:
    page = Page(render_card_page(a_card()))
    anchors = {value for name, value in page.attributes if name == "id"}
    assert {f"#{anchor}" for anchor in ("model", "uses", "data", "evaluation", "guards", "lineage")} <= {
        value for name, value in page.attributes if name == "href"
    }
    assert {"model", "training", "calibration", "handling"} <= anchors


def test_it_draws_losses_accuracy_slices_and_reliability() -> None:
    pytest.importorskip("matplotlib", reason="plots need the model extra")
    text = render_card_page(a_card())
    captions = re.findall(r"<figcaption>([^<]+)<", text)
    assert captions == [
        "Loss", "Reward margin", "Reward accuracy",
        "Mean of kinds", "Outcome", "Relevance hard", "Relevance easy", "By language", "By specialist",
        "Remarks of people",
    ]  # fmt: skip
    assert "var(--accent)" in text and not re.search(r"#0[1-5]0[1-5]0[1-5]", text)


def test_strangers_names_are_text() -> None:
    page = Page(render_card_page(hostile_card()))
    assert "script" not in page.tags and page.open == []
    words = "".join(page.words)
    assert "<script>alert(1)</script>" in words
    assert "\x1b" not in words and "\u202e" not in words


@pytest.mark.parametrize("number", [1e308, -1e308, 1e300, float("inf"), float("nan")])
def test_a_number_that_no_training_has_is_not_drawn(number: float) -> None:
    card = a_card()
    log = ({"step": 1.0, "loss": 0.7}, {"step": 2.0, "loss": number}, {"step": number, "loss": 0.6})
    text = render_card_page(replace(card, manifest=replace(card.manifest, log=log)))
    assert "</html>" in text


def test_a_card_stays_small_however_long_the_run_and_however_many_the_slices() -> None:
    card = a_card()
    assert card.judged is not None
    log = tuple(
        {"step": float(step), "loss": 1 / step, "margin": 0.1, "accuracy": 0.5, "sft_loss": 2.0, "eval_loss": 0.6}
        for step in range(1, 20_001)
    )
    slices = {f"language:Language {number}": Interval(0.5, 0.4, 0.6, number) for number in range(1, 200)}
    scores = tuple(replace(score, slices=slices) for score in card.judged.evaluation.scores)
    judged = replace(card.judged, evaluation=replace(card.judged.evaluation, scores=scores))
    files = draw_card(
        ModelCard(replace(card.manifest, log=log), card.standing, card.dataset, card.calibrations, judged)
    )
    assert set(files) == {"card.md", "card.html"}
    assert sum(map(len, files.values())) < 300_000
