"""Outcomes from weighted evidence: code first, then words; a reply alone is weak; silence is unknown."""

import difflib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.history import Anchor, Episode, OutcomeEvidence, RawRemark, Reply
from reviewlore.domain.patch import PatchFile
from reviewlore.formats.patches import parse_patch
from reviewlore.stages.outcome import (
    CodeChange,
    FileVersions,
    anchored_code,
    carry_over,
    compare,
    decide_outcome,
    find_suggestions,
    label,
)

FILE = [f"value_{number} = {number}" for number in range(1, 31)]
SEEN = "\n".join(FILE) + "\n"


def raw_at(line: int, *, start: int | None = None, body: str = "Rename this.", side: str = "RIGHT") -> RawRemark:
    """A remark on lines that the pull request had added."""
    rows = "\n".join(f"+{row}" for row in FILE[: line or 1])
    return RawRemark(
        repository="o/r", pull_request=1, comment_id="1", path="a.py", hunk=f"@@ -0,0 +1,{line} @@\n{rows}", body=body,
        author="reviewer", author_is_bot=False, pull_request_author="author", created_at="2026-01-01T00:00:00Z",
        line=line, start_line=start,
    )  # fmt: skip


RAW = raw_at(10)


def patch_of(before: str, after: str) -> PatchFile | None:
    rows = list(difflib.unified_diff(before.split("\n"), after.split("\n"), "a/a.py", "b/a.py", lineterm=""))
    found = parse_patch("\n".join(["diff --git a/a.py b/a.py", *rows]).encode() if rows else b"")
    return found[0] if found else None


def edited(changes: dict[int, list[str]], before: list[str] = FILE) -> str:
    """The file with some 1-based lines replaced."""
    rows = [row for number, line in enumerate(before, 1) for row in changes.get(number, [line])]
    return "\n".join(rows) + "\n"


def change(after: str, raw: RawRemark = RAW, before: str = SEEN) -> CodeChange:
    return compare(raw, FileVersions(True, before, after, patch_of(before, after)))


def kinds(
    raw: RawRemark, found: CodeChange | None, votes: tuple[OutcomeEvidence, ...] = ()
) -> tuple[str, str, list[str]]:
    outcome, confidence, evidence = label(raw, found, votes)
    return outcome, confidence, [item.kind for item in evidence]


def test_nothing_known_is_unknown() -> None:
    assert kinds(RAW, None) == ("unknown", "low", [])
    assert kinds(RAW, CodeChange()) == ("unknown", "low", [])


def test_an_identical_file_is_ignored() -> None:
    assert kinds(RAW, change(SEEN)) == ("ignored", "high", ["file_identical"])
    assert anchored_code(change(SEEN), RAW) == ("value_10 = 10", "value_10 = 10")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({10: ["total = 10"]}, ("addressed", "high", ["lines_changed"])),
        ({10: []}, ("addressed", "medium", ["lines_removed"])),
        ({9: [], 10: ["total = 9"]}, ("addressed", "high", ["lines_changed"])),
        ({10: ["    value_10  =  10"]}, ("addressed", "medium", ["lines_reformatted"])),
        ({10: [], 20: ["value_20 = 20", "  value_10 = 10"]}, ("addressed", "medium", ["lines_moved"])),
        ({10: ["first", "value_10 = 10"]}, ("addressed", "medium", ["lines_inserted"])),
        ({10: ["value_10 = 10", "behind"]}, ("addressed", "medium", ["lines_inserted"])),
        ({8: ["x"]}, ("addressed", "low", ["nearby_changed"])),
        ({13: ["x"]}, ("addressed", "low", ["nearby_changed"])),
        ({14: ["x"]}, ("ignored", "medium", ["lines_untouched"])),
        ({6: ["x"]}, ("ignored", "medium", ["lines_untouched"])),
        ({3: ["x"]}, ("ignored", "medium", ["lines_untouched"])),
    ],
)  # fmt: skip
def test_what_counts_is_where_the_file_changed(
    changes: dict[int, list[str]], expected: tuple[str, str, list[str]]
) -> None:
    assert kinds(RAW, change(edited(changes))) == expected


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({10: ["total = 10", "more"]}, "total = 10\nmore"),
        ({10: []}, ""),
        ({3: ["a", "b", "c"], 10: ["total = 10"]}, "total = 10"),
        ({3: [], 25: []}, "value_10 = 10"),
        ({10: ["before", "value_10 = 10", "behind"]}, "before\nvalue_10 = 10\nbehind"),
        ({9: ["x", "y"], 11: []}, "value_10 = 10"),
    ],
)
def test_the_commented_lines_are_told_as_seen_and_as_merged(changes: dict[int, list[str]], after: str) -> None:
    assert anchored_code(change(edited(changes)), RAW) == ("value_10 = 10", after)


