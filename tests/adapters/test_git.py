"""Reading real repositories: odd names, odd files, odd states. Nothing of them runs."""

from pathlib import Path

import pytest
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


def test_no_repository_and_no_folder_are_one_sentence_each(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a git repository\. Run inside one, or name it with --repo PATH\."):
        GitRepo(tmp_path)
    with pytest.raises(InputError, match=r"does not exist\. Name an existing repository"):
        GitRepo(tmp_path / "nowhere")


def test_an_empty_repository_says_so(folder: Path) -> None:
    with pytest.raises(InputError, match="has no commits yet"):
        GitRepo(folder).resolve("HEAD")


def test_a_missing_revision_is_named(folder: Path) -> None:
    commit(folder, {"a": "1"})
    with pytest.raises(InputError, match="has no commit named 'feature'"):
        GitRepo(folder).resolve("feature")


@pytest.mark.parametrize(
    "name", ["--output=/tmp/reviewlore-written", "-x", "--all", "HEAD..main", "ext::sh -c id", "a\nb", ""]
)
def test_a_revision_is_never_an_option(folder: Path, name: str) -> None:
    commit(folder, {"a": "1"})
    with pytest.raises(InputError):
        GitRepo(folder).resolve(name)
    assert not Path("/tmp/reviewlore-written").exists()


def test_a_ref_in_full_is_no_branch_that_is_named_like_one(folder: Path) -> None:
    """Attack: where refs/remotes/origin/main is not there, git looks for refs/heads/refs/remotes/origin/main too."""
    first = commit(folder, {"a": "1"})
    second = commit(folder, {"a": "2"})
    git(folder, "update-ref", "refs/heads/refs/remotes/origin/main", first)
    assert git(folder, "rev-parse", "refs/remotes/origin/main") == first, "git takes it"
    with pytest.raises(InputError, match="no commit named 'refs/remotes/origin/main'"):
        GitRepo(folder).resolve("refs/remotes/origin/main")
    git(folder, "update-ref", "refs/remotes/origin/main", second)
    assert GitRepo(folder).resolve("refs/remotes/origin/main") == second
    assert GitRepo(folder).resolve("refs/remotes/origin/main~1") == first


def test_an_id_is_never_an_option(folder: Path) -> None:
    repo = GitRepo(folder)
    with pytest.raises(InputError, match="not a full object id"):
        repo.diff("--output=x", "HEAD")


def test_unrelated_histories_have_no_merge_base(folder: Path) -> None:
    first = commit(folder, {"a": "1"})
    git(folder, "checkout", "-q", "--orphan", "other")
    second = commit(folder, {"a": "2"})
    with pytest.raises(InputError, match="no common ancestor"):
        GitRepo(folder).merge_base(first, second)


def test_a_shallow_clone_says_how_to_mend_it(folder: Path, tmp_path: Path) -> None:
    for number in range(3):
        commit(folder, {"a": str(number)})
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{folder}", "shallow")
    repo = GitRepo(tmp_path / "shallow")
    assert repo.shallow
    with pytest.raises(InputError, match="git fetch --unshallow"):
        repo.resolve("HEAD~2")


def test_detached_heads_and_subfolders_work(folder: Path) -> None:
    first = commit(folder, {"sub/a": "1"})
    git(folder, "checkout", "-q", "--detach")
    assert GitRepo(folder / "sub").resolve("HEAD") == first


ODD = ["with space.py", "tab\tin.py", "new\nline.py", "-leading.py", "é.py", 'quote".py', "back\\slash.py"]


def test_odd_paths_survive_listing_reading_and_history(folder: Path) -> None:
    head = commit(folder, {name: f"x = {number}\n" for number, name in enumerate(ODD)})
    repo = GitRepo(folder)
    assert {file.path for file in repo.files(head)} == set(ODD)
    for number, name in enumerate(ODD):
        assert repo.read(head, name) == f"x = {number}\n".encode()
    assert set(repo.history(head, 10)[0].paths) == set(ODD)


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "../a.py", "./a.py", "/etc/passwd", "b/../a.py", "a.py/", "", "a\0b"]
)
def test_a_path_that_no_tree_holds_is_nothing_and_stops_nothing(folder: Path, path: str) -> None:
    head = commit(folder, {"a.py": "x = 1\n"})
    later = commit(folder, {"a.py": "x = 2\n"})
    repo = GitRepo(folder)
    assert list(repo.contents([(head, path), (head, "a.py")])) == [None, b"x = 1\n"]
    assert repo.read(head, path) is None
    assert list(repo.diffs([(head, later)], [path])) == [""]
    assert "+x = 2" in next(iter(repo.diffs([(head, later)], [path, "a.py"])))


