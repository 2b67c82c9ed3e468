"""A decision about a version, a person's or our own: what it does to the registry, recorded there and in the audit log.

The files of whatever comes into force are verified first.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reviewlore.domain.model import Registry, RegistryEntry, VersionManifest
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.scoring import JUDGED_PREFIX, verified_files
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages import registry


@dataclass(frozen=True, slots=True)
class Deed:
    """Who decides and why, for the audit log; `now` is ISO 8601 in UTC, `detail` what else the entry says.

    `once` names what asked for it (empty: nothing that could ask again), so that it is done once however often it asks.
    """

    actor: str
    reason: str
    now: str
    dry_run: bool = False
    detail: Mapping[str, object] = field(default_factory=dict)
    once: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a decision did: whom it is about, and the registry before and after; `repeated`: it had been done already.

    `subject` is a version, or `prior` where a rollback leads to none.
    """

    subject: str
    before: Registry
    after: Registry
    repeated: bool = False


def promote(store: Store, version: str, actor: str, reason: str, now: str, *, dry_run: bool = False) -> str:
    """Make a version active at once, its files verified; returns one sentence. RefusedError where it cannot be."""
    deed = Deed(actor, reason, now, dry_run)
    return tell_promotion(promote_by(store, version, deed), deed)


def promote_by(store: Store, version: str, deed: Deed) -> Change:
    """Do what `promote` does, with more to say of it in the audit log."""
    entry = registry.find_entry(state.read_registry(store), version)
    manifest = state.read_version(store, entry.id)
    refuse_planted(manifest)
    verified_files(store, manifest)

    def decide(found: Registry) -> tuple[Registry, str]:
        refuse_forgotten(registry.find_entry(found, entry.id))
        return registry.promote(found, entry.id, deed.actor, deed.now, deed.reason), entry.id

    return change_registry(store, decide, "promote", deed)


def tell_promotion(change: Change, deed: Deed) -> str:
    """Return one sentence on a promotion, for whoever did it."""
    entry = registry.find_entry(change.before, change.subject)
    whose = f" for {entry.specialist} findings" if entry.specialist else ""
    return f"{'Would promote' if deed.dry_run else 'Promoted'} {entry.id}{whose} (was {entry.state}): {deed.reason}"


def refuse_planted(manifest: VersionManifest) -> None:
    """Raise RefusedError where a version's only files are those it was judged by, with secrets planted in them.

    Nothing planted is ever used: what the gate promotes is trained once more without it.
    """
    planted = int(manifest.recipe_settings.get("guards.canaries", "0"))
    if planted and not any(name.startswith(JUDGED_PREFIX) for name in manifest.files):
        raise RefusedError(
            f"{manifest.id} was refused by the gate and exists only as it was judged: with {planted} made-up secrets "
            "among what it learned, to see whether it gives them away. It is not for use. To overrule the gate, train "
            "by a recipe of your own with guards.canaries = 0."
        )


def refuse_forgotten(entry: RegistryEntry) -> None:
    """Raise RefusedError where something that a version learned from was forgotten: it is not put into use anew."""
    if entry.forgotten_at:
        raise RefusedError(
            f"Something {entry.id} learned from was forgotten on {entry.forgotten_at[:10]}: train again instead."
        )


def rollback(store: Store, actor: str, reason: str, now: str, *, dry_run: bool = False, specialist: str = "") -> str:
    """Take a canary back, else make the version before the active one active again; returns one sentence.

    RefusedError where there is neither, StateError where the version that would come back is damaged.
    """
    deed = Deed(actor, reason, now, dry_run)
    change = rollback_by(store, deed, specialist)
    canary = registry.find_canary(change.before, specialist)
    active = registry.find_active(change.before, specialist)
    name = "everybody's version" if specialist and change.subject == "prior" else _named(change.subject)
    if canary is not None:
        verb = "Would take" if dry_run else "Took"
        return f"{verb} the canary {canary.id} back, {name} judges all: {reason}"
    verb = "Would roll back" if dry_run else "Rolled back"
    return f"{verb} from {active.id if active else 'prior'} to {name}: {reason}"


def rollback_by(store: Store, deed: Deed, specialist: str = "") -> Change:
    """Do what `rollback` does, with more to say of it in the audit log."""

    def decide(found: Registry) -> tuple[Registry, str]:
        after = registry.rollback(found, deed.actor, deed.now, deed.reason, specialist)
        left = registry.find_active(after, specialist)
        if left is not None:
            verified_files(store, state.read_version(store, left.id))
        return after, left.id if left else "prior"

    return change_registry(store, decide, "rollback", deed)


def change_registry(
    store: Store, decide: Callable[[Registry], tuple[Registry, str]], action: str, deed: Deed
) -> Change:
    """Change the registry in one commit with its entry in the audit log, and return what that did.

    `decide` returns the registry afterwards and whom it is about; it is asked again where somebody else wrote first,
    and not at all where what asked for the deed had it done before.
    """
    made: list[Change] = []

    def change(snapshot: Store) -> Mapping[str, bytes | None]:
        before = state.read_registry(snapshot)
        if (done := _find_done(snapshot, deed.once)) is not None:
            made.append(Change(done, before, before, repeated=True))
            return {}
        after, subject = decide(before)
        made.append(Change(subject, before, after))
        log = state.audited(
            snapshot,
            at=deed.now,
            actor=deed.actor,
            action=action,
            subject=subject,
            detail={"reason": deed.reason, **deed.detail, **({"once": deed.once} if deed.once else {})},
        )
        return {state.REGISTRY: records.encode(after), state.AUDIT: log}

    if deed.dry_run:
        change(store)
    else:
        store.update(change, lambda: f"{action.capitalize()} {made[-1].subject}", deed.now)
    return made[-1]


def _find_done(store: Store, once: str) -> str | None:
    """Return whom the entry of the audit log is about that was written for the same asking, or None."""
    entries = state.read_audit(store) if once else []
    return next((entry.subject for entry in entries if json.loads(entry.detail).get("once") == once), None)


def _named(version: str) -> str:
    return "the shipped prior" if version == "prior" else version
