"""How a team speaks: numbers about what people said and authors acted on."""

from dataclasses import replace

from tests.stages.dataset.remarks import HISTORY, episode

from reviewlore.domain.voice import ENOUGH, Voice
from reviewlore.stages.dataset.voice import measure_voice


def said(*bodies: str, **changes: object) -> list[object]:
    return [episode(n, body=body, outcome="addressed", **changes) for n, body in enumerate(bodies)]


def test_length_questions_and_please_are_measured_on_prose() -> None:
    found = measure_voice(
        said(
            "Could we rename this?",
            "Please move it.\n\n```python\nmuch = code(that, counts, for_, nothing)\n```",
            "Extract this into a helper of its own",
            "```suggestion\nx = 1\n```",
        )
    )
    assert found == Voice(remarks=3, median_words=4.0, questions=0.333, polite=0.667)


def test_only_people_who_were_heeded_count() -> None:
    bodies = ("Why is this here?", "Why not?")
    assert measure_voice(said(*bodies, author_kind="bot")) == Voice()
    assert measure_voice([replace(each, outcome="ignored") for each in said(*bodies)]) == Voice()
    assert measure_voice(said("Great work!", intent="praise")) == Voice()
    assert measure_voice([]) == Voice()


def test_a_few_remarks_say_nothing_about_a_team() -> None:
    terse = Voice(remarks=ENOUGH - 1, median_words=8.0, questions=0.9)
    assert not (terse.brief or terse.asking)
    assert replace(terse, remarks=ENOUGH).brief
    assert replace(terse, remarks=ENOUGH).asking
    assert not replace(terse, remarks=ENOUGH, median_words=31.0).brief


def test_a_history_has_a_voice() -> None:
    found = measure_voice(HISTORY)
    assert (found.known, found.median_words, found.polite) == (True, 6.0, 1.0)


def test_a_manner_is_told_in_words_only_where_it_is_known() -> None:
    assert Voice(remarks=ENOUGH, median_words=9.0, questions=0.4, polite=0.25).manner == (
        "half of its remarks have at most 9 words; 40 % of them end in a question, 25 % say please."
    )
    assert Voice(remarks=ENOUGH - 1, median_words=9.0).manner == ""
