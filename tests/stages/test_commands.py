from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.commands import (
    DISMISS_REASONS,
    ApproveCommand,
    Command,
    CommandError,
    DismissCommand,
    EvaluateCommand,
    ForgetCommand,
    HelpCommand,
    OptInCommand,
    OptOutCommand,
    PauseCommand,
    PromoteCommand,
    ResumeCommand,
    ReviewCommand,
    RollbackCommand,
    StatusCommand,
    TrainCommand,
)
from reviewlore.domain.model import Registry, RegistryEntry
from reviewlore.stages import commands
from reviewlore.stages.commands import parse_command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/lore help", HelpCommand()),
        ("/lore", HelpCommand()),
        ("/lore help train", HelpCommand()),
        ("/lore review", ReviewCommand()),
        ("/LORE Review", ReviewCommand()),
        ("/lore review full", ReviewCommand(whole=True)),
        ("/lore review everything, please", ReviewCommand(whole=True)),
        ("/lore pause", PauseCommand()),
        ("/lore Resume!", ResumeCommand()),
        ("\n\n  /lore,  review!\nthanks", ReviewCommand()),
        ("/lore review please", ReviewCommand()),
        ("/lore please review", ReviewCommand()),
        ("/lore 'review' \"full\"", ReviewCommand(whole=True)),
        ('/lore dismiss "style only" 3fa9c1', DismissCommand("style-only", "3fa9c1")),
        ("/lore: status", StatusCommand()),
        ("/lore train", TrainCommand("embedded")),
        ("/lore evaluate", EvaluateCommand()),
        ("/lore evaluate `Embedded-81CE`", EvaluateCommand("embedded-81ce")),
        ("/lore promote embedded-81ce it is  better", PromoteCommand("embedded-81ce", "it is better")),
        ("/lore rollback", RollbackCommand()),
        ("/lore rollback Architecture", RollbackCommand("architecture")),
        ("/lore rollback --specialist=testing", RollbackCommand("testing")),
        ("/lore rollback --specialist testing please", RollbackCommand("testing")),
        ("/lore train adapter", TrainCommand("adapter")),
        ("/lore approve 2708C278", ApproveCommand("2708c278")),
        ("/lore approve 2708c2782ccf looked  through it", ApproveCommand("2708c2782ccf", "looked through it")),
        ("/lore approve Adapter-81ce0d55 seen", ApproveCommand("adapter-81ce0d55", "seen")),
        ("/lore dismiss wrong", DismissCommand("wrong")),
        ("/lore dismiss not here", DismissCommand("not-here")),
        ("/lore dismiss not_here", DismissCommand("not-here")),
        ("/lore dismiss Too-Minor this is  a test", DismissCommand("too-minor", None, "this is a test")),
        ("/lore dismiss intended 3fa9c1d2e4 on purpose", DismissCommand("intended", "3fa9c1d2e4", "on purpose")),
        ("/lore dismiss `3FA9C1D2E4` intended", DismissCommand("intended", "3fa9c1d2e4", "")),
        ("/lore dismiss 3FA9C1D2E4 intended", DismissCommand("intended", "3fa9c1d2e4", "")),
        ("/lore review\n/lore train", ReviewCommand()),
        ("/lore opt-out", OptOutCommand()),
        ("/lore Opt-Out, please", OptOutCommand()),
        ("/lore opt-in", OptInCommand()),
        ("/lore forget pr", ForgetCommand("pr")),
        ("/lore forget PR acme/harbor#3", ForgetCommand("pr", "acme/harbor#3")),
        ("/lore forget comment 12", ForgetCommand("comment", "12")),
    ],
)
def test_commands_are_read(text, command):
    assert parse_command(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "please /lore review",
        "> /lore review",
        "    /lore review",
        "\t/lore review",
        "`/lore review`",
        "```\n/lore review\n```",
        "<!-- x -->\n/lore review",
        "- /lore review",
        "/lorem ipsum",
        "/lore-review",
        "/merge",
        "＃/lore review",
        "／lore review",
        "@lore review",
        "text\n/lore review",
    ],
)
def test_other_text_is_not_a_command(text):
    assert parse_command(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "/lore reviw",
            "There is no command `reviw`. Did you mean `/lore review`? "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore retrain",
            "There is no command `retrain`. Did you mean `/lore train`? "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore approve",
            "Say which dataset or version. The form is `/lore approve <dataset|version> [text]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore approve everything",
            "That is no id of a dataset or version: `everything`. The form is `/lore approve <dataset|version> "
            "[text]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore review --model.api_base=http://evil.example/x",
            "`/lore review` does not take `--model.api_base=http://evil.example/x`. The form is `/lore review [full]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore promote",
            "Say which version. The form is `/lore promote <version> [text]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore promote ../../etc",
            "That is no id of a version: `../../etc`. The form is `/lore promote <version> [text]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore rollback everybody",
            "There is no specialist `everybody`. The form is `/lore rollback [specialist]`. "
            "There are: `architecture`, `refactoring`, `testing`, `debugging`, `documentation`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore rollback --to=embedded-1",
            "There is no specialist `--to=embedded-1`. The form is `/lore rollback [specialist]`. "
            "There are: `architecture`, `refactoring`, `testing`, `debugging`, `documentation`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore dismiss",
            "A dismissal needs a reason. The form is `/lore dismiss <reason> [id] [text]`. "
            "There are: `wrong`, `not-here`, `already-known`, `style-only`, `too-minor`, `intended`, `duplicate`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore dismiss wrnog",
            "There is no reason `wrnog`. Did you mean `/lore dismiss wrong`? "
            "The form is `/lore dismiss <reason> [id] [text]`. "
            "There are: `wrong`, `not-here`, `already-known`, `style-only`, `too-minor`, `intended`, `duplicate`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore optout",
            "There is no command `optout`. Did you mean `/lore opt-out`? "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore forget",
            "Say what to forget. The form is `/lore forget pr|comment|rule [name]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore forget everything",
            "There is nothing to forget by the name `everything`. The form is `/lore forget pr|comment|rule [name]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
        (
            "/lore train gpu",
            "There is no tier `gpu`. The form is `/lore train [embedded|adapter]`. "
            "Nothing was done; `/lore help` lists the commands.",
        ),
    ],
)
def test_a_wrong_command_says_what_to_type_instead(text, answer):
    error = parse_command(text)
    assert isinstance(error, CommandError)
    assert commands.render_error(error) == answer


