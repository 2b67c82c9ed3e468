"""What every ranker stands beside."""

from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.ranking.baselines import UNTRAINED, comment_only, lexical_overlap, random_score

HUNK = "@@ -1 +1 @@\n+total = price * count"


def pair(number: int, chosen: str, rejected: str, kind: str = "outcome") -> PreferencePair:
    return PreferencePair(
        f"p{number}",
        kind,
        Remark("a.py", HUNK, chosen),
        Remark("a.py", HUNK, rejected),
        1.0,
        "a/b",
        "a/b#1",
        "",
        ("x", "y"),
    )


def test_chance_is_the_same_for_the_same_remark():
    remarks = [Remark("a.py", HUNK, f"remark {i}") for i in range(400)]
    scores = [random_score(r) for r in remarks]

    assert scores == [random_score(r) for r in remarks]
    assert 0.4 < sum(scores) / len(scores) < 0.6
    assert len(set(scores)) == 400


def test_length_baselines_are_opposites():
    short, long = Remark("a.py", HUNK, "short"), Remark("a.py", HUNK, "much longer")

    assert UNTRAINED["longer wins"](long) > UNTRAINED["longer wins"](short)
    assert UNTRAINED["shorter wins"](long) < UNTRAINED["shorter wins"](short)


def test_overlap_prefers_the_remark_on_this_code():
    assert lexical_overlap(Remark("a.py", HUNK, "`total` of `price`")) > lexical_overlap(
        Remark("a.py", HUNK, "`codec`")
    )
    assert lexical_overlap(Remark("a.py", "", "")) == 0.0


def test_comment_only_learns_words_of_outcomes_and_nothing_else():
    pairs = [pair(i, f"please rename value {i}", f"this was intended because {i}") for i in range(20)]
    score = comment_only(pairs)

    assert score(Remark("x", "", "please rename it")) > score(Remark("y", "", "it was intended because"))
    unlearned = comment_only([pair(i, "please rename", "this was intended", "relevance_easy") for i in range(20)])
    assert unlearned(Remark("x", "", "please rename it")) == unlearned(Remark("x", "", "this was intended"))
