"""Interfaces read off names and entries: they speak from 20 imports on of which 9 in 10 keep them."""

import pytest
from tests.architecture.trees import map_of

from reviewlore.architecture.boundaries import infer_boundaries, private_part
from reviewlore.architecture.contracts import breaks
from reviewlore.architecture.members import Names
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.manifest import Manifest

PACKAGE = {"app/__init__.py": "", "app/_core.py": "", "app/api/__init__.py": "", "web/__init__.py": ""}


def private(inside: int, outside: int) -> ArchitectureMap:
    users = {f"app/api/m{number}.py": "import app._core\n" for number in range(inside)}
    strangers = {f"web/m{number}.py": "import app._core\n" for number in range(outside)}
    tests = {f"tests/test_{number}.py": "import app._core\n" for number in range(50)}
    return map_of(PACKAGE | users | strangers | tests)


def test_what_is_named_as_private_is_imported_from_its_package() -> None:
    (contract,) = infer_boundaries(private(18, 2))
    assert (contract.kind, contract.inferred, contract.confidence) == ("boundary", True, 0.9)
    assert contract.origin == "18 of 20 imports of what is named as private come from the package that holds it"
    assert breaks(contract, "web.m1", "app._core") == "`app._core` is not for others to import"
    assert breaks(contract, "app.api.m1", "app._core") is None
    assert breaks(contract, "app", "app._core") is None
    assert breaks(contract, "web.m1", "app.api") is None
    assert breaks(contract, "application", "app._core") is not None


@pytest.mark.parametrize(("inside", "outside"), [(19, 0), (18, 3), (0, 30)])
def test_few_cases_or_many_exceptions_are_no_habit(inside: int, outside: int) -> None:
    assert infer_boundaries(private(inside, outside)) == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app._core.x._y", ("app._core", "app")),
        ("app.__init__", None),
        ("_pytest.config", None),
        ("lib/internal/a", ("lib/internal", "lib")),
        ("shop::api::internal::x", ("shop::api::internal", "shop::api")),
        ("lib/internals", None),
        ("", None),
    ],
)
def test_private_is_what_the_name_says(name: str, expected: tuple[str, str] | None) -> None:
    assert private_part(name) == expected


def workspace(deep: int, entry: str = "packages/math/src/index.ts") -> ArchitectureMap:
    files = {
        "packages/math/src/index.ts": "export * from './inner'\n",
        "packages/math/src/inner.ts": "export const a = 1",
    }
    for number in range(20):
        rest = "inner" if number < deep else "index"
        files[f"packages/app/src/m{number}.ts"] = f"import {{ a }} from '../../math/src/{rest}'\n"
    tree = map_of(files)
    manifests = (
        Manifest("packages/math/package.json", "npm", name="@shop/math", entry=entry),
        Manifest("packages/app/package.json", "npm", name="@shop/app"),
    )
    return ArchitectureMap(tree.modules, tree.edges, tree.external, tree.files, manifests=manifests)


def test_packages_of_a_workspace_are_entered_by_their_entry() -> None:
    tree = workspace(2)
    (contract,) = infer_boundaries(tree)
    assert contract.targets == ("packages/math/src/index.ts",)
    assert contract.origin == "18 of 20 imports of packages/math from outside take its entry"
    names = Names(tree)
    app, inner = names["packages/app/src/m0.ts"], names["packages/math/src/inner.ts"]
    index = names["packages/math/src/index.ts"]
    told = "`packages/math` may be entered through `packages/math/src/index.ts` only"
    assert breaks(contract, app, inner) == told
    assert breaks(contract, app, index) is None
    assert breaks(contract, index, inner) is None
    assert breaks(contract, app, names["packages/app/src/m1.ts"]) is None


def test_a_package_that_is_entered_anywhere_has_no_door() -> None:
    assert infer_boundaries(workspace(3)) == ()