def test_no_more_than_forty_lines_are_kept() -> None:
    found = change(edited({10: [f"row_{number}" for number in range(99)]}))
    assert (found.after or "").count("\n") == 39


def test_a_range_is_changed_where_any_of_its_lines_is() -> None:
    raw = raw_at(10, start=5)
    found = change(edited({6: ["x"]}), raw)
    assert kinds(raw, found)[0] == "addressed"
    assert found.before == "\n".join(FILE[4:10])
    assert found.after == "\n".join([FILE[4], "x", *FILE[6:10]])


def test_lines_are_found_by_their_words_where_the_numbers_are_off() -> None:
    raw = replace(raw_at(10), line=7)
    assert kinds(raw, change(edited({10: ["x"]}), raw))[2] == ["lines_changed"]
    assert kinds(raw, change(edited({7: ["x"]}), raw))[2] == ["nearby_changed"]


def test_what_the_base_branch_did_is_not_the_pull_requests() -> None:
    raw = replace(RAW, hunk=RAW.hunk.replace("\n+", "\n "))
    after = edited({10: ["total_of_all = 10"]})
    patch = patch_of(SEEN, after)
    assert patch is not None
    versions = FileVersions(True, SEEN, after, patch, patch.hunks)
    assert kinds(raw, compare(raw, versions)) == ("ignored", "medium", ["lines_untouched"])
    assert anchored_code(compare(raw, versions), raw) == ("value_10 = 10", "total_of_all = 10")
    both = edited({10: ["total_of_all = 10"], 11: ["another = 11"]})
    mixed = FileVersions(True, SEEN, both, patch_of(SEEN, both), patch.hunks)
    assert kinds(raw, compare(raw, mixed))[2] == ["lines_changed"]


def test_a_suggestion_committed_verbatim_is_the_strongest_evidence() -> None:
    raw = replace(RAW, body="Use this:\r\n```suggestion\r\n    return total\r\n```")
    outcome, confidence, evidence = kinds(raw, change(edited({10: ["    return total"]}), raw))
    assert (outcome, confidence, evidence[0]) == ("addressed", "high", "suggestion_committed")
    assert find_suggestions(raw.body) == ("    return total",)


def test_a_suggestion_of_many_lines_counts_though_few_of_them_are_new() -> None:
    lines = [*FILE[4:9], "total = 10", *FILE[10:15]]
    raw = replace(raw_at(15, start=5), body="````suggestion\n" + "\n".join(lines) + "\n````")
    assert kinds(raw, change(edited({10: ["total = 10"]}), raw))[2][0] == "suggestion_committed"
    tabs = edited({5: ["\t" + FILE[4]], 10: ["\ttotal  = 10"]})
    assert kinds(raw, change(tabs, raw))[2][0] == "suggestion_reindented"


def test_a_suggestion_taken_elsewhere_in_the_file_or_in_part_counts() -> None:
    raw = replace(RAW, body="```suggestion\ntotal = 10\nrest = 11\nlast = 12\n```")
    assert (
        kinds(raw, change(edited({25: ["total = 10", "rest = 11", "last = 12"]}), raw))[2][0] == "suggestion_committed"
    )
    assert kinds(raw, change(edited({10: ["total = 10", "x", "rest = 11"]}), raw))[2][0] == "suggestion_partly"


