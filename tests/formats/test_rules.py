"""`rules.toml`: what is there is read, what is wrong is told, nothing raises."""

from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.retrieval import Rule
from reviewlore.formats.rules import parse_rules

TEXT = b"""
[[rule]]
id = "r1"
text = "Loans never read storage."
paths = ["src/api/*"]
added_by = "person-a"
added_at = "2026-01-01T00:00:00Z"
later = 1

[[rule]]
id = " r2 "
text = "Errors say what to do next."
"""


def test_rules_are_read_in_order() -> None:
    assert parse_rules(TEXT) == (
        (
            Rule("r1", "Loans never read storage.", ("src/api/*",)),
            Rule("r2", "Errors say what to do next."),
        ),
        "",
    )
    assert parse_rules(b"") == ((), "")


def test_what_is_wrong_is_left_out_and_told() -> None:
    wrong = b'[[rule]]\nid = "r1"\ntext = "a rule twice"\n[[rule]]\ntext = "no id"\n[[rule]]\nid = "r3"\ntext = 1\n'
    wrong += b'[[rule]]\nid = "r4"\ntext = "odd paths"\npaths = "src"\n'
    rules, note = parse_rules(TEXT + wrong)
    assert [rule.id for rule in rules] == ["r1", "r2"]
    assert note == (
        "4 of 6 rules in rules.toml on the state branch are not used: each needs an id of its own and a text of at "
        "most 2000 characters, and there may be 1000."
    )
    assert parse_rules(b"rule = 1")[1].endswith("must be a list of tables, each under [[rule]].")
    assert parse_rules(b"= no toml")[1].startswith("rules.toml on the state branch is not used: it is no TOML")


@given(st.binary(max_size=300) | st.text(alphabet='[]rule="\n id text1', max_size=200).map(str.encode))
def test_no_bytes_are_a_reason_to_fail(data: bytes) -> None:
    rules, note = parse_rules(data)
    assert isinstance(note, str) and all(rule.id and rule.text for rule in rules)
