"""Writing `rules.toml`: rule by rule, and nothing else of the file changes."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.retrieval import Rule
from reviewlore.domain.visible import visible_line
from reviewlore.errors import RefusedError
from reviewlore.formats.rules import add_rule, parse_rules, remove_rule

BY, AT = "person-3fa2", "2026-11-20T10:00:00Z"
HAND = b"""# Rules of the house.
version = 2

[[rule]]
id = "cents"
text = "Whole cents."  # since 2021
added_by = "person-1"
weight = 3

# About names:
[[rule]]
id = 'names'
text = \"\"\"
[[rule]]
is not one here\"\"\"

# Another table:
[other]
x = 1
"""


def test_a_rule_is_added_at_the_end_and_read_again() -> None:
    rule = Rule("rule-1", 'No "floats" \\ for money', ("src/a/**",))
    data = add_rule(HAND, rule, BY, AT)
    assert data.startswith(HAND)
    assert data[len(HAND) :].decode() == (
        '\n[[rule]]\nid = "rule-1"\ntext = "No \\"floats\\" \\\\ for money"\npaths = ["src/a/**"]\n'
        'added_by = "person-3fa2"\nadded_at = "2026-11-20T10:00:00Z"\n'
    )
    assert [each.id for each in parse_rules(data)[0]] == ["cents", "names", "rule-1"]
    assert parse_rules(data)[0][-1] == rule


def test_the_first_rule_makes_the_file_and_the_last_one_empties_it() -> None:
    data = add_rule(b"", Rule("rule-1", "x"), BY, AT)
    assert data.startswith(b"[[rule]]\n")
    assert remove_rule(data, "rule-1") == b""


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("cents", b'[[rule]]\nid = "cents"\ntext = "Whole cents."  # since 2021\nadded_by = "person-1"\nweight = 3\n'),
        ("names", b'[[rule]]\nid = \'names\'\ntext = """\n[[rule]]\nis not one here"""\n'),
    ],
)
def test_a_rule_is_taken_out_and_every_other_byte_stays(name: str, gone: bytes) -> None:
    assert remove_rule(HAND, name) == HAND.replace(gone, b"")


def test_rules_of_windows_and_of_no_final_line_end() -> None:
    data = b'[[rule]]\r\nid = "a"\r\ntext = "b"'
    both = add_rule(data, Rule("c", "d"), BY, AT)
    assert [each.id for each in parse_rules(both)[0]] == ["a", "c"]
    assert [each.id for each in parse_rules(remove_rule(both, "a"))[0]] == ["c"]


@pytest.mark.parametrize("data", [b"[[rule", b'rule = [{id = "a", text = "b"}]\n', b"rule = 1\n"])
def test_a_file_that_cannot_be_added_to_is_left_and_it_is_said(data: bytes) -> None:
    with pytest.raises(RefusedError, match=r"rules\.toml on the state branch cannot be changed: .*Mend the file"):
        add_rule(data, Rule("c", "d"), BY, AT)


@pytest.mark.parametrize("data", [b"", HAND, b'rule = [{id = "c", text = "b"}]\n'])
def test_a_rule_that_is_not_there_cannot_be_taken_out(data: bytes) -> None:
    with pytest.raises(RefusedError, match="has no rule c that could be taken out"):
        remove_rule(data, "c")


@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=3))
def test_whatever_a_rule_says_it_is_read_as_written_and_goes_without_a_trace(text: str, paths: list[str]) -> None:
    rule = Rule("rule-1", visible_line(text).strip() or "x", tuple(map(visible_line, paths)))
    data = add_rule(HAND, rule, BY, AT)
    assert parse_rules(data)[0][-1] == rule
    assert tomllib.loads(data.decode())["rule"][-1]["added_by"] == BY
    assert remove_rule(data, "rule-1").rstrip() == HAND.rstrip()
