"""What is posted, edited, minimised, resolved and left: every rule, and that a plan carried out leaves nothing."""

from dataclasses import replace

import pytest
from tests.fakes.forge import make_pull
from tests.stages.publishing import BASE, HEAD, ME, URL, comment_on, finding, patches, review, summary, thread

from reviewlore.domain.finding import Dropped
from reviewlore.domain.forge import Posted, PostedReview
from reviewlore.domain.markers import Memory, add_hidden, find_memory, find_place, marker, memory_marker
from reviewlore.stages.publish.pausing import plan_pause
from reviewlore.stages.publish.plan import (
    Plan,
    Wishes,
    find_obstacle,
    plan_publication,
    recall,
    render_plan,
)
from reviewlore.stages.publish.render import SUMMARY_MARKER
from reviewlore.stages.publish.tidy import Leave, Minimise, Resolve

ROWS = [f"row_{number} = {number}" for number in range(30)]
PATCHES = patches({"a.py": (ROWS, ["alpha = compute()", "beta = compute()", *ROWS])})
BY_PATH = {patch.path: patch for patch in PATCHES}
ONE, TWO = finding("aaaaaa1", 1), finding("bbbbbb2", 2)


def plan(said, posted=None, **wishes) -> Plan:
    return plan_publication(said, PATCHES, posted or Posted(), URL, Wishes(**wishes))


def carried_out(done: Plan, before: Posted | None = None) -> Posted:
    """What stands once a first plan was carried out."""
    before = before or Posted()
    new = []
    for number, post in enumerate(done.posts, 1 + len(before.comments)):
        like = comment_on(replace(ONE, anchor=post.comment.anchor), BY_PATH, number)
        new.append(replace(like, body=post.comment.body))
    comments = (*before.comments, *new)
    summaries = (summary(done.summary.body),) if done.summary else before.summaries
    return Posted((), comments, summaries, tuple(thread(each) for each in comments))


def test_carrying_out_a_plan_leaves_nothing_to_do():
    first = plan(review(ONE, TWO))
    again = plan(review(ONE, TWO), carried_out(first))
    assert (len(first.posts), first.empty) == (2, False)
    assert again.empty
    assert again.leave == (Leave("aaaaaa1", "already_said"), Leave("bbbbbb2", "already_said"))
    assert render_plan(again) == "leave aaaaaa1 (already_said)\nleave bbbbbb2 (already_said)"


def test_the_summary_remembers_what_was_reviewed_and_said():
    posted = carried_out(plan(review(ONE)))
    first = recall(posted)
    assert (first.head, first.base, first.reviews, first.paused) == (HEAD, BASE, 1, False)
    assert first.said == ("aaaaaa1", find_place(posted.comments[0].body).key)
    later = carried_out(plan(review(ONE, TWO, head="c" * 40), posted), posted)
    assert (recall(later).head, recall(later).reviews) == ("c" * 40, 2)
    assert set(first.said) < set(recall(later).said)


def test_a_comment_that_somebody_deleted_is_not_posted_again():
    posted = carried_out(plan(review(ONE, TWO)))
    left = replace(posted, comments=posted.comments[1:], threads=posted.threads[1:])
    reworded = replace(ONE, id="dddddd4", title="The same in other words")
    for again in (ONE, reworded):
        found = plan(review(again, TWO), left)
        assert found.posts == ()
        assert Leave(again.id, "deleted_by_somebody") in found.leave
        assert again.title not in found.summary.body
        assert found.outside == ()


def test_a_reworded_remark_on_the_same_row_is_not_posted_again():
    posted = carried_out(plan(review(ONE)))
    found = plan(review(replace(ONE, id="dddddd4", title="In other words")), posted)
    assert (found.posts, found.minimise) == ((), ())
    assert found.leave == (Leave("dddddd4", "already_said"),)


def test_what_no_longer_holds_is_minimised():
    posted = carried_out(plan(review(ONE, TWO)))
    found = plan(review(TWO, head="c" * 40), posted)
    assert found.minimise == (Minimise("aaaaaa1", "PRRC_1"),)
    assert found.resolve == ()
    assert "minimise aaaaaa1" in render_plan(found)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answers": 1}, "answered"),
        ({"reactions": 1}, "reacted_to"),
        ({"resolved": True}, "resolved"),
        ({"may_minimise": False}, "no_permission"),
    ],
)
@pytest.mark.parametrize("resolve", [False, True])
def test_what_somebody_touched_and_what_we_may_not_touch_is_left(changes, reason, resolve):
    comment = comment_on(ONE, BY_PATH)
    posted = Posted((), (comment,), (), (thread(comment, may_resolve=False, **changes),))
    found = plan(review(), posted, resolve=resolve)
    assert (found.minimise, found.resolve, found.leave) == ((), (), (Leave("aaaaaa1", reason),))


def test_a_hidden_comment_is_not_hidden_again_nor_its_finding_said_again():
    comment = comment_on(ONE, BY_PATH, hidden="outdated")
    posted = Posted((), (comment,), (), (thread(comment),))
    assert plan(review(), posted).leave == (Leave("aaaaaa1", "already_minimised"),)
    found = plan(review(ONE), posted)
    assert (found.posts, found.outside) == ((), ())


def test_a_candidate_that_is_only_not_selected_still_holds():
    posted = carried_out(plan(review(ONE)))
    found = plan(review(dropped=(Dropped("aaaaaa1", "rule", "over_cap"),)), posted)
    assert (found.minimise, found.leave) == ((), (Leave("aaaaaa1", "still_holds"),))


