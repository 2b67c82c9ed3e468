"""All that a version rests on, as plain text of 100 columns. A trace in, text out; strangers' words are shown inert."""

import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence

from reviewlore.domain.lineage import TracedVersion, VersionTrace
from reviewlore.domain.model import AuditEntry, DatasetManifest, VersionManifest
from reviewlore.domain.visible import visible_line
from reviewlore.formats.card_lineage import HASHES, tell_commit, tell_energy
from reviewlore.formats.standing import order_kinds

_WIDTH = 98
_LABEL = 12


def render_version_trace(found: VersionTrace) -> str:
    """Return a version's chain from its state in the registry down to the hashes of its files."""
    manifest, entry = found.manifest, found.standing
    forgotten = f"; something it learned from was forgotten on {entry.forgotten_at[:10]}" if entry.forgotten_at else ""
    lines = [
        visible_line(f"Version {manifest.id}, {entry.state}{forgotten}"),
        *_field("decided", f"{entry.decided_at} by {entry.decided_by}: {entry.reason}"),
        *_field("trained", f"{manifest.created_at} by recipe {manifest.recipe}, seed {manifest.seed}"),
        *_field("base", f"{manifest.base_model} at {manifest.base_revision}" if manifest.base_model else "none"),
        *_field("code", tell_commit(manifest.code_commit)),
        *_field("packages", _pairs(manifest.packages)),
        *_took(manifest),
        *_ancestors(found.ancestors),
        "",
        *_dataset(found.dataset, manifest.dataset, repeatable=found.repeatable, left=found.episodes_left),
        "",
        *_shaped(manifest),
        "",
        "Files",
        *(_row(name, digest) for name, digest in (*manifest.files.items(), *manifest.documents.items())),
        *(["", "Decisions about it", *_decisions(found.decisions)] if found.decisions else []),
    ]
    return "\n".join(lines) + "\n"


def _took(manifest: VersionManifest) -> list[str]:
    spent = manifest.spent
    runs = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in (*spent.runs.items(), *spent.phases.items()))
    peak = "" if spent.peak_mib is None else f", {spent.peak_mib:.0f} MiB at the most"
    lines = _field("hardware", manifest.hardware or "not recorded")
    lines += _field("took", f"{spent.seconds or manifest.seconds:.1f} s{f' ({runs})' if runs else ''}{peak}")
    lines += _field("energy", tell_energy(spent) if spent.runs else "not recorded")
    return lines + ([] if spent.cost is None else _field("cost", f"{spent.cost:.4g}"))


def _ancestors(ancestors: Sequence[TracedVersion]) -> list[str]:
    if not ancestors:
        return _field("parent", "none: no version was in force before it")
    told = ", before that ".join(f"{each.id} ({each.state or 'no longer in the registry'})" for each in ancestors)
    return _field("parent", told)


def _dataset(dataset: DatasetManifest | None, name: str, *, repeatable: bool, left: int | None) -> list[str]:
    if dataset is None:
        return [f"Dataset {name}", *_field("note", "its manifest is no longer on the state branch")]
    kinds: dict[str, int] = defaultdict(int)
    for pair, count in dataset.pairs.items():
        kinds[pair.partition("/")[0]] += count
    told = ", ".join(f"{kind} {kinds[kind]}" for kind in order_kinds(kinds))
    there = "" if left is None or left == dataset.episodes else f", {left} of them still there"
    again = "come out the same again" if repeatable else "no longer come out the same"
    return [
        f"Dataset {dataset.id}",
        *_field("made", f"{dataset.created_at} from {', '.join(dataset.sources)}"),
        *_field("remarks", f"{dataset.episodes} read{there}, {dataset.kept} in pairs"),
        *_field("pairs", f"{sum(kinds.values())} ({told}); they {again}"),
        *(_field("forgotten", f"something of it on {dataset.forgotten_at}") if dataset.forgotten_at else []),
    ]


def _shaped(manifest: VersionManifest) -> list[str]:
    """Return everything that shaped it and is no data: the recipe's values, the policy, and the hash of each."""
    lines = ["Shaped by"]
    lines += [_row(HASHES.get(name, name).lower(), digest) for name, digest in manifest.hashes.items()]
    for title, values in (("recipe", manifest.recipe_settings), ("policy", manifest.policy)):
        lines += _field(title, _pairs(values)) if values else []
    return lines


def _decisions(entries: Sequence[AuditEntry]) -> list[str]:
    return [visible_line(f"  {each.at}  {each.action:<10} by {each.actor}, entry {each.hash[:12]}") for each in entries]


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(values.items()) if value) or "none recorded"


def _row(name: str, digest: str) -> str:
    return visible_line(f"  {name:<32}{digest}")


def _field(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        visible_line(f"{name:<{_LABEL}}{text}"), _WIDTH, initial_indent="  ", subsequent_indent=" " * (_LABEL + 2),
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
