"""`reviewlore review`: what goes together, what other reviewers found, and two versions on one change."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
from tests import command_line
from tests.fakes.versions import add_version
from tests.github.asking import sarif
from tests.repositories import commit, git, make_repository

from reviewlore.cli import run

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "comparison.schema.json"
HELP = """\
Usage: reviewlore review [OPTIONS]

  Review a branch, or a pull request on GitHub.

  Review a branch of a local repository (no account, and no network unless
  [model] of the settings names a server), or with --github and --pr a pull
  request, in a local clone of its repository.

Options:
  --repo PATH                     A local git repository: the one reviewed, or
                                  the one that carries the state branch.
                                  [default: (this folder)]
  --base REVISION                 What the change goes into.  [default: the
                                  default branch]
  --head REVISION                 The change.  [default: HEAD]
  --github OWNER/NAME             With --pr: review a pull request of a
                                  repository on GitHub.
  --pr N                          With --github: the pull request's number.
                                  [x>=1]
  --post                          With --github: post the review. Without it
                                  nothing is written on GitHub.
  --foreign FILE                  Other reviewers' findings on the change, as
                                  candidates: SARIF, rdjson, rdjsonl, JSON
                                  Lines. May be repeated.
  --compare VERSION               Compare the version in force with this one
                                  (an id, its beginning, or prior). Nothing is
                                  posted.
  --fail-on [never|info|warning|error]
                                  Exit 1 from this severity on.  [default:
                                  what the settings say]
  --format [text|markdown|json|sarif|rdjson]
                                  Output format.  [default: text]
  -q, --quiet                     No progress on standard error.
  -h, --help                      Show this message and exit.
"""
SETTINGS = "[review]\ntarget-precision = 0.05\nmax-comments = 2\n"
BODY = (
    "def total(items):\n    print(items)\n    value = 0\n"
    "    for item in items:\n        value += item\n    return value\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository whose branch adds a file that linters have a lot to say about."""
    home = make_repository(tmp_path / "shop")
    commit(home, {".reviewlore.toml": SETTINGS, "shop/__init__.py": ""})
    git(home, "checkout", "-q", "-b", "feature")
    commit(home, {"shop/cart.py": BODY})
    return home


@pytest.fixture
def findings(tmp_path: Path) -> Iterator[Path]:
    """Four findings of a linter on lines of the change, and one on a file that it does not touch."""
    said = {
        2: "Remove the `print` call: `total` should not write to standard output.",
        3: "`value` could start as `0.0`, who knows.",
        4: "Use `sum(items)` instead of the loop over `items`.",
        6: "Consider some documentation at some point maybe.",
    }
    rows = [
        {
            "message": text,
            "location": {"path": "shop/cart.py", "range": {"start": {"line": line}}},
            "severity": "WARNING",
        }
        for line, text in said.items()
    ]
    rows.append({"message": "Elsewhere.", "location": {"path": "other.py", "range": {"start": {"line": 1}}}})
    path = tmp_path / "found.rdjson"
    path.write_text(json.dumps({"source": {"name": "linty"}, "diagnostics": rows}))
    yield path


