"""Recipes: all shipped ones load, every mistake is named at once, nothing is trained on an unpinned base."""

import json
import re
from pathlib import Path

import pytest

import reviewlore
from reviewlore.adapters.resources import load_recipe, recipe_names
from reviewlore.domain.recipe import MadeBase, NamedBase
from reviewlore.errors import ConfigError
from reviewlore.stages.recipe import (
    check_ready,
    find_shortage,
    parse_recipe,
    pin_revision,
    plan_steps,
    recipe_from_mapping,
    recipe_settings,
    recipe_tables,
)

SHIPPED = sorted((Path(reviewlore.__file__).parent / "recipes").rglob("*.toml"))
SMOKE = load_recipe("smoke_cpu")
SMALL = load_recipe("dpo_lora_small")
COMMIT = "0123456789abcdef" * 2 + "01234567"


def test_there_are_recipes_and_all_are_found_by_name():
    assert len(SHIPPED) > 0
    assert tuple(path.stem for path in SHIPPED) == recipe_names()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_recipe_is_valid_and_explains_every_value(path):
    text = path.read_text(encoding="utf-8")
    recipe = parse_recipe(text, path.stem)
    assert recipe_from_mapping(json.loads(json.dumps(recipe_tables(recipe))), path.stem) == recipe
    values = [line for line in text.splitlines() if re.match(r"\w+ = ", line)]
    silent = [
        line for line in values if "#" not in line and not re.match(r"summary|kind = \"(made|named)\"|revision", line)
    ]
    assert len(values) > 20
    assert silent == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_shipped_recipe_names_a_revision(path):
    base = parse_recipe(path.read_text(encoding="utf-8"), path.stem).base
    assert isinstance(base, MadeBase) or base.revision == ""


def test_an_unknown_key_is_an_error_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"run\.learning_rte is unknown; did you mean run\.learning_rate\?"):
        parse_recipe(SMOKE.replace("learning_rate =", "learning_rte ="), "mine")


def test_everything_wrong_is_listed_at_once():
    text = SMOKE.replace("beta = 0.1", "beta = 99").replace("layers = 2", 'layers = "two"')
    text = text.replace('kind = "robust"', 'kind = "rubust"').replace("[minimum]", "[minimun]")
    with pytest.raises(ConfigError) as caught:
        parse_recipe(text, "mine")
    assert str(caught.value).splitlines() == [
        "Recipe mine cannot be used:",
        "  - minimun is unknown; did you mean minimum?",
        "  - base.layers must be a whole number, not 'two'",
        "  - loss.kind must be one of sigmoid, sigmoid_norm, robust, conservative",
        "  - loss.beta = 99 lies outside 0.001 to 10",
        "  - [minimum] is missing",
    ]


