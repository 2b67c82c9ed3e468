"""Episodes into the state branch, and one dataset of all of them: merge, expire, pair, commit.

`learn` takes a source that is wholly at hand; `flows/learn_forge.py` reads a forge page by page and ends here too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from reviewlore.config import LearnSettings
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Episode, RawRemark, people_in
from reviewlore.domain.mining import Cursor, PassCounts
from reviewlore.domain.model import DatasetManifest, LearnReport
from reviewlore.domain.preference import PairSettings
from reviewlore.domain.shadow import ShadowReview
from reviewlore.domain.spending import Spent
from reviewlore.errors import InputError
from reviewlore.flows import state
from reviewlore.flows.labelling import LearnContext, Memory, Tally, label_remarks, recall
from reviewlore.flows.watch import watch
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import dataset
from reviewlore.stages.approvals import request_approval
from reviewlore.stages.online import measure_online
from reviewlore.stages.outcome import carry_over
from reviewlore.stages.retention import cutoff, expired, is_expired

_PART = 500  # remarks that are labelled at a time
T = TypeVar("T", FeedbackSignal, ShadowReview, Spent)


@dataclass(frozen=True, slots=True)
class Source:
    """Where raw remarks come from: a name for the manifest, the remarks, and lines that were no remarks, by reason."""

    name: str
    raws: Sequence[RawRemark]
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Harvest:
    """New episodes of a source, and the pull requests that were read whole: what is not there of those has gone.

    `memory` is what was remembered when they were labelled; `cursor` how far a forge was read with them, None for a
    source that has no such place. `shadows` are reviews that said nothing, measured now, by id.
    """

    source: str
    episodes: Sequence[Episode]
    memory: Memory
    reread: frozenset[tuple[str, int]] = frozenset()
    cursor: tuple[str, Cursor] | None = None
    shadows: Mapping[str, ShadowReview] = field(default_factory=dict)


@dataclass(slots=True)
class Merged:
    """All episodes after a harvest was taken in, and what changed."""

    episodes: dict[str, Episode]
    fresh: int
    changed: int
    forgotten: int
    expired: int = 0


def learn(context: LearnContext, source: Source, *, dry_run: bool = False) -> LearnReport:
    """Mine one source into the state branch; InputError where it holds no usable remark at all."""
    tally = Tally()
    tally.dropped.update(source.rejected)
    tally.read += sum(source.rejected.values())
    memory, parts = recall(context.store, context.key), _parts(source.raws)
    labelled = (episode for part in parts for episode in label_remarks(context, part, memory, tally))
    episodes = list(context.console.track(labelled, "Labelling remarks", sum(map(len, parts))))
    if not tally.kept:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(tally.dropped.items()))
        reasons = reasons or "the source is empty"
        raise InputError(f"No usable review remark in {source.name} ({reasons}). Nothing was written.")
    return conclude(context, Harvest(source.name, episodes, memory), tally, dry_run=dry_run)


def conclude(context: LearnContext, harvest: Harvest, tally: Tally, *, dry_run: bool = False) -> LearnReport:
    """End a pass: take the harvest in, make one dataset of all episodes, and commit it all at once."""
    ending = _Conclusion(context, harvest, tally)
    commit, note = None, ""
    if dry_run:
        ending.files(context.store)
    else:
        commit = context.store.update(ending.files, ending.message, ending.now)
        note = watch(context.store, ending.now, take_back=context.settings.auto_rollback)
    return LearnReport(
        source=harvest.source,
        counts=ending.counts,
        episodes=len(ending.merged.episodes),
        dataset=ending.manifest,
        commit=commit,
        expired=ending.merged.expired,
        forgotten=ending.merged.forgotten,
        dry_run=dry_run,
        note=note,
    )


def merge(before: Mapping[str, Episode], harvest: Harvest) -> Merged:
    """Take new episodes in: better evidence of an older reading is kept, and what the forge no longer has goes."""
    new = {episode.id for episode in harvest.episodes}
    gone = {
        known.id
        for known in before.values()
        if (known.repository, known.pull_request) in harvest.reread and known.id not in new
    }
    merged = {name: episode for name, episode in before.items() if name not in gone}
    fresh = changed = 0
    for episode in harvest.episodes:
        old = before.get(episode.id)
        now = episode if old is None else carry_over(old, episode)
        fresh += old is None
        changed += old != now
        merged[episode.id] = now
    return Merged(merged, fresh, changed, len(gone))


def _parts(raws: Sequence[RawRemark]) -> list[list[RawRemark]]:
    """Divide remarks so that git's answers for one part fit into memory.

    A pull request stands in one part, and a part is of one repository: elsewhere the same numbers name other remarks.
    """
    parts: list[list[RawRemark]] = []
    ordered = sorted(raws, key=lambda raw: (raw.repository, raw.pull_request))
    for (repository, _), group in groupby(ordered, key=lambda raw: (raw.repository, raw.pull_request)):
        if not parts or len(parts[-1]) >= _PART or parts[-1][0].repository != repository:
            parts.append([])
        parts[-1] += group
    return parts


class _Conclusion:
    """The last commit of a pass; made again from the start when somebody else wrote first."""

    manifest: DatasetManifest
    merged: Merged
    counts: PassCounts

    def __init__(self, context: LearnContext, harvest: Harvest, tally: Tally) -> None:
        self._context, self._harvest, self._tally = context, harvest, tally
        self.now = context.clock.now()
        self._old_dismissals = 0

    def files(self, store: Store) -> dict[str, bytes | None]:
        """Return the files to write: none where nothing is new."""
        self._harvest.memory.check(store)
        before = {episode.id: episode for episode in state.read_episodes(store)}
        days = self._context.settings.retention_days
        old = expired(before.values(), self.now, days)
        self.merged = merge({name: each for name, each in before.items() if name not in old}, self._harvest)
        self.merged.expired = len(old)
        limit = cutoff(self.now, days)
        dismissals, self._old_dismissals = _without_old(store, state.FEEDBACK, FeedbackSignal, limit)
        self.counts = replace(self._tally.counts(), fresh=self._tally.fresh + self.merged.fresh)
        self.manifest, known = self._make_manifest(store)
        path, approvals = state.dataset_path(self.manifest.id), state.read_approvals(store)
        online = measure_online(self.merged.episodes.values())
        files = self._cursor_files(store) | state.online_file(online, state.read_online(store))
        files |= state.shadow_files(store, self._harvest.shadows)
        files |= _without_old(store, state.SHADOW, ShadowReview, limit, files)[0]
        files |= _without_old(store, state.USAGE, Spent, limit)[0]
        if self.merged.changed or self.merged.forgotten or self.merged.expired:
            files |= dict.fromkeys(store.paths(state.EPISODES))  # none stays in two months
            files |= state.episode_files(self.merged.episodes.values())
        elif known and not dismissals:
            return files
        files |= dismissals
        if not known:
            files[path] = records.encode(self.manifest)
            waiting = request_approval(approvals, self.manifest.id, self._context.settings.approval, self.now)
            files |= state.approval_file(waiting) if waiting != approvals else {}
        files[state.AUDIT] = self._audited(store)
        return files

    def message(self) -> str:
        """Return the message of the commit."""
        return f"Mine {self._harvest.source}: {self.counts.fresh} new episodes, {len(self.merged.episodes)} in all"

    def _cursor_files(self, store: Store) -> dict[str, bytes | None]:
        """Return the cursor's file; entity tags alone are no news, they change with every star."""
        if self._harvest.cursor is None:
            return {}
        name, cursor = self._harvest.cursor
        cursors = state.read_cursors(store)
        known = cursors.repositories.get(name)
        if known is not None and replace(known, tags=cursor.tags) == cursor:
            return {}
        return dict(state.cursor_file(replace(cursors, repositories={**cursors.repositories, name: cursor})))

    def _audited(self, store: Store) -> bytes:
        return state.audited(
            store,
            at=self.now,
            actor=self._context.actor,
            action="mine",
            subject=self.manifest.id,
            detail={
                "dataset": self.manifest.id,
                "episodes": len(self.merged.episodes),
                "new": self.counts.fresh,
                "changed": self.merged.changed - self.merged.fresh,
                "expired": self.merged.expired,
                "expired_dismissals": self._old_dismissals,
                "forgotten": self.merged.forgotten,
                "people": len(people_in(self.merged.episodes.values())),
                "source": self._harvest.source,
            },
        )

    def _make_manifest(self, store: Store) -> tuple[DatasetManifest, bool]:
        """Return the manifest of the dataset of all episodes, and whether the branch has it already."""
        settings, episodes = self._context.settings, list(self.merged.episodes.values())
        pairing = pair_settings(settings)
        built = dataset.build_dataset(episodes, seed=settings.seed, settings=pairing, snapshot=self.now)
        path = state.dataset_path(dataset.dataset_id(built.pairs))
        existing = store.read(path)
        known = state.read_datasets(store)
        if existing is not None:
            found = records.decode(existing, DatasetManifest, path)
            # One that comes back after others, or after something it held was forgotten, is made anew.
            if found.id == known[-1].id and not found.forgotten_at:
                return found, True
        sources = sorted({name for manifest in known for name in manifest.sources} | {self._harvest.source})
        manifest = dataset.make_manifest(
            built,
            episodes,
            seed=settings.seed,
            created_at=self.now,
            sources=sources,
            settings=pairing,
            dropped_rows=self.counts.dropped,
            policy=policy_in_force(settings),
        )
        return manifest, False


