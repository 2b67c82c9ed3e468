"""`python -m benchmarks timeline`: what is counted of reviews, on made changes and on a small recorded repository."""

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks._timeline_measure import LOWEST, Place, Replayed, Tally
from benchmarks._timeline_replay import Played, replay, spread
from benchmarks._timeline_review import LEARNED, PRIOR, PROMOTED, Prior
from hypothesis import given
from hypothesis import strategies as st
from tests.github.fake import start_fake
from tests.github.replay import COMMENTS, PULLS
from tests.repositories import commit, git, make_repository

from benchmarks import _timeline_measure as measure
from benchmarks import _timeline_report as report
from benchmarks import timeline
from reviewlore.adapters import resources
from reviewlore.diff import parse_diff
from reviewlore.domain.calibration import Calibrations
from reviewlore.ranking.model import RankerModel

DIFF = """\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,3 +1,5 @@
 one
-two
+two, better
+two and a half
+two and three quarters
 three
@@ -20,2 +22,2 @@
-twenty
+TWENTY
 twenty-one
diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-bye
diff --git a/old.py b/new.py
similarity index 90%
rename from old.py
rename to new.py
--- a/old.py
+++ b/new.py
@@ -3,2 +3,3 @@
 x
+y
 z
"""
PATCHES = parse_diff(DIFF)
HUNKS = measure.hunks_of(PATCHES)


@pytest.mark.parametrize(
    ("place", "index"),
    [
        (Place("a.py", 3), 0), (Place("a.py", 22), 1), (Place("a.py", 10), None), (Place("a.py", 2, "LEFT"), 0),
        (Place("old.py", 3, "LEFT"), 3), (Place("old.py", 3), None), (Place("new.py", 4), 3),
        (Place("gone.py", 1, "LEFT"), 2), (Place("a.py", None), None),
    ],
)  # fmt: skip
def test_a_place_lies_in_the_hunk_that_shows_it(place: Place, index: int | None) -> None:
    assert measure.find_hunk(HUNKS, place) == index


@pytest.mark.parametrize(
    ("line", "now"),
    [(1, 1), (2, 2), (3, 5), (4, 6), (19, 21), (20, 22), (21, 23), (30, 32)],
)
def test_a_line_is_carried_over_a_diff(line: int, now: int) -> None:
    assert measure.carry_line(PATCHES, Place("a.py", line)) == Place("a.py", now)


def test_a_line_goes_with_its_file() -> None:
    assert measure.carry_line(PATCHES, Place("old.py", 4)) == Place("new.py", 5)
    assert measure.carry_line(PATCHES, Place("gone.py", 1)) is None
    assert measure.carry_line(PATCHES, Place("untouched.py", 9)) == Place("untouched.py", 9)


def test_carrying_over_hunks_without_context_agrees_with_git(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "r")
    before = [f"line {number}" for number in range(1, 30)]
    after = [*before[:4], "new", "newer", *before[4:10], *before[13:20], "TWENTY", *before[21:]]
    for rows in (before, after):
        commit(folder, {"a.py": "\n".join(rows) + "\n"}, "Write")
    for context in ("-U0", "-U3"):
        patches = parse_diff(git(folder, "diff", context, "HEAD^", "HEAD") + "\n")
        for number, row in enumerate(before, 1):
            place = measure.carry_line(patches, Place("a.py", number))
            assert place is not None and place.line is not None
            assert row not in after or after[place.line - 1] == row
            assert measure.is_changed(patches, Place("a.py", number)) is (row not in after)


def test_what_was_changed_before_the_merge() -> None:
    assert [measure.is_changed(PATCHES, Place("a.py", line)) for line in (1, 2, 20, 21)] == [False, True, True, False]
    assert measure.is_changed(PATCHES, Place("a.py", 3, first=1)) is True
    assert measure.is_changed(PATCHES, Place("gone.py", 1)) is True
    assert measure.is_changed(PATCHES, Place("elsewhere.py", 1)) is False
    assert measure.is_changed(PATCHES, Place("a.py", 2, "LEFT")) is None
    assert measure.is_changed(PATCHES, Place("a.py", None)) is None


