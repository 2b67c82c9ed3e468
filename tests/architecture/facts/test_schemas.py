"""A schema that several repositories have: who is told when one of them changes it, on real repositories."""

from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.console import QuietConsole
from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.config import ArchitectureSettings, Settings
from reviewlore.domain.architecture import Fact
from reviewlore.flows.architecture import MapContext
from reviewlore.flows.federation import read_card
from reviewlore.flows.survey import survey
from reviewlore.formats.cards import encode_card

API = """openapi: 3.0.0
info: {title: Money service, version: 1.0.0}
paths:
  /pay:
    post: {summary: Pay, parameters: [{name: amount, in: query}]}
  /bills:
    get: {summary: All bills}
components:
  schemas:
    Bill: {type: object, required: [id], properties: {id: {type: string}, sum: {type: number}}}
"""
PROTO = 'syntax = "proto3";\npackage acme.v1;\nmessage Bill {\n  string id = 1;\n  int64 sum = 2;\n}\n'


def card_of(tree: Tree, name: str) -> str:
    context = MapContext(name, GitRepo(tree.folder), Grammars(), QuietConsole(), Settings())
    return encode_card(read_card(context, tree.git("rev-parse", "HEAD")))


def facts(tmp_path: Path, theirs: dict[str, str], ours: dict[str, str], after: dict[str, str | None]) -> list[Fact]:
    """What is said of a change of `acme/money` by a review that has the cards of `acme/shop` and its own."""
    shop, money = Tree(tmp_path / "shop"), Tree(tmp_path / "money")
    shop.commit(theirs)
    money.commit(ours)
    base = money.commit({"org/shop.json": card_of(shop, "acme/shop"), "org/money.json": card_of(money, "acme/money")})
    head = money.commit(after)
    found = survey(GitRepo(money.folder), Grammars(), base, head, settings=ArchitectureSettings(organisation="org"))
    return [fact for fact in found.facts if fact.kind == "shared_schema_changed"]


def test_an_operation_gone_is_told_with_who_has_it(tmp_path: Path) -> None:
    after = API.replace("  /bills:\n    get: {summary: All bills}\n", "")
    (fact,) = facts(tmp_path, {"contracts/openapi.yaml": API}, {"api/openapi.yaml": API}, {"api/openapi.yaml": after})
    assert fact.title == "Schema `Money service` loses parts, and `acme/shop` has it too"
    assert (fact.path, fact.severity, fact.line) == ("api/openapi.yaml", "warning", 3)
    assert fact.evidence[0].text == "gone: paths / /bills"
    assert fact.evidence[1].text.startswith("acme/shop has it at contracts/openapi.yaml (card of ")
    assert len(fact.evidence) == 2  # its own card names nobody


@pytest.mark.parametrize(
    ("old", "new", "severity", "said"),
    [
        (
            "required: [id]",
            "required: [id, sum]",
            "warning",
            "required now: components / schemas / Bill / required / [] / sum",
        ),
        (
            "sum: {type: number}",
            "sum: {type: string}",
            "warning",
            "gone: components / schemas / Bill / properties / sum / type / number",
        ),
        (
            "sum: {type: number}",
            "sum: {type: number}, due: {type: string}",
            "info",
            "new: components / schemas / Bill / properties / due",
        ),
    ],
)
def test_what_changed_is_said(tmp_path: Path, old: str, new: str, severity: str, said: str) -> None:
    after = {"api/openapi.yaml": API.replace(old, new)}
    (fact,) = facts(tmp_path, {"openapi.yaml": API}, {"api/openapi.yaml": API}, after)
    assert (fact.severity, fact.evidence[0].text) == (severity, said)


@pytest.mark.parametrize(
    ("theirs", "after"),
    [
        (API, API.replace("All bills", "Every bill")),  # words for readers
        (API, "# note\n" + API),
        (API.replace("type: number", "type: string"), API.replace("type: number", "type: string")),  # brought over
        (API.replace("type: number", "type: integer"), API + "  # grown\n"),
        (API.replace("Money service", "Another service"), API.replace("type: number", "type: string")),
    ],
)
def test_what_concerns_nobody_is_not_said(tmp_path: Path, theirs: str, after: str) -> None:
    assert facts(tmp_path, {"openapi.yaml": theirs}, {"openapi.yaml": API}, {"openapi.yaml": after}) == []


def test_copies_that_differed_before_hear_of_losses_only_and_quietly(tmp_path: Path) -> None:
    theirs = API.replace("type: number", "type: integer")
    for number, (after, count) in enumerate(((API.replace("sum: {type: number}", "sum: {type: number}, due: {}"), 0),
                                             (API.replace("required: [id]", "required: [sum]"), 1))):  # fmt: skip
        found = facts(tmp_path / str(number), {"openapi.yaml": theirs}, {"openapi.yaml": API}, {"openapi.yaml": after})
        assert [fact.severity for fact in found] == ["info"] * count


def test_a_removed_schema_is_told(tmp_path: Path) -> None:
    (fact,) = facts(tmp_path, {"x/bill.proto": PROTO}, {"bill.proto": PROTO}, {"bill.proto": None})
    assert fact.title == "Schema `acme.v1: Bill` is removed, and `acme/shop` has it too"
    assert fact.line is None


def test_a_field_that_changes_its_number_is_told(tmp_path: Path) -> None:
    after = {"bill.proto": PROTO.replace("sum = 2", "sum = 3")}
    (fact,) = facts(tmp_path, {"x/bill.proto": PROTO}, {"bill.proto": PROTO}, after)
    assert fact.evidence[0].text == "gone: message Bill / int64 sum = 2"
