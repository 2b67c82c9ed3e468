"""Secrets are taken out of a text however they are written, and nothing else is."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.hiding import hide
from reviewlore.domain.inert import inert, inert_line

SECRET = "ghs_12345_abcDEF.ghi-JKL_mnoPQR"


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_is_hidden_in_any_dress(before, encode):
    """Attack 18: in the clear, as hexadecimal, as base64 of a longer text."""
    dressed = encode(f"{before}{SECRET};rest".encode()).decode()
    text = hide(f"a {SECRET} b {SECRET.encode().hex().upper()} c {dressed} d", [SECRET, "", "short"])
    assert text.startswith("a [redacted] b [redacted] c ")
    assert SECRET[4:] not in text
    assert not any(dressed[n : n + 12] in text for n in range(len(dressed) - 20))


def test_short_or_absent_secrets_change_nothing():
    assert hide("short and sweet", ["", "short"]) == "short and sweet"


@pytest.mark.parametrize("secret", ["p@ssw0rd#1[x]", 'quo"ted\\secret', "amp&<angle>"])
def test_a_secret_is_hidden_after_it_was_made_inert(secret):
    for text in (inert(f"a {secret} b"), inert_line(f"a {secret} b"), f"a {json.dumps(secret)[1:-1]} b"):
        assert hide(text, [secret]) == "a [redacted] b"


TOKEN = "github_pat_11ABCDEFG0abcdefghijkl_mnopQRSTuvwxYZ0123456789abcdefghij"
APP_TOKEN = "ghs_123456_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg-_"
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx8bq0v7f\nQ2hJd2VsbG9Xb3JsZDEyMzQ1\n-----END RSA PRIVATE KEY-----"
)
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
DRESSES = {
    "plain": str,
    "upper": str.upper,
    "swapped": str.swapcase,
    "reversed": lambda secret: secret[::-1],
    "hex": lambda secret: secret.encode().hex(),
    "hex with colons": lambda secret: secret.encode().hex(":"),
    "escapes": lambda secret: "".join(f"\\x{byte:02x}" for byte in secret.encode()),
    "bytes": lambda secret: ", ".join(f"0x{byte:02X}" for byte in secret.encode()),
    "numbers": lambda secret: str([*secret.encode()]),
    "entities": lambda secret: "".join(f"&#{byte};" for byte in secret.encode()),
    "hex entities": lambda secret: "".join(f"&#x{byte:02x};" for byte in secret.encode()),
    "percent": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "quoted": lambda secret: quote(secret, safe=""),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 of more": lambda secret: base64.b64encode(f"token {secret}!".encode()).decode(),
    "base64 in lines": lambda secret: base64.encodebytes(f"xy{secret}".encode()).decode(),
    "zero width": "\u200b".join,
    "shown zero width": "\\u200b".join,
    "joiners": "\u200d".join,
    "soft hyphens": "\xad".join,
    "tags": "\U000e0041".join,
    "spaced": " ".join,
    "dashed": "-".join,
    "in lines": "\n".join,
    "json": json.dumps,
}


def shown(text):
    """Letters and digits alone, small: what a reader could put together again, also of parts."""
    return "".join(filter(str.isalnum, text.lower().replace("\\u200b", "")))


@pytest.mark.parametrize("secret", [TOKEN, APP_TOKEN, PEM, KEY], ids=["pat", "app", "pem", "key"])
@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("make", [str, inert], ids=["raw", "inert"])
def test_no_dress_saves_a_secret(secret, dress, make):
    worn = DRESSES[dress](secret)
    text = hide(make(f"Before it.\n{worn}\nAfter it."), [secret])
    assert "[redacted]" in text
    rest = shown(text.replace("[redacted]", "|"))
    whole = shown(worn)
    assert not any(whole[at : at + 16] in rest for at in range(len(whole) - 15))
    assert text.startswith("Before it.")
    assert text.rstrip().endswith("After it.")


def test_a_part_of_a_secret_is_one_too():
    """A title is cut before it is cleaned, and a model may say one half here and one half there."""
    text = hide(f"first {TOKEN[:40]}, then {TOKEN[40:]}", [TOKEN])
    assert text.count("[redacted]") == 2
    assert not any(TOKEN[at : at + 16] in text for at in range(len(TOKEN) - 15))


def test_a_line_of_a_key_is_one_too():
    assert hide("the key is MIIEowIBAAKCAQEAx8bq0v7f", [PEM]).count("[redacted]") == 1


def test_a_path_is_hidden_as_a_whole_only():
    """GOOGLE_APPLICATION_CREDENTIALS and the like name a file: its folder is where results lie, too."""
    path = "/home/runner/work/_temp/credentials-0123456789.json"
    folder = "/home/runner/work/_temp/review.json"
    assert hide(f"{path} {folder}", [path]) == f"[redacted] {folder}"


@given(st.text(max_size=60), st.text(min_size=8, max_size=40), st.text(max_size=60))
def test_any_secret_is_gone_from_any_text(before, secret, after):
    assert secret not in hide(before + secret + after, [secret]).replace("[redacted]", "\ue000")


@given(st.text(max_size=200))
def test_a_text_without_a_secret_stays(text):
    assert hide(text, [KEY]) == text


def test_hiding_takes_time_that_grows_with_the_text_only():
    """20 secrets of 500 characters in 1 MB of code, and of nothing but what stands between letters."""
    secrets = [f"{number:03}" + KEY * 8 for number in range(20)]
    for text in (
        "    return [value for value in values]\n" * 25_000,
        "\\" * 500_000,
        "&#" * 250_000,
        "\\u200" * 100_000,
    ):
        start = time.process_time()
        assert hide(text, secrets) == text
        assert time.process_time() - start < 5
