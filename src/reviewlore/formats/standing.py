"""How the learning stands, as plain text of 100 columns: evaluation, gate, dataset, registry. Records in, text out.

Versions come first and baselines after them; an interval is the 95 % bootstrap interval of the record.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from reviewlore.domain.drift import AgedVersion
from reviewlore.domain.evaluation import Evaluation, GateDecision, TierScore
from reviewlore.domain.model import DatasetManifest, Registry, RegistryEntry
from reviewlore.domain.preference import PairKind
from reviewlore.domain.spending import MonthSpending
from reviewlore.domain.visible import visible_line
from reviewlore.formats.examined import render_examination, render_slices
from reviewlore.formats.tables import WIDTH, lay_out, make_rows, show_interval, show_milliseconds

VERDICTS = {"promote": "Promoted", "refuse": "Refused"}


def render_evaluation(evaluation: Evaluation) -> str:
    """Return the table of versions and baselines by pair kind; columns that do not fit go to a further table.

    Below it stand the slices, and what was measured of the version that it is about.
    """
    pairs = sum(evaluation.pairs.values())
    title = (
        f"Preference accuracy on {evaluation.pull_requests} held-out later pull requests "
        f"({pairs} pairs of dataset {evaluation.dataset[:12]}), with 95 % bootstrap intervals; "
        "ms is the time to score one remark"
    )
    versions = [score for score in evaluation.scores if score.tier != "baseline"]
    ordered = versions + [score for score in evaluation.scores if score.tier == "baseline"]
    names = [_name(score) for score in ordered]
    in_mean = max((score.overall.count for score in ordered), default=0)
    first = [["mean of kinds", *(show_interval(score.overall) for score in ordered), str(in_mean)], *_takes(ordered)]
    kinds = [
        [kind, *(show_interval(score.by_kind.get(kind)) for score in ordered), str(evaluation.pairs[kind])]
        for kind in order_kinds(evaluation.pairs)
    ]
    reads = any(score.prompt_tokens for score in ordered)  # then what it takes is a table of its own
    parts = ["\n".join(textwrap.wrap(title, WIDTH))]
    for columns in [first, kinds] if reads else [first + kinds]:
        parts += lay_out(["", *names, "pairs"], columns)
    parts += render_slices(versions, names[: len(versions)])
    return "\n\n".join([*parts, *render_examination(evaluation)]) + "\n"


def _takes(ordered: Sequence[TierScore]) -> list[list[str]]:
    """Return the columns of what judging a remark takes; one that would be empty is left out."""
    priced = [score.cost_per_thousand for score in ordered]
    columns = {
        "prompt tokens": [f"{score.prompt_tokens:.0f}" if score.prompt_tokens else "" for score in ordered],
        "ms": [show_milliseconds(score.milliseconds_per_remark) for score in ordered],
        "cost of 1,000": ["" if cost is None else f"{cost:.4g}" for cost in priced],
    }
    return [[title, *cells, ""] for title, cells in columns.items() if any(cells)]


def render_age(aged: AgedVersion, threshold: float) -> str:
    """Return how far the code has moved since the version in force was trained, in one paragraph."""
    text = aged.note(threshold) or (
        f"Since {aged.version} was trained on {aged.trained_at[:10]} the structure of the code has moved by "
        f"{aged.drift.told}; from {100 * threshold:.0f} % on, training is due."
    )
    return "\n".join(textwrap.wrap(visible_line(text), WIDTH)) + "\n"


def order_kinds(kinds: Iterable[str]) -> list[str]:
    """Return kinds of pairs in the order in which `PairKind` names them; others after them, by name."""
    known: tuple[str, ...] = get_args(PairKind)
    return sorted(kinds, key=lambda kind: (known.index(kind) if kind in known else len(known), kind))


def render_decision(decision: GateDecision) -> str:
    """Return the gate's verdict in one paragraph: who, against whom, the reason, and the difference if not in it."""
    against = f" against {decision.incumbent}" if decision.incumbent else ", with no incumbent"
    text = f"{VERDICTS[decision.verdict]} {decision.candidate}{against}: {decision.reason.rstrip('.')}."
    gap = decision.difference
    if decision.migration:
        text += f" A migration: {decision.migration}."
    if decision.win:
        text += f" A win: {decision.win}."
    if gap is not None and f"{gap.accuracy:+.3f}" not in decision.reason:
        text += (
            f" (Difference {gap.accuracy:+.3f}, 95 % interval {gap.low:+.3f} to {gap.high:+.3f}, {gap.count} pairs.)"
        )
    return "\n".join(textwrap.wrap(visible_line(text), WIDTH)) + "\n"


