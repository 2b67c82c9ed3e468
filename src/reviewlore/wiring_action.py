"""The composition root of the GitHub Action: the runner's environment in, one job on its adapters, an exit code out.

Everything that is printed goes through the runner's adapter, also what went wrong unexpectedly: a stranger's words in
an error message must not become a command of the runner.
"""

import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reviewlore.adapters.actions import ActionsConsole, ActionsRunner, read_context
from reviewlore.adapters.artefact import read_artefact, refuse_in_checkout
from reviewlore.adapters.checkout import Remote, RemoteStore, fetch_commits, fetch_pull
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.config import FILE
from reviewlore.domain.commands import TrainTier
from reviewlore.domain.events import Annotation, RunContext
from reviewlore.errors import InputError, RefusedError, ReviewloreError
from reviewlore.flows.action import run_action
from reviewlore.flows.action_tools import ActionTools
from reviewlore.flows.publish import Desk
from reviewlore.formats.handover import MAX_BYTES
from reviewlore.ports import Generator, Store
from reviewlore.stages.intake import read_default_branch
from reviewlore.wiring import Workshop
from reviewlore.wiring_secrets import KEY_VARIABLE, find_secrets

if TYPE_CHECKING:
    from reviewlore.adapters.github import Connection
    from reviewlore.adapters.github_forge import GithubForge
    from reviewlore.domain.evaluation import Evaluation

_DEFAULT_RECIPE = "smoke_cpu"
_FAULT = 3


def run(environ: Mapping[str, str]) -> int:
    """Run the action as the environment of a GitHub Actions step asks, and return the exit code of the step."""
    runner = ActionsRunner(environ, find_secrets(environ))
    try:
        context = read_context(environ)
        refuse_in_checkout(context.inputs.artefact, _checkout(environ))
        return run_action(context, _tools(_Site(environ, context, runner)))
    except ReviewloreError as error:
        runner.annotate(Annotation("error", str(error), title="reviewlore"))
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - whatever it is, its words may be a stranger's
        runner.log(traceback.format_exc())
        said = f"An unexpected {type(error).__name__}. The log of this step has it; please report it."
        runner.annotate(Annotation("error", said, title="reviewlore: a fault, not your doing"))
        return _FAULT


@dataclass(frozen=True)
class _Site:
    """One run of the action: what it may need of the world, built on first use."""

    environ: Mapping[str, str]
    context: RunContext
    runner: ActionsRunner

    @cached_property
    def repository_url(self) -> str:
        return f"{self.context.server_url}/{self.context.repository}"

    @cached_property
    def code(self) -> Remote:
        return Remote(self.context.server_url, self.context.repository, self.environ.get("INPUT_GITHUB_TOKEN", ""))

    @cached_property
    def workshop(self) -> "_ActionWorkshop":
        return _ActionWorkshop(_checkout(self.environ), ActionsConsole(self.runner), self)

    @cached_property
    def forge(self) -> "GithubForge":
        from reviewlore.adapters.github_forge import GithubForge

        return GithubForge(self._connect(), self.context.repository)

    def desk(self) -> Desk:
        """Return where reviews are published."""
        return Desk(self.forge, self.forge, self.repository_url, find_secrets(self.environ), self.context.run_id)

    def store(self, ref: str) -> Store:
        """Return the state branch on the forge; a review that may not read it goes on without, and says so."""
        inputs = self.context.inputs
        token = self.environ.get("INPUT_STATE_TOKEN") or self.code.token
        remote = Remote(self.context.server_url, inputs.state_repository or self.context.repository, token)
        folder = Path(self.environ.get("RUNNER_TEMP") or ".") / "reviewlore-state.git"
        try:
            return RemoteStore(folder, remote, ref)
        except InputError as error:
            if inputs.mode not in ("review", "analyse", "post"):
                raise
            self.workshop.console.warn(f"The review goes on without what was learned: {error}")
            return GitStore(GitRepo(folder), ref)

    def learn(self) -> str:
        """Mine the repository's past and return what that did."""
        from reviewlore.flows.learn_forge import Reach
        from reviewlore.formats.mining import render_learning
        from reviewlore.wiring_mining import ForgeLimits, learn_remote

        if not self.environ.get(KEY_VARIABLE):
            self.workshop.console.warn(
                "No pseudonym-key was given: the same person gets another name in the next run. "
                "Make a secret of 32 random bytes and pass it as the input pseudonym-key."
            )
        report = learn_remote(self.workshop, self.code, self._address, Reach(), ForgeLimits())
        return _block(render_learning(report), *self.workshop.put_into_service())

    def train(self, tier: TrainTier, recipe: str) -> str:
        """Train one version and return how it was judged."""
        from reviewlore.flows.train import train
        from reviewlore.formats.run_summary import render_run
        from reviewlore.formats.standing import render_decision, render_evaluation, tell_standing

        chosen = self.workshop.recipe(recipe or _DEFAULT_RECIPE) if tier == "adapter" else None
        trained = train(self.workshop.train_context(), tier, chosen)
        told = [render_evaluation(trained.evaluation), render_decision(trained.decision)]
        told += [tell_standing(trained.standing)] if trained.standing is not None else []
        told += self.workshop.put_into_service()
        return f"{render_run(trained.manifest, trained.decision)}\n{_block(*told)}"

    def evaluate(self, versions: Collection[str]) -> "Evaluation":
        """Judge the versions of these ids on the newest dataset's held-out later pull requests."""
        from reviewlore.flows.judge import evaluate_all, load_dataset

        workshop = self.workshop
        return evaluate_all(
            workshop.store, workshop.prior, workshop.adapters, workshop.clock, workshop.console,
            load_dataset(workshop.store), price=workshop.settings.model.price_in, versions=versions,
        )  # fmt: skip

    def page(self) -> bytes:
        """Return the page with all that was learned; where nothing can be judged anew, without that table."""
        from reviewlore.flows.judge import evaluate_all
        from reviewlore.flows.report import judged_report, standing_report

        workshop, repository = self.workshop, self.context.repository
        now = workshop.clock.now()
        try:
            data = judged_report(
                workshop.store,
                repository,
                now,
                lambda dataset: evaluate_all(
                    workshop.store, workshop.prior, workshop.adapters, workshop.clock, workshop.console, dataset
                ),
            )
        except RefusedError as error:
            workshop.console.warn(f"The versions were not judged anew for the report: {error}")
            data = standing_report(workshop.store, repository, now)
        return workshop.render_report(data).encode("utf-8", "backslashreplace")

    def artefact(self) -> bytes | None:
        """Return what the mode analyse left, or None."""
        return read_artefact(self.context.inputs.artefact, MAX_BYTES)

    @property
    def _address(self) -> str:
        from reviewlore.adapters.github import PUBLIC

        return self.environ.get("INPUT_GITHUB_API_URL") or self.environ.get("GITHUB_API_URL") or PUBLIC

    def _connect(self) -> "Connection":
        from reviewlore.adapters.github import connect

        return connect(self.code.token, self._address, tell=self.workshop.console.say)


