"""Whether a dataset may be trained on: pairs, episodes and manifest in, problems in plain words out.

It asks the finished pairs, not the code that made them: what they hold on one side must not stand on the other.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from reviewlore.domain.history import Episode
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.preference import PreferencePair, Split
from reviewlore.stages.dataset.near import find_near_equal, normal_form
from reviewlore.stages.dataset.selection import pull_request

_SHOWN = 3


def check_leaks(pairs: Sequence[PreferencePair], episodes: Sequence[Episode], manifest: DatasetManifest) -> list[str]:
    """Return what is wrong with the pairs, an empty list where nothing is.

    Checked: every pair's episodes are at hand and not dated after the manifest's snapshot; no pull request, and no
    remark that is near-equal to another, stands on both sides of the split; no evaluation repository is trained on.
    """
    used = {name for pair in pairs for name in pair.episodes}
    by_id = {episode.id: episode for episode in episodes if episode.id in used}
    problems = [
        _problem("made from episodes that are not on the branch", used - by_id.keys()),
        _problem(f"dated after the snapshot {manifest.snapshot}", _too_late(by_id, manifest.snapshot)),
        _problem("of evaluation repositories, on the training side", _reserved(pairs, manifest)),
        _problem("of a pull request that stands on both sides of the split", _on_both_sides(pairs, by_id)),
        _problem("near-equal to a remark on the training side, in the test", _straddling(pairs, by_id)),
    ]
    return [problem for problem in problems if problem]


def _problem(what: str, names: set[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(sorted(names)[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}: {shown}{more}"


def _too_late(by_id: Mapping[str, Episode], snapshot: str) -> set[str]:
    return {name for name, episode in by_id.items() if snapshot and episode.created_at > snapshot}


def _reserved(pairs: Sequence[PreferencePair], manifest: DatasetManifest) -> set[str]:
    reserved = {name.casefold() for name in manifest.evaluation_repositories}
    return {
        name
        for pair in pairs
        if pair.split == "train" and pair.repository.casefold() in reserved
        for name in pair.episodes
    }


def _sides(pairs: Sequence[PreferencePair], by_id: Mapping[str, Episode]) -> Iterator[tuple[Split, Episode]]:
    seen = {(pair.split, name) for pair in pairs for name in pair.episodes}
    return ((split, by_id[name]) for split, name in sorted(seen) if name in by_id)


def _on_both_sides(pairs: Sequence[PreferencePair], by_id: Mapping[str, Episode]) -> set[str]:
    where: dict[str, set[Split]] = defaultdict(set)
    for split, episode in _sides(pairs, by_id):
        where[pull_request(episode)].add(split)
    return {episode.id for _, episode in _sides(pairs, by_id) if len(where[pull_request(episode)]) > 1}


def _straddling(pairs: Sequence[PreferencePair], by_id: Mapping[str, Episode]) -> set[str]:
    said: dict[Split, dict[str, str]] = {"train": {}, "test": {}}
    for split, episode in _sides(pairs, by_id):
        said[split].setdefault(normal_form(episode.body), episode.id)
    return {said["test"][text] for text in find_near_equal(said["test"], said["train"])}
