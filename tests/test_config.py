"""Settings: everything has a default, everything wrong is named at once with the nearest right name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.config import ContractSettings, RecipeSettings, Settings, parse_settings
from reviewlore.errors import ConfigError


def test_nothing_is_fine() -> None:
    assert parse_settings("") == Settings()


def test_what_is_written_is_read() -> None:
    settings = parse_settings(
        '[review]\nmax-comments = 3\nmin-confidence = 1\nsilent = ["hub_touched"]\nfail-on = "error"\n'
        '[architecture]\nlayers = ["app.api", "app.core | app.store"]\n'
        '[[architecture.contracts]]\nkind = "allowed"\nname = "Web"\nsources = ["app.web"]\ntargets = ["app.api"]\n'
        '[learn]\nexclude-paths = ["legacy/*"]\n[state]\nbranch = "lore"\n[recipes.small]\nrevision = "abc"\n'
    )
    assert (settings.review.max_comments, settings.review.min_confidence, settings.review.fail_on) == (3, 1.0, "error")
    assert settings.architecture.layers == ("app.api", "app.core | app.store")
    assert settings.architecture.contracts == (
        ContractSettings("allowed", "Web", sources=("app.web",), targets=("app.api",)),
    )
    assert settings.learn.exclude_paths == ("legacy/*",)
    assert settings.state.branch == "lore"
    assert settings.recipes == {"small": RecipeSettings("abc")}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[review", "is not valid TOML"),
        ("x = " + "9" * 5000, "is not valid TOML"),
        ("[model]\nprice-in = 0x" + "f" * 500, "model.price-in must be a number, not 1"),
        ("[model]\nprice-in = nan", "model.price-in must be a number, not nan"),
        ("[reviews]", "unknown key reviews (did you mean review?)"),
        ("[review]\nmax_comments = 3", "unknown key review.max_comments (did you mean review.max-comments?)"),
        ('[review]\nmax-comments = "3"', "review.max-comments must be a whole number, not '3'"),
        ("[review]\nmax-comments = true", "review.max-comments must be a whole number, not True"),
        ("[review]\nmax-comments = -1", "review.max-comments must be 0 or more"),
        ("[review]\nmin-confidence = 2", "review.min-confidence must lie between 0 and 1"),
        ('[review]\nmin-severity = "loud"', "review.min-severity must be one of info, warning, error, not 'loud'"),
        ("[review]\nsilent = [1]", "review.silent must be a list of texts"),
        ("[review]\nhistory-limit = -1", "review.history-limit must lie between 0 and 1000000"),
        (
            "[learn]\nprice-per-hour = -1.0",
            "learn.price-per-hour must lie between 0 (not known) and 1000000",
        ),
        ("[train]\nrunner = []", "train.runner must hold labels of a runner"),
        ('[train]\nrunner = ["a b"]', "train.runner must hold labels of a runner, each of letters, digits"),
        ('[train]\nrecipe = "../x"', "train.recipe must be the name of a recipe"),
        ('[train]\ntier = "big"', "train.tier must be one of embedded, adapter, not 'big'"),
        (
            "[learn]\ncanary-share = 101",
            "learn.canary-share must lie between 0 (all pull requests at once) and 100 percent",
        ),
        (
            '[learn]\npromotion-approval = "triage"',
            "learn.promotion-approval must be one of none, write, maintain, admin, not 'triage'",
        ),
        ("[learn]\ndrift-threshold = 1.5", "learn.drift-threshold must lie between 0 and 1"),
        ("[learn]\nseed = -1", "learn.seed must lie between 0 and 4294967295"),
        ("[[learn.minimum]]\npairs = 0", "learn.minimum[1].pairs must lie between 1 and 10000000"),
        ('[[learn.minimum]]\nspecialist = "tests"', "learn.minimum[1].specialist must be one of architecture, "),
        ("x = " + "[" * 5000, "is not valid TOML"),
        ("review = 1", "review must be a table"),
        ("[recipes]\nsmall = 1", "recipes.small must be a table"),
        ("recipes = 1", "recipes must be a table"),
        ('[recipes.small]\nrevison = "x"', "unknown key recipes.small.revison (did you mean recipes.small.revision?)"),
        ("[recipes.small]\nrevision = 3", "recipes.small.revision must be a text, not 3"),
        ("[architecture]\ncontracts = 1", "architecture.contracts must be a list of tables"),
        (
            '[architecture.contracts]\nkind = "allowed"',
            "architecture.contracts must be a list of tables, each under [[architecture.contracts]]",
        ),
        ("[architecture]\ncontracts = [1]", "architecture.contracts[1] must be a table"),
        (
            '[[architecture.contracts]]\nsources = ["a"]',
            "architecture.contracts[1] needs a kind: one of layers, forbidden, independence, allowed, boundary",
        ),
        (
            '[[architecture.contracts]]\nkind = "forbiden"',
            "architecture.contracts[1].kind must be one of layers, forbidden, independence, allowed, boundary, "
            "not 'forbiden'",
        ),
        ("[[architecture.contracts]]\nkind = []", "architecture.contracts[1].kind must be one of"),
        (
            '[[architecture.contracts]]\nkind = "boundary"\nsources = ["a"]\n'
            '[[architecture.contracts]]\nkind = "forbidden"\nsource = ["a"]',
            "unknown key architecture.contracts[2].source (did you mean architecture.contracts[2].sources?); "
            "architecture.contracts[2] is of kind forbidden and needs sources; "
            "architecture.contracts[2] is of kind forbidden and needs targets",
        ),
        (
            '[[architecture.contracts]]\nkind = "layers"\nlayers = ["a"]\nsources = ["a"]',
            "architecture.contracts[1] is of kind layers, which has no sources",
        ),
        (
            '[[architecture.contracts]]\nkind = "independence"\nsources = ["a"]\nignore = ["a"]',
            "architecture.contracts[1].ignore must hold texts like 'importer -> imported', not 'a'",
        ),
        (
            '[[architecture.contracts]]\nkind = "allowed"\nsources = "a"',
            "architecture.contracts[1].sources must be a list of texts, not 'a'",
        ),
        ("zzz = 1", "unknown key zzz (known here: review, model, architecture, learn, train, state, recipes)"),
    ],
)
def test_what_is_wrong_is_named(text: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(text)
    assert part in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "*",
        "a b",
        "../x",
        "-x",
        "x.lock",
        "a.lock/b",
        "a..b",
        "/a",
        "a/",
        ".a",
        "a//b",
        "a@{1}",
        "HEAD",
        "a\\b",
        "a\nb",
    ],
)
def test_a_name_that_git_takes_for_no_branch_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=r"state\.branch must be the name of a branch, such as reviewlore/state"):
        parse_settings(f"[state]\nbranch = {json.dumps(name)}")


@pytest.mark.parametrize("name", ["a", "reviewlore/state", "état", "a.b", "x@y", "lock"])
def test_names_of_branches_are_fine(name: str) -> None:
    assert parse_settings(f"[state]\nbranch = {json.dumps(name)}").state.branch == name


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings("x = 1\n[review]\nmax-comments = -1\nsilent = 3\n")
    assert str(caught.value).count(";") == 2


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_config_error(text: str) -> None:
    try:
        assert isinstance(parse_settings(text), Settings)
    except ConfigError as error:
        assert str(error).startswith(".reviewlore.toml ")
