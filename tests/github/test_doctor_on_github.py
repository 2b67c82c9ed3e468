"""`reviewlore doctor --github` against the contract-checked fake: what is there, what lacks, what cannot be seen."""

from pathlib import Path

import pytest
from tests.command_line import told
from tests.github.fake import FakeGitHub
from tests.repositories import make_repository

from reviewlore.config import FILE

ACTION = "octo/reviewlore@" + "a1" * 20
STATE = "reviewlore/state"


@pytest.fixture
def shop(fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Path:
    """`octo/shop` with all that `init` asks for, and a clone in which it was run."""
    clone = make_repository(tmp_path / "clone")
    told(capsys, "init", ACTION, "--repo", str(clone), "--split", "forks", "--runner", "h200")
    repo = fake.add_repo("octo/shop", tmp_path / "shop.git")
    push(fake, clone)
    repo.setup.environments = {"reviewlore": ["REVIEWLORE_PSEUDONYM_KEY"]}
    repo.setup.rules = {STATE: ["deletion", "update"]}
    repo.setup.runners = [(["self-hosted", "linux"], "online"), (["self-hosted", "h200"], "online")]
    fake.set_role("octo/shop", "ada", "admin")
    monkeypatch.setenv("GITHUB_API_URL", fake.base)
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("ada"))
    return clone


def push(fake: FakeGitHub, clone: Path) -> None:
    files = {str(path.relative_to(clone)): path.read_text() for path in (clone / ".github").rglob("*.yml")}
    fake.commit("octo/shop", "main", files | {FILE: (clone / FILE).read_text()}, "Set up")


def look(capsys, clone: Path) -> tuple[int, dict[str, str]]:
    code, out, err = told(capsys, "doctor", "--repo", str(clone), "--github", "octo/shop")
    assert err == ""
    rows = [line.partition(" GitHub ") for line in out.splitlines() if " GitHub " in line[:20]]
    return code, {said.partition(":")[0]: f"{fine.strip()}: {said.partition(': ')[2]}" for fine, _, said in rows}


def test_all_in_place(shop: Path, capsys) -> None:
    code, said = look(capsys, shop)
    assert said == {
        "Actions": "ok: enabled",
        "workflows": "ok: 5 in place, as init writes them",
        "environment": "ok: reviewlore has the secret REVIEWLORE_PSEUDONYM_KEY",
        "ruleset": f"ok: {STATE} is protected (deletion, update)",
        "runner": "ok: 1 online with the labels h200",
    }
    assert code == 0


def test_each_thing_that_lacks_is_a_problem_with_what_to_do(shop: Path, fake: FakeGitHub, capsys) -> None:
    setup = fake.repos["octo/shop"].setup
    setup.actions, setup.environments, setup.rules = False, {}, {STATE: ["non_fast_forward"]}
    setup.runners = [(["h200"], "offline")]
    code, said = look(capsys, shop)
    assert code == 2
    assert said["Actions"].startswith("PROBLEM: they are disabled")
    assert said["environment"].startswith("PROBLEM: there is none called reviewlore.")
    assert said["ruleset"].startswith(f"PROBLEM: no rule protects {STATE} from deletion. Add one")
    assert said["runner"].startswith("ok: the one with the labels h200 is offline; only adapters need it")
    setup.environments, setup.rules = {"reviewlore": ["OTHER"]}, {}
    _, said = look(capsys, shop)
    assert "has no secret REVIEWLORE_PSEUDONYM_KEY" in said["environment"]
    assert "from deletion and being rewritten by anybody" in said["ruleset"]


def test_workflows_of_other_settings_or_changed_by_hand_are_told(shop: Path, fake: FakeGitHub, capsys) -> None:
    path = shop / ".github/workflows/reviewlore-review.yml"
    path.write_text(path.read_text() + "# mine\n")
    push(fake, shop)
    code, said = look(capsys, shop)
    assert (code, said["workflows"]) == (0, f"ok: 5 in place; changed by hand: {path.relative_to(shop)}")
    (shop / FILE).write_text('[train]\ntier = "adapter"\nrunner = ["b300"]\n')
    push(fake, shop)
    code, said = look(capsys, shop)
    assert code == 2
    assert said["workflows"] == (
        "PROBLEM: .github/workflows/reviewlore-learn.yml of another version or other settings. "
        f"`reviewlore init {ACTION}` brings them up to date."
    )
    assert said["runner"].startswith("PROBLEM: there is none with the labels b300, so no adapter is trained.")
    fake.commit("octo/shop", "main", {str(path.relative_to(shop)): None}, "Drop one")
    fake.commit("octo/shop", "main", {".github/workflows/reviewlore-learn.yml": "name: mine\n"}, "Replace one")
    _, said = look(capsys, shop)
    assert "reviewlore-review.yml, .github/workflows/reviewlore-learn.yml missing" in said["workflows"]


def test_a_repository_without_workflows_is_told_how_to_get_them(shop: Path, fake: FakeGitHub, capsys) -> None:
    names = [f".github/workflows/reviewlore-{kind}.yml" for kind in ("review", "commands", "thread", "learn", "post")]
    fake.commit("octo/shop", "main", dict.fromkeys(names), "Drop all")
    code, said = look(capsys, shop)
    assert (code, said["workflows"].startswith("PROBLEM: none of reviewlore's lies on main.")) == (2, True)


def test_what_a_token_may_not_see_is_said_and_is_no_problem(
    shop: Path, fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    fake.set_role("octo/shop", "rob", "read")
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("rob"))
    code, said = look(capsys, shop)
    assert code == 0
    for name in ("Actions", "environment", "runner"):
        assert said[name].startswith("ok: not known, since this token may not look: "), name
    assert said["ruleset"].startswith("ok: ")
    assert said["workflows"].startswith("ok: ")


def test_settings_there_that_cannot_be_used_are_told_beside_the_rest(shop: Path, fake: FakeGitHub, capsys) -> None:
    (shop / FILE).write_text("[reviews]\n")
    push(fake, shop)
    code, said = look(capsys, shop)
    assert code == 2
    assert "unknown key reviews (did you mean review?)" in said["settings"]
    assert said["Actions"] == "ok: enabled"


def test_nothing_is_ever_written(shop: Path, fake: FakeGitHub, capsys) -> None:
    look(capsys, shop)
    assert {each.method for each in fake.log} == {"GET"}


def test_a_repository_that_is_not_there_is_one_sentence(shop: Path, capsys) -> None:
    code, _, err = told(capsys, "doctor", "--repo", str(shop), "--github", "octo/nowhere")
    assert (code, err.count("\n"), "Traceback" in err) == (2, 1, False)