@dataclass(frozen=True)
class _ActionWorkshop(Workshop):
    """A workshop whose state branch is the one on the forge, and whose default branch the event names."""

    site: _Site

    @cached_property
    def trusted(self) -> str | None:
        """The commit of the default branch, as far as it is in the checkout.

        InputError where it is not and the job writes what people can opt out of. What a review finds checked out is
        never read: it may be the pull request's, and name whom the model's key is sent to.
        """
        context = self.site.context
        if named := context.inputs.repository:  # the event is of the workflow's own, this one is checked out by itself
            if self.repo.hosted and named not in self.repo.hosted:
                raise InputError(f"{self.repo.hosted[0]} is checked out, not {named}. Give both the same repository.")
            return self.repo.resolve("HEAD")
        branch = read_default_branch(context.payload)
        learns = context.inputs.mode in ("learn", "train", "report")
        if not branch and learns:  # a schedule: it runs on the default branch and on no other
            return self.repo.resolve("HEAD")
        # A branch of that name that somebody checked out may be a fork's; what was fetched from origin is not.
        places = (f"refs/remotes/origin/{branch}", *([f"refs/heads/{branch}"] if learns else []))
        for place in places if branch else ():
            with suppress(InputError):
                return self.repo.resolve(place)
        why = f"The default branch {branch} is not in this checkout" if branch else "The event names no default branch"
        problem = f"{why}, so its {FILE} is not known."
        if learns:
            raise InputError(f"{problem} Check out with `ref: {branch}` or `fetch-depth: 0`.")
        self.console.warn(f"{problem} Defaults are used; check out with `fetch-depth: 0`.")
        return None

    def open_model(self, store: Callable[[], Store]) -> tuple[Generator | None, tuple[str, ...]]:
        """Return the model that writes; where what it said is taken from another run, nobody is asked."""
        model = self.settings.model
        if self.site.context.inputs.mode != "post" or model.kind == "none":
            return super().open_model(store)
        from reviewlore.flows.handover import RecordedGenerator

        return RecordedGenerator(model.name), ()

    def own_recipe(self, path: str) -> str:
        """Return the text of a recipe file of the default branch: what is checked out may be a pull request's."""
        from reviewlore.flows.own_recipes import read_committed

        return read_committed(self.repo, self.trusted, path)

    def source_of(self, address: str) -> Remote:
        """Return the repository at an address, with the token that may read it where it is on this forge."""
        token = self.site.environ.get("INPUT_STATE_TOKEN") or self.site.code.token
        return Remote(self.site.context.server_url, address, token, url=address)

    @cached_property
    def store(self) -> Store:
        return self.site.store(f"refs/heads/{self.settings.state.branch}")


def _tools(site: _Site) -> ActionTools:
    workshop = site.workshop
    return ActionTools(
        runner=site.runner,
        clock=workshop.clock,
        desk=site.desk,
        runs=lambda: site.forge,
        store=lambda: workshop.store,
        key=workshop.pseudonym_key,
        kept_key=workshop.kept_key,
        policies=lambda: workshop.settings.learn.policies,
        pinned=workshop.pinned,
        settings=lambda: workshop.settings,
        code=lambda: workshop.repo,
        fetch=lambda number, base, head: fetch_pull(workshop.repo, site.code, number, base, head),
        bring=lambda commits: fetch_commits(workshop.repo, site.code, commits),
        review_context=lambda number, base: workshop.review_context(site.context.repository, number, base),
        learn=site.learn,
        train=site.train,
        evaluate=site.evaluate,
        serve=workshop.put_into_service,
        page=site.page,
        artefact=site.artefact,
    )


def _checkout(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("GITHUB_WORKSPACE") or ".")


def _block(*texts: str) -> str:
    text = "\n".join(each.rstrip() for each in texts if each)
    return f"````text\n{text}\n````"
