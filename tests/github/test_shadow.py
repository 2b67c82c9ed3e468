"""Shadow mode: what would have been said is kept, measured after the merge beside what people did, and forgotten."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.github.fake import FakeGitHub
from tests.records import a_finding, a_review
from tests.repositories import git

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.cli import run
from reviewlore.domain.finding import Finding, Review
from reviewlore.domain.forge import MergedPull, ReviewThread, ThreadComment
from reviewlore.domain.history import Anchor
from reviewlore.domain.shadow import ShadowFinding, ShadowReview, ShadowTotals
from reviewlore.flows import state
from reviewlore.flows.shadow import record_shadow
from reviewlore.stages.shadow import settle, total_shadows

NAME = "octo/mined"
NOW = "2026-11-20T10:00:00Z"
LOOP = "def total(items):\n    value = 0\n    for i in items:\n        value += i\n    return value\n"


def unsaid(number: int, path: str, line: int | None) -> Finding:
    return replace(a_finding(), id=f"{number:08x}", anchor=Anchor(path, line))


def shadow_of(head: str, *findings: Finding) -> Review:
    return replace(a_review(), head=head, findings=findings)


@pytest.fixture
def clone(fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two merged pull requests that were reviewed in shadow; a person remarked on the first and was heeded."""
    fake.add_repo(NAME, tmp_path / "octo" / "mined.git")
    fake.set_role(NAME, "carol", "write")
    base = fake.commit(NAME, "main", {"a.py": "x = 1\n"}, "Start")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "octo" / "mined.git"), "clone")
    store = GitStore(GitRepo(tmp_path / "clone"), "refs/heads/reviewlore/state")
    for n in (1, 2):
        head = fake.commit(NAME, f"feat{n}", {f"b{n}.py": LOOP, f"c{n}.py": LOOP}, f"Add {n}", parent=base)
        fake.open_pull(NAME, "main", f"feat{n}", f"Add {n}", number=n)
        review = shadow_of(head, unsaid(n, f"b{n}.py", 3), unsaid(10 + n, f"c{n}.py", 3))
        told = record_shadow(store, review, NAME, n, NOW)
        assert told == (
            "Shadow mode: nothing is posted; 2 remarks would have been, and that is recorded on the state branch."
        )
    fake.add_review_comment(NAME, 1, "b1.py", "Use sum(items) here instead of this loop, please.", "carol", line=4)
    fake.add_review_comment(NAME, 1, "c1.py", "And name this total by what it adds up.", "carol", line=1)
    fake.commit(NAME, "feat1", {"b1.py": "def total(items):\n    return sum(items)\n"}, "Use sum")
    for n in (1, 2):
        fake.merge_pull(NAME, n)
    monkeypatch.setenv("GITHUB_TOKEN", fake.token("carol"))
    monkeypatch.setenv("GITHUB_API_URL", fake.base)
    monkeypatch.setenv("GITHUB_SERVER_URL", str(tmp_path))
    return tmp_path / "clone"


def store_of(clone: Path) -> GitStore:
    return GitStore(GitRepo(clone), "refs/heads/reviewlore/state")


def mine(clone: Path) -> None:
    assert run(["mine", "--github", NAME, "--repo", str(clone), "-q"]) == 0


def test_after_the_merge_each_is_measured_against_git_and_people(clone: Path) -> None:
    assert total_shadows(state.read_shadows(store_of(clone))) == ShadowTotals(2, 4)
    mine(clone)
    first, second = state.read_shadows(store_of(clone))
    assert [(each.path, each.changed, each.person) for each in first.findings] == [
        ("b1.py", True, True),
        ("c1.py", False, True),
    ]
    assert (first.settled, first.remarks, first.anticipated) == (True, 2, 2)
    assert [(each.changed, each.person) for each in second.findings] == [(False, False), (False, False)]
    assert total_shadows((first, second)) == ShadowTotals(2, 4, 2, 4, 1, 2, 2, 2)


