import base64
import io
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reviewlore.adapters.actions import (
    MAX_SUMMARY,
    ActionsRunner,
    escape_data,
    escape_property,
    read_context,
)
from reviewlore.domain.events import ActionInputs, Annotation
from reviewlore.errors import ConfigError, InputError

BASE = {"GITHUB_REPOSITORY": "octo/demo", "INPUT_MODE": "review"}


def read_file_commands(text):
    """Read GITHUB_OUTPUT as the runner does: `name<<mark`, lines, `mark`; or `name=value`."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        if "<<" in line and ("=" not in line or line.index("<<") < line.index("=")):
            name, _, mark = line.partition("<<")
            value = []
            for row in lines:
                if row == mark:
                    break
                value.append(row)
            found[name] = "\n".join(value)
        elif "=" in line:
            name, _, found[name] = line.partition("=")
    return found


def run_commands(log):
    """The workflow commands that a runner would obey in a log."""
    obeyed, stopped = [], None
    for line in log.split("\n"):
        match = re.match(r"\s*::([A-Za-z-]+)([^:]*)::(.*)$", line)
        if stopped:
            stopped = None if line.strip() == f"::{stopped}::" else stopped
        elif match and match[1] == "stop-commands":
            stopped = match[3].strip()
        elif match:
            obeyed.append(match[1])
    assert stopped is None
    return obeyed


@pytest.fixture
def environ(tmp_path):
    return {
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "RUNNER_TEMP": str(tmp_path),
    }


def test_the_context_as_the_runner_gives_it(tmp_path):
    event = tmp_path / "event.json"
    event.write_text('{"action": "opened"}')
    context = read_context(
        BASE
        | {
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_RUN_ID": "77",
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_SERVER_URL": "https://git.example/",
            "INPUT_FAIL_ON": " warning ",
            "INPUT_TIER": "adapter",
            "INPUT_RECIPE": "smoke_cpu",
            "INPUT_STATE_REPOSITORY": "octo/state",
            "INPUT_TRAIN_WORKFLOW": "train.yaml",
        }
    )
    assert context.event_name == "pull_request"
    assert context.payload == {"action": "opened"}
    assert context.repository == "octo/demo"
    assert context.run_id == "77-2"
    assert context.run_url == "https://git.example/octo/demo/actions/runs/77"
    assert context.inputs == ActionInputs("review", "warning", "adapter", "smoke_cpu", "octo/state", "train.yaml")


def test_empty_inputs_are_the_defaults():
    context = read_context(BASE | {"INPUT_FAIL_ON": "", "INPUT_TIER": "  "})
    assert context.inputs == ActionInputs("review")
    assert (context.payload, context.run_id, context.run_url) == ({}, "", "")


def test_all_wrong_inputs_are_told_at_once():
    wrong = {"INPUT_MODE": "deploy", "INPUT_FAIL_ON": "Warning", "INPUT_RECIPE": "../x", "GITHUB_REPOSITORY": "a b"}
    wrong |= {
        "INPUT_STATE_REPOSITORY": "x",
        "INPUT_TRAIN_WORKFLOW": "../learn.yml",
        "GITHUB_SERVER_URL": "ext::sh -c x",
    }
    with pytest.raises(ConfigError) as error:
        read_context(wrong)
    assert str(error.value) == (
        "The action cannot run: GITHUB_REPOSITORY is 'a b', not OWNER/NAME; "
        "GITHUB_SERVER_URL is 'ext::sh -c x', not an address; "
        "the input mode is 'deploy', not one of review, command, learn, train, report, analyse, post; "
        "the input fail-on is 'Warning', not one of info, warning, error, never; "
        "the input recipe is '../x', not the name of a recipe; "
        "the input state-repository is 'x', not OWNER/NAME; "
        "the input train-workflow is '../learn.yml', not the file name of a workflow. Correct the workflow."
    )


def test_inputs_of_one_mode_are_wrong_in_another():
    wrong = BASE | {"INPUT_REPLY_TO": "-1", "INPUT_OUTCOME": "fine", "INPUT_ARTEFACT": "a\nb"}
    with pytest.raises(ConfigError) as error:
        read_context(wrong)
    assert str(error.value) == (
        "The action cannot run: the input reply-to goes with the mode report only; "
        "the input outcome goes with the mode report only; the input artefact goes with the mode post only; "
        "the input reply-to is '-1', not the number of a pull request; "
        "the input outcome is 'fine', not one of success, failure, cancelled, skipped; "
        "the input artefact is 'a\\nb', not a path. Correct the workflow."
    )


def test_another_repository_is_learned_from_and_the_run_stays_the_workflow_s():
    given = BASE | {"INPUT_MODE": "learn", "INPUT_REPOSITORY": "octo/other", "GITHUB_RUN_ID": "7"}
    context = read_context(given)
    assert context.repository == "octo/other"
    assert context.run_url.endswith("/octo/demo/actions/runs/7")
    for mode in ("review", "command", "train", "post"):
        with pytest.raises(ConfigError, match="the input repository goes with the mode learn only"):
            read_context(given | {"INPUT_MODE": mode})
    with pytest.raises(ConfigError, match="the input repository is 'other', not OWNER/NAME"):
        read_context(given | {"INPUT_REPOSITORY": "other"})


def test_a_reply_needs_an_outcome_and_an_outcome_no_reply():
    report = BASE | {"INPUT_MODE": "report"}
    with pytest.raises(ConfigError, match="reply-to needs the input outcome"):
        read_context(report | {"INPUT_REPLY_TO": "12"})
    assert read_context(report | {"INPUT_OUTCOME": "success"}).inputs.reply_to == 0
    given = read_context(report | {"INPUT_OUTCOME": "failure", "INPUT_REPLY_TO": "12"}).inputs
    assert (given.reply_to, given.outcome) == (12, "failure")


@pytest.mark.parametrize("number", ["0", "07", "1e3", "1.0", "٣", "9" * 10])
def test_what_is_no_number_of_a_pull_request_is_told(number):
    with pytest.raises(ConfigError, match="not the number of a pull request"):
        read_context(BASE | {"INPUT_MODE": "report", "INPUT_OUTCOME": "success", "INPUT_REPLY_TO": number})


def test_a_missing_mode_is_told():
    with pytest.raises(ConfigError, match="the input mode is missing; give one of review, command, learn, train"):
        read_context({"GITHUB_REPOSITORY": "octo/demo"})


@pytest.mark.parametrize("text", ["{", "\x00", "[" * 100_000])
def test_a_broken_payload_is_told(tmp_path, text):
    event = tmp_path / "event.json"
    event.write_text(text)
    with pytest.raises(InputError, match="is not valid JSON"):
        read_context(BASE | {"GITHUB_EVENT_PATH": str(event)})


def test_an_output_cannot_be_forged(environ, tmp_path):
    """Attack 21: text that contains delimiters, other names or line ends stays one value."""
    runner = ActionsRunner(environ)
    hostile = "hello\nEOF\napproved=true\nx<<EOF\nreviewlore-" + "0" * 32 + "\nrest"
    runner.output("summary", hostile)
    runner.output("run-id", "7-1")
    assert read_file_commands((tmp_path / "output").read_text()) == {"summary": hostile, "run-id": "7-1"}


@given(st.text())
def test_any_output_is_read_back(text):
    written = []

    class Stream:
        def open(self, *_, **__):
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, data):
            written.append(data)

    runner = ActionsRunner({})
    runner._output = Stream()
    runner.output("x", text)
    assert read_file_commands("".join(written)) == {"x": text}


def test_the_name_of_an_output_is_checked(environ):
    with pytest.raises(InputError, match="is not the name of an output"):
        ActionsRunner(environ).output("a\nb", "x")


def test_without_an_output_file_the_log_tells():
    said = []
    ActionsRunner({}, write=said.append).output("conclusion", "success")
    assert "\nconclusion=success\n" in said[0]


HOSTILE = (
    "hello\n::set-output name=verdict::APPROVE\n::add-mask::a\n::stop-commands::x\n##[error]x\n::error::y\r::warning::z"
)


def test_no_command_in_untrusted_text_takes_effect():
    """Attack 20, in the log and in annotations."""
    said = []
    runner = ActionsRunner({}, write=said.append)
    runner.log(HOSTILE)
    runner.annotate(Annotation("warning", HOSTILE, "a,b::c\n.py", 3, "t: x, y\n::error::z"))
    assert run_commands("".join(said)) == ["warning"]
    assert said[1].count("\n") == 1
    assert said[1].startswith(
        "::warning title=t%3A x%2C y\\n%3A%3Aerror%3A%3Az,file=a%2Cb%3A%3Ac\\n.py,line=3::hello%0A"
    )


@given(st.text())
def test_no_text_is_a_command(text):
    said = []
    runner = ActionsRunner({}, write=said.append)
    runner.log(text)
    runner.annotate(Annotation("notice", text, title=text))
    assert run_commands("".join(said)) == ["notice"]


def test_a_plain_annotation():
    said = []
    ActionsRunner({}, write=said.append).annotate(Annotation("notice", "100 % done"))
    assert said == ["::notice::100 %25 done\n"]


@example("a\r\nb:c,d%0A")
@given(st.text())
def test_escapes_leave_no_separator(text):
    assert not set(escape_property(text)) & set("\r\n:,")
    assert not set(escape_data(text)) & set("\r\n")


def test_the_summary_stays_below_its_limit(environ, tmp_path):
    runner = ActionsRunner(environ)
    runner.summarize("first")
    runner.summarize("é line\n" * 300_000)
    runner.summarize("a line that no longer fits " * 9)
    data = (tmp_path / "summary").read_bytes()
    assert data.startswith("first\né line\n".encode())
    note = "\n\nThe rest is left out: GitHub takes 1 MiB a step.\n"
    assert data.endswith(f"é line{note}{note}".encode())
    assert MAX_SUMMARY - 20 < len(data) < 2**20


def test_a_line_that_is_longer_than_the_summary_leaves_the_note(environ, tmp_path):
    ActionsRunner(environ).summarize("é" * MAX_SUMMARY)
    assert (tmp_path / "summary").read_text() == "\n\nThe rest is left out: GitHub takes 1 MiB a step.\n"


def test_annotations_that_github_would_not_show_stand_in_the_log(environ):
    said = []
    runner = ActionsRunner(environ, (), said.append)
    for number in range(12):
        runner.annotate(Annotation("warning", f"say {number}\n::error::x", "a.py", number, "Title"))
    runner.annotate(Annotation("notice", "shown"))
    log = "".join(said)
    assert run_commands(log) == ["warning"] * 10 + ["notice"]
    assert "warning: a.py:11: Title: say 11" in log


def test_a_locale_without_a_sign_of_the_text_stops_nothing(environ, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr("sys.stdout", stream)
    ActionsRunner(environ).annotate(Annotation("notice", "“é”"))
    assert stream.buffer.getvalue() == b"::notice::\\u201c\xe9\\u201d\n"


def test_results_are_kept_in_the_runners_folder(environ, tmp_path):
    path = ActionsRunner(environ).save("reviewlore-review.json", b'{"a": 1}\n')
    assert path == str(tmp_path / "reviewlore-review.json")
    assert json.loads((tmp_path / "reviewlore-review.json").read_text()) == {"a": 1}
    with pytest.raises(InputError, match="is not a plain file name"):
        ActionsRunner(environ).save("../x", b"")


CANARY = "ghs_12345_eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl"


def test_no_secret_reaches_any_sink(environ, tmp_path):
    """Attack 18: outputs, summary, annotations, log and files."""
    said = []
    runner = ActionsRunner(environ, (CANARY,), said.append)
    for text in (CANARY, CANARY.encode().hex(), base64.b64encode(CANARY.encode()).decode()):
        runner.output("x", f"a {text}")
        runner.summarize(f"a {text}")
        runner.annotate(Annotation("error", f"a {text}", text, 1, text))
        runner.log(f"a {text}")
        runner.save("x.json", f"a {text}".encode())
        everything = "".join(said) + "".join(path.read_text() for path in tmp_path.iterdir())
        assert text not in everything
        assert "a [redacted]" in everything
