"""Secrets, addresses and handles leave the text; ordinary code stays; pseudonyms cannot be reversed without the key."""

import re
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


MORE = [
    "glrt-" + "x9Yz" * 5,
    "xapp-" + "1-A0B1C2D3-1234567890-abcdef",
    "ya29." + "a0AfH6SMBx" * 3,
    "SG." + "ngeVfQFYQlKU0ufo8x5d1A" + ".TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr",
    "SK" + "0123456789abcdef" * 2,
    "123456789:AA" + "HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
    "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    "dop_v1_" + "0123456789abcdef" * 4,
    "shpat_" + "0123456789abcdef" * 2,
    "hvs." + "CAESIJ" + "z" * 20,
    "dckr_pat_" + "AbCdEfGhIjKlMnOpQrStUvWxY",
    "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----\nlQOYBF24\n-----END PGP PRIVATE KEY BLOCK-----",
    "-----BEGIN RSA " + "PRIVATE KEY-----\n+MIIEpAIBAAKCAQEA\n+MIIEpAIBAAKCAQEB",
    "-----BEGIN RSA " + "PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA\\nMIIEpAIBAAKCAQEB",
    "Bearer " + "abcDEF123456ghiJKL7890",
    "basic " + "dXNlcjpwYXNzd29yZDEyMw==",
    "https://" + "0123456789abcdef0123@github.com/",
    "redis://" + ":onlypassw0rd@h",
    "postgres://" + "u:pa:ss@w0rd32@db",
    "curl -u " + "admin:Sup3rS3cret https://x",
    "DB_PASSWORD=" + "hunter2hunter3",
    "password: " + "s3cr3tpassw0rd",
    "AWS_SECRET_ACCESS_KEY=" + "wJalrXUtnFEMI7MDENGbPxRfiCYEXAMPLE12",
    "AccountKey=" + "Eby8vdM02xNOcqFlqUwJPLlmEtl/tr+KBHBeksoGMGw==",
    "X-API-Key: " + "abcdef0123456789",
    "https://x/y?access_token=" + "abcdef123456&z",
    "SECRET_KEY = '" + "django-insecure-9abc$%^123x'",
    "'secret' => '" + "abcdef123456'",
    "müller@exämple.de",
]


@pytest.mark.parametrize("text", MORE)
def test_nothing_of_a_secret_is_left(text: str) -> None:
    found, counts = redact(f"see {text} there")
    assert counts
    parts = re.findall(r"\w*\d\w*", re.sub(r"\[redacted:[a-z-]+\]", "", found))
    assert not parts and "exämple" not in found and "MIIE" not in found


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
        "token: Uint8Array = make2()",
        "password=settings.PASSWORD_22, token=get_token22()",
        "secret = values[12], token = tokens22[0], api_key: str | None = None",
        "basic authentication and bearer tokens",
        "next_token = parser.next()",
        "see http://localhost:8080/a@2 and y = x @ w",
        "sk-learn and sk_live without a value",
    ],
)
def test_ordinary_code_stays(text: str) -> None:
    assert redact(text) == (text, {})


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
    for hostile in ("a@" * 50_000, "-----BEGIN PRIVATE KEY-----" * 4_000, "://" + "a:" * 50_000, "eyJ" + "a." * 50_000,
                    "-u a:" * 20_000, "token=" * 20_000, "token=a1" * 20_000, "bearer " * 20_000, "a.b@" * 20_000,
                    "SG." * 20_000, "x" * 200_000, "-----BEGIN PRIVATE KEY-----" + "A+\n" * 50_000):  # fmt: skip
        redact(hostile)
    assert time.perf_counter() - start < 10.0