def told(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[int, str, str]:
    return command_line.told(capsys, "review", "--repo", str(folder), "-q", *arguments)


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["review", "--help"]) == 0
    assert capsys.readouterr().out == HELP


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--github", "o/n"], "--github needs the pull request's number: add --pr N."),
        (["--pr", "1"], "--pr goes with --github OWNER/NAME only."),
        (["--post"], "--post goes with --github and --pr only."),
        (
            ["--github", "o/n", "--pr", "1", "--base", "main"],
            "--base and --head are of a local review; a pull request names its own.",
        ),
        (
            ["--github", "o/n", "--pr", "1", "--head", "HEAD"],
            "--base and --head are of a local review; a pull request names its own.",
        ),
        (
            ["--github", "o/n", "--pr", "1", "--compare", "prior", "--post"],
            "--compare posts nothing; leave --post out.",
        ),
        (
            ["--compare", "prior", "--fail-on", "info"],
            "--fail-on judges one review, and --compare makes two; leave one of them out.",
        ),
        (["--compare", "prior", "--format", "sarif"], "--compare prints text or json, not sarif."),
        (["--compare", "prior", "--format", "markdown"], "--compare prints text or json, not markdown."),
        (["--foreign", "-", "--foreign", "-"], "--foreign - is standard input, which can be read only once."),
        (
            ["--pr", "1", "--post"],
            "--pr goes with --github OWNER/NAME only. --post goes with --github and --pr only.",
        ),
    ],
)
def test_what_does_not_go_together_is_one_line(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: list[str], said: str
) -> None:
    assert told(capsys, folder, *arguments) == (2, "", f"Error: {said}\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pr", "0"], "Invalid value for '--pr'"),
        (["--pr", "one"], "Invalid value for '--pr'"),
        (["--format", "xml"], "Invalid value for '--format'"),
        (["--fail-on", "often"], "Invalid value for '--fail-on'"),
    ],
)
def test_values_that_are_none_are_usage(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: list[str], said: str
) -> None:
    code, out, err = told(capsys, folder, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_the_findings_of_others_are_judged_capped_and_counted(
    capsys: pytest.CaptureFixture[str], folder: Path, findings: Path
) -> None:
    code, out, err = told(capsys, folder, "--foreign", str(findings), "--format", "json")
    assert (code, err) == (0, "")
    review = json.loads(out)
    foreign = [each for each in review["findings"] if each["source"] == "foreign"]
    assert len(review["findings"]) == 2 and foreign
    assert {each["rule"] for each in foreign} == {"foreign/linty"}
    assert all(0 < each["probability"] < 1 for each in foreign)
    assert review["dropped"]["reasons"]["file_not_in_diff"] == 1
    total = len(review["findings"]) + review["dropped"]["count"]
    assert total >= 5
    assert told(capsys, folder, "--foreign", str(findings), "--fail-on", "warning")[0] == 1


def test_foreign_findings_may_come_by_standard_input(folder: Path, findings: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reviewlore", "review", "--repo", str(folder), "-q", "--foreign", "-"],
        input=findings.read_bytes(), capture_output=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"foreign/linty" in done.stdout


def test_one_file_given_twice_says_nothing_twice(
    capsys: pytest.CaptureFixture[str], folder: Path, findings: Path
) -> None:
    once = json.loads(told(capsys, folder, "--foreign", str(findings), "--format", "json")[1])
    arguments = ["--foreign", str(findings)] * 3
    thrice = json.loads(told(capsys, folder, *arguments, "--format", "json")[1])
    assert thrice["findings"] == once["findings"]
    assert thrice["dropped"]["reasons"]["file_not_in_diff"] == 3
    assert thrice["dropped"]["count"] == once["dropped"]["count"] + 10


def test_two_files_of_one_shown_name_are_both_read(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    names = [tmp_path / "a b.sarif", tmp_path / "a  b.sarif"]
    for line, path in enumerate(names, 2):
        path.write_text(sarif("shop/cart.py", line, f"Say what line {line} is for, in a word or two."))
    code, out, _ = told(capsys, folder, "--foreign", str(names[0]), "--foreign", str(names[1]), "--format", "json")
    assert code == 0
    review = json.loads(out)
    assert len([each for each in review["findings"] if each["source"] == "foreign"]) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"no findings at all", "Error: "),
        (b"\xff\xfe\x00", "Error: "),
    ],
)
def test_a_file_that_is_none_is_told_before_anything_is_reviewed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "found.json"
    if content is not None:
        path.write_bytes(content)
    code, out, err = told(capsys, tmp_path / "no repository at all", "--foreign", str(path))
    assert (code, out) == (2, "")
    assert said in err and "found.json" in err and err.count("\n") == 1


