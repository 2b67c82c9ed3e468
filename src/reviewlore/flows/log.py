"""The audit log as people read it: all of it, or what touched one person's data. It writes nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from reviewlore.domain.history import people_in
from reviewlore.domain.lineage import AuditView, LogLine
from reviewlore.domain.model import AuditEntry
from reviewlore.flows import state
from reviewlore.flows.lineage import read_lineage, versions_by_dataset
from reviewlore.ports import Store
from reviewlore.stages.tracing import fingerprint_of


def read_log(store: Store, person: str = "") -> AuditView:
    """Return the checked log; with a pseudonym only the entries that touched that person's data, each saying how.

    StateError where the chain is broken.
    """
    entries = state.read_audit(store)
    if not person:
        return AuditView(len(entries), tuple(_line(entry) for entry in entries))
    touched = _find_touched(store, person)
    lines = tuple(_line(entry, about) for entry in entries if (about := touched.how(entry)))
    return AuditView(len(entries), lines, person, touched.remarks, touched.mentions, touched.untold)


@dataclass(frozen=True, slots=True)
class _Touched:
    """What of one person there is: datasets with the number of remarks, what was trained on them, hashes of ids."""

    person: str
    remarks: int
    mentions: int
    datasets: dict[str, int]
    versions: dict[str, str]
    hashes: frozenset[str]
    untold: tuple[str, ...]

    def how(self, entry: AuditEntry) -> str:
        """Say how an entry touches the person, or nothing."""
        detail = _detail(entry)
        if self.person in (entry.actor, entry.subject):
            return "their own act" if entry.actor == self.person else "about them"
        if entry.subject in self.datasets:
            return _plural(self.datasets[entry.subject], "remark with them in it", "remarks with them in it")
        if entry.subject in self.untold:
            return "what it was made from can no longer be told"
        if entry.subject in self.versions:
            return f"learned from dataset {self.versions[entry.subject][:12]}"
        looked = len(self.hashes & {entry.subject, *_texts(detail.get("remarks"))})
        if looked:
            return _plural(looked, "remark with them was shown", "remarks with them were shown")
        return "names them" if self.person in entry.detail else ""


def _find_touched(store: Store, person: str) -> _Touched:
    episodes = [episode for episode in state.read_episodes(store) if person in people_in([episode])]
    names = frozenset(episode.id for episode in episodes)
    lineage = read_lineage(store)
    datasets, untold = {}, []
    for manifest in lineage.datasets:
        held = lineage.episodes(manifest)
        if held is None:
            untold.append(manifest.id)
        elif names & held:
            datasets[manifest.id] = len(names & held)
    trained = versions_by_dataset(store)
    versions = {version: dataset for dataset in datasets for version in trained.get(dataset, ())}
    own = sum(episode.author == person for episode in episodes)
    hashes = frozenset(map(fingerprint_of, names))
    return _Touched(person, own, len(episodes) - own, datasets, versions, hashes, tuple(untold))


def _line(entry: AuditEntry, about: str = "") -> LogLine:
    return LogLine(entry.at, entry.actor, entry.action, entry.subject, _detail(entry), entry.hash, about)


def _detail(entry: AuditEntry) -> dict[str, object]:
    found = json.loads(entry.detail) if entry.detail else {}
    return found if isinstance(found, dict) else {"detail": found}


def _texts(value: object) -> Iterator[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, list) else iter(())


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