@pytest.mark.parametrize(
    "text",
    [
        "/lore config review.max_comments=99",
        "/lore review --tier=adapter",
        "/lore review __init__",
        "/lore train embedded --recipe=/etc/passwd",
        "/lore rеview",  # a Cyrillic letter
        "/lore ｒｅｖｉｅｗ",
        "/lore train ａdapter",
        "/lore dismiss ｗrong",
        "/lore status; review",
        "/lore review && train",
    ],
)
def test_nothing_but_the_listed_words_is_accepted(text):
    """Attack 1: no flag, setting or look-alike reaches anything."""
    assert isinstance(parse_command(text), CommandError)


def test_a_strangers_word_is_shown_as_inert_code():
    answer = commands.render_error(parse_command("/lore `@everyone`#1<b>\u202e" + "x" * 100))
    assert answer.startswith("There is no command `'@everyone'#1<b>?xxxxx")
    assert answer.count("`") == 4
    assert "…`" in answer


def test_every_command_has_exactly_one_row_and_help_names_it():
    assert sorted(row.command.__name__ for row in commands.ROWS) == sorted(kind.__name__ for kind in get_args(Command))
    for row in commands.ROWS:
        assert row.usage.split()[0] == row.name
        assert f"| `/lore {row.usage.replace('|', chr(92) + '|')}` | {row.summary} |" in commands.render_help()


