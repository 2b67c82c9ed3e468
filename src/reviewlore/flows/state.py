"""The state branch's files as records: where each lies, and how it is read and written. Used by every other flow."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Episode
from reviewlore.domain.hold import TrainingHold
from reviewlore.domain.mining import Approvals, Cursors, Suppressions
from reviewlore.domain.model import AuditEntry, DatasetManifest, Registry, VersionManifest
from reviewlore.domain.online import OnlineMetrics
from reviewlore.domain.retrieval import Rule
from reviewlore.domain.shadow import ShadowReview
from reviewlore.domain.voice import Voice
from reviewlore.errors import StateError
from reviewlore.formats import records
from reviewlore.formats.rules import parse_rules
from reviewlore.ports import Store
from reviewlore.stages.feedback import standing_signals
from reviewlore.stages.registry import append_audit, find_damage, verify_audit

REGISTRY = "registry.json"
AUDIT = "audit.jsonl"
EPISODES = "episodes/"
FEEDBACK = "feedback/"
RULES = "rules.toml"
CURSOR = "cursor.json"
SUPPRESSIONS = "suppressions.json"
APPROVALS = "approvals.json"
ONLINE = "online.json"
SHADOW = "shadow/"
USAGE = "usage/"
TRAINING = "training.json"
_TIME = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-\d{2}(?:T|$)", re.ASCII)


def read_episodes(store: Store) -> tuple[Episode, ...]:
    """Return all episodes, oldest first."""
    found: list[Episode] = []
    for path in store.paths(EPISODES):
        found += read_month(store, path)
    return tuple(sorted(found, key=_order))


def read_month(store: Store, path: str) -> list[Episode]:
    """Return the episodes of one file; StateError where one has a time that is none."""
    found = records.decode_lines(store.read(path) or b"", Episode, path)
    odd = next((each for each in found if each.created_at and not _TIME.match(each.created_at)), None)
    if odd is not None:
        raise StateError(
            f"{path} on the state branch is damaged: {odd.created_at[:40]!r} is no time. "
            "Nothing was changed; restore it from an earlier commit of the branch (git log reviewlore/state)."
        )
    return found


def count_episodes(store: Store) -> int:
    """Return how many episodes there are, without reading what they say."""
    return sum((store.read(path) or b"").count(b"\n") for path in store.paths(EPISODES))


def month_path(created_at: str) -> str:
    """Return where episodes of a time (ISO 8601) lie."""
    return f"{EPISODES}{created_at[:7] or 'undated'}.jsonl"


def episode_files(episodes: Iterable[Episode]) -> dict[str, bytes]:
    """Return the files that hold these episodes, one a month."""
    months: dict[str, list[Episode]] = defaultdict(list)
    for episode in sorted(episodes, key=_order):
        months[month_path(episode.created_at)].append(episode)
    return {path: records.encode_lines(rows) for path, rows in months.items()}


def read_cursors(store: Store) -> Cursors:
    """Return how far each repository was mined; empty before the first mining."""
    data = store.read(CURSOR)
    return Cursors() if data is None else records.decode(data, Cursors, CURSOR)


def cursor_file(cursors: Cursors) -> dict[str, bytes]:
    """Return the file that holds the cursors."""
    return {CURSOR: records.encode(cursors)}


def read_suppressions(store: Store) -> Suppressions:
    """Return what must not be mined again; nothing before the first `forget` or opt-out."""
    data = store.read(SUPPRESSIONS)
    return Suppressions() if data is None else records.decode(data, Suppressions, SUPPRESSIONS)


def suppression_file(suppressions: Suppressions) -> dict[str, bytes]:
    """Return the file that holds what must not be mined again."""
    return {SUPPRESSIONS: records.encode(suppressions)}


def read_approvals(store: Store) -> Approvals:
    """Return what waits for a person, and what was decided; oldest first."""
    data = store.read(APPROVALS)
    return Approvals() if data is None else records.decode(data, Approvals, APPROVALS)


def approval_file(approvals: Approvals) -> dict[str, bytes]:
    """Return the file that holds the approvals."""
    return {APPROVALS: records.encode(approvals)}


def read_feedback(store: Store) -> tuple[FeedbackSignal, ...]:
    """Return all signals on our own remarks, oldest first."""
    found: list[FeedbackSignal] = []
    for path in store.paths(FEEDBACK):
        found.extend(records.decode_lines(store.read(path) or b"", FeedbackSignal, path))
    return tuple(sorted(found, key=lambda signal: (signal.at, signal.id)))


def read_dismissals(store: Store, repository: str) -> tuple[FeedbackSignal, ...]:
    """Return what maintainers of a repository dismissed for good and did not accept since, oldest first."""
    return tuple(
        signal
        for signal in standing_signals(read_feedback(store))
        if signal.kind == "dismissed" and signal.repository == repository
    )


def read_online(store: Store) -> OnlineMetrics:
    """Return what became of our own remarks, as counted when something was last mined."""
    data = store.read(ONLINE)
    return OnlineMetrics() if data is None else records.decode(data, OnlineMetrics, ONLINE)


def online_file(metrics: OnlineMetrics, known: OnlineMetrics) -> dict[str, bytes]:
    """Return the file that holds the counts; none where they are as before."""
    return {} if metrics == known else {ONLINE: records.encode(metrics)}


def read_shadows(store: Store) -> tuple[ShadowReview, ...]:
    """Return all reviews that said nothing, oldest first."""
    found: list[ShadowReview] = []
    for path in store.paths(SHADOW):
        found += records.decode_lines(store.read(path) or b"", ShadowReview, path)
    return tuple(sorted(found, key=lambda shadow: (shadow.at, shadow.id)))


def shadow_files(store: Store, changed: Mapping[str, ShadowReview]) -> dict[str, bytes]:
    """Return the files, one a month, that hold these records (by id) in place of what was there, or beside it."""
    left = dict(changed)
    files = {}
    months = {shadow.id: f"{SHADOW}{shadow.at[:7] or 'undated'}.jsonl" for shadow in changed.values()}
    for path in sorted({*store.paths(SHADOW), *months.values()}):
        before = records.decode_lines(store.read(path) or b"", ShadowReview, path)
        after = [left.pop(shadow.id, shadow) for shadow in before]
        after += [left.pop(name) for name in list(left) if path == months[name]]
        if after != before:
            files[path] = records.encode_lines(after)
    return files


def read_registry(store: Store) -> Registry:
    """Return the registry, an empty one before the first training; StateError where it is not as one of ours is."""
    data = store.read(REGISTRY)
    found = Registry() if data is None else records.decode(data, Registry, REGISTRY)
    damage = find_damage(found)
    if damage:
        raise StateError(
            f"{REGISTRY} on the state branch is damaged: {damage}. "
            "Nothing was changed; restore it from an earlier commit of the branch (git log reviewlore/state)."
        )
    return found


def read_hold(store: Store) -> TrainingHold | None:
    """Return who trains on this branch, or None."""
    data = store.read(TRAINING)
    return None if data is None else records.decode(data, TrainingHold, TRAINING)


def read_audit(store: Store) -> list[AuditEntry]:
    """Return the audit log after checking its chain."""
    entries = records.decode_lines(store.read(AUDIT) or b"", AuditEntry, AUDIT)
    verify_audit(entries)
    return entries


def audited(store: Store, *, at: str, actor: str, action: str, subject: str, detail: Mapping[str, object]) -> bytes:
    """Return the audit log's bytes with one more entry."""
    entries = read_audit(store)
    entry = append_audit(entries, at=at, actor=actor, action=action, subject=subject, detail=detail)
    return records.encode_lines([*entries, entry])


