"""The plan of one forgetting: what is left of each file of each commit, and what is written on top of them.

Notes what it meets; asked again, because somebody wrote first, it finds the same.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.forgetting import ForgetKind, NamedComment, NamedPull, OlderThan, Person, Target
from reviewlore.domain.history import Episode
from reviewlore.domain.mining import Approvals
from reviewlore.domain.model import AuditEntry, DatasetManifest
from reviewlore.domain.shadow import ShadowReview
from reviewlore.domain.spending import Spent
from reviewlore.errors import RefusedError, StateError
from reviewlore.flows import state
from reviewlore.formats import records
from reviewlore.ports import Revision, Store
from reviewlore.stages import forget as rules
from reviewlore.stages.dataset import dataset_id, rebuild_dataset
from reviewlore.stages.outcome import decide_outcome
from reviewlore.stages.registry import find_tainted, rechain_audit
from reviewlore.stages.tracing import fingerprint_of

T = TypeVar("T", Episode, FeedbackSignal, ShadowReview, Spent)

KINDS: Mapping[type, ForgetKind] = {
    Person: "author",
    NamedPull: "pull_request",
    NamedComment: "comment",
    OlderThan: "expired",
}
_SHOWN = 10
_HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that was found: the id of what it is or stands in, and what tells it from others there."""

    where: str
    what: str = ""


