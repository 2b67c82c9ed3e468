"""A decision about a version, a person's or our own: what it does to the registry, recorded there and in the audit log.

The files of whatever comes into force are verified first.
"""

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
    """Who decides and why, for the audit log; `now` is ISO 8601 in UTC, `detail` what else the entry says."""

    actor: str
    reason: str
    now: str
    dry_run: bool = False
    detail: Mapping[str, object] = field(default_factory=dict)


def promote(store: Store, version: str, actor: str, reason: str, now: str, *, dry_run: bool = False) -> str:
    """Make a version active at once, its files verified; returns one sentence. RefusedError where it cannot be."""
    return promote_by(store, version, Deed(actor, reason, now, dry_run))


def promote_by(store: Store, version: str, deed: Deed) -> str:
    """Do what `promote` does, with more to say of it in the audit log."""
    entry = registry.find_entry(state.read_registry(store), version)
    manifest = state.read_version(store, entry.id)
    refuse_planted(manifest)
    verified_files(store, manifest)

    def decide(found: Registry) -> tuple[Registry, str]:
        refuse_forgotten(registry.find_entry(found, entry.id))
        return registry.promote(found, entry.id, deed.actor, deed.now, deed.reason), entry.id

    change_registry(store, decide, "promote", deed)
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
    deed, before = Deed(actor, reason, now, dry_run), state.read_registry(store)
    canary, active = registry.find_canary(before, specialist), registry.find_active(before, specialist)

    def decide(found: Registry) -> tuple[Registry, str]:
        after = registry.rollback(found, deed.actor, deed.now, deed.reason, specialist)
        left = registry.find_active(after, specialist)
        if left is not None:
            verified_files(store, state.read_version(store, left.id))
        return after, left.id if left else "prior"

    target = change_registry(store, decide, "rollback", deed)
    name = "everybody's version" if specialist and target == "prior" else _named(target)
    if canary is not None:
        verb = "Would take" if deed.dry_run else "Took"
        return f"{verb} the canary {canary.id} back, {name} judges all: {deed.reason}"
    verb = "Would roll back" if deed.dry_run else "Rolled back"
    return f"{verb} from {active.id if active else 'prior'} to {name}: {deed.reason}"


def change_registry(store: Store, decide: Callable[[Registry], tuple[Registry, str]], action: str, deed: Deed) -> str:
    """Change the registry in one commit with its entry in the audit log, and return what `decide` says it is about.

    `decide` is asked again where somebody else wrote first.
    """
    subjects: list[str] = []

    def change(snapshot: Store) -> Mapping[str, bytes | None]:
        after, subject = decide(state.read_registry(snapshot))
        subjects.append(subject)
        log = state.audited(
            snapshot,
            at=deed.now,
            actor=deed.actor,
            action=action,
            subject=subject,
            detail={"reason": deed.reason, **deed.detail},
        )
        return {state.REGISTRY: records.encode(after), state.AUDIT: log}

    if deed.dry_run:
        change(store)
    else:
        store.update(change, lambda: f"{action.capitalize()} {subjects[-1]}", deed.now)
    return subjects[-1]


def _named(version: str) -> str:
    return "the shipped prior" if version == "prior" else version
