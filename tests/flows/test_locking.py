"""`reviewlore.lock` through the command line: exactly the version that it pins judges, or nothing does."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.command_line import told
from tests.fakes.versions import add_version
from tests.lineage import NOW, store_of
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.config import LOCK_FILE, parse_lock
from reviewlore.errors import StateError
from reviewlore.flows import state
from reviewlore.flows.scoring import RANKER_FILE
from reviewlore.formats import records
from reviewlore.wiring import Workshop

CODE = {
    "shop/a.py": "def a():\n    return 1\n",
    "shop/b.py": "from shop.a import a\n",
    "tests/test_a.py": "import shop\n",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository with one active version, another one, and code."""
    made = make_repository(tmp_path / "repo")
    commit(made, CODE)
    add_version(made, "embedded-old")
    add_version(made, "embedded-new", active=True)
    return made


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """The repository of an organisation that carries the state of all."""
    made = make_repository(tmp_path / "lore")
    commit(made, {"README.md": "State\n"})
    add_version(made, "embedded-shared", active=True)
    return made


def pin(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Write the lock, commit it to main, and return what was said."""
    code, out, err = told(capsys, "lock", *arguments, "--repo", str(home))
    assert (code, err) == (0, "")
    git(home, "checkout", "-q", "main")
    git(home, "add", LOCK_FILE)
    git(home, "commit", "-q", "-m", "Pin the judgement")
    return out


def change(home: Path, **files: str) -> None:
    """Commit a change on a branch of its own."""
    git(home, "checkout", "-q", "-b", "change")
    commit(
        home, {"shop/c.py": "from shop.b import a\n", **{name.replace("__", "."): text for name, text in files.items()}}
    )


def review(home: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    return told(capsys, "review", "--repo", str(home), "--base", "main", "--format", "json", "-q")


def rewrite(home: Path, path: str, data: bytes) -> None:
    store_of(home).update(lambda _: {path: data}, lambda: "Poison", NOW)


def test_the_active_version_is_pinned_and_stays_whatever_is_promoted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = pin(home, capsys)
    assert re.fullmatch(
        r"Wrote reviewlore\.lock\. Pinned to embedded-new by reviewlore\.lock \(manifest [0-9a-f]{12}, from this "
        r"repository's state branch\)\. Commit it: it is read from the branch that a change goes into\.\n",
        out,
    )
    lock = parse_lock((home / LOCK_FILE).read_text())
    manifest = store_of(home).read("adapters/embedded-new/manifest.json") or b""
    assert (lock.version, lock.manifest) == ("embedded-new", hashlib.sha256(manifest).hexdigest())
    code, out, err = told(capsys, "promote", "embedded-old", "--repo", str(home))
    assert (code, out) == (0, "Promoted embedded-old (was rejected): promoted by hand\n")
    assert err == (
        "Reviews here stay with embedded-new: reviewlore.lock pins it. Run `reviewlore lock` and commit the file to "
        "have what is active judge.\n"
    )
    change(home)
    code, out, _ = review(home, capsys)
    found = json.loads(out)
    assert (code, found["version"]) == (0, "embedded-new")
    assert found["notes"][0].startswith("Pinned to embedded-new by reviewlore.lock (manifest ")
    _, out, _ = told(capsys, "status", "--repo", str(home))
    assert out.startswith("Pinned to embedded-new by reviewlore.lock")
    assert "Active: embedded-old" in out
    _, out, _ = told(capsys, "status", "--repo", str(home), "--format", "json")
    assert json.loads(out)["lock"]["version"] == "embedded-new"
    _, out, _ = told(capsys, "doctor", "--repo", str(home))
    assert "judgement: embedded-new (embedded tier), its files verified. Pinned to embedded-new by" in out


def test_a_dry_run_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "lock", "embedded-o", "--repo", str(home), "--dry-run")
    assert (code, out.startswith("Would write reviewlore.lock. Pinned to embedded-old")) == (0, True)
    assert not (home / LOCK_FILE).exists()


def test_a_lock_that_a_change_brings_along_decides_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pin(home, capsys, "embedded-old")
    text = (home / LOCK_FILE).read_text()
    change(home, reviewlore__lock=text.replace("embedded-old", "embedded-new"))
    code, out, _ = review(home, capsys)
    assert (code, json.loads(out)["version"]) == (0, "embedded-old")
    commit(home, {LOCK_FILE: "version = 'no lock at all'"})
    assert json.loads(review(home, capsys)[1])["version"] == "embedded-old"
    commit(home, {LOCK_FILE: None})
    assert json.loads(review(home, capsys)[1])["version"] == "embedded-old"
    git(home, "checkout", "-q", "main")
    commit(home, {LOCK_FILE: None})
    git(home, "checkout", "-q", "-b", "brings-a-lock")
    commit(home, {LOCK_FILE: text, "shop/d.py": "x = 1\n"})
    assert json.loads(review(home, capsys)[1])["version"] == "embedded-new", "main pins nothing"


def test_one_version_of_another_repository_judges_everywhere(
    home: Path, shared: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = pin(home, capsys, "--from", str(shared))
    assert (
        f"(manifest {parse_lock((home / LOCK_FILE).read_text()).manifest[:12]}, from reviewlore/state of {shared})"
        in out
    )
    change(home)
    code, out, _ = review(home, capsys)
    assert (code, json.loads(out)["version"]) == (0, "embedded-shared")
    assert not GitRepo(home).contains(git(shared, "rev-parse", "reviewlore/state")), "it lies in a clone of its own"
    fresh = tmp_path / "fresh"
    git(tmp_path, "clone", "-q", "--branch", "main", str(home), str(fresh))
    commit(fresh, {"shop/e.py": "x = 1\n"})
    code, out, _ = told(capsys, "review", "--repo", str(fresh), "--base", "HEAD~1", "--format", "json", "-q")
    assert (code, json.loads(out)["version"]) == (0, "embedded-shared"), "fetched where it was not here"
    add_version(shared, "embedded-later", active=True)
    shared.rename(tmp_path / "gone")
    assert json.loads(review(home, capsys)[1])["version"] == "embedded-shared", "what is here needs no network"
    git(home, "checkout", "-q", "main")
    code, _, err = told(capsys, "lock", "--from", str(shared), "--repo", str(home))
    assert code == 2
    assert "git ls-remote failed" in err


@pytest.mark.parametrize("poison", ["manifest", "file", "missing", "branch"])
def test_a_poisoned_shared_branch_is_an_error_and_never_another_version(
    home: Path, shared: Path, capsys: pytest.CaptureFixture[str], poison: str
) -> None:
    pin(home, capsys, "--from", str(shared))
    change(home)
    for kept in (home / ".git" / "reviewlore-locked").glob("*.git"):
        kept.rename(home / "away")
    path = "adapters/embedded-shared/"
    manifest = store_of(shared).read(f"{path}manifest.json") or b""
    if poison == "manifest":
        rewrite(shared, f"{path}manifest.json", manifest.replace(b'"seed": 7', b'"seed": 8'))
    elif poison == "file":
        rewrite(shared, f"{path}{RANKER_FILE}", b"{}")
    elif poison == "missing":
        store_of(shared).update(lambda _: {f"{path}manifest.json": None}, lambda: "Poison", NOW)
    else:
        git(shared, "update-ref", "-d", "refs/heads/reviewlore/state")
    code, out, err = review(home, capsys)
    assert (code, out) == (3, "")
    assert {
        "manifest": "has SHA-256",
        "file": "was changed after it was trained (SHA-256 differs); it is not loaded",
        "missing": "is not there. Nothing judges in its place",
        "branch": "is not there. Nothing judges in its place",
    }[poison] in err


def test_a_file_too_large_to_be_ours_is_not_read(home: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pin(home, capsys, "--from", str(shared))
    change(home)
    (kept,) = (home / ".git" / "reviewlore-locked").glob("*.git")
    kept.rename(home / "away")
    rewrite(shared, "adapters/embedded-shared/manifest.json", b" " * (17 << 20))
    code, out, err = review(home, capsys)
    assert (code, out) == (3, "")
    assert "holds a file that is too large to be one of version embedded-shared" in err


def test_a_pickle_in_a_pinned_adapter_is_not_loaded(
    home: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(shared)
    data = b"cos\nsystem\n(S'touch pwned'\ntR."
    manifest = replace(
        state.read_version(store, "embedded-shared"), id="adapter-bad", tier="adapter",
        files={"adapter_model.bin": hashlib.sha256(data).hexdigest()},
    )  # fmt: skip
    registry = state.read_registry(store)
    entries = (*registry.entries, replace(registry.entries[0], id="adapter-bad", tier="adapter", state="rejected"))
    files = {
        "adapters/adapter-bad/manifest.json": records.encode(manifest),
        "adapters/adapter-bad/adapter_model.bin": data,
        state.REGISTRY: records.encode(replace(registry, entries=entries)),
    }
    store.update(lambda _: files, lambda: "Poison", NOW)
    pin(home, capsys, "adapter-bad", "--from", str(shared))
    change(home)
    code, out, err = review(home, capsys)
    assert (code, out) == (3, "")
    assert "It may be a pickle, which can run code" in err


def test_own_state_that_was_changed_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pin(home, capsys)
    store = store_of(home)
    path = "adapters/embedded-new/manifest.json"
    rewrite(home, path, (store.read(path) or b"").replace(b'"seed": 7', b'"seed": 9'))
    with pytest.raises(StateError, match=r"reviewlore.lock pins embedded-new with manifest .* has SHA-256"):
        Workshop(home, QuietConsole()).review_context("octo/demo", 3)


def test_what_is_pinned_never_changes_by_a_canary(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pin(home, capsys, "embedded-old")
    store = store_of(home)
    registry = state.read_registry(store)
    first, second = registry.entries
    changed = replace(registry, entries=(first, replace(second, state="canary", share=100)))
    store.update(lambda _: {state.REGISTRY: records.encode(changed)}, lambda: "Try", NOW)
    context = Workshop(home, QuietConsole()).review_context("octo/demo", 3)
    assert (context.scorer.version, context.specialists) == ("embedded-old", {})


def test_what_cannot_be_pinned_is_said(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for arguments, words in [
        (
            ("embedded-none",),
            "Version 'embedded-none' is not in the registry. Known versions: embedded-old, embedded-new",
        ),
        (("--from", "ext::sh -c touch"), "--from 'ext::sh -c touch' must be an https:// address without a name"),
        (("--from", "git@github.com:acme/lore"), "must be an https:// address"),
    ]:
        code, out, err = told(capsys, "lock", *arguments, "--repo", str(home))
        assert (code, out) == (2, "")
        assert words in err
    empty = make_repository(tmp_path / "empty")
    code, _, err = told(capsys, "lock", "--repo", str(empty))
    assert code == 2
    assert "No version is active in this repository" in err


def test_a_lock_that_is_a_link_is_no_silent_freedom(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Attack: what looks like a pin in a listing of the files, and holds nobody."""
    (home / "pinned.toml").write_text("version = 'x'\n")
    (home / LOCK_FILE).symlink_to("pinned.toml")
    git(home, "add", "-A")
    git(home, "commit", "-q", "-m", "Link the pin")
    code, out, err = told(capsys, "status", "--repo", str(home))
    assert (code, out) == (2, "")
    assert "reviewlore.lock at " in err
    assert "is a link, and nothing is read through one" in err


def test_a_folder_that_is_no_repository_is_told_by_gits_reason(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, "lock", "--from", str(tmp_path), "--repo", str(home))
    assert code == 2
    assert "does not appear to be a git repository" in err
