"""Opting out and forgetting by comments: everybody for themselves, maintainers for this repository; no name is said."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.forge import FakeForge
from tests.fakes.histories import HARBOR, KEY, MARIA, PIER, XAVER, Past, make_filled, make_signal, make_store
from tests.fakes.runner import FakeClock
from tests.repositories import git

from reviewlore.adapters.store import REF, GitStore
from reviewlore.domain.events import CommandEvent, JobResult
from reviewlore.domain.model import Policies
from reviewlore.errors import ConfigError, RefusedError, StorageError
from reviewlore.flows import state
from reviewlore.flows.command import answer_command
from reviewlore.flows.command_tools import CommandTools
from reviewlore.flows.publish import Desk
from reviewlore.stages.redact import suppression_token

URL = f"https://github.example/{HARBOR}"


class Scene:
    """A forge, and a state branch that learned of maria, tomas and others."""

    def __init__(self, folder: Path, past: Past | None = None) -> None:
        self.forge = FakeForge(roles={"olga": "maintain", "tomas": "write", "maria": "read"})
        self.store: GitStore = make_store(folder)
        self.datasets = past.copy_to(self.store) if past else []
        self.key_error: Exception | None = None
        self.said = 0

    def kept_key(self) -> bytes:
        if self.key_error:
            raise self.key_error
        return KEY

    def say(self, body: str, author: str = "maria", **more: object) -> JobResult:
        def never(*_: object) -> object:
            raise AssertionError

        tools = CommandTools(
            desk=Desk(self.forge, self.forge, URL),
            runs=never,  # type: ignore[arg-type]
            store=lambda: self.store,
            key=lambda: KEY,
            kept_key=self.kept_key,
            policies=Policies,
            clock=FakeClock(),
            review=never,  # type: ignore[arg-type]
            evaluate=never,  # type: ignore[arg-type]
            job=never,  # type: ignore[arg-type]
            look_into=never,  # type: ignore[arg-type]
        )
        self.said += 1
        fields = {"comment": 500 + self.said, "kind": "issue", "thread": None} | more
        event = CommandEvent(HARBOR, 1, author=author, body=body, default_branch="main", **fields)  # type: ignore[arg-type]
        return answer_command(event, tools)

    @property
    def answer(self) -> str:
        return [*self.forge.threads, *self.forge.talk][-1].body.split("\n\n<sub>")[0]

    @property
    def marks(self) -> list[str]:
        return [reaction for _, _, reaction in self.forge.reactions]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return make_filled(tmp_path_factory.mktemp("past"))


@pytest.fixture
def scene(tmp_path: Path, past: Past) -> Scene:
    return Scene(tmp_path / "repo", past)


@pytest.mark.parametrize("role", ["none", "read", "write", "admin"])
def test_anybody_may_opt_out_for_themselves(scene: Scene, role: str) -> None:
    scene.forge.roles["maria"] = role  # type: ignore[assignment]
    assert scene.say("/lore opt-out") == JobResult("success")
    assert scene.marks == ["eyes", "rocket"]
    assert len(scene.forge.talk) == 1
    assert scene.answer == (
        "Done. What you wrote, answered and voted here is removed from the state branch, from its whole history, and "
        "is not mined again until you say `/lore opt-in`. The version in force learned from it and stays as it is "
        "until the next training, which is due. Clones and forks of the branch keep what they have, and GitHub may "
        "keep unreachable commits for a while; a maintainer can ask its support to remove them."
    )
    assert MARIA not in git(scene.store._git_dir, "log", "-p", REF)
    assert state.read_suppressions(scene.store).people == (suppression_token("maria", KEY),)
    entry = state.read_audit(scene.store)[-1]
    assert (entry.actor, entry.action, entry.subject) == ("/lore opt-out", "forget", "author")


def test_a_second_opt_out_changes_nothing_and_says_so(scene: Scene) -> None:
    scene.say("/lore opt-out")
    head = scene.store.head()
    scene.say("/lore opt-out", "Maria")
    assert scene.answer == (
        "You are opted out already: nothing of yours is stored or learned from. `/lore opt-in` ends that."
    )
    assert scene.store.head() == head


def test_opting_out_before_anything_was_mined_is_kept(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "repo")
    scene.say("/lore opt-out")
    assert scene.answer.startswith("Done. What you wrote") and "which is due" not in scene.answer
    assert state.read_suppressions(scene.store).people == (suppression_token("maria", KEY),)


def test_opting_in_again(scene: Scene) -> None:
    scene.say("/lore opt-in")
    assert scene.answer == "You are not opted out. Nothing was changed."
    scene.say("/lore opt-out")
    scene.say("/lore opt-in")
    assert scene.answer == "Done. What you write here may be learned from again; `/lore opt-out` ends that."
    assert state.read_suppressions(scene.store).people == ()


def test_nobody_can_opt_somebody_else_out(scene: Scene) -> None:
    """The account that wrote the comment is who is meant, whatever the text says."""
    head = scene.store.head()
    scene.say("/lore opt-out tomas", "maria")
    assert scene.answer.startswith("`/lore opt-out` does not take `tomas`. The form is `/lore opt-out`.")
    scene.say("/lore forget author tomas", "olga")
    assert scene.answer == (
        "People are not named to be forgotten, they say it themselves, not `author`. Did you mean `/lore opt-out`? "
        "Nothing was done; `/lore help` lists the commands."
    )
    assert scene.store.head() == head


def test_without_the_kept_key_the_answer_says_what_to_set(scene: Scene) -> None:
    head = scene.store.head()
    scene.key_error = ConfigError("the key is not here. A maintainer has to set REVIEWLORE_PSEUDONYM_KEY.")
    for body in ("/lore opt-out", "/lore opt-in"):
        result = scene.say(body)
        assert (result.conclusion, result.skip_reason, result.exit_code) == ("failure", "command_failed", 2)
        assert scene.answer.endswith("the key is not here. A maintainer has to set REVIEWLORE_PSEUDONYM_KEY.")
    assert scene.marks == ["eyes", "confused"] * 2
    assert scene.store.head() == head


def test_a_fault_is_answered_without_details(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageError(f"no space for {MARIA}")

    monkeypatch.setattr(GitStore, "_save", full)
    assert scene.say("/lore opt-out").exit_code == 3
    assert scene.answer == "`/lore opt-out` could not be carried out: something went wrong that is not your doing."


def test_what_an_opted_out_person_dismisses_is_not_kept(scene: Scene) -> None:
    scene.forge.add_thread("Remark.\n\n<!-- reviewlore:finding=3fa9c1d2e4 -->", scene.forge.login)
    scene.say("/lore opt-out", "tomas")
    head = scene.store.head()
    assert scene.say("/lore dismiss wrong 3fa9c1d2e4", "tomas").skip_reason == "command_refused"
    assert scene.answer.startswith("`/lore dismiss` could not be carried out: you opted out, so nothing that you say")
    assert scene.store.head() == head
    scene.say("/lore opt-in", "tomas")
    assert scene.say("/lore dismiss wrong 3fa9c1d2e4", "tomas").conclusion == "success"


@pytest.mark.parametrize("author", ["tomas", "maria"])
@pytest.mark.parametrize("text", ["/lore forget pr", "/lore forget comment 12"])
def test_only_maintainers_forget_what_is_not_theirs(scene: Scene, author: str, text: str) -> None:
    head = scene.store.head()
    result = scene.say(text, author)
    assert result.skip_reason == ("role_too_low" if author == "tomas" else "no_permission")
    assert scene.store.head() == head


@pytest.mark.parametrize("name", ["", " 1", " #1", f" {HARBOR}#1", f" https://github.example/{HARBOR}/pull/1"])
def test_a_maintainer_forgets_a_pull_request_of_this_repository(scene: Scene, name: str) -> None:
    assert scene.say(f"/lore forget pr{name}", "olga").conclusion == "success"
    assert scene.answer.startswith("Done. This pull request is removed from the state branch, from its whole history")
    assert state.read_suppressions(scene.store).pull_requests == (f"{HARBOR}#1",)
    assert f"{PIER}#1/11" in {episode.id for episode in state.read_episodes(scene.store)}


def test_a_pull_request_that_was_never_mined_is_listed(scene: Scene) -> None:
    scene.say("/lore forget pr 77", "olga")
    assert scene.answer == "Nothing of this pull request is stored. It is listed, so that it is not learned from."
    assert state.read_suppressions(scene.store).pull_requests == (f"{HARBOR}#77",)


def test_a_comment_is_forgotten_in_its_thread_by_id_or_address(scene: Scene) -> None:
    scene.say("/lore forget comment", "olga", kind="review", thread=12)
    scene.say("/lore forget comment 11", "olga")
    scene.say(f"/lore forget comment https://github.example/{HARBOR}/pull/3#discussion_r31", "olga")
    left = {episode.id for episode in state.read_episodes(scene.store)}
    assert not {f"{HARBOR}#1/12", f"{HARBOR}#1/11", f"{HARBOR}#3/31"} & left
    assert f"{PIER}#1/11" in left
    assert state.read_suppressions(scene.store).comments == (f"{HARBOR}#1/11", f"{HARBOR}#1/12", f"{HARBOR}#3/31")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"/lore forget pr {PIER}#1", "`acme/pier#1` is not of this repository"),
        (f"/lore forget comment {PIER}#1/11", "`acme/pier#1` is not of this repository"),
        ("/lore forget comment", "it does not say which comment. Write it in the thread"),
        ("/lore forget pr x", "'x' names no pull request. Write OWNER/NAME#NUMBER"),
        ("/lore forget pr 0", "'0' names no pull request"),
    ],
)
def test_what_is_not_of_this_repository_is_refused(scene: Scene, text: str, said: str) -> None:
    head = scene.store.head()
    assert scene.say(text, "olga").exit_code in (0, 2)
    assert said in scene.answer
    assert scene.marks[-1] == "confused"
    assert scene.store.head() == head


def test_another_repository_s_comment_of_that_id_is_left(scene: Scene) -> None:
    scene.say("/lore forget pr 1", "olga")
    scene.say("/lore forget comment 11", "olga")
    assert scene.answer == "Nothing of this comment is stored. It is listed, so that it is not learned from."
    assert f"{PIER}#1/11" in {episode.id for episode in state.read_episodes(scene.store)}


def test_a_branch_that_may_not_be_pushed_over_is_answered(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def ruled(*_: object, **__: object) -> None:
        raise RefusedError("a rule forbids to push over the branch.")

    monkeypatch.setattr(GitStore, "rewrite", ruled)
    assert scene.say("/lore opt-out").skip_reason == "command_refused"
    assert scene.answer == "`/lore opt-out` could not be carried out: a rule forbids to push over the branch."


def test_no_answer_names_anybody(scene: Scene) -> None:
    scene.say("/lore opt-out", "xaver")
    scene.say("/lore opt-in", "xaver")
    for login, name in (("xaver", XAVER), ("maria", MARIA)):
        assert not any(login in body or name in body for body in scene.forge.bodies())
    assert replace(make_signal(XAVER, 1, ""), text="x").author == XAVER
