"""The training ports over what does the work: the boosted ranker, and the DPO trainer with its scorer.

Every review makes them, most to use neither: what they work with is imported by the functions that need it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from reviewlore.domain.finding import Tier
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.errors import RefusedError
from reviewlore.ports import Console, Probe, Scorer
from reviewlore.ranking.model import RankerModel

if TYPE_CHECKING:
    from reviewlore.adapters.preferrer import Preferrer
    from reviewlore.domain.recipe import Recipe, TrainedAdapter
    from reviewlore.domain.training import Example, FitRequest, Lesson, Reading


class BoostedRankers:
    """Adapter of the `RankerTrainer` port. The shipped prior helps, unless it was trained on these repositories."""

    def __init__(self, prior: RankerModel) -> None:
        self._prior = prior

    def fit(self, pairs: Sequence[PreferencePair], *, seed: int) -> RankerModel:
        """Return the trained ranker; MissingExtra where lightgbm is not installed."""
        from reviewlore.adapters import boosting

        seen = set(dict(self._prior.about).get("repositories", "").split())
        fair = not any(pair.repository in seen for pair in pairs)
        return boosting.train_ranker(pairs, seed=seed, prior=self._prior if fair else None)

    def settings(self) -> dict[str, str]:
        """Return what the lineage says of the ranker's training."""
        from reviewlore.adapters import boosting

        return {**boosting.describe(), "prior": dict(self._prior.about).get("id", "shipped")}


class DpoAdapters:
    """Adapter of the `AdapterTrainer` port. `bases` maps a hub name to the folder on this machine that holds it.

    Interrupted runs lie in `runs`, below their version (None: they are not kept); `environ` is all that further
    processes of a run get to know of this one's environment.
    """

    def __init__(
        self,
        templates: Mapping[str, str],
        console: Console,
        bases: Mapping[str, Path],
        runs: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._templates, self._console, self._bases = templates, console, bases
        self._runs, self._environ = runs, environ or {}
        self._opened: WeakValueDictionary[tuple[tuple[str, str], ...], Preferrer] = WeakValueDictionary()

    def fit(self, request: "FitRequest") -> "tuple[TrainedAdapter, dict[str, bytes]]":
        """Train by the recipe's method; RefusedError where no pair has one prompt for both remarks."""
        from reviewlore.adapters.trainer import Place, train_adapter

        for opened in list(self._opened.values()):
            opened.rest()
        place = Place(
            self._runs / request.version / request.run if self._runs else None,
            self._bases.get(getattr(request.recipe.base, "id", "")),
            self._environ,
        )
        return train_adapter(self._make_lesson(request), self._console, place)

    def discard(self, version: str) -> None:
        """Remove what the runs of a version left on this machine: it is kept elsewhere, or nobody wants it."""
        if self._runs is not None:
            from reviewlore.adapters.checkpoints import remove_runs

            remove_runs(self._runs / version)

    def _make_lesson(self, request: "FitRequest") -> "Lesson":
        """Return a request as text; how many pairs this method cannot learn from is said."""
        from reviewlore.dialogue import render_preference, select_trainable
        from reviewlore.domain.training import Lesson

        recipe = request.recipe
        kept, dropped = select_trainable(request.pairs, recipe.text, recipe.loss.method)
        if not kept:
            count = len(request.pairs)
            raise RefusedError(f"None of {count} pairs can train an adapter ({dropped}). Mine more pull requests.")
        if dropped:
            self._console.say(
                f"{len(kept)} of {len(request.pairs)} pairs can be learned by {recipe.loss.method.upper()}; left out: "
                + ", ".join(f"{reason} {count}" for reason, count in dropped.items())
            )
        later, _ = select_trainable(request.validation, recipe.text, recipe.loss.method)
        train = tuple(render_preference(self._templates, pair, recipe.text) for pair in kept)
        validation = tuple(render_preference(self._templates, pair, recipe.text) for pair in later)
        return Lesson(recipe, train, validation, request.seed, request.steps)

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> Scorer:
        """Return the trained judgement; StateError where a file is not what the manifest promised."""
        return _AdapterScorer(manifest.id, self._open(manifest, files), self._templates)

    def probe(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> Probe:
        """Return the adapter to be asked for more; StateError where a file is not what the manifest promised."""
        from reviewlore.adapters.probing import AdapterProbe

        return AdapterProbe(self._open(manifest, files), self._templates)

    def prompted(
        self,
        manifest: VersionManifest,
        files: Mapping[str, bytes],
        name: str,
        choose: "Callable[[Remark], Sequence[Example]]",
    ) -> Scorer:
        """Return the base model of an adapter, asked by a prompt; StateError as `scorer`."""
        from reviewlore.adapters.prompted import PromptedScorer

        return PromptedScorer(name, self._open(manifest, files), self._templates, choose)

    def _open(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> "Preferrer":
        """Load an adapter on its base, or return it where somebody still holds it: a base is too large to hold twice.

        What the manifest promises is checked each time.
        """
        from reviewlore.adapters import weights
        from reviewlore.adapters.preferrer import load_preferrer

        verified = weights.verify_files(files, manifest.files)
        key = tuple(sorted(manifest.files.items()))
        opened = self._opened.get(key)
        if opened is None:
            opened = self._opened[key] = load_preferrer(verified, self._bases.get(verified.base_model))
        return opened

    def settings(self, recipe: "Recipe") -> dict[str, str]:
        """Return a recipe's values and the hash of the prompt it trains in: a prompt is a version too."""
        from reviewlore.dialogue import REVIEW_TEMPLATE, prompt_hash
        from reviewlore.stages.recipe import recipe_settings

        trained = {name: text for name, text in self._templates.items() if name == REVIEW_TEMPLATE}
        return {**recipe_settings(recipe), "prompts.sha256": prompt_hash(trained)}


class _AdapterScorer:
    """DPO's implicit reward of each remark on its own hunk, through the text the adapter was trained on."""

    tier: Tier = "adapter"

    def __init__(self, version: str, preferrer: "Preferrer", templates: Mapping[str, str]) -> None:
        self.version, self._preferrer, self._templates = version, preferrer, templates

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        return self._preferrer.score(self._rows(remarks))

    def read(self, remarks: Sequence[Remark]) -> "Reading":
        """Return what scoring reads: prompt and remark twice, by the adapter and by its base."""
        from reviewlore.adapters.bases import encode
        from reviewlore.domain.training import Reading

        base, most = self._preferrer.base, self._preferrer.recipe.text.max_tokens
        read = [encode(base, prompt, remark, most) for prompt, remark in self._rows(remarks)]
        if not read:
            return Reading()
        prompts, both = sum(len(prompt) for prompt, _ in read), sum(len(p) + len(r) for p, r in read)
        return Reading(prompts / len(read), 2.0 * both / len(read))

    def _rows(self, remarks: Sequence[Remark]) -> list[tuple[str, str]]:
        from reviewlore.dialogue import render_prompt, render_remark
        from reviewlore.domain.recipe import PromptContext

        budget = self._preferrer.recipe.text
        return [
            (
                render_prompt(self._templates, PromptContext(path=remark.path, hunk=remark.hunk), budget),
                render_remark(remark.body, budget),
            )
            for remark in remarks
        ]