def test_no_subject_or_path_can_be_taken_for_a_border_of_the_history(folder: Path) -> None:
    ids = [
        commit(folder, {"a\x1eb.py": "1", "\nfirst": "1"}, "one \x1e two"),
        commit(folder, {}, "nothing changed"),
        commit(folder, {"c": "1"}, "\x1f\x1e"),
    ]
    git(folder, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    changes = GitRepo(folder).history(git(folder, "rev-parse", "HEAD"), 10)
    assert [change.commit for change in changes[1:]] == ids[::-1]
    assert [change.paths for change in changes] == [(), ("c",), (), ("\nfirst", "a\x1eb.py")]
    assert [change.subject for change in changes] == ["", "\x1f\x1e", "nothing changed", "one \x1e two"]


def test_links_and_submodules_are_no_files(folder: Path) -> None:
    first = commit(folder, {"a": "1"})
    (folder / "link").symlink_to("/etc/passwd")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{first},sub")
    git(folder, "add", "link")
    git(folder, "commit", "-q", "-m", "odd")
    repo = GitRepo(folder)
    head = repo.resolve("HEAD")
    assert [file.path for file in repo.files(head)] == ["a"]
    assert repo.read(head, "link") is None
    assert repo.read(head, "sub") is None


def test_filters_and_drivers_of_the_repository_do_not_run(folder: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    first = commit(folder, {"a.txt": "1\n", ".gitattributes": "*.txt diff=evil filter=evil\n"})
    git(folder, "config", "diff.evil.command", f"touch {marker}")
    git(folder, "config", "diff.evil.textconv", f"touch {marker}; cat")
    git(folder, "config", "filter.evil.smudge", f"touch {marker}; cat")
    second = commit(folder, {"a.txt": "2\n"})
    repo = GitRepo(folder)
    assert "+2" in repo.diff(first, second)
    repo.history(second, 5)
    repo.read(second, "a.txt")
    assert not marker.exists()


def test_the_diff_is_the_same_whatever_the_user_configured(folder: Path) -> None:
    first = commit(folder, {"a": "1\n", "é": "1\n"})
    second = commit(folder, {"a": "2\n", "é": "2\n"})
    plain = GitRepo(folder).diff(first, second)
    for key, value in (
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("color.ui", "always"),
        ("diff.context", "9"),
        ("diff.interHunkContext", "9"),
        ("diff.suppressBlankEmpty", "true"),
        ("diff.orderFile", "/nowhere"),
        ("diff.relative", "true"),
    ):
        git(folder, "config", key, value)
    assert GitRepo(folder).diff(first, second) == plain
    assert '--- "a/\\303\\251"' in plain


@pytest.mark.parametrize("attributes", ["*.py binary\n", "* -diff\n", "*.py diff=evil\n"])
def test_attributes_in_the_work_tree_hide_nothing(folder: Path, attributes: str) -> None:
    first = commit(folder, {"a.py": "x = 1\n"})
    second = commit(folder, {"a.py": "x = 2\n", ".gitattributes": attributes})
    git(folder, "config", "diff.evil.binary", "true")
    assert "+x = 2" in GitRepo(folder).diff(first, second)


@pytest.mark.parametrize("kind", ["LITERAL", "GLOB", "NOGLOB", "ICASE"])
def test_pathspec_settings_of_the_environment_change_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    head = commit(folder, {"a": "1", "A*": "2"})
    monkeypatch.setenv(f"GIT_{kind}_PATHSPECS", "1")
    repo = GitRepo(folder)
    assert [repo.read(head, name) for name in ("a", "A*", "A")] == [b"1", b"2", None]


@pytest.mark.parametrize("subject", ["", " ", "\x01\x1e", "caf\udce9", "\u2028\x85\x0c"], ids=repr)
def test_odd_subjects_and_settings_cannot_break_the_history(folder: Path, subject: str) -> None:
    commit(folder, {"first": "1"})
    message = subject.encode("utf-8", "surrogateescape")
    (folder / "\x1e0").write_text("1")
    (folder / "\n\nx").write_text("1")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty-message", "-F", "-", stdin=message)
    head = commit(folder, {})
    git(folder, "config", "i18n.logOutputEncoding", "UTF-16")
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "log.showRoot", "false")
    history = GitRepo(folder).history(head, 9)
    assert [sorted(change.paths) for change in history] == [[], ["\n\nx", "\x1e0"], ["first"]]
    assert history[0].subject == "change"


@pytest.mark.parametrize(
    ("row", "at"),
    [("committer B <b@b>", 0), ("committer", 0), ("committer B <b@b> x +0000", 0), ("committer B b@b 1 +0000", 0)]
    + [(f"committer B <b@b> {'9' * digits} +0000", 253_402_300_799) for digits in (15, 25, 5000)],
)
def test_commits_without_a_date_are_read(folder: Path, row: str, at: int) -> None:
    tree = git(folder, "mktree", stdin=b"")
    raw = f"tree {tree}\nauthor A <a@a> 1 +0000\n{row}\n\nfirst\n".encode()
    made = git(folder, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)
    repo = GitRepo(folder)
    (change,), (landed,), (patch,) = repo.history(made, 9), repo.mainline(made, 9), repo.patches(made)
    assert (change.committed_at, landed.committed_at, patch.time) == (at, at, at)
    assert (change.subject, landed.subject, patch.subject) == ("first", "first", "first")


@pytest.mark.parametrize("content", [b"[core\nx", b"\xff\xfe\x00", b"x = 1\n"])
def test_damaged_git_settings_are_one_sentence(folder: Path, content: bytes) -> None:
    (folder / ".git" / "config").write_bytes(content)
    with pytest.raises(InputError, match=r"git settings of .* cannot be read: .* Correct its config"):
        GitRepo(folder)


def test_object_ids_of_another_kind_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "long").mkdir()
    git(tmp_path / "long", "init", "-q", "--object-format=sha256")
    with pytest.raises(InputError, match="has object ids of kind sha256; reviewlore reads only SHA-1"):
        GitRepo(tmp_path / "long")


