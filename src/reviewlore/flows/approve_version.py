"""A person's word on a version: what passed the gate and waits, or a promotion by hand where policy asks for a role."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.model import DatasetManifest, PromotionPolicy, Registry, RegistryEntry, VersionManifest
from reviewlore.domain.people import Role
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.approve import Decider, Verdict, clean_reason, refuse_role
from reviewlore.flows.card import find_dataset
from reviewlore.flows.promote import Change, Deed, change_registry, promote_by, refuse_forgotten
from reviewlore.flows.scoring import verified_files
from reviewlore.formats.standing import tell_standing
from reviewlore.ports import Store
from reviewlore.stages import gate, registry


@dataclass(frozen=True, slots=True)
class DecidedVersion:
    """What was decided about which version by whom; `entry` is how it stands now."""

    entry: RegistryEntry
    approved: bool
    decider: Decider
    dry_run: bool


def names_version(name: str) -> bool:
    """Whether a name is the beginning of a version's id, not of a dataset's: that is hexadecimal."""
    return "-" in name


def approve_version(
    store: Store,
    verdict: Verdict,
    policy: PromotionPolicy,
    ask: Callable[[], Decider] | None,
    *,
    dry_run: bool = False,
) -> DecidedVersion:
    """Put a version in force that waits for somebody's word, or reject it.

    What it was compared with must still judge (`gate.confirm`). RefusedError where it does not wait, the role is too
    low or cannot be checked, or the comparison no longer holds; then it stays as it is.
    """
    entry = registry.find_entry(state.read_registry(store), verdict.subject)
    _refuse_idle(entry)
    needed = policy.approval if policy.approval != "none" else entry.waits_for
    manifest = state.read_version(store, entry.id)
    decider = _ask(store, manifest, needed, ask)  # type: ignore[arg-type]  # a role, as the registry keeps it
    reason = clean_reason(verdict.reason)
    deed = Deed(decider.pseudonym, reason, verdict.now, dry_run, _told(decider))
    if verdict.approved:
        verified_files(store, manifest)
    after: list[RegistryEntry] = []

    def decide(found: Registry) -> tuple[Registry, str]:
        _refuse_idle(registry.find_entry(found, entry.id))
        if verdict.approved:
            refuse_forgotten(registry.find_entry(found, entry.id))
            _refuse_stale(found, entry, manifest)
            found = registry.put_in_force(
                found, entry.id, deed.actor, deed.now, f"{entry.reason}; allowed: {reason}", share=policy.canary_share
            )
        else:
            found = registry.reject(found, entry.id, deed.actor, deed.now, reason)
        after.append(registry.find_entry(found, entry.id))
        return found, entry.id

    change_registry(store, decide, "approve" if verdict.approved else "refuse", deed)
    return DecidedVersion(after[-1], verdict.approved, decider, dry_run)


def promote_asked(store: Store, version: str, deed: Deed, needed: Role, ask: Callable[[], Decider] | None) -> Change:
    """Promote by hand; where policy needs a role, by whoever the forge says has it."""
    if needed == "none":
        return promote_by(store, version, deed)
    entry = registry.find_entry(state.read_registry(store), version)
    decider = _ask(store, state.read_version(store, entry.id), needed, ask)
    return promote_by(store, entry.id, replace(deed, actor=decider.pseudonym, detail=_told(decider)))


def tell_version_decision(decided: DecidedVersion) -> str:
    """Return what was decided, for whoever decided."""
    who, verb = decided.decider, "approve" if decided.approved else "refuse"
    did = f"Would {verb}" if decided.dry_run else f"{verb.capitalize()}d"
    text = f"{did} version {decided.entry.id} as {who.pseudonym} ({who.role} in {who.repository})."
    led_to = tell_standing(decided.entry) or f"It is {decided.entry.state} now."
    return f"{text} {led_to}"


def _refuse_idle(entry: RegistryEntry) -> None:
    if not entry.waits_for:
        raise RefusedError(
            f"Version {entry.id} waits for nobody: it is {entry.state}. `reviewlore promote {entry.id}` makes it "
            "active, whatever the gate said."
        )


def _refuse_stale(found: Registry, entry: RegistryEntry, manifest: VersionManifest) -> None:
    """Raise RefusedError where another version judges by now than the one it was compared with, its parent."""
    incumbent = registry.find_incumbent(found, entry.specialist)
    passed = GateDecision("promote", entry.reason, entry.id, manifest.parent)
    said = gate.confirm(passed, incumbent.id if incumbent else None)
    if said.verdict == "refuse":
        raise RefusedError(f"Nothing was promoted: {said.reason}.")


def _ask(store: Store, manifest: VersionManifest, needed: Role, ask: Callable[[], Decider] | None) -> Decider:
    """Return who decides, whose role counts in a repository that the version learned from; RefusedError otherwise."""
    learned = find_dataset(store, manifest.dataset)
    known = _repositories(learned)
    if ask is None:
        raise RefusedError(
            f"To put version {manifest.id} in force takes the role {needed}, and a role can only be checked on GitHub: "
            f"add --github OWNER/NAME with one of {known}, and set GITHUB_TOKEN to your own token."
        )
    decider = ask()
    refuse_role(f"version {manifest.id}", learned.split_at if learned else (), decider, needed)
    return decider


def _repositories(learned: DatasetManifest | None) -> str:
    return ", ".join(sorted(learned.split_at if learned else ())) or "the repositories it learned from"


def _told(decider: Decider) -> dict[str, object]:
    return {"role": decider.role, "repository": decider.repository}
