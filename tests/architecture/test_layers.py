"""Layers nobody declared: what order is read off, with which confidence, and the contract that is proposed."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import map_of

from reviewlore.architecture.contracts import breaks, parse_layers
from reviewlore.architecture.layers import find_layering, infer_layers, order, propose_contract
from reviewlore.architecture.packages import split_packages
from reviewlore.architecture.picture import compare, extend
from reviewlore.config import parse_settings
from reviewlore.domain.architecture import ArchitectureMap, Contract, ImportEdge, Layer, Module
from reviewlore.domain.layering import Border, Layering, PackageEdge
from reviewlore.domain.source import ParsedModule


def stack(extra: dict[str, str] | None = None) -> dict[str, str]:
    """A package of three layers, four modules each, every module importing one of the layer below."""
    files = {"shop/__init__.py": ""}
    for name, below in (("web", "rules"), ("rules", "store"), ("store", None)):
        files[f"shop/{name}/__init__.py"] = ""
        for number in range(4):
            files[f"shop/{name}/m{number}.py"] = f"from shop.{below} import m{number}\n" if below else "X = 1\n"
    return files | (extra or {})


def test_what_imports_lies_above_what_is_imported():
    layering = infer_layers(map_of(stack()))
    assert layering.layers == (("shop.web",), ("shop.rules",), ("shop.store",))
    assert layering.borders == (Border(4, 0), Border(4, 0))
    assert layering.confidence == 1.0
    assert layering.violations == ()
    assert layering.facades == ("shop/__init__.py",)
    assert layering.packages["shop.store"] == ("shop/store/__init__.py", *(f"shop/store/m{n}.py" for n in range(4)))


def test_the_lighter_side_of_a_circle_is_the_violation():
    layering = infer_layers(map_of(stack({"shop/store/m0.py": "import os\nfrom shop.web import m3\n"})))
    assert layering.layers == (("shop.web",), ("shop.rules",), ("shop.store",))
    (edge,) = layering.violations
    assert (edge.importer, edge.imported, edge.weight) == ("shop.store", "shop.web", 1)
    assert (edge.examples[0].importer, edge.examples[0].line) == ("shop/store/m0.py", 2)
    assert layering.borders == (Border(4, 1), Border(4, 1))
    assert layering.confidence == 8 / 9


def test_imports_for_types_only_have_no_say():
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.web import m3\n"
    assert infer_layers(map_of(stack({"shop/store/m0.py": text}))).violations == ()


def test_tests_and_packages_without_imports_are_in_no_layer():
    files = {"shop/alone/__init__.py": "", "tests/test_web.py": "from shop.web import m0\n"}
    layering = infer_layers(map_of(stack(files)))
    assert layering.unplaced == ("shop.alone",)
    assert not any(path.startswith("tests/") for paths in layering.packages.values() for path in paths)


def test_an_order_that_one_import_speaks_for_is_none():
    files = {"shop/a.py": "import shop.b\n", "shop/b.py": "", "shop/__init__.py": ""}
    assert infer_layers(map_of(files)).layers == (("shop.a", "shop.b"),)


def test_nothing_gives_nothing():
    assert infer_layers(map_of({})) == Layering()
    assert propose_contract(Layering()) == ""


def test_a_package_that_hides_everything_is_taken_apart():
    packages, facades = split_packages(map_of(stack()))
    assert set(packages) == {"shop.web", "shop.rules", "shop.store"}
    files = {f"lib/core/m{number}.py": "" for number in range(60)} | {"lib/__init__.py": "", "lib/core/__init__.py": ""}
    packages, facades = split_packages(map_of(files | {"lib/other.py": ""}))
    assert set(packages) == {"lib.core", "lib.other"}  # sixty modules are no sixty packages
    assert len(packages["lib.core"]) == 61
    assert facades == ("lib/__init__.py",)


def test_the_proposed_contract_can_be_pasted_and_keeps_its_own_order():
    tree = map_of(stack({"shop/store/m0.py": "from shop.web import m3\n", "shop/alone.py": ""}))
    text = propose_contract(infer_layers(tree))
    settings = parse_settings(text)
    assert settings.architecture.layers == ("shop.web", "shop.rules", "shop.store")
    (contract,) = parse_layers(settings.architecture.layers)
    assert breaks(contract, "shop.store.m0", "shop.web.m3") is not None
    assert breaks(contract, "shop.web.m0", "shop.rules.m0") is None
    assert text.startswith("# Inferred from the imports, not declared by anybody: 89%")
    assert '#   "shop.store" -> "shop.web" (1): "shop/store/m0.py" line 1\n' in text
    assert '# In no layer: "shop.alone".\n' in text
    assert "    # 4 down, 1 up across this border (80%)\n" in text


def test_packages_of_one_layer_may_know_each_other():
    files = {f"shop/extra/m{number}.py": f"from shop.store import m{number}\n" for number in range(4)}
    text = propose_contract(infer_layers(map_of(stack({"shop/extra/__init__.py": ""} | files))))
    layers = parse_settings(text).architecture.layers
    assert layers == ("shop.web", "shop.extra : shop.rules", "shop.store")
    assert breaks(*parse_layers(layers), "shop.extra.m0", "shop.rules.m0") is None


@given(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True))
def test_any_names_give_toml_that_can_be_read(names):
    layers = tuple((name,) for name in names)
    edge = PackageEdge(names[1], names[0], 1, True, (ImportEdge(names[1], names[0], 3, "runtime", names[0]),))
    text = propose_contract(Layering({}, layers, (Border(1, 0),) * (len(layers) - 1), (edge,), (names[0],)))
    assert not text or len(tomllib.loads(text)["architecture"]["layers"]) >= 2


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_every_package_is_in_one_layer_and_every_edge_has_a_direction(pairs):
    """Whatever imports what: layers are disjoint, violations are exactly the upward edges, and nothing is lost."""
    paths = [f"p{number}/m{part}.py" for number in range(10) for part in range(7)]
    modules = {
        path: Module(path[:-3].replace("/", "."), path, path, ParsedModule((), (), frozenset(), 1)) for path in paths
    }
    edges = tuple(
        ImportEdge(f"p{a}/m{part}.py", f"p{b}/m0.py", 1, "runtime", "x")
        for a, b in sorted(pairs)
        for part in range(1 + (a * 3 + b) % 5)
        if a != b
    )
    layering = infer_layers(ArchitectureMap(modules, edges, files=frozenset(paths)))
    names = [name for layer in layering.layers for name in layer]
    assert sorted([*names, *layering.unplaced]) == sorted(layering.packages)
    depth = {name: number for number, layer in enumerate(layering.layers) for name in layer}
    assert {(e.importer, e.imported) for e in layering.violations} == {
        (e.importer, e.imported) for e in layering.edges if depth[e.importer] > depth[e.imported]
    }
    assert sum(edge.weight for edge in layering.edges) == len(edges)
    assert len(layering.borders) == max(0, len(layering.layers) - 1)


def test_declared_layers_come_before_inferred_ones():
    contract = Contract("layers", "Mine", ".importlinter", (Layer(("shop.store",)), Layer(("shop.rules", "shop.web"))))
    layering = find_layering(map_of(stack()), (contract,))
    assert layering.layers == (("shop.store",), ("shop.rules", "shop.web"))
    assert layering.origin == "“Mine” in .importlinter"
    assert [(edge.importer, edge.imported) for edge in layering.violations] == [("shop.rules", "shop.store")]
    elsewhere = Contract("layers", "Other", "x", (Layer(("a",)), Layer(("b",))))
    assert find_layering(map_of(stack()), (elsewhere,)).origin == ""


def test_new_modules_join_the_package_of_their_folder():
    layering = infer_layers(map_of(stack()))
    head = map_of(stack({"shop/web/new.py": "from shop.store import m1\n", "other/x.py": ""}))
    found = extend(layering, head)
    assert "shop/web/new.py" in found.packages["shop.web"]
    assert found.unplaced == ("x",)
    assert ("shop.web", "shop.store") in {(edge.importer, edge.imported) for edge in found.edges}


def test_a_change_is_the_difference_of_two_maps():
    base = map_of(stack())
    head_files = stack({"shop/store/m0.py": "from shop.web import m3\n", "shop/web/m1.py": "X = 1\n"})
    del head_files["shop/rules/m3.py"]
    contract = Contract("layers", "Mine", "x", (Layer(("shop.web",)), Layer(("shop.rules",)), Layer(("shop.store",))))
    layering, change = compare(base, map_of(head_files), {}, ["shop/store/m0.py", "shop/web/m1.py"], (contract,))
    assert change.modules == {
        "shop/rules/m3.py": "removed", "shop/store/m0.py": "modified", "shop/web/m1.py": "modified"
    }  # fmt: skip
    told = {(edge.names, edge.status, edge.breaking) for edge in change.edges}
    assert (("shop.store.m0", "shop.web.m3"), "added", True) in told
    assert (("shop.web.m1", "shop.rules.m1"), "removed", False) in told
    assert (("shop.rules.m3", "shop.store.m3"), "removed", False) in told
    assert {edge.packages for edge in change.edges if edge.breaking} == {("shop.store", "shop.web")}
    assert "shop/rules/m3.py" in layering.packages["shop.rules"]


def test_a_renamed_module_is_no_change_of_its_imports():
    files = stack()
    base, text = map_of(files), files.pop("shop/web/m1.py")
    _, change = compare(base, map_of(files | {"shop/web/n1.py": text}), {"shop/web/m1.py": "shop/web/n1.py"}, [])
    assert change.edges == ()


def test_a_module_that_becomes_a_package_is_no_change_of_its_imports():
    files = stack()
    base, text = map_of(files), files.pop("shop/rules/m1.py")
    head = map_of(files | {"shop/rules/m1/__init__.py": text})
    _, change = compare(base, head, {}, ["shop/rules/m1/__init__.py"])
    assert change.edges == ()
    assert change.modules == {"shop/rules/m1.py": "removed", "shop/rules/m1/__init__.py": "added"}


def test_a_circle_of_a_thousand_packages_is_put_in_some_order():
    pairs = {(f"p{n}", f"p{(7 * n + 13 * step + 1) % 1000}"): 1 for n in range(1000) for step in range(8)}
    layers = order({pair: weight for pair, weight in pairs.items() if pair[0] != pair[1]})
    assert sorted(name for layer in layers for name in layer) == sorted(f"p{n}" for n in range(1000))
