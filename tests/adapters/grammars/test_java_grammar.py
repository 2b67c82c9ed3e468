import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars.java import JavaGrammar
from reviewlore.domain.source import Definition, ParsedModule

GRAMMAR = JavaGrammar()


def parse(text: str, path: str = "X.java") -> ParsedModule:
    parsed = GRAMMAR.parse(path, text.encode())
    assert parsed is not None
    return parsed


def defined(text: str) -> dict[str, Definition]:
    parsed = parse(f"package a;\n{text}\n")
    assert not parsed.broken
    return {entry.name: entry for entry in parsed.definitions}


def referenced(text: str) -> list[str]:
    return [name.name for name in parse(text).referenced]


def test_imports_are_types_members_and_packages_on_demand() -> None:
    text = (
        "package a.b;\nimport c.D;\nimport c.D.E;\nimport c.*;\nimport static c.D.of;\nimport static c.D.*;\n"
        "import /* why */ c . F ;\n"
    )
    parsed = parse(text)
    assert [(entry.module, [name.name for name in entry.names], entry.line) for entry in parsed.imports] == [
        ("c.D", [], 2),
        ("c.D.E", [], 3),
        ("c", ["*"], 4),
        ("c.D", ["of"], 5),
        ("c.D", ["*"], 6),
        ("c.F", [], 7),
    ]
    assert {entry.kind for entry in parsed.imports} == {"runtime"}
    assert (parsed.package, parsed.language) == ("a.b", "java")


def test_the_unnamed_package_is_empty() -> None:
    assert parse("class A {}").package == ""


def test_every_kind_of_type_is_a_class_with_its_members() -> None:
    found = defined(
        "public class C extends Base<String> implements I, x.J { C(int a) {} private void m(String... b) {} }\n"
        "interface K extends I { void run(); default int two() { return 2; } }\n"
        "enum E implements I { ONE, TWO { void hidden() {} }; void e() {} enum Inner { A } }\n"
        "record R(int left, String right) { R { check(left); } static R of() { return null; } }\n"
        '@interface An { String value() default ""; }\n'
    )
    kinds = {name: (entry.kind, entry.owner, entry.parameters) for name, entry in found.items()}
    assert kinds["C"] == ("method", "C", ("a",))
    assert kinds["m"] == ("method", "C", ("*b",))
    assert kinds["K"] == ("class", None, ())
    assert kinds["run"] == ("method", "K", ())
    assert kinds["Inner"] == ("class", "E", ())
    assert kinds["R"] == ("method", "R", ("left", "right"))
    assert kinds["value"] == ("method", "An", ())
    assert "hidden" not in found
    types = {entry.name: entry for entry in parse("class C extends Base<String> implements I, x.J {}").definitions}
    assert types["C"].bases == ("Base", "I", "x.J")


def test_sealed_types_and_patterns_are_read() -> None:
    found = defined(
        "public sealed interface Shape permits Circle, Square {\n"
        "  default double area() {\n    return switch (this) {\n"
        "      case Circle c when c.r() > 0 -> c.r();\n      case Square s -> s.side();\n"
        "      default -> throw new IllegalStateException();\n    };\n  }\n}\n"
        "record Circle(double r) implements Shape {}\nnon-sealed class Square implements Shape {}\n"
    )
    assert (found["Shape"].public, found["Circle"].bases, found["area"].owner) == (True, ("Shape",), "Shape")


def test_what_other_packages_can_reach_is_public() -> None:
    found = defined(
        "public class A { public void a() {} protected void b() {} void c() {} private void d() {}\n"
        "  static class Hidden { public void e() {} }\n  public interface Open { void f(); } }\n"
        "class Own { public void g() {} }\n"
    )
    assert {name for name, entry in found.items() if entry.public} == {"A", "a", "b", "Open", "f"}


def test_annotations_are_decorators_and_a_documentation_comment_documents() -> None:
    found = defined(
        '/** Keeps. */\n@Service(name = "x")\n@org.a.Cached\npublic class A {\n  /** Runs. */\n'
        "  @Override public void a() {}\n  /* no */ void b() {}\n  // no\n  void c() {}\n  /**/ void d() {}\n}"
    )
    assert found["A"].decorators == ("Service", "org.a.Cached")
    assert (found["A"].line, found["a"].decorators, found["a"].decorated) == (5, ("Override",), True)
    assert {name for name, entry in found.items() if entry.documented} == {"A", "a"}


def test_a_file_is_documented_by_its_own_type_or_as_a_package() -> None:
    assert parse("/** Does. */ class X {}").documented
    assert not parse("/** Does. */ class Other {}").documented
    assert parse("/** Holds. */\npackage a;\n", "package-info.java").documented


def test_fields_and_constants_are_assigned() -> None:
    parsed = parse("class A { static final int B = 1, C = f(); E e; void m() { int local = 1; } enum D { ONE } }")
    assert parsed.assigned == {"B", "C", "e", "ONE"}
    assert [(call.name, call.bound) for call in parsed.calls] == [("f", "C")]


def test_calls_by_name_with_their_arguments_and_what_is_thrown() -> None:
    parsed = parse(
        "class A { void m() {\n  run(1, /* two */ 2);\n  this.go();\n  a.b.go(x);\n  new a.C<String>(1);\n"
        '  f().then();\n  list.forEach(x -> use(x));\n  throw new my.Bad("x");\n } }'
    )
    assert [(call.name, call.positional, call.line) for call in parsed.calls] == [
        ("run", 2, 2),
        ("this.go", 0, 3),
        ("a.b.go", 1, 4),
        ("a.C", 1, 5),
        ("f", 0, 6),
        ("list.forEach", 1, 7),
        ("use", 1, 7),
        ("my.Bad", 1, 8),
    ]
    assert [(raised.name, raised.line) for raised in parsed.raised] == [("my.Bad", 8)]


