"""Other tools' findings on the lines of a change: where they are pinned, and which have no place there."""

from typing import Any

import pytest

from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.foreign import ForeignFinding
from reviewlore.domain.history import Anchor
from reviewlore.stages.review.foreign import Pinner, find_foreign_candidates, rule_of

DIFF = """\
diff --git a/src/a.py b/src/a.py
--- a/src/a.py
+++ b/src/a.py
@@ -1,3 +1,4 @@
 one
+two
 three
 four
@@ -20,2 +21,3 @@ def f():
 twenty
+new
 last
diff --git a/src/gone.py b/src/gone.py
deleted file mode 100644
--- a/src/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/lib/src/a.py b/lib/src/a.py
new file mode 100644
--- /dev/null
+++ b/lib/src/a.py
@@ -0,0 +1 @@
+y
"""
PATCHES: tuple[FilePatch, ...] = parse_diff(DIFF)


def finding(path: str = "src/a.py", line: int | None = 2, start: int | None = None, **more: Any) -> ForeignFinding:
    values = {"key": (0,), "tool": "linty", "rule": "B1", "body": "Use of eval. Call the parser."} | more
    return ForeignFinding(path=path, line=line, start_line=start, **values)


@pytest.mark.parametrize(
    ("asked", "place", "anchor"),
    [
        (finding(), "in_diff", Anchor("src/a.py", 2)),
        (finding(line=4, start=1), "in_diff", Anchor("src/a.py", 4, "RIGHT", 1)),
        (finding(line=10, start=3), "in_diff", Anchor("src/a.py", 4, "RIGHT", 3)),
        (finding(line=22, start=2), "in_diff", Anchor("src/a.py", 22)),
        (finding(line=500, start=1), "in_diff", Anchor("src/a.py", 23)),
        (finding(line=10), "line_not_in_diff", Anchor("src/a.py", 10)),
        (finding(line=20, start=5), "line_not_in_diff", Anchor("src/a.py", 20)),
        (finding(line=None), "whole_file", Anchor("src/a.py", 2)),
        (finding("/home/ci/work/src/a.py"), "in_diff", Anchor("src/a.py", 2)),
        (finding("/home/ci/lib/src/a.py", 1), "in_diff", Anchor("lib/src/a.py", 1)),
        (finding("C:\\ci\\src\\a.py"), "in_diff", Anchor("src/a.py", 2)),
        (finding("a.py"), "file_not_in_diff", Anchor("a.py", 2)),
        (finding("src/gone.py", 1), "file_not_in_diff", Anchor("src/gone.py", 1)),
    ],
)
def test_a_finding_is_pinned_to_the_last_of_its_lines_that_the_change_shows(
    asked: ForeignFinding, place: str, anchor: Anchor
) -> None:
    pinned = Pinner(PATCHES).pin(asked)
    assert (pinned.place, pinned.anchor) == (place, anchor)
    assert bool(pinned.hunk) == (place in ("in_diff", "whole_file"))


def test_the_hunk_ends_where_the_finding_is() -> None:
    assert Pinner(PATCHES).pin(finding()).hunk == "@@ -1,3 +1,4 @@\n one\n+two"


def test_candidates_are_foreign_and_the_rest_is_counted_by_reason() -> None:
    asked = [finding(), finding("x.py"), finding(line=10), finding("lib/src/a.py", 1)]
    (found,), dropped = find_foreign_candidates(asked, PATCHES, frozenset({"lib/src/a.py"}))
    assert (found.source, found.rule, found.title, found.why) == (
        "foreign", "foreign/linty/B1", "Use of eval.", "Call the parser.",
    )  # fmt: skip
    assert (found.severity, found.probability) == ("warning", None)
    assert [each.reason for each in dropped] == ["file_not_in_diff", "line_not_in_diff", "path_excluded"]


def test_the_same_words_again_keep_an_id_of_their_own_and_ids_outlive_moved_lines() -> None:
    first, _ = find_foreign_candidates([finding(), finding(line=3)], PATCHES)
    moved, _ = find_foreign_candidates([finding(line=4), finding(line=22)], PATCHES)
    assert [each.id for each in first] == [each.id for each in moved]
    assert len({each.id for each in first}) == 2


def test_no_more_than_a_review_can_look_at() -> None:
    kept, dropped = find_foreign_candidates([finding(body=f"{n}") for n in range(2_100)], PATCHES)
    assert len(kept) == 2_000
    assert {each.reason for each in dropped} == {"over_foreign_limit"}


@pytest.mark.parametrize(
    ("tool", "rule", "name"),
    [
        ("CodeQL", "py/eval", "foreign/CodeQL/py-eval"),
        ("a b<script>", "", "foreign/a-b-script"),
        ("@team", "`x`\n/lore", "foreign/team/x-lore"),
        ("", "..", "foreign"),
        ("t" * 500, "r" * 500, f"foreign/{'t' * 40}/{'r' * 40}"),
    ],
)
def test_a_rules_name_is_of_harmless_characters(tool: str, rule: str, name: str) -> None:
    assert rule_of(finding(tool=tool, rule=rule)) == name


def test_a_body_of_any_length_is_bounded() -> None:
    (found,), _ = find_foreign_candidates([finding(body="x" * 1_000_000)], PATCHES)
    assert len(found.title) == 8_000
