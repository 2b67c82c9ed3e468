"""`status --architecture` and `report --architecture` on real repositories: text, data, card, page and pictures."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from tests import command_line
from tests.architecture.trees import Tree

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schema" / "architecture.schema.json"
SHOP: dict[str, str | bytes | None] = {
    "shop/__init__.py": "",
    "shop/api/__init__.py": "",
    "shop/api/carts.py": "from shop.service import carts\n",
    "shop/api/bills.py": "from shop.service import bills\n",
    "shop/service/__init__.py": "",
    "shop/service/carts.py": "from shop.storage import rows\n",
    "shop/service/bills.py": "from shop.storage import rows\n",
    "shop/storage/__init__.py": "",
    "shop/storage/rows.py": "def read():\n    return 1\n",
    "package.json": '{"name": "@acme/shop", "version": "1.0.0"}',
}
LAYERS = '[architecture]\nlayers = ["shop.api", "shop.service", "shop.storage"]\n'


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "shop")


def told(capsys: pytest.CaptureFixture[str], tree: Tree, *arguments: str) -> tuple[int, str, str]:
    return command_line.told(capsys, *arguments[:1], "--repo", str(tree.folder), *arguments[1:])


def test_status_shows_the_layers_and_a_contract_to_paste(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    commit = tree.commit(SHOP)
    code, out, err = told(capsys, tree, "status", "--architecture")
    assert code == 0
    assert out.startswith(f"shop at {commit[:12]}: 10 files, 9 modules (9 python), 9 of them shipped.\n")
    assert re.search(r"─ 1 ─.*shop\.api \(3\).*─ 2 ─.*shop\.service \(3\).*─ 3 ─.*shop\.storage \(2\)", out, re.DOTALL)
    assert '[architecture]\nlayers = [\n    "shop.api",\n' in out
    assert "Inferred from the imports" in out
    assert f"Reading the tree of {commit[:12]}" in err


def test_quiet_is_quiet_and_a_revision_is_read_as_it_was(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.commit(SHOP)
    tree.commit({"shop/extra.py": "X = 1\n"})
    code, out, err = told(capsys, tree, "status", "--architecture", "--revision", "HEAD~1", "--quiet")
    assert (code, err) == (0, "")
    assert "10 files" in out


def test_the_data_keep_the_published_schema(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.commit(SHOP | {".reviewlore.toml": LAYERS})
    code, out, _ = told(capsys, tree, "status", "--architecture", "--format", "json")
    assert code == 0
    found = json.loads(out)
    jsonschema_rs.validator_for(SCHEMA.read_text(encoding="utf-8")).validate(found)
    assert found["layering"]["layers"] == [["shop.api"], ["shop.service"], ["shop.storage"]]
    assert [(row["kind"], row["origin"], row["broken"]) for row in found["contracts"]] == [
        ("layers", ".reviewlore.toml", 0)
    ]


def test_a_card_is_read_by_another_repository(tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Tree(tmp_path / "till")
    other.commit(
        {
            "package.json": '{"name": "@acme/till", "dependencies": {"@acme/shop": "^1.0.0"}}',
            "src/till.ts": 'import { read } from "@acme/shop";\n\nexport const now = () => read();\n',
        }
    )
    code, out, _ = told(capsys, other, "status", "--architecture", "--card")
    assert code == 0
    card = tmp_path / "till.json"
    card.write_text(out)
    tree.commit(SHOP | {"src/index.ts": "export function read() { return 1; }\n"})
    code, out, _ = told(capsys, tree, "report", "--architecture", "--card", str(card), "-o", str(tmp_path))
    assert code == 0
    assert out.splitlines() == [str(tmp_path / f"reviewlore-architecture{end}") for end in
                                (".html", ".svg", "-organisation.svg")]  # fmt: skip
    page = (tmp_path / "reviewlore-architecture.html").read_text()
    assert "Who takes what from whom" in page
    assert "npm: @acme/shop" in page
    assert "till → shop" in (tmp_path / "reviewlore-architecture-organisation.svg").read_text()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_page_shows_the_change_on_the_map(tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree.commit(SHOP | {".reviewlore.toml": LAYERS})
    tree.commit({"shop/storage/rows.py": "from shop.api import carts\n\n\ndef read():\n    return carts\n"})
    page = tmp_path / "map.html"
    code, out, err = told(capsys, tree, "report", "--architecture", "--base", "HEAD~1", "-o", str(page))
    assert code == 0
    assert out == f"{page}\n{tmp_path / 'map.svg'}\n"
    picture = (tmp_path / "map.svg").read_text()
    assert "shop.storage.rows now imports, against a contract, shop.api.carts" in picture
    assert "breaks a contract (1)" in picture
    ElementTree.fromstring(picture)
    text = page.read_text()
    assert "layer_crossed" in text
    assert "The map, and the change on it" in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "Reading the change" in err


def test_the_map_of_a_repository_without_code_says_what_it_lacks(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree.commit({"README": "text\n"})
    code, out, _ = told(capsys, tree, "status", "--architecture", "-q")
    assert code == 0
    assert out.startswith("shop at ")
    assert "Note: " in out
    assert told(capsys, tree, "report", "--architecture", "-q", "-o", str(tmp_path / "x.html"))[0] == 0
    assert "</svg>" in (tmp_path / "x.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["status", "--architecture", "--revision", "nope"], "no commit named 'nope'"),
        (["status", "--architecture", "--data"], "--data, --online and --architecture exclude each other."),
        (["status", "--card"], "--card goes with --architecture only."),
        (["status", "--revision", "HEAD"], "--revision goes with --architecture only."),
        (["report", "--base", "HEAD"], "--base goes with --architecture only."),
        (["report", "--card", "x"], "--card goes with --architecture only."),
        (["report", "--architecture", "-o", "/nowhere/at/all.html"], "The folder /nowhere/at does not exist."),
        (["report", "--architecture", "-o", "map.svg"], "Name an .html file."),
        (["report", "--architecture", "--base", "nope"], "no commit named 'nope'"),
        (["report", "--architecture", "--card", "/dev/null"], "/dev/null is no card"),
        (["report", "--architecture", "--card", "/nowhere/card.json"], "/nowhere/card.json cannot be read"),
    ],
)
def test_bad_input_is_one_line(tree: Tree, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    tree.commit(SHOP)
    code, out, err = told(capsys, tree, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ") and err.count("\n") == 1
    assert said in err


def test_a_card_that_nobody_could_read_is_refused_where_it_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = Tree(tmp_path / "our shop")
    tree.commit(SHOP)
    code, out, error = told(capsys, tree, "status", "--architecture", "--card")
    assert (code, out) == (2, "")
    assert "What our shop publishes is no card: its repository has no usable name." in error


def test_two_cards_of_one_repository_are_refused(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree.commit(SHOP)
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text('{"repository": "acme/till", "schema": 1}')
    cards = [part for name in ("a.json", "b.json") for part in ("--card", str(tmp_path / name))]
    code, _, err = told(capsys, tree, "report", "--architecture", *cards)
    assert code == 2
    assert "are both cards of acme/till" in err


def test_unusable_settings_are_told_with_their_commit(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    commit = tree.commit(SHOP | {".reviewlore.toml": "[architecture]\nlayer = 1\n"})
    code, _, err = told(capsys, tree, "status", "--architecture")
    assert code == 2
    assert f".reviewlore.toml at {commit[:12]} cannot be used" in err


def test_a_review_names_the_repositories_that_take_what_is_gone(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = {
        "package.json": '{"name": "@acme/money"}',
        "src/index.ts": "export function pay() {}\nexport const x = 1;\n",
    }
    till = {"package.json": '{"name": "@acme/till"}', "src/a.ts": 'import { pay } from "@acme/money";\n\npay();\n'}
    other = Tree(tmp_path / "till")
    other.commit(dict(till))
    card = told(capsys, other, "status", "--architecture", "--card", "-q")[1]
    settings = '[architecture]\norganisation = "cards"\n'
    base = tree.commit({**ours, "cards/till.json": card, ".reviewlore.toml": settings})
    tree.commit({"src/index.ts": "export const x = 1;\n"})
    code, out, _ = told(capsys, tree, "review", "--base", base, "-q")
    assert code == 0
    assert "`pay` of `@acme/money` is gone, and `till` takes it" in out
    code, out, _ = told(capsys, tree, "report", "--architecture", "-q", "--base", base, "-o", str(tmp_path / "m.html"))
    page = (tmp_path / "m.html").read_text()
    assert "published_name_changed" in page
    assert "till → shop: 1 use" in (tmp_path / "m-organisation.svg").read_text()


def test_names_of_strangers_are_text_on_the_page(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e'\"]]"
    tree.commit(SHOP | {f"shop/{hostile}/m.py": "from shop.storage import rows\n", "CODEOWNERS": "* @a\n"})
    tree.commit({f"shop/{hostile}/n.py": "from shop.api import carts\n", "shop/api/carts.py": "X = 1\n"})
    code, _, _ = told(
        capsys, tree, "report", "--architecture", "-q", "--base", "HEAD~1", "-o", str(tmp_path / "x.html")
    )
    assert code == 0
    for name in ("x.html", "x.svg"):
        text = (tmp_path / name).read_text()
        assert "<img" not in text
        assert "\u202e" not in text
        assert "onerror=alert(1)&gt;" in text
    out = told(capsys, tree, "status", "--architecture", "-q")[1]
    assert "\u202e" not in out
