"""`/lore evaluate`, `promote` and `rollback`: who may, what is said and kept, and what two at once or one twice do."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from tests.fakes.versions import add_version
from tests.flows.test_approve_version import learn_from_newest
from tests.flows.test_canary import enter
from tests.flows.test_command import Scene
from tests.lineage import mined, rows, store_of
from tests.repositories import commit

from reviewlore.adapters.console import QuietConsole
from reviewlore.domain.evaluation import Evaluation
from reviewlore.domain.events import JobResult
from reviewlore.domain.model import PromotionPolicy
from reviewlore.errors import MissingExtra
from reviewlore.flows import state
from reviewlore.flows.judge import evaluate_all, load_dataset
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages.registry import find_active, find_canary
from reviewlore.wiring import Workshop

OLD, NEW = "embedded-01d", "embedded-bee"


class NoTorch:
    """Training and scoring of adapters where the model extra is not installed."""

    def scorer(self, manifest: object, files: object) -> object:
        raise MissingExtra("Adapters need the model extra: pip install 'reviewlore[model]'.")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = mined(tmp_path_factory.mktemp("versions") / "repo", rows(60))
    commit(home, {"a.py": "x = 1\n"})
    add_version(home, OLD, active=True)
    add_version(home, NEW)
    add_version(home, "adapter-ada", tier="adapter")
    for version in (OLD, NEW, "adapter-ada"):
        learn_from_newest(home, version)
    return home


@pytest.fixture
def scene(made: Path, tmp_path: Path) -> Scene:
    """A scene on a repository with an active version, a rejected one and an adapter that was rejected."""
    found = Scene()
    found.home = copytree(made, tmp_path / "repo")
    found.store = store_of(found.home)
    return found


def answer(scene: Scene) -> str:
    return scene.forge.talk[-1].body.partition("\n\n<sub>")[0]


def judges(scene: Scene, specialist: str = "") -> tuple[str, str]:
    found = state.read_registry(scene.store)
    active, canary = find_active(found, specialist), find_canary(found, specialist)
    return active.id if active else "", canary.id if canary else ""


def test_a_promotion_says_what_is_in_force_what_was_and_keeps_who(scene: Scene) -> None:
    assert scene.say("/lore promote embedded-b better, says @bob") == JobResult("success")
    assert judges(scene) == (NEW, "")
    assert answer(scene) == (
        f"`{NEW}` is in force: it judges all pull requests from the next review on. Before, `{OLD}` did. It had been "
        "rejected; that is overruled. `/lore rollback` goes back one step."
    )
    entry = state.read_audit(scene.store)[-1]
    detail = json.loads(entry.detail)
    assert (entry.action, entry.subject) == ("promote", NEW)
    assert re.fullmatch("[0-9a-f]{16}", detail.pop("once"))
    assert detail == {"reason": "better, says @someone", "role": "maintain", "repository": "octo/demo"}
    assert entry.actor.startswith("person-")
    assert "person-" not in scene.forge.talk[-1].body
    assert "maria" not in entry.detail


def test_a_rollback_is_one_step_and_names_both(scene: Scene) -> None:
    scene.say(f"/lore promote {NEW}")
    assert scene.say("/lore rollback", comment=502) == JobResult("success")
    assert judges(scene) == (OLD, "")
    assert answer(scene) == (
        f"`{OLD}` judges all pull requests from the next review on. Before, `{NEW}` did, which is retired; "
        "`/lore promote <version>` puts it in force again."
    )
    scene.say("/lore rollback", comment=503)
    assert answer(scene).startswith("The shipped prior judges all pull requests from the next review on.")
    assert scene.say("/lore rollback", comment=504) == JobResult("neutral", "command_refused")
    assert "Nothing to roll back: no version is active" in answer(scene)
    assert [entry.action for entry in state.read_audit(scene.store)][-3:] == ["promote", "rollback", "rollback"]


def test_a_rollback_ends_a_trial_first_and_knows_specialists(scene: Scene) -> None:
    enter(scene.home, "embedded-c0c0", "canary", share=40)
    scene.say("/lore rollback")
    assert judges(scene) == (OLD, "")
    assert answer(scene) == (
        f"The trial of `embedded-c0c0` is over, and it is rejected: `{OLD}` judges all pull requests from the next "
        "review on, as before the trial."
    )
    enter(scene.home, "embedded-7e57", "active", specialist="testing")
    scene.say("/lore rollback testing", comment=502)
    assert answer(scene).startswith("Everybody's version judges the testing findings of all pull requests from")
    assert judges(scene) == (OLD, "")


def test_a_promotion_ends_a_trial_and_says_that_a_pin_holds(scene: Scene) -> None:
    enter(scene.home, "embedded-c0c0", "canary", share=40)
    scene.pinned = lambda: "Pinned to embedded-01d by reviewlore.lock."
    scene.say(f"/lore promote {NEW}")
    assert "The trial of `embedded-c0c0` is over." in answer(scene)
    assert answer(scene).endswith("Reviews here stay as they are: pinned to embedded-01d by reviewlore.lock.")


@pytest.mark.parametrize(
    ("policy", "author", "reason"),
    [
        ("none", "wim", "command_refused"),
        ("none", "tess", "role_too_low"),
        ("write", "wim", ""),
        ("admin", "maria", "command_refused"),
    ],
)
def test_policy_says_who_may_promote(scene: Scene, policy: str, author: str, reason: str) -> None:
    scene.promotion = PromotionPolicy(0, policy)
    before = scene.store.head()
    assert scene.say(f"/lore promote {NEW}", author).skip_reason == reason
    assert (scene.store.head() == before) is bool(reason)


def test_only_maintainers_roll_back(scene: Scene) -> None:
    before = scene.store.head()
    assert scene.say("/lore rollback", "wim") == JobResult("neutral", "role_too_low")
    assert scene.store.head() == before


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("embedded", f"Version 'embedded' is ambiguous. It may be {OLD}, {NEW}."),
        ("embedded-5", f"Version 'embedded-5' is not in the registry. Known versions: {OLD}, {NEW}, adapter-ada."),
        (OLD, f"Version {OLD} is already active."),
    ],
)
def test_what_is_not_one_version_is_refused_with_what_there_is(scene: Scene, named: str, words: str) -> None:
    before = scene.store.head()
    assert scene.say(f"/lore promote {named}") == JobResult("neutral", "command_refused")
    assert answer(scene) == f"`/lore promote` could not be carried out: {words}"
    assert scene.store.head() == before


def test_a_version_with_planted_secrets_stays_refused(scene: Scene) -> None:
    manifest = replace(state.read_version(scene.store, NEW), recipe_settings={"guards.canaries": "8"})
    path = state.version_path(NEW, "manifest.json")
    scene.store.update(lambda _: {path: records.encode(manifest)}, lambda: "Plant", "2026-03-01T10:00:00Z")
    assert scene.say(f"/lore promote {NEW}") == JobResult("neutral", "command_refused")
    assert "with 8 made-up secrets among what it learned" in answer(scene)
    assert judges(scene) == (OLD, "")


@pytest.mark.parametrize("text", [f"/lore promote {NEW}", "/lore rollback"])
def test_what_was_done_before_its_answer_was_lost_is_not_done_twice(scene: Scene, text: str) -> None:
    """A run that ends between the change and the answer is run again for the same comment."""
    scene.say(f"/lore promote {NEW}", comment=500)
    scene.say("/lore rollback", comment=501)
    scene.say(f"/lore promote {NEW}", comment=502)
    scene.say(text, comment=503) if text == "/lore rollback" else None
    last = 503 if text == "/lore rollback" else 502
    del scene.forge.talk[-1]
    before, standing = scene.store.head(), judges(scene)
    assert scene.say(text, comment=last) == JobResult("success")
    assert (scene.store.head(), judges(scene)) == (before, standing)
    assert answer(scene) == (
        f"This was carried out already, and is not done twice. `{standing[0]}` judges all pull requests."
    )


class Racing:
    """A state branch on which somebody else writes while the first change is made; all else goes to the branch."""

    def __init__(self, store: Store, meanwhile: Callable[[], object]) -> None:
        self._store, self._waiting = store, [meanwhile]

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def update(
        self, change: Callable[[Store], Mapping[str, bytes | None]], message: Callable[[], str], now: str
    ) -> object:
        def slow(snapshot: Store) -> Mapping[str, bytes | None]:
            made = change(snapshot)
            while self._waiting:
                self._waiting.pop()()
            return made

        return self._store.update(slow, message, now)


def race(scene: Scene, first: str, second: str, *, same: bool = False) -> tuple[JobResult, list[JobResult]]:
    """Say one command, and another while the first one's change is made; return what became of both."""
    branch, rival = scene.store, []

    def meanwhile() -> None:
        scene.store = branch
        rival.append(scene.say(second, comment=501 if same else 502))

    scene.store = Racing(branch, meanwhile)
    result = scene.say(first)
    scene.store = branch
    return result, rival


