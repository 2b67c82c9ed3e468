"""The whole loop told as a story, on any repository with review comments and one open pull request.

It runs what every other command runs: nothing here knows what the sample contains.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reviewlore.domain.recipe import Recipe
from reviewlore.domain.report import Report, ReviewedChange
from reviewlore.errors import InputError
from reviewlore.flows.labelling import LearnContext
from reviewlore.flows.learn import learn
from reviewlore.flows.report import standing_report, with_review
from reviewlore.flows.review import ReviewContext, review_change
from reviewlore.flows.sources import read_files
from reviewlore.flows.train import train
from reviewlore.flows.training import TrainContext, Trained
from reviewlore.formats.mining import render_learning
from reviewlore.formats.standing import render_decision, render_evaluation
from reviewlore.formats.text import render_text
from reviewlore.ports import Clock, Console, Repo, Store

RECIPE = "smoke_cpu"


class DemoWorkshop(Protocol):
    """What the demo needs of the composition root."""

    @property
    def console(self) -> Console:
        """Where the story is told."""
        ...

    @property
    def repo(self) -> Repo:
        """The sample's repository."""
        ...

    @property
    def store(self) -> Store:
        """Its state branch."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    def learn_context(self) -> LearnContext:
        """Return what mining needs."""
        ...

    def train_context(self) -> TrainContext:
        """Return what training needs."""
        ...

    def review_context(self, repository: str | None = None) -> ReviewContext:
        """Return what a review needs."""
        ...

    def recipe(self, name: str) -> Recipe:
        """Return a shipped recipe."""
        ...

    def render_report(self, report: Report) -> str:
        """Return the report as one HTML page."""
        ...


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """The pull request the demo reviews."""

    title: str
    body: str
    author: str
    base: str
    head: str
    number: int


def run_demo(workshop: DemoWorkshop, comments: Path, request: OpenPullRequest, emit: Callable[[str], None]) -> Report:
    """Mine, train both tiers, review the open pull request; tell it, print the results, return what was found."""
    console = workshop.console
    console.step(
        "Mine the team's past",
        "Every review remark of the merged pull requests becomes an episode; git and replies say what became of it. "
        "Names become pseudonyms, secrets are taken out, and pairs are made: which of two remarks this team stood by. "
        "The latest 30 % of pull requests are held out to judge with.",
    )
    source = read_files([(comments.name, comments.read_bytes())], console)
    learned = learn(workshop.learn_context(), source)
    emit(render_learning(learned))
    ranker = _train_ranker(workshop, emit)
    adapter = _train_adapter(workshop, emit)
    console.step(
        f"Review pull request #{request.number}: {request.title}",
        "The change is read from git objects, nothing is checked out or run. What it does to the architecture becomes "
        f"candidate comments; the active version ranks them, few are said. Active: {_active(ranker, adapter)}.",
    )
    base, head = workshop.repo.resolve(request.base), workshop.repo.resolve(request.head)
    review = review_change(workshop.review_context(source.raws[0].repository), base, head)
    emit(f"\n#{request.number} {request.title}\n{render_text(review)}")
    emit("\n" + render_evaluation(adapter.evaluation))
    emit("\n" + render_decision(adapter.decision))
    start = workshop.repo.merge_base(base, head)
    change = ReviewedChange(
        title=request.title, body=request.body, author=request.author, diff=workshop.repo.diff(start, head),
        base_ref=request.base, head_ref=request.head, number=request.number,
    )  # fmt: skip
    standing = standing_report(workshop.store, review.repository, workshop.clock.now())
    return with_review(standing, change, review, adapter.evaluation, (ranker.decision, adapter.decision))


def read_request(path: Path) -> OpenPullRequest:
    """Return the open pull request described in a JSON file; InputError where it is not one."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        texts = {name: str(raw[name]) for name in ("title", "body", "author", "base", "head")}
        return OpenPullRequest(**texts, number=int(raw["number"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} does not describe a pull request: {error!r}. Build the sample again.") from error


def _train_ranker(workshop: DemoWorkshop, emit: Callable[[str], None]) -> Trained:
    workshop.console.step(
        "Train the embedded ranker",
        "A small preference model of features of (hunk, remark) learns from the earlier pull requests, in seconds, on "
        "the CPU. It is judged on the held-out later ones beside simple baselines; then the gate speaks.",
    )
    trained = train(workshop.train_context(), "embedded", None)
    emit(render_decision(trained.decision))
    return trained


def _train_adapter(workshop: DemoWorkshop, emit: Callable[[str], None]) -> Trained:
    recipe = workshop.recipe(RECIPE)
    workshop.console.step(
        "Train a LoRA adapter by DPO",
        f"The real training code (TRL, PEFT) on a base model made on the spot, by recipe {recipe.name}. Its minimum is "
        f"{recipe.minimum.pairs} pairs from {recipe.minimum.pull_requests} pull requests. So small a base knows no "
        "language: expect the gate to refuse it, with the numbers. That is the gate doing its work.",
    )
    trained = train(workshop.train_context(), "adapter", recipe)
    emit(render_decision(trained.decision))
    return trained


def _active(ranker: Trained, adapter: Trained) -> str:
    promoted = [t.manifest.id for t in (ranker, adapter) if t.decision.verdict == "promote"]
    return promoted[-1] if promoted else "the shipped prior"
