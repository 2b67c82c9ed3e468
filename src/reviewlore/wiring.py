"""The composition root: the only place that builds adapters. Heavy libraries load in functions."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reviewlore.adapters import resources
from reviewlore.adapters.git import GitRepo
from reviewlore.config import Lock, RecipeSettings, Settings
from reviewlore.domain.calibration import Calibrations
from reviewlore.errors import InputError
from reviewlore.flows.in_force import InForce, Occasion
from reviewlore.flows.review import ReviewContext, read_settings
from reviewlore.flows.scoring import Judgement
from reviewlore.formats import records
from reviewlore.ports import AdapterTrainer, Clock, Console, Generator, Index, Parsers, Shelf, Store
from reviewlore.ranking.model import RankerModel
from reviewlore.wiring_force import find_judgement
from reviewlore.wiring_model import open_model, open_writing
from reviewlore.wiring_secrets import (
    find_bases,
    find_embedding,
    find_runs,
    find_token,
    forge_address,
    make_or_read_key,
    model_environment,
    name_actor,
    read_kept_key,
    read_token,
)

if TYPE_CHECKING:
    from reviewlore.adapters.checkout import Remote
    from reviewlore.domain.drift import MapFingerprint
    from reviewlore.domain.recipe import Recipe
    from reviewlore.domain.report import Report
    from reviewlore.flows.labelling import LearnContext
    from reviewlore.flows.training import TrainContext
    from reviewlore.flows.training_lock import Pulse


@dataclass(frozen=True)
class Workshop:
    """Everything one command needs, built from a repository and a console on first use."""

    path: Path
    console: Console

    @cached_property
    def repo(self) -> GitRepo:
        """The local repository: the one reviewed, or the one that carries the state branch."""
        return GitRepo(self.path)

    @cached_property
    def trusted(self) -> str | None:
        """The commit of the default branch, from which what governs is read; None where there is none."""
        try:
            return self.repo.resolve(self.repo.default_branch())
        except InputError:
            return None

    @cached_property
    def settings(self) -> Settings:
        """The settings on the default branch; the defaults where there is none."""
        return Settings() if self.trusted is None else read_settings(self.repo, self.trusted)

    def lock(self, base: str | None = None) -> Lock | None:
        """Return what pins the version that judges: of a commit that a change goes into, else of the default branch."""
        commit = base or self.trusted
        if commit is None:
            return None
        from reviewlore.flows.locking import read_lock

        return read_lock(self.repo, commit)

    @cached_property
    def store(self) -> Store:
        """The state branch."""
        from reviewlore.adapters.store import GitStore

        return GitStore(self.repo, f"refs/heads/{self.settings.state.branch}")

    @cached_property
    def clock(self) -> Clock:
        """The system's clock."""
        from reviewlore.adapters.machine import SystemClock

        return SystemClock()

    @cached_property
    def prior(self) -> RankerModel:
        """The ranker that is shipped for day 0."""
        return RankerModel.from_json(records.parse(resources.load_prior().encode(), "ranking/prior.json"))

    @cached_property
    def prior_calibrations(self) -> Calibrations:
        """What the shipped ranker's scores are worth in a repository that it has not seen."""
        return records.decode(resources.load_prior_calibration(), Calibrations, "ranking/prior_calibration.json")

    @cached_property
    def grammar(self) -> Parsers:
        """The parsers of source code."""
        from reviewlore.adapters.grammars import Grammars

        return Grammars()

    @cached_property
    def shelf(self) -> Shelf:
        """Where what was computed from this repository's objects is kept, beside them."""
        from reviewlore.adapters.shelf import SqliteShelf

        return SqliteShelf(self.repo.git_dir)

    @cached_property
    def adapters(self) -> AdapterTrainer:
        """Training of and scoring with low-rank adapters; loads torch only when used."""
        from reviewlore.adapters.training import DpoAdapters
        from reviewlore.flows.training_lock import BeatingConsole

        console, runs = BeatingConsole(self.console, self.pulse), find_runs(self.repo.git_dir)
        return DpoAdapters(resources.load_prompts(), console, find_bases(), runs, model_environment())

    @cached_property
    def pulse(self) -> "Pulse":
        """What beats while a training goes on."""
        from reviewlore.flows.training_lock import Pulse

        return Pulse()

    def scorer(self) -> Judgement:
        """Return the judgement in force, and what it is worth; what has to be known of it is said."""
        found = self.in_force()
        for note in found.notes:
            self.console.warn(note)
        return found.judgement

    def in_force(self) -> InForce:
        """Return whose judgement is used where no pull request is meant: what is pinned, or what is in force."""
        return find_judgement(self, Occasion(self.repo.name), self.lock())

    def pinned(self) -> str:
        """Say which version the lock of the default branch pins; empty where there is none."""
        lock = self.lock()
        if lock is None:
            return ""
        from reviewlore.flows.locking import tell_pinned

        return tell_pinned(lock)

    def source_of(self, address: str) -> "Remote":
        """Return the repository at an address; the token goes to the forge of the environment and nowhere else."""
        from reviewlore.adapters.checkout import Remote

        return Remote(forge_address(), address, find_token(), url=address)

    def review_context(self, repository: str | None = None, number: int = 0, base: str | None = None) -> ReviewContext:
        """Return what a review needs; of a pull request its number, by which a canary judges it or not.

        `base` is the commit whose lock holds (None: the default branch's), never one of the pull request's own.
        """
        name = repository or self.repo.name
        found = find_judgement(self, Occasion(name, number), self.lock(base))
        embedding, more = find_embedding(self.settings.model.embedding)
        writing, told = open_writing(self.open_model, self.settings.model, found, self.clock)
        return ReviewContext(
            repository=name,
            repo=self.repo,
            store=self.store,
            grammar=self.grammar,
            scorer=found.judgement.scorer,
            make_index=lambda: self._make_index(embedding),
            console=self.console,
            notes=(*found.notes, *more, *told),
            shelf=self.shelf,
            calibrations=found.judgement.calibrations,
            writing=writing,
            specialists=found.judgement.specialists,
        )

    def open_model(self, store: Callable[[], Store]) -> tuple[Generator | None, tuple[str, ...]]:
        """Return the model that writes, or None, and what has to be known of it."""
        return open_model(self.settings.model, store)

    def _make_index(self, model: Path | None) -> Index:
        from reviewlore.adapters.index import SqliteIndex

        if model is None:
            return SqliteIndex(self.repo.git_dir)
        from reviewlore.adapters.embedding import Embedder

        return SqliteIndex(self.repo.git_dir, Embedder(model))

    def learn_context(self, fetch: Callable[[Sequence[str]], None] | None = None) -> "LearnContext":
        """Return what mining needs; `fetch` brings commits that were pushed over, by their ids."""
        from reviewlore.flows.labelling import LearnContext

        key, settings = self.pseudonym_key(), self.settings.learn
        return LearnContext(self.store, self.repo, key, settings, self.clock, self.console, name_actor(), fetch)

    def train_context(self) -> "TrainContext":
        """Return what training needs."""
        from reviewlore.wiring_training import make_train_context

        return make_train_context(self)

    def forget_runs(self) -> int:
        """Remove what interrupted trainings left on this machine: the words of pairs are among it."""
        from reviewlore.adapters.checkpoints import forget_runs

        return forget_runs(find_runs(self.repo.git_dir))

    def put_into_service(self) -> tuple[str, ...]:
        """Have what is in force served, where this machine names a folder for adapters; say what was done."""
        from reviewlore.flows.service import put_into_service
        from reviewlore.wiring_training import open_service

        service = open_service(self.settings.model)
        return put_into_service(self.store, service) if service is not None else ()

    def structure(self) -> "MapFingerprint":
        """Return the fingerprint of the default branch, or of what is checked out where there is none."""
        from reviewlore.domain.drift import MapFingerprint
        from reviewlore.flows.drift import read_fingerprint
        from reviewlore.flows.mapping import Mapper

        mapper = Mapper(self.repo, self.grammar, shelf=self.shelf, console=self.console)
        for name in (self.repo.default_branch, lambda: "HEAD"):
            try:
                return read_fingerprint(mapper, self.repo.resolve(name()))
            except InputError:
                continue
        return MapFingerprint()  # a repository that carries the state branch alone

    def github(self, repository: str) -> "tuple[Remote, str]":
        """Return a repository on GitHub with the token of the environment, and the address of GitHub's interface."""
        from reviewlore.adapters.checkout import Remote
        from reviewlore.adapters.github import PUBLIC

        return Remote(forge_address(), repository, read_token(repository)), os.environ.get("GITHUB_API_URL") or PUBLIC

    def recipe(self, name: str) -> "Recipe":
        """Return a shipped recipe, or one's own by its path, with the settings for it (a base model's revision)."""
        from reviewlore.flows.own_recipes import is_own, name_own
        from reviewlore.stages.recipe import parse_recipe, pin_revision

        text = self.own_recipe(name) if is_own(name) else resources.load_recipe(name)
        name = name_own(name, resources.recipe_names()) if is_own(name) else name
        revision = self.settings.recipes.get(name, RecipeSettings()).revision
        return parse_recipe(pin_revision(text, revision) if revision else text, name)

    def own_recipe(self, path: str) -> str:
        """Return the text of a recipe file: the one that was named on this machine, else of the default branch."""
        from reviewlore.flows.own_recipes import decode, read_committed

        local = Path(path)
        if local.is_file():
            return decode(local.read_bytes(), path)
        return read_committed(self.repo, self.trusted, path, "in this folder or ")

    @property
    def actor(self) -> str:
        """Who acts, for the audit log: never a person's name."""
        return name_actor()

    def render_report(self, report: "Report") -> str:
        """Return the report as one HTML page."""
        from reviewlore.adapters.pages import render_report

        return render_report(report)

    def pseudonym_key(self) -> bytes:
        """Return the secret that pseudonyms are keyed by: from the environment, else one made once beside the clone."""
        return make_or_read_key(self.repo.git_dir)

    def kept_key(self) -> bytes:
        """Return the secret that mining used for pseudonyms; ConfigError where it is not here."""
        return read_kept_key(self.repo.git_dir)
