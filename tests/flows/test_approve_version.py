"""A version that passed the gate waits for whom policy names, and is put in force by nobody else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.command_line import told
from tests.fakes.versions import add_version
from tests.flows.test_command import Scene
from tests.lineage import NOW, mined, newest, rows, store_of
from tests.repositories import commit

from reviewlore.domain.evaluation import GateDecision
from reviewlore.domain.events import JobResult
from reviewlore.domain.model import PromotionPolicy, RegistryEntry
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.flows.approve import Decider, Verdict
from reviewlore.flows.approve_version import approve_version, promote_asked, tell_version_decision
from reviewlore.flows.promote import Deed
from reviewlore.formats import records
from reviewlore.stages import registry

ASKS = PromotionPolicy(0, "maintain")
MARIA = Decider("person-1", "maintain", "octo/demo")
YES = Verdict("embedded-new", True, "looked through, with @bob", NOW)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository with an active version, and one that was compared with it and waits."""
    made = mined(tmp_path / "repo", rows(60))
    commit(made, {".reviewlore.toml": '[learn]\npromotion-approval = "maintain"\n'})
    add_version(made, "embedded-old", active=True)
    add_version(made, "embedded-other")
    add_version(made, "embedded-new")
    wait(made, "embedded-new", parent="embedded-old")
    learn_from_newest(made, "embedded-other")
    return made


def learn_from_newest(home: Path, version: str, parent: str | None = None) -> None:
    """Let a version have learned from the newest dataset."""
    store = store_of(home)
    manifest = replace(state.read_version(store, version), parent=parent, dataset=newest(store).id)
    path = state.version_path(version, "manifest.json")
    store.update(lambda _: {path: records.encode(manifest)}, lambda: "Name the dataset", NOW)


def wait(home: Path, version: str, *, parent: str | None) -> None:
    """Let a version have passed the gate against its parent."""
    store = store_of(home)

    def change(snapshot: object) -> dict[str, bytes | None]:
        before = state.read_registry(store)
        found = replace(
            before,
            entries=tuple(replace(e, state="candidate") if e.id == version else e for e in before.entries),
        )
        decision = GateDecision("promote", "it beats what was", version, parent)
        return {state.REGISTRY: records.encode(registry.apply_decision(found, decision, "gate", NOW, ASKS))}

    store.update(change, lambda: "Pass the gate", NOW)
    learn_from_newest(home, version, parent)


def entry(home: Path, version: str = "embedded-new") -> RegistryEntry:
    return registry.find_entry(state.read_registry(store_of(home)), version)


def test_it_waits_and_that_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (entry(home).state, entry(home).waits_for) == ("candidate", "maintain")
    _, out, _ = told(capsys, "status", "--repo", str(home))
    assert "Active: embedded-old (embedded)\n" in out
    assert (
        "Waiting for the role maintain: embedded-new (embedded) passed the gate; `reviewlore approve embedded-new`\n"
        in out
    )


def test_who_has_the_role_puts_it_in_force(home: Path) -> None:
    store = store_of(home)
    decided = approve_version(store, YES, ASKS, lambda: MARIA)
    assert tell_version_decision(decided) == (
        "Approved version embedded-new as person-1 (maintain in octo/demo). It is active now."
    )
    assert (entry(home).state, entry(home).waits_for, entry(home).decided_by) == ("active", "", "person-1")
    assert entry(home).reason == "it beats what was; allowed: looked through, with @someone"
    assert entry(home, "embedded-old").state == "retired"
    last = state.read_audit(store)[-1]
    assert (last.action, last.actor, last.subject) == ("approve", "person-1", "embedded-new")
    assert json.loads(last.detail) == {
        "reason": "looked through, with @someone", "role": "maintain", "repository": "octo/demo"
    }  # fmt: skip
    with pytest.raises(RefusedError, match="waits for nobody: it is active"):
        approve_version(store, YES, ASKS, lambda: MARIA)


def test_with_a_canary_the_approval_begins_the_trial(home: Path) -> None:
    decided = approve_version(store_of(home), YES, PromotionPolicy(25, "maintain"), lambda: MARIA)
    assert (entry(home).state, entry(home).share) == ("canary", 25)
    assert "It is" not in tell_version_decision(decided)
    assert "judges 25 % of the pull requests" in tell_version_decision(decided)


def test_a_refusal_rejects_it(home: Path) -> None:
    decided = approve_version(store_of(home), replace(YES, approved=False, reason="too terse"), ASKS, lambda: MARIA)
    assert tell_version_decision(decided).endswith("It is rejected now.")
    assert (entry(home).state, entry(home).reason) == ("rejected", "too terse")
    assert entry(home, "embedded-old").state == "active"
    assert state.read_audit(store_of(home))[-1].action == "refuse"


