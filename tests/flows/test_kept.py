"""What git says of a commit is read once: afterwards it comes from the shelf, equal, and damage costs time only."""

import sqlite3

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.shelf import SqliteShelf
from reviewlore.architecture.incidents import find_reverts
from reviewlore.config import ArchitectureSettings, ContractSettings
from reviewlore.flows.kept import read_conventions, read_history, read_mainline, read_patches, read_rules
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.survey import survey

RULE = ContractSettings(kind="forbidden", sources=("app.a",), targets=("app.b",), ignore=("app.a -> app.c",))
SETTINGS = ArchitectureSettings(layers=("app.a | app.b", "app.c"), contracts=(RULE,))


@pytest.fixture
def home(tmp_path):
    folder = make_repository(tmp_path / "home")
    source = "".join(f"def name_{number}(value):\n    return value\n\n\n" for number in range(24))
    commit(folder, {"app/a.py": source, "pyproject.toml": '[project]\nname = "x"\ndependencies = ["requests>=2"]\n'})
    commit(folder, {"app/a.py": source + "X = 1\n", "b.md": "é \u2028 x"}, "Fix: the second\n\nWith a body.")
    commit(folder, {"app/a.py": source + "X = 2\n"}, 'Revert "Fix: the second"')
    return folder


def readings(repo, shelf, base):
    grammar = Grammars(1)
    tree = Mapper(repo, grammar, shelf=shelf).map(base).map
    return (
        read_history(repo, shelf, base, 10),
        read_mainline(repo, shelf, base, 10),
        read_patches(repo, shelf, base, 10, ["app/a.py"]),
        read_conventions(tree, base, grammar, shelf),
        read_rules(repo, tree, base, SETTINGS, (grammar, shelf)),
        tree.manifests,
    )


def test_the_second_reading_equals_the_first_and_asks_git_for_no_log(home, monkeypatch):
    repo = GitRepo(home)
    base = repo.resolve("HEAD")
    plain = readings(repo, None, base)
    assert readings(repo, SqliteShelf(repo.git_dir), base) == plain
    assert all(plain)
    assert len(plain[0]) == len(plain[1]) == len(plain[2]) == 3

    def refuse(*_, **__):
        raise AssertionError("it was read again")

    for name in ("history", "mainline", "patches"):
        monkeypatch.setattr(GitRepo, name, refuse)
    assert readings(repo, SqliteShelf(repo.git_dir), base) == plain


@pytest.mark.parametrize("spoil", ["substr(value, 1, length(value) - 1)", "x'00'", "x''", "zeroblob(40)"])
def test_what_is_damaged_on_the_shelf_is_read_again(home, spoil):
    repo = GitRepo(home)
    base = repo.resolve("HEAD")
    plain = readings(repo, SqliteShelf(repo.git_dir), base)
    shelf = SqliteShelf(repo.git_dir)
    shelf.get("any", ["thing"])
    with sqlite3.connect(shelf.path) as database:
        assert database.execute(f"UPDATE kept SET value = {spoil}").rowcount >= 5
    assert readings(repo, shelf, base) == plain


def test_a_shallow_clone_keeps_no_history(home, tmp_path):
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{home}", str(tmp_path / "shallow"))
    repo = GitRepo(tmp_path / "shallow")
    base, shelf = repo.resolve("HEAD"), SqliteShelf(repo.git_dir)
    assert len(read_history(repo, shelf, base, 10)) == len(read_mainline(repo, shelf, base, 10)) == 1
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    assert len(read_history(repo, shelf, base, 10)) == len(read_mainline(repo, shelf, base, 10)) == 3


def test_paths_that_are_no_text_are_read_all_the_same(home):
    commit(home, {"\udcff/requirements.txt": "urllib3\n", "\udcff/a.py": "X = 1\n"})
    repo = GitRepo(home)
    base = repo.resolve("HEAD")
    plain = readings(repo, None, base)
    assert "\udcff/requirements.txt" in {manifest.path for manifest in plain[-1]}
    for _ in range(2):
        assert readings(repo, SqliteShelf(repo.git_dir), base) == plain


def test_a_survey_with_a_shelf_says_what_one_without_says(home):
    repo, grammar = GitRepo(home), Grammars(1)
    head = commit(home, {"app/a.py": "import os\n\n\ndef badName(x):\n    return os.path.join(x)\n"})
    base = repo.resolve("HEAD~1")
    plain = survey(repo, grammar, base, head)
    for _ in range(2):
        mapper = Mapper(repo, grammar, shelf=SqliteShelf(repo.git_dir))
        assert survey(repo, grammar, base, head, mapper=mapper) == plain


def test_rules_are_kept_for_the_settings_they_were_read_under(home):
    repo, grammar = GitRepo(home), Grammars(1)
    base, shelf = repo.resolve("HEAD"), SqliteShelf(GitRepo(home).git_dir)
    tree = Mapper(repo, grammar).map(base).map
    known = (grammar, shelf)
    for settings, declared in ((SETTINGS, {"layers", "forbidden"}), (ArchitectureSettings(), set())) * 2:
        contracts, notes = read_rules(repo, tree, base, settings, known)
        assert {contract.kind for contract in contracts if not contract.inferred} == declared
        assert bool(notes) == bool(declared)  # names that no module has


def test_reverts_of_some_commits_are_those_among_all(home):
    landed = GitRepo(home).mainline(git(home, "rev-parse", "HEAD"), 10)
    revert, fixed = landed[0].commit, landed[1].commit
    assert [(found.commit, found.reverted) for found in find_reverts(landed)] == [(revert, fixed)]
    assert find_reverts(landed, {revert, fixed}) == find_reverts(landed)
    assert find_reverts(landed, {fixed}) == ()
