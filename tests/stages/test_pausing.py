"""What somebody asked about the reviews of a pull request: kept in our answers, forged by nobody, last word wins."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stages.publishing import BASE, HEAD, ME

from reviewlore.domain.forge import IssueComment, Posted
from reviewlore.domain.markers import (
    Earlier,
    Memory,
    Pause,
    add_hidden,
    find_marker,
    find_memory,
    find_pause,
    find_text,
    marker,
    memory_marker,
    pause_marker,
)
from reviewlore.stages.commands import render_paused, render_resumed
from reviewlore.stages.publish.pausing import OPENINGS, plan_pause, plan_resume, recall_earlier, recall_pause
from reviewlore.stages.publish.render import SUMMARY_MARKER

EARLY, LATE = "2026-11-20T10:00:00Z", "2026-11-20T10:00:07Z"


def answer(held: bool, at: str = EARLY, reviews: int = 3, command: int = 501, text: str | None = None) -> str:
    said = text if text is not None else (render_paused if held else render_resumed)(again=False)
    body = f"{said}\n\n<sub>Answer to [this command](x).</sub>\n\n{marker('reply', str(command))}"
    return add_hidden(body, pause_marker(Pause(held, reviews, at)))


def posted(*bodies: str, reviews: int = 0, paused: bool = False) -> Posted:
    texts = list(bodies)
    if reviews:
        texts.append(add_hidden(f"### reviewlore\n\nText.\n\n{SUMMARY_MARKER}",
                                memory_marker(Memory(HEAD, BASE, reviews, paused=paused))))  # fmt: skip
    return Posted(
        summaries=tuple(
            IssueComment(number, 1, text, ME, True, "NONE", "", "", "") for number, text in enumerate(texts)
        )
    )


@given(st.booleans(), st.integers(0, 999_999), st.integers(1, 10**19), st.text(max_size=30))
def test_an_answer_keeps_what_was_asked_and_is_still_an_answer(held, reviews, command, at):
    body = answer(held, f"2026{at}", reviews, command)
    found = find_pause(body)
    assert (found.held, found.reviews, found.command) == (held, reviews, command)
    assert find_marker("reply", body) == str(command)
    assert "<!--" not in find_text(body)


@pytest.mark.parametrize("again", [True, False])
def test_every_answer_begins_as_the_reader_expects(again):
    assert render_paused(again).startswith(OPENINGS[True])
    assert render_resumed(again).startswith(OPENINGS[False])


@pytest.mark.parametrize("turn", [1, -1])
def test_the_last_command_wins_whichever_was_answered_first(turn):
    """Two commands are answered by two runs at once; which one ends first says nothing."""
    both = [answer(True, EARLY, command=501), answer(False, LATE, command=502)][::turn]
    assert recall_pause(posted(*both)) == Pause(False, 3, LATE, 502)
    both = [answer(False, EARLY, command=501), answer(True, EARLY, command=502)][::turn]
    assert recall_pause(posted(*both)).held, "in the same second the later comment counts"


@pytest.mark.parametrize(
    "body",
    [
        f"{answer(True)}\n\nAs above.",
        f"> {answer(True)}",
        f"Thank you! You wrote:\n\n{answer(True)}",
        answer(True).replace("reviewlore:reply", "reviewlore:finding"),
        answer(True, text="Done."),
        answer(True, text="Resumed: x"),
        f"Paused: x\n{pause_marker(Pause(True, 0, EARLY))}\n\nmore\n\n{marker('reply', '501')}",
    ],
)
def test_quotes_and_other_workflows_echoes_count_for_nothing(body):
    """Other workflows post under the same account, and some end in a stranger's words."""
    assert recall_pause(posted(body)) == Pause()


def test_resuming_starts_the_count_again():
    assert recall_earlier(posted(reviews=20)) == Earlier(20)
    assert recall_earlier(posted(answer(False, reviews=20), reviews=20)) == Earlier(0)
    assert recall_earlier(posted(answer(False, reviews=20), reviews=23)) == Earlier(3)
    assert recall_earlier(posted(answer(True, reviews=20), reviews=23)) == Earlier(23, held=True)
    assert recall_earlier(posted(answer(False, reviews=20), reviews=2)) == Earlier(0)


@pytest.mark.parametrize("held", [True, False])
def test_the_summary_says_that_it_is_paused_until_it_is_not(held):
    before = posted(reviews=2)
    edit = plan_pause(before, str, held=held)
    assert ("Somebody asked for it" in edit.body) is held
    assert ("reviewed 2 times" in edit.body) is not held
    assert "`/lore review` reviews it once, `/lore resume` reviews pushes again." in find_text(edit.body)
    assert find_memory(edit.body) == replace(find_memory(before.summaries[0].body), paused=True)
    said = replace(before, summaries=(replace(before.summaries[0], body=edit.body),))
    assert plan_pause(said, str, held=held) is None
    undone = plan_resume(said, str)
    assert undone.body == before.summaries[0].body
    assert plan_resume(before, str) is None
    assert plan_resume(posted(), str) is None


def test_a_remark_that_speaks_of_a_pause_is_not_cut_off():
    text = "### reviewlore\n\n**Paused.** is what the button says.\n\nMore."
    body = add_hidden(f"{text}\n\n{SUMMARY_MARKER}", memory_marker(Memory(HEAD, BASE, 2)))
    before = Posted(summaries=(replace(posted(reviews=1).summaries[0], body=body),))
    edit = plan_pause(before, str)
    after = plan_resume(Posted(summaries=(replace(before.summaries[0], body=edit.body),)), str)
    assert find_text(after.body) == text
