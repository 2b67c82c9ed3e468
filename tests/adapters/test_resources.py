"""The files that travel with reviewlore are found, and a missing one is a clear error."""

import json

import pytest

from reviewlore.adapters.resources import load_prior, load_prompts, load_recipe, recipe_names, sample_folder
from reviewlore.errors import ConfigError


def test_prompts_recipes_prior_and_sample_are_there():
    assert "review.md.j2" in load_prompts()
    assert {"smoke_cpu", "dpo_lora_small"} <= set(recipe_names())
    assert isinstance(json.loads(load_prior()), dict)
    assert (sample_folder() / "story").is_dir()


def test_an_unknown_recipe_gets_the_nearest_name():
    with pytest.raises(ConfigError, match=r"no recipe 'smoke_gpu'; did you mean smoke_cpu\?"):
        load_recipe("smoke_gpu")


@pytest.mark.parametrize("name", ["../pyproject", "", "/etc/hostname", "zzz"])
def test_a_recipe_is_a_name_not_a_path(name):
    with pytest.raises(ConfigError, match="There is no recipe"):
        load_recipe(name)