def test_a_suggestion_that_was_there_before_or_was_not_taken_is_not_committed() -> None:
    for body in ("```suggestion\nvalue_3 = 3\n```", "```suggestion\nother = 1\n```", "```suggestion\n```"):
        raw = replace(RAW, body=body)
        assert kinds(raw, change(edited({10: ["y"]}), raw))[2] == ["lines_changed"]


def test_what_the_hunk_showed_already_was_not_taken_from_a_suggestion() -> None:
    lines = [*FILE[4:9], "total = 10"]
    raw = replace(RAW, body="```suggestion\n" + "\n".join(lines) + "\n```")
    assert kinds(raw, compare(raw, FileVersions(False, None, SEEN)))[2] == ["line_kept"]
    taken = compare(raw, FileVersions(False, None, edited({10: ["total = 10"]})))
    assert kinds(raw, taken)[2] == ["suggestion_committed", "line_gone"]


def test_white_space_at_the_end_of_a_line_can_be_all_that_is_suggested() -> None:
    before = edited({10: ["value_10 = 10  "]})
    raw = replace(RAW, hunk=RAW.hunk + "  ", body="```suggestion\nvalue_10 = 10\n```")
    assert kinds(raw, change(SEEN, raw, before))[2] == ["suggestion_committed", "lines_reformatted"]
    assert kinds(raw, compare(raw, FileVersions(False, None, SEEN)))[2] == ["suggestion_committed", "line_reindented"]


def test_a_diff_in_a_remark_suggests_its_added_rows() -> None:
    body = "Fix it:\n```diff\n-value_10 = 10\n+total = 10\n+rest = 11\n value_11 = 11\n```"
    raw = replace(RAW, body=body)
    assert kinds(raw, change(edited({10: ["total = 10", "rest = 11"]}), raw))[2][0] == "suggestion_committed"
    assert kinds(raw, change(edited({3: ["x"]}), raw))[2] == ["lines_untouched"]


@pytest.mark.parametrize(
    ("author", "expected"),
    [("reviewer", "suggestion_committed"), ("author", "suggestion_committed"), ("bystander", "lines_changed")],
)
def test_a_suggestion_in_an_answer_counts_from_the_two_who_speak(author: str, expected: str) -> None:
    raw = replace(RAW, replies=(Reply(author, "```suggestion\ntotal = 10\n```"),))
    assert kinds(raw, change(edited({10: ["total = 10"]}), raw))[2][0] == expected


def test_what_a_remark_names_and_the_file_then_has_is_a_fix_on_other_lines() -> None:
    raw = replace(RAW, body="Please check this with `validate_total` and write it plainly.")
    after = edited({25: ["value_25 = validate_total(plainly)"]})
    assert kinds(raw, change(after, raw)) == ("addressed", "medium", ["code_named_came", "lines_untouched"])
    patch = patch_of(SEEN, after)
    assert patch is not None
    from_base = FileVersions(True, SEEN, after, patch, patch.hunks)
    assert kinds(raw, compare(raw, from_base))[2] == ["lines_untouched"]


def test_plain_words_of_a_suggested_comment_are_no_code() -> None:
    raw = replace(RAW, body="```suggestion\n# The total of everything, see make_total\n```")
    assert kinds(raw, change(edited({3: ["total = everything"]}), raw))[2] == ["lines_untouched"]
    assert kinds(raw, change(edited({3: ["make_total()"]}), raw))[2] == ["code_named_came", "lines_untouched"]


def test_a_removed_file_is_weak_evidence() -> None:
    found = compare(RAW, FileVersions(True, SEEN, None))
    assert kinds(RAW, found) == ("addressed", "medium", ["file_removed"])
    assert anchored_code(found, RAW) == ("value_10 = 10", "")
    assert compare(RAW, FileVersions(False, None, None)).evidence == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({10: ["total = 10"]}, ("addressed", "high", ["line_gone"])),
        ({20: ["x"]}, ("ignored", "medium", ["line_kept"])),
        ({9: ["x"]}, ("addressed", "low", ["line_kept_alone"])),
        ({9: ["x"], 10: ["    value_10 = 10"]}, ("addressed", "low", ["line_reindented"])),
        ({9: ["x"], 10: ["value_10 = (", "    10)"]}, ("addressed", "high", ["line_gone"])),
        ({9: ["x"], 10: ["value_10 =", "    10"]}, ("addressed", "low", ["line_reindented"])),
    ],
)
def test_without_the_reviewed_commit_the_hunk_is_the_witness(
    changes: dict[int, list[str]], expected: tuple[str, str, list[str]]
) -> None:
    found = compare(RAW, FileVersions(False, None, edited(changes)))
    assert kinds(RAW, found) == expected
    assert found.before == "value_10 = 10"