def test_help_as_full_text():
    assert commands.render_help() == (
        "Write a command as the first line of a new comment on an open pull request. Edited comments are not read.\n"
        "\n"
        "| command | what it does | needs the role |\n"
        "| --- | --- | --- |\n"
        "| **Reviews** | | |\n"
        "| `/lore help` | lists these commands | triage |\n"
        "| `/lore review [full]` | reviews what is new since the last review, or all of the pull request anew | "
        "write |\n"
        "| `/lore pause` | leaves pushes to this pull request unreviewed until somebody resumes | write |\n"
        "| `/lore resume` | reviews pushes to this pull request again | write |\n"
        "| `/lore dismiss <reason> [id] [text]` | says that a remark is not wanted, and why; in its thread, "
        "or with the remark's id | write |\n"
        "| **Why, and what is known** | | |\n"
        "| `/lore explain [id]` | says what a remark rests on and what would silence it; without a remark, why nothing "
        "is said | triage |\n"
        "| `/lore why [id]` | tells how a remark came to be said: its run, version, dataset, precedents "
        "and decisions | triage |\n"
        "| `/lore ask <question>` | answers from what this team said, taught and decided, each with its source "
        "| triage |\n"
        "| `/lore config` | lists the settings in force that are no defaults | triage |\n"
        "| `/lore accept [id] [text]` | says that a remark is right, which takes back its dismissal; in its thread, or "
        "with the remark's id | write |\n"
        "| `/lore remember [in <paths>:] <rule>` | teaches a rule that later reviews know, for all paths or for these "
        "(globs) | maintain |\n"
        "| **Versions** | | |\n"
        "| `/lore status` | tells which version is in force and why | triage |\n"
        "| `/lore train [embedded\\|adapter]` | starts the training workflow; the gate judges the result | maintain |\n"
        "| `/lore evaluate [version]` | judges the latest versions, or the named one, on later pull requests held out "
        "for it | write |\n"
        "| `/lore promote <version> [text]` | puts a version in force at once, whatever the gate said; takes the role "
        "maintain, or what policy says | write |\n"
        "| `/lore rollback [specialist]` | goes back one step: ends the trial of a version, or puts the version before "
        "in force again | maintain |\n"
        "| `/lore approve <dataset\\|version> [text]` | allows a dataset to be trained on, or a version that passed "
        "the gate to judge, where policy asks for somebody's word; policy says which role it takes | write |\n"
        "| **What is kept** | | |\n"
        "| `/lore forget pr\\|comment\\|rule [name]` | removes this pull request or comment, or the named one, from "
        "what was learned, with its history; or a rule that was taught, by the beginning of its id | maintain |\n"
        "| `/lore opt-out` | removes what you wrote from what was learned, with its history; you are not learned from "
        "any more | none: everybody may |\n"
        "| `/lore opt-in` | lets what you write be learned from again | none: everybody may |\n"
        "\n"
        "Reasons to dismiss a remark:\n"
        "\n"
        "- `wrong`: the remark is not true\n"
        "- `not-here`: true elsewhere, but this place is an exception\n"
        "- `already-known`: known, and tracked elsewhere\n"
        "- `style-only`: a matter of taste\n"
        "- `too-minor`: true, but not worth a comment\n"
        "- `intended`: done on purpose\n"
        "- `duplicate`: said already"
    )


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("none", set()),
        ("read", set()),
        ("triage", {"help", "status"}),
        ("write", {"help", "status", "review", "dismiss"}),
        ("maintain", {"help", "status", "review", "dismiss", "train"}),
        ("admin", {"help", "status", "review", "dismiss", "train"}),
    ],
)
def test_roles(role, allowed):
    given_commands = [HelpCommand(), ReviewCommand(), DismissCommand("wrong"), StatusCommand(), TrainCommand()]
    assert {commands.row_of(command).name for command in given_commands if commands.may(role, command)} == allowed


def test_refusal_and_failure_as_full_text():
    assert commands.render_refusal(TrainCommand(), "triage") == (
        "`/lore train` needs the role maintain in this repository; yours is triage. Nothing was done."
    )
    assert commands.render_failure(ReviewCommand(), "git is gone.", "https://github.com/o/r/actions/runs/7") == (
        "`/lore review` could not be carried out: git is gone.\n\n"
        "[The log of this run](https://github.com/o/r/actions/runs/7) has the details."
    )
    assert commands.render_failure(ReviewCommand(), "git is gone.", "") == (
        "`/lore review` could not be carried out: git is gone."
    )


@pytest.mark.parametrize(
    ("counts", "answer"),
    [
        ((0, 0, 0), "Reviewed `bbbbbbbbbbbb`: nothing to remark."),
        ((1, 0, 0), "Reviewed `bbbbbbbbbbbb`: 1 new remark on the changed lines."),
        (
            (0, 1, 2),
            "Reviewed `bbbbbbbbbbbb`: 0 new remarks on the changed lines, 1 said before and left as it is, "
            "2 in the summary, outside the diff or above the limit.",
        ),
    ],
)
def test_answers_to_review(counts, answer):
    assert commands.render_reviewed("b" * 40, *counts) == answer


