import difflib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.records import DIFF, a_finding, a_review

from reviewlore.diff import parse_diff
from reviewlore.domain.history import Anchor
from reviewlore.formats.placement import place_findings


def test_every_finding_stands_under_its_line():
    files, unplaced = place_findings(parse_diff(DIFF), a_review().findings)
    assert unplaced == ()
    assert [file.path for file in files] == [
        "src/shop/api/orders.py",
        "src/shop/services/refunds.py",
        "docs/logo.png",
        "docs/new name.md",
    ]
    rows = [row for hunk in files[0].hunks for row in hunk.rows if row.findings]
    assert [(row.kind, row.left, row.right, row.text) for row in rows] == [
        ("added", None, 4, "from shop.storage.tables import ORDERS"),
        ("added", None, 29, "    except Exception:"),
    ]
    assert [finding.rule for finding in files[1].findings] == ["architecture/test_partner_missing"]
    assert [(file.added, file.removed, file.commented) for file in files] == [
        (12, 2, 2),
        (6, 0, 1),
        (0, 0, 0),
        (1, 1, 0),
    ]
    assert files[2].binary
    assert (files[3].status, files[3].old_path) == ("renamed", "docs/old name.md")


def test_line_numbers_count_each_side_apart():
    files, _ = place_findings(parse_diff(DIFF), ())
    rows = files[0].hunks[0].rows
    assert [(row.left, row.right) for row in rows] == [
        (1, 1), (2, 2), (3, None), (None, 3), (None, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, None), (None, 9),
    ]  # fmt: skip


def test_a_remark_on_a_removed_line_stands_under_the_removed_line():
    finding = replace(a_finding(), anchor=Anchor("src/shop/api/orders.py", 3, "LEFT"))
    files, unplaced = place_findings(parse_diff(DIFF), [finding])
    rows = [row for row in files[0].hunks[0].rows if row.findings]
    assert unplaced == ()
    assert [(row.kind, row.left) for row in rows] == [("removed", 3)]


def test_findings_outside_the_diff_come_back_apart():
    outside = replace(a_finding(), id="x", anchor=Anchor("src/shop/api/orders.py", 15))
    elsewhere = replace(a_finding(), id="y", anchor=Anchor("README.md"))
    files, unplaced = place_findings(parse_diff(DIFF), [outside, elsewhere])
    assert unplaced == (outside, elsewhere)
    assert not any(file.commented for file in files)


def test_only_long_files_without_findings_are_cut():
    files, _ = place_findings(parse_diff(DIFF), a_review().findings, max_rows=2)
    assert [file.unshown for file in files] == [0, 0, 0, 1]
    assert sum(len(hunk.rows) for hunk in files[3].hunks) == 2


LINES = st.lists(
    st.sampled_from(["alpha\n", "beta\n", "+plus\n", "-minus\n", "@@ at\n", "\n", "tab\t\r\n"]), max_size=25
)


@given(LINES, LINES)
def test_rows_carry_exactly_the_lines_a_comment_can_be_pinned_to(old, new):
    text = "".join(difflib.unified_diff(old, new, "a/f.py", "b/f.py", n=3))
    patches = parse_diff(text)
    files, _ = place_findings(patches, ())
    for patch, file in zip(patches, files, strict=True):
        for hunk, view in zip(patch.hunks, file.hunks, strict=True):
            assert frozenset(row.left for row in view.rows if row.left is not None) == hunk.left
            assert frozenset(row.right for row in view.rows if row.right is not None) == hunk.right
            assert {row.right for row in view.rows if row.kind == "added"} == hunk.added
            assert {row.left for row in view.rows if row.kind == "removed"} == hunk.removed
            for row in view.rows:
                side, number = (new, row.right) if row.right is not None else (old, row.left)
                assert row.text == side[number - 1].rstrip("\r\n")
