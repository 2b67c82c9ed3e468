"""The state branch in, how the data stands and what is advised out. It reads all of it and writes nothing."""

from collections.abc import Callable
from dataclasses import replace

from reviewlore.domain.balance import DataReport
from reviewlore.domain.drift import MapFingerprint
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Episode
from reviewlore.domain.mining import Approval, Cursors, Suppressions
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.people import Role
from reviewlore.domain.standing import DataStatus, Reading, Standing, Trained
from reviewlore.errors import RefusedError
from reviewlore.flows import judge, state
from reviewlore.flows.drift import find_aged
from reviewlore.flows.scarcity import find_scarcity
from reviewlore.ports import Store
from reviewlore.stages.advise import THRESHOLDS, advise
from reviewlore.stages.approvals import find_approval
from reviewlore.stages.balance import examine
from reviewlore.stages.dataset import rebuild_dataset
from reviewlore.stages.feedback import standing_signals
from reviewlore.stages.inventory import count, count_dismissed, count_months, find_window, rate_concerns
from reviewlore.stages.registry import find_active

_SHOWN_APPROVALS = 5


def read_status(
    store: Store,
    now: str,
    policy: Role = "none",
    structure: Callable[[], MapFingerprint] = MapFingerprint,
    drift_threshold: float = 1.0,
) -> DataStatus:
    """Return how the data stands at a time; `policy` is the role that has to allow a new dataset.

    `structure` is asked for the fingerprint of the code of now where the version in force has one of its own.
    """
    episodes, signals = state.read_episodes(store), state.read_feedback(store)
    datasets = state.read_datasets(store)
    newest = datasets[-1] if datasets else None
    notes: list[str] = []
    shortage, report = _examine(store, newest, episodes, notes) if newest else ("", None)
    standing = _standing(
        store, now, episodes, signals, shortage=shortage, report=report, policy=policy, unusable="".join(notes)
    )
    if standing.trained and standing.trained.in_force:
        trained = replace(standing.trained, aged=find_aged(store, standing.trained.version, structure))
        standing = replace(standing, trained=trained, drift_threshold=drift_threshold)
    return DataStatus(
        standing=standing,
        advice=advise(standing),
        outcomes=count(episode.outcome for episode in episodes),
        sources=count(episode.source for episode in episodes),
        repositories=count(episode.repository for episode in episodes),
        languages=count(episode.language for episode in episodes),
        months=count_months(episodes),
        dataset=newest,
        report=report,
        suppressions=_suppressed(state.read_suppressions(store)),
        approvals=state.read_approvals(store).requests[-_SHOWN_APPROVALS:],
        notes=tuple(notes),
    )


def _standing(
    store: Store,
    now: str,
    episodes: tuple[Episode, ...],
    signals: tuple[FeedbackSignal, ...],
    *,
    shortage: str,
    report: DataReport | None,
    policy: Role,
    unusable: str,
) -> Standing:
    days = THRESHOLDS.window_days
    since = find_window((episode.created_at for episode in episodes), days)
    window = find_window((signal.at for signal in signals), days)
    dismissed, example = count_dismissed(standing_signals(signals), window)
    repositories = count(episode.repository for episode in episodes)
    return Standing(
        now=now,
        episodes=len(episodes),
        readings=_readings(state.read_cursors(store)),
        mined_at=_mined_at(store),
        contradictions=report.contradictions_found if report else 0,
        approval=_approval(store, policy),
        shortage=shortage,
        unusable=unusable,
        trained=_trained(store, len(episodes)),
        concerns=rate_concerns(episodes, since),
        dismissed=dismissed,
        dismissed_example=example,
        window_days=days,
        repository=next((name for name in repositories if "/" in name), ""),
    )


def _examine(
    store: Store, manifest: DatasetManifest, episodes: tuple[Episode, ...], notes: list[str]
) -> tuple[str, DataReport]:
    """Return what is missing for a training of the ranker (empty: nothing), and what the dataset is like.

    Where the dataset cannot be used as it is, `notes` gets the reason.
    """
    try:
        dataset = judge.load_dataset(store)
    except RefusedError as error:
        notes.append(str(error))
        return "", examine(episodes, rebuild_dataset(episodes, manifest))
    shortage = find_scarcity(dataset) or judge.find_shortfall(dataset) or ""
    return shortage, examine(episodes, dataset.built)


def _readings(cursors: Cursors) -> tuple[Reading, ...]:
    found = sorted(cursors.repositories.items())
    return tuple(Reading(name, cursor.complete, cursor.updated_at or "") for name, cursor in found)


def _mined_at(store: Store) -> str:
    """Return when something was last mined, or looked for in vain: a pass without news leaves no entry in the log.

    Of a pass in vain only the day is known, which counts from its beginning.
    """
    days = (cursor.read_on for cursor in state.read_cursors(store).repositories.values())
    read = (f"{day}T00:00:00Z" for day in days if day)
    return max([*read, *(entry.at for entry in state.read_audit(store) if entry.action == "mine")], default="")


def _approval(store: Store, policy: Role) -> Approval | None:
    """Return what stands between the newest dataset and a training; what policy has not asked about yet waits too."""
    manifests = state.read_datasets(store)
    if not manifests:
        return None
    asked = find_approval(state.read_approvals(store), manifests[-1].id)
    if asked is None and policy != "none":
        return Approval(manifests[-1].id, policy, manifests[-1].created_at)
    withdrawn = asked is not None and asked.state == "waiting" and policy == "none"
    return None if withdrawn else asked


def _trained(store: Store, episodes: int) -> Trained | None:
    """Return what the version in force learned from, or else the version that was last tried."""
    versions = state.read_versions(store)
    if not versions:
        return None
    active = find_active(state.read_registry(store))
    version = next((each for each in versions if active and each.id == active.id), versions[-1])
    datasets = state.read_datasets(store)
    manifest = next((each for each in datasets if each.id == version.dataset), None)
    before = manifest.episodes if manifest else 0
    return Trained(
        version=version.id,
        tier=version.tier,
        in_force=active is not None,
        episodes=before,
        fresh=max(0, episodes - before),
        on_newest=bool(datasets) and any(each.dataset == datasets[-1].id for each in versions),
        forgotten=active is not None and bool(active.forgotten_at),
    )


def _suppressed(found: Suppressions) -> dict[str, int]:
    return {
        "people": len(found.people),
        "pull requests": len(found.pull_requests),
        "comments": len(found.comments),
    }