def test_what_contradicts_itself_is_told_beside_what_cannot_be_read():
    text = SMOKE.replace("rank = 8", 'rank = "eight"').replace('kind = "robust"', 'kind = "sigmoid"')
    with pytest.raises(ConfigError) as caught:
        parse_recipe(text.replace("heads = 3", "heads = 5").replace("batch_size = 8", "batch_size = 7"), "mine")
    told = str(caught.value)
    assert len(told.splitlines()) == 5
    for said in ("lora.rank must be a whole number", "label_smoothing acts with", "twice base.heads", "batch_size = 7"):
        assert said in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rank = 8", "rank = 0x" + "f" * 6000, "lora.rank = a number of thousands of digits lies outside 1 to 256"),
        ("rank = 8", "rank = 0x" + "f" * 99, "… lies outside 1 to 256"),
        ("rank = 8", "rank = " + "9" * 5000, "is not valid TOML: a number or a time in it cannot be read"),
        ("beta = 0.1", "beta = 0x" + "f" * 500, "lies outside 0.001 to 10"),
        ("rank = 8", "rank = " + "[" * 5000, "is not valid TOML: it is nested too deeply"),
        ("rank = 8", "rank." + "a." * 70 + "b = 8", "is not valid TOML: a key has more than 60 parts"),
        ('kind = "made"', 'kind = ["made"]', "base.kind must be one of made, named, not ['made']"),
        ('method = "dpo"', 'method = ["dpo"]', "loss.method must be one of"),
        ("[base]", "[[base]]", "base.kind must be one of made, named, not None"),
        ("[lora]", '[lora]\n"\\u001b[2J\\u202e" = 1', "lora.\\x1b[2J\\u202e is unknown"),
        (
            'kind = "robust"',
            'kind = "sigmoid"',
            'label_smoothing acts with loss.kind = "robust" or "conservative" only',
        ),
        ("max_tokens = 320", "max_tokens = 100", "max_tokens = 100 is too small"),
        ("width = 96", "width = 100", "must be a multiple of twice base.heads"),
        ('"down_proj"]', '"lm_head"]', "must not hold lm_head"),
        ('"down_proj"]', '"q_proj"]', "names a layer twice"),
        ("rank = 8", "rank = true", "lora.rank must be a whole number, not True"),
        ("beta = 0.1", "beta = nan", "beta = nan lies outside"),
        ("dropout = 0.0", 'dropout = "0"', "lora.dropout must be a number"),
        ("rank = 8  ", "", "lora.rank is missing"),
        ('kind = "made"', 'kind = "maid"', "base.kind must be one of made, named, not 'maid'"),
        ("summary = ", "summery = ", "summery is unknown; did you mean summary?"),
        ('"down_proj"]', "7]", "lora.targets must be a list of names"),
    ],
)
def test_values_that_cannot_be_used(old, new, message):
    assert old in SMOKE
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse_recipe(SMOKE.replace(old, new, 1), "mine")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss.label_smoothing": 0.0}, 'loss.kind = "robust" without loss.label_smoothing is "sigmoid"'),
        ({"loss.evidence": "smoothing"}, 'loss.evidence = "smoothing" goes with loss.kind = "conservative" only'),
        ({"loss.method": "orpo"}, 'with loss.method = "orpo" set it to "sigmoid"'),
        ({"loss.method": "kto", "loss.kind": "sigmoid"}, "label_smoothing acts with"),
        (
            {"loss.method": "kto", "loss.kind": "sigmoid", "loss.label_smoothing": 0.0, "loss.length_alpha": 0.5},
            'loss.length_alpha is of DPO; with loss.method = "kto" set it to 1',
        ),
        (
            {"loss.kind": "sigmoid_norm", "loss.label_smoothing": 0.0, "loss.length_alpha": 0.5},
            "averages over tokens already; set loss.length_alpha to 1",
        ),
        ({"run.micro_batch": 3}, "must be a multiple of run.micro_batch * run.processes = 3"),
        ({"run.processes": 4}, "must be a multiple of run.micro_batch * run.processes = 16"),
        ({"run.sharding": "fsdp"}, 'run.sharding = "fsdp" needs run.processes above 1'),
        (
            {"run.sharding": "fsdp", "run.processes": 2, "run.micro_batch": 2},
            'warm_start goes with run.sharding = "none"',
        ),
        (
            {"run.sharding": "fsdp", "run.processes": 2, "run.micro_batch": 2, "base.quantization": "nf4"},
            'spreads floats, not base.quantization = "nf4"',
        ),
        ({"base.quantization": "nf4", "run.precision": "float32"}, 'set run.precision to "auto"'),
        ({"base.quantization": "int3"}, "base.quantization must be one of none, nf4"),
        ({"base.chat": 1}, "base.chat must be true or false"),
        ({"warm_start.max_steps": 0}, "or all three at 0 to be left out"),
        ({"warm_start.learning_rate": 0.0}, "or all three at 0 to be left out"),
        ({"warm_start.epochs": 0.0}, "or all three at 0 to be left out"),
        ({"stopping.folds": 1}, "stopping.folds = 1 leaves nothing to judge by"),
        ({"stopping.share": 0.0}, "need a stopping.share of pull requests to judge by"),
        ({"stopping.every": 0, "stopping.folds": 0}, "keeps pairs from training that nothing judges"),
        ({"lora.variant": "pissa"}, "lora.variant must be one of lora, rslora, dora"),
    ],
)
def test_values_that_contradict_each_other(changes, message):
    tables = recipe_tables(parse_recipe(SMALL, "small"))
    for key, value in changes.items():
        section, name = key.split(".")
        assert name in tables[section]
        tables[section][name] = value
    with pytest.raises(ConfigError, match=re.escape(message)):
        recipe_from_mapping(tables, "mine")


