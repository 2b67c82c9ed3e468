"""The training ports over what does the work: the boosted ranker, and the DPO trainer with its scorer.

Every review makes them, most to use neither: what they work with is imported by the functions that need it.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reviewlore.domain.finding import Tier
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.errors import RefusedError
from reviewlore.ports import Console, Scorer
from reviewlore.ranking.model import RankerModel

if TYPE_CHECKING:
    from reviewlore.adapters import weights
    from reviewlore.domain.recipe import Recipe, TrainedAdapter
    from reviewlore.domain.training import FitRequest


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
    """Adapter of the `AdapterTrainer` port. `bases` maps a hub name to the folder on this machine that holds it."""

    def __init__(self, templates: Mapping[str, str], console: Console, bases: Mapping[str, Path]) -> None:
        self._templates, self._console, self._bases = templates, console, bases

    def fit(self, request: "FitRequest") -> "tuple[TrainedAdapter, dict[str, bytes]]":
        """Train by TRL's DPO; RefusedError where no pair has one prompt for both remarks."""
        from reviewlore.adapters import weights
        from reviewlore.adapters.trainer import train_adapter
        from reviewlore.dialogue import render_preference, select_trainable

        recipe = request.recipe
        kept, dropped = select_trainable(request.pairs, recipe.text)
        if not kept:
            count = len(request.pairs)
            raise RefusedError(f"None of {count} pairs can train an adapter ({dropped}). Mine more pull requests.")
        if dropped:
            self._console.say(
                f"{len(kept)} of {len(request.pairs)} pairs can be learned by DPO; left out: "
                + ", ".join(f"{reason} {count}" for reason, count in dropped.items())
            )
        later, _ = select_trainable(request.validation, recipe.text)
        dialogues = [render_preference(self._templates, pair, recipe.text) for pair in kept]
        held_out = [render_preference(self._templates, pair, recipe.text) for pair in later]
        with tempfile.TemporaryDirectory(prefix="reviewlore-adapter-") as folder:
            output = Path(folder) / "adapter"
            trained = train_adapter(
                recipe, dialogues, held_out, seed=request.seed, output=output, console=self._console,
                base_folder=self._bases.get(getattr(recipe.base, "id", "")),
            )  # fmt: skip
            return trained, weights.read_folder(output)

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> Scorer:
        """Return the trained judgement; StateError where a file is not what the manifest promised."""
        from reviewlore.adapters import weights

        verified = weights.verify_files(files, manifest.files)
        return _AdapterScorer(manifest, verified, self._templates, self._bases)

    def settings(self, recipe: "Recipe") -> dict[str, str]:
        """Return a recipe's values and the hash of the prompt it trains in: a prompt is a version too."""
        from reviewlore.dialogue import REVIEW_TEMPLATE, prompt_hash
        from reviewlore.stages.recipe import recipe_settings

        trained = {name: text for name, text in self._templates.items() if name == REVIEW_TEMPLATE}
        return {**recipe_settings(recipe), "prompts.sha256": prompt_hash(trained)}


class _AdapterScorer:
    """DPO's implicit reward of each remark on its own hunk, through the text the adapter was trained on."""

    tier: Tier = "adapter"

    def __init__(
        self,
        manifest: VersionManifest,
        verified: "weights.VerifiedAdapter",
        templates: Mapping[str, str],
        bases: Mapping[str, Path],
    ) -> None:
        from reviewlore.adapters.preferrer import load_preferrer

        self.version = manifest.id
        self._templates = templates
        self._preferrer = load_preferrer(verified, bases.get(manifest.base_model or ""))

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        from reviewlore.dialogue import render_prompt, render_remark
        from reviewlore.domain.recipe import PromptContext

        budget = self._preferrer.recipe.text
        rows = [
            (
                render_prompt(self._templates, PromptContext(path=remark.path, hunk=remark.hunk), budget),
                render_remark(remark.body, budget),
            )
            for remark in remarks
        ]
        return self._preferrer.score(rows)