def test_two_rollbacks_at_once_are_two_steps(scene: Scene) -> None:
    scene.say(f"/lore promote {NEW}", comment=500)
    assert race(scene, "/lore rollback", "/lore rollback") == (JobResult("success"), [JobResult("success")])
    assert judges(scene) == ("", "")
    assert f"Before, `{OLD}` did" in answer(scene), "the second one saw what the first one had done"
    assert len({entry.detail for entry in state.read_audit(scene.store)}) == len(state.read_audit(scene.store))


def test_one_rollback_read_by_two_runs_at_once_is_one_step(scene: Scene) -> None:
    scene.say(f"/lore promote {NEW}", comment=500)
    race(scene, "/lore rollback", "/lore rollback", same=True)
    assert judges(scene) == (OLD, "")
    assert [entry.action for entry in state.read_audit(scene.store)].count("rollback") == 1
    assert answer(scene).startswith("This was carried out already, and is not done twice.")


def test_a_promotion_that_somebody_was_faster_with_is_refused(scene: Scene) -> None:
    result, rival = race(scene, f"/lore promote {NEW}", f"/lore promote {NEW}")
    assert (result.skip_reason, rival) == ("command_refused", [JobResult("success")])
    assert judges(scene) == (NEW, "")


def judge_here(scene: Scene) -> None:
    """Let a scene judge versions as the action does, on a machine without the model extra."""
    workshop = Workshop(scene.home, QuietConsole())

    def evaluate(versions):
        scene.judged = set(versions)
        return evaluate_all(
            scene.store, workshop.prior, NoTorch(), workshop.clock, workshop.console, load_dataset(scene.store),
            versions=versions,
        )  # fmt: skip

    scene.evaluate = evaluate


