"""Attacks 2 to 6: what a pull request brings along, as settings, as programs, as links, as names and as revisions."""

import json
from pathlib import Path

import pytest
from tests.attacks.rig import CROSSING, NAME, Rig
from tests.repositories import git

from reviewlore.adapters.git import GitRepo
from reviewlore.errors import InputError

OWN_SETTINGS = (
    '[review]\nmax-comments = 0\nexclude = ["**"]\nskip-authors = ["mallory"]\nfail-on = "never"\n'
    '[model]\nkind = "openai"\naddress = "http://127.0.0.1:1/v1"\nname = "mine"\n'
)
CANARY = "canary-of-the-environment-4f1c"


def test_02_a_pull_request_does_not_bring_its_own_settings(rig: Rig) -> None:
    lock = f'version = "embedded-1"\nmanifest = "{"a" * 64}"\nrepository = "http://127.0.0.1:1/x"\n'
    rig.push({".reviewlore.toml": OWN_SETTINGS, "shop/.reviewlore.toml": OWN_SETTINGS, "reviewlore.lock": lock})
    git(rig.checkout(), "checkout", "-q", "--detach", "refs/remotes/origin/feat")
    ran = rig.review(REVIEWLORE_MODEL_KEY="sk-abcdefghijklmnop")
    assert (ran.status, ran.outputs["findings-count"]) == (0, "1")
    assert [each.path for each in rig.repo.review_comments.values()] == ["shop/storage.py"]
    assert "127.0.0.1:1" not in ran.sinks


def test_03_nothing_of_a_pull_request_runs(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linters' plugins, tests, hooks, modules of known names, filters: all lie in the checkout, and in our folder."""
    marker = tmp_path / "ran"
    code = f"open({str(marker)!r}, 'w').write('x')\n"
    shell = f"#!/bin/sh\ntouch {marker}\n"
    modules = ("sitecustomize", "usercustomize", "conftest", "setup", "git", "click", "reviewlore/__init__")
    traps: dict[str, str | bytes | None] = {f"{name}.py": code for name in modules}
    traps |= {
        ".rubocop.yml": f"require: {marker}.rb\n",
        "setup.cfg": "[flake8:local-plugins]\nextension = X = conftest:x\n",
        ".pre-commit-config.yaml": f"repos: [{{repo: local, hooks: [{{id: x, entry: touch {marker}}}]}}]\n",
        ".eslintrc.js": f"require('fs').writeFileSync({json.dumps(str(marker))}, 'x')\n",
        ".gitattributes": "* filter=evil diff=evil\n*.py textconv=evil\n",
        ".githooks/post-checkout": shell,
        "package.json": json.dumps({"scripts": {"preinstall": f"touch {marker}"}}),
        "pyproject.toml": f'[build-system]\nrequires = []\nbuild-backend = "conftest"\n[tool.x]\nrun = "{marker}"\n',
    }
    rig.push(traps)
    checkout = rig.checkout()
    git(checkout, "checkout", "-q", "--detach", "refs/remotes/origin/feat")
    for name in ("filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv"):
        git(checkout, "config", name, f"touch {marker}; cat")
    git(checkout, "config", "diff.evil.command", f"touch {marker}")
    git(checkout, "config", "diff.external", f"touch {marker}")
    monkeypatch.chdir(checkout)
    ran = rig.review()
    assert (ran.status, ran.outputs["conclusion"]) == (0, "success")
    assert len(rig.repo.review_comments) == 1
    assert not marker.exists()


LINKS = {
    b"README.md": b"/proc/self/environ", b"AGENTS.md": b"../../../../../proc/self/environ",
    b"CONTRIBUTING.md": b"/etc/passwd", b"settings.py": b"/proc/self/environ", b".reviewlore.toml": b"/etc/passwd",
}  # fmt: skip


def test_04_a_link_shows_nothing_of_the_machine(rig: Rig) -> None:
    """Also where the checkout has the link in its work tree, which whoever reads files would follow."""
    rig.push_entries(("120000", name, target) for name, target in LINKS.items())
    git(rig.checkout(), "checkout", "-q", "--detach", "refs/remotes/origin/feat")
    ran = rig.review(HARMLESS=CANARY)
    assert (ran.status, ran.outputs["findings-count"]) == (0, "1")
    assert CANARY not in ran.sinks
    assert "root:x:" not in ran.sinks
    repo = GitRepo(rig.repo.git.path)
    head = repo.resolve("feat")
    assert [repo.read(head, name.decode()) for name in LINKS] == [None] * len(LINKS)


NAMES = (
    b"-rf", b"--output=owned", b"--upload-pack=touch owned", b"a\tb.py", b"new\nline.py", b"quote\".py", b"\xff\xfe.py",
    b"\xe2\x80\xaegnp.py", b"::set-output name=x::y", b"@everyone.py", b"<img src=x>.py", b"`touch owned`.py",
    b"$(touch owned).py", b"n" * 4000 + b".py", b"..", b".git",
)  # fmt: skip


def test_05_no_name_of_a_file_leads_anywhere(rig: Rig, tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    head = rig.push_entries(("100644", name, CROSSING.encode()) for name in NAMES)
    assert set(rig.repo.git.run("ls-tree", "-z", "--name-only", head).split(b"\0")) >= set(NAMES)
    ran = rig.review()
    assert (ran.status, ran.outputs["conclusion"]) == (0, "success"), ran.log
    assert [each.path for each in rig.repo.review_comments.values()][:1] == ["shop/storage.py"]
    made = {path.name for path in tmp_path.iterdir()} - before
    assert made <= {"workspace", "temp0"}
    assert not list(tmp_path.glob("**/owned*"))
    for body in rig.said:
        assert "@everyone" not in body and "<img" not in body and "\u202e" not in body
    assert all(row.startswith("::") or "::set-output" not in row for row in ran.log.split("\n") if row[:2] == "::")


REVISIONS = ("--output=owned", "-h", "--upload-pack=touch owned", "--exec=touch owned", "ext::sh -c touch% owned")


@pytest.mark.parametrize("revision", REVISIONS)
def test_06_a_revision_is_never_an_option(rig: Rig, tmp_path: Path, revision: str) -> None:
    """As the base's or head's id in what GitHub answers, and as the name of a branch."""
    rig.fake.edit_pull(NAME, 1, head_sha=revision)
    ran = rig.review()
    assert ran.status == 2
    assert "is no commit id" in ran.log
    assert not list(tmp_path.glob("**/owned*"))
    assert rig.repo.reviews == {}
    repo = GitRepo(rig.repo.git.path)
    for read in (repo.resolve, repo.tree, lambda name: repo.diff(name, name), lambda name: repo.history(name, 1)):
        with pytest.raises(InputError):
            read(revision)
    assert not list(tmp_path.glob("**/owned*"))
