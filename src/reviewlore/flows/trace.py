"""From one comment to all that rests on it, or that it rests on: pairs, datasets, versions, precedents, dismissals.

People are pseudonyms. A trace looks into a person's data, so it is an entry of the audit log itself, written before
anything is told: where the branch cannot be written nothing is told, or else the log would not be whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from reviewlore.domain.history import Episode
from reviewlore.domain.lineage import (
    FindingTrace,
    Posting,
    PrecedentTrace,
    RemarkTrace,
    Trace,
    TracedDataset,
    TracedVersion,
    VersionLineage,
)
from reviewlore.domain.model import DatasetManifest, Registry, RegistryEntry
from reviewlore.errors import InputError, StateError
from reviewlore.flows import state
from reviewlore.flows.lineage import Lineage, read_lineage, versions_by_dataset
from reviewlore.flows.scoring import PRIOR
from reviewlore.ports import Store
from reviewlore.stages.tracing import (
    TraceTarget,
    count_pairs,
    find_finding,
    find_precedent,
    find_remark,
    fingerprint_of,
    parse_target,
    tell_remark,
)


class Finder(Protocol):
    """Finds our own comments again."""

    def find(self, target: TraceTarget, finding: str | None) -> tuple[Posting, ...]:
        """Return where the finding that is meant was posted, newest first; none where it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Who asks, and when (ISO 8601 in UTC); `search` finds comments on the forge, None: only the branch is read."""

    actor: str
    now: str
    search: Callable[[], Finder] | None = None


def trace(store: Store, asked: str, inquiry: Inquiry, *, dry_run: bool = False) -> Trace:
    """Return all that is known of a comment, after logging that it was asked; a dry run does not log.

    InputError where it is not known, with where it was looked for; StorageError where the log cannot be written.
    """
    found = _Tracer(store, parse_target(asked)).run(asked, inquiry)
    if not dry_run:
        log_trace(store, found, inquiry)
    return found


class _Tracer:
    """One trace over one state of the branch."""

    def __init__(self, store: Store, target: TraceTarget) -> None:
        self._store, self._target = store, target
        self._episodes = state.read_episodes(store)
        self._signals = state.read_feedback(store)
        self._lineage: Lineage = read_lineage(store)
        self._registry: Registry = state.read_registry(store)
        self._trained = versions_by_dataset(store)

    def run(self, asked: str, inquiry: Inquiry) -> Trace:
        episode = find_remark(self._target, self._episodes)
        own = {each.finding for each in self._episodes if each.finding} | {each.finding for each in self._signals}
        name = (episode.finding if episode else None) or find_finding(self._target, own)
        notes: list[str] = []
        postings: tuple[Posting, ...] = ()
        # A mined remark of somebody else is not ours: there is nothing to look for on the forge.
        if episode is None or name is not None:
            if inquiry.search is not None:
                postings = inquiry.search().find(self._target, name)
            elif name is not None:
                notes.append("Where and by which version it was posted stands in the comment itself: add --github.")
        name = name or next((posting.said.finding for posting in postings), None)
        if episode is None and name is None:
            raise InputError(self._unknown(asked, searched=inquiry.search is not None))
        finding = self._finding(name, postings) if name is not None else None
        return Trace(asked, self._remark(episode) if episode else None, finding, tuple(notes))

    def _remark(self, episode: Episode) -> RemarkTrace:
        return tell_remark(episode, tuple(self._dataset(each, episode) for each in self._lineage.datasets))

    def _dataset(self, manifest: DatasetManifest, episode: Episode) -> TracedDataset:
        newest = manifest == self._lineage.datasets[-1]
        trained = tuple(self._version(name) for name in self._trained.get(manifest.id, ()))
        contains = self._lineage.contains(manifest, episode.id)
        told = TracedDataset(manifest.id, manifest.created_at, contains, newest, trained)
        if contains is False or not (newest or any(version.state == "active" for version in trained)):
            return told
        pairs = self._lineage.pairs(manifest)
        if pairs is None:
            forgotten = "something of it was forgotten"
            why = forgotten if manifest.forgotten_at else "episodes changed, or another version made it"
            return replace(told, note=f"its pairs no longer come out the same: {why}")
        return replace(told, contains=True if contains is None else contains, pairs=count_pairs(episode.id, pairs))

    def _version(self, name: str) -> TracedVersion:
        entry = self._entry(name)
        return TracedVersion(name, entry.state, entry.decided_at, entry.reason) if entry else TracedVersion(name, None)

    def _entry(self, name: str) -> RegistryEntry | None:
        return next((entry for entry in self._registry.entries if entry.id == name), None)

    def _finding(self, name: str, postings: tuple[Posting, ...]) -> FindingTrace:
        versions = dict.fromkeys(posting.said.version for posting in postings if posting.said.version)
        lineages = tuple(self._version_lineage(version) for version in versions)
        mined = tuple(self._remark(each) for each in self._episodes if each.finding == name)
        about = [signal for signal in self._signals if signal.finding == name]
        return FindingTrace(
            finding=name,
            postings=postings,
            versions=lineages,
            precedents=self._precedents(postings, lineages),
            dismissals=tuple(each for each in about if each.kind == "dismissed"),
            mined=mined,
            acceptances=tuple(each for each in about if each.kind == "accepted"),
        )

    def _version_lineage(self, name: str) -> VersionLineage:
        if name == PRIOR:
            return VersionLineage(
                name, "embedded", None, note="shipped with reviewlore; it learned nothing from this team"
            )
        entry = self._entry(name)
        if entry is None:
            return VersionLineage(name, "", None, note="this state branch knows no such version")
        try:
            version = state.read_version(self._store, name)
        except StateError as error:
            return VersionLineage(name, entry.tier, entry.state, note=str(error))
        dataset = self._manifest(version.dataset)
        return VersionLineage(
            id=name,
            tier=version.tier,
            state=entry.state,
            created_at=version.created_at,
            recipe=version.recipe,
            base_model=version.base_model or "",
            code_commit=version.code_commit,
            dataset=version.dataset,
            dataset_episodes=dataset.episodes if dataset else 0,
            pairs=dataset.pairs if dataset else {},
            note="" if dataset else "its dataset's manifest is no longer on the state branch",
        )

    def _precedents(
        self, postings: tuple[Posting, ...], versions: tuple[VersionLineage, ...]
    ) -> tuple[PrecedentTrace, ...]:
        """Return what was cited, once each, with the number of pairs of the version's dataset that it stands in."""
        cited = {named: posting.repository for posting in postings for named in posting.said.precedents}
        manifests = [manifest for version in versions if (manifest := self._manifest(version.dataset))]
        pairs = self._lineage.pairs(manifests[0]) if manifests and cited else None
        found = []
        for named, repository in cited.items():
            episode = find_precedent(named, repository, self._episodes)
            if episode is None:
                found.append(PrecedentTrace(named, None))
                continue
            count = None if pairs is None else sum(episode.id in pair.episodes for pair in pairs)
            found.append(PrecedentTrace(named, episode.id, episode.outcome, count))
        return tuple(found)

    def _manifest(self, name: str) -> DatasetManifest | None:
        return next((manifest for manifest in self._lineage.datasets if manifest.id == name), None)

    def _unknown(self, asked: str, *, searched: bool) -> str:
        target = self._target
        what = {
            "remark": f"No remark {target.name} of pull request {target.pull_request} of {target.repository}",
            "talk": f"Comment {target.name} of the conversation of {target.repository}#{target.pull_request}",
            "number": f"No comment with the number {target.name}, nor a finding whose id begins so",
            "finding": f"No finding whose id begins with {target.name}",
        }[target.kind]
        if target.kind == "talk":
            what += (
                " holds no finding of ours that could be traced; only remarks on code are mined, so it was looked for"
            )
            what += " as a summary of ours"
        places = (
            f"{len(self._episodes)} mined remarks, {len(self._signals)} dismissals"
            f"{' and the comments on GitHub' if searched else ''}"
        )
        more = "" if searched else " Add --github OWNER/NAME to look at the comments themselves."
        return f"{what}: looked for {asked!r} in {places}. Is it mined yet? `reviewlore mine` reads what is new.{more}"


def log_trace(store: Store, found: Trace, inquiry: Inquiry) -> None:
    """Write that these remarks were looked at: hashes of their ids, which name nobody.

    RefusedError or StorageError where the branch cannot be written.
    """
    subject = found.remark.id if found.remark else found.finding.finding if found.finding else ""
    names = [found.remark.id] if found.remark else []
    if found.finding is not None:
        names += [remark.id for remark in found.finding.mined]
        names += [each.episode for each in found.finding.precedents if each.episode]
    kind = "remark" if found.remark else "finding"
    detail = {"kind": kind, "remarks": sorted({fingerprint_of(name) for name in names})}

    def change(snapshot: Store) -> dict[str, bytes | None]:
        entry = state.audited(
            snapshot,
            at=inquiry.now,
            actor=inquiry.actor,
            action="trace",
            subject=fingerprint_of(subject),
            detail=detail,
        )
        return {state.AUDIT: entry}

    store.update(change, lambda: f"Log a trace of a {kind}", inquiry.now)
