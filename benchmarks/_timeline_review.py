"""Who learns and who reviews in a replay: mining and training on one fake GitHub, reviews published on another.

In: recorded pull requests as they end, and the commit at which the next is reviewed. Out: what then stands on the
forge, and what could have been said. Settings are those of the repository, or the same with silent kinds asked for.
"""

import itertools
import math
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from benchmarks._timeline_measure import HunkAt, Place, Replayed, Tally
from tests.github.fake import FakeGitHub
from tests.github.replay import Row

from benchmarks import _timeline_measure as measure
from reviewlore.adapters.checkout import Remote
from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.github import connect
from reviewlore.adapters.github_answers import Patience
from reviewlore.adapters.github_forge import GithubForge
from reviewlore.adapters.store import GitStore
from reviewlore.architecture.facts import QUIET
from reviewlore.config import FILE, ReviewSettings
from reviewlore.diff import parse_diff
from reviewlore.domain.calibration import Calibrations
from reviewlore.domain.drift import MapFingerprint
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Episode
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.learn_forge import Reach
from reviewlore.flows.promote import promote
from reviewlore.flows.publish import Desk, Reviewed, publish_review
from reviewlore.flows.review import decide, examine
from reviewlore.flows.train import train
from reviewlore.ranking.attention import Attention
from reviewlore.ranking.model import RankerModel
from reviewlore.wiring import Workshop
from reviewlore.wiring_mining import ForgeLimits, learn_remote

DRAWS = 20
SEED = 20261121
# Own remarks weigh n / (n + 400) beside the prior, so a few more pull requests change next to nothing: a version is
# trained when there is half as much again to learn from as there was for the last one.
FIRST_TRAINING, GROWTH = 10, 1.5
CAP = ReviewSettings().max_comments
BRANCHES = {
    "embedded, prior without this repository": "refs/heads/untaught",
    "embedded, learned, gate decides": "refs/heads/reviewlore/state",
    "embedded, learned, promoted whatever the gate says": "refs/heads/promoted",
}
PRIOR, LEARNED, PROMOTED = BRANCHES
_KINDS = f"[architecture]\nfacts = [{', '.join(repr(kind) for kind in sorted(QUIET))}]\n"
# What is said: by the settings of the repository at the base; with the kinds that are silent by default.
SETS: dict[str, str | None] = {"": None, "; silent kinds too": _KINDS}


@dataclass(frozen=True, slots=True)
class Change:
    """What a score of hunks may look at: the change as it was first seen, and what was learned before it."""

    repository: str
    base: str
    head: str
    hunks: tuple[HunkAt, ...]
    repo: GitRepo
    episodes: tuple[Episode, ...]


