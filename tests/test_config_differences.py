import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.config import ModelSettings, Settings, parse_settings
from reviewlore.config.differences import Difference, find_differences


def test_defaults_are_no_difference() -> None:
    assert find_differences(Settings()) == ()


def test_what_differs_is_named_as_in_the_file_with_its_default() -> None:
    text = """
[review]
max-comments = 3
silent = ["new_edge"]
[[architecture.contracts]]
kind = "independence"
sources = ["a", "b"]
[recipes.dpo_lora_small]
revision = "0123456789012345678901234567890123456789"
"""
    assert find_differences(parse_settings(text)) == (
        Difference("review.max-comments", "3", "5"),
        Difference("review.silent", '["new_edge"]', "[]"),
        Difference("architecture.contracts", "1 table", "[]"),
        Difference("recipes", "dpo_lora_small", "none"),
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:sk-secret@models.example:8443/v1?key=abc", '"https://models.example:8443/v1"'),
        ("http://127.0.0.1:8000/v1", '"http://127.0.0.1:8000/v1"'),
        ("http://a:99999999/v1", '"an address that cannot be read"'),
    ],
)
def test_an_address_is_told_without_credentials(address: str, shown: str) -> None:
    (found,) = find_differences(Settings(model=ModelSettings(address=address)))
    assert (found.name, found.value) == ("model.address", shown)


@given(st.text())
def test_any_address_is_told(address: str) -> None:
    assert len(find_differences(Settings(model=ModelSettings(address=address)))) == bool(address)