def test_contains_tells_commits_from_other_things(folder: Path) -> None:
    head = commit(folder, {"a": "1"})
    repo = GitRepo(folder)
    assert repo.contains(head)
    assert not repo.contains("0" * 40)
    assert not repo.contains(repo.files(head)[0].blob)
    assert not repo.contains("HEAD")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/octo/demo.git", "octo/demo"),
        ("git@github.com:octo/demo", "octo/demo"),
        ("ssh://git@ghe.example.org/octo/de.mo.git", "octo/de.mo"),
        ("https://token@github.com/octo/demo/", "octo/demo"),
        ("/srv/git/octo/demo.git", "repo"),
        ("file:///srv/git/octo/demo.git", "repo"),
        ("../octo/demo", "repo"),
    ],
)
def test_the_name_comes_from_the_origin(folder: Path, url: str, name: str) -> None:
    assert GitRepo(folder).name == "repo"
    git(folder, "remote", "add", "origin", url)
    assert GitRepo(folder).name == name


def test_every_remote_that_looks_hosted_names_a_repository(folder: Path) -> None:
    assert GitRepo(folder).hosted == ()
    for name, url in {
        "origin": "git@github.com:alice/demo",
        "copy": "/srv/git/octo/demo.git",
        "upstream": "https://github.com/octo/demo.git",
    }.items():
        git(folder, "remote", "add", name, url)
    assert sorted(GitRepo(folder).hosted) == ["alice/demo", "octo/demo"]


def test_a_bare_git_folder_without_settings_is_read(folder: Path, tmp_path: Path) -> None:
    head = commit(folder, {"a": "1"})
    git(tmp_path, "clone", "-q", "--bare", str(folder), "mirror")
    for name in ("config", "description"):
        (tmp_path / "mirror" / name).unlink()
    repo = GitRepo(tmp_path / "mirror")
    assert repo.resolve("main") == head
    assert repo.read(head, "a") == b"1"


