"""`reviewlore uninstall` in real repositories: files, the state branch here and on a server, and its archive."""

from pathlib import Path

import pytest
from tests.command_line import told
from tests.lineage import mined, rows
from tests.repositories import commit, git, make_repository, mirror

from reviewlore.config import FILE

ACTION = "octo/reviewlore@" + "a1" * 20
REF = "refs/heads/reviewlore/state"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_repository(tmp_path / "shop")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mined(tmp_path_factory.mktemp("learned") / "repo", rows(3))


def head_of(folder: Path) -> str:
    return git(folder, "for-each-ref", "--format=%(objectname)", REF)


def test_what_init_wrote_is_removed_and_what_somebody_changed_or_wrote_stays(repo: Path, capsys) -> None:
    told(capsys, "init", ACTION, "--repo", str(repo), "--split", "forks")
    own = repo / ".github/workflows/ci.yml"
    own.write_text("name: ci\n")
    learn = repo / ".github/workflows/reviewlore-learn.yml"
    learn.write_text(learn.read_text() + "# mine\n")
    code, out, _ = told(capsys, "uninstall", "--repo", str(repo))
    assert code == 0
    assert sorted(path.name for path in own.parent.iterdir()) == ["ci.yml", "reviewlore-learn.yml"]
    assert not (repo / FILE).exists()
    assert "Left alone, since somebody changed it: .github/workflows/reviewlore-learn.yml\n" in out
    assert "Removed .github/workflows/reviewlore-post.yml\n" in out
    assert "the environment `reviewlore` with its secrets" in out


def test_settings_that_somebody_wrote_stay(repo: Path, capsys) -> None:
    (repo / FILE).write_text("[review]\nmax-comments = 3\n")
    told(capsys, "init", ACTION, "--repo", str(repo))
    told(capsys, "uninstall", "--repo", str(repo))
    assert (repo / FILE).read_text() == "[review]\nmax-comments = 3\n"


def test_a_dry_run_removes_nothing(learned: Path, repo: Path, capsys) -> None:
    told(capsys, "init", ACTION, "--repo", str(repo))
    git(repo, "fetch", "-q", str(learned), f"{REF}:{REF}")
    before = sorted(path.name for path in (repo / ".github/workflows").iterdir())
    code, out, _ = told(capsys, "uninstall", "--repo", str(repo), "--state", "--dry-run")
    assert code == 0
    assert "Would write reviewlore-state.bundle" in out
    assert "Would remove reviewlore/state of this clone.\n" in out
    assert sorted(path.name for path in (repo / ".github/workflows").iterdir()) == before
    assert head_of(repo) == head_of(learned)
    assert not Path("reviewlore-state.bundle").exists()


def test_the_state_branch_goes_after_it_was_archived_and_can_be_brought_back(learned: Path, repo: Path, capsys) -> None:
    git(repo, "fetch", "-q", str(learned), f"{REF}:{REF}")
    code, out, _ = told(capsys, "uninstall", "--repo", str(repo), "--state", "--archive", "kept.bundle")
    assert code == 0
    assert head_of(repo) == ""
    command = "git fetch kept.bundle reviewlore/state:reviewlore/state"
    assert f"Wrote kept.bundle: `{command}` brings it back." in out
    git(repo, "fetch", "-q", str(Path("kept.bundle").absolute()), "reviewlore/state:reviewlore/state")
    assert head_of(repo) == head_of(learned)


def test_an_archive_is_never_overwritten_and_without_one_nothing_is_removed(learned: Path, repo: Path, capsys) -> None:
    git(repo, "fetch", "-q", str(learned), f"{REF}:{REF}")
    Path("reviewlore-state.bundle").write_text("somebody's")
    code, _, err = told(capsys, "uninstall", "--repo", str(repo), "--state")
    assert (code, "is there already and is not overwritten" in err) == (2, True)
    code, _, err = told(capsys, "uninstall", "--repo", str(repo), "--state", "--archive", "no/such/folder.bundle")
    assert (code, "could not be written, so nothing was removed" in err) == (3, True)
    assert head_of(repo) == head_of(learned)
    assert Path("reviewlore-state.bundle").read_text() == "somebody's"
    code, _, _ = told(capsys, "uninstall", "--repo", str(repo), "--state", "--no-archive")
    assert (code, head_of(repo)) == (0, "")


def test_a_branch_that_holds_something_else_is_not_removed(repo: Path, capsys) -> None:
    head = commit(repo, {FILE: '[state]\nbranch = "release"\n'})
    git(repo, "branch", "release")
    code, _, err = told(capsys, "uninstall", "--repo", str(repo), "--state")
    assert (code, "holds something else than reviewlore's state" in err) == (2, True)
    assert git(repo, "rev-parse", "release") == head


@pytest.fixture
def server(learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_SERVER_URL", f"file://{tmp_path}/server")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_x")
    (tmp_path / "server/octo").mkdir(parents=True)
    return mirror(learned, tmp_path / "server/octo/shop.git")


def test_the_branch_on_the_forge_goes_too_where_that_is_asked_for(server: Path, repo: Path, capsys) -> None:
    head = head_of(server)
    code, out, err = told(capsys, "uninstall", "--repo", str(repo), "--state", "--github", "octo/shop")
    assert (code, err) == (0, "")
    assert head_of(server) == ""
    assert "Removed reviewlore/state on GitHub.\n" in out
    assert "GitHub may keep commits that no branch leads to" in out
    assert git(repo, "bundle", "list-heads", str(Path("reviewlore-state.bundle").absolute())) == f"{head} {REF}"
    code, out, _ = told(capsys, "uninstall", "--repo", str(repo), "--state", "--github", "octo/shop")
    assert (code, "Nothing of reviewlore was found here." in out) == (0, True)


def test_a_forge_that_protects_the_branch_keeps_it_and_the_clone_keeps_its_own(
    server: Path, learned: Path, repo: Path, capsys
) -> None:
    git(server, "config", "receive.denyDeletes", "true")
    git(repo, "fetch", "-q", str(learned), f"{REF}:{REF}")
    told(capsys, "init", ACTION, "--repo", str(repo))
    code, _, err = told(capsys, "uninstall", "--repo", str(repo), "--state", "--github", "octo/shop")
    assert code == 2
    assert "reviewlore/state was not removed from octo/shop" in err
    assert head_of(server) == head_of(repo) == head_of(learned)
    assert (repo / FILE).exists()


def test_two_branches_that_differ_are_both_kept(server: Path, learned: Path, repo: Path, capsys) -> None:
    git(repo, "fetch", "-q", str(learned), f"{REF}:{REF}")
    tip = git(repo, "commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "later")
    git(repo, "update-ref", REF, tip)
    code, out, _ = told(capsys, "uninstall", "--repo", str(repo), "--state", "--github", "octo/shop")
    assert code == 0
    assert "Wrote reviewlore-state-clone.bundle" in out
    listed = git(repo, "bundle", "list-heads", str(Path("reviewlore-state-clone.bundle").absolute()))
    assert listed == f"{tip} {REF}"


def test_github_goes_with_state_only(repo: Path, capsys) -> None:
    code, _, err = told(capsys, "uninstall", "--repo", str(repo), "--github", "octo/shop")
    assert (code, "--github goes with --state" in err) == (2, True)