ATTENTION = "attention, weights without this repository"
HunkScore = Callable[[Change], Sequence[float]]
# One more way of saying which hunk deserves a comment is one more entry.
HUNK_SCORES: dict[str, HunkScore] = {
    "baseline: lines added": lambda change: [float(len(at.hunk.added)) for at in change.hunks],
    "baseline: earlier in the diff": lambda change: [-float(place) for place in range(len(change.hunks))],
}


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known on day 0 without one repository, by the others alone.

    The ranker, what its scores are worth, and which hunks people speak of (None: that is not asked).
    """

    model: RankerModel
    calibrations: Calibrations
    attention: Attention | None = None


def attend(attention: Attention, change: Change) -> list[float]:
    """Score hunks by the chance that people speak of them."""
    return [attention.chance(hunk) for hunk in measure.in_change(change.hunks)]


@dataclass(frozen=True)
class _Shop(Workshop):
    """A workshop with a given prior and state branch."""

    given: Prior
    ref: str

    @cached_property
    def prior(self) -> RankerModel:
        return self.given.model

    @cached_property
    def prior_calibrations(self) -> Calibrations:
        return self.given.calibrations

    @cached_property
    def store(self) -> GitStore:
        return GitStore(self.repo, self.ref)


class Learner:
    """Mines what has ended, and trains now and then."""

    def __init__(self, fake: FakeGitHub, name: str, folder: Path, repo: Path, prior: Prior) -> None:
        self.shops = {arm: _Shop(repo, QuietConsole(), prior, ref) for arm, ref in BRANCHES.items()}
        self._remote = Remote(str(folder), name, fake.token(name.partition("/")[0]))
        self._base, self._next = fake.base, FIRST_TRAINING
        self.learned, self.trained, self.refused = 0, 0, 0
        self.reasons: list[str] = []

    def learn(self, ended: int) -> None:
        """Mine what is new on the forge; `ended` pull requests have been added to it."""
        learn_remote(self.shops[LEARNED], self._remote, self._base, Reach(), ForgeLimits())
        self.learned += ended
        if self.learned >= self._next:
            self._next = math.ceil(GROWTH * self.learned)
            self._train()

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """What was learned so far."""
        return tuple(state.read_episodes(self.shops[LEARNED].store))

    def told(self) -> dict[str, Any]:
        """Return how often it was trained, and why versions were refused."""
        counts = {"learned": self.learned, "trained": self.trained, "refused_by_the_gate": self.refused}
        return {**counts, "reasons": self.reasons}

    def _train(self) -> None:
        """Train a version and let the gate decide; on a copy of the state a maintainer promotes it anyway."""
        shop = self.shops[LEARNED]
        try:
            trained = train(replace(shop.train_context(), structure=MapFingerprint), "embedded", None)
        except RefusedError as error:  # too little to train on; the prior goes on
            self.reasons.append(str(error))
            return
        self.trained += 1
        run_git(shop.path, "update-ref", BRANCHES[PROMOTED], BRANCHES[LEARNED])
        if trained.decision.verdict == "refuse":
            self.refused += 1
            self.reasons.append(trained.decision.reason)
            now = shop.clock.now()
            promote(self.shops[PROMOTED].store, trained.manifest.id, "benchmark", "whatever the gate says", now)


class _Told(GitRepo):
    """A repository whose settings are given, whatever its commits say."""

    def __init__(self, path: Path, settings: str | None) -> None:
        super().__init__(path)
        self._settings = settings

    def read(self, commit: str, path: str) -> bytes | None:
        if path == FILE and self._settings is not None:
            return self._settings.encode()
        return super().read(commit, path)


class Reviewer:
    """Reviews one change in several ways through the forge, and counts."""

    def __init__(self, fake: FakeGitHub, name: str, bare: Path, learner: Learner) -> None:
        attention = learner.shops[PRIOR].given.attention
        self._scores = HUNK_SCORES | ({ATTENTION: partial(attend, attention)} if attention else {})
        self._fake, self._name, self._learner = fake, name, learner
        self._repo = fake.add_repo(name, bare)
        self._told = {name: _Told(learner.shops[PRIOR].path, text) for name, text in SETS.items()}
        self.repo: GitRepo = self._told[""]
        quick = Patience(between_writes=None)
        self._forge = GithubForge(connect(fake.workflow_token(name), fake.base, quick), name)
        self._numbers = itertools.count(1)

    def review(self, row: Row, head: str, record: Replayed, hunks: tuple[HunkAt, ...]) -> None:
        """Review, publish and count into the record."""
        later = parse_diff(self.repo.diff(head, row["head_sha"])) if record.revised else ()

        def count(places: Sequence[Place]) -> Tally:
            return measure.tally(
                places, hunks, record.deserved, lambda p: measure.is_changed(later, p) if record.revised else None
            )

        contexts = {arm: shop.review_context(self._name) for arm, shop in self._learner.shops.items()}
        record.version = contexts[LEARNED].scorer.version
        for name, repo in self._told.items():
            # What `review_pull` does, with one examination for all who decide.
            examined = examine(replace(contexts[PRIOR], repo=repo), row["base_sha"], head)
            for arm, context in contexts.items():
                judged = context.judgement.judge_findings(examined.candidates)
                record.scores[arm + name] = measure.best_scores([(_place(one), _chance(one)) for one in judged], hunks)
                review = decide(context, examined, context.judgement)
                reviewed = Reviewed(review, examined.subject.patches, examined.subject.settings.review)
                record.arms[arm + name] = count(self._publish(reviewed, row, head))
            places = [_place(each) for each in examined.candidates]
            record.scores[f"baseline: any fact{name}"] = measure.best_scores([(p, 1.0) for p in places], hunks)
            _add_baselines(record, name, places, hunks, count)
        change = Change(self._name, row["base_sha"], head, hunks, self.repo, self._learner.episodes)
        record.scores |= {name: list(score(change)) for name, score in self._scores.items()}

    def _publish(self, reviewed: Reviewed, row: Row, head: str) -> list[Place]:
        """Publish on an open pull request at this head, as the action does; return what stands on the forge then."""
        number = next(self._numbers)
        self._fake.open_pull(
            self._name, self._repo.default, f"change-{number}", row["title"] or "A change", row["pr_author"],
            number=number, head_sha=head, base_sha=row["base_sha"],
        )  # fmt: skip
        publish_review(Desk(self._forge, self._forge, f"https://github.com/{self._name}"), number, reviewed)
        said = [each for each in self._repo.review_comments.values() if each.pull == number]
        return [Place(each.path, each.line, each.side, each.start_line) for each in said]


def run_git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def _add_baselines(
    record: Replayed, name: str, places: list[Place], hunks: tuple[HunkAt, ...],
    count: Callable[[Sequence[Place]], Tally],
) -> None:  # fmt: skip
    size = round(record.arms[LEARNED + name].comments)
    seed = f"{SEED}:{record.repository}:{record.number}{name}"
    record.arms[f"baseline: no ranking{name}"] = count(measure.in_order(places, hunks, CAP))
    record.arms[f"baseline: random, as many as learned{name}"] = measure.draw(places, size, seed, DRAWS, count)
    record.arms[f"baseline: all facts{name}"] = count(places)


def _chance(finding: Finding) -> float:
    """Return the chance that this version gives a finding, or its score where that is all there is."""
    return finding.score if finding.probability is None else finding.probability


def _place(finding: Finding) -> Place:
    return Place(finding.anchor.path, finding.anchor.line, finding.anchor.side)
