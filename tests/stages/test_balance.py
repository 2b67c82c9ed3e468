"""What the report on a dataset says, against datasets whose figures are known."""

import math
from dataclasses import replace

import pytest
from tests.stages.dataset.remarks import HISTORY, episode

from reviewlore.domain.balance import GroupRate, LengthBalance
from reviewlore.domain.history import OutcomeEvidence
from reviewlore.domain.preference import Dataset, PreferencePair, Remark
from reviewlore.stages.balance import MOST_SHOWN, binomial_tail, examine, find_outliers, hash_person

EMPTY = Dataset((), {}, {})


def pair(
    number: int, chosen: str, rejected: str, kind: str = "outcome", names=("a/b#0/1", "a/b#0/2")
) -> PreferencePair:
    remarks = (Remark("a.py", "@@ @@", chosen), Remark("a.py", "@@ @@", rejected))
    return PreferencePair(f"p{number}", kind, *remarks, 1.0, "a/b", "a/b#0", "2024", names)


def voted(number: int, git: str | None, **votes: str):
    """An episode with what git says of it and what people say: user_1="addressed"."""
    found = [OutcomeEvidence("lines_changed" if git == "addressed" else "file_identical", git, 0.9)] if git else []
    kinds = {"addressed": "resolved", "declined": "reaction_down"}
    found += [OutcomeEvidence(kinds[says], says, 0.3, by=person) for person, says in votes.items()]
    return episode(number, evidence=tuple(found))


def test_lengths_are_told_by_kind_with_the_accuracy_of_longer_wins():
    dataset = Dataset(
        (pair(1, "aaaa", "aa"), pair(2, "aaaaaa", "aa"), pair(3, "a", "aaa"), pair(4, "aa", "aa")),
        {},
        {},
        extra=(pair(5, "", "aaa", "silence"),),
    )

    assert examine(HISTORY, dataset).lengths == (
        LengthBalance("outcome", 4, 3.0, 2.0, 2 / 3, 2.5 / 4),
        LengthBalance("silence", 1, 0.0, 3.0, 0.0, 0.0),
    )


def test_contradictions_are_told_with_both_sides_the_latest_group_first():
    said = "x" * 400
    group = [
        episode(1, body=said, outcome="addressed"),
        episode(4, body="near it", outcome="addressed"),
        episode(5, body="near\n\nit", outcome="declined"),
    ]
    later = [episode(50, body="b", outcome="ignored"), episode(51, body="a", outcome="addressed")]
    names = tuple(tuple(e.id for e in each) for each in (group, later))
    report = examine([*group, *later], replace(EMPTY, contradicted=names))
    first, second = report.contradictions

    assert (first.addressed, first.refused, first.outcome, first.remarks) == (later[1].id, later[0].id, "ignored", 2)
    assert (second.addressed, second.refused, second.remarks) == (group[1].id, group[2].id, 3)
    assert (second.addressed_excerpt, second.refused_excerpt, second.repository) == ("near it", "near it", "a/b")
    assert report.contradictions_found == 2


def test_many_contradictions_are_counted_and_some_are_shown():
    every = [episode(n, outcome="ignored" if n % 2 else "addressed", body="y" * 300) for n in range(60)]
    groups = tuple((every[n].id, every[n + 1].id) for n in range(0, 60, 2))
    report = examine(every, replace(EMPTY, contradicted=groups))

    assert (len(report.contradictions), report.contradictions_found) == (MOST_SHOWN, 30)
    assert len(report.contradictions[0].refused_excerpt) == 160


def test_the_largest_reviewers_are_hashes_of_pseudonyms():
    authors = ["user-1", "user-1", "user-1", "user-2", "bot-1"]
    said = [
        episode(n, author=a, author_kind="bot" if a == "bot-1" else "human") for n, a in enumerate(authors, start=1)
    ]
    pairs = tuple(pair(n, "a", "b", names=(e.id, said[0].id)) for n, e in enumerate(said))
    report = examine(said, Dataset((*pairs, replace(pairs[0], id="again")), {}, {}))

    assert [(p.person, p.remarks, p.share) for p in report.reviewers] == [
        (hash_person("user-1"), 3, 0.75),
        (hash_person("user-2"), 1, 0.25),
    ]
    assert report.largest_share == 0.75
    assert "user-1" not in str(report)