def test_lines_that_say_nothing_are_no_witness() -> None:
    raw = replace(RAW, hunk="@@ -0,0 +1,3 @@\n+\n+    }\n+  )", line=3, start_line=None)
    assert compare(raw, FileVersions(False, None, "}\n\n)\n")).evidence == ()
    assert compare(raw, FileVersions(False, None, "\n    }\n  )\n")).evidence == ()


def test_a_context_line_that_the_base_removed_is_no_witness() -> None:
    raw = replace(RAW, hunk=RAW.hunk.replace("\n+", "\n "))
    after = edited({10: ["x"]})
    assert kinds(raw, compare(raw, FileVersions(False, None, after, base_after=after)))[2] == []
    assert kinds(raw, compare(raw, FileVersions(False, None, after, base_after=SEEN)))[2] == ["line_gone"]


def test_a_line_that_was_removed_and_came_back_is_addressed() -> None:
    rows = "\n".join(f" {row}" for row in FILE[:10])
    raw = replace(RAW, side="LEFT", hunk=f"@@ -1,11 +1,10 @@\n{rows}\n-old_value = 99", line=11)
    assert kinds(raw, change(edited({10: ["value_10 = 10", "old_value = 99"]}), raw))[2] == ["line_returned"]
    assert kinds(raw, change(edited({12: ["x"]}), raw))[2] == ["nearby_changed"]
    assert kinds(raw, change(edited({20: ["x"]}), raw)) == ("ignored", "medium", ["lines_untouched"])
    assert anchored_code(change(edited({20: ["x"]}), raw), raw) == ("old_value = 99", None)
    assert kinds(raw, compare(raw, FileVersions(False, None, SEEN)))[2] == []


def test_a_remark_on_a_whole_file_is_told_by_the_file() -> None:
    raw = replace(RAW, line=None, hunk="")
    assert kinds(raw, change(SEEN, raw)) == ("ignored", "high", ["file_identical"])
    assert kinds(raw, change(edited({3: ["x"]}), raw)) == ("addressed", "low", ["file_changed"])


def test_lines_alone_do_not_tell_of_machines_praise_and_questions() -> None:
    changed, same = edited({10: ["total = 10"]}), SEEN
    machine = replace(RAW, author_is_bot=True)
    assert kinds(machine, change(changed, machine))[:2] == ("unknown", "low")
    assert kinds(machine, change(same, machine))[:2] == ("ignored", "high")
    names = replace(machine, body="Use `make_total` here.")
    assert kinds(names, change(edited({10: ["make_total()"]}), names))[:2] == ("addressed", "medium")
    praise = replace(RAW, intent="praise", body="Nice!")
    assert kinds(praise, change(changed, praise))[:2] == ("unknown", "low")
    assert kinds(praise, change(same, praise))[:2] == ("unknown", "low")
    question = replace(RAW, body="Why ten?")
    assert kinds(question, change(same, question))[:2] == ("ignored", "medium")
    answer = Reply("author", "Because the table has ten rows, and the caller fills each of them before it is read.")
    answered = replace(question, replies=(answer,))
    assert kinds(answered, change(same, answered)) == ("unknown", "low", ["file_identical", "reply_answered"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Done.", ("addressed", "low", ["reply_done"])),
        ("Good catch, fixed", ("addressed", "low", ["reply_done"])),
        ("> Please rename\r\n\r\nRenamed in 1234567", ("addressed", "low", ["reply_done"])),
        ("Will do!", ("addressed", "low", ["reply_will_do"])),
        ("I'd rather keep it as is", ("declined", "medium", ["reply_declined"])),
        ("That is intentional", ("declined", "medium", ["reply_declined"])),
        ("Let's do it in a follow-up", ("ignored", "medium", ["reply_later"])),
        ("This has not been fixed", ("unknown", "low", [])),
        ("Not sure what this is for", ("unknown", "low", [])),
        ("Sure!", ("addressed", "low", ["reply_will_do"])),
        ("What do you mean?", ("unknown", "low", [])),
        ("> Done", ("unknown", "low", [])),
        ("`done`", ("unknown", "low", [])),
    ],
)
def test_replies_of_the_author(body: str, expected: tuple[str, str, list[str]]) -> None:
    assert kinds(replace(RAW, replies=(Reply("author", body),)), None) == expected