def test_a_made_base_is_never_in_four_bits_or_asked_in_chat():
    with pytest.raises(ConfigError, match=r"base\.quantization is unknown"):
        parse_recipe(SMOKE.replace("layers = 2", 'quantization = "nf4"\nlayers = 2'), "mine")
    with pytest.raises(ConfigError, match=r"base\.chat is unknown"):
        parse_recipe(SMOKE.replace("layers = 2", "chat = true\nlayers = 2"), "mine")


def test_a_broken_file_says_where():
    with pytest.raises(ConfigError, match=r"Recipe mine is not valid TOML: .*line 2"):
        parse_recipe("summary = 'x'\n[base\n", "mine")


@pytest.mark.parametrize("base", ["", "id = 3", "[base]\nkind = 'named'", "base = []", "lora = {targets = []}"])
def test_odd_shapes_are_config_errors(base):
    with pytest.raises(ConfigError, match="cannot be used"):
        parse_recipe(base, "mine")


def test_a_named_base_needs_a_revision_before_training():
    recipe = parse_recipe(SMALL, "dpo_lora_small")
    with pytest.raises(ConfigError, match=r"dpo_lora_small has no base\.revision.*doctor"):
        check_ready(recipe)
    pinned = parse_recipe(pin_revision(SMALL, COMMIT), "dpo_lora_small")
    check_ready(pinned)
    assert pinned.base == NamedBase(id="Qwen/Qwen2.5-Coder-0.5B", revision=COMMIT)
    check_ready(parse_recipe(SMOKE, "smoke_cpu"))


@pytest.mark.parametrize("revision", ["main", COMMIT.upper(), COMMIT[:7], f'{COMMIT}"\nx="'])
def test_only_a_full_commit_id_is_pinned(revision):
    with pytest.raises(ConfigError, match="no full commit id"):
        pin_revision(SMALL, revision)
    with pytest.raises(ConfigError, match=r"base\.revision must be a full commit id|base\.x is unknown"):
        parse_recipe(SMALL.replace('revision = ""', f'revision = "{revision}"'), "mine")


def test_a_recipe_without_a_revision_cannot_be_pinned():
    with pytest.raises(ConfigError, match="0 revision lines"):
        pin_revision(SMOKE, COMMIT)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/models/x", "owner", "a/b/c"])
def test_a_base_is_a_hub_name_not_a_path(name):
    with pytest.raises(ConfigError, match="is no hub name"):
        parse_recipe(SMALL.replace("Qwen/Qwen2.5-Coder-0.5B", name), "mine")


def test_too_little_data_is_said_in_numbers():
    recipe = parse_recipe(SMOKE, "smoke_cpu")
    assert find_shortage(recipe, 40, 10) is None
    assert find_shortage(recipe, 39, 10) == (
        "Recipe smoke_cpu needs at least 40 training pairs from 10 pull requests; there are 39 from 10. "
        "Mine more pull requests, or use the embedded ranker."
    )
    assert find_shortage(recipe, 400, 9) is not None


def test_settings_are_flat_text():
    settings = recipe_settings(parse_recipe(SMOKE, "smoke_cpu"))
    assert settings["loss.beta"] == "0.1"
    assert settings["base.kind"] == "made"
    assert settings["lora.targets"].startswith("q_proj,k_proj")


def test_steps_are_bounded_by_both():
    recipe = parse_recipe(SMOKE, "smoke_cpu")
    assert plan_steps(recipe, 41) == 11
    assert plan_steps(recipe, 100_000) == recipe.run.max_steps