def test_newcomers_languages_and_bots_are_told_apart():
    made = [
        episode(1, pull_request=1, pull_request_author="new", outcome="addressed", language="Go"),
        episode(2, pull_request=1, pull_request_author="new", outcome="ignored", language="Go"),
        episode(3, pull_request=2, pull_request_author="new", outcome="addressed"),
        episode(4, pull_request=9, pull_request_author=None, outcome="declined"),
        episode(5, pull_request=9, outcome="unknown"),
        episode(6, pull_request=9, author_kind="bot", outcome="ignored"),
    ]
    report = examine(made, EMPTY)

    assert report.newcomers == (
        GroupRate("first pull request", 2, 1, 0.5),
        GroupRate("later pull requests", 1, 1, 1.0),
    )
    assert report.languages == (GroupRate("Go", 2, 1, 0.5), GroupRate("unknown", 2, 1, 0.5))
    assert report.authors == (GroupRate("human", 4, 2, 0.5), GroupRate("bot", 1, 0, 0.0))


def test_who_votes_against_git_far_beyond_chance_is_named():
    fine = [voted(n, "addressed", **{f"user-{n % 5}": "addressed"}) for n in range(100)]
    wrong = [voted(200 + n, "declined", odd="addressed") for n in range(12)]
    found = find_outliers([*fine, *wrong])

    assert [(o.reason, o.person, o.votes, o.compared, o.against, o.rate) for o in found] == [
        ("against_git", hash_person("odd"), 12, 12, 12, 1.0)
    ]
    assert found[0].expected == pytest.approx(1 / 102)
    assert 0 < found[0].probability < 1e-20


def test_who_votes_against_everybody_else_is_named_and_the_others_are_not():
    said = [voted(n, None, one="addressed", two="addressed", odd="declined") for n in range(30)]
    found = find_outliers(said)

    assert [(o.reason, o.person) for o in found] == [("against_others", hash_person("odd"))]


def test_a_few_odd_votes_and_votes_that_everybody_casts_alike_are_no_outliers():
    few = [voted(n, "declined", odd="addressed") for n in range(9)]
    alike = [voted(n, "addressed" if n % 3 else "declined", **{f"user-{n % 4}": "addressed"}) for n in range(120)]

    assert find_outliers([*few, *alike]) == []


def test_who_casts_an_unusual_share_of_all_votes_is_named():
    busy = [voted(n, "addressed", busy="addressed") for n in range(60)]
    others = [voted(100 + n, "addressed", **{f"user-{n}": "addressed"}) for n in range(11)]
    (found,) = find_outliers([*busy, *others])

    assert (found.reason, found.person, found.votes) == ("unusual_share", hash_person("busy"), 60)
    assert (found.rate, found.expected) == (60 / 71, 1 / 12)
    assert find_outliers(busy) == []  # the only maintainer of a repository is nobody's outlier


def test_evidence_that_is_nobodys_vote_makes_no_voters():
    words = [episode(n, evidence=(OutcomeEvidence("reply_done", "addressed", 0.4, by="user-1"),)) for n in range(50)]

    assert find_outliers(words) == []


@pytest.mark.parametrize(("successes", "trials", "rate"), [(0, 5, 0.3), (3, 10, 0.5), (10, 10, 0.1), (40, 900, 0.04)])
def test_the_binomial_tail_is_the_sum_of_its_terms(successes: int, trials: int, rate: float):
    exact = sum(math.comb(trials, i) * rate**i * (1 - rate) ** (trials - i) for i in range(successes, trials + 1))

    assert binomial_tail(successes, trials, rate) == pytest.approx(exact, rel=1e-9)


def test_nothing_is_said_of_nothing():
    report = examine([], EMPTY)

    assert (report.episodes, report.pairs, report.lengths, report.outliers, report.largest_share) == (0, 0, (), (), 0.0)
