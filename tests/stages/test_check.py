"""The check run of a review: when it fails, what it says, and GitHub's limits."""

import pytest
from tests.stages.publishing import HEAD, finding

from reviewlore.domain.events import JobResult
from reviewlore.stages.publish.check import make_check

RUN = "https://github.com/octo/demo/actions/runs/7"


def check(result, *findings, clean=str):
    return make_check(HEAD, result, findings, clean, RUN)


@pytest.mark.parametrize(
    ("result", "conclusion", "title"),
    [
        (JobResult("success"), "success", "Nothing to remark"),
        (JobResult("success", findings=1), "neutral", "1 remark"),
        (JobResult("success", "no_write_permission", findings=2), "neutral", "2 remarks"),
        (JobResult("failure", findings=2, exit_code=1), "failure", "2 remarks"),
        (JobResult("skipped", "head_moved", findings=2), "skipped", "Not reviewed: head moved"),
        (JobResult("skipped", "label_left_out"), "skipped", "Not reviewed: label left out"),
        (JobResult("neutral"), "neutral", "Nothing to remark"),
    ],
)
def test_a_remark_is_advice_unless_the_team_says_otherwise(result, conclusion, title):
    made = check(result)
    assert (made.name, made.commit, made.conclusion, made.title) == ("reviewlore", HEAD, conclusion, title)
    assert (made.details_url, made.notes) == (RUN, ())


@pytest.mark.parametrize("text", ["x" * 200_000, "ü\n" * 100_000, "😀" * 50_000])
def test_a_long_summary_is_cut_to_what_github_takes(text):
    made = check(JobResult("success", summary=text))
    assert len(made.summary.encode()) <= 65_535
    assert "Cut here" in made.summary
    assert check(JobResult("success", summary="Short.")).summary == "Short."


def test_remarks_without_a_comment_stand_beside_the_code():
    said = [
        finding("aaaaaa1", 3, severity="error", title="@maria <b>Title</b>", why="See #12\n/lore train", advice=""),
        finding("bbbbbb2", 4, severity="info", why="", advice="", title="Only a title"),
        finding("cccccc3", 5, side="LEFT"),
    ]
    one, two = check(JobResult("success", findings=3), *said).notes
    assert (one.path, one.line, one.level, two.level) == ("a.py", 3, "failure", "notice")
    assert one.title == "@\u200bmaria &lt;b&gt;Title&lt;/b&gt;"
    assert one.message == "See #\u200b12\n\u200b/lore train"
    assert two.message == "Only a title"


def test_there_are_no_more_notes_than_github_takes_and_none_is_too_long():
    many = [finding(f"{number:08x}", number, title="t" * 999, why="w" * 99_999) for number in range(1, 80)]
    notes = check(JobResult("success", findings=79), *many).notes
    assert len(notes) == 50
    assert max(len(note.title) for note in notes) <= 255
    assert max(len(note.message.encode()) for note in notes) <= 64 * 1024


def test_no_secret_is_in_a_check():
    made = check(
        JobResult("success", summary="token s3cret"),
        finding(why="s3cret"),
        clean=lambda text: text.replace("s3cret", "x"),
    )
    assert "s3cret" not in repr(made)


def test_a_name_that_is_no_utf8_is_written_in_escapes():
    (note,) = check(JobResult("neutral", "no_write_permission", findings=1), finding(path="caf\udce9.py", line=3)).notes
    assert note.path == "caf\\udce9.py"