def test_lines_are_found_again_where_they_are_nearest() -> None:
    text = "a\nb\nx\na\nb\n"
    assert measure.find_lines(text, ["a", "b"], 1) == 2
    assert measure.find_lines(text, ["a", "b"], 9) == 5
    assert measure.find_lines(text, ["b", "a"], 1) is None
    assert measure.find_lines(text, [], 1) is None


def test_the_area_under_the_curve_counts_ties_half() -> None:
    assert measure.roc_auc([1, 2, 3, 4], [False, False, True, True]) == 1.0
    assert measure.roc_auc([4, 3, 2, 1], [False, False, True, True]) == 0.0
    assert measure.roc_auc([LOWEST] * 4, [True, False, True, False]) == 0.5
    assert measure.roc_auc([1, 2], [True, True]) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_the_area_is_the_chance_that_a_positive_is_above_a_negative(rows: list[tuple[int, bool]]) -> None:
    good, bad = ([score for score, label in rows if label is wanted] for wanted in (True, False))
    found = measure.roc_auc([score for score, _ in rows], [label for _, label in rows])
    if not good or not bad:
        assert found is None
        return
    wins = sum((one > other) + 0.5 * (one == other) for one, other in itertools.product(good, bad))
    assert found == pytest.approx(wins / (len(good) * len(bad)))


def test_a_hunk_of_which_nothing_is_said_has_the_lowest_score() -> None:
    said = [(Place("a.py", 2), 0.2), (Place("a.py", 3), 0.7), (Place("a.py", 99), 0.9), (Place("new.py", 4), -3.0)]
    assert measure.best_scores(said, HUNKS) == [0.7, LOWEST, LOWEST, -3.0]


def test_the_first_hunk_is_drawn_by_lot_where_scores_tie() -> None:
    assert measure.top_share([0.1, 0.9, 0.2], [False, True, False]) == 1.0
    assert measure.top_share([LOWEST] * 4, [True, False, False, False]) == 0.25


def test_hunks_by_lot_land_as_often_as_people_spoke() -> None:
    assert measure.by_lot(3, [True, False, False, False]) == Tally(comments=3, landed=0.75)


def test_comments_are_counted_by_hunk_and_by_fate() -> None:
    places = [Place("a.py", 2), Place("a.py", 22), Place("new.py", 4), Place("a.py", None)]
    fates = dict(zip(places, (True, False, None, None), strict=True))
    found = measure.tally(places, HUNKS, [True, False, False, True], fates.get)
    assert found == Tally(comments=4, landed=2, judged=2, changed=1)


def test_without_ranking_the_first_of_the_diff_are_said() -> None:
    places = [Place("x", 1), Place("new.py", 4), Place("a.py", 22), Place("a.py", 3), Place("a.py", 2)]
    assert measure.in_order(places, HUNKS, 3) == [Place("a.py", 2), Place("a.py", 3), Place("a.py", 22)]
    assert measure.in_order(places, HUNKS, 9)[-1] == Place("x", 1)


def test_random_draws_are_as_many_and_the_same_again() -> None:
    places = [Place("a.py", line) for line in (1, 2, 3, 22)]
    drawn: list[list[Place]] = []

    def count(some: list[Place]) -> Tally:
        drawn.append(some)
        return Tally(len(some), sum(place.line == 22 for place in some))

    first = measure.draw(places, 2, "seed", 50, count)
    assert first.comments == 2.0 and 0.2 < first.landed < 0.8  # half of all pairs hold any one place
    assert len({tuple(map(repr, some)) for some in drawn}) > 1 and all(len(set(some)) == 2 for some in drawn)
    assert measure.draw(places, 2, "seed", 50, count) == first
    assert measure.draw(places, 9, "seed", 5, count).comments == 4.0