def test_versions_are_judged_on_later_pull_requests_with_intervals(scene: Scene) -> None:
    judge_here(scene)
    before = scene.store.head()
    assert scene.say("/lore evaluate", "wim") == JobResult("success")
    told = answer(scene)
    assert "later pull requests that were held out" in told.splitlines()[0]
    table = [line for line in told.splitlines() if line.startswith("|")]
    assert [line.split(" | ")[:2] for line in table[2:5]] == [
        ["| `prior`", "shipped"], [f"| `{OLD}`", "active"], [f"| `{NEW}`", "rejected"]
    ]  # fmt: skip
    assert any(line.startswith("| longer wins | baseline |") for line in table)
    assert "- Version adapter-ada is not judged here: Adapters need the model extra" in told
    assert scene.store.head() == before


def test_a_named_version_is_judged_beside_the_one_in_force(scene: Scene) -> None:
    judge_here(scene)
    scene.say("/lore evaluate embedded-b")
    assert scene.judged == {OLD, NEW}
    assert "older versions" not in answer(scene)


def test_an_adapter_that_cannot_be_judged_here_is_not_pretended_to_be(scene: Scene) -> None:
    judge_here(scene)
    assert scene.say("/lore evaluate adapter-ada") == JobResult("neutral", "command_refused")
    assert answer(scene) == (
        "`/lore evaluate` could not be carried out: Version adapter-ada is not judged here: Adapters need the model "
        "extra: pip install 'reviewlore\\[model\\]'. Nothing was measured. Run `reviewlore evaluate` on a machine "
        "where the extra `[model]` is installed, such as the runner that trains."
    )


def test_of_many_versions_the_latest_are_judged_and_the_others_counted(scene: Scene) -> None:
    scene.evaluation = Evaluation("d" * 64, (), {}, 0, 7)
    registry = state.read_registry(scene.store)
    many = [replace(registry.entries[1], id=f"embedded-a{number:02d}") for number in range(25)]
    files = {state.REGISTRY: records.encode(replace(registry, entries=(*registry.entries, *many)))}
    scene.store.update(lambda _: files, lambda: "Add", "2026-03-01T10:00:00Z")
    scene.say("/lore evaluate")
    assert len(scene.judged) == 20
    assert scene.judged >= {OLD, "embedded-a24"}
    assert "- 8 older versions were not judged; `/lore evaluate <version>` judges one of them." in answer(scene)


def test_where_nothing_was_mined_it_says_so(tmp_path: Path) -> None:
    scene = Scene()
    scene.home = mined(tmp_path / "repo")
    scene.store = store_of(scene.home)
    judge_here(scene)
    assert scene.say("/lore evaluate") == JobResult("neutral", "command_refused")
    assert "Nothing was mined yet: run `reviewlore mine` first." in answer(scene)
