import pytest
from tests.architecture.trees import map_of

from reviewlore.architecture.contracts import (
    applies,
    breaks,
    declared_contracts,
    find_unmatched,
    infer_contracts,
    parse_layers,
)
from reviewlore.config import parse_settings
from reviewlore.domain.architecture import Contract, Layer


def test_layers_of_the_configuration_take_bars_and_lists() -> None:
    (contract,) = parse_layers(["app.api", "app.a | app.b", ["app.c", "app.d"], " ", "app.domain"])
    assert contract.layers == (
        Layer(("app.api",)),
        Layer(("app.a", "app.b"), independent=True),
        Layer(("app.c", "app.d"), independent=True),
        Layer(("app.domain",)),
    )
    assert parse_layers([]) == ()


def test_forbidden_and_independent_modules() -> None:
    forbidden = Contract("forbidden", "n", "o", sources=("app",), targets=("torch",))
    assert breaks(forbidden, "app.a", "torch.nn") == "`app` must not import `torch`"
    assert breaks(forbidden, "app.a", "torchvision") is None
    apart = Contract("independence", "n", "o", sources=("app.x", "app.y", "app.z.*"))
    assert breaks(apart, "app.x.a", "app.y") == "`app.x` and `app.y` must not know each other"
    assert breaks(apart, "app.x.a", "app.x.b") is None
    assert breaks(apart, "app.z.one.a", "app.x") == "`app.z.one` and `app.x` must not know each other"
    assert breaks(apart, "app.z.one", "app.z.two") == "`app.z.one` and `app.z.two` must not know each other"


def test_what_may_be_imported_is_listed() -> None:
    allowed = Contract("allowed", "n", "o", sources=("app.web", "app.jobs"), targets=("app.api", "app.text"))
    assert breaks(allowed, "app.web.views", "app.store") == "`app.web` may import `app.api` and `app.text` only"
    assert breaks(allowed, "app.web.views", "app.jobs.run") is not None
    for imported in ("app.api.users", "app.text", "app.web.other"):
        assert breaks(allowed, "app.web.views", imported) is None
    assert breaks(allowed, "app.store", "app.other") is None
    nothing = Contract("allowed", "n", "o", sources=("app.domain",))
    assert breaks(nothing, "app.domain.a", "app.web") == "`app.domain` may import nothing else of this repository"
    many = Contract("allowed", "n", "o", sources=("a",), targets=("b", "c", "d", "e", "f"))
    assert breaks(many, "a", "g") == "`a` may import `b` and `c` and `d` and 2 more only"


def test_each_part_behind_a_boundary_has_its_own_door() -> None:
    boundary = Contract("boundary", "n", "o", sources=("app.parts.*",), targets=("app.parts.*.api",))
    assert breaks(boundary, "app.web", "app.parts.pay.store") == (
        "`app.parts.pay` may be entered through `app.parts.*.api` only"
    )
    assert breaks(boundary, "app.parts.ship.run", "app.parts.pay.store") is not None
    assert breaks(boundary, "app.parts.ship.run", "app.parts.pay.api.v1") is None
    assert breaks(boundary, "app.parts.pay.run", "app.parts.pay.store") is None
    assert breaks(boundary, "app.web", "app.other") is None
    two = Contract("boundary", "n", "o", sources=("a", "b"), targets=("a.api", "b.api"))
    assert breaks(two, "c", "a.x") == "`a` may be entered through `a.api` only"


def test_tests_may_look_behind_a_boundary_and_types_where_it_is_said() -> None:
    boundary = Contract("boundary", "n", "o", sources=("a",), ignore_type_only=True)
    assert not applies(boundary, "tests/test_a.py", "runtime")
    assert not applies(boundary, "a/b.py", "type_only")
    assert applies(boundary, "a/b.py", "runtime")
    assert applies(Contract("forbidden", "n", "o", sources=("tests",), targets=("a",)), "tests/test_a.py", "type_only")


def test_names_of_rust_are_not_taken_apart_at_their_colons() -> None:
    (contract,) = parse_layers(["shop::web : shop::cli", "shop::store"])
    assert contract.layers == (Layer(("shop::web", "shop::cli")), Layer(("shop::store",)))
    assert breaks(contract, "shop::store::sql", "shop::web") == "`shop::store` is declared below `shop::web`"


def test_contracts_of_the_configuration_and_what_they_name_in_vain() -> None:
    settings = parse_settings(
        """
[[architecture.contracts]]
kind = "boundary"
name = "Domain"
sources = ["app.domain"]
targets = ["app/domain/user.py"]
ignore = ["app.api.** -> app.domain.**"]

[[architecture.contracts]]
kind = "forbidden"
sources = ["app.domain", "app.gone"]
targets = ["torch", "app.old"]
ignore-type-only = true

[[architecture.contracts]]
kind = "layers"
layers = ["app.api | app.jobs", "app.domain"]
"""
    )
    boundary, forbidden, layers = declared_contracts(settings.architecture.contracts)
    assert (boundary.name, boundary.origin, boundary.targets) == ("Domain", ".reviewlore.toml", ("app/domain/user.py",))
    assert boundary.ignored == (("app.api.**", "app.domain.**"),)
    assert (forbidden.name, forbidden.kind, forbidden.ignore_type_only) == ("forbidden", "forbidden", True)
    assert layers.layers == (Layer(("app.api", "app.jobs"), independent=True), Layer(("app.domain",)))
    assert find_unmatched((boundary, forbidden, layers), map_of(layered(1))) == (
        ".reviewlore.toml: the contract “forbidden” names no module by `app.gone`, `app.old`.",
        ".reviewlore.toml: the contract “layers” names no module by `app.jobs`.",
    )


def layered(count: int) -> dict[str, str]:
    upper = {f"app/api/m{number}.py": "import app.domain.user\n" for number in range(count)}
    return upper | {
        "app/__init__.py": "",
        "app/api/__init__.py": "",
        "app/domain/__init__.py": "",
        "app/domain/user.py": "",
    }


def test_a_direction_that_many_keep_and_none_breaks_is_inferred() -> None:
    (contract,) = infer_contracts(map_of(layered(4)))
    assert contract.inferred
    assert contract.layers == (Layer(("app.api",)), Layer(("app.domain",)))
    assert contract.origin == "4 modules of app.api import app.domain, none the reverse"
    assert breaks(contract, "app.domain.user", "app.api.m1")


@pytest.mark.parametrize(
    "more",
    [
        {"app/domain/late.py": "def f():\n    import app.api.m1\n"},
        {"app/domain/a.py": "import app.mid.b\n", "app/mid/__init__.py": "", "app/mid/b.py": "import app.api.m1\n"},
    ],
)
def test_a_direction_that_somebody_breaks_is_no_habit(more: dict[str, str]) -> None:
    assert [c for c in infer_contracts(map_of(layered(4) | more)) if c.layers[0] == Layer(("app.api",))] == []


def test_few_imports_and_tests_prove_nothing() -> None:
    assert infer_contracts(map_of(layered(3))) == ()
    tests = {f"tests/api/test_{number}.py": "import app.domain.user\n" for number in range(9)}
    assert infer_contracts(map_of(layered(1) | tests)) == ()
