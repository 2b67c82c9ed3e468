"""Precedents on a real repository and state branch: from all sources, warm without reading, gone when forgotten."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.histories import HARBOR, KEY, MARIA, TOMAS, XAVER, make_episode
from tests.fakes.runner import FakeStore
from tests.repositories import commit, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.index import FILE, SqliteIndex
from reviewlore.adapters.store import GitStore
from reviewlore.domain.finding import Finding
from reviewlore.domain.history import Anchor
from reviewlore.errors import StateError
from reviewlore.flows import state
from reviewlore.flows.forget import Act, forget, name_person
from reviewlore.flows.precedents import Precedents

SAID = make_episode(
    1, 11, MARIA, "The pier must not import the crane: go through the dock.", concern="architecture"
)  # fmt: skip
OTHER = make_episode(2, 21, TOMAS, "Name the crane by its dock.", concern="naming", created_at="2026-02-02T00:00:00Z")
FINDING = Finding(
    "f1", "architecture/layer_crossed", "architecture", Anchor("harbor/pier.py", 2),
    "@@ -1 +1,2 @@\n+import harbor.crane", "`harbor.pier` imports `harbor.crane`", "why", "advice", "error", 0.9,
)  # fmt: skip
RULES = b'[[rule]]\nid = "r1"\ntext = "Only the dock moves the crane."\npaths = ["harbor/*"]\n'
DECISION = "# 1. Cranes\n\n## Decision\n\nThe crane belongs to the dock: the pier never imports it, it asks the dock.\n"


class CountingStore(FakeStore):
    """Counts what is read."""

    def read(self, path: str) -> bytes | None:
        self.messages.append(path)
        return super().read(path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repo")


def put(store: GitStore | FakeStore, files: Mapping[str, bytes | None]) -> None:
    store.update(lambda _: files, lambda: "write", "2026-03-01T00:00:00Z")


def look(home: Path, store: GitStore | FakeStore, base: str, repository: str = HARBOR) -> Precedents:
    """The precedents as the next run sees them."""
    repo = GitRepo(home)
    return Precedents(repository, repo, store, SqliteIndex(repo.git_dir), base)


def test_remarks_rules_and_decisions_are_cited_together(home: Path) -> None:
    base = commit(home, {"harbor/pier.py": "X = 1\n", "docs/adr/0001-cranes.md": DECISION})
    store = FakeStore({**state.episode_files([SAID, OTHER]), state.RULES: RULES})
    (cited,) = look(home, store, base).cite((FINDING,))
    assert sorted((each.kind, each.episode) for each in cited.precedents) == [
        ("decision", "docs/adr/0001-cranes.md#Decision"), ("episode", SAID.id), ("rule", "r1"),
    ]  # fmt: skip
    elsewhere = replace(FINDING, anchor=Anchor("ferry/pier.py", 2))
    assert "rule" not in {each.kind for each in look(home, store, base).for_finding(elsewhere)}


def test_a_document_whose_name_is_no_utf8_is_cited_in_escapes(home: Path) -> None:
    base = commit(home, {"harbor/pier.py": "X = 1\n", "docs/adr/0001-caf\udce9.md": DECISION})
    (cited,) = look(home, FakeStore({}), base).cite((FINDING,))
    assert [each.path for each in cited.precedents] == ["docs/adr/0001-caf\\udce9.md"]


def test_what_a_pull_request_brings_itself_is_no_precedent(home: Path) -> None:
    base = commit(home, {"harbor/pier.py": "X = 1\n"})
    commit(home, {"docs/adr/0001-cranes.md": DECISION, "rules.toml": RULES.decode()})
    precedents = look(home, FakeStore(state.episode_files([SAID])), base)
    assert [each.episode for each in precedents.for_finding(FINDING)] == [SAID.id]


def test_a_generated_finding_s_concern_is_told_by_its_words(home: Path) -> None:
    base = commit(home, {"a": "1"})
    store = FakeStore(state.episode_files([SAID, OTHER]))
    said = replace(FINDING, rule="generated/refactoring", source="generated", title="Rename the crane", why="")
    assert [each.episode for each in look(home, store, base).for_finding(said)] == [OTHER.id]


def test_a_hunk_has_precedents_of_any_concern(home: Path) -> None:
    base = commit(home, {"a": "1"})
    store = FakeStore(state.episode_files([SAID, OTHER]))
    precedents = look(home, store, base)
    hunk = "@@ -1,2 +1,2 @@\n dock\n-from harbor import crane\n+import crane\n"
    assert {each.episode for each in precedents.for_hunk("harbor/pier.py", hunk, 5)} == {SAID.id, OTHER.id}
    assert len(precedents.for_hunk("harbor/pier.py", hunk, 1)) == 1
    assert precedents.for_hunk("zebra", "", 3) == ()


def test_nothing_is_read_before_the_first_question_and_no_remark_twice(home: Path) -> None:
    base = commit(home, {"a": "1"})
    store = CountingStore(state.episode_files([SAID, OTHER]))
    assert look(home, store, base).cite(()) == []
    assert not (home / ".git" / FILE).exists()
    cold = look(home, store, base).for_finding(FINDING)
    assert sorted(store.messages) == ["episodes/2026-02.jsonl"] or len(store.messages) == 2
    store.messages.clear()
    assert look(home, store, base).for_finding(FINDING) == cold
    assert store.messages == []
    newer = make_episode(5, 51, TOMAS, "The crane again", created_at="2026-07-01T00:00:00Z")
    store.files.update(state.episode_files([newer]))
    look(home, store, base).for_finding(FINDING)
    assert store.messages == ["episodes/2026-07.jsonl"]


def test_what_was_forgotten_is_not_found_and_not_in_the_file(home: Path) -> None:
    base = commit(home, {"a": "1"})
    store = GitStore(GitRepo(home))
    unmistakable = replace(
        SAID, body="ONEAPPLEBASKET: the pier must not import the crane.", hunk="+import harbor.crane"
    )
    rest = [make_episode(3, 100 + n, TOMAS, f"Berth {n} of the crane is full.") for n in range(40)]
    put(store, state.episode_files([unmistakable, OTHER, *rest]))
    assert [each.episode for each in look(home, store, base).for_finding(FINDING)] == [SAID.id]
    assert b"oneapplebasket" in (home / ".git" / FILE).read_bytes().lower()

    forget(store, name_person("maria", KEY), Act("command line", "2026-03-01T00:00:00Z"))
    assert look(home, store, base).for_finding(FINDING) == ()
    assert OTHER.id in [each.episode for each in look(home, store, base).for_hunk("harbor/a.py", "+name the crane", 9)]
    left = [path.read_bytes().lower() for path in (home / ".git" / FILE).parent.iterdir()]
    assert left and not any(b"oneapplebasket" in data for data in left)


def test_remarks_of_other_repositories_are_not_cited(home: Path) -> None:
    base = commit(home, {"a": "1"})
    store = FakeStore(state.episode_files([replace(SAID, repository="acme/pier", id="acme/pier#1/11")]))
    assert look(home, store, base).for_finding(FINDING) == ()
    assert len(look(home, store, base, "acme/pier").for_finding(FINDING)) == 1
    assert len(look(home, store, base, "a-local-folder").for_finding(FINDING)) == 1


def test_what_cannot_be_used_is_told_on_every_run(home: Path) -> None:
    files: dict[str, str | bytes | None] = {f"docs/adr/{n:04}.md": DECISION for n in range(203)}
    base = commit(home, files)
    store = FakeStore({**state.episode_files([SAID]), state.RULES: b"= broken"})
    for _ in range(2):
        precedents = look(home, store, base)
        assert precedents.notes == ()
        precedents.for_finding(FINDING)
        broken, left = precedents.notes
        assert broken.startswith("rules.toml on the state branch is not used: it is no TOML")
        assert left == "3 documents are not searched for decisions: 200 are the most that are read."


def test_a_damaged_month_is_an_error_as_everywhere(home: Path) -> None:
    base = commit(home, {"a": "1"})
    store = FakeStore({"episodes/2026-01.jsonl": b"{no json\n"})
    with pytest.raises(StateError, match="damaged"):
        look(home, store, base).for_finding(FINDING)


def test_hostile_remarks_are_data(home: Path) -> None:
    base = commit(home, {"a": "1"})
    hostile = replace(SAID, body="import crane \0 \ud800 '; DROP TABLE passage; -- \" OR 1", url="javascript:alert(1)")
    kept = replace(hostile, body=hostile.body.replace("\ud800", "\ufffd"), pull_request_author=XAVER)
    store = FakeStore(state.episode_files([kept]))
    (cited,) = look(home, store, base).for_finding(FINDING)
    assert cited.excerpt.startswith("import crane")
    assert look(home, store, base).for_hunk("\udcff.py", "+\ud800 crane \0", 3)[0].episode == kept.id


def test_a_remark_on_like_code_about_something_else_is_not_cited(home: Path) -> None:
    base = commit(home, {"a.py": "x = 1\n"})
    like = make_episode(
        5, 51, MARIA, "Log the berth number at debug level: operators read nothing below it.", concern="architecture",
        anchor=Anchor("harbor/pier.py", 2), hunk="@@ -1 +1,2 @@\n+import harbor.crane",
    )  # fmt: skip
    store = FakeStore(state.episode_files([SAID, like]))
    assert [each.episode for each in look(home, store, base).for_finding(FINDING)] == [SAID.id]