@pytest.mark.parametrize(
    ("decider", "words"),
    [
        (Decider("person-2", "write", "octo/demo"), "takes the role maintain in octo/demo; GitHub says write"),
        (Decider("person-3", "admin", "mallory/own"), "was not made from mallory/own, so a role there does not count"),
    ],
)
def test_another_role_or_another_repository_does_not_count(home: Path, decider: Decider, words: str) -> None:
    before = store_of(home).head()
    with pytest.raises(RefusedError, match=words):
        approve_version(store_of(home), YES, ASKS, lambda: decider)
    with pytest.raises(RefusedError, match=words):
        promote_asked(store_of(home), "embedded-other", Deed("me", "r", NOW), "maintain", lambda: decider)
    assert store_of(home).head() == before


def test_what_was_compared_with_another_version_than_judges_now_is_not_put_in_force(home: Path) -> None:
    store = store_of(home)
    promote_asked(store, "embedded-other", Deed("me", "r", NOW), "none", None)
    before = store.head()
    with pytest.raises(RefusedError, match="was compared with embedded-old, but meanwhile embedded-other is active"):
        approve_version(store, YES, ASKS, lambda: MARIA)
    assert store.head() == before
    assert entry(home).waits_for == "maintain"


def test_it_keeps_waiting_for_whom_it_waited_where_policy_is_withdrawn(home: Path) -> None:
    with pytest.raises(RefusedError, match="takes the role maintain"):
        approve_version(store_of(home), YES, PromotionPolicy(), lambda: replace(MARIA, role="write"))


def test_what_learned_from_something_forgotten_meanwhile_is_put_in_force_by_nobody(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(home)
    before = state.read_registry(store)
    entries = tuple(replace(e, forgotten_at=NOW) if e.id == "embedded-new" else e for e in before.entries)
    store.update(lambda _: {state.REGISTRY: records.encode(replace(before, entries=entries))}, lambda: "Forget", NOW)
    words = f"Something embedded-new learned from was forgotten on {NOW[:10]}: train again instead."
    with pytest.raises(RefusedError, match=words):
        approve_version(store, YES, ASKS, lambda: MARIA)
    with pytest.raises(RefusedError, match=words):
        promote_asked(store, "embedded-new", Deed("me", "why", NOW), "none", None)
    code, _, err = told(capsys, "lock", "embedded-new", "--repo", str(home))
    assert (code, words in err) == (2, True)
    assert entry(home).state == "candidate"
    approve_version(store, replace(YES, approved=False), ASKS, lambda: MARIA)
    assert entry(home).state == "rejected"


def test_a_dry_run_changes_nothing(home: Path) -> None:
    before = store_of(home).head()
    decided = approve_version(store_of(home), YES, ASKS, lambda: MARIA, dry_run=True)
    assert tell_version_decision(decided).startswith("Would approve version embedded-new")
    assert store_of(home).head() == before


def test_on_the_command_line_a_role_is_asked_of_github_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("approve", "embedded-new", "--reason", "r"), ("promote", "embedded-other")):
        code, out, err = told(capsys, *arguments, "--repo", str(home))
        assert (code, out) == (2, "")
        assert "takes the role maintain, and a role can only be checked on GitHub: add --github OWNER/NAME with" in err
        assert "octo/demo" in err or "the repositories it learned from" in err
    assert entry(home, "embedded-other").state == "rejected"


def test_a_damaged_version_is_not_put_in_force(home: Path) -> None:
    store = store_of(home)
    path = state.version_path("embedded-new", "ranker.json")
    store.update(lambda _: {path: b"{}"}, lambda: "Damage", NOW)
    with pytest.raises(Exception, match="was changed after it was trained"):
        approve_version(store, YES, ASKS, lambda: MARIA)
    assert entry(home).waits_for == "maintain"


def test_a_comment_approves_it_by_whom_policy_names(home: Path) -> None:
    scene = Scene()
    scene.promotion = ASKS
    add_version(home, "embedded-0ff1ce")
    wait(home, "embedded-0ff1ce", parent="embedded-old")
    store = store_of(home)
    scene.store.files |= {path: store.read(path) or b"" for path in store.paths()}
    assert scene.say("/lore status", comment=500) == JobResult("success")
    assert (
        "`embedded-0ff1ce` passed the gate and waits for the role maintain: `/lore approve embedded-0ff1ce`."
        in scene.forge.talk[-1].body
    )
    assert scene.say("/lore approve embedded-0ff fine", "wim", comment=501) == JobResult("neutral", "command_refused")
    assert "takes the role maintain in octo/demo; GitHub says write" in scene.forge.talk[-1].body
    scene.say("/lore approve embedded-beef", comment=502)
    assert "is not in the registry" in scene.forge.talk[-1].body
    assert scene.say("/lore approve embedded-0ff fine", comment=503) == JobResult("success")
    assert scene.forge.talk[-1].body.startswith("Version `embedded-0ff1ce` is approved. It is active now.")
    assert "person-" not in scene.forge.talk[-1].body, "the comment shows who gave the command"
    assert registry.find_entry(state.read_registry(scene.store), "embedded-0ff1ce").state == "active"
