"""A person's decision about a version: promote or roll back, recorded in the registry and the audit log."""

from collections.abc import Callable, Mapping

from reviewlore.domain.model import Registry
from reviewlore.flows import state
from reviewlore.flows.scoring import verified_files
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import registry


def promote(store: Store, version: str, actor: str, reason: str, now: str, *, dry_run: bool = False) -> str:
    """Make a version active after verifying its files; returns one sentence. RefusedError where it cannot be."""
    entry = registry.find_entry(state.read_registry(store), version)
    verified_files(store, state.read_version(store, entry.id))

    def decide(found: Registry) -> tuple[Registry, str]:
        return registry.promote(found, entry.id, actor, now, reason), entry.id

    _change(store, decide, "promote", actor, reason, now, dry_run)
    return f"{'Would promote' if dry_run else 'Promoted'} {entry.id} (was {entry.state}): {reason}"


def rollback(store: Store, actor: str, reason: str, now: str, *, dry_run: bool = False) -> str:
    """Make the version before the active one active again, after verifying its files; returns one sentence.

    RefusedError where nothing is active, StateError where that version is damaged.
    """
    before = registry.find_active(state.read_registry(store))

    def decide(found: Registry) -> tuple[Registry, str]:
        after = registry.rollback(found, actor, now, reason)
        active = registry.find_active(after)
        if active is not None:
            verified_files(store, state.read_version(store, active.id))
        return after, active.id if active else "prior"

    target = _change(store, decide, "rollback", actor, reason, now, dry_run)
    name = "the shipped prior" if target == "prior" else target
    return (
        f"{'Would roll back' if dry_run else 'Rolled back'} from {before.id if before else 'prior'} to {name}: {reason}"
    )


def _change(
    store: Store,
    decide: Callable[[Registry], tuple[Registry, str]],
    action: str,
    actor: str,
    reason: str,
    now: str,
    dry_run: bool,
) -> str:
    subjects: list[str] = []

    def change(snapshot: Store) -> Mapping[str, bytes | None]:
        after, subject = decide(state.read_registry(snapshot))
        subjects.append(subject)
        log = state.audited(snapshot, at=now, actor=actor, action=action, subject=subject, detail={"reason": reason})
        return {state.REGISTRY: records.encode(after), state.AUDIT: log}

    if dry_run:
        change(store)
    else:
        store.update(change, lambda: f"{action.capitalize()} {subjects[-1]}", now)
    return subjects[-1]