def test_two_versions_on_one_change(capsys: pytest.CaptureFixture[str], folder: Path, findings: Path) -> None:
    add_version(folder, "embedded-contrary-1")
    arguments = ["--compare", "embedded-contrary", "--foreign", str(findings)]
    code, out, err = told(capsys, folder, *arguments, "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    jsonschema_rs.validator_for(SCHEMA.read_text(encoding="utf-8")).validate(found)
    assert (found["first"]["version"], found["second"]["version"]) == ("prior", "embedded-contrary-1")
    assert (found["first"]["said"], found["second"]["said"]) == (2, 2)
    rows = [row for part in ("both", "only_first", "only_second", "neither") for row in found[part]]
    assert found["only_first"] and found["only_second"]
    for row in rows:
        assert row["first"]["score"] == pytest.approx(-row["second"]["score"], abs=1e-5)
        assert row["first"]["rank"] + row["second"]["rank"] == found["candidates"] + 1
        assert (row["first"]["place"] is None) == bool(row["first"]["reason"])
    assert [row["first"]["place"] for row in found["only_first"]] == sorted(
        row["first"]["place"] for row in found["only_first"]
    )
    reviewed = json.loads(told(capsys, folder, "--foreign", str(findings), "--format", "json")[1])
    said = [row for part in ("both", "only_first") for row in found[part]]
    assert sorted(row["id"] for row in said) == sorted(each["id"] for each in reviewed["findings"])
    assert reviewed["dropped"]["reasons"] == found["first"]["dropped"]
    by_id = {each["id"]: each for each in reviewed["findings"]}
    for row in said:
        assert row["first"]["score"] == by_id[row["id"]]["score"]
        assert row["first"]["probability"] == by_id[row["id"]]["probability"]


def test_the_comparison_as_text_fits_a_terminal(
    capsys: pytest.CaptureFixture[str], folder: Path, findings: Path
) -> None:
    add_version(folder, "embedded-contrary-1", active=True)
    code, out, err = told(capsys, folder, "--compare", "prior", "--foreign", str(findings))
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 100
    assert "embedded-contrary-1 (in force, embedded tier): 2 comments" in out
    assert "\nOnly embedded-contrary-1 says:\n" in out and "\nOnly prior says:\n" in out
    assert "not said (over_cap)" in out


def test_a_comparison_fails_nothing(capsys: pytest.CaptureFixture[str], folder: Path, findings: Path) -> None:
    git(folder, "checkout", "-q", "main")
    commit(folder, {".reviewlore.toml": SETTINGS + 'fail-on = "info"\n'})
    git(folder, "checkout", "-q", "feature")
    git(folder, "rebase", "-q", "main")
    add_version(folder, "embedded-contrary-1")
    assert told(capsys, folder, "--foreign", str(findings))[0] == 1
    assert told(capsys, folder, "--foreign", str(findings), "--compare", "embedded")[0] == 0


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("prior", "Error: prior is the version in force: name another one to compare it with.\n"),
        (
            "nothing",
            "Error: Version 'nothing' is not in the registry. Known versions: embedded-a1, embedded-a2, adapter-1.\n",
        ),
        ("", "Error: Version '' is not in the registry. Known versions: embedded-a1, embedded-a2, adapter-1.\n"),
        (
            "embedded-a",
            "Error: Version 'embedded-a' is ambiguous. It may be embedded-a1, embedded-a2.\n",
        ),
    ],
)
def test_a_version_that_cannot_be_compared(
    capsys: pytest.CaptureFixture[str], folder: Path, version: str, said: str
) -> None:
    for name in ("embedded-a1", "embedded-a2"):
        add_version(folder, name)
    add_version(folder, "adapter-1", tier="adapter")
    assert told(capsys, folder, "--compare", version) == (2, "", said)


def test_a_damaged_version_is_a_fault(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    add_version(folder, "embedded-a1", damaged=True)
    code, out, err = told(capsys, folder, "--compare", "embedded-a1")
    assert (code, out) == (3, "")
    assert "was changed after it was trained" in err