def test_a_remark_that_several_heads_would_have_got_counts_once() -> None:
    first = ShadowReview(
        "o/r#1/a", "o/r", 1, "b", "a", "2026-11-20T10:00:00Z", "embedded", "prior",
        (found("x", changed=True, person=True), found("y", changed=False, person=False)), settled=True, remarks=3,
        anticipated=1,
    )  # fmt: skip
    later = replace(
        first, id="o/r#1/c", head="c", at="2026-11-21T10:00:00Z", anticipated=2,
        findings=(found("x", changed=False, person=True), found("z", changed=True, person=False)),
    )  # fmt: skip
    other = replace(first, id="o/r#2/d", pull_request=2, remarks=1)
    assert total_shadows((later, first)) == ShadowTotals(2, 3, 2, 3, 2, 1, 3, 2)
    assert total_shadows((first, other)) == ShadowTotals(2, 4, 2, 4, 2, 2, 4, 2)


@pytest.mark.parametrize(
    ("line", "start", "near"),
    [(10, None, True), (7, None, True), (6, None, False), (13, None, True), (14, None, False), (20, 13, True),
     (20, 14, False), (None, None, False)],
)  # fmt: skip
def test_a_remark_three_lines_away_is_about_the_same_place(line: int | None, start: int | None, near: bool) -> None:
    values: dict[str, object] = dict.fromkeys(ThreadComment.__dataclass_fields__)
    values |= {
        "path": "a.py",
        "side": "RIGHT",
        "original_line": line,
        "original_start_line": start,
        "whole_file": False,
    }
    comment = ThreadComment(**values)  # type: ignore[arg-type]
    shadow = ShadowReview("i", "o/r", 1, "b", "h", NOW, "embedded", "prior", (found("x", line=10),))
    settled = settle(shadow, MergedPull(None, (ReviewThread((comment,)),), (), ()), {})  # type: ignore[arg-type]
    assert (settled.findings[0].person, settled.anticipated) == (near, int(near))


def found(name: str, *, changed: bool | None = None, person: bool | None = None, line: int = 3) -> ShadowFinding:
    return ShadowFinding(name, "r", "", "a.py", line, "RIGHT", "info", changed=changed, person=person)


def test_mining_again_changes_nothing(clone: Path) -> None:
    mine(clone)
    before = git(clone, "rev-parse", "refs/heads/reviewlore/state")
    mine(clone)
    assert git(clone, "rev-parse", "refs/heads/reviewlore/state") == before


def test_the_same_review_is_recorded_once(clone: Path) -> None:
    store = store_of(clone)
    known = state.read_shadows(store)[0]
    before = git(clone, "rev-parse", "refs/heads/reviewlore/state")
    again = shadow_of(known.head, unsaid(1, "b1.py", 3), unsaid(11, "c1.py", 3))
    record_shadow(store, again, NAME, 1, "2026-11-20T11:00:00Z")
    assert git(clone, "rev-parse", "refs/heads/reviewlore/state") == before
    record_shadow(store, shadow_of(known.head, unsaid(1, "b1.py", None)), NAME, 1, NOW)
    assert [len(each.findings) for each in state.read_shadows(store)] == [1, 2]


def test_no_code_and_no_secret_is_kept(clone: Path) -> None:
    store = store_of(clone)
    path = f"keys/ghp_{'a1B2' * 9}.py"
    record_shadow(store, shadow_of("f" * 40, unsaid(7, path, 1)), NAME, 9, NOW)
    text = (store.read("shadow/2026-11.jsonl") or b"").decode()
    assert "ghp_a1B2" not in text
    assert "value += i" not in text
    assert a_finding().title not in text


def test_a_forgotten_pull_request_is_forgotten_here_too(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine(clone)
    capsys.readouterr()
    assert run(["forget", "--pr", f"{NAME}#1", "--repo", str(clone), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["found"]["shadow_reviews"] == 1
    assert [each.pull_request for each in state.read_shadows(store_of(clone))] == [2]
    assert "b1.py" not in git(clone, "log", "-p", "--format=", "refs/heads/reviewlore/state", "--", "shadow/")


def test_a_branch_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    class Closed(GitStore):
        def update(self, *_: object, **__: object) -> str:
            raise state.StateError("no")

    git(tmp_path, "init", "--quiet", "here")
    closed = Closed(GitRepo(tmp_path / "here"), "refs/heads/reviewlore/state")
    told = record_shadow(closed, shadow_of("f" * 40), NAME, 9, NOW)
    assert told.startswith("Shadow mode: nothing is posted; 0 remarks would have been. That could not be recorded")
