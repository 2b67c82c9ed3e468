"""What the state branch knows, gathered into one report record. It draws nothing and writes nothing."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace

from reviewlore.domain.evaluation import Evaluation, GateDecision
from reviewlore.domain.finding import Review
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.report import Report, ReviewedChange
from reviewlore.flows import state
from reviewlore.flows.card import read_all_judged
from reviewlore.flows.judge import LoadedDataset, load_dataset
from reviewlore.flows.scoring import read_calibrations
from reviewlore.formats.standing import render_due, tell_standing
from reviewlore.ports import Store
from reviewlore.stages.registry import find_active, find_tainted
from reviewlore.stages.shadow import total_shadows

_AUDIT_TAIL = 12


def standing_report(store: Store, repository: str, now: str) -> Report:
    """Return what was mined, trained and decided so far."""
    datasets = state.read_datasets(store)
    newest = datasets[-1] if datasets else None
    registry = state.read_registry(store)
    tainted = find_tainted(registry)
    active = find_active(registry)
    versions = state.read_versions(store)
    outcomes = Counter(episode.outcome for episode in state.read_episodes(store))
    return Report(
        title=f"reviewlore on {repository}",
        repository=repository,
        created_at=now,
        dataset=newest,
        outcomes=dict(sorted(outcomes.items())),
        pairs=_pairs(newest),
        versions=versions,
        judged=read_all_judged(store, versions),
        registry=registry,
        audit=tuple(state.read_audit(store)[-_AUDIT_TAIL:]),
        calibrations=read_calibrations(store, state.read_version(store, active.id)) if active else None,
        online=state.read_online(store),
        shadow=total_shadows(state.read_shadows(store)),
        notes=(
            *((render_due(tainted),) if tainted is not None else ()),
            *filter(None, map(tell_standing, registry.entries)),
        ),
    )


def judged_report(store: Store, repository: str, now: str, evaluate: Callable[[LoadedDataset], Evaluation]) -> Report:
    """Return the report with all versions judged anew, where there are any; what was forgotten judges nobody.

    RefusedError where the newest dataset cannot be made again.
    """
    data = standing_report(store, repository, now)
    if not data.versions or (data.dataset and data.dataset.forgotten_at):
        return data
    return replace(data, evaluation=evaluate(load_dataset(store)))


def with_review(
    report: Report,
    change: ReviewedChange,
    review: Review,
    evaluation: Evaluation | None = None,
    decisions: tuple[GateDecision, ...] = (),
) -> Report:
    """Return the report with a reviewed change in front, and how the version that reviewed it was judged."""
    return replace(report, change=change, review=review, evaluation=evaluation, decisions=decisions)


def _pairs(manifest: DatasetManifest | None) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in (manifest.pairs if manifest else {}).items():
        kind, _, split = name.partition("/")
        table[kind][split] = count
    return dict(table)
