"""Imports under a condition or in a `try` run when the module is loaded, like any other at module level."""

from pathlib import Path

from tests.architecture.trees import Tree, map_of

BASE = {"p/__init__.py": "", "p/a.py": "def f(): ...\n", "p/b.py": "from p import a\nx = a.f\n"}


def kinds(tree: Tree, text: str) -> list[str]:
    return [fact.kind for fact in tree.facts(BASE, {"p/a.py": text})]


def test_a_conditional_import_closes_a_cycle(tmp_path: Path) -> None:
    text = "try:\n    from p import b\nexcept ImportError:\n    b = None\ndef f(): ...\n"
    assert "new_cycle" in kinds(Tree(tmp_path), text)


def test_a_lazy_one_closes_none(tmp_path: Path) -> None:
    assert "new_cycle" not in kinds(Tree(tmp_path), "def f():\n    from p import b\n    return b\n")


def test_a_lazy_import_that_becomes_conditional_is_new_and_a_conditional_one_that_loses_its_condition_is_not(
    tmp_path: Path,
) -> None:
    tree = Tree(tmp_path)
    lazy = tree.commit(BASE | {"p/a.py": "def f():\n    from p import b\n    return b\n"})
    conditional = tree.commit({"p/a.py": "if X:\n    from p import b\ndef f():\n    return b\n"})
    plain = tree.commit({"p/a.py": "from p import b\ndef f():\n    return b\n"})
    assert "new_cycle" in [fact.kind for fact in tree.survey(lazy, conditional).facts]
    assert "new_cycle" not in [fact.kind for fact in tree.survey(conditional, plain).facts]


def test_edges_of_a_package_that_passes_names_on_say_so() -> None:
    found = map_of(
        {
            "p/__init__.py": "from .a import f\nfrom p.b import g\nimport p.c\nfrom q import h\n",
            "p/a.py": "from .b import g as g, other\n",
            "p/b.py": "",
            "p/c.py": "",
            "q/__init__.py": "",
        }
    )
    assert {(edge.importer, edge.imported, edge.name) for edge in found.edges if edge.reexported} == {
        ("p/__init__.py", "p/a.py", "p.a.f"),
        ("p/__init__.py", "p/b.py", "p.b.g"),
        ("p/a.py", "p/b.py", "p.b.g"),
    }