class Forgetting:
    """The plan of one rewriting: `ports.Rewriting`. Notes what it meets; asked again, it finds the same."""

    def __init__(self, target: Target, actor: str, now: str) -> None:
        self._target, self._actor, self._now = target, actor, now
        self._needle = rules.find_needle(target)
        self._found: dict[str, set[Trace]] = defaultdict(set)
        self._names: set[str] = set()
        self._hashes: set[str] = set()
        self._withdrawn: set[FeedbackSignal] = set()
        self._tainted: set[tuple[str, str]] = set()
        self._first_seen: set[str] = set()
        self._suspects: set[str] = set()
        self.datasets: tuple[str, ...] = ()
        self.versions: tuple[str, ...] = ()
        self.active = ""
        self.listed_before = False

    def alter(self, revision: Revision) -> dict[str, bytes | None]:
        """Return what is left of the files of one commit; see `ports.Rewriting`."""
        found: dict[str, bytes | None] = {}
        for path in sorted(revision.fresh, key=_turn):
            before = revision.read(path)
            after = self._left(path, before)
            if after != before:
                found[path] = after
                if path.startswith(state.EPISODES):
                    self._tainted.add((path, revision.files[path]))
        made = {path for path in revision.files if _is_manifest(path)} - self._first_seen
        self._first_seen |= made
        if any(item in self._tainted for item in revision.files.items()):
            self._suspects |= {path.split("/")[1] for path in made}
        return found

    def reword(self, text: str) -> str:
        """Return a message or a name without the person."""
        if not isinstance(self._target, Person):
            return text
        login = re.escape(self._target.login)
        told = rf"(?i)(?<![\w.+-])(?:(?:[0-9]+\+)?{login}@[\w.-]+|@?{login}(?= <)|@{login}(?![\w-]))"
        return re.sub(told, "someone", self._rename(text))

    def close(self, tip: Store) -> dict[str, bytes | None]:
        """Return what is written on top: the list, the marks, one audit entry; nothing where there is no news."""
        self._refuse_several()
        before = state.read_suppressions(tip)
        if isinstance(self._target, Person):
            rules.check_key(before, self._target.key_check)
        after = rules.suppress(before, self._target, self._names)
        self.listed_before = after == before and not isinstance(self._target, OlderThan)
        if after == before and not self.counts():
            return {}
        files: dict[str, bytes | None] = {}
        if after != before:
            files |= state.suppression_file(after)
        files |= self._mark(tip)
        detail = {**self.counts(), "datasets": list(self.datasets), "versions": list(self.versions)}
        kind = KINDS[type(self._target)]
        files[state.AUDIT] = state.audited(
            tip, at=self._now, actor=self._actor, action="forget", subject=kind, detail=detail
        )
        return files

    def message(self) -> str:
        """Return the message of the last commit."""
        what = KINDS[type(self._target)].replace("_", " ")
        return f"Forget: {what}, {sum(self.counts().values())} traces of it"

    def counts(self) -> dict[str, int]:
        """Return how much was found, by kind."""
        return {kind: len(found) for kind, found in sorted(self._found.items()) if found}

    def items(self) -> tuple[str, ...]:
        """Return the ids of what goes or changes, each behind the kind of what was found in it."""
        return tuple(sorted({f"{kind} {trace.where}" for kind, found in self._found.items() for trace in found}))

    def _left(self, path: str, data: bytes) -> bytes | None:
        if path.startswith(state.EPISODES):
            return self._lines(data, Episode, self._episode)
        if path.startswith(state.FEEDBACK):
            return self._lines(data, FeedbackSignal, self._signal)
        if path.startswith(state.SHADOW):
            return self._lines(data, ShadowReview, self._shadow)
        if path.startswith(state.USAGE) and isinstance(self._target, NamedPull | OlderThan):
            return self._lines(data, Spent, self._spent, b"")
        if path == state.AUDIT:
            left = self._log(data)
        elif not isinstance(self._target, Person) or self._needle.encode() not in data:
            return data
        else:
            left = self._rename_bytes(self._decisions(data) if path == state.APPROVALS else data)
        if left != data:
            self._found["names"].add(Trace(path))
        return left

    def _lines(
        self, data: bytes, kind: type[T], keep: Callable[[T], T | None], needle: bytes | None = None
    ) -> bytes | None:
        """Return the lines of what is kept; a line that is not concerned, without the needle, keeps its bytes."""
        own = self._mark_of(self._needle) if needle is None else needle
        marks = [own, *(self._mark_of(signal.finding) for signal in self._withdrawn)]
        kept = []
        for line in data.split(b"\n"):
            concerned = line.strip() and any(mark in line for mark in marks)
            after = self._line(line, kind, keep) if concerned else line
            if after is not None:
                kept.append(after)
        left = b"\n".join(kept)
        return left if left.strip() else None

    def _line(self, line: bytes, kind: type[T], keep: Callable[[T], T | None]) -> bytes | None:
        try:
            (before,) = records.decode_lines(line, kind, "")
        except StateError:
            if not self._needle or self._mark_of(self._needle) not in line:  # nothing tells that it is the target's
                return line
            self._found["unreadable"].add(Trace("a damaged line", line.hex()))
            return None
        after = keep(before)
        if after is None:
            return None
        return line if after is before else records.encode_lines([after])[:-1]

    @staticmethod
    def _mark_of(text: str) -> bytes:
        """Return a text as it stands inside JSON."""
        return json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogateescape")

    def _episode(self, before: Episode) -> Episode | None:
        after = rules.without(before, self._target, decide_outcome, self._withdrawn)
        self._names |= rules.find_names(before, after, self._target)
        if after is None:
            self._found["remarks"].add(Trace(before.id))
            self._hashes.add(fingerprint_of(before.id))
        elif after is not before:
            self._found["replies"] |= {
                Trace(before.id, str(reply)) for reply in before.replies if reply not in after.replies
            }
            self._found["evidence"] |= {
                Trace(before.id, str(item)) for item in before.evidence if item not in after.evidence
            }
            if after.pull_request_author != before.pull_request_author:
                self._found["authorships"].add(Trace(before.id))
        return after

    def _signal(self, signal: FeedbackSignal) -> FeedbackSignal | None:
        if not rules.is_forgotten(signal, self._target):
            return signal
        self._found["signals"].add(Trace(signal.id))
        self._withdrawn.add(signal)
        self._names |= rules.find_signal_names(signal, self._target)
        return None

    def _shadow(self, shadow: ShadowReview) -> ShadowReview | None:
        if not rules.is_shadow_forgotten(shadow, self._target):
            return shadow
        self._found["shadow_reviews"].add(Trace(shadow.id))
        return None

    def _spent(self, spent: Spent) -> Spent | None:
        after = rules.without_pull(spent, self._target)
        if after is not spent:
            self._found["spending"].add(Trace(f"{spent.repository} {spent.at}"))
        return after

    def _log(self, data: bytes) -> bytes:
        """Return the audit log without the person, their words, and the hashes of remarks that went."""
        hashes = self._hashes.intersection(name.decode() for name in _HASH.findall(data))
        if not hashes and not (isinstance(self._target, Person) and self._needle.encode() in data):
            return data

        def change(entry: AuditEntry) -> AuditEntry:
            entry = rules.without_actor(entry, self._target)
            subject, detail = self._rename(entry.subject), self._rename(entry.detail)
            for name in hashes:
                subject, detail = subject.replace(name, "forgotten"), detail.replace(name, "forgotten")
            return replace(entry, subject=subject, detail=detail)

        try:
            return records.encode_lines(rechain_audit(records.decode_lines(data, AuditEntry, state.AUDIT), change))
        except StateError:  # of an older commit: it was mended since, and has no sound chain to keep
            return self._rename_bytes(data)

    def _decisions(self, data: bytes) -> bytes:
        """Return the approvals without what the person gave as reasons."""
        try:
            found = records.decode(data, Approvals, state.APPROVALS)
        except StateError:
            return data
        kept = (replace(each, reason="") if each.decided_by == self._needle else each for each in found.requests)
        return records.encode(replace(found, requests=tuple(kept)))

    def _rename(self, text: str) -> str:
        if not isinstance(self._target, Person):
            return text
        return re.sub(rf"{re.escape(self._needle)}(?![0-9A-Za-z])", rules.FORGOTTEN, text)

    def _rename_bytes(self, data: bytes) -> bytes:
        return self._rename(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _refuse_several(self) -> None:
        target = self._target
        if isinstance(target, NamedComment) and target.pull is None and len(self._names) > 1:
            told = ", ".join(sorted(self._names)[:_SHOWN])
            raise RefusedError(
                f"{target.name} stands for {len(self._names)} comments: {told}. Nothing was changed; name one of them "
                "as OWNER/NAME#NUMBER/ID."
            )

    def _mark(self, tip: Store) -> dict[str, bytes | None]:
        """Mark the datasets that held what was forgotten, and the versions trained on them."""
        held = {manifest.id: manifest for manifest in state.read_datasets(tip) if manifest.id in self._suspects}
        registry = state.read_registry(tip)
        trained = {entry.id: state.read_manifest_at(tip, entry.id).dataset for entry in registry.entries}
        in_force = {trained[entry.id] for entry in registry.entries if entry.state == "active"}
        newest = {manifest.id for manifest in state.read_datasets(tip)[-1:]}
        for name in (in_force | newest) & held.keys():
            if self._is_whole(tip, held[name]):
                del held[name]
        self.datasets = tuple(held)
        self.versions = tuple(entry.id for entry in registry.entries if trained[entry.id] in held)
        now = self._now
        entries = [replace(e, forgotten_at=now) if e.id in self.versions else e for e in registry.entries]
        after = replace(registry, entries=tuple(entries))
        tainted = find_tainted(after)
        self.active = tainted.id if tainted is not None and tainted.id in self.versions else ""
        files: dict[str, bytes | None] = {
            state.dataset_path(name): records.encode(replace(manifest, forgotten_at=now))
            for name, manifest in held.items()
        }
        return files | ({state.REGISTRY: records.encode(after)} if after != registry else {})

    def _is_whole(self, tip: Store, manifest: DatasetManifest) -> bool:
        """Whether a dataset's pairs can still be made from what is left: then nothing of it was in them."""
        kept = [
            after
            for episode in state.read_episodes(tip)
            if (after := rules.without(episode, self._target, decide_outcome, self._withdrawn)) is not None
        ]
        built = rebuild_dataset(kept, manifest)
        return dataset_id(built.pairs) == manifest.id


def _turn(path: str) -> tuple[int, str]:
    """Dismissals before what was concluded from them, and remarks before the log, which has hashes of their ids."""
    return (0 if path.startswith(state.FEEDBACK) else 2 if path == state.AUDIT else 1), path


def _is_manifest(path: str) -> bool:
    return path.startswith("datasets/") and path.endswith("/manifest.json")
