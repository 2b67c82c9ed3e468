"""The registry's states and the audit chain."""

from dataclasses import replace

import pytest

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.model import AuditEntry, Registry, RegistryEntry
from reviewlore.errors import RefusedError, StateError
from reviewlore.stages.registry import (
    add_candidate,
    append_audit,
    apply_decision,
    find_active,
    find_entry,
    find_tainted,
    promote,
    rechain_audit,
    rollback,
    verify_audit,
)


def entry(name: str, state: str = "candidate") -> RegistryEntry:
    return RegistryEntry(name, "embedded", state, "gate", "t", "because")  # type: ignore[arg-type]


def test_promotion_retires_and_rollback_returns() -> None:
    registry = add_candidate(add_candidate(Registry(), entry("a")), entry("b"))
    registry = promote(registry, "a", "me", "t1", "first")
    registry = promote(registry, "b", "me", "t2", "second")
    assert [(e.id, e.state) for e in registry.entries] == [("a", "retired"), ("b", "active")]
    registry = rollback(registry, "me", "t3", "worse")
    assert [(e.id, e.state) for e in registry.entries] == [("a", "active"), ("b", "retired")]
    registry = rollback(registry, "me", "t4", "worse still")
    assert find_active(registry) is None
    with pytest.raises(RefusedError, match="Nothing to roll back"):
        rollback(registry, "me", "t5", "again")


def test_a_refused_candidate_is_rejected_and_the_active_one_stays() -> None:
    registry = promote(add_candidate(Registry(), entry("a")), "a", "me", "t", "r")
    registry = add_candidate(registry, entry("b"))
    registry = apply_decision(registry, GateDecision("refuse", "no", "b", "a"), "gate", "t")
    assert [(e.id, e.state) for e in registry.entries] == [("a", "active"), ("b", "rejected")]


def test_versions_are_found_by_prefix_and_errors_name_what_there_is() -> None:
    registry = Registry((entry("embedded-aa1"), entry("embedded-ab2")))
    assert find_entry(registry, "embedded-ab").id == "embedded-ab2"
    with pytest.raises(RefusedError, match=r"ambiguous.*embedded-aa1, embedded-ab2"):
        find_entry(registry, "embedded-a")
    with pytest.raises(RefusedError, match="not in the registry"):
        find_entry(registry, "other")
    with pytest.raises(RefusedError, match="already in the registry as candidate"):
        add_candidate(registry, entry("embedded-aa1"))
    with pytest.raises(RefusedError, match="already active"):
        promote(promote(registry, "embedded-aa1", "m", "t", "r"), "embedded-aa1", "m", "t", "r")


def chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(length):
        entries.append(
            append_audit(entries, at="t", actor="a", action="mine", subject=str(number), detail={"n": number})
        )
    return entries


def test_the_audit_chain_detects_every_kind_of_change() -> None:
    entries = chain(4)
    verify_audit(entries)
    for broken in (
        entries[1:],
        [entries[0], entries[2], entries[3]],
        [entries[1], entries[0], *entries[2:]],
        [*entries[:2], replace(entries[2], actor="somebody else"), entries[3]],
        [*entries[:3], replace(entries[3], hash="0" * 64)],
    ):
        with pytest.raises(StateError, match="audit"):
            verify_audit(broken)


def test_a_log_is_chained_again_from_the_first_entry_that_changes() -> None:
    entries: list[AuditEntry] = []
    for number in range(4):
        said = "somebody" if number == 2 else "me"
        entries.append(
            append_audit(entries, at=f"t{number}", actor=said, action="a", subject=f"s{number}", detail={"n": number})
        )
    assert rechain_audit(entries, lambda entry: entry) == entries
    changed = rechain_audit(
        entries, lambda entry: replace(entry, actor=entry.actor.replace("somebody", "person-forgotten"))
    )
    verify_audit(changed)
    assert changed[:2] == entries[:2]
    assert [entry.actor for entry in changed] == ["me", "me", "person-forgotten", "me"]
    assert changed[3].hash != entries[3].hash


def test_retraining_is_due_where_the_version_in_force_learned_from_what_was_forgotten() -> None:
    marked = replace(entry("a", "active"), forgotten_at="t1")
    assert find_tainted(Registry((marked,))) == marked
    assert find_tainted(Registry((entry("a", "active"),))) is None
    assert find_tainted(promote(Registry((marked, entry("b"))), "b", "me", "t2", "retrained")) is None
