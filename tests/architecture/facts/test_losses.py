import time

import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.losses import find_lost_names
from reviewlore.domain.architecture import Fact

After = dict[str, str | None]


def found(before: dict[str, str], after: After, moved: dict[str, str] | None = None) -> list[Fact]:
    return list(find_lost_names(change_of(before, after, moved)))


APP = {"app/__init__.py": "", "app/a.py": "def old(): ...\n\n\ndef kept(): ...\n"}


def test_every_place_that_still_imports_a_name_is_evidence() -> None:
    users = {"app/b.py": "from app.a import old\n", "app/c.py": "def f():\n    from .a import kept, old\n"}
    (fact,) = found(APP | users, {"app/a.py": "def kept(): ...\n"})
    assert fact.why == "2 places still import it; the first of them that runs fails with ImportError."
    assert [(entry.path, entry.line) for entry in fact.evidence] == [
        ("app/b.py", 1),
        ("app/c.py", 2),
        ("app/a.py", None),
    ]


@pytest.mark.parametrize(
    "importer",
    [
        "import app.a\n",
        "from app import a\n",
        "from app.a import old\n",
        "from . import a\n",
        "from .a import kept, old\n",
        "from app.a import *\n",
    ],
)
def test_a_removed_module_that_is_still_imported(importer: str) -> None:
    (fact,) = found(APP | {"app/b.py": importer}, {"app/a.py": None})
    assert (fact.path, fact.line, fact.severity) == ("app/a.py", None, "error")
    assert fact.title == "`app.a` is gone, but is still imported"


def test_a_renamed_module_that_is_still_imported_by_its_old_name() -> None:
    (fact,) = found(APP | {"app/b.py": "from app import a\n"}, {}, {"app/a.py": "app/new.py"})
    assert fact.path == "app/new.py"
    assert fact.why.startswith("1 place still imports it by its old name (it is `app.new` now); ")


@pytest.mark.parametrize(
    ("importer", "after"),
    [
        ("from app.a import old\n", {"app/a.py": None, "app/b.py": "from app.a2 import old\n"}),
        ("from app.a import old\n", {"app/a.py": None, "app/a/__init__.py": "from app.other import old\n"}),
        ("from app.a import old\n", {"app/a.py": None, "app/a.pyx": "def old(): ...\n"}),
        ("try:\n    from app.a import old\nexcept ImportError:\n    old = None\n", {"app/a.py": None}),
        ("from app import a\n", {"app/a.py": None, "app/__init__.py": "from app.other import a\n"}),
        ("from app.a import old\n", {"app/a.py": "from app.c import *\n"}),
        ("import app.a\n", {"app/a.py": "X = 1\n"}),
        ("from app.a import old\n", {"app/a.py": None, "app/b.py": None}),
        ("from app.a import missing\n", {"app/a.py": "X = 1\n"}),
        ("import app.a\nfrom app.a import old\n", {"app/a.py": "X = 1\n", "app/b.py": "import app.a\n"}),
    ],
)
def test_imports_that_follow_or_lead_elsewhere_are_fine(importer: str, after: After) -> None:
    assert found(APP | {"app/b.py": importer}, after) == []


USES = "import { limit } from './cart';\nuse(limit);\n"
SHOP = {
    "package.json": "{}",
    "src/cart.ts": "export default function total() {}\nexport const limit = 1;\nexport type Item = string;\n",
}


@pytest.mark.parametrize(
    ("importer", "cart", "title"),
    [
        (USES, "export default 1;\n", "`limit` is gone from `src/cart`"),
        ("import total from './cart';\ntotal();\n", "export const limit = 1;\n", "`default` is gone from `src/cart`"),
        (
            "import type { Item } from './cart';\nlet x: Item;\n",
            "export {};\nexport default 1;\n",
            "`Item` is gone from",
        ),
        ("import * as cart from './cart';\ncart.total();\n", None, "`src/cart` is gone"),
        ("import './cart';\n", None, "`src/cart` is gone"),
        ("export { limit } from './cart';\n", "export default 1;\n", "`limit` is gone from `src/cart`"),
    ],
)
def test_typescript(importer: str, cart: str | None, title: str) -> None:
    (fact,) = found(SHOP | {"src/page.ts": importer}, {"src/cart.ts": cart})
    assert fact.title.startswith(title)
    assert "that does not compile" in fact.why


@pytest.mark.parametrize(
    ("importer", "after"),
    [
        (USES, {"src/cart.ts": "export * from './other';\n"}),
        (USES, {"src/cart.ts": "export { limit } from './other';\n"}),
        (USES, {"src/cart.ts": None, "src/cart/index.ts": "export const limit = 2;\n"}),
        (USES, {"src/cart.ts": "const limit = 2;\nexport { limit };\n"}),
    ],
)
def test_typescript_names_that_come_another_way(importer: str, after: After) -> None:
    assert found(SHOP | {"src/page.ts": importer}, after) == []


GO = {
    "go.mod": "module example.org/shop\n",
    "db/open.go": "package db\n\nfunc Open() {}\n\nfunc Close() {}\n",
    "main.go": 'package main\n\nimport "example.org/shop/db"\n\nfunc main() { db.Open() }\n',
}


def test_go_names_of_a_package() -> None:
    (fact,) = found(GO, {"db/open.go": "package db\n\nfunc Close() {}\n"})
    assert fact.title == "`Open` is gone from `db/open`, but is still imported"


@pytest.mark.parametrize(
    "after",
    [
        {"db/open.go": "package db\n\nfunc Close() {}\n", "db/other.go": "package db\n\nfunc Open() {}\n"},
        {"db/open.go": None, "db/new.go": "package db\n\nfunc Open() {}\n\nfunc Close() {}\n"},
        {"db/open.go": "package db\n\nfunc Open() {}\n"},
    ],
)
def test_go_names_that_moved_within_their_package(after: After) -> None:
    assert found(GO, after) == []


def test_thousands_of_lost_names_cost_what_they_are_many() -> None:
    """Each was once looked for among all the others: three thousand names took twenty seconds."""
    names = [f"f{number}" for number in range(3_000)]
    before = {"app/__init__.py": "", "app/a.py": "".join(f"def {name}(): ...\n" for name in names)}
    before["app/b.py"] = f"from app.a import {', '.join(names)}\n"
    change = change_of(before, {"app/a.py": ""}, None)
    started = time.process_time()
    assert len(list(find_lost_names(change))) == len(names)
    assert time.process_time() - started < 2
