"""A version on trial judges its share of pull requests, and what becomes of its remarks ends the trial."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.command_line import told
from tests.fakes.versions import add_version
from tests.flows.test_watch import ours
from tests.lineage import NOW, mined, rows, store_of
from tests.repositories import commit

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.machine import SystemClock
from reviewlore.adapters.store import GitStore
from reviewlore.config import LearnSettings
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor
from reviewlore.domain.model import VersionState
from reviewlore.flows import state
from reviewlore.flows.labelling import LearnContext
from reviewlore.flows.learn import Source, learn
from reviewlore.formats import records
from reviewlore.stages.registry import find_active, find_canary, judged_by_canary
from reviewlore.wiring import Workshop

SHARE = 40


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository that was mined, with one version active and one on trial."""
    made = mined(tmp_path / "repo", rows(60))
    commit(made, {"a.py": "x = 1\n"})
    enter(made, "embedded-old", "active")
    enter(made, "embedded-new", "canary", share=SHARE)
    return made


def enter(home: Path, version: str, standing: VersionState, *, share: int = 0, specialist: str = "") -> None:
    """Enter a version whose files are sound."""
    add_version(home, version)
    store = store_of(home)
    registry = state.read_registry(store)
    entries = tuple(
        replace(entry, state=standing, share=share, specialist=specialist, decided_at="2026-11-01T00:00:00Z")
        if entry.id == version
        else entry
        for entry in registry.entries
    )
    store.update(lambda _: {state.REGISTRY: records.encode(replace(registry, entries=entries))}, lambda: "Set", NOW)


def learned(home: Path, *, old: int, new: int, heeded_old: int, heeded_new: int) -> str:
    """Mine remarks of both versions, so many of them heeded; return what is told of it."""
    raws = [ours(number, "embedded-old", heeded=number < heeded_old) for number in range(old)]
    raws += [ours(100 + number, "embedded-new", heeded=number < heeded_new) for number in range(new)]
    context = LearnContext(store_of(home), GitRepo(home), b"k" * 32, LearnSettings(), SystemClock(), QuietConsole())
    return learn(context, Source("made", raws, {})).note


def standing(home: Path) -> tuple[str, str]:
    registry = state.read_registry(store_of(home))
    active, canary = find_active(registry), find_canary(registry)
    return active.id if active else "", canary.id if canary else ""


def a_finding(specialist: str) -> Finding:
    return Finding(
        f"f-{specialist}", f"{specialist}/x", "generated", Anchor("src/a.py", 3), "@@ -1 +1 @@\n+x", "Rename this",
        "It says little.", "", "warning", 0.9, specialist=specialist,
    )  # fmt: skip


def test_pull_requests_of_the_share_are_judged_by_the_canary_and_that_is_said(home: Path) -> None:
    workshop = Workshop(home, QuietConsole())
    seen = set()
    for number in range(1, 12):
        context = workshop.review_context("octo/demo", number)
        on_trial = judged_by_canary("octo/demo", number, SHARE)
        assert context.scorer.version == ("embedded-new" if on_trial else "embedded-old")
        assert context.notes == (
            (
                "Canary: embedded-new judges this pull request, one of 40 % chosen by their number; "
                "embedded-old judges the others.",
            )
            if on_trial
            else ()
        )
        seen.add(on_trial)
    assert seen == {True, False}
    assert workshop.review_context("octo/demo").scorer.version == "embedded-old"
    assert workshop.scorer().version == "embedded-old"


