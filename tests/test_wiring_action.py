import pytest

from reviewlore.wiring_action import find_secrets, run


@pytest.fixture
def environ(tmp_path):
    return {
        "GITHUB_REPOSITORY": "octo/demo",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_WORKSPACE": str(tmp_path),
        "GITHUB_EVENT_NAME": "schedule",
        "INPUT_MODE": "train",
    }


def test_secrets_are_found_by_the_names_of_their_variables():
    environ = {"GITHUB_TOKEN": "a", "INPUT_STATE_TOKEN": "b", "APP_PRIVATE_KEY": "c", "DB_PASSWORD": "d", "KEY": "e"}
    environ |= {"MY_SECRET": "f", "EMPTY_TOKEN": "", "PATH": "g", "KEYBOARD": "h", "aws_credentials": "i"}
    assert find_secrets(environ) == ("a", "b", "c", "d", "e", "f", "i")


def test_an_event_for_nobody_ends_well(environ, tmp_path, capsys):
    assert run(environ | {"GITHUB_EVENT_NAME": "push"}) == 0
    assert "event_not_handled" in (tmp_path / "output").read_text()
    assert "reviewlore: skipped (event_not_handled)" in capsys.readouterr().out


def test_wrong_inputs_are_an_annotation(environ, capsys):
    assert run(environ | {"INPUT_MODE": "deploy"}) == 2
    said = capsys.readouterr().out
    assert said.startswith("::error title=reviewlore::The action cannot run: the input mode is 'deploy'")


def test_a_missing_token_is_told(environ, capsys):
    event = environ | {"GITHUB_EVENT_NAME": "schedule", "INPUT_MODE": "learn"}
    assert run(event) == 2
    assert "::error title=reviewlore::The GitHub token is empty" in capsys.readouterr().out


def test_what_nobody_expected_is_a_fault_whose_words_do_nothing(environ, tmp_path, capsys):
    """Attack 20, where it is forgotten most easily: a traceback may quote a stranger."""
    trap = tmp_path / "x\n::set-output name=a::b"
    trap.mkdir()
    assert run(environ | {"GITHUB_EVENT_NAME": "push", "GITHUB_OUTPUT": str(trap)}) == 3
    said = capsys.readouterr().out
    start, end = said.index("::stop-commands::"), said.rindex("::reviewlore-")
    assert start < said.index("IsADirectoryError") < end
    assert "An unexpected IsADirectoryError" in said[end:]
    assert "::set-output" not in said[end:]
