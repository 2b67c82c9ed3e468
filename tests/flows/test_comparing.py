"""Any version by its name, and two of them on one change: asked once for each remark, whoever judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.fakes.runner import FakeStore
from tests.fakes.versions import STATE, add_version, contrary
from tests.repositories import commit, git, make_repository

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.index import SqliteIndex
from reviewlore.adapters.store import GitStore
from reviewlore.domain.calibration import UNCALIBRATED, Calibration, Calibrations
from reviewlore.domain.model import VersionManifest
from reviewlore.domain.preference import Remark
from reviewlore.errors import MissingExtra, RefusedError
from reviewlore.flows.comparing import compare_versions, load_named
from reviewlore.flows.review import ReviewContext
from reviewlore.flows.scoring import Judgement
from reviewlore.flows.subject import Circumstances

ROWS = (
    '{"path": "shop/cart.py", "line": 2, "body": "Remove this print, please."}\n'
    '{"path": "shop/cart.py", "line": 3, "body": "Start with a float here."}\n'
    '{"path": "shop/cart.py", "line": 4, "body": "Say why the loop is needed."}\n'
)


@dataclass
class Ordered:
    """A scorer that likes words in an order of its own, and remembers what it was asked."""

    version: str
    likes: tuple[str, ...]
    tier: str = "embedded"
    asked: list[Remark] = field(default_factory=list)

    def score(self, remarks: Sequence[Remark]) -> list[float]:
        self.asked += remarks
        places = {word: -float(place) for place, word in enumerate(self.likes)}
        return [next((value for word, value in places.items() if word in each.body), -9.0) for each in remarks]


class NoTorch:
    """An adapter trainer on a machine without the model extra."""

    def scorer(self, manifest: VersionManifest, files: Mapping[str, bytes]) -> object:
        raise MissingExtra("Asking an adapter needs the model extra.")


def context_of(folder: Path, scorer: Ordered, calibrations: Calibrations = UNCALIBRATED) -> ReviewContext:
    return ReviewContext(
        "octo/shop", GitRepo(folder), FakeStore(), Grammars(), scorer, SqliteIndex, QuietConsole(),
        calibrations=calibrations,
    )  # fmt: skip


@pytest.fixture
def change(tmp_path: Path) -> tuple[Path, str, str]:
    folder = make_repository(tmp_path / "shop")
    files = {".reviewlore.toml": "[review]\nmax-comments = 1\n", "shop/__init__.py": ""}
    base = commit(folder, files)
    head = commit(folder, {"shop/cart.py": "def total(items):\n    print(items)\n    value = 0\n    return value\n"})
    return folder, base, head


def known() -> Circumstances:
    return Circumstances(foreign={"rows.jsonl": ROWS.encode()})


def test_each_says_what_it_likes_best_and_is_asked_once(change: tuple[Path, str, str]) -> None:
    folder, base, head = change
    one, other = Ordered("one", ("print", "float", "loop")), Ordered("other", ("loop", "float", "print"))
    found = compare_versions(context_of(folder, one), base, head, Judgement(other, UNCALIBRATED), known())
    foreign = [row for row in (*found.only_first, *found.only_second) if row.finding.source == "foreign"]
    assert [row.finding.anchor.line for row in foreign] == [2, 4]
    assert [(row.first.place, row.second.place) for row in foreign] == [(1, None), (None, 1)]
    assert [(row.first.reason, row.second.reason) for row in foreign] == [("", "over_cap"), ("over_cap", "")]
    assert [(row.first.rank, row.second.rank) for row in foreign] == [(1, 3), (3, 1)]
    assert foreign[0].first.probability is None
    assert (found.first.version, found.second.version, found.first.said) == ("one", "other", 1)
    for scorer in (one, other):
        assert len(scorer.asked) == len(set(scorer.asked)) == found.candidates


def test_what_both_say_is_said_by_neither_alone(change: tuple[Path, str, str]) -> None:
    folder, base, head = change
    one, other = Ordered("one", ("print",)), Ordered("other", ("print", "float"))
    found = compare_versions(context_of(folder, one), base, head, Judgement(other, UNCALIBRATED), known())
    assert [row.finding.anchor.line for row in found.both] == [2]
    assert (found.only_first, found.only_second, found.neither) == ((), (), ())
    assert found.first.dropped == found.second.dropped


def test_what_both_drop_for_different_reasons_and_notes_of_one(change: tuple[Path, str, str]) -> None:
    folder, base, head = change
    curve = Calibration(slope=1.0, intercept=0.0, count=10, groups=2, addressed=0.5, error=0.0, brier=0.2, auc=0.5)
    one, other = Ordered("one", ("print", "float")), Ordered("other", ("print", "float"))
    calibrated = Judgement(other, Calibrations("other", bots=curve))
    found = compare_versions(context_of(folder, one), base, head, calibrated, known())
    assert found.first.notes == ()
    (note,) = found.second.notes
    assert note.startswith("On held-out remarks no score reached the target precision")
    assert found.both[0].first.probability is None
    assert found.both[0].second.probability == pytest.approx(0.5)


def test_an_empty_change_has_nothing_to_compare(change: tuple[Path, str, str]) -> None:
    folder, base, _ = change
    one, other = Ordered("one", ()), Ordered("other", ())
    found = compare_versions(context_of(folder, one), base, base, Judgement(other, UNCALIBRATED))
    assert (found.candidates, found.both, found.files_reviewed, one.asked) == (0, (), 0, [])


def test_a_version_is_not_compared_with_itself(change: tuple[Path, str, str]) -> None:
    folder, base, head = change
    one = Ordered("one", ())
    with pytest.raises(RefusedError, match="one is the version in force: name another one"):
        compare_versions(context_of(folder, one), base, head, Judgement(one, UNCALIBRATED))


def test_any_version_is_loaded_by_its_name(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "state")
    commit(folder, {"a": "1"})
    add_version(folder, "embedded-old")
    add_version(folder, "embedded-new", active=True)
    add_version(folder, "adapter-1", tier="adapter")
    store = GitStore(GitRepo(folder), STATE)
    curve = Calibration(slope=1.0, intercept=0.0, count=10, groups=2, addressed=0.5, error=0.0, brier=0.2, auc=0.5)
    shipped, calibrations = contrary(), Calibrations("prior", people=curve)
    load = lambda name: load_named(store, name, shipped, calibrations, NoTorch())  # type: ignore[arg-type] # noqa: E731
    assert load("prior") == Judgement(load("prior").scorer, calibrations)
    assert load("prior").scorer.model is shipped  # type: ignore[attr-defined]
    old = load("embedded-o")
    assert (old.version, old.tier) == ("embedded-old", "embedded")
    assert (old.calibrations.people, old.calibrations.borrowed) == (curve, ("people",))
    with pytest.raises(RefusedError, match="Version 'embedded' is ambiguous"):
        load("embedded")
    with pytest.raises(MissingExtra):
        load("adapter-1")
    git(folder, "update-ref", "-d", STATE)
    with pytest.raises(RefusedError, match="none yet: run `reviewlore train` first"):
        load("embedded-old")