def read_datasets(store: Store) -> tuple[DatasetManifest, ...]:
    """Return the manifests of all datasets, oldest first."""
    paths = [path for path in store.paths("datasets/") if path.endswith("/manifest.json")]
    found = [records.decode(store.read(path) or b"", DatasetManifest, path) for path in paths]
    return tuple(sorted(found, key=lambda manifest: (manifest.created_at, manifest.id)))


def read_rules(store: Store) -> tuple[Rule, ...]:
    """Return what maintainers taught, oldest first; what of the file cannot be used, precedents tell."""
    return parse_rules(store.read(RULES) or b"")[0]


def read_voice(store: Store) -> Voice:
    """Return how the team speaks, as the newest dataset tells it; nothing is known before the first."""
    known = read_datasets(store)
    return known[-1].voice if known else Voice()


def dataset_path(dataset: str) -> str:
    """Return where a dataset's manifest lies."""
    return f"datasets/{dataset}/manifest.json"


def version_path(version: str, name: str) -> str:
    """Return where a file of a version lies."""
    return f"adapters/{version}/{name}"


def read_version(store: Store, version: str) -> VersionManifest:
    """Return a version's manifest; StateError where it is missing, or another version's."""
    found = read_manifest_at(store, version)
    if found.id != version:
        path = version_path(version, "manifest.json")
        raise StateError(
            f"{path} on the state branch is that of {found.id[:100]!r}. Restore it from an earlier commit."
        )
    return found


def read_manifest_at(store: Store, version: str) -> VersionManifest:
    """Return the manifest in a version's place, whoever's it says it is; StateError where none is there.

    For what has to reach every version, such as forgetting: a wrong name must not keep one out.
    """
    path = version_path(version, "manifest.json")
    data = store.read(path)
    if data is None:
        raise StateError(
            f"{path} is missing from the state branch, though the registry names it. "
            "Restore it from an earlier commit, or `reviewlore rollback`."
        )
    return records.decode(data, VersionManifest, path)


def read_versions(store: Store) -> tuple[VersionManifest, ...]:
    """Return the manifests of all versions in the registry's order."""
    return tuple(read_version(store, entry.id) for entry in read_registry(store).entries)


def _order(episode: Episode) -> tuple[str, str, str]:
    return episode.created_at, episode.repository, episode.comment_id