def pair_settings(settings: LearnSettings) -> PairSettings:
    """Return how a repository's settings want its remarks paired."""
    return PairSettings(
        extra_kinds=frozenset(settings.extra_kinds),
        evaluation_repositories=frozenset(settings.evaluation_repositories),
    )


def policy_in_force(settings: LearnSettings) -> dict[str, str]:
    """Return the policy under which data was kept, for the manifest; people who opted out are only counted."""
    return {
        "exclude_paths": ", ".join(settings.exclude_paths),
        "licenses": ", ".join(settings.licenses) or "any",
        "nits": "kept" if settings.nits else "left out",
        "opted_out_by_settings": str(len(settings.opted_out)),
        "retention_days": str(settings.retention_days or "no limit"),
        "approval": settings.approval,
        "split": "by time and pull request",
        "votes": "of people who may write at mining time, one a person and remark",
    }


def _without_old(
    store: Store, folder: str, kind: type[T], limit: str, written: Mapping[str, bytes | None] | None = None
) -> tuple[dict[str, bytes | None], int]:
    """Return the files of a folder that change as records from before a limit go, and how many go.

    `written` are files that are about to be written, in place of what the store has.
    """
    files: dict[str, bytes | None] = {}
    gone = 0
    for path in store.paths(folder) if limit else ():
        data = (written or {}).get(path) or store.read(path) or b""
        before = records.decode_lines(data, kind, path)
        kept = [record for record in before if not is_expired(record.at, limit)]
        if len(kept) < len(before):
            files[path] = records.encode_lines(kept) if kept else None
            gone += len(before) - len(kept)
    return files, gone
