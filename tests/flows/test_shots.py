"""Examples for a prompt: near code first in mind (last in order), both outcomes, never the remark itself."""

from reviewlore.domain.history import Anchor, Episode
from reviewlore.domain.preference import Remark
from reviewlore.flows.shots import SHOWN, Shots


def an_episode(number: int, word: str, outcome="addressed") -> Episode:
    return Episode(
        id=f"a/b#{number}/1", repository="a/b", pull_request=number, comment_id="1", author="p-1", author_kind="human",
        pull_request_author=None, anchor=Anchor(f"src/{word}.py"), hunk=f"@@ -1 +1 @@\n+{word} = load_{word}()",
        body=f"Remark {number}.", created_at=f"2025-01-{number + 1:02}T00:00:00Z", outcome=outcome,
    )  # fmt: skip


EPISODES = [an_episode(n, ("parcel", "ledger")[n % 2], ("addressed", "ignored", "declined")[n % 3]) for n in range(24)]
ASKED = Remark("src/parcel.py", "@@ -4 +4 @@\n+parcel = load_parcel(2)", "Something new.")


def test_examples_are_about_similar_code_and_of_both_outcomes():
    chosen = Shots(EPISODES).choose(ASKED)

    assert len(chosen) == SHOWN
    assert [each.addressed for each in chosen].count(True) == SHOWN // 2
    assert {each.remark.path for each in chosen} == {"src/parcel.py"}


def test_the_nearest_stands_last_and_of_equals_the_latest():
    exact = an_episode(1, "courier_manifest")
    asked = Remark("src/courier_manifest.py", exact.hunk, "Something new.")
    assert Shots([*EPISODES, exact]).choose(asked)[-1].remark.body in {"Remark 1.", "Remark 23."}
    addressed = [each for each in Shots(EPISODES).choose(ASKED) if each.addressed]
    assert [each.remark.body for each in addressed] == ["Remark 6.", "Remark 12.", "Remark 18."]


def test_where_nothing_is_similar_the_latest_stand_in():
    chosen = Shots(EPISODES).choose(Remark("README", "@@ -1 +1 @@\n+zzz", "Hm."))
    assert {each.remark.body for each in chosen if not each.addressed} == {"Remark 23.", "Remark 22.", "Remark 20."}


def test_a_remark_is_no_example_of_itself_and_unknown_ones_are_none():
    asked = Remark("src/parcel.py", EPISODES[0].hunk, EPISODES[0].body)
    assert EPISODES[0].body not in {each.remark.body for each in Shots(EPISODES).choose(asked)}
    assert Shots([an_episode(3, "parcel", "unknown")]).choose(ASKED) == ()
