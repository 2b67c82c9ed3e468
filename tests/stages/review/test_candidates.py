"""Facts become comments on lines GitHub accepts, or are counted."""

from reviewlore.diff import parse_diff
from reviewlore.domain.architecture import Fact
from reviewlore.stages.review.candidates import make_findings

PATCHES = {
    patch.path: patch
    for patch in parse_diff(
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -10,2 +10,3 @@ def f():\n x\n+y\n z\n"
        "diff --git a/gone.py b/gone.py\ndeleted file mode 100644\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "diff --git a/only.py b/only.py\n--- a/only.py\n+++ b/only.py\n@@ -1,3 +1,2 @@\n a\n-b\n c\n"
    )
}


def fact(path: str, line: int | None) -> Fact:
    return Fact("new_edge", path, line, "title", "why", "advice", "warning", 0.9, f"id-{path}-{line}")


def test_a_fact_keeps_its_own_line_where_the_diff_shows_it() -> None:
    (finding,), dropped = make_findings([fact("a.py", 12)], PATCHES)
    assert (finding.anchor.line, finding.rule, finding.id) == (12, "architecture/new_edge", "id-a.py-12")
    assert finding.hunk == "@@ -10,2 +10,3 @@ def f():\n x\n+y\n z"
    assert dropped == ()


def test_a_fact_of_the_file_goes_to_its_first_added_line() -> None:
    findings, _ = make_findings([fact("a.py", None), fact("a.py", 400)], PATCHES)
    assert [finding.anchor.line for finding in findings] == [11, 11]


def test_a_fact_of_the_file_stands_on_a_line_that_says_something() -> None:
    blank = "diff --git a/b.py b/b.py\n--- a/b.py\n+++ b/b.py\n@@ -3,2 +3,5 @@\n x\n+\n+\t\n+class B:\n z\n"
    empty = "diff --git a/c.py b/c.py\n--- a/c.py\n+++ b/c.py\n@@ -1 +1,2 @@\n+\n x\n"
    patches = {patch.path: patch for patch in parse_diff(blank + empty)}
    findings, _ = make_findings([fact("b.py", None), fact("c.py", None)], patches)
    assert [finding.anchor.line for finding in findings] == [6, 1]


def test_a_file_that_only_loses_lines_takes_a_context_line() -> None:
    (finding,), _ = make_findings([fact("only.py", None)], PATCHES)
    assert finding.anchor.line == 1


def test_what_the_diff_does_not_show_is_counted() -> None:
    findings, dropped = make_findings([fact("gone.py", 1), fact("elsewhere.py", 1)], PATCHES)
    assert findings == ()
    assert [(item.rule, item.reason) for item in dropped] == [("architecture/new_edge", "not_in_diff")] * 2


def test_a_fact_on_an_excluded_path_is_counted_as_that() -> None:
    findings, dropped = make_findings([fact("a.py", 12)], {}, frozenset({"a.py"}))
    assert findings == ()
    assert [item.reason for item in dropped] == ["path_excluded"]
