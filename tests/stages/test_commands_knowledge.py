import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.commands import (
    AcceptCommand,
    AskCommand,
    CommandError,
    ConfigCommand,
    ExplainCommand,
    ForgetCommand,
    RememberCommand,
    WhyCommand,
)
from reviewlore.stages import commands
from reviewlore.stages.commands import parse_command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/lore accept", AcceptCommand()),
        ("/lore accept, thanks", AcceptCommand()),
        ("/lore accept 3FA9C1D2E4 good catch", AcceptCommand("3fa9c1d2e4", "good catch")),
        ("/lore accept good catch", AcceptCommand(None, "good catch")),
        ("/lore explain", ExplainCommand()),
        ("/lore explain 3FA9C1D2E4", ExplainCommand("3fa9c1d2e4")),
        ("/lore why?", WhyCommand()),
        ("/lore why 3fa9c1d2e4?", WhyCommand("3fa9c1d2e4")),
        ("/lore why ?", WhyCommand()),
        ("/lore ask why is it so?", AskCommand("why is it so?")),
        ('/lore ask: "why?"', AskCommand("why?")),
        ("/lore Config", ConfigCommand()),
        ("/lore remember no floats for money", RememberCommand("no floats for money")),
        ("/lore remember: no floats", RememberCommand("no floats")),
        ('/lore remember "No floats."', RememberCommand("No floats.")),
        ('/lore remember "a" is not "b"', RememberCommand('"a" is not "b"')),
        ("/lore remember in src/api/**: say who calls", RememberCommand("say who calls", ("src/api/**",))),
        ("/lore remember in `src/a/*`, *.sql: x", RememberCommand("x", ("src/a/*", "*.sql"))),
        ("/lore remember for src/a/* and src/b/*: “x y”", RememberCommand("x y", ("src/a/*", "src/b/*"))),
        ("/lore remember in tests we use factories", RememberCommand("in tests we use factories")),
        ("/lore remember in short: be kind", RememberCommand("in short: be kind")),
        ("/lore remember in a.py use b", RememberCommand("in a.py use b")),
        ("/lore forget rule rule-3fa9", ForgetCommand("rule", "rule-3fa9")),
        ("/lore forget Rule `rule-3fa9`.", ForgetCommand("rule", "rule-3fa9")),
    ],
)
def test_commands_about_knowledge_are_read(text, command):
    assert parse_command(text) == command


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/lore remember", "Say what to remember. The form is `/lore remember [in <paths>:] <rule>`."),
        ("/lore remember in src/*:", "Say what to remember. The form is `/lore remember [in <paths>:] <rule>`."),
        ("/lore remember ...", "Say what to remember. The form is `/lore remember [in <paths>:] <rule>`."),
        (
            "/lore remember " + "x" * 501,
            "A rule may have 500 characters, and this one has 501. The form is `/lore remember [in <paths>:] <rule>`.",
        ),
        (
            "/lore remember in a/*, b/*, c/*, d/*, e/*, f/*: x",
            "A rule may name 5 paths of 200 characters each. The form is `/lore remember [in <paths>:] <rule>`.",
        ),
        (
            "/lore forget rule",
            "Say which rule, by the beginning of its id. The form is `/lore forget pr|comment|rule [name]`.",
        ),
        ("/lore ask", "Say what you want to know. The form is `/lore ask <question>`."),
        (
            "/lore ask " + "x" * 501,
            "A question may have 500 characters, and this one has 501. The form is `/lore ask <question>`.",
        ),
        ("/lore why not", "`/lore why` does not take `not`. The form is `/lore why [id]`."),
        ("/lore explain 3fa9c1d2e4 b", "`/lore explain` does not take `b`. The form is `/lore explain [id]`."),
        ("/lore config x=1", "`/lore config` does not take `x=1`. The form is `/lore config`."),
        ("/lore settings", "There is no command `settings`. Did you mean `/lore config`?"),
        ("/lore explian", "There is no command `explian`. Did you mean `/lore explain`?"),
        ("/lore agree", "There is no command `agree`. Did you mean `/lore accept`?"),
        ("/lore teach x", "There is no command `teach`. Did you mean `/lore remember`?"),
        ("/lore remembr x", "There is no command `remembr`. Did you mean `/lore remember`?"),
    ],
)
def test_a_wrong_command_about_knowledge_says_what_to_type(text, answer):
    error = parse_command(text)
    assert isinstance(error, CommandError)
    assert commands.render_error(error) == f"{answer} Nothing was done; `/lore help` lists the commands."


@given(
    st.sampled_from(["accept", "remember", "remember in", "forget rule", "explain", "why", "ask", "config"]), st.text()
)
def test_any_words_are_read_or_refused(name, words):
    found = parse_command(f"/lore {name} {words}")
    assert found is not None
    if isinstance(found, RememberCommand):
        assert found.text and len(found.text) <= 500 and "\n" not in found.text
        assert len(found.paths) <= 5
    if isinstance(found, CommandError):
        assert "\n" not in commands.render_error(found)


@pytest.mark.parametrize(
    ("name", "role", "writes"),
    [("accept", "write", True), ("remember", "maintain", True), ("forget", "maintain", True)],
)
def test_roles_of_commands_about_knowledge(name, role, writes):
    row = next(row for row in commands.ROWS if row.name == name)
    assert (row.role, row.writes) == (role, writes)
