"""What a card says of a version's lineage: every hash and revision it rests on, its environment, and what it took."""

from reviewlore.domain.card import CardSection, CardTable, ModelCard
from reviewlore.domain.model import Spent, VersionManifest

HASHES = {
    "prompts": "Prompts trained in",
    "recipe": "Recipe's values",
    "recipe_file": "Recipe's file",
    "data_policy": "Policy when the data was kept",
    "training_policy": "Policy when it was trained",
}


def lineage_section(card: ModelCard) -> CardSection:
    """Return the section with what has to be the same for the same version to come out."""
    manifest = card.manifest
    facts = [
        ("Dataset", manifest.dataset),
        ("Data up to", card.dataset.snapshot or "all that was mined" if card.dataset else "not recorded"),
        ("Base model", f"{manifest.base_model} at {manifest.base_revision}" if manifest.base_model else "none"),
        ("Parent", manifest.parent or "none"),
        ("Code", tell_commit(manifest.code_commit)),
        ("Seed", str(manifest.seed)),
    ]
    tables = (
        CardTable("Hashes (SHA-256)", ("Of", "Hash"), tuple((HASHES.get(k, k), v) for k, v in manifest.hashes.items())),
        CardTable("Policy", ("Setting", "Value"), tuple(manifest.policy.items())),
        CardTable("Files (SHA-256)", ("File", "Hash"), tuple(manifest.files.items())),
        CardTable("Packages", ("Package", "Version"), tuple(manifest.packages.items())),
    )
    return CardSection("lineage", "Lineage", (), tuple(facts), tables=tuple(table for table in tables if table.rows))


def spent_section(card: ModelCard) -> CardSection:
    """Return the section about what the training ran on and took."""
    manifest, spent = card.manifest, card.manifest.spent
    facts = [("Hardware", manifest.hardware or "not recorded")]
    if not spent.runs:
        facts.append(("Time", f"{manifest.seconds:.1f} s of the run that was judged"))
        return CardSection("spent", "What it took", (), tuple(facts))
    facts += [
        ("Time", f"{spent.seconds:.1f} s in all"),
        ("Energy", tell_energy(spent)),
        ("Cost", "not known: no price an hour is configured" if spent.cost is None else f"{spent.cost:.4g}"),
        ("Peak memory", "not measured" if spent.peak_mib is None else f"{spent.peak_mib:.0f} MiB"),
    ]
    rows = [(name, f"{seconds:.2f}") for name, seconds in spent.runs.items()]
    rows += [(f"of that, {name.replace('/', ': ').replace('_', ' ')}", f"{s:.2f}") for name, s in spent.phases.items()]
    return CardSection(
        "spent", "What it took", (), tuple(facts), tables=(CardTable("Runs", ("Run", "Seconds"), tuple(rows)),)
    )


def tell_spent(manifest: VersionManifest) -> str:
    """Return what a training took in one line: time, where, memory, energy and cost as far as they are known."""
    spent = manifest.spent
    parts = [f"{spent.seconds or manifest.seconds:.1f} s on {manifest.hardware or 'unnamed hardware'}"]
    parts += [] if spent.peak_mib is None else [f"{spent.peak_mib:.0f} MiB at the most"]
    parts.append("energy not measured" if spent.energy_wh is None else f"{spent.energy_wh:.4g} Wh")
    parts += [] if spent.cost is None else [f"cost {spent.cost:.4g}"]
    return ", ".join(parts)


def tell_energy(spent: Spent) -> str:
    """Return the energy with the counters it was read from; a machine without counters is said to have none."""
    if spent.energy_wh is None:
        return "not measured: this machine has no counter that could be read"
    parts = ", ".join(f"{name} {value:.4g}" for name, value in spent.energy_parts.items())
    return f"{spent.energy_wh:.4g} Wh{f' ({parts})' if parts else ''}; whatever else ran then is in it"


def tell_commit(commit: str) -> str:
    """Return a commit of our own code, and whether the code was as that commit has it."""
    plain = commit.removesuffix("-dirty")
    return plain if plain == commit else f"{plain}, with changes that were not committed"
