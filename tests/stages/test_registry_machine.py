"""Whatever happens to a registry in whatever order: one active and one canary each, nothing lost, each step undone."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.model import AuditEntry, PromotionPolicy, Registry, RegistryEntry
from reviewlore.errors import RefusedError
from reviewlore.stages import registry as machine
from reviewlore.stages.registry import append_audit, find_active, find_canary, verify_audit

WHOSE = ("", "testing", "debugging")
ALLOWED = {
    ("candidate", "candidate"),
    ("candidate", "canary"),
    ("candidate", "active"),
    ("candidate", "rejected"),
    ("canary", "active"),
    ("canary", "rejected"),
    ("canary", "retired"),
    ("active", "retired"),
    ("retired", "active"),
    ("rejected", "active"),
}


def standing(registry: Registry, whose: str) -> tuple[str | None, list[str]]:
    """Who is active for a specialist, and who was before, oldest first."""
    active = find_active(registry, whose)
    own = {entry.id for entry in registry.entries if entry.specialist == whose}
    return active.id if active else None, [name for name in registry.previous if name in own]


class RegistryMachine(RuleBasedStateMachine):
    versions = Bundle("versions")
    fresh = Bundle("fresh")

    def __init__(self) -> None:
        super().__init__()
        self.registry, self.log, self.clock = Registry(), list[AuditEntry](), 0
        self.known: list[str] = []
        # What each promotion of a specialist took the place of: where its rollbacks lead, one after another.
        self.before: dict[str, list[tuple[str | None, list[str]]]] = {whose: [] for whose in WHOSE}

    def step(self, action: str, subject: str, after: Registry) -> None:
        """Take over a registry: every move of a state is one that is drawn, and is an entry of the log."""
        states = {entry.id: entry.state for entry in self.registry.entries}
        for entry in after.entries:
            if entry.id in states and entry.state != states[entry.id]:
                assert (states[entry.id], entry.state) in ALLOWED
        self.clock += 1
        self.log.append(
            append_audit(self.log, at=f"t{self.clock}", actor="a", action=action, subject=subject, detail={})
        )
        self.registry = after

    def entry(self, name: str) -> RegistryEntry:
        return machine.find_entry(self.registry, name)

    def promoted(self, name: str, before: Registry) -> None:
        whose = self.entry(name).specialist
        self.before[whose].append(standing(before, whose))

    @rule(target=fresh, whose=st.sampled_from(WHOSE))
    def train(self, whose: str) -> str:
        name = f"version-{len(self.known):03d}"
        entry = RegistryEntry(name, "embedded", "candidate", "me", "t", "trained", specialist=whose)
        self.step("train", name, machine.add_candidate(self.registry, entry))
        self.known.append(name)
        return name

    @rule(target=versions, name=consumes(fresh), share=st.integers(0, 100), asked=st.sampled_from(["none", "maintain"]))
    def pass_the_gate(self, name: str, share: int, asked: str) -> str:
        before = self.registry
        policy = PromotionPolicy(share, asked)  # type: ignore[arg-type]
        decision = GateDecision("promote", "better", name, None)
        self.step("promote", name, machine.apply_decision(before, decision, "gate", "t", policy))
        wanted = "candidate" if asked != "none" else "canary" if share else "active"
        assert (self.entry(name).state, self.entry(name).waits_for) == (wanted, "" if asked == "none" else asked)
        if wanted == "active":
            self.promoted(name, before)
        return name

    @rule(target=versions, name=consumes(fresh))
    def fail_the_gate(self, name: str) -> str:
        standings = [standing(self.registry, whose) for whose in WHOSE]
        decision = GateDecision("refuse", "worse", name, None)
        self.step("train", name, machine.apply_decision(self.registry, decision, "gate", "t"))
        assert self.entry(name).state == "rejected"
        assert [standing(self.registry, whose) for whose in WHOSE] == standings
        return name

    @rule(name=versions, share=st.integers(0, 100))
    def allow(self, name: str, share: int) -> None:
        before = self.registry
        if self.entry(name).state != "candidate":
            with pytest.raises(RefusedError, match="only a candidate"):
                machine.start_canary(before, name, "p", "t", "r", share=share)
            return
        self.step("approve", name, machine.put_in_force(before, name, "p", "t", "approved", share=share))
        assert self.entry(name).waits_for == ""
        if share == 0:
            self.promoted(name, before)

    @rule(name=versions)
    def promote_by_hand(self, name: str) -> None:
        before = self.registry
        if self.entry(name).state == "active":
            with pytest.raises(RefusedError, match="already active"):
                machine.promote(before, name, "me", "t", "again")
            return
        self.step("promote", name, machine.promote(before, name, "me", "t", "by hand"))
        self.promoted(name, before)
        assert find_canary(self.registry, self.entry(name).specialist) is None

    @rule(name=versions)
    def reject(self, name: str) -> None:
        before = self.registry
        if self.entry(name).state not in ("candidate", "canary"):
            with pytest.raises(RefusedError, match="only a candidate or a canary"):
                machine.reject(before, name, "me", "t", "no")
            return
        self.step("refuse", name, machine.reject(before, name, "me", "t", "no"))
        assert [standing(self.registry, whose) for whose in WHOSE] == [standing(before, whose) for whose in WHOSE]

    @rule(whose=st.sampled_from(WHOSE))
    def go_back(self, whose: str) -> None:
        before = self.registry
        canary = find_canary(before, whose)
        if canary is None and find_active(before, whose) is None:
            with pytest.raises(RefusedError, match="Nothing to roll back"):
                machine.rollback(before, "me", "t", "worse", whose)
            return
        self.step("rollback", whose, machine.rollback(before, "me", "t", "worse", whose))
        if canary is not None:
            assert self.entry(canary.id).state == "rejected"
            assert standing(self.registry, whose) == standing(before, whose)
        else:
            assert standing(self.registry, whose) == self.before[whose].pop()
        for other in WHOSE:
            if other != whose:
                assert standing(self.registry, other) == standing(before, other)
                assert find_canary(self.registry, other) == find_canary(before, other)

    @invariant()
    def at_most_one_of_each(self) -> None:
        for whose in WHOSE:
            for state in ("active", "canary"):
                found = [e for e in self.registry.entries if (e.state, e.specialist) == (state, whose)]
                assert len(found) <= 1

    @invariant()
    def nothing_is_lost(self) -> None:
        assert [entry.id for entry in self.registry.entries] == self.known
        assert set(self.registry.previous) <= set(self.known)
        assert all((entry.share > 0) == (entry.state == "canary") for entry in self.registry.entries)
        assert all(entry.state == "candidate" for entry in self.registry.entries if entry.waits_for)

    @invariant()
    def every_rollback_is_known(self) -> None:
        for whose in WHOSE:
            active, previous = standing(self.registry, whose)
            assert (active is None) <= (previous == [])
            assert machine.find_before(self.registry, whose) == (previous[-1] if previous else None)
            assert len(self.before[whose]) == len(previous) + (active is not None)

    @invariant()
    def the_log_is_sound(self) -> None:
        verify_audit(self.log)


RegistryMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestRegistryMachine = RegistryMachine.TestCase


def test_a_share_is_fixed_by_the_pull_request_and_grows_without_leaving_any_out() -> None:
    names = [("octo/demo", number) for number in range(1, 2001)]
    shares = {share: {n for n in names if machine.judged_by_canary(*n, share)} for share in (0, 1, 10, 50, 100)}
    assert shares[0] == set()
    assert shares[1] < shares[10] < shares[50] < shares[100] == set(names)
    assert 150 < len(shares[10]) < 250
    assert machine.judged_by_canary("Octo/Demo", 7, 50) == machine.judged_by_canary("octo/demo", 7, 50)
    assert {n for _, n in shares[50]} != {n for n in range(1, 2001) if machine.judged_by_canary("octo/other", n, 50)}
    assert not machine.judged_by_canary("octo/demo", 0, 100), "what is no pull request is never on trial"


def test_the_canary_judges_its_share_and_the_active_one_the_rest() -> None:
    entries = [
        RegistryEntry("a", "embedded", "active", "g", "t", "r"),
        RegistryEntry("b", "embedded", "canary", "g", "t", "r", share=30),
        RegistryEntry("c", "embedded", "active", "g", "t", "r", specialist="testing"),
    ]
    registry = Registry(tuple(entries))
    judged = [machine.find_judging(registry, "", "octo/demo", number) for number in range(1, 101)]
    assert {entry.id for entry in judged if entry} == {"a", "b"}
    for number, entry in enumerate(judged, 1):
        assert entry is not None
        assert (entry.id == "b") == machine.judged_by_canary("octo/demo", number, 30)
    alone = machine.find_judging(registry, "", "octo/demo", 0)
    assert alone is not None
    assert alone.id == "a"
    first = Registry((replace(entries[1], share=100),))
    assert machine.find_judging(first, "", "octo/demo", 0) is None, "the shipped prior judges what is no pull request"
    assert machine.find_judging(registry, "testing", "octo/demo", 3) == entries[2]
    assert machine.find_incumbent(registry, "testing") == entries[2]
    assert machine.find_incumbent(registry, "debugging") == entries[0]
