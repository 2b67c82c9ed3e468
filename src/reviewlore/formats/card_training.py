"""What a card says of the training: the recipe with all its values, how it went, and how it ended."""

from collections.abc import Mapping

from reviewlore.domain.card import CardSection, CardTable, ModelCard
from reviewlore.domain.model import VersionManifest

_MEASURED = (
    ("sft_loss", "Warm start's loss"),
    ("loss", "Loss"),
    ("margin", "Reward margin"),
    ("accuracy", "Reward accuracy"),
)


def training_section(card: ModelCard) -> CardSection:
    """Return the section about the training."""
    manifest = card.manifest
    summary = manifest.replay.get("recipe.summary", "")
    adapter = manifest.tier == "adapter"
    steps = [("Steps", told)] if (told := _steps(manifest.replay)) else []
    facts = [
        ("Recipe", f"{manifest.recipe}{f': {summary}' if summary else ''}"),
        *steps,
        *([("Stopped by", _stopping(manifest.replay))] if adapter else []),
        ("Seed", str(manifest.seed)),
    ]
    settings = tuple(sorted(manifest.recipe_settings.items()))
    tables = (
        CardTable("How it went", ("Measured", "First", "Last", "Held out, last", "Points"), _curves(manifest)),
        CardTable("Recipe", ("Setting", "Value"), settings),
    )
    return CardSection(
        "training", "Training", (), tuple(facts), tables=tuple(t for t in tables if t.rows), plots="training"
    )


def _steps(replay: Mapping[str, str]) -> str:
    found = {name.removesuffix(".steps"): value for name, value in replay.items() if name.endswith(".steps")}
    return ", ".join(f"{run} {steps}" for run, steps in found.items())


def _stopping(replay: Mapping[str, str]) -> str:
    told = {
        "later": f"{replay.get('validation.pairs', '?')} pairs of {replay.get('validation.pull_requests', '?')} later "
        "pull requests of the training side",
        "folds": "cross-validation over pull requests",
    }
    return told.get(replay.get("stopping", ""), "the recipe's number of steps")


def _curves(manifest: VersionManifest) -> tuple[tuple[str, ...], ...]:
    rows = []
    for key, name in _MEASURED:
        points = [entry[key] for entry in manifest.log if key in entry]
        held = [entry[f"eval_{key}"] for entry in manifest.log if f"eval_{key}" in entry]
        if points:
            rows.append((name, f"{points[0]:.4g}", f"{points[-1]:.4g}", f"{held[-1]:.4g}" if held else "",
                         str(len(points))))  # fmt: skip
    return tuple(rows)
