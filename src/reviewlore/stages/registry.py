"""Which version is in force: a pure state machine. Registry and decision in, registry and audit entries out.

candidate --promote--> active --superseded--> retired --rollback--> active
    └------refuse----> rejected
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.model import AuditEntry, Registry, RegistryEntry, VersionState
from reviewlore.errors import RefusedError, StateError

GENESIS = "0" * 64


def find_active(registry: Registry) -> RegistryEntry | None:
    """Return the version in force, or None before the first promotion."""
    return next((entry for entry in registry.entries if entry.state == "active"), None)


def find_tainted(registry: Registry) -> RegistryEntry | None:
    """Return the version in force if something it learned from was forgotten since: then retraining is due."""
    active = find_active(registry)
    return active if active is not None and active.forgotten_at else None


def find_entry(registry: Registry, version: str) -> RegistryEntry:
    """Return a version by its id or an unambiguous prefix; RefusedError names what there is."""
    found = [entry for entry in registry.entries if entry.id.startswith(version)] if version else []
    exact = [entry for entry in found if entry.id == version] or found
    if len(exact) != 1:
        known = ", ".join(entry.id for entry in registry.entries) or "none yet: run `reviewlore train` first"
        problem = "is ambiguous" if exact else "is not in the registry"
        raise RefusedError(f"Version {version!r} {problem}. Known versions: {known}.")
    return exact[0]


def add_candidate(registry: Registry, entry: RegistryEntry) -> Registry:
    """Return the registry with a new candidate at its end."""
    if any(known.id == entry.id for known in registry.entries):
        raise RefusedError(f"Version {entry.id} is already in the registry as {_state(registry, entry.id)}.")
    return replace(registry, entries=(*registry.entries, entry))


def apply_decision(registry: Registry, decision: GateDecision, by: str, at: str) -> Registry:
    """Return the registry after the gate spoke: the candidate becomes active or rejected."""
    if decision.verdict == "promote":
        return promote(registry, decision.candidate, by, at, decision.reason)
    return _with_state(registry, decision.candidate, "rejected", by, at, decision.reason)


def promote(registry: Registry, version: str, by: str, at: str, reason: str) -> Registry:
    """Return the registry with `version` active and the former active one retired."""
    entry = find_entry(registry, version)
    active = find_active(registry)
    if active is not None and active.id == entry.id:
        raise RefusedError(f"Version {entry.id} is already active.")
    if active is not None:
        registry = _with_state(registry, active.id, "retired", by, at, f"superseded by {entry.id}")
        registry = replace(registry, previous=(*registry.previous, active.id))
    return _with_state(registry, entry.id, "active", by, at, reason)


def rollback(registry: Registry, by: str, at: str, reason: str) -> Registry:
    """Return the registry one step back: the version active before becomes active again, or none where none was."""
    active = find_active(registry)
    if active is None:
        raise RefusedError("Nothing to roll back: no version is active; the shipped prior is in use.")
    registry = _with_state(registry, active.id, "retired", by, at, reason)
    if not registry.previous:
        return registry
    before = registry.previous[-1]
    registry = replace(registry, previous=registry.previous[:-1])
    return _with_state(registry, before, "active", by, at, f"rolled back from {active.id}: {reason}")


def append_audit(
    entries: Sequence[AuditEntry], *, at: str, actor: str, action: str, subject: str, detail: Mapping[str, object]
) -> AuditEntry:
    """Return the next entry of the chain; its hash covers the entry before it."""
    previous = entries[-1].hash if entries else GENESIS
    text = json.dumps(detail, sort_keys=True, ensure_ascii=False)
    draft = AuditEntry(at, actor, action, subject, text, previous, "")
    return replace(draft, hash=_hash(draft))


def rechain_audit(entries: Sequence[AuditEntry], change: Callable[[AuditEntry], AuditEntry]) -> list[AuditEntry]:
    """Return a sound log with its entries changed, and its chain made again from the first one that differs."""
    made: list[AuditEntry] = []
    for entry in entries:
        draft = replace(change(entry), previous=made[-1].hash if made else GENESIS)
        made.append(replace(draft, hash=_hash(draft)))
    return made


def verify_audit(entries: Sequence[AuditEntry]) -> None:
    """Raise StateError where an entry does not follow from the one before it."""
    previous = GENESIS
    for number, entry in enumerate(entries, 1):
        if entry.previous != previous or entry.hash != _hash(entry):
            raise StateError(
                f"audit.jsonl on the state branch is broken at line {number}: the entry does not continue the chain. "
                "Compare the branch with an earlier commit or a backup before you trust it."
            )
        previous = entry.hash


def _hash(entry: AuditEntry) -> str:
    parts = (entry.at, entry.actor, entry.action, entry.subject, entry.detail, entry.previous)
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogateescape")).hexdigest()


def _with_state(registry: Registry, version: str, state: VersionState, by: str, at: str, reason: str) -> Registry:
    return replace(
        registry,
        entries=tuple(
            replace(entry, state=state, decided_by=by, decided_at=at, reason=reason) if entry.id == version else entry
            for entry in registry.entries
        ),
    )


def _state(registry: Registry, version: str) -> str:
    return find_entry(registry, version).state
