"""Which version is in force: a pure state machine. Registry and decision in, registry and audit entries out.

candidate --promote--> canary --settled--> active --superseded--> retired --rollback--> active
    │                   └--taken back--> rejected  (superseded: retired)
    └------refuse----> rejected                     `.github/decisions/0011-canary-and-pin.md`
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.model import AT_ONCE, AuditEntry, PromotionPolicy, Registry, RegistryEntry, VersionState
from reviewlore.errors import RefusedError, StateError

GENESIS = "0" * 64
_MOST_LISTED = 20
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")  # folders are named by it, and commands that people copy


def find_active(registry: Registry, specialist: str = "") -> RegistryEntry | None:
    """Return a specialist's version in force (empty: everybody's), or None before its first promotion."""
    return _find(registry, "active", specialist)


def find_canary(registry: Registry, specialist: str = "") -> RegistryEntry | None:
    """Return a specialist's version on trial, or None."""
    return _find(registry, "canary", specialist)


def find_incumbent(registry: Registry, specialist: str = "") -> RegistryEntry | None:
    """Return whom a candidate would take over from: its specialist's own version, else everybody's, or None."""
    return find_active(registry, specialist) or find_active(registry)


def find_judging(registry: Registry, specialist: str, repository: str, number: int) -> RegistryEntry | None:
    """Return the version that judges a pull request (0: no pull request, which no canary judges), or None."""
    canary = find_canary(registry, specialist)
    if canary is not None and judged_by_canary(repository, number, canary.share):
        return canary
    return find_active(registry, specialist)


def judged_by_canary(repository: str, number: int, share: int) -> bool:
    """Whether a pull request falls into the share (percent) that a canary judges.

    The first eight bytes of the SHA-256 of `owner/name#number` (lower case), as a big-endian number, modulo 100, lie
    below the share: everybody can check it, each push of a pull request meets the same version, and a larger share
    holds all of a smaller one. 0 is no pull request, and falls into none.
    """
    digest = hashlib.sha256(f"{repository.lower()}#{number}".encode("utf-8", "surrogateescape")).digest()
    return number > 0 and int.from_bytes(digest[:8], "big") % 100 < share


def find_damage(registry: Registry) -> str:
    """Return what no registry of ours can hold, or nothing: such a one was changed by something else."""
    ids = [entry.id for entry in registry.entries]
    strange = next((name for name in (*ids, *registry.previous) if not _ID.fullmatch(name)), None)
    if strange is not None:
        return f"{strange[:100]!r} is no id of a version"
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        return f"{twice} stands there twice"
    odd = next((entry for entry in registry.entries if not 0 <= entry.share <= 100), None)
    if odd is not None:
        return f"{odd.id} judges {odd.share} percent of the pull requests"
    judging = [(entry.state, entry.specialist) for entry in registry.entries if entry.state in ("active", "canary")]
    both = next((found for found in judging if judging.count(found) > 1), None)
    return "" if both is None else f"two versions are {both[0]} for {both[1] or 'everybody'}"


def find_tainted(registry: Registry) -> RegistryEntry | None:
    """Return a version that judges if something it learned from was forgotten since: then retraining is due."""
    judging = (entry for entry in registry.entries if entry.state in ("active", "canary"))
    return next((entry for entry in judging if entry.forgotten_at), None)


def find_entry(registry: Registry, version: str) -> RegistryEntry:
    """Return a version by its id or an unambiguous prefix; RefusedError names what there is."""
    found = [entry for entry in registry.entries if entry.id.startswith(version)] if version else []
    exact = [entry for entry in found if entry.id == version] or found
    if len(exact) != 1:
        if exact:
            raise RefusedError(f"Version {version!r} is ambiguous. It may be {_listed(exact)}.")
        known = _listed(registry.entries) or "none yet: run `reviewlore train` first"
        raise RefusedError(f"Version {version!r} is not in the registry. Known versions: {known}.")
    return exact[0]


def add_candidate(registry: Registry, entry: RegistryEntry) -> Registry:
    """Return the registry with a new candidate at its end."""
    if any(known.id == entry.id for known in registry.entries):
        raise RefusedError(f"Version {entry.id} is already in the registry as {_state(registry, entry.id)}.")
    return replace(registry, entries=(*registry.entries, entry))


def apply_decision(
    registry: Registry, decision: GateDecision, by: str, at: str, policy: PromotionPolicy = AT_ONCE
) -> Registry:
    """Return the registry after the gate spoke: the candidate is put in force, waits for a person, or is rejected."""
    if decision.verdict == "refuse":
        return reject(registry, decision.candidate, by, at, decision.reason)
    if policy.approval != "none":
        return hold(registry, decision.candidate, policy.approval, by, at, decision.reason)
    return put_in_force(registry, decision.candidate, by, at, decision.reason, share=policy.canary_share)


def hold(registry: Registry, version: str, role: str, by: str, at: str, reason: str) -> Registry:
    """Return the registry with a candidate that passed the gate and waits for somebody with a role."""
    _refuse_unless(find_entry(registry, version), "candidate", "wait for approval")
    return _changed(registry, find_entry(registry, version).id, "candidate", by, at, reason, waits_for=role)


