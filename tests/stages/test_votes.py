"""Which votes count: who may write, once a person and remark, not on the own pull request, not on changed words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.history import RawRemark, Vote
from reviewlore.domain.people import ROLES, Role
from reviewlore.stages.votes import weigh_votes

AT, LATER = "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"
RAW = RawRemark(
    repository="o/r", pull_request=1, comment_id="1", path="a.py", hunk="@@", body="Please rename this.", author="mira",
    author_is_bot=False, pull_request_author="wen", created_at="2026-01-01T00:00:00Z",
)  # fmt: skip
UP = Vote("noor", "up", AT, "write")


def weigh(*votes: Vote, raw: RawRemark = RAW) -> tuple[list[str], dict[str, int]]:
    found = weigh_votes([replace(raw, votes=votes)])
    return [item.kind for item in found.evidence.get((1, "1"), ())], found.void


@pytest.mark.parametrize("role", ["write", "maintain", "admin"])
@pytest.mark.parametrize(
    ("kind", "evidence"), [("up", "reaction_up"), ("down", "reaction_down"), ("resolved", "resolved")]
)
def test_who_may_write_votes(role: Role, kind: str, evidence: str) -> None:
    assert weigh(replace(UP, role=role, kind=kind)) == ([evidence], {})


@pytest.mark.parametrize(
    ("vote", "reason"),
    [
        (replace(UP, role="triage"), "voter_may_not_write"),
        (replace(UP, role="none"), "voter_may_not_write"),
        (replace(UP, role=None), "voter_role_unknown"),
        (replace(UP, author="WEN"), "vote_by_pull_request_author"),
        (replace(UP, author="wen", kind="resolved", at=""), "vote_by_pull_request_author"),
        (replace(UP, author="Mira"), "vote_on_own_remark"),
        (replace(UP, is_bot=True), "vote_by_bot"),
    ],
)
def test_others_do_not(vote: Vote, reason: str) -> None:
    assert weigh(vote) == ([], {reason: 1})


def test_a_reviewer_may_settle_the_own_thread() -> None:
    assert weigh(Vote("mira", "resolved", "", "write")) == (["resolved"], {})


def test_words_that_changed_after_the_vote_void_it() -> None:
    assert weigh(UP, raw=replace(RAW, edited_at=LATER)) == ([], {"edited_after_vote": 1})
    assert weigh(replace(UP, at=LATER), raw=replace(RAW, edited_at=AT)) == (["reaction_up"], {})
    undated = replace(UP, kind="resolved", at="")
    assert weigh(undated, raw=replace(RAW, edited_at=AT)) == ([], {"edited_after_vote": 1}), "nobody can tell"


def test_one_person_has_one_vote_and_no_two_opinions() -> None:
    assert weigh(UP, replace(UP, author="NOOR", at=LATER)) == (["reaction_up"], {})
    assert weigh(UP, replace(UP, kind="resolved", at="")) == (["resolved"], {})
    assert weigh(UP, replace(UP, kind="down")) == ([], {"votes_contradict": 2})
    assert weigh(replace(UP, kind="down"), replace(UP, kind="resolved", at="")) == ([], {"votes_contradict": 2})


def test_a_person_who_votes_on_everything_is_heard_so_often() -> None:
    raws = [replace(RAW, comment_id=str(n), created_at=f"2026-01-01T00:00:{n:02d}Z", votes=(UP,)) for n in range(30)]
    found = weigh_votes(raws[::-1], most=4)
    assert sorted(comment for _, comment in found.evidence) == ["0", "1", "2", "3"]
    assert found.void == {"too_many_votes": 26}
    elsewhere = [replace(raw, pull_request=2) for raw in raws]
    assert len(weigh_votes([*raws, *elsewhere], most=4).evidence) == 8


votes = st.builds(
    Vote,
    author=st.sampled_from(["a", "b", "B", "wen", "mira"]),
    kind=st.sampled_from(["up", "down", "resolved"]),
    at=st.sampled_from(["", AT, LATER]),
    role=st.sampled_from([None, *ROLES]),
    is_bot=st.booleans(),
)


@given(st.lists(votes, max_size=12))
def test_every_vote_counts_or_is_counted(given_votes: list[Vote]) -> None:
    found = weigh_votes([replace(RAW, votes=tuple(given_votes))])
    counted = [item for items in found.evidence.values() for item in items]
    people = {item.by.lower() for item in counted}
    assert len(people) == len(counted)
    assert all(
        any(v.author.lower() == by and v.role in ("write", "maintain", "admin") for v in given_votes) for by in people
    )
    assert sum(found.void.values()) + len(counted) <= len(given_votes)


@given(st.lists(votes.filter(lambda vote: vote.role not in ("write", "maintain", "admin")), max_size=60))
def test_no_number_of_strangers_moves_anything(strangers: list[Vote]) -> None:
    maintainers = (UP, Vote("ana", "down", AT, "admin"))
    alone = weigh_votes([replace(RAW, votes=maintainers)]).evidence
    assert weigh_votes([replace(RAW, votes=(*strangers, *maintainers))]).evidence == alone
