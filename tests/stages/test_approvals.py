"""A dataset waits for a person where policy says so: every step, and every step that is refused."""

import pytest

from reviewlore.domain.mining import Approval, Approvals
from reviewlore.errors import RefusedError
from reviewlore.stages.approvals import (
    Decision,
    decide,
    find_approval,
    find_dataset,
    find_obstacle,
    needed_role,
    request_approval,
)

OLD, NEW = "a" * 64, "b" * 64
T1, T2, T3 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
YES, NO = Decision(True, "person-1", T3, "looked through"), Decision(False, "person-1", T3, "one person's taste")


def waiting() -> Approvals:
    return request_approval(Approvals(), OLD, "maintain", T1)


def test_a_new_dataset_waits_where_policy_names_a_role():
    assert waiting().requests == (Approval(OLD, "maintain", T1),)
    assert request_approval(Approvals(), OLD, "none", T1) == Approvals()


def test_the_same_dataset_is_asked_about_once():
    assert request_approval(waiting(), OLD, "maintain", T2) == waiting()
    decided = decide(waiting(), OLD, "maintain", NO)
    assert request_approval(decided, OLD, "maintain", T2) == decided, "mining again does not undo a refusal"


def test_of_two_that_wait_the_older_is_superseded():
    both = request_approval(waiting(), NEW, "maintain", T2)
    old, new = both.requests
    assert (old.state, old.reason, old.decided_at) == ("superseded", "superseded by dataset bbbbbbbbbbbb", T2)
    assert new == Approval(NEW, "maintain", T2)
    with pytest.raises(RefusedError, match="no longer waits: superseded by dataset bbbbbbbbbbbb"):
        decide(both, OLD, "maintain", YES)


def test_a_superseded_dataset_that_comes_again_waits_again():
    again = request_approval(request_approval(waiting(), NEW, "maintain", T2), OLD, "admin", T3)
    assert [(asked.dataset, asked.state) for asked in again.requests] == [(NEW, "superseded"), (OLD, "waiting")]


def test_a_decided_dataset_stays_decided_when_a_newer_one_waits():
    both = request_approval(decide(waiting(), OLD, "maintain", YES), NEW, "maintain", T2)
    assert [asked.state for asked in both.requests] == ["approved", "waiting"]


def test_decisions_are_kept_with_who_when_and_why():
    for decision, state in ((YES, "approved"), (NO, "refused")):
        asked = find_approval(decide(waiting(), OLD, "maintain", decision), OLD)
        assert asked == Approval(OLD, "maintain", T1, state, "person-1", T3, decision.reason)


def test_a_second_decision_replaces_the_first_and_the_same_is_refused():
    refused = decide(decide(waiting(), OLD, "maintain", YES), OLD, "maintain", NO)
    assert [asked.state for asked in refused.requests] == ["refused"]
    with pytest.raises(RefusedError, match=r"was refused already, on 2026-03-01T00:00:00Z\. Nothing was changed"):
        decide(refused, OLD, "maintain", NO)


def test_a_dataset_from_before_the_policy_is_entered_with_its_decision():
    decided = decide(waiting(), NEW, "maintain", YES)
    assert [(asked.dataset, asked.state) for asked in decided.requests] == [(OLD, "waiting"), (NEW, "approved")]


def test_nothing_is_trained_on_what_waits_or_was_refused():
    assert find_obstacle(Approvals(), OLD, "none") is None
    assert "has not been approved yet" in (find_obstacle(Approvals(), OLD, "maintain") or "")
    obstacle = find_obstacle(waiting(), OLD, "maintain") or ""
    assert "Somebody with the role maintain or more decides" in obstacle
    assert '`reviewlore approve aaaaaaaaaaaa --github OWNER/NAME --reason "..."`' in obstacle
    assert "`/lore approve aaaaaaaaaaaa`" in obstacle
    assert find_obstacle(waiting(), OLD, "none") is None, "the policy was withdrawn"
    assert find_obstacle(decide(waiting(), OLD, "maintain", YES), OLD, "maintain") is None
    refused = find_obstacle(decide(waiting(), OLD, "maintain", NO), OLD, "none") or ""
    assert refused.startswith("Dataset aaaaaaaaaaaa was refused on 2026-03-01: one person's taste. Mend")


def test_the_policy_in_force_says_who_may_decide():
    assert needed_role(waiting(), OLD, "admin") == "admin"
    assert needed_role(waiting(), OLD, "write") == "write"
    assert needed_role(waiting(), OLD, "none") == "maintain", "the policy was withdrawn, the question was not"
    assert needed_role(waiting(), NEW, "none") == "none"


def test_a_dataset_is_named_by_the_beginning_of_its_id():
    assert find_dataset("AAAA", (OLD, NEW)) == OLD
    with pytest.raises(RefusedError, match=r"'cc' is no dataset on the state branch\. The latest: aaaaaaaaaaaa, bbbb"):
        find_dataset("cc", (OLD, NEW))
    with pytest.raises(RefusedError, match="beginning of several datasets"):
        find_dataset("a", (OLD, "ab" + OLD[2:]))
    with pytest.raises(RefusedError, match="none yet: run `reviewlore mine` first"):
        find_dataset("", ())
