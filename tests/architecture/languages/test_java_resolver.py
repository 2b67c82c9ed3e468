from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars.java import JavaGrammar
from reviewlore.architecture.languages.java import JavaResolver
from reviewlore.architecture.languages.resolver import Sources
from reviewlore.domain.source import ParsedModule

GRAMMAR = JavaGrammar()


def read(files: Mapping[str, str]) -> Sources:
    parsed: dict[str, ParsedModule] = {}
    for path, text in files.items():
        module = GRAMMAR.parse(path, text.encode())
        if module is not None:
            parsed[path] = module
    return Sources(parsed, frozenset(files))


def edges(files: Mapping[str, str], path: str) -> list[tuple[str, str, int]]:
    found = JavaResolver(read(files)).resolve(path).edges
    assert all((edge.importer, edge.kind) == (path, "runtime") for edge in found)
    return [(edge.imported, edge.name, edge.line) for edge in found]


def targets(files: Mapping[str, str], path: str) -> list[str]:
    return [imported for imported, _, _ in edges(files, path)]


def external(files: Mapping[str, str], path: str) -> list[str]:
    return [entry.target for entry in JavaResolver(read(files)).resolve(path).external]


STORE = {
    "src/main/java/shop/store/Store.java": "package shop.store;\npublic class Store { public static class Key {} }\n",
    "src/main/java/shop/store/Index.java": "package shop.store;\nclass Index {}\n",
}
MAIN = "src/main/java/shop/Main.java"


def main(imports: str, body: str = "") -> dict[str, str]:
    return {**STORE, MAIN: f"package shop;\n{imports}\nclass Main {{ {body} }}\n"}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("import shop.store.Store;", "shop.store.Store"),
        ("import shop.store.Store.Key;", "shop.store.Store.Key"),
        ("import shop.store.Store.*;", "shop.store.Store.*"),
        ("import static shop.store.Store.open;", "shop.store.Store.open"),
        ("import static shop.store.Store.*;", "shop.store.Store.*"),
    ],
)
def test_an_import_leads_to_the_file_of_its_outermost_type(statement: str, name: str) -> None:
    assert edges(main(statement), MAIN) == [("src/main/java/shop/store/Store.java", name, 2)]


def test_an_import_on_demand_leads_to_the_files_whose_types_are_used() -> None:
    assert edges(main("import shop.store.*;"), MAIN) == []
    files = main("import shop.store.*;", "\nStore a; Store b; Other c;")
    assert edges(files, MAIN) == [("src/main/java/shop/store/Store.java", "shop.store.Store", 4)]
    assert external(files, MAIN) == []


def test_what_the_tree_does_not_declare_is_external() -> None:
    files = main("import java.util.List;\nimport static org.a.B.c;\nimport org.d.*;\nimport shop.store.Generated;\n")
    assert external(files, MAIN) == ["java.util.List", "org.a.B", "org.d", "shop.store.Generated"]
    assert edges(files, MAIN) == []


def test_types_of_the_same_package_need_no_import() -> None:
    files = {**STORE, "src/test/java/shop/store/StoreTest.java": "package shop.store;\nclass StoreTest { Store s; }\n"}
    assert edges(files, "src/test/java/shop/store/StoreTest.java") == [
        ("src/main/java/shop/store/Store.java", "shop.store.Store", 2)
    ]
    assert targets(files, "src/main/java/shop/store/Store.java") == []


def test_qualified_names_in_code_lead_to_their_files() -> None:
    files = main("", "\nshop.store.Index i = shop.store.Store.open(); java.util.List x; a.b c;")
    assert edges(files, MAIN) == [
        ("src/main/java/shop/store/Index.java", "shop.store.Index", 4),
        ("src/main/java/shop/store/Store.java", "shop.store.Store", 4),
    ]


def test_a_type_inside_a_base_type_hides_the_one_of_the_package() -> None:
    files = {
        "a/Base.java": "package a;\npublic class Base { protected static class Part {} }\n",
        "a/Middle.java": "package a;\npublic class Middle extends Base {}\n",
        "b/Part.java": "package b;\nclass Part {}\n",
        "b/Leaf.java": "package b;\nimport a.Middle;\nclass Leaf extends Middle { Part p; }\n",
        "b/Other.java": "package b;\nclass Other { Part p; }\n",
        "b/Loop.java": "package b;\nclass Loop extends Loop2 { Part p; }\nclass Loop2 extends Loop {}\n",
    }
    assert edges(files, "b/Leaf.java") == [("a/Middle.java", "a.Middle", 2), ("a/Base.java", "a.Base.Part", 3)]
    assert targets(files, "b/Other.java") == ["b/Part.java"]
    assert targets(files, "b/Loop.java") == ["b/Part.java"]


def test_a_part_that_a_type_has_from_its_base_leads_to_both() -> None:
    files = {
        "a/Base.java": "package a;\npublic class Base { public static class Part {} }\n",
        "a/Leaf.java": "package a;\npublic class Leaf extends Base {}\n",
        "a/User.java": "package a;\nclass User { Leaf.Part p; }\n",
    }
    assert targets(files, "a/User.java") == ["a/Leaf.java", "a/Base.java"]


def test_own_types_type_variables_and_single_imports_hide_those_of_the_package() -> None:
    files = {
        "a/T.java": "package a;\nclass T {}\n",
        "a/Key.java": "package a;\nclass Key {}\n",
        "a/List.java": "package a;\nclass List {}\n",
        "a/User.java": "package a;\nimport java.util.List;\nclass User<T> { T t; List l; Key k; class Key {} }\n",
    }
    assert targets(files, "a/User.java") == []