def test_a_local_review_is_never_on_trial(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(home, {"a.py": "x = 2\n"})
    code, out, _ = told(capsys, "review", "--repo", str(home), "--base", "HEAD~1", "-q")
    assert code == 0
    assert "embedded-old" in out
    assert "anary" not in out


def test_a_canary_that_is_as_good_becomes_active(home: Path) -> None:
    note = learned(home, old=30, new=20, heeded_old=20, heeded_new=12)
    assert note == (
        "Promoted embedded-new (was canary): the trial is over: 20 of its remarks are settled, no significant decline "
        "from embedded-old"
    )
    assert standing(home) == ("embedded-new", "")
    assert state.read_registry(store_of(home)).previous == ("embedded-old",)
    last = state.read_audit(store_of(home))[-1]
    assert (last.actor, last.action, last.subject) == ("reviewlore", "promote", "embedded-new")


def test_a_canary_stays_on_trial_until_enough_is_known(home: Path) -> None:
    assert learned(home, old=30, new=19, heeded_old=30, heeded_new=0) == ""
    assert standing(home) == ("embedded-old", "embedded-new")


def test_a_canary_waits_for_remarks_of_the_incumbent_to_be_compared_with(home: Path) -> None:
    assert learned(home, old=19, new=30, heeded_old=19, heeded_new=3) == ""
    assert standing(home) == ("embedded-old", "embedded-new")
    assert learned(home, old=20, new=30, heeded_old=20, heeded_new=3).startswith("Took the canary embedded-new back")


def test_beside_a_canary_of_all_pull_requests_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    made = mined(tmp_path / "repo", rows(60))
    enter(made, "embedded-new", "canary", share=100)
    assert learned(made, old=0, new=20, heeded_old=0, heeded_new=12) == (
        "Promoted embedded-new (was canary): the trial is over: 20 of its remarks are settled, prior judged too few to "
        "compare with"
    )


def test_a_canary_that_is_worse_is_taken_back(home: Path) -> None:
    note = learned(home, old=30, new=25, heeded_old=27, heeded_new=5)
    assert note.startswith("Took the canary embedded-new back, embedded-old judges all: taken back by itself: 5 of 25")
    assert standing(home) == ("embedded-old", "")
    (rejected,) = [e for e in state.read_registry(store_of(home)).entries if e.id == "embedded-new"]
    assert rejected.state == "rejected"
    assert learned(home, old=0, new=26, heeded_old=0, heeded_new=0) == "", "what is no canary is not judged as one"


def test_what_the_incumbent_did_long_before_the_trial_does_not_count_where_it_did_enough_since(home: Path) -> None:
    store = store_of(home)
    early = [replace(ours(300 + n, "embedded-old", heeded=True), created_at="2026-01-05T10:00:00Z") for n in range(90)]
    raws = [ours(number, "embedded-old", heeded=number < 8) for number in range(20)]
    raws += [ours(100 + number, "embedded-new", heeded=number < 8) for number in range(20)]
    context = LearnContext(store, GitRepo(home), b"k" * 32, LearnSettings(), SystemClock(), QuietConsole())
    assert learn(context, Source("made", early + raws, {})).note.startswith("Promoted embedded-new")


def test_a_damaged_canary_is_not_made_active(home: Path) -> None:
    store = store_of(home)
    path = state.version_path("embedded-new", "ranker.json")
    store.update(lambda _: {path: b"{}"}, lambda: "Damage", NOW)
    note = learned(home, old=30, new=20, heeded_old=15, heeded_new=12)
    assert note.startswith("The canary embedded-new stays on trial: adapters/embedded-new/ranker.json")
    assert standing(home) == ("embedded-old", "embedded-new")


def test_by_hand_a_canary_is_promoted_at_once_or_taken_back_first(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = told(capsys, "status", "--repo", str(home))
    assert "Active: embedded-old (embedded)\n" in out
    assert "Canary: embedded-new (embedded) judges 40 % of the pull requests\n" in out
    assert "A rollback would take the canary back first.\n" in out
    code, out, _ = told(capsys, "rollback", "--repo", str(home), "--dry-run", "--reason", "odd")
    assert (code, out) == (0, "Would take the canary embedded-new back, embedded-old judges all: odd\n")
    code, out, _ = told(capsys, "promote", "embedded-new", "--repo", str(home), "--reason", "sure")
    assert (code, out) == (0, "Promoted embedded-new (was canary): sure\n")
    assert standing(home) == ("embedded-new", "")
    code, out, _ = told(capsys, "rollback", "--repo", str(home), "--reason", "odd")
    assert (code, out) == (0, "Rolled back from embedded-new to embedded-old: odd\n")
    assert standing(home) == ("embedded-old", "")


def test_a_specialists_version_judges_its_findings_and_everybodys_the_rest(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enter(home, "embedded-tests", "active", specialist="testing")
    context = Workshop(home, QuietConsole()).review_context("octo/demo")
    assert context.scorer.version == "embedded-old"
    assert {name: own.version for name, own in context.specialists.items()} == {"testing": "embedded-tests"}
    findings = [a_finding(name) for name in ("testing", "debugging", "testing")]
    alone = replace(context, specialists={}).judgement.judge_findings(findings)
    judged = context.judgement.judge_findings(findings)
    assert [each.id for each in judged] == [each.id for each in findings]
    assert judged[1] == alone[1]
    assert judged[0] == judged[2]
    assert judged[0] == context.specialists["testing"].judge_findings(findings)[0]
    _, out, _ = told(capsys, "status", "--repo", str(home))
    assert "Active: embedded-old (embedded)\nActive for testing: embedded-tests (embedded)\n" in out
    enter(home, "embedded-tests2", "canary", specialist="testing", share=100)
    context = Workshop(home, QuietConsole()).review_context("octo/demo", 3)
    assert context.specialists["testing"].version == "embedded-tests2"
    assert context.notes[-1] == (
        "Canary: embedded-tests2 judges the testing findings of this pull request, one of 100 % chosen by their "
        "number; embedded-tests judges the others."
    )


def test_a_specialists_rollback_leaves_everybodys_version_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enter(home, "embedded-tests", "active", specialist="testing")
    code, out, _ = told(capsys, "rollback", "--repo", str(home), "--specialist", "testing", "--reason", "odd")
    assert (code, out) == (0, "Rolled back from embedded-tests to everybody's version: odd\n")
    assert standing(home) == ("embedded-old", "embedded-new")
    code, _, err = told(capsys, "rollback", "--repo", str(home), "--specialist", "testing")
    assert code == 2
    assert "Nothing to roll back: no version of testing is active; everybody's version judges for it." in err


def test_without_an_active_version_the_prior_judges_the_rest(tmp_path: Path) -> None:
    made = mined(tmp_path / "repo", rows(60))
    enter(made, "embedded-new", "canary", share=SHARE)
    workshop = Workshop(made, QuietConsole())
    found = {number: workshop.review_context("octo/demo", number).scorer.version for number in range(1, 12)}
    assert set(found.values()) == {"embedded-new", "prior"}
    assert isinstance(workshop.store, GitStore)
