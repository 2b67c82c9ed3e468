"""`reviewlore init` in real repositories: what it writes, keeps, renews and refuses."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.command_line import told
from tests.repositories import commit, git, make_repository

from reviewlore.config import FILE, Settings, TrainSettings, parse_settings

ACTION = "octo/reviewlore@" + "a1" * 20
NEWER = "octo/reviewlore@" + "b2" * 20
WORKFLOWS = ".github/workflows"


def files_of(repo: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((repo / WORKFLOWS).glob("*"))}


def without_commit(text: str) -> str:
    return text.replace(ACTION, "").replace(NEWER, "").partition("\n")[2]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop")


def test_it_writes_the_workflows_and_settings_that_are_the_defaults(repo: Path, capsys) -> None:
    code, out, err = told(capsys, "init", ACTION, "--repo", str(repo))
    assert (code, err) == (0, "")
    assert list(files_of(repo)) == [f"reviewlore-{kind}.yml" for kind in ("commands", "learn", "review", "thread")]
    assert parse_settings((repo / FILE).read_text()) == Settings()
    assert out.startswith("Wrote .github/workflows/reviewlore-review.yml\n")
    assert f"Wrote {FILE}\n" in out
    for part in ("REVIEWLORE_PSEUDONYM_KEY", "reviewlore/state", "self-hosted, gpu", "Commit these files to main"):
        assert part in out
    used = set(re.findall(r"uses: (\S+)", "".join(files_of(repo).values())))
    assert ACTION in used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", each) for each in used)


def test_every_default_stands_in_the_settings_as_a_comment(repo: Path, capsys) -> None:
    """Taking all the signs away changes nothing: the comments are true."""
    told(capsys, "init", ACTION, "--repo", str(repo))
    body = (repo / FILE).read_text().partition("\n[review]\n")
    bare = "[review]\n" + re.sub(r"^# ", "", body[2], flags=re.MULTILINE)
    assert parse_settings(bare) == Settings()
    known = {
        (section, key.replace("_", "-"))
        for section in ("review", "model", "architecture", "learn", "train", "state")
        for key in getattr(Settings(), section).__dataclass_fields__
    } - {("architecture", "contracts"), ("learn", "minimum")}
    sections = re.split(r"^\[(\w+)\]", bare, flags=re.MULTILINE)[1:]
    written = {
        (name, key)
        for name, text in zip(sections[::2], sections[1::2], strict=True)
        for key in re.findall(r"^([a-z-]+) = ", text, re.MULTILINE)
    }
    assert written == known


def test_a_second_run_changes_nothing(repo: Path, capsys) -> None:
    told(capsys, "init", ACTION, "--repo", str(repo), "--split", "forks")
    commit(repo, {})
    code, out, _ = told(capsys, "init", ACTION, "--repo", str(repo))
    assert code == 0
    assert git(repo, "status", "--porcelain") == ""
    assert out.count("Is as it should be:") == 5, "what is not said is as it was the last time"
    assert f"Kept {FILE}" in out


def test_a_newer_action_renews_what_nobody_changed_and_drops_what_is_not_asked_for(repo: Path, capsys) -> None:
    told(capsys, "init", ACTION, "--repo", str(repo), "--split", "all")
    before = files_of(repo)
    code, out, _ = told(capsys, "init", NEWER, "--repo", str(repo))
    assert code == 0
    assert out.count("Renewed ") == 5
    after = files_of(repo)
    assert before.keys() == after.keys()
    assert [without_commit(text) for text in before.values()] == [without_commit(text) for text in after.values()]
    code, out, _ = told(capsys, "init", NEWER, "--repo", str(repo), "--split", "none")
    assert "Removed .github/workflows/reviewlore-post.yml" in out
    assert not (repo / WORKFLOWS / "reviewlore-post.yml").exists()


def test_what_somebody_changed_is_shown_and_not_touched(repo: Path, capsys) -> None:
    told(capsys, "init", ACTION, "--repo", str(repo))
    path = repo / WORKFLOWS / "reviewlore-review.yml"
    mine = path.read_text().replace("timeout-minutes: 15", "timeout-minutes: 5")
    path.write_text(mine)
    before = files_of(repo)
    code, out, err = told(capsys, "init", NEWER, "--repo", str(repo))
    assert code == 2
    assert "-    timeout-minutes: 5\n+    timeout-minutes: 15\n" in out
    assert "Error: Nothing was written: .github/workflows/reviewlore-review.yml was not written by" in err
    assert files_of(repo) == before, "nothing at all is written where one file is in the way"
    code, out, _ = told(capsys, "init", NEWER, "--repo", str(repo), "--force")
    assert code == 0
    assert "timeout-minutes: 5\n" not in path.read_text()


def test_a_dry_run_writes_nothing_and_says_what_it_would(repo: Path, capsys) -> None:
    code, out, _ = told(capsys, "init", ACTION, "--repo", str(repo), "--dry-run")
    assert code == 0
    assert f"Would write {FILE}\n" in out
    assert not (repo / ".github").exists()
    assert not (repo / FILE).exists()


def test_lines_that_end_as_windows_ends_them_are_no_change(repo: Path, capsys) -> None:
    told(capsys, "init", ACTION, "--repo", str(repo))
    for path in (repo / WORKFLOWS).iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    code, out, _ = told(capsys, "init", ACTION, "--repo", str(repo))
    assert code == 0
    assert out.count("Is as it should be:") == 4


def test_the_runner_and_what_is_trained_come_from_the_settings(repo: Path, capsys) -> None:
    settings = '[train]\ntier = "adapter"\nrecipe = "dpo_lora_small"\nrunner = ["big-gpu"]\n'
    (repo / FILE).write_text(settings)
    told(capsys, "init", ACTION, "--repo", str(repo))
    assert (repo / FILE).read_text() == settings
    job = yaml.safe_load(files_of(repo)["reviewlore-learn.yml"])["jobs"]["train"]
    expression = "fromJSON((inputs.tier || 'adapter') == 'adapter' && '[\"big-gpu\"]' || '[\"ubuntu-24.04\"]')"
    assert job["runs-on"] == f"${{{{ {expression} }}}}"
    given = job["steps"][-1]["with"]
    assert given["tier"] == "${{ inputs.tier || 'adapter' }}"
    same = "(inputs.tier || 'adapter') == 'adapter' && 'dpo_lora_small'"
    assert given["recipe"] == f"${{{{ inputs.recipe || {same} || '' }}}}"


def test_labels_that_are_named_are_written_into_new_settings_and_compared_with_old_ones(repo: Path, capsys) -> None:
    named = ("--runner", "self-hosted", "--runner", "h200")
    code, _, _ = told(capsys, "init", ACTION, "--repo", str(repo), *named)
    assert code == 0
    assert parse_settings((repo / FILE).read_text()).train == TrainSettings(runner=("self-hosted", "h200"))
    assert json.dumps(["self-hosted", "h200"]) in files_of(repo)["reviewlore-learn.yml"]
    code, _, err = told(capsys, "init", ACTION, "--repo", str(repo), "--runner", "other")
    assert code == 2
    assert "names the runner self-hosted, h200, not other. Change `runner` under [train] there" in err


def test_the_app_leaves_learning_and_training_to_a_workflow(repo: Path, capsys) -> None:
    code, out, _ = told(capsys, "init", ACTION, "--repo", str(repo), "--app")
    assert code == 0
    assert list(files_of(repo)) == ["reviewlore-learn.yml"]
    assert "Install the GitHub App" in out


def test_the_default_branch_is_the_one_that_was_cloned(tmp_path: Path, capsys) -> None:
    source = make_repository(tmp_path / "source")
    git(source, "checkout", "-q", "-b", "trunk")
    commit(source, {"a": "1"})
    clone = tmp_path / "clone"
    git(source, "clone", "-q", str(source), str(clone))
    git(clone, "checkout", "-q", "-b", "work")
    told(capsys, "init", ACTION, "--repo", str(clone))
    assert yaml.safe_load(files_of(clone)["reviewlore-learn.yml"])[True]["push"] == {"branches": ["trunk"]}
    told(capsys, "init", ACTION, "--repo", str(clone), "--branch", "release/2")
    assert yaml.safe_load(files_of(clone)["reviewlore-learn.yml"])[True]["push"] == {"branches": ["release/2"]}


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("octo/reviewlore@v1", "`git ls-remote https://github.com/octo/reviewlore v1 'v1^{}'` prints the commit"),
        ("octo/reviewlore@0123abc", "this one 7. `git rev-parse 0123abc` in a clone of octo/reviewlore prints"),
        ("octo/reviewlore", "`git ls-remote https://github.com/octo/reviewlore HEAD` prints the commit"),
        ("octo/reviewlore@main", "A tag or a branch can be moved"),
        ("octo/../x@" + "a" * 40, "is no address of an action; write OWNER/NAME@COMMIT"),
        ("./", "which has no action.yml"),
        ("${{ github.event.x }}", "is no address of an action"),
        (f"{ACTION}\n- run: x", "is no address of an action"),
    ],
)
def test_an_action_that_is_not_pinned_is_refused_with_the_reason(action: str, said: str, repo: Path, capsys) -> None:
    code, _, err = told(capsys, "init", action, "--repo", str(repo))
    assert code == 2
    assert said in err
    assert not (repo / ".github").exists()


def test_a_commit_in_capitals_is_the_same_commit(repo: Path, capsys) -> None:
    name, _, commit = ACTION.partition("@")
    assert told(capsys, "init", f"{name}@{commit.upper()}", "--repo", str(repo))[0] == 0
    assert f"uses: {ACTION}\n" in files_of(repo)["reviewlore-review.yml"]


@pytest.mark.parametrize("label", ["", "a b", "x'] || true", '"', "${{ secrets.X }}", "a\nb"])
def test_a_label_can_be_nothing_but_a_label(label: str, repo: Path, capsys) -> None:
    code, _, err = told(capsys, "init", ACTION, "--repo", str(repo), "--runner", label)
    assert code == 2
    assert "train.runner must hold labels of a runner" in err
    assert not (repo / ".github").exists()


def test_a_branch_that_no_workflow_can_name_is_refused(repo: Path, capsys) -> None:
    code, _, err = told(capsys, "init", ACTION, "--repo", str(repo), "--branch", "a'b")
    assert code == 2
    assert "cannot be named in a workflow" in err


def test_a_branch_is_named_and_not_read_as_a_pattern(repo: Path, capsys) -> None:
    """`+` is a quantifier there: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions"""
    told(capsys, "init", ACTION, "--repo", str(repo), "--branch", "c++")
    assert yaml.safe_load(files_of(repo)["reviewlore-learn.yml"])[True]["push"] == {"branches": ["c\\+\\+"]}


def test_an_action_of_the_checkout_is_refused_where_other_repositories_are_checked_out(repo: Path, capsys) -> None:
    """`./` would be whatever another repository has there, run with a token that writes and the key of pseudonyms."""
    commit(repo, {"action.yml": "name: x"})
    code, _, err = told(capsys, "init", "./", "--repo", str(repo), "--org")
    assert code == 2
    assert "`./` would be the action of each repository that is learned from. Write OWNER/NAME@COMMIT." in err
    assert not (repo / ".github").exists()


def test_settings_that_cannot_be_used_are_told_and_nothing_is_written(repo: Path, capsys) -> None:
    (repo / FILE).write_text("[reviews]\n")
    code, _, err = told(capsys, "init", ACTION, "--repo", str(repo))
    assert code == 2
    assert "unknown key reviews" in err
    assert not (repo / ".github").exists()


def test_it_needs_a_work_tree(tmp_path: Path, capsys) -> None:
    code, _, err = told(capsys, "init", ACTION, "--repo", str(tmp_path))
    assert (code, "is not a git repository" in err) == (2, True)
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare")], check=True)
    code, _, err = told(capsys, "init", ACTION, "--repo", str(tmp_path / "bare"))
    assert (code, "is a bare repository" in err) == (2, True)


def test_a_link_leads_nowhere(repo: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "elsewhere").mkdir()
    (repo / ".github").symlink_to(tmp_path / "elsewhere")
    code, _, err = told(capsys, "init", ACTION, "--repo", str(repo))
    assert code == 2
    assert "leads out of the repository by a link" in err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_fault_with_the_path(repo: Path, capsys) -> None:
    (repo / ".github").write_text("a file where a folder should be")
    code, _, err = told(capsys, "init", ACTION, "--repo", str(repo))
    assert code == 3
    assert ".github/workflows/reviewlore-review.yml cannot be" in err
    assert "Traceback" not in err
