"""Several repositories as one map: cards of real repositories, joined, drawn, and asked by a change."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import Tree

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.federation import MAX_PLACES, federation_picture, join_cards
from reviewlore.config import ArchitectureSettings, Settings
from reviewlore.domain.federation import Card, Offer, Published, SharedSchema, Use, Wanted
from reviewlore.errors import InputError
from reviewlore.flows.architecture import MapContext
from reviewlore.flows.cards import read_cards
from reviewlore.flows.federation import read_card
from reviewlore.flows.survey import survey
from reviewlore.formats.architecture_svg import render_map
from reviewlore.formats.cards import MAX_TEXT, decode_card, encode_card
from reviewlore.formats.shared_schemas import is_schema_file, read_schema

LIBRARY = {
    "package.json": '{"name": "@acme/money", "version": "2.1.0", "main": "src/index.ts"}',
    "src/index.ts": 'export { round, Money } from "./money";\nexport function parse(text: string) { return text; }\n',
    "src/money.ts": "export function round(value: number) { return value; }\nexport class Money {}\n",
    "src/money.test.ts": 'import { round } from "./money";\n',
    "api/openapi.yaml": "openapi: 3.0.0\ninfo:\n  title: Money service\n  version: 1.0.0\n",
}
SHOP = {
    "package.json": '{"name": "@acme/shop", "dependencies": {"@acme/money": "^2.0.0", "left-pad": "1.0.0"}}',
    "src/cart.ts": 'import { round, Money } from "@acme/money";\n'
    'import fs from "node:fs";\nimport pad from "left-pad";\n',
    "src/checkout.ts": 'import * as money from "@acme/money";\n\n'
    'export const total = () => money.round(money.parse("1"));\n',
    "contracts/openapi.yaml": "openapi: 3.0.0\ninfo:\n  title: Money service\n  version: 0.9.0\n",
}
BOOKS = {
    "package.json": '{"name": "@acme/books", "dependencies": {"@acme/money": "^2.0.0"}}',
    "src/ledger.ts": 'import { parse } from "@acme/money";\n\nexport const read = parse;\n',
}


def card_of(folder: Path, name: str, files: dict[str, str]) -> Card:
    tree = Tree(folder / name.replace("/", "-"))
    commit = tree.commit(files)
    return read_card(context_of(tree, name), commit)


def context_of(tree: Tree, name: str) -> MapContext:
    return MapContext(name, GitRepo(tree.folder), Grammars(), QuietConsole(), Settings())


@pytest.fixture
def cards(tmp_path: Path) -> tuple[Card, ...]:
    files = {"acme/money": LIBRARY, "acme/shop": SHOP, "acme/books": BOOKS}
    return tuple(card_of(tmp_path, name, tree) for name, tree in files.items())


def test_a_card_tells_what_is_published_and_what_is_taken(cards):
    money, shop, _ = cards
    (published,) = money.published
    assert (published.ecosystem, published.name, published.version) == ("npm", "@acme/money", "2.1.0")
    assert Offer("@acme/money", ("Money", "parse", "round")) in published.offers
    assert not any("test" in offer.module for offer in published.offers)
    assert Wanted("npm", "@acme/money", "^2.0.0") in shop.wanted
    taken = {(use.module, use.name): (use.count, use.places) for use in shop.uses}
    assert taken["@acme/money", "round"] == (2, ("src/cart.ts:1", "src/checkout.ts:3"))
    assert taken["@acme/money", "parse"] == (1, ("src/checkout.ts:3",))
    assert ("left-pad", "default") in taken
    assert not any(module.startswith("node:") for module, _ in taken)


def test_the_map_of_maps_says_who_provides_what_to_whom(cards):
    joined = join_cards(cards)
    assert [(link.provider, link.consumer, link.package, link.uses) for link in joined.provisions] == [
        ("acme/money", "acme/books", "@acme/money", 1),
        ("acme/money", "acme/shop", "@acme/money", 4),
    ]
    assert joined.provisions[1].requirement == "^2.0.0"
    assert joined.unresolved == {"acme/shop": 1}  # left-pad is nobody's here
    assert joined.duplicates == ()
    (shared,) = joined.shared
    assert (shared.kind, shared.identity) == ("openapi", "Money service")
    assert shared.places == (("acme/money", "api/openapi.yaml"), ("acme/shop", "contracts/openapi.yaml"))


def test_two_repositories_that_publish_one_package_are_said():
    one = Card("a/x", published=(Published("pypi", "tool", "1", (Offer("tool", ("run",)),)),))
    other = replace(one, repository="b/x")
    joined = join_cards([one, other])
    assert joined.duplicates == (("pypi", "tool", ("a/x", "b/x")),)
    assert "pypi tool is published by a/x, b/x." in render_map(federation_picture(joined))


def test_the_map_of_maps_can_be_drawn(cards):
    text = render_map(federation_picture(join_cards(cards)))
    assert "acme/shop → acme/money: 4 modules import" not in text
    assert "acme/shop → acme/money: 4 uses" in text
    assert "in 3 repositories" in text
    assert "openapi Money service lies in acme/money, acme/shop." in text


def organisation(tmp_path: Path, tree: Tree, before: dict, after: dict, cards) -> list:
    """The facts of a change of a repository that keeps the cards of others in `org/cards`."""
    texts = {f"org/cards/{number}.json": encode_card(card) for number, card in enumerate(cards)}
    base = tree.commit(before | texts)
    head = tree.commit(after)
    settings = ArchitectureSettings(organisation="org/cards")
    return list(survey(GitRepo(tree.folder), Grammars(), base, head, settings=settings).facts)


def test_removing_a_name_that_others_take_is_told_with_their_names(tmp_path, cards):
    after = {"src/index.ts": 'export { round, Money } from "./money";\n'}
    facts = organisation(tmp_path, Tree(tmp_path / "change"), LIBRARY, after, cards)
    (fact,) = [fact for fact in facts if fact.kind == "published_name_changed"]
    assert fact.title == "`parse` of `@acme/money` is gone, and 2 other repositories take it"
    assert (fact.path, fact.severity) == ("src/index.ts", "warning")
    assert [item.text.partition(" (card of")[0] for item in fact.evidence] == [
        "acme/books takes @acme/money: parse in 1 places, first at src/ledger.ts:1",
        "acme/shop takes @acme/money: parse in 1 places, first at src/checkout.ts:3",
    ]


@pytest.mark.parametrize(
    "after",
    [
        {"src/money.ts": "export function round(value: number) { return value + 1; }\nexport class Money {}\n"},
        {"src/index.ts": LIBRARY["src/index.ts"] + "export const more = 1;\n"},
        {"src/hidden.ts": "export const unused = 1;\n"},
    ],
)
def test_a_change_that_keeps_its_names_is_silent(tmp_path, cards, after):
    facts = organisation(tmp_path, Tree(tmp_path / "change"), LIBRARY, after, cards)
    assert not any(fact.kind == "published_name_changed" for fact in facts)


def test_cards_are_read_at_the_base_and_never_at_the_head(tmp_path, cards):
    tree = Tree(tmp_path / "change")
    base = tree.commit(LIBRARY)
    removed = {"src/index.ts": 'export { round } from "./money";\n'}
    head = tree.commit(removed | {f"org/{n}.json": encode_card(card) for n, card in enumerate(cards)})
    found = survey(GitRepo(tree.folder), Grammars(), base, head, settings=ArchitectureSettings(organisation="org"))
    assert not any(fact.kind == "published_name_changed" for fact in found.facts)
    assert "No cards of other repositories lie in 'org', which architecture.organisation names." in found.notes


def test_a_card_that_cannot_be_read_is_a_note(tmp_path, cards):
    tree = Tree(tmp_path / "change")
    base = tree.commit(LIBRARY | {"org/bad.json": '{"repository": 7}', "org/good.json": encode_card(cards[2])})
    head = tree.commit({"src/index.ts": 'export { round } from "./money";\n'})
    found = survey(GitRepo(tree.folder), Grammars(), base, head, settings=ArchitectureSettings(organisation="org"))
    assert [fact.title for fact in found.facts if fact.kind == "published_name_changed"] == [
        "`parse` of `@acme/money` is gone, and `acme/books` takes it"
    ]
    (note,) = [note for note in found.notes if "card" in note]
    assert note.startswith("A card was not read: org/bad.json is no card: ")


def test_a_card_of_a_large_repository_can_be_read():
    offers = tuple(Offer(f"m{number}", tuple(f"name_{n}" for n in range(21))) for number in range(10_000))
    card = Card("a/b", published=(Published("pypi", "p", "1", offers),))
    assert decode_card(encode_card(card).encode(), "x") == card


def test_of_two_cards_of_one_repository_the_last_counts_and_a_note_says_so(tmp_path, cards):
    tree = Tree(tmp_path / "change")
    older = replace(cards[2], uses=())
    commit = tree.commit({"org/a.json": encode_card(older), "org/b.json": encode_card(cards[2])})
    found, notes = read_cards(GitRepo(tree.folder), commit, ["org/a.json", "org/b.json"], "org")
    assert found == (cards[2],)
    assert notes == (f"org/b.json takes the place of another card of {cards[2].repository}: remove the older one.",)


def test_a_card_survives_its_file(cards):
    for card in cards:
        assert decode_card(encode_card(card).encode(), "x") == card


A_CARD = Card("a/b", uses=(Use("npm", "m", "n", 1, ("x:1",)),))


@pytest.mark.parametrize(
    "change",
    [
        {"repository": ""},
        {"repository": "a b"},
        {"repository": "../../x"},
        {"repository": "<script>"},
        {"schema": 99},
        {"uses": [{"ecosystem": "cobol", "module": "m", "name": "n", "count": 1}]},
        {"uses": [{"ecosystem": "npm", "module": "m" * (MAX_TEXT + 1), "name": "n", "count": 1}]},
        {"uses": [{"ecosystem": "npm", "module": "m", "name": "n", "count": 0}]},
        {"left_out": -1},
        {"uses": {}},
        {"published": [{"ecosystem": "npm"}]},
    ],
)
def test_what_is_no_card_is_refused_in_one_sentence(change):
    row = json.loads(encode_card(A_CARD)) | change
    with pytest.raises(InputError, match=r"^here(/x)? "):
        decode_card(json.dumps(row).encode(), "here")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_card_or_refused(data):
    with pytest.raises(InputError):
        decode_card(data, "here")


NAMES = st.text(max_size=20)


@given(st.lists(st.tuples(NAMES, NAMES, st.integers(0, 9)), max_size=8), st.lists(NAMES, max_size=4))
def test_any_cards_can_be_joined_and_drawn(uses, modules):
    taken = tuple(Use("pypi", module, name, count, ("p",) * MAX_PLACES) for module, name, count in uses)
    offers = tuple(Offer(module, ("x",)) for module in modules)
    cards = [
        Card("a", uses=taken),
        Card("b", published=(Published("pypi", "<b>", "1", offers),)),
        Card("c", published=(Published("pypi", "&", "1", offers[:1]),), uses=taken[:2]),
    ]
    joined = join_cards(cards)
    assert sum(link.uses for link in joined.provisions) + sum(joined.unresolved.values()) == sum(
        use.count for card in cards for use in card.uses
    )
    assert render_map(federation_picture(joined)).count("<svg") == 1


@pytest.mark.parametrize(
    ("path", "text", "identity"),
    [
        ("a/openapi.yaml", "openapi: 3.1.0\ninfo: {title: Shop}\n", "Shop"),
        ("swagger.json", '{"swagger": "2.0", "info": {"title": "Old"}}', "Old"),
        ("openapi.yml", "just: yaml\n", None),
        ("x.schema.json", '{"$id": "https://example.org/x"}', "https://example.org/x"),
        ("a.proto", 'syntax = "proto3";\npackage acme.v1;\nservice Pay {}\nmessage Bill {}\n', "acme.v1: Bill, Pay"),
        ("a.avsc", '{"namespace": "acme", "name": "Bill", "type": "record"}', "acme.Bill"),
        ("empty.proto", "  \n", None),
    ],
)
def test_schemas_are_known_by_what_they_call_themselves(path, text, identity):
    assert is_schema_file(path)
    found = read_schema(path, text)
    assert (found.identity if found else None) == identity


@pytest.mark.parametrize("path", ["x.schema.json", "a.proto", "a.avsc", "a.graphql"])
def test_a_schema_without_a_name_is_known_by_its_content(path):
    one, other = read_schema(path, "type   A\n"), read_schema(f"b/{path}", "type A")
    assert isinstance(one, SharedSchema) and isinstance(other, SharedSchema)
    assert one.identity == other.identity and one.identity.startswith("sha256:")


@given(st.sampled_from(["openapi.yaml", "x.schema.json", "a.proto", "a.avsc", "a.graphql"]), st.text())
def test_no_schema_file_raises(path, text):
    found = read_schema(path, text)
    assert found is None or found.identity


def test_scripts_that_lie_about_are_no_part_of_a_python_package(tmp_path):
    card = card_of(
        tmp_path,
        "acme/py",
        {
            "pyproject.toml": '[project]\nname = "acme-py"\nversion = "1"\n',
            "acme/__init__.py": "def run():\n    return 1\n",
            "acme/inner/__init__.py": "",
            "acme/inner/deep.py": "X = 1\n",
            "src/other/__init__.py": "Y = 1\n",
            "acme_py.py": "Z = 1\n",
            "release.py": "def build():\n    return 1\n",
            "tools/build.py": "def build():\n    return 1\n",
        },
    )
    (published,) = card.published
    assert [offer.module for offer in published.offers] == [
        "acme",
        "acme.inner",
        "acme.inner.deep",
        "acme_py",
        "other",
    ]


def test_a_python_package_that_narrows_a_name_names_its_consumers(tmp_path):
    ours = {
        "pyproject.toml": '[project]\nname = "acme-money"\nversion = "1"\n',
        "money/__init__.py": "def pay(amount, currency='EUR'):\n    return amount\n",
    }
    theirs = {
        "pyproject.toml": '[project]\nname = "acme-shop"\nversion = "1"\ndependencies = ["acme-money>=1"]\n',
        "shop/__init__.py": "import money\n\nTOTAL = money.pay(1)\n",
    }
    shop = card_of(tmp_path, "acme/shop", theirs)
    assert [(link.provider, link.consumer, link.package, link.uses, link.requirement)
            for link in join_cards([shop, card_of(tmp_path, "acme/money", ours)]).provisions] == [
        ("acme/money", "acme/shop", "acme-money", 1, ">=1")
    ]  # fmt: skip
    after = {"money/__init__.py": "def pay(amount, currency):\n    return amount\n"}
    facts = organisation(tmp_path, Tree(tmp_path / "change"), ours, after, [shop])
    (fact,) = [fact for fact in facts if fact.kind == "published_name_changed"]
    assert fact.title == "`pay` of `money` takes other arguments, and `acme/shop` takes it"
    assert "shop/__init__.py:3" in fact.evidence[0].text