def test_types_are_referenced_wherever_they_are_named() -> None:
    text = (
        "package a;\nimport b.Imported;\n@Marked class X<T extends Bound> extends Base implements I {\n"
        "  Map<Key, List<? super Low>> f = Static.of(); Imported i; X own; T t; a.b.Full q;\n"
        "  Object m(Parameter p) throws Bad { return (Cast) Outer.Inner.make(Ref::new, Lit.class, new Made[0]); }\n"
        "  boolean is(Object o) { return o instanceof Pattern x && Constants.ONE > value.size(); }\n}\n"
    )
    found = referenced(text)
    assert {
        "Marked", "Bound", "Base", "I", "Map", "Key", "List", "Low", "Static", "a.b.Full", "Parameter", "Bad", "Cast",
        "Outer.Inner", "Ref", "Lit", "Made", "Pattern", "Constants",
    } <= set(found)  # fmt: skip
    assert not {"Imported", "X", "T", "value", "i"} & set(found)
    assert len(found) == len(set(found))


def test_text_blocks_and_comments_name_nothing() -> None:
    text = 'class X { String s = """\n  new Hidden(); { "quoted" \\""" }\n  """; // Hidden\n /* Hidden */ }\n'
    parsed = parse(text)
    assert not parsed.broken
    assert [name.name for name in parsed.referenced] == ["String"]


def test_modules_and_packages_are_files_of_their_own() -> None:
    module = parse("import a.Marked;\n@Marked\nopen module m.n { requires java.base; exports a; }", "module-info.java")
    assert (module.broken, module.definitions, [entry.module for entry in module.imports]) == (False, (), ["a.Marked"])
    package = parse("@Marked\npackage a.b;\n", "package-info.java")
    assert (package.package, [name.name for name in package.referenced]) == ("a.b", ["Marked"])


@pytest.mark.parametrize(
    ("body", "cyclomatic", "cognitive"),
    [
        ("return;", 1, 0),
        ("if (a) { b(); }", 2, 1),
        ("if (a && b || c) { } else if (d) { } else { }", 5, 5),
        ("for (int i : x) { if (i > 0) { continue; } }", 3, 3),
        ("switch (x) { case 1: break; case 2: break; default: }", 3, 1),
        ("try { a(); } catch (E e) { }", 2, 1),
        ("int y = a ? 1 : 2;", 2, 1),
        ("run(() -> { if (a) { } });", 2, 2),
        ("out: while (a) { break out; }", 2, 2),
        ("this.f();", 1, 1),
        ("f();", 1, 0),  # more often an overload than itself
    ],
)
def test_complexity(body: str, cyclomatic: int, cognitive: int) -> None:
    found = defined(f"class A {{ void f() {{ {body} }} }}")["f"]
    assert (found.cyclomatic, found.cognitive) == (cyclomatic, cognitive)


def test_renamed_copies_have_the_same_sketch() -> None:
    body = (
        'int total = 0; for (var {0} : {1}) {{ if ({0} > 3 && ok({0})) {{ total += {0} * 2; emit("x", total); }} }} '
        "return total;"
    )
    one = defined(f"class A {{ int f() {{ {body.format('item', 'items')} }} }}")["f"].sketch
    other = defined(f"class A {{ int g() {{ {body.format('value', 'values')} }} }}")["g"].sketch
    assert one == other != ()


@pytest.mark.parametrize(
    "text",
    [
        "package",
        "class",
        "class A { void f( }",
        "import ;\nclass A {}",
        "<<<<<<< ours\nclass A {}\n=======\nclass B {}\n>>>>>>> theirs\n",
        "class A { void f() " + "{" * 3000,
        "class A { int x = " + "(" * 20_000,
        "class A { " + "List<" * 20_000,
        'class A { String s = """ never closed',
    ],
)
def test_broken_sources_are_read_as_far_as_they_go(text: str) -> None:
    assert parse(text).broken


def test_other_suffixes_are_not_read() -> None:
    assert GRAMMAR.parse("X.kt", b"class X") is None


@pytest.mark.parametrize(
    "text",
    [
        "class A { " + "int f;\n" * 100_000 + "}",
        'class A { String s = "' + "x" * 5_000_000 + '"; }',
        "class A { int x = " + "1 + " * 200_000 + "1; }",
    ],
)
def test_large_sources_take_seconds(text: str) -> None:
    started = time.process_time()
    parse(text)
    assert time.process_time() - started < 20


@given(st.binary(max_size=300))
def test_never_raises_on_any_bytes(source: bytes) -> None:
    assert GRAMMAR.parse("x.java", source) is not None


_TOKENS = 'package import static class record enum interface ( ) { } < > . , ; @ = -> \n " """ // /* A b 1 new throw'


@given(st.lists(st.sampled_from(_TOKENS.split(" "))))
def test_never_raises_on_any_tokens(tokens: list[str]) -> None:
    parsed = GRAMMAR.parse("x.java", " ".join(tokens).encode())
    assert parsed is not None
    assert all(entry.name for entry in parsed.definitions)
