import pytest

from reviewlore.domain.events import FeedbackSignal
from reviewlore.stages.feedback import standing_signals

SAID = {"d": ("dismissed", "wrong"), "k": ("dismissed", "already-known"), "a": ("accepted", "")}


def signals(letters: str, repository: str = "octo/demo") -> list[FeedbackSignal]:
    return [
        FeedbackSignal(f"{repository}#1/{place}", *SAID[letter][:1], repository, 1, "aa11", SAID[letter][1], "", "p",
                       "write", f"2026-01-0{place + 1}")  # type: ignore[arg-type]
        for place, letter in enumerate(letters)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "standing"),
    [("", ""), ("d", "d"), ("k", ""), ("a", "a"), ("da", "a"), ("ad", "d"), ("dada", "aa"), ("ak", "a"), ("dka", "a")],
)
def test_the_last_word_on_a_remark_holds(given: str, standing: str) -> None:
    kinds = [SAID[letter][0] for letter in standing]
    assert [signal.kind for signal in standing_signals(signals(given))] == kinds


def test_another_repository_takes_nothing_back() -> None:
    given = [*signals("d"), *signals("a", "octo/other")]
    assert list(standing_signals(given)) == given
