"""Server-side request forgery: which addresses a setting may name. What a pull request changes is never read at all."""

import pytest

from reviewlore.config import parse_settings
from reviewlore.errors import ConfigError

REFUSED = [
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/x",
    "//model.example/v1",
    "http://user:secret@model.example/v1",
    "http://model.example@169.254.169.254/v1",
    "http://model.example/v1?next=http://evil.example",
    "http://model.example/v1#x",
    "http://model.example\\\\@evil.example/v1",
    "http://169.254.169.254/latest/meta-data",
    "https://169.254.170.2:443/v2/credentials",
    "http://[fe80::1]/v1",
    "http://[::ffff:169.254.169.254]/v1",
    "http://[::ffff:a9fe:a9fe]/v1",
    "http://2852039166/v1",
    "http://0xa9fea9fe/v1",
    "http://0xA9.0xFE.43518/v1",
    "http://0251.0376.0251.0376/v1",
    "http://169.254.43518/v1",
    "http://169.254.169.254./v1",
    "http://metadata.google.internal/computeMetadata/v1",
    "http://METADATA.google.internal./v1",
]
TAKEN = [
    "http://127.0.0.1:8000/v1",
    "http://[::1]:8000/v1",
    "http://10.1.2.3:8000/v1",
    "http://model.internal/v1",
    "https://1password.example/v1",
    "https://0x.example/v1",
]


def settings_of(address):
    text = f'[model]\nkind = "openai"\nname = "small"\naddress = "{address}"\n'
    return parse_settings(text)


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_leads_elsewhere_is_refused(address):
    with pytest.raises(ConfigError, match=r"model\.address must be the base"):
        settings_of(address)


@pytest.mark.parametrize("address", TAKEN)
def test_a_server_of_the_team_is_taken(address):
    assert settings_of(address).model.address == address
