"""What `reviewlore.lock` may say, and what it may not make git do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.config import Lock, parse_lock, render_lock
from reviewlore.config.lock import find_address_problem
from reviewlore.errors import ConfigError

LOCK = Lock("embedded-0123456789ab", "ab" * 32, "https://github.com/acme/lore", "reviewlore/state")
GOOD = f'version = "{LOCK.version}"\nmanifest = "{LOCK.manifest}"\n'


@pytest.mark.parametrize("lock", [LOCK, Lock(LOCK.version, LOCK.manifest), Lock("a", "0" * 64, "/srv/lore", "lore")])
def test_what_is_written_is_read_back(lock: Lock) -> None:
    text = render_lock(lock)
    assert parse_lock(text) == lock
    assert text.startswith("# The version of reviewlore's judgement that every review here uses")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version = 1\n", "version must be a text, not 1"),
        ("", "version must be the id of a version; manifest must be the SHA-256 of the version's manifest, 64"),
        (f"{GOOD}manifset = 'x'\n", "unknown key manifset (did you mean manifest?)"),
        (GOOD.replace("embedded", "../../embedded"), "version must be the id of a version"),
        (GOOD.replace("ab", "AB"), "manifest must be the SHA-256"),
        (f"{GOOD}branch = '../main'\n", "branch must be the name of a branch"),
        ("version = ", "is not valid TOML"),
        ("version = " + "9" * 5000, "is not valid TOML: a number or a time in it cannot be read"),
        ("version = 0x" + "f" * 6000, "version must be a text, not a number of thousands of digits"),
        ("version" + ".a" * 500_000 + " = 1", "is not valid TOML: it is longer than 1000000 characters"),
        ("version" + ".a" * 50_000 + " = 1", "is not valid TOML: a key has more than 60 parts"),
        ("version = " + "[" * 5000, "is not valid TOML: it is nested too deeply"),
        (f"{GOOD}'\u202e' = 1", "unknown key \\u202e"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_lock(text, "reviewlore.lock at 0123")
    assert told in str(error.value)
    assert str(error.value).startswith("reviewlore.lock at 0123 ")
    assert str(error.value).endswith("Write it anew by `reviewlore lock`.")


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/lore",
        "https://git.example:8443/acme/lore.git",
        "http://127.0.0.1:8080/lore",
        "http://[::1]:80/lore",
        "http://localhost/lore",
        "/srv/git/lore.git",
        "file:///srv/git/lore.git",
    ],
)
def test_addresses_that_git_may_fetch_from(address: str) -> None:
    assert find_address_problem(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% /tmp/x",
        "ext::touch",
        "fd::3",
        "--upload-pack=touch",
        "-oProxyCommand=touch",
        "ssh://host/lore",
        "git@github.com:acme/lore",
        "https://user:secret@github.com/acme/lore",
        "https://github.com",
        "https://github.com/acme/lore?x=1",
        "http://github.com/acme/lore",
        "http://127.0.0.1.evil.example/lore",
        "file://host/lore",
        "https://host:0/lore",
        "https://[/lore",
        "lore",
        "../lore",
        "https://github.com/a\nb",
        'https://github.com/a"b',
    ],
)
def test_addresses_that_git_may_not_fetch_from(address: str) -> None:
    assert (find_address_problem(address) or "").startswith("must be an https:// address")
    if "\n" not in address and '"' not in address:
        with pytest.raises(ConfigError, match="repository must be an https"):
            parse_lock(f"{GOOD}repository = '{address}'\n")


@given(st.text(max_size=200))
def test_any_text_is_a_lock_or_an_error_with_a_sentence(text: str) -> None:
    try:
        assert parse_lock(text).version
    except ConfigError as error:
        assert "reviewlore.lock" in str(error)


@given(st.text(max_size=60))
def test_no_address_that_is_taken_can_be_an_option_or_another_transport(text: str) -> None:
    if find_address_problem(text) is None:
        assert text.startswith(("https://", "http://localhost", "http://127.0.0.1", "http://[::1]", "file:///", "/"))
