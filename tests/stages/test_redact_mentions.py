"""Handles leave prose, decorators stay; pseudonyms and opt-out tokens are keyed and cannot be joined."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.stages.redact import pseudonym, redact_mentions, suppression_token

KEY = b"k" * 32


def test_mentions_leave_prose() -> None:
    assert redact_mentions("ask @mira-sample about it, not a@b") == "ask @someone about it, not a@b"
    assert redact_mentions("use `@property` here") == "use `@property` here"
    assert redact_mentions(".@mira and _@mira_ of @acme/team.") == ".@someone and _@someone of @someone."
    assert (
        redact_mentions("https://github.com/mira, not github.com/a/b")
        == "https://github.com/@someone, not github.com/a/b"
    )
    assert redact_mentions("x\nCo-Authored-By: Mira Lore <m>\ny") == "x\nCo-Authored-By: someone\ny"


@pytest.mark.parametrize(
    "text",
    [
        "Thanks @mira.",
        "Thanks @mira...",
        "cc @mira_acme please",
        "@mira!",
        "(@mira)",
        "@mira.\nSo",
        "see `@mira-sample`",
    ],
)
def test_a_mention_may_end_a_sentence_or_stand_as_code(text: str) -> None:
    assert "mira" not in redact_mentions(text)


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.fixture", "@cache()", "@app.route('/')", "a@b.c", "I miss @Override here", "@media is the rule",
        "`@Transactional` and @Nullable", "npx @biomejs/biome check", "npm i @types/node", "from `@acme/ui-kit`",
        "redis://:${PASSWORD}@redis:6379/0", "```python\n@mira\ndef f(): ...\n```", "https://github.com/features",
    ],
)  # fmt: skip
def test_a_decorator_or_a_package_is_no_mention(text: str) -> None:
    assert redact_mentions(text) == text


def test_people_of_the_thread_leave_without_an_at_sign() -> None:
    people = {"Mira-Sample", "tom", "al"}
    assert redact_mentions("as mira-sample and Tom said, al too", people) == "as someone and someone said, al too"
    assert redact_mentions("tomato, atom, x/tom/y, tom.py, tom(), @al", people) == (
        "tomato, atom, x/tom/y, tom.py, tom(), @someone"
    )
    assert redact_mentions("```\n@tom\ntom = 1\n```", people) == "```\n@someone\ntom = 1\n```"
    assert redact_mentions("`tom` did", people) == "`someone` did"
    assert redact_mentions("as tom said", ()) == "as tom said"


def test_a_login_that_is_a_word_of_the_code_stays_unless_it_is_mentioned() -> None:
    assert redact_mentions("index is off, says @index", {"index"}, "+    index = 3") == "index is off, says @someone"
    assert redact_mentions("drop @retry", (), "+@retry\n+def f():") == "drop @retry"


@given(st.text(alphabet="@`mira-x /.:\n}someone#", max_size=60), st.sets(st.sampled_from(["mira", "xx-x", "someone"])))
def test_redacting_mentions_twice_changes_nothing_more(text: str, people: set[str]) -> None:
    once = redact_mentions(text, people)
    assert redact_mentions(once, people) == once
    assert once.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text", ["Signed-off-by: " + "mira " * 80, "@npx @biomejs/biome check", f"@mira{'a' * 50}12345-05-02T10:11"]
)
def test_what_is_replaced_does_not_change_what_stands_beside_it(text: str) -> None:
    once = redact_mentions(text)
    assert redact_mentions(once) == once


def test_pseudonyms_are_stable_keyed_and_ignore_case() -> None:
    assert pseudonym("Mira", KEY) == pseudonym("mira", KEY) != pseudonym("mira", b"o" * 32)
    assert pseudonym("mira", KEY) == "person-be31da7381b4"  # openssl dgst -sha256 -hmac
    assert pseudonym(None, KEY) == "person-deleted"


def test_an_opt_out_token_cannot_be_joined_with_a_pseudonym() -> None:
    token, name = suppression_token("Mira", KEY), pseudonym("mira", KEY)
    assert token == suppression_token("mira", KEY) != suppression_token("mira", b"o" * 32)
    assert token != suppression_token("tom", KEY)
    assert name.removeprefix("person-") not in token and token.removeprefix("optout-")[:12] not in name
    assert len(token) == len("optout-") + 32


def test_pseudonyms_and_mentions_are_quick_in_bulk() -> None:
    start = time.process_time()
    names = {pseudonym(f"login-{number}", KEY) for number in range(100_000)}
    people = frozenset({"mira", "tom-sample"})
    for number in range(20_000):
        redact_mentions(f"well, tom-sample, number {number} is @mira's", people)
    assert len(names) == 100_000
    assert time.process_time() - start < 5.0
