"""The dataset of all episodes, and its manifest. The result depends on episodes, settings, snapshot and seed alone."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reviewlore.domain.history import Episode
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.preference import EXTRA_KINDS, Dataset, PairSettings, PreferencePair, Split, is_judged
from reviewlore.stages.dataset.alone import pair_dismissed, pair_revision, pair_silence
from reviewlore.stages.dataset.caps import cap_voices
from reviewlore.stages.dataset.making import PairMaker
from reviewlore.stages.dataset.pairing import Pairing
from reviewlore.stages.dataset.selection import Selection, pull_request, select
from reviewlore.stages.dataset.voice import measure_voice

DEFAULTS = PairSettings()
_SPLITS: tuple[Split, ...] = ("train", "test")


def build_dataset(
    episodes: Sequence[Episode], *, seed: int, settings: PairSettings = DEFAULTS, snapshot: str = ""
) -> Dataset:
    """Pair the episodes of each repository and split the pairs by time and pull request.

    What is dated after `snapshot` (ISO 8601 in UTC; empty: no limit) is not read. Drop reasons: `dated_after_snapshot`,
    `evaluation_repository`, `outsider_not_addressed`, `unknown_outcome`, `low_confidence`, `too_short`,
    `intent_<name>`, `duplicate`, `duplicate_across_splits`, `bot` (kept only as the rejected side of a pair).
    """
    selection = select(episodes, settings, snapshot)
    trained: list[PreferencePair] = []
    extra: list[PreferencePair] = []
    unused = frozenset(EXTRA_KINDS) - settings.extra_kinds
    for pair in _pairs(selection, seed, settings):
        (extra if pair.kind in unused else trained).append(pair)
    by_id = {episode.id: episode for episode in (*selection.episodes, *selection.dismissed)}
    pairs, capped = cap_voices(trained, by_id, settings)
    dropped = selection.dropped
    dropped["bot"] = sum(e.author_kind == "bot" for e in selection.episodes)
    return Dataset(
        pairs=_ordered(pairs),
        dropped={reason: count for reason, count in sorted(dropped.items()) if count},
        split_at=selection.split_at,
        duplicates=dropped["duplicate"] + dropped["duplicate_across_splits"],
        contradictions=sum(map(len, selection.contradicted)),
        contradicted=selection.contradicted,
        extra=_ordered(extra),
        marked=dict(sorted(selection.marked.items())),
        capped=capped,
        snapshot=snapshot,
        held_out=_held_out(selection, settings),
    )


def rebuild_dataset(episodes: Sequence[Episode], manifest: DatasetManifest) -> Dataset:
    """Make the rows of a recorded dataset again: its snapshot, seed and settings, not those of today."""
    return build_dataset(episodes, seed=manifest.seed, settings=_settings_of(manifest), snapshot=manifest.snapshot)


def build_refit_pairs(
    episodes: Sequence[Episode], *, seed: int, settings: PairSettings = DEFAULTS, snapshot: str = ""
) -> tuple[PreferencePair, ...]:
    """Return the pairs to serve with, once the judging is over: nothing is held out, and all remarks are paired alike.

    The test side of `build_dataset` has one partner per remark, so that its pairs are nearly independent; trained on,
    it would leave the latest pull requests, the most telling ones, a fraction of their weight.
    """
    return build_dataset(episodes, seed=seed, settings=replace(settings, test_share=0.0), snapshot=snapshot).pairs


def rebuild_refit_pairs(episodes: Sequence[Episode], manifest: DatasetManifest) -> tuple[PreferencePair, ...]:
    """Return the pairs to serve with for a recorded dataset: its snapshot, seed and settings, not those of today."""
    settings = _settings_of(manifest)
    return build_refit_pairs(episodes, seed=manifest.seed, settings=settings, snapshot=manifest.snapshot)


def dataset_id(pairs: Iterable[PreferencePair]) -> str:
    """Return the SHA-256 of the pairs, whatever their order: their content, split and weight."""
    lines = sorted(f"{pair.id} {pair.split} {pair.weight:.6f}" for pair in pairs)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def make_manifest(
    built: Dataset,
    episodes: Sequence[Episode],
    *,
    seed: int,
    created_at: str,
    sources: Sequence[str],
    settings: PairSettings = DEFAULTS,
    dropped_rows: Mapping[str, int],
    policy: Mapping[str, str],
) -> DatasetManifest:
    """Return the record of a dataset; `dropped_rows` are the remarks that never became episodes, by reason."""
    by_id = {episode.id: episode for episode in episodes}
    chosen = Counter(by_id[name].author for name in {p.episodes[0] for p in built.pairs if p.chosen.body.strip()})
    return DatasetManifest(
        id=dataset_id(built.pairs),
        created_at=created_at,
        sources=tuple(sources),
        episodes=len(episodes),
        kept=len({episode for pair in built.pairs for episode in pair.episodes}),
        dropped={
            **{f"row:{reason}": count for reason, count in sorted(dropped_rows.items())},
            **{f"episode:{reason}": count for reason, count in built.dropped.items()},
        },
        pairs=_counts(built.pairs),
        splits=dict(sorted(Counter(pair.split for pair in built.pairs).items())),
        split_at=built.split_at,
        policy=dict(policy),
        seed=seed,
        duplicates=built.duplicates,
        contradictions=built.contradictions,
        snapshot=built.snapshot,
        extra_kinds=tuple(sorted(settings.extra_kinds)),
        evaluation_repositories=tuple(sorted(settings.evaluation_repositories)),
        unused_pairs=_counts(built.extra),
        longer_chosen=_longer_chosen(built.pairs),
        largest_share=max(chosen.values(), default=0) / max(1, chosen.total()),
        capped=len(built.capped),
        marked=built.marked,
        voice=measure_voice(episodes),
    )


def _settings_of(manifest: DatasetManifest) -> PairSettings:
    return PairSettings(
        extra_kinds=frozenset(manifest.extra_kinds),
        evaluation_repositories=frozenset(manifest.evaluation_repositories),
    )


def _pairs(selection: Selection, seed: int, settings: PairSettings) -> Iterator[PreferencePair]:
    contradicted = frozenset(name for group in selection.contradicted for name in group)
    everybody: dict[tuple[str, Split], list[Episode]] = defaultdict(list)
    dismissed: dict[tuple[str, Split], list[Episode]] = defaultdict(list)
    for episodes, groups in ((selection.episodes, everybody), (selection.dismissed, dismissed)):
        for episode in episodes:
            groups[episode.repository, selection.splits[pull_request(episode)]].append(episode)
    for repository in sorted({name for name, _ in (*everybody, *dismissed)}):
        for split in _SPLITS:
            maker = PairMaker(split, settings, contradicted)
            part = everybody[repository, split]
            yield from Pairing(part, maker, seed, settings, selection.said).pairs()
            yield from pair_dismissed(dismissed[repository, split], maker)
            yield from pair_silence(part, maker)
            yield from pair_revision(part, maker)


def _held_out(selection: Selection, settings: PairSettings) -> tuple[Episode, ...]:
    """Return the later remarks that scores are calibrated on; repositories kept for evaluation are never fitted to.

    People's questions are left out, as they are from the test pairs: an answer in the thread is no change of the code.
    """
    reserved = frozenset(name.casefold() for name in settings.evaluation_repositories)
    return tuple(
        episode
        for episode in selection.episodes
        if selection.splits[pull_request(episode)] == "test"
        and episode.repository.casefold() not in reserved
        and (episode.author_kind == "bot" or episode.intent in settings.test_intents)
    )


def _longer_chosen(pairs: Sequence[PreferencePair]) -> float:
    """Return how often the longer of two remarks is the chosen one; 0.5 is balance, and where there is none."""
    signs = [len(pair.chosen.body) > len(pair.rejected.body) for pair in pairs if _is_uneven(pair)]
    return sum(signs) / len(signs) if signs else 0.5


def _is_uneven(pair: PreferencePair) -> bool:
    return is_judged(pair) and len(pair.chosen.body) != len(pair.rejected.body)


def _ordered(pairs: Iterable[PreferencePair]) -> tuple[PreferencePair, ...]:
    return tuple(sorted(pairs, key=lambda p: (p.repository, p.created_at, p.id)))


def _counts(pairs: Iterable[PreferencePair]) -> dict[str, int]:
    return dict(sorted(Counter(f"{pair.kind}/{pair.split}" for pair in pairs).items()))