def render_dataset(manifest: DatasetManifest) -> str:
    """Return what a dataset is made of: sources, episodes used and left out by reason, pairs, splits."""
    dropped = sum(manifest.dropped.values())
    lines = [
        f"Dataset {manifest.id[:12]}, made {manifest.created_at} from {_list(manifest.sources)}",
        "",
        f"{'episodes':<40}{manifest.episodes:>8}",
        f"{'of them in preference pairs':<40}{manifest.kept:>8}",
        f"{'left out, by reason':<40}{dropped:>8}",
        *_counts(manifest.dropped),
        f"{'duplicates':<40}{manifest.duplicates:>8}",
        f"{'contradictions, down-weighted':<40}{manifest.contradictions:>8}",
        f"{'preference pairs':<40}{sum(manifest.pairs.values()):>8}",
        *_pairs(manifest.pairs),
    ]
    for repository, moment in sorted(manifest.split_at.items())[:10]:
        lines.append(f"held out: {visible_line(repository)} from {visible_line(moment)} on")
    if len(manifest.split_at) > 10:
        lines.append(f"held out: {len(manifest.split_at) - 10} more repositories, each at its own time")
    policy = ", ".join(f"{key} = {value}" for key, value in sorted(manifest.policy.items()) if value)
    if policy:
        lines += textwrap.wrap(visible_line(f"policy: {policy}"), WIDTH, subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def render_registry(registry: Registry, told: Mapping[str, str] | None = None) -> str:
    """Return the registry for `status`: what is active first, then every version, newest first.

    `told` has one more sentence about some versions, by their ids.
    """
    if not registry.entries:
        return "Nothing has been trained: the shipped prior ranks. `reviewlore mine` and `train` change that.\n"
    active = sorted((e for e in registry.entries if e.state == "active"), key=lambda entry: entry.specialist)
    lines = [f"Active{_whose(entry)}: {entry.id} ({entry.tier})" for entry in active]
    if not any(entry.specialist == "" for entry in active):
        lines.insert(0, "Active: none; the shipped prior ranks.")
    lines = [visible_line(line) for line in [*lines, *_on_trial(registry)]]
    for entry in registry.entries:
        if entry.forgotten_at and entry.state in ("active", "canary"):
            lines += textwrap.wrap(visible_line(render_due(entry)), WIDTH)
    canary = any(entry.state == "canary" and not entry.specialist for entry in registry.entries)
    general = {entry.id for entry in registry.entries if not entry.specialist}
    before = next((name for name in reversed(registry.previous) if name in general), None)
    if canary:
        lines.append("A rollback would take the canary back first.")
    elif before is not None:
        lines.append(visible_line(f"A rollback would return to {before}."))
    rows = [["version", "tier", "state", "decided by", "at"]]
    rows += [[e.id, e.tier, e.state, e.decided_by, e.decided_at] for e in reversed(registry.entries)]
    table = make_rows([list(column) for column in zip(*rows, strict=True)], align_right=False)
    lines += ["", table[0]]
    for row, entry in zip(table[1:], reversed(registry.entries), strict=True):
        lines.append(row)
        for text in (entry.reason, (told or {}).get(entry.id, "")):
            lines += textwrap.wrap(visible_line(text), WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def render_due(entry: RegistryEntry) -> str:
    """Return what is to be done about a version in force that learned from something that was forgotten."""
    return (
        f"Retraining is due: {entry.id} is in force and learned from something that was forgotten on "
        f"{entry.forgotten_at[:10]}. Run `reviewlore mine` and `reviewlore train`, or `reviewlore rollback`."
    )


def tell_standing(entry: RegistryEntry) -> str:
    """Return what becomes of a version that passed the gate and is not active yet, empty of any other."""
    if entry.waits_for:
        return (
            f"{entry.id} waits for somebody with the role {entry.waits_for}: `reviewlore approve {entry.id} "
            f'--github OWNER/NAME --reason "..."`, or `/lore approve {entry.id}` on a pull request.'
        )
    if entry.state == "canary":
        return (
            f"{entry.id} judges {entry.share} % of the pull requests, until what becomes of its remarks shows that it "
            f"is not worse. `reviewlore promote {entry.id}` ends that at once, `reviewlore rollback` takes it back."
        )
    return ""


def tell_canary(canary: RegistryEntry, active: RegistryEntry | None) -> str:
    """Return that a version on trial judges, which share it judges, and who judges the rest."""
    what = f"the {canary.specialist} findings of this pull request" if canary.specialist else "this pull request"
    rest = active.id if active else "everybody's version" if canary.specialist else "the shipped prior"
    return (
        f"Canary: {canary.id} judges {what}, one of {canary.share} % chosen by their number; {rest} judges the others."
    )


def render_spending(spending: MonthSpending, monthly_tokens: int, monthly_cost: float) -> str:
    """Return what a month's reviews asked of models, beside the limits (0: none); empty where nothing was asked."""
    if not spending.reviews:
        return ""
    tokens = f"{spending.prompt_tokens + spending.completion_tokens:,} tokens"
    tokens += f" of {monthly_tokens:,}" if monthly_tokens else ""
    cost = f", cost {spending.cost:.2f}" + (f" of {monthly_cost:.2f}" if monthly_cost else "")
    failed = f" and {spending.failed} that failed" if spending.failed else ""
    calls = f"{spending.calls} call{'' if spending.calls == 1 else 's'}{failed}"
    reviews = f"{spending.reviews} review{'' if spending.reviews == 1 else 's'}"
    text = (
        f"Models in {spending.month}: {calls} in {reviews}, {tokens}"
        f"{cost if spending.cost or monthly_cost else ''}, {spending.latency:.1f} s a call (median); "
        + ", ".join(f"{name} {count}" for name, count in spending.models.items())
        + "."
    )
    return "\n".join(textwrap.wrap(visible_line(text), WIDTH)) + "\n"


def _whose(entry: RegistryEntry) -> str:
    return f" for {entry.specialist}" if entry.specialist else ""


def _on_trial(registry: Registry) -> list[str]:
    """Return a line for each canary, and for each version that waits for somebody's word."""
    lines = [
        f"Canary{_whose(entry)}: {entry.id} ({entry.tier}) judges {entry.share} % of the pull requests"
        for entry in registry.entries
        if entry.state == "canary"
    ]
    return lines + [
        f"Waiting for the role {entry.waits_for}{_whose(entry)}: {entry.id} ({entry.tier}) passed the gate; "
        f"`reviewlore approve {entry.id}`"
        for entry in registry.entries
        if entry.waits_for
    ]


def _name(score: TierScore) -> str:
    if score.tier == "baseline":
        return visible_line(score.name.replace("_", " "))
    return visible_line(score.name if score.name.startswith(score.tier) else f"{score.name} ({score.tier})")


def _list(names: Iterable[str]) -> str:
    return visible_line(", ".join(names)) or "no source"


def _counts(counts: dict[str, int]) -> list[str]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"  {visible_line(name):<38}{count:>8}" for name, count in ordered]


def _pairs(counts: dict[str, int]) -> list[str]:
    """Return one line a kind; keys are `kind/split` (or only the kind)."""
    kinds: dict[str, list[tuple[str, int]]] = {}
    for name, count in sorted(counts.items(), reverse=True):  # train before test
        kind, _, split = name.partition("/")
        kinds.setdefault(kind, []).append((split, count))
    rows = []
    for kind in order_kinds(kinds):
        splits = ", ".join(f"{count} {split}" for split, count in kinds[kind] if split)
        total = sum(count for _, count in kinds[kind])
        rows.append(visible_line(f"  {kind:<38}{total:>8}{f'  ({splits})' if splits else ''}"))
    return rows