def test_the_last_word_of_each_side_counts() -> None:
    said = (Reply("author", "I disagree"), Reply("reviewer", "Fair enough"), Reply("author", "Changed it after all"))
    _, _, evidence = label(replace(RAW, replies=said), None)
    assert [(item.kind, item.by) for item in evidence] == [("reply_withdrawn", "reviewer"), ("reply_done", "author")]


@pytest.mark.parametrize(
    ("body", "outcome", "kind"),
    [
        ("Never mind.", "declined", "reply_withdrawn"),
        ("Fair enough, let's leave it.", "declined", "reply_withdrawn"),
        ("I misread this", "declined", "reply_withdrawn"),
        ("Ah, I see", "ignored", "reply_accepted"),
        ("Makes sense, thanks. Marking as resolved", "ignored", "reply_accepted"),
    ],
)
def test_a_reviewer_can_withdraw_or_accept(body: str, outcome: str, kind: str) -> None:
    raw = replace(RAW, replies=(Reply("author", "It is read twice."), Reply("reviewer", body)))
    assert kinds(raw, change(SEEN))[::2] == (outcome, ["file_identical", kind])


def test_a_reviewer_can_do_it() -> None:
    assert kinds(replace(RAW, replies=(Reply("reviewer", "Fixed it myself"),)), None)[2] == ["reply_done"]


def test_an_explanation_that_the_reviewer_does_not_leave_at_that_tells_nothing() -> None:
    why = Reply("author", "The table has ten rows, and the caller fills each of them before it is read by anybody.")
    assert kinds(replace(RAW, replies=(why,)), None) == ("ignored", "low", ["reply_explained"])
    insisting = replace(RAW, replies=(why, Reply("reviewer", "Please do it nevertheless.")))
    assert kinds(insisting, None) == ("unknown", "low", [])


@pytest.mark.parametrize("owner", ["author", None])
@pytest.mark.parametrize("body", ["Done.", "Won't fix.", "```suggestion\nx\n```"])
def test_nobody_elses_words_tell(owner: str | None, body: str) -> None:
    raw = replace(RAW, pull_request_author=owner, replies=(Reply("bystander", body), Reply("", body)))
    assert kinds(raw, None) == ("unknown", "low", [])


def test_refused_in_words_and_untouched_in_code_is_declined() -> None:
    raw = replace(RAW, replies=(Reply("author", "Won't fix, by design."),))
    assert kinds(raw, change(SEEN)) == ("declined", "high", ["file_identical", "reply_declined"])
    bystander = replace(RAW, replies=(Reply("bystander", "Won't fix, by design."),))
    assert kinds(bystander, change(SEEN))[0] == "ignored"


def test_code_outweighs_words() -> None:
    raw = replace(RAW, replies=(Reply("author", "Done."),))
    assert kinds(raw, change(SEEN))[0] == "ignored"


def test_a_resolved_thread_whose_lines_changed_is_more_than_both() -> None:
    vote = OutcomeEvidence("resolved", "addressed", 0.25, by="reviewer")
    nearby, changed = change(edited({8: ["x"]})), change(edited({10: []}))
    assert kinds(RAW, nearby, (vote,))[2] == ["nearby_changed", "resolved"]
    assert kinds(RAW, changed)[1] == "medium"
    assert kinds(RAW, changed, (vote,)) == ("addressed", "high", ["lines_removed", "resolved_after_change", "resolved"])


