"""Nothing wrong reaches the pull request, whatever a model answers, and everything that is dropped is counted.

The whole way: git objects, the prompt, the true client, a server that misbehaves, the parser, the map, the choice, the
true forge client, the fake GitHub.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from tests.flows.asked_change import AFTER, BEFORE, Change, read_change
from tests.github.demo import QUICK
from tests.github.fake import FakeGitHub, start_fake
from tests.github.weak_model import MOODS, SERVERS, TEXTS, weak_model

from reviewlore.adapters.github import connect
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.openai import OpenAiServer
from reviewlore.adapters.resources import load_prior
from reviewlore.config import ModelSettings, ReviewSettings, Settings
from reviewlore.domain.calibration import UNCALIBRATED
from reviewlore.domain.finding import Review
from reviewlore.flows.asking import Asked, ask, uncover
from reviewlore.flows.choosing import choose
from reviewlore.flows.publish import Desk, Published, Reviewed, publish_review
from reviewlore.flows.scoring import Judgement, RankerScorer
from reviewlore.ranking.model import RankerModel
from reviewlore.stages.review.candidates import make_findings
from reviewlore.stages.review.select import Past

NAME = "octo/shop"
TESTS = {"tests/test_prices.py": "from shop import prices\n\n\ndef test_add():\n    assert prices.add([1]) == 1\n"}
CAP = 3


@dataclass
class Outcome:
    """What one run did: the answers, the review, and how it was published."""

    asked: Asked
    review: Review
    published: Published
    number: int

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(item.reason for item in self.review.dropped))


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    with start_fake() as running:
        yield running


@pytest.fixture(scope="module")
def change(github: FakeGitHub, tmp_path_factory: pytest.TempPathFactory) -> Change:
    folder = tmp_path_factory.mktemp("weak") / "shop.git"
    github.add_repo(NAME, folder)
    base = github.commit(NAME, "main", BEFORE | TESTS, "Start")
    head = github.commit(NAME, "feat", AFTER, "Change", parent=base)
    return read_change(folder, base, head, Settings(ReviewSettings(max_comments=CAP)))


def run(github: FakeGitHub, change: Change, mood: str) -> Outcome:
    pull = github.open_pull(NAME, "main", "feat", "Let totals have a rate", login="alice", fork="alice/shop")
    with weak_model(mood) as server:
        model = ModelSettings(kind="openai", address=server.base, name="weak", timeout=1, retries=0)
        settings = replace(change.settings, model=model)
        asked = ask(OpenAiServer(model), change.briefing.requests, change.ground, settings)
    review = reviewed(change, asked)
    forge = GithubForge(connect(github.workflow_token(NAME), github.base, QUICK), NAME)
    desk = Desk(forge, forge, f"https://github.com/{NAME}")
    return Outcome(asked, review, publish_review(desk, pull.number, Reviewed(review, change.patches)), pull.number)


def reviewed(change: Change, asked: Asked) -> Review:
    patches = {patch.path: patch for patch in change.patches}
    facts, unplaced = make_findings(change.survey.facts, patches)
    judgement = Judgement(RankerScorer("prior", RankerModel.from_json(json.loads(load_prior()))), UNCALIBRATED)
    choice = choose((*facts, *asked.findings), judgement, change.settings.review, Past(patches=patches))
    return Review(
        NAME, change.base, change.head, "prompt", "prior", choice.kept, (*unplaced, *asked.dropped, *choice.dropped),
        (*change.briefing.notes, *asked.notes, *choice.notes), len(patches),
        coverage=uncover(change.briefing.coverage, asked.unanswered), usage=asked.usage,
    )  # fmt: skip


RIGHT = [("shop/cart.py", 6)]
# What is said of each mood's answers, and why the rest is not.
EXPECTED: dict[str, tuple[list[tuple[str, int]], dict[str, int]]] = {
    "right": (RIGHT, {}),
    "prose": (RIGHT, {}),
    "mended": (RIGHT, {}),
    "rows": (RIGHT, {}),
    "malformed": ([], {"malformed": 1}),
    "wrong_lines": (RIGHT, {"line_not_in_hunk": 1, "quote_not_in_hunk": 1, "unchanged_lines": 1}),
    "repeated": (RIGHT, {"merged": 19}),
    "reworded": (RIGHT, {"merged": 1}),
    "off_diff": ([], {"unknown_hunk": 3}),
    "obeying": ([("shop/cart.py", 6), ("shop/cart.py", 7)], {}),
    "approving": ([], {"praise": 1}),
    "approving_in_words": ([], {"malformed": 1}),
    "social": ([], {"asks_for_secrets": 1, "tells_people_to_run_something": 1}),
    "inventing": ([], {"unverifiable_claim": 1, "claim_contradicted": 2}),
    "many": ([], {"malformed": 20, "too_many_remarks": 80}),
    "giant": ([], {"malformed": 1}),
    "giant_string": ([], {"malformed": 1}),
    "empty": ([], {"malformed": 1}),
    "binary": ([], {"malformed": 1}),
    "nothing": ([], {}),
} | dict.fromkeys(SERVERS, ([], {}))


@pytest.mark.parametrize("mood", MOODS)
def test_nothing_wrong_reaches_the_pull_request(github: FakeGitHub, change: Change, mood: str) -> None:
    outcome = run(github, change, mood)
    check_published(github, outcome)
    said, reasons = EXPECTED[mood]
    generated = [finding for finding in outcome.review.findings if finding.source == "generated"]
    assert sorted((finding.anchor.path, finding.anchor.line) for finding in generated) == said
    assert outcome.reasons == reasons
    usage = outcome.asked.usage
    if mood in TEXTS:
        assert (usage.failed, usage.prompt_tokens) == (0, 1000 * usage.calls)
        assert usage.malformed == ("malformed" in reasons)
    else:
        (note,) = outcome.asked.notes
        assert note.startswith("The model did not answer: ") and note.endswith("The review rests on the facts alone.")
        assert (usage.calls, usage.failed, outcome.review.coverage.covered) == (0, 1, ())


def check_published(github: FakeGitHub, outcome: Outcome) -> None:
    """What arrived is what was said, on changed lines, as a comment; nothing was approved, merged or labelled."""
    repo, number = github.repos[NAME], outcome.number
    comments = [comment for comment in repo.review_comments.values() if comment.pull == number]
    reviews = [review for review in repo.reviews.values() if review.pull == number]
    talk = [comment for comment in repo.issue_comments.values() if comment.number == number]
    assert len(comments) == outcome.published.posted == len(outcome.review.findings) <= CAP
    assert {review.state for review in reviews} <= {"COMMENTED"}
    assert not [x for x in github.log if x.method in {"PUT", "DELETE"} or re.search(r"/merge|/labels|/events", x.url)]
    assert (repo.pulls[number].state, repo.pulls[number].labels) == ("open", [])
    assert len({(comment.path, comment.line) for comment in comments}) == len(comments)
    assert {comment.path for comment in comments} <= set(AFTER)
    for body in [item.body for item in (*comments, *reviews, *talk)]:
        assert_inert(body)


def assert_inert(body: str) -> None:
    """Nothing in a body mentions, commands, links elsewhere, loads, or ends our hidden line early."""
    plain = re.sub(r"^(`{4,}).*?^\1$", "", body, flags=re.DOTALL | re.MULTILINE)
    plain = re.sub(r"(`+)[^`\n]+?\1", "", plain)
    assert not re.search(r"@(?=[\w-])", plain), body
    assert not re.search(r"(?<!\w)#\d|\bGH-\d", plain), body
    assert not re.search(r"^\s*(?:[-*>]\s+)*/\w", body, re.MULTILINE), body
    assert not re.search(r"(?:https?://|www\.)(?!github\.com/octo/shop)", plain), body
    assert not re.search(r"(?<!\\)\]\((?!https://github\.com/octo/shop/)", plain), body
    assert not re.search(r"<(?:img|details><summary>x)", plain), body
    assert len(re.findall(r"<!-- lore:1 finding", body)) <= 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", body)
    assert not re.search(r"^`{3,}suggestion", body, re.MULTILINE), body