def test_an_answer_says_why_nothing_was_posted():
    assert commands.render_not_reviewed("b" * 40, "head_moved") == (
        "Reviewed `bbbbbbbbbbbb`, but the pull request was pushed to meanwhile, so nothing was posted; "
        "the review of the new head follows by itself."
    )
    assert commands.render_not_reviewed("b" * 40, "no_diff") == (
        "Reviewed `bbbbbbbbbbbb`, but nothing was posted (no_diff)."
    )


def test_answers_to_dismiss():
    assert commands.render_dismissed(DismissCommand("intended"), "3fa9c1") == (
        "Noted: `3fa9c1` is dismissed as `intended` (done on purpose). "
        "It is kept on the state branch, and the remark is not made again in this repository."
    )
    assert commands.render_which_finding([]) == "There is no remark of mine on this pull request to dismiss."
    assert commands.render_which_finding(["3fa9c1", "77aa00"]) == (
        "Which remark? Answer in its thread, or name it: `/lore dismiss <reason> <id>`. "
        "On this pull request: `3fa9c1`, `77aa00`."
    )
    assert commands.render_which_finding(["3fa9c1"], "why <id>", "77aa00").startswith(
        "`77aa00` is the beginning of no remark's id, or of several. Answer in its thread, or name it: `/lore why "
    )


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("/lore opt-out", True),
        ("/lore optout", True),
        ("/lore optt-out now", True),
        ("/lore opt_in", True),
        ("/lore opt-out everybody", True),
        ("/lore statsu", False),
        ("/lore helpp", False),
        ("/lore forget me", True),
        ("/lore 🚀", False),
    ],
)
def test_whoever_misspells_the_word_for_going_is_answered_too(text, answered):
    assert commands.is_for_everybody(parse_command(text)) == answered


def test_more_commands_in_one_comment_are_told_of():
    assert commands.has_unread("/lore status\n\n/lore config")
    assert not commands.has_unread("/lore status\nas /lore help says\n> /lore help")


def test_answers_to_status():
    assert commands.render_status(Registry(), 0, 1) == (
        "Learned from 0 review remarks and 1 signal. No version was trained yet: the shipped prior is in force."
    )
    entries = tuple(
        RegistryEntry(f"v{number}", "embedded", state, "gate", "2026-11-20T10:00:00Z", reason)
        for number, (state, reason) in enumerate([("retired", "a|b @x"), ("rejected", "lost"), ("active", "won")])
    )
    assert commands.render_status(Registry(entries), 1, 0) == (
        "Learned from 1 review remark and 0 signals.\n"
        "\n"
        "| version | tier | state | since | why |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `v2` | embedded | active | 2026-11-20 | won |\n"
        "| `v1` | embedded | rejected | 2026-11-20 | lost |\n"
        "| `v0` | embedded | retired | 2026-11-20 | a\\|b @\u200bx |"
    )
    assert "No trained version is active: the shipped prior is in force." in commands.render_status(
        Registry(entries[:2]), 1, 0
    )


def test_answer_to_train():
    assert commands.render_train_started(TrainCommand("adapter"), "https://github.com/o/r/actions", reports=True) == (
        "Training of the `adapter` tier is asked for; it starts when a runner is free: https://github.com/o/r/actions. "
        "The gate decides whether its result is used. How it ended is said here."
    )


@given(st.text())
def test_any_text_is_read_without_a_crash(text):
    result = parse_command("/lore " + text)
    assert result is not None or not text.strip() or text.lstrip(" ,:;.!")[:1] != ""
    if isinstance(result, CommandError):
        assert "\n" not in commands.render_error(result)


@given(st.sampled_from(DISMISS_REASONS), st.text(alphabet="ghijk xyz", max_size=30))
def test_every_reason_is_read_with_any_words_behind_it(reason, words):
    assert parse_command(f"/lore dismiss {reason} {words}") == DismissCommand(reason, None, " ".join(words.split()))


def test_rows_say_what_a_job_has_to_be_allowed_to_do():
    """A command that changes the state branch or starts a workflow takes a job with more than read access."""
    assert {row.name for row in commands.ROWS if row.writes} >= {"dismiss", "approve", "forget", "opt-out", "opt-in"}
    assert [row.name for row in commands.ROWS if row.dispatches] == ["train"]
    assert not any(row.writes for row in commands.ROWS if row.name in ("help", "review", "status", "train"))
