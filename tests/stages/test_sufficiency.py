"""What is missing before a specialist or a language is learned, said by slice; the most telling minimum decides."""

from reviewlore.config import MinimumSettings
from reviewlore.domain.history import Anchor, Episode
from reviewlore.domain.preference import PreferencePair, Remark
from reviewlore.stages.sufficiency import count_slice, find_minimum, find_shortage_of, find_thin


def make(number: int, request: int, concern: str, language: str | None) -> tuple[PreferencePair, Episode]:
    name = f"a/b#{request}/{number}"
    episode = Episode(
        id=name, repository="a/b", pull_request=request, comment_id=str(number), author="p", author_kind="human",
        pull_request_author=None, anchor=Anchor("x.py", 1), hunk="h", body="b", created_at="2025-01-01T00:00:00Z",
        language=language, concern=concern,
    )  # fmt: skip
    pair = PreferencePair(
        id=name, kind="same_hunk", chosen=Remark("x.py", "h", "b"), rejected=Remark("x.py", "h", f"c {number}"),
        weight=1.0, repository="a/b", pull_request=f"a/b#{request}", created_at=episode.created_at,
        episodes=(name, "a/b#1/0"),
    )  # fmt: skip
    return pair, episode


MADE = [
    *(make(n, n % 12, "testing", "Python") for n in range(40)),
    *(make(n, n % 2, "naming", "Go") for n in range(100, 132)),
    *(make(n, n % 6, "documentation", None) for n in range(200, 206)),
]
PAIRS = [pair for pair, _ in MADE]
EPISODES = {episode.id: episode for _, episode in MADE}


def test_pairs_belong_to_the_slice_of_their_chosen_remark() -> None:
    whole = count_slice(PAIRS, EPISODES)
    assert (whole.pairs, whole.pull_requests, whole.name) == (78, 12, "all remarks")
    testing = count_slice(PAIRS, EPISODES, "testing", "python")
    assert (testing.pairs, testing.pull_requests, testing.name) == (40, 12, "testing in python")
    assert count_slice(PAIRS, EPISODES, "testing", "Go").pairs == 0


def test_the_minimum_that_names_more_decides_and_the_last_of_equals() -> None:
    rows = [
        MinimumSettings(pairs=10),
        MinimumSettings("testing", "Go", pairs=1),
        MinimumSettings("testing", pairs=50),
        MinimumSettings("testing", pairs=60),
    ]
    assert find_minimum(rows, "", "").pairs == 10
    assert find_minimum(rows, "testing", "").pairs == 60
    assert find_minimum(rows, "testing", "go").pairs == 1
    assert find_minimum((), "naming", "rust") == MinimumSettings()


def test_a_slice_below_its_minimum_is_told_with_what_it_has() -> None:
    told = [shortage.told for shortage in find_thin(PAIRS, EPISODES, ())]
    assert told == [
        "not learned: go (32 of 30 pairs, 2 of 5 pull requests)",
        "not learned: architecture (0 of 30 pairs, 0 of 5 pull requests)",
        "not learned: refactoring (32 of 30 pairs, 2 of 5 pull requests)",
        "not learned: debugging (0 of 30 pairs, 0 of 5 pull requests)",
        "not learned: documentation (6 of 30 pairs, 6 of 5 pull requests)",
    ]


def test_minima_that_name_a_slice_are_looked_at_where_nothing_is_there() -> None:
    rows = [
        MinimumSettings("testing", "Go"),
        MinimumSettings(language="rust"),
        MinimumSettings(pairs=1, pull_requests=1),
    ]
    names = {shortage.found.name for shortage in find_thin(PAIRS, EPISODES, rows)}
    assert names == {"testing in go", "rust", "architecture", "debugging"}


def test_a_specialist_alone_is_held_to_its_own_minimum() -> None:
    assert find_shortage_of(PAIRS, EPISODES, (), "testing") is None
    missing = find_shortage_of(PAIRS, EPISODES, [MinimumSettings("testing", pairs=41)], "testing")
    assert missing is not None
    assert (missing.found.pairs, missing.least_pairs) == (40, 41)
    assert [each.found.name for each in find_thin(PAIRS, EPISODES, (), "testing")] == ["testing in go"]