def test_the_environment_of_a_hook_does_not_lead_astray(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repository(tmp_path / "other")
    commit(other, {"b": "2"})
    head = commit(folder, {"a": "1"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    repo = GitRepo(folder)
    assert repo.resolve("HEAD") == head
    assert [file.path for file in repo.files(head)] == ["a"]


def test_a_damaged_repository_is_told_in_git_s_words(folder: Path) -> None:
    head = commit(folder, {"a": "1"})
    (folder / ".git" / "objects" / head[:2] / head[2:]).unlink()
    with pytest.raises(InputError):
        GitRepo(folder).resolve("HEAD")


def test_authors_are_told_apart_by_the_mailmap_of_the_commit_and_never_named(folder: Path) -> None:
    def by(address: str, files: dict[str, str]) -> str:
        git(folder, "config", "user.email", address)
        for name, text in files.items():
            (folder / name).write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "--allow-empty", f"--author=X <{address}>", "-m", "change")
        return git(folder, "rev-parse", "HEAD")

    by("Old@example.org", {"a": "1"})
    before = by("49+dependabot[bot]@users.noreply.github.com", {"a": "2"})
    by("new@example.org", {".mailmap": "Somebody <new@example.org> <old@example.org>\n"})
    head = by("else@example.org", {})
    (folder / "named").write_text("Somebody <else@example.org> <new@example.org>\n")
    git(folder, "config", "mailmap.file", str(folder / "named"))
    authors = [change.author for change in GitRepo(folder).history(head, 9)]
    assert authors[1] == authors[3] != authors[0]
    assert authors[2] == ""
    assert all(len(author) == 16 and "@" not in author for author in (authors[0], authors[1]))
    assert GitRepo(folder).history(before, 9)[1].author != authors[3]
    assert [landed.author for landed in GitRepo(folder).mainline(head, 9)] == authors


def test_the_mainline_tells_merges_as_one_change_with_their_message(folder: Path) -> None:
    first = commit(folder, {"a": "1\n"}, "first")
    git(folder, "checkout", "-q", "-b", "side")
    commit(folder, {"a": "2\n"}, "on the side")
    commit(folder, {"b": "1\n"}, "on the side again")
    git(folder, "checkout", "-q", "-")
    second = commit(folder, {"c": "1\n"}, "second\n\nwith a\n\nbody\n")
    git(folder, "merge", "-q", "--no-ff", "-m", "Merge pull request #7 from x/y\n\nTitle", "side")
    head = git(folder, "rev-parse", "HEAD")
    repo = GitRepo(folder)
    landed = repo.mainline(head, 9)
    assert [(entry.commit, entry.subject, entry.body) for entry in landed] == [
        (head, "Merge pull request #7 from x/y", "Title"),
        (second, "second", "with a\n\nbody"),
        (first, "first", ""),
    ]
    patches = list(repo.patches(head, mainline=True))
    assert [patch.commit for patch in patches] == [head, second, first]
    assert [file.path for file in patches[0].files] == ["a", "b"]
    assert [patch.commit for patch in repo.patches(head, 1, ["a"], mainline=True)] == [head]
    assert repo.mainline(head, 1) == landed[:1]


def test_whole_words_are_found_in_text_files_of_the_commit_and_nowhere_else(folder: Path) -> None:
    files = {"a.py": "def run(): ...\n\n\nrun()\nrunner()\n", "docs/n\u00e9 w.md": "`run`, run\n", "raw.bin": "\0run\n"}
    first = commit(folder, files)
    commit(folder, {"later.py": "run()\n"})
    (folder / "untracked.py").write_text("run()\n", encoding="utf-8")
    found = GitRepo(folder).mentions(first, {"run", "nowhere"})
    assert found is not None
    assert [(entry.word, entry.path, entry.line) for entry in found] == [
        ("run", "a.py", 1),
        ("run", "a.py", 4),
        ("run", "docs/n\u00e9 w.md", 1),
        ("run", "docs/n\u00e9 w.md", 1),
    ]


@pytest.mark.parametrize(
    "words",
    [set(), {"nowhere"}, {"--open-files-in-pager=touch x"}, {"a\0b", "", "a\nrun", "\ud800"}, {"x" * 300_000}],
)
def test_words_that_stand_nowhere_are_no_error_and_no_option(folder: Path, words: set[str]) -> None:
    tip = commit(folder, {"a.py": "run()\n"})
    assert GitRepo(folder).mentions(tip, words) == ()


def test_many_words_are_looked_for_at_once(folder: Path) -> None:
    tip = commit(folder, {"a.py": "run()\n", "b.md": "word7 word70 word7000\n"})
    found = GitRepo(folder).mentions(tip, {f"word{number}" for number in range(100)} | {"z" * 500})
    assert found is not None
    assert [(entry.word, entry.path) for entry in found] == [("word7", "b.md"), ("word70", "b.md")]


def test_words_that_stand_everywhere_are_not_listed(folder: Path) -> None:
    tip = commit(folder, {"a.txt": "run " * 1_200_000})
    assert GitRepo(folder).mentions(tip, {"run"}) is None


def test_what_is_not_as_the_commit_has_it_is_a_change(tmp_path: Path) -> None:
    home = make_repository(tmp_path)
    (home / "src").mkdir()
    (home / "src" / "kept.py").write_text("one\n")
    (home / ".gitignore").write_text("*.pyc\n")
    git(home, "add", "-A")
    git(home, "commit", "-qm", "Add")
    repo = GitRepo(home)
    (home / "src" / "kept.pyc").write_text("left by Python")
    (home / "notes.txt").write_text("elsewhere")
    assert not repo.changed(("src",))
    (home / "src" / "new.py").write_text("untracked")
    assert repo.changed(("src",))
    (home / "src" / "new.py").unlink()
    (home / "src" / "kept.py").write_text("two\n")
    assert repo.changed(("src", "prompts"))