def reject(registry: Registry, version: str, by: str, at: str, reason: str) -> Registry:
    """Return the registry with a candidate or a canary rejected; nothing else changes."""
    entry = find_entry(registry, version)
    if entry.state not in ("candidate", "canary"):
        raise RefusedError(f"Version {entry.id} is {entry.state}: only a candidate or a canary can be rejected.")
    return _changed(registry, entry.id, "rejected", by, at, reason)


def put_in_force(registry: Registry, version: str, by: str, at: str, reason: str, *, share: int) -> Registry:
    """Return the registry with a version active or, with a share of pull requests (percent), as canary."""
    if share == 0:
        return promote(registry, version, by, at, reason)
    return start_canary(registry, version, by, at, reason, share=share)


def start_canary(registry: Registry, version: str, by: str, at: str, reason: str, *, share: int) -> Registry:
    """Return the registry with a candidate on trial; one that was on trial before it is retired."""
    entry = find_entry(registry, version)
    _refuse_unless(entry, "candidate", "become a canary")
    registry = _supersede_canary(registry, entry, by, at)
    return _changed(registry, entry.id, "canary", by, at, reason, share=share)


def promote(registry: Registry, version: str, by: str, at: str, reason: str) -> Registry:
    """Return the registry with `version` active; its specialist's former active one, and canary, are retired."""
    entry = find_entry(registry, version)
    active = find_active(registry, entry.specialist)
    if active is not None and active.id == entry.id:
        raise RefusedError(f"Version {entry.id} is already active.")
    registry = _supersede_canary(registry, entry, by, at)
    if active is not None:
        registry = _changed(registry, active.id, "retired", by, at, f"superseded by {entry.id}")
        registry = replace(registry, previous=(*registry.previous, active.id))
    return _changed(registry, entry.id, "active", by, at, reason)


def rollback(registry: Registry, by: str, at: str, reason: str, specialist: str = "") -> Registry:
    """Return the registry one step back.

    A canary is taken back first, and the active version stays. Else the version active before becomes active again, or
    none where none was.
    """
    canary = find_canary(registry, specialist)
    if canary is not None:
        return reject(registry, canary.id, by, at, reason)
    active = find_active(registry, specialist)
    if active is None:
        whose = f" of {specialist}" if specialist else ""
        rest = "everybody's version judges for it" if specialist else "the shipped prior is in use"
        raise RefusedError(f"Nothing to roll back: no version{whose} is active; {rest}.")
    registry = _changed(registry, active.id, "retired", by, at, reason)
    before = find_before(registry, specialist)
    if before is None:
        return registry
    place = len(registry.previous) - 1 - registry.previous[::-1].index(before)
    registry = replace(registry, previous=(*registry.previous[:place], *registry.previous[place + 1 :]))
    return _changed(registry, before, "active", by, at, f"rolled back from {active.id}: {reason}")


def find_before(registry: Registry, specialist: str = "") -> str | None:
    """Return the version that a rollback of a specialist's active one leads to, or None."""
    return next(iter(find_predecessors(registry, specialist)), None)


def find_predecessors(registry: Registry, specialist: str = "") -> tuple[str, ...]:
    """Return the versions that were active for a specialist before, the last one first."""
    own = {entry.id for entry in registry.entries if entry.specialist == specialist}
    return tuple(name for name in reversed(registry.previous) if name in own)


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


def _find(registry: Registry, state: VersionState, specialist: str) -> RegistryEntry | None:
    return next((e for e in registry.entries if e.state == state and e.specialist == specialist), None)


def _refuse_unless(entry: RegistryEntry, state: VersionState, verb: str) -> None:
    if entry.state != state:
        raise RefusedError(f"Version {entry.id} is {entry.state}: only a {state} can {verb}.")


def _supersede_canary(registry: Registry, entry: RegistryEntry, by: str, at: str) -> Registry:
    """Retire the canary that another version of the same specialist takes the place of."""
    canary = find_canary(registry, entry.specialist)
    if canary is None or canary.id == entry.id:
        return registry
    return _changed(registry, canary.id, "retired", by, at, f"superseded by {entry.id} while it was on trial")


def _changed(
    registry: Registry,
    version: str,
    state: VersionState,
    by: str,
    at: str,
    reason: str,
    *,
    share: int = 0,
    waits_for: str = "",
) -> Registry:
    """Return the registry with one entry decided about anew; what it was on trial or waiting for is over."""

    def change(entry: RegistryEntry) -> RegistryEntry:
        decided = replace(entry, state=state, decided_by=by, decided_at=at, reason=reason)
        return replace(decided, share=share, waits_for=waits_for)

    entries = (change(entry) if entry.id == version else entry for entry in registry.entries)
    return replace(registry, entries=tuple(entries))


def _listed(entries: Sequence[RegistryEntry]) -> str:
    """Return the ids of the latest entries, oldest first, and how many more there are."""
    more = f" and {len(entries) - _MOST_LISTED} older" if len(entries) > _MOST_LISTED else ""
    return ", ".join(entry.id for entry in entries[-_MOST_LISTED:]) + more


def _state(registry: Registry, version: str) -> str:
    return find_entry(registry, version).state