def test_a_share_is_of_all_comments_and_its_interval_of_pull_requests() -> None:
    told = measure.ratio([(1, 1), (0, 3)] * 20, seed=1, resamples=300)
    assert told["value"] == 0.25 and told["of"] == 80
    assert 0.1 < told["low"] < 0.25 < told["high"] < 0.45  # type: ignore[operator]
    assert measure.ratio([(0, 0)], 1, 10) == {"value": None, "low": None, "high": None, "of": 0}
    assert measure.mean([], 1, 10)["value"] is None


def test_those_reviewed_are_spread_evenly() -> None:
    assert spread(3, 5) == [0, 1, 2]
    assert spread(11, 3) == [0, 5, 10]
    assert spread(9, 1) == [0] and spread(0, 4) == []


def made(number: int, share: float, comments: int, landed: int, how: str = "first_remark") -> Replayed:
    record = Replayed("octo/r", number, share, how, True, number, [True, False])
    for name in ("", "; silent kinds too"):
        for arm in (PRIOR, LEARNED, PROMOTED, *(f"baseline: {one}" for one in BASELINES)):
            record.arms[arm + name] = Tally(comments, landed, comments, 0)
        record.scores[PRIOR + name] = [1.0, 0.0]
    record.scores["baseline: lines added"] = [0.0, 1.0]
    return record


BASELINES = ("no ranking", "random, as many as learned", "all facts")


def test_figures_of_made_records() -> None:
    records = [made(1, 0.0, 2, 1), made(2, 0.5, 0, 0), made(3, 1.0, 2, 2)]
    told = report.summarise(records, 50)
    arm = told["arms"][LEARNED]
    assert (arm["comments_per_pull_request"]["value"], arm["silent"]["value"]) == (1.3333, 0.3333)
    assert (arm["landed"]["value"], arm["landed"]["of"], arm["changed"]["value"]) == (0.75, 4, 0.0)
    assert told["hunk_scores"][PRIOR]["within"]["value"] == 1.0
    assert told["hunk_scores"]["baseline: lines added"]["pooled"] == 0.0
    assert [step["pull_requests"] for step in told["curve"]] == [1, 0, 1, 0, 1]
    assert [step["arms"][LEARNED]["landed"]["value"] for step in told["curve"]] == [0.5, None, None, None, 1.0]
    assert "0.750 [" in report.table(told) and "of 4" in report.table(told)
    assert report.curve_table(told, [LEARNED], [PRIOR]).count("landed") == report.BINS
    # Compared where both say something: once half, once all of its comments land, for both.
    assert report.differences(records, LEARNED, PRIOR, 50)["landed"]["value"] == 0.0


def test_an_earlier_run_is_counted_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    records = (made(1, 0.0, 2, 1), made(2, 1.0, 3, 0, how="head"))
    written, plot = tmp_path / "rows.json", tmp_path / "curve.svg"
    written.write_text(json.dumps(timeline._rows({"octo/r": Played(records, {"learned": 2})})))
    options = ["--again", str(written), "--output", str(written), "--plot", str(plot), "--resamples", "20"]
    said = []
    for _ in range(2):
        assert timeline.main(options) == 0
        said.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
    first, second = ({**each, "seconds": None} for each in said)
    assert first == second
    assert first["pull_requests"] == 2 and first["as_first_seen"]["pull_requests"] == 1
    assert first["arms"][LEARNED]["landed"] | {"low": 0, "high": 0} == {"value": 0.2, "of": 5, "low": 0, "high": 0}
    assert first["tiers_not_run"] == {"prompt": "not run: no model here", "adapter": "not run: no model here"}
    assert plot.read_text().count("<svg") == 1


def test_without_clones_it_says_what_it_could_not_measure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REVIEWLORE_CLONES", str(tmp_path))
    assert timeline.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["not_measured"] == ["timeline"]


