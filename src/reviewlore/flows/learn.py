"""Raw remarks to episodes and a dataset on the state branch: label, curate, scrub, pair, commit."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewlore.config import LearnSettings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.history import Episode, RawRemark
from reviewlore.domain.model import DatasetManifest, LearnReport
from reviewlore.errors import InputError
from reviewlore.flows import state
from reviewlore.formats import records
from reviewlore.ports import Clock, Console, Repo, Store
from reviewlore.stages import curate, dataset, mine, outcome, redact


@dataclass(frozen=True, slots=True)
class Source:
    """Where raw remarks come from: a name for the manifest, the remarks, and lines that were no remarks, by reason."""

    name: str
    raws: Sequence[RawRemark]
    rejected: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LearnContext:
    """What mining needs: the state branch, the code, the pseudonym key and the settings."""

    store: Store
    repo: Repo
    key: bytes
    settings: LearnSettings
    clock: Clock
    console: Console
    actor: str = "command line"


def learn(context: LearnContext, source: Source, *, dry_run: bool = False) -> LearnReport:
    """Mine one source into the state branch; InputError where it holds no usable remark at all."""
    policy = curate.CurationPolicy(
        context.settings.exclude_paths,
        frozenset(context.settings.opted_out),
        frozenset(context.settings.bot_logins),
    )
    curated = curate.curate(source.raws, policy)
    dropped = Counter(curated.dropped) + Counter(dict(source.rejected))
    if not curated.kept:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(dropped.items())) or "the source is empty"
        raise InputError(f"No usable review remark in {source.name} ({reasons}). Nothing was written.")
    redacted: Counter[str] = Counter()
    changes = _code_changes(context.repo, context.console)
    grouped = sorted(curated.kept, key=_span)  # a forge tells remarks by their time: pull requests are mixed
    tracked = context.console.track(grouped, "Labelling remarks", len(grouped))
    episodes = [_episode(raw, changes(raw), context.key, redacted) for raw in tracked]

    merge = _Merge(context, source, episodes, dict(sorted(dropped.items())))
    commit = None
    if dry_run:
        merge.files(context.store)
    else:
        commit = context.store.update(merge.files, merge.message, context.clock.now())
    return LearnReport(
        read=len(source.raws) + sum(source.rejected.values()),
        kept=len(episodes),
        dropped=merge.dropped,
        marked=curated.marked,
        redacted=dict(sorted(redacted.items())),
        outcomes=dict(sorted(Counter(episode.outcome for episode in episodes).items())),
        evidence=dict(Counter(item.kind for episode in episodes for item in episode.evidence[:1]).most_common()),
        new_episodes=merge.fresh,
        dataset=merge.dataset,
        commit=commit,
    )


class _Merge:
    """New episodes into the state branch; made again from the start when somebody else wrote first."""

    dataset: DatasetManifest

    def __init__(
        self, context: LearnContext, source: Source, episodes: Sequence[Episode], dropped: dict[str, int]
    ) -> None:
        self._context, self._source, self._episodes = context, source, episodes
        self.dropped = dropped
        self.fresh = 0
        self._total = 0

    def files(self, store: Store) -> dict[str, bytes | None]:
        """Return the files to write: none where nothing is new."""
        before = {episode.id: episode for episode in state.read_episodes(store)}
        merged = {**before, **{episode.id: episode for episode in self._episodes}}
        changed = sum(before.get(episode.id) != episode for episode in self._episodes)
        self.fresh, self._total = len(merged) - len(before), len(merged)
        self.dataset = _manifest(self._context, self._source, list(merged.values()), self.dropped, store)
        path = state.dataset_path(self.dataset.id)
        known = store.read(path) is not None
        if not changed and known:
            return {}
        files: dict[str, bytes | None] = dict.fromkeys(store.paths(state.EPISODES))  # none stays in two months
        files |= state.episode_files(merged.values())
        if not known:
            files[path] = records.encode(self.dataset)
        files[state.AUDIT] = state.audited(
            store,
            at=self.dataset.created_at,
            actor=self._context.actor,
            action="mine",
            subject=self.dataset.id,
            detail={
                "dataset": self.dataset.id,
                "episodes": len(merged),
                "new_or_changed": changed,
                "source": self._source.name,
            },
        )
        return files

    def message(self) -> str:
        """Return the message of the commit."""
        return f"Mine {self._source.name}: {self.fresh} new episodes, {self._total} in all"


def _manifest(
    context: LearnContext, source: Source, episodes: Sequence[Episode], dropped: dict[str, int], store: Store
) -> DatasetManifest:
    built = dataset.build_dataset(episodes, seed=context.settings.seed)
    identity = dataset.dataset_id(built.pairs)
    existing = store.read(state.dataset_path(identity))
    if existing is not None:
        return records.decode(existing, DatasetManifest, state.dataset_path(identity))
    sources = sorted({name for known in state.read_datasets(store) for name in known.sources} | {source.name})
    return DatasetManifest(
        id=identity,
        created_at=context.clock.now(),
        sources=tuple(sources),
        episodes=len(episodes),
        kept=len({episode for pair in built.pairs for episode in pair.episodes}),
        dropped={
            **{f"row:{k}": v for k, v in dropped.items()},
            **{f"episode:{k}": v for k, v in built.dropped.items()},
        },
        pairs=dict(sorted(Counter(f"{pair.kind}/{pair.split}" for pair in built.pairs).items())),
        splits=dict(sorted(Counter(pair.split for pair in built.pairs).items())),
        split_at=dict(sorted(built.split_at.items())),
        policy={"exclude_paths": ", ".join(context.settings.exclude_paths), "split": "by time and pull request"},
        seed=context.settings.seed,
        duplicates=built.duplicates,
        contradictions=built.contradictions,
    )


def _episode(raw: RawRemark, change: outcome.CodeChange | None, key: bytes, counts: Counter[str]) -> Episode:
    def clean(text: str, *, prose: bool = False) -> str:
        redacted, found = redact.redact(text)
        counts.update(found)
        return redact.redact_mentions(redacted) if prose else redacted

    replies = tuple(
        replace(reply, author=redact.pseudonym(reply.author, key), body=clean(reply.body, prose=True))
        for reply in raw.replies
    )
    owner = redact.pseudonym(raw.pull_request_author, key) if raw.pull_request_author else None
    author = redact.pseudonym(raw.author, key)
    scrubbed = mine.Scrubbed(author, owner, clean(raw.body, prose=True), clean(raw.hunk), replies)
    told = replace(
        raw,
        path=clean(raw.path),
        url=clean(raw.url) if raw.url else None,
        language=clean(raw.language) if raw.language else None,
        reviewed_commit=clean(raw.reviewed_commit) if raw.reviewed_commit else None,
        imported_evidence=clean(raw.imported_evidence, prose=True) if raw.imported_evidence else None,
    )
    return mine.make_episode(told, scrubbed, mine.Label(*outcome.label(told, change)))


def _code_changes(repo: Repo, console: Console) -> Callable[[RawRemark], outcome.CodeChange | None]:
    """Return a function from a remark to what git says of its file after it, or None where the commits are not here.

    Remarks of one span of commits should come one after another: one diff is kept in memory.
    """
    parsed: dict[tuple[str, str], dict[str, FilePatch] | None] = {}

    def find(raw: RawRemark) -> outcome.CodeChange | None:
        if not raw.reviewed_commit or not raw.last_commit:
            return None
        pair = (raw.reviewed_commit, raw.last_commit)
        if pair not in parsed:
            if not (repo.contains(pair[0]) and repo.contains(pair[1])):
                return None
            parsed.clear()
            try:
                parsed[pair] = _by_old_path(parse_diff(repo.diff(*pair)))
            except InputError as error:
                console.warn(f"Pull request {raw.pull_request}: git's evidence is left out. {error}")
                parsed[pair] = None
        files = parsed[pair]
        return None if files is None else outcome.CodeChange(files.get(raw.path))

    return find


def _span(raw: RawRemark) -> tuple[str, int, str, str]:
    return raw.repository, raw.pull_request, raw.reviewed_commit or "", raw.last_commit or ""


def _by_old_path(patches: Iterable[FilePatch]) -> dict[str, FilePatch]:
    return {patch.old_path: patch for patch in patches if patch.status != "added"}