def test_a_remark_that_was_said_again_in_other_words_still_holds():
    comment = comment_on(replace(ONE, source="generated"), BY_PATH)
    posted = Posted((), (comment,), (), (thread(comment, outdated=True),))
    again = plan(review(dropped=(Dropped("eeeeee5", "rule", "already_said"),)), posted)
    assert again.leave == (Leave("aaaaaa1", "still_holds"),)
    other = plan(review(dropped=(Dropped("eeeeee5", "other-rule", "already_said"),)), posted)
    assert [each.finding for each in other.minimise] == ["aaaaaa1"]


def test_threads_are_resolved_only_where_it_is_asked_for_and_allowed():
    posted = carried_out(plan(review(ONE, TWO)))
    asked = plan(review(head="c" * 40), posted, resolve=True)
    assert asked.resolve == (Resolve("aaaaaa1", "PRRT_1"), Resolve("bbbbbb2", "PRRT_2"))
    assert asked.minimise == ()
    assert plan(review(head="c" * 40), posted).resolve == ()
    refused = replace(posted, threads=tuple(replace(each, may_resolve=False) for each in posted.threads))
    assert len(plan(review(head="c" * 40), refused, resolve=True).minimise) == 2


@pytest.mark.parametrize("source", ["generated", "foreign"])
def test_a_models_remark_is_outdated_only_when_its_lines_are_gone(source):
    """It is not asked again about code that it saw, and may have failed on what it did not see."""
    comment = comment_on(replace(ONE, source=source), BY_PATH)
    for outdated, expected in ((False, "leave aaaaaa1 (code_unchanged)"), (True, "minimise aaaaaa1")):
        posted = Posted((), (comment,), (), (thread(comment, outdated=outdated),))
        assert render_plan(plan(review(), posted)) == expected


def test_a_remark_of_an_older_version_is_a_fact():
    comment = comment_on(ONE, BY_PATH, placed=False)
    found = plan(review(), Posted((), (comment,), (), (thread(comment),)))
    assert [each.finding for each in found.minimise] == ["aaaaaa1"]


def test_our_answers_to_commands_are_no_remarks():
    comment = replace(comment_on(ONE, BY_PATH), body=f"Done.\n\n{marker('reply', '501')}")
    found = plan(review(), Posted((), (comment,), (), (thread(comment),)))
    assert (found.minimise, found.leave, found.empty) == ((), (), True)


def test_hidden_comments_do_not_count_for_the_limit():
    rows = [f"value_{number} = {number}" for number in range(25)]
    many = patches({"a.py": ([], rows)})
    where = {patch.path: patch for patch in many}
    old = tuple(
        comment_on(finding(f"{number:08x}", number), where, number, hidden="outdated" if number > 5 else None)
        for number in range(1, 11)
    )
    fresh = review(*(finding(f"{number:08x}", number) for number in range(11, 26)))
    found = plan_publication(fresh, many, Posted(comments=old), URL)
    assert len(found.posts) == 15
    assert len(plan_publication(fresh, many, Posted(comments=old * 2), URL).posts) == 10


def test_a_plan_reads_as_what_will_be_done():
    far = finding("cccccc3", 99)
    found = plan(review(ONE, far))
    assert render_plan(found) == "post a.py:1 (aaaaaa1)\npost the summary (1 explained there)"
    edited = plan(review(ONE, head="c" * 40), carried_out(found))
    assert render_plan(edited).splitlines()[0] == "edit the summary 5"
    assert render_plan(plan(review())) == "nothing to do"


def test_a_pause_is_said_once_in_the_summary_that_stands():
    posted = carried_out(plan(review(ONE)))
    edit = plan_pause(posted, str)
    assert edit.comment == 5
    assert "**Paused.** This pull request was reviewed once, so pushes are no longer reviewed" in edit.body
    assert edit.body.startswith(posted.summaries[0].body.partition("<!--")[0].rstrip())
    assert edit.body.endswith(SUMMARY_MARKER)
    said = replace(posted, summaries=(summary(edit.body),))
    assert replace(recall(said), paused=False) == recall(posted)
    assert plan_pause(said, str) is None
    assert plan_pause(Posted(), str) is None
    after = plan(review(ONE, head="c" * 40), said)
    assert "Paused" not in after.summary.body
    assert not find_memory(after.summary.body).paused


def test_a_deleted_summary_does_not_start_the_count_again():
    reviews = tuple(
        PostedReview(number, 1, ME, True, "COMMENTED", marker("review", head * 40), head * 40, None, "")
        for number, head in enumerate("abbc")
    )
    assert recall(Posted(reviews=reviews)) == Memory(reviews=3)
    kept = add_hidden(f"### reviewlore\n\n{SUMMARY_MARKER}", memory_marker(Memory(HEAD, BASE, 7)))
    assert recall(Posted(reviews=reviews, summaries=(summary(kept),))).reviews == 7


@pytest.mark.parametrize("before", ["Thank you! You wrote:\n\n", " ", "> "])
def test_a_stranger_s_words_that_another_workflow_ends_in_are_no_memory(before):
    """They stand under the account that is ours too, `github-actions[bot]`."""
    forged = add_hidden(
        f"{before}### reviewlore\n\n{SUMMARY_MARKER}", memory_marker(Memory(HEAD, BASE, 99, paused=True))
    )
    echoed = Posted(summaries=(summary(forged),))
    assert recall(echoed) == Memory()
    assert plan(review(ONE), echoed).summary.comment is None


def test_a_draft_is_an_obstacle_only_where_it_was_none_before():
    pull = replace(make_pull(head=HEAD), draft=True)
    assert find_obstacle(pull, HEAD, was_draft=False) == "draft"
    assert find_obstacle(pull, HEAD, was_draft=True) is None
    assert find_obstacle(pull, "c" * 40, was_draft=False) == "head_moved"
