import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.architecture.trees import Tree

from reviewlore.architecture.codeowners import MAX_ALIKE, MAX_BYTES, PLACES, CodeOwners, parse_codeowners

NAMES = st.sampled_from(["a", "b", "ab", "docs", "x.py", "a b", "a*", "#"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
GLOBS = st.sampled_from(["a", "b", "*", "**", "a*", "*.py", "?", "docs", "a?", "*a*", "\\*", "x.*"])
PATTERNS = st.builds(
    lambda lead, globs, end: lead + "/".join(globs) + end,
    st.sampled_from(["", "/"]),
    st.lists(GLOBS, min_size=1, max_size=4),
    st.sampled_from(["", "/"]),
)


def rules(text: str) -> CodeOwners:
    found = parse_codeowners({"CODEOWNERS": text})
    assert found is not None
    return found


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("ignored") / "repo")


def ignored(tree: Tree, pattern: str, paths: list[str]) -> set[str]:
    """What git would ignore under this pattern: the oracle."""
    (tree.folder / ".git" / "info" / "exclude").write_text(f"{pattern}\n")
    asked = "".join(f"{path}\0" for path in paths)
    command = ["git", "check-ignore", "--no-index", "--stdin", "-z"]
    done = subprocess.run(command, cwd=tree.folder, input=asked, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return set(filter(None, done.stdout.split("\0")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=PATTERNS, paths=st.lists(PATHS, min_size=1, max_size=12, unique=True))
def test_patterns_match_what_git_would_ignore(repository: Tree, pattern: str, paths: list[str]) -> None:
    anchored = "/" in pattern.rstrip("/")
    if anchored and pattern.endswith("/*"):
        return  # here GitHub leaves gitignore's ways, see below
    owners = rules(f"{pattern} @one\n")
    assert {path for path in paths if owners.owners_of(path)} == ignored(repository, pattern, paths)


def test_the_examples_of_githubs_documentation() -> None:
    owners = rules(
        "*       @global-owner1 @global-owner2\n*.js    @js-owner #This is an inline comment.\n*.go docs@example.com\n"
        "*.txt @octo-org/octocats\n/build/logs/ @doctocat\ndocs/* docs@example.com\napps/ @octocat\n"
        "/scripts/ @doctocat @octocat\n**/logs @octocat\n/apps/github\n"
    )
    expected = {
        "README.md": ("@global-owner1", "@global-owner2"),
        "lib/deep/x.js": ("@js-owner",),
        "x.go": ("docs@example.com",),
        "x.txt": ("@octo-org/octocats",),
        "docs/getting-started.md": ("docs@example.com",),
        "docs/build-app/troubleshooting.md": ("@global-owner1", "@global-owner2"),
        "sub/apps/x.py": ("@octocat",),
        "scripts/x/y": ("@doctocat", "@octocat"),
        "build/logs/x": ("@octocat",),
        "deeply/nested/logs/x": ("@octocat",),
        "apps/github/x.py": (),
    }
    assert {path: owners.owners_of(path) for path in expected} == expected
    rule = owners.rule_of("apps/github/x.py")
    assert rule is not None
    assert (rule.pattern, rule.line) == ("/apps/github", 10)
    assert owners.skipped == ()


def test_the_first_place_wins_and_none_is_none() -> None:
    texts = {place: f"* @{number}" for number, place in enumerate(PLACES)}
    found = parse_codeowners(texts)
    assert found is not None
    assert (found.origin, found.owners_of("x")) == (".github/CODEOWNERS", ("@0",))
    found = parse_codeowners({place: texts[place] for place in PLACES[1:]})
    assert found is not None
    assert found.origin == "CODEOWNERS"
    assert parse_codeowners({"elsewhere/CODEOWNERS": "* @a"}) is None


def test_lines_github_would_not_take_are_skipped_and_told() -> None:
    owners = rules("* @a\n!x @b\n[ab] @b\n\\#x @b\nx @b nobody\n\n# x @b\n")
    assert owners.skipped == (2, 3, 4, 5)
    assert [rule.line for rule in owners.rules] == [1]
    assert owners.owners_of("x") == ("@a",)


def test_spaces_can_be_escaped_and_the_last_line_counts() -> None:
    owners = rules("/a\\ b/ @one\r\n/a\\ b/c @two")
    assert owners.owners_of("a b/x") == ("@one",)
    assert owners.owners_of("a b/c") == ("@two",)
    assert owners.owners_of("a") == ()


def test_no_file_and_no_pattern_takes_long() -> None:
    owners = rules("*a" * 2000 + "b @x\n" + "**/" * 2000 + "z @y\n")
    assert owners.owners_of("a" * 4000) == ()
    assert owners.owners_of("a/" * 2000 + "y") == ()
    assert rules("# x\n" * (MAX_BYTES // 4 + 1)).skipped == (1,)


@given(st.text(max_size=200), PATHS)
def test_any_text_is_read(text: str, path: str) -> None:
    owners = rules(text)
    assert set(owners.owners_of(path)) <= {owner for rule in owners.rules for owner in rule.owners}
    assert len(owners.rules) + len(owners.skipped) <= text.count("\n") + 1


def test_the_repositorys_own_files_are_read_from_disk_nowhere(tmp_path: Path) -> None:
    (tmp_path / "CODEOWNERS").write_text("* @a")
    assert parse_codeowners({}) is None


def test_many_rules_cost_little() -> None:
    text = "* @all\n" + "".join(f"/src/a{number}/*.x @o{number}\na{number}.y @p\n" for number in range(5_000))
    begun = time.perf_counter()
    owners = parse_codeowners({"CODEOWNERS": text})
    assert owners is not None
    told = [owners.owners_of(f"src/a{number}/m.x") for number in range(0, 5_000, 25)]
    assert told == [(f"@o{number}",) for number in range(0, 5_000, 25)]
    assert owners.owners_of("deep/a7.y") == ("@p",)
    assert owners.owners_of("else.py") == ("@all",)
    assert time.perf_counter() - begun < 5


def test_more_patterns_alike_than_anybody_writes_are_not_read() -> None:
    for start in ("", "/src/"):
        owners = parse_codeowners({"CODEOWNERS": "".join(f"{start}*.x{n} @o\n" for n in range(MAX_ALIKE + 1))})
        assert owners is not None
        assert (owners.rules, owners.skipped) == ((), (1,))