def test_packages_are_what_files_say_and_may_be_split_over_roots() -> None:
    files = {
        "core/src/main/java/shop/A.java": "package shop;\nclass A { B b; }\n",
        "web/src/main/java/shop/B.java": "package shop;\nclass B {}\n",
        "odd/place/C.java": "package shop;\nclass C { A a; }\n",
    }
    assert targets(files, "core/src/main/java/shop/A.java") == ["web/src/main/java/shop/B.java"]
    assert targets(files, "odd/place/C.java") == ["core/src/main/java/shop/A.java"]
    assert JavaResolver(read(files)).name("odd/place/C.java") == "shop.C"


def test_of_two_types_of_one_name_the_nearer_is_meant() -> None:
    files = {
        "one/src/main/java/a/A.java": "package a;\nclass A {}\n",
        "two/src/main/java/a/A.java": "package a;\nclass A {}\n",
        "two/src/test/java/a/A.java": "package a;\nclass A {}\n",
        "two/src/main/java/b/B.java": "package b;\nimport a.A;\nclass B {}\n",
        "two/src/test/java/b/BTest.java": "package b;\nimport a.A;\nclass BTest {}\n",
        "zoo/src/main/java/b/C.java": "package b;\nimport a.A;\nclass C {}\n",
    }
    assert targets(files, "two/src/main/java/b/B.java") == ["two/src/main/java/a/A.java"]
    assert targets(files, "two/src/test/java/b/BTest.java") == ["two/src/test/java/a/A.java"]
    assert targets(files, "zoo/src/main/java/b/C.java") == ["one/src/main/java/a/A.java"]


def test_the_unnamed_package_ends_at_its_source_root() -> None:
    files = {
        "x/Main.java": "class Main { Util u; }\n",
        "x/Util.java": "class Util {}\n",
        "y/Main.java": "class Main { Util u; }\n",
    }
    assert edges(files, "x/Main.java") == [("x/Util.java", "Util", 1)]
    assert targets(files, "y/Main.java") == []
    assert JavaResolver(read(files)).name("x/Util.java") == "Util"


def test_a_second_type_of_a_file_leads_to_that_file() -> None:
    files = {"a/A.java": "package a;\nclass A {}\nclass Second {}\n", "a/B.java": "package a;\nclass B { Second s; }\n"}
    assert edges(files, "a/B.java") == [("a/A.java", "a.Second", 2)]


def test_annotations_of_packages_and_modules_count() -> None:
    files = {
        "a/Marked.java": "package a;\npublic @interface Marked {}\n",
        "b/package-info.java": "@Marked\npackage b;\nimport a.Marked;\n",
        "module-info.java": "import a.Marked;\n@Marked\nmodule m { exports a; }\n",
    }
    assert targets(files, "b/package-info.java") == ["a/Marked.java"]
    assert targets(files, "module-info.java") == ["a/Marked.java"]
    assert JavaResolver(read(files)).name("b/package-info.java") == "b.package-info"


BEFORE = {
    "a/A.java": "package a;\npublic class A { B b; }\n",
    "a/B.java": "package a;\npublic class B { public static class Part {} }\n",
    "a/C.java": "package a;\npublic class C extends B { Part p; }\n",
    "b/D.java": "package b;\nimport a.*;\nimport c.*;\nclass D { B b; E e; Part p; }\n",
}


@pytest.mark.parametrize(
    "after",
    [
        {"a/A.java": "package a;\npublic class A { B b; int more; }\n"},
        {"a/E.java": "package a;\npublic class E {}\n"},
        {"a/B.java": None},
        {"a/B.java": "package a;\npublic class B {}\n"},
        {"a/B.java": "package c;\npublic class B {}\n"},
        {"a/Part.java": "package a;\npublic class Part {}\n"},
        {"b/B.java": "package b;\npublic class B {}\n"},
        {"c/X.java": "package c;\npublic class X {}\n"},
        {
            "a/C.java": "package a;\npublic class C extends A { Part p; }\n",
            "b/D.java": "package b;\nclass D extends a.C { Part p; }\n",
        },
        {
            "a/B.java": "package a;\npublic class B extends Base { }\n",
            "a/Base.java": "package a;\nclass Base { class Part {} }\n",
        },
    ],
)
def test_following_a_change_is_resolving_anew(after: Mapping[str, str | None]) -> None:
    now = {path: text for path, text in {**BEFORE, **after}.items() if text is not None}
    before, sources = JavaResolver(read(BEFORE)), read(now)
    followed, stale = before.follow(sources, frozenset(after))
    fresh = JavaResolver(sources)
    for path in sources.parsed:
        assert followed.resolve(path) == fresh.resolve(path)
        if path not in after and stale is not None and path not in stale:
            assert (before.resolve(path), before.name(path)) == (fresh.resolve(path), fresh.name(path))
    assert followed.signature == fresh.signature


def test_a_change_inside_methods_makes_nothing_else_stale() -> None:
    now = {**BEFORE, "a/A.java": "package a;\npublic class A { B b; void f() { } }\n"}
    assert JavaResolver(read(BEFORE)).follow(read(now), frozenset({"a/A.java"}))[1] == frozenset()


_WORDS = "package import static class A B C extends a . * ; { } < > @ a.b a.B.C".split()


@given(st.lists(st.lists(st.sampled_from(_WORDS)), min_size=2, max_size=3))
def test_never_raises_on_any_tokens(files: list[list[str]]) -> None:
    sources = read({f"{'a' * number}/A.java": " ".join(tokens) for number, tokens in enumerate(files)})
    resolver = JavaResolver(sources)
    for path in sources.parsed:
        resolver.resolve(path)
        assert resolver.name(path)
