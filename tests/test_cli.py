"""The command line on real repositories: every bad input is one sentence and the right exit code."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.command_line import told
from tests.repositories import commit, git, make_repository

from reviewlore.cli import commands

LAYERED = {
    ".importlinter": "[importlinter]\nroot_package = app\n\n[importlinter:contract:layers]\nname = Layers\n"
    "type = layers\nlayers =\n    app.api\n    app.services\n    app.storage\n",
    "app/__init__.py": "",
    "app/api.py": "from app import services\n\n\ndef show():\n    return services.find()\n",
    "app/services.py": "def find():\n    return 1\n",
    "app/storage.py": "def load():\n    return 2\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


def review(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[int, str, str]:
    return told(capsys, "review", "--repo", str(folder), "-q", *arguments)


def crossing(folder: Path) -> None:
    """A branch whose storage imports the api."""
    commit(folder, LAYERED)
    git(folder, "checkout", "-q", "-b", "feature")
    commit(folder, {"app/storage.py": "from app import api\n\n\ndef load():\n    return api.show()\n"})


def test_a_layer_crossed_is_found_on_its_line_and_can_fail_the_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crossing(folder)
    code, out, _ = review(capsys, folder, "--format", "json")
    found = json.loads(out)
    assert code == 0
    first = found["findings"][0]
    assert (first["rule"], first["path"], first["line"]) == ("architecture/layer_crossed", "app/storage.py", 1)
    assert review(capsys, folder, "--fail-on", "error")[0] == 1
    assert review(capsys, folder, "--fail-on", "never")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("card", "a\x1b]0;x\x07\u202e"), "a\\x1b]0;x\\x07\\u202e"),
        (("train", "--tier", "adapter", "--recipe", "\x1b[2Jx.toml"), "\\x1b[2Jx.toml"),
    ],
)
def test_an_error_sends_nothing_to_the_terminal_that_cannot_be_seen(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], shown: str
) -> None:
    commit(folder, LAYERED)
    code, out, err = told(capsys, *arguments, "--repo", str(folder))
    assert (code, out) == (2, "")
    assert shown in err
    assert err.rstrip("\n").isprintable()


@pytest.mark.parametrize("style", ["text", "markdown", "json", "sarif", "rdjson"])
def test_every_format_names_the_finding(folder: Path, capsys: pytest.CaptureFixture[str], style: str) -> None:
    crossing(folder)
    code, out, _ = review(capsys, folder, "--format", style)
    assert code == 0
    assert "app/storage.py" in out
    assert "layer_crossed" in out
    if style in ("json", "sarif", "rdjson"):
        json.loads(out)


def test_settings_come_from_the_base_and_never_from_the_head(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crossing(folder)
    commit(folder, {".reviewlore.toml": '[review]\nsilent = ["layer_crossed"]\nmax-comments = 0\n'})
    assert "layer_crossed" in review(capsys, folder)[1]
    git(folder, "checkout", "-q", "main")
    commit(folder, {".reviewlore.toml": '[review]\nsilent = ["layer_crossed"]\nfail-on = "info"\n'})
    git(folder, "checkout", "-q", "feature")
    code, out, _ = review(capsys, folder, "--format", "json")
    assert "architecture/layer_crossed" not in [item["rule"] for item in json.loads(out)["findings"]]
    assert json.loads(out)["dropped"]["reasons"]["silenced_by_config"] == 1
    assert code == (1 if json.loads(out)["findings"] else 0)


def test_settings_that_cannot_be_used_are_all_named_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(folder, {".reviewlore.toml": '[review]\nmax-coments = 3\nmin-severity = "loud"\nfail_on = 1\n[reviw]\n'})
    commit(folder, {"a.py": "x = 1\n"})
    code, out, err = review(capsys, folder, "--base", "HEAD~1")
    assert (code, out) == (2, "")
    expected = (
        "did you mean review.max-comments?",
        "review.min-severity must be one of",
        "did you mean review.fail-on?",
        "unknown key reviw (did you mean review?)",
    )
    for part in expected:
        assert part in err


def test_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = review(capsys, tmp_path)
    assert (code, out) == (2, "")
    assert err == f"Error: {tmp_path} is not a git repository. Run inside one, or name it with --repo PATH.\n"


def test_an_empty_repository(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = review(capsys, folder)
    assert code == 2
    assert err == f"Error: {folder} has no commits yet. Commit something first.\n"


def test_a_base_that_does_not_exist(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(folder, {"a": "1"})
    code, _, err = review(capsys, folder, "--base", "develop")
    assert code == 2
    assert "has no commit named 'develop'. Check the name, or fetch it first." in err


def test_no_default_branch(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(folder, "checkout", "-q", "-b", "trunk")
    commit(folder, {"a": "1"})
    code, _, err = review(capsys, folder)
    assert code == 2
    assert "has no branch main or master. Name the base with --base REVISION." in err


def test_no_merge_base(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(folder, {"a": "1"})
    git(folder, "checkout", "-q", "--orphan", "other")
    commit(folder, {"a": "2"})
    code, _, err = review(capsys, folder)
    assert code == 2
    assert "have no common ancestor" in err and "--base" in err


def test_a_shallow_clone_reviews_what_it_has_and_says_how_to_get_the_rest(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        commit(folder, {"a.py": f"x = {number}\n"})
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{folder}", "shallow")
    assert review(capsys, tmp_path / "shallow", "--base", "HEAD~1")[0] == 0
    code, _, err = review(capsys, tmp_path / "shallow", "--base", "HEAD~3")
    assert code == 2
    assert "git fetch --unshallow" in err


def test_a_detached_head_is_reviewed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crossing(folder)
    git(folder, "checkout", "-q", "--detach")
    assert "layer_crossed" in review(capsys, folder)[1]


def test_nothing_to_review_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(folder, LAYERED)
    code, out, _ = review(capsys, folder)
    assert code == 0
    assert out.startswith("No comments on 0 files")


def test_odd_files_are_survived(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = commit(folder, {**LAYERED, "old.py": "a = 1\n" * 20, "image.bin": bytes(range(256))})
    git(folder, "checkout", "-q", "-b", "feature")
    (folder / "link.py").symlink_to("/proc/self/environ")
    (folder / "dangling").symlink_to("nowhere/at/all")
    git(folder, "mv", "old.py", "renamed to.py")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{start},vendored")
    commit(
        folder,
        {
            "image.bin": bytes(range(255, -1, -1)),
            "latin.py": "name = 'caf\xe9'\n".encode("latin-1"),
            "tab\tname.py": "x = 1\n",
            "new\nline.py": "x = 1\n",
            "-leading.py": "import os\n",
            "broken.py": "<<<<<<< ours\ndef f(:\n=======\n>>>>>>> theirs\n",
            "empty.py": "",
            "no_newline.py": "x = 1",
            "crlf.py": "x = 1\r\ny = 2\r\n",
            "feed.py": "x = 1\x0cy = 2\x0b\x1c\x85\u2028\n",
            "app/storage.py": "from app import api\n\n\ndef load():\n    return api.show()\n",
        },
    )
    code, out, err = review(capsys, folder, "--format", "json")
    assert code == 0, err
    result = json.loads(out)
    assert "architecture/layer_crossed" in [item["rule"] for item in result["findings"]]
    assert result["files"]["skipped"]["binary"] >= 1
    assert "PATH=" not in out


def test_a_full_disk_while_writing_the_report_leaves_no_half_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(folder, {"a": "1"})
    target = tmp_path / "missing" / "report.html"
    code, out, err = told(capsys, "report", "--repo", str(folder), "--output", str(target))
    assert (code, out) == (3, "")
    assert "report.html cannot be written" in err
    assert told(capsys, "report", "--repo", str(folder), "--output", str(tmp_path / "r.html"))[0] == 0
    assert (tmp_path / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert [path.name for path in tmp_path.glob(".*")] == []


@pytest.mark.parametrize("output", ["", ".", "/dev/null", "/"])
def test_a_report_replaces_nothing_but_files(folder: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    code, out, err = told(capsys, "report", "--repo", str(folder), "--output", output)
    assert (code, out) == (2, "")
    assert "is no file that can be written. Name a file." in err
    assert not Path("/dev/null").is_file()


def test_a_link_beside_the_report_is_not_followed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept").write_text("kept")
    (tmp_path / ".r.html.partial").symlink_to(tmp_path / "kept")
    (tmp_path / "r.html").symlink_to(tmp_path / "kept")
    assert told(capsys, "report", "--repo", str(folder), "--output", str(tmp_path / "r.html"))[0] == 0
    assert (tmp_path / "kept").read_text() == "kept"


def test_a_missing_git_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for command in (["status", "--repo", str(folder)], ["demo"], ["action"]):
        code, out, err = told(capsys, *command)
        assert (code, out) == (2, "")
        assert err == "Error: The program 'git' was not found. Install git, or put it on the PATH, and retry.\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(folder: Path, closed: str) -> None:
    command = f"{sys.executable} -m reviewlore status --repo {folder} {closed}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("Nothing was mined yet." in done.stdout) == (">&-" not in closed.replace("2>&-", ""))


def test_a_folder_s_name_may_have_any_bytes(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "caf\udce9\n \u202e")
    crossing(folder)
    said = {}
    for style in ("text", "markdown", "json", "sarif", "rdjson", "page"):
        review = ["review", "-q", "--format", style, "--repo", str(folder)]
        report = ["report", "-q", "--repo", str(folder), "--output", str(tmp_path / "r.html")]
        command = [sys.executable, "-m", "reviewlore", *(report if style == "page" else review)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b""), style
        said[style] = done.stdout
    assert all(json.loads(said[style]) for style in ("json", "sarif", "rdjson"))


def test_ctrl_c_in_the_middle_of_mining_leaves_the_branch_as_it_was(folder: Path, tmp_path: Path) -> None:
    row = {"repo": "o/r", "path": "a.py", "diff_hunk": "@@ -1 +1 @@\n+a", "pr_author": "w", "author": "m"}
    lines = [json.dumps({**row, "pr_number": n, "comment_id": n, "body": f"Please rename this one, {n}",
                         "created_at": "2025-01-01T00:00:00Z"}) for n in range(20_000)]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    command = [
        sys.executable,
        "-m",
        "reviewlore",
        "mine",
        "--from",
        str(tmp_path / "rows.jsonl"),
        "--repo",
        str(folder),
    ]
    # A shell that runs the tests in the background makes them, and what they start, deaf to the key.
    listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=listen)  # noqa: PLW1509
    assert process.stderr is not None
    time.sleep(1.5)  # past the imports, before the end of some twenty thousand remarks
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Interrupted. Nothing was half-written" in err
    assert "Traceback" not in err
    assert git(folder, "for-each-ref") == ""
    assert not list((folder / ".git").glob("reviewlore-*[!y]"))


def test_what_nobody_expected_is_a_fault_and_never_reads_as_findings(capsys: pytest.CaptureFixture[str]) -> None:
    @commands.command("surprise")
    def surprise() -> None:
        raise LookupError("nobody thought of this")

    try:
        code, out, err = told(capsys, "surprise")
    finally:
        del commands.commands["surprise"]
    assert (code, out) == (3, "")
    assert "nobody thought of this" in err
    assert err.endswith("Fault: an unexpected LookupError. Please report it with the lines above.\n")


def test_a_reader_that_goes_away_is_no_fault(folder: Path) -> None:
    crossing(folder)
    command = f"{sys.executable} -m reviewlore review --repo {folder} -q --format json | head -c 10"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert done.stdout == '{\n  "schem'
    assert done.stderr == ""


def test_mine_needs_exactly_one_source(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "mine", "--repo", str(folder))
    assert (code, err) == (2, "Error: Name what to mine: either --from FILE, or --github OWNER/NAME, or --notes.\n")
    assert all(
        told(capsys, "mine", "--repo", str(folder), *two)[0] == 2
        for two in (("--from", "x", "--notes"), ("--github", "o/r", "--notes"))
    )


def test_a_missing_file_is_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["mine", "--from", "nowhere.jsonl"], ["score", "nowhere.jsonl"]):
        code, out, err = told(capsys, *command, "--repo", str(folder))
        assert (code, out) == (2, "")
        assert "nowhere.jsonl cannot be read: No such file or directory" in err


def test_github_without_a_token_says_which_variable(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.delenv("GH_TOKEN", raising=False)
    code, _, err = told(capsys, "mine", "--github", "octo/demo", "--repo", str(folder))
    assert code == 2
    assert "set GITHUB_TOKEN or GH_TOKEN" in err


def test_unknown_usage_is_exit_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "reveiw")[0] == 2
    assert told(capsys, "review", "--format", "xml")[0] == 2
    code, _, err = told(capsys, "train", "--tier", "adapter", "--recipe", "smoke", "--repo", str(folder))
    assert code == 2
    assert "smoke_cpu" in err


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(commands.commands) >= 12
    for name in commands.commands:
        code, out, _ = told(capsys, name, "--help")
        assert code == 0
        assert out.startswith(f"Usage: reviewlore {name}")
    assert told(capsys, "--version")[1].startswith("reviewlore, version ")


def test_every_command_that_writes_has_a_dry_run() -> None:
    for name in ("mine", "train", "promote", "rollback", "doctor"):
        assert "--dry-run" in {option for param in commands.commands[name].params for option in param.opts}, name


def test_status_of_a_fresh_repository(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(folder, {"a": "1"})
    code, out, _ = told(capsys, "status", "--repo", str(folder))
    assert code == 0
    assert "Nothing has been trained" in out and "Nothing was mined yet." in out


def test_doctor_names_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(folder, {"a": "1"})
    code, out, _ = told(capsys, "doctor", "--repo", str(folder))
    assert code == 0, out
    assert "no .reviewlore.toml, defaults are used" in out
    commit(folder, {".reviewlore.toml": "[nonsense]\n"})
    code, out, _ = told(capsys, "doctor", "--repo", str(folder))
    assert code == 2
    assert "PROBLEM  settings: .reviewlore.toml" in out


def test_output_is_utf8_whatever_the_locale(folder: Path) -> None:
    crossing(folder)
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    done = subprocess.run(
        [sys.executable, "-m", "reviewlore", "review", "--repo", str(folder), "-q"],
        env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "layer_crossed" in done.stdout.decode("utf-8", "replace")