def test_what_was_said_later_on_the_pull_request_counts_a_little() -> None:
    raw = replace(RAW, settled=True, approved_after=True)
    outcome, confidence, evidence = label(raw, None)
    assert (outcome, confidence) == ("addressed", "low")
    assert [(item.kind, item.by) for item in evidence] == [("settled", "author"), ("approved_later", "reviewer")]
    assert kinds(raw, change(SEEN))[0] == "ignored"


def test_an_imported_outcome_is_evidence_of_its_own_kind() -> None:
    raw = replace(RAW, imported_outcome="addressed", imported_confidence="high", imported_evidence="git:line-changed")
    outcome, confidence, evidence = label(raw, None)
    assert (outcome, confidence) == ("addressed", "high")
    assert evidence == (OutcomeEvidence("imported", "addressed", 0.95, "git:line-changed"),)


def test_evidence_that_cancels_out_is_unknown() -> None:
    sides = [OutcomeEvidence("a", "addressed", 0.6), OutcomeEvidence("b", "ignored", 0.6)]
    assert decide_outcome(sides) == ("unknown", "low")


evidence = st.builds(
    OutcomeEvidence,
    kind=st.text(max_size=3),
    outcome=st.sampled_from(["addressed", "declined", "ignored", "unknown"]),
    weight=st.floats(0.0, 1.0),
)


@given(st.lists(evidence, max_size=6))
def test_more_evidence_for_never_turns_addressed_into_something_else(items: list[OutcomeEvidence]) -> None:
    if decide_outcome(items)[0] == "addressed":
        assert decide_outcome([*items, OutcomeEvidence("more", "addressed", 0.5)])[0] == "addressed"
    assert decide_outcome(items) == decide_outcome(items[::-1])


def episode(evidence: tuple[OutcomeEvidence, ...], *, seen: str | None = None) -> Episode:
    outcome, confidence = decide_outcome(evidence)
    return Episode(
        id="o/r#1/1", repository="o/r", pull_request=1, comment_id="1", author="p1", author_kind="human",
        pull_request_author="p2", anchor=Anchor("a.py", 10), hunk=RAW.hunk, body=RAW.body, created_at=RAW.created_at,
        outcome=outcome, confidence=confidence, evidence=evidence, reviewed_commit="a" * 40, last_commit="b" * 40,
        code_before=seen, code_after=seen,
    )  # fmt: skip


GIT = OutcomeEvidence("lines_changed", "addressed", 0.88, "lines 3-3")
WITNESS = OutcomeEvidence("line_kept", "ignored", 0.5)
WORD = OutcomeEvidence("reply_declined", "declined", 0.55, by="someone")


def test_evidence_of_the_code_is_kept_where_a_later_reading_has_less() -> None:
    old = episode((GIT,), seen="x")
    for less in ((WORD,), (WORD, WITNESS)):
        carried = carry_over(old, episode(less))
        assert carried.evidence == (GIT, WORD)
        assert (carried.outcome, carried.confidence, carried.code_before) == ("addressed", "medium", "x")


def test_a_later_reading_that_knows_the_code_or_speaks_of_something_else_stands() -> None:
    old = episode((GIT,), seen="x")
    better = episode((OutcomeEvidence("file_identical", "ignored", 0.95),))
    assert carry_over(old, better) == better
    for new in (
        replace(episode((WORD,)), body="other words"),
        replace(episode((WORD,)), last_commit="c" * 40),
        replace(episode((WORD,)), reviewed_commit=None),
    ):
        assert carry_over(old, new) == new


def test_a_resolution_is_weighed_again_with_what_is_carried_over() -> None:
    resolved = OutcomeEvidence("resolved", "addressed", 0.25, by="someone")
    carried = carry_over(episode((GIT,)), episode((resolved,)))
    assert [item.kind for item in carried.evidence] == ["lines_changed", "resolved_after_change", "resolved"]
