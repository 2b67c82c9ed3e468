import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.config import ModelSettings, Settings, parse_settings
from reviewlore.config.schema import find_changed
from reviewlore.stages.commands import InForce, render_config

HEAD = "| setting | value | default | from |\n| --- | --- | --- | --- |\n"


def told(settings: Settings) -> str:
    return render_config(InForce(find_changed(settings), "a" * 40, "main", found=True))


def test_defaults_are_not_listed() -> None:
    assert told(Settings()).endswith("is not read.\n\nAll settings have their defaults.")


def test_what_differs_is_named_as_in_the_file_with_its_default_and_where_it_comes_from() -> None:
    text = """
[review]
max-comments = 3
silent = ["a|b"]
[[architecture.contracts]]
kind = "independence"
sources = ["a", "b"]
[recipes.dpo_lora_small]
revision = "0123456789012345678901234567890123456789"
"""
    assert told(parse_settings(text)).partition(HEAD)[2] == (
        "| `review.max-comments` | `3` | `5` | base |\n"
        '| `review.silent` | `["a\\|b"]` | `[]` | base |\n'
        "| `architecture.contracts` | `1 table` | `[]` | base |\n"
        '| `recipes.dpo_lora_small.revision` | `"0123456789012345678901234567890123456789"` | `none` | `main` |\n\n'
        "All other settings have their defaults."
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:sk-secret@models.example:8443/v1?key=abc", "https://models.example:8443/v1"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://a:99999999/v1", "an address that cannot be read"),
    ],
)
def test_an_address_is_told_without_credentials(address: str, shown: str) -> None:
    said = told(Settings(model=ModelSettings(address=address)))
    assert f'| `model.address` | `"{shown}"` | `""` | `main` |' in said
    assert "sk-secret" not in said


@given(st.text())
def test_any_address_is_told_in_one_row(address: str) -> None:
    said = told(Settings(model=ModelSettings(address=address)))
    assert said.count("\n| `model.address` | ") == bool(address)
    assert len(said.splitlines()) == (7 if address else 3)
