"""Secrets, addresses and handles leave the text; ordinary code stays; pseudonyms cannot be reversed without the key."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.stages.redact import pseudonym, redact, redact_mentions

# Assembled here so that no scanner takes this file for a leak.
SECRETS = {
    "github-token": "ghp_" + "a1B2" * 9,
    "gitlab-token": "glpat-" + "x9" * 10,
    "slack-token": "xoxb-" + "123456789012-abc",
    "aws-key": "AKIA" + "ABCDEFGH12345678",
    "google-key": "AIza" + "b" * 35,
    "stripe-key": "sk_live_" + "a1" * 12,
    "model-api-key": "sk-ant-" + "api03-" + "x" * 24,
    "package-token": "npm_" + "a" * 36,
    "jwt": "eyJ" + "hbGciOiJI.eyJ" + "zdWIiOiIxMjM0.SflKxwRJSM",
    "email": "mira@example.org",
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "url-password": "postgres://lore:hunter2@db/x",
    "secret": 'password = "hunter2hunter2"',
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_replaced_by_its_kind(kind: str) -> None:
    text, counts = redact(f"before {SECRETS[kind]} after")
    assert f"[redacted:{kind}]" in text
    assert counts == {kind: 1}
    assert text.startswith("before ") and text.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "def f(self, password=None): return token",
        "sha = '3f786850e387550fdabed27ddcd9ceaa5fd0a5b2'",
        "@pytest.fixture\ndef key(): ...",
        "https://docs.example.org/path:8080/x",
        "see owner/name#12",
        "token = get_token()",
        "sk-learn and sk_live without a value",
    ],
)
def test_ordinary_code_stays(text: str) -> None:
    assert redact(text) == (text, {})


def test_mentions_leave_prose() -> None:
    assert redact_mentions("ask @mira-sample about it, not a@b") == "ask @someone about it, not a@b"
    assert redact_mentions("use `@property` here") == "use `@property` here"


@pytest.mark.parametrize(
    "text", ["Thanks @mira.", "Thanks @mira...", "cc @mira_acme please", "@mira!", "(@mira)", "@mira.\nSo"]
)
def test_a_mention_may_end_a_sentence_or_name_a_company_s_account(text: str) -> None:
    assert "mira" not in redact_mentions(text)


@pytest.mark.parametrize("text", ["@pytest.fixture", "@cache()", "@app.route('/')", "a@b.c"])
def test_a_decorator_is_no_mention(text: str) -> None:
    assert redact_mentions(text) == text


def test_pseudonyms_are_stable_keyed_and_ignore_case() -> None:
    assert pseudonym("Mira", b"k") == pseudonym("mira", b"k") != pseudonym("mira", b"other")
    assert pseudonym("mira", b"k").startswith("person-")
    assert "mira" not in pseudonym("mira", b"k")
    assert pseudonym(None, b"k") == "person-deleted"


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once, _ = redact(text)
    assert redact(once)[0] == once


def test_hostile_text_takes_linear_time() -> None:
    start = time.perf_counter()
    for hostile in ("a@" * 50_000, "-----BEGIN PRIVATE KEY-----" * 4_000, "://" + "a:" * 50_000, "eyJ" + "a." * 50_000):
        redact(hostile)
    assert time.perf_counter() - start < 10.0