NAME = "octo/recorded"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Two pull requests, one after the other: each adds a function without a test, and is merged with changes."""
    folder = make_repository(tmp_path / "clone")
    body = "def start():\n    return 1\n"
    files = {f"app/{name}.py": body for name in ("one", "two", "core")}
    tests = {f"tests/test_{name}.py": "def test_start(): ...\n" for name in ("one", "two", "core")}
    commit(folder, {"app/__init__.py": "", **files, **tests}, "Start")
    for name in ("one", "two"):
        git(folder, "checkout", "-q", "-b", f"add-{name}", "main")
        added = f"{body}\n\ndef run():\n    value = start()\n    return value\n"
        commit(folder, {f"app/{name}.py": added}, f"Add run to {name}")
        commit(folder, {f"app/{name}.py": added.replace("value = start()\n    return value", "return start()")}, "Fix")
        git(folder, "checkout", "-q", "main")
        git(folder, "merge", "-q", "--no-ff", "-m", f"Merge {name}", f"add-{name}")
    return folder


@pytest.fixture
def recorded(clone: Path, tmp_path: Path) -> Path:
    pulls, comments = [], []
    for number, name in enumerate(("one", "two"), 1):
        first, head = (git(clone, "rev-parse", f"add-{name}{end}") for end in ("^", ""))
        merge = git(clone, "log", "--merges", "-1", "--format=%H", f"--grep=Merge {name}", "main")
        # Merged when git says so; people spoke of the first before, and of the second long after.
        when = f"{2020 if number == 1 else 2050}-01-02T10:00:00Z"
        common = {"repo": NAME, "pr_number": number, "pr_author": "user-9"}
        ends = {"base_sha": git(clone, "rev-parse", f"{first}^"), "head_sha": head, "merge_sha": merge}
        pulls.append({**common, **ends, "title": None, "first_comment_at": when})
        hunk = "@@ -1,2 +1,7 @@\n def start():\n     return 1\n+\n+\n+def run():\n+    value = start()"
        remark = {
            **common, "comment_id": number, "path": f"app/{name}.py", "line": 6, "side": "RIGHT", "diff_hunk": hunk,
            "body": "Return the call itself, the name says nothing.", "author_role": None, "author": "user-1",
            "created_at": when, "outcome": "addressed", "replies": [], "original_commit": first,
        }  # fmt: skip
        comments += [remark, {**remark, "comment_id": 10 + number, "author": "user-9", "line": 1}]
    for file, rows in ((PULLS, pulls), (COMMENTS, comments)):
        with gzip.open(tmp_path / file, "wt", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(row)}\n" for row in rows)
    return tmp_path


@pytest.fixture
def played(clone: Path, recorded: Path, tmp_path: Path) -> Played:
    model: Any = json.loads(resources.load_prior())
    prior = Prior(RankerModel.from_json(model), Calibrations("prior"))
    with start_fake() as past, start_fake() as present:
        return replay(NAME, clone, recorded, tmp_path, prior, 5, (past, present))


def test_a_repository_is_replayed_in_time_order(played: Played) -> None:
    first, second = played.records
    assert [(record.number, record.share, record.how) for record in played.records] == [
        (1, 0.0, "first_remark"), (2, 1.0, "first_remark"),
    ]  # fmt: skip
    assert (first.learned, second.learned, first.revised) == (0, 1, True)  # the first was mined before the second
    assert (first.deserved, first.people, first.unplaced) == ([True], 1, 0)  # the author's own remark is no review
    assert first.version == second.version == "prior"
    assert played.learning["recorded"] == 2 and played.learning["left_out"] == {}
    for record in played.records:
        said = record.arms["baseline: all facts; silent kinds too"]
        assert said.comments >= 1 and said.landed == said.comments  # the missing test is said, on the only hunk
        assert record.arms[PRIOR].landed == record.arms[PRIOR].comments
        assert record.scores["baseline: lines added"] == [5.0]
