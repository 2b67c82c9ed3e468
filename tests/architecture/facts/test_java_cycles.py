from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.cycles import find_cycles
from reviewlore.domain.architecture import Fact

ORDER = "package shop.order;\nimport shop.store.Store;\npublic class Order { Store s; %s}\n"
BEFORE = {
    "src/main/java/shop/order/Order.java": ORDER % "",
    "src/main/java/shop/order/Line.java": "package shop.order;\npublic class Line { Order o; }\n",
    "src/main/java/shop/store/Store.java": "package shop.store;\npublic class Store {}\n",
    "src/main/java/shop/order/text/Text.java": "package shop.order.text;\npublic class Text {}\n",
    "src/test/java/shop/store/StoreTest.java": "package shop.store;\nclass StoreTest { Store s; }\n",
}


def found(path: str, text: str) -> list[Fact]:
    return list(find_cycles(change_of(BEFORE, {path: text})))


def test_a_cycle_between_packages_is_told() -> None:
    text = "package shop.store;\npublic class Store { shop.order.Line l; }\n"
    (fact,) = found("src/main/java/shop/store/Store.java", text)
    assert (fact.kind, fact.severity, fact.line) == ("new_cycle", "info", 2)
    assert fact.title == "This import closes a cycle between `shop.store` and `shop.order`"


def test_classes_of_one_package_may_know_each_other() -> None:
    text = ORDER % "Line l; "
    assert found("src/main/java/shop/order/Order.java", text) == []


def test_a_package_and_the_one_around_it_may_know_each_other() -> None:
    base = {
        **BEFORE,
        "src/main/java/shop/order/Line.java": "package shop.order;\nclass Line { shop.order.text.Text t; }\n",
    }
    text = "package shop.order.text;\npublic class Text { shop.order.Line l; }\n"
    assert list(find_cycles(change_of(base, {"src/main/java/shop/order/text/Text.java": text}))) == []


def test_tests_close_no_cycle() -> None:
    text = "package shop.store;\nimport shop.order.Order;\nclass StoreTest { Store s; Order o; }\n"
    assert found("src/test/java/shop/store/StoreTest.java", text) == []
