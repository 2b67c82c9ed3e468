import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars.go import GoGrammar
from reviewlore.domain.source import Definition, ParsedModule

GRAMMAR = GoGrammar()


def parse(text: str) -> ParsedModule:
    parsed = GRAMMAR.parse("x.go", text.encode())
    assert parsed is not None
    return parsed


def defined(text: str) -> dict[str, Definition]:
    return {entry.name: entry for entry in parse(f"package a\n{text}\n").definitions}


def test_imports_carry_the_names_that_the_file_uses_of_them() -> None:
    text = (
        'package a\nimport (\n\t"fmt"\n\tx "b/c"\n\t_ "e"\n\t. "d"\n)\nimport "z/v2"\n'
        "var l x.Type\nfunc f() { fmt.Println(x.New(), z.Do); fmt.Println(); l.Size() }\n"
    )
    assert [(entry.module, entry.line, [name.alias for name in entry.names]) for entry in parse(text).imports] == [
        ("fmt", 3, ["fmt.Println"]),
        ("b/c", 4, ["x.Type", "x.New"]),
        ("e", 5, []),
        ("d", 6, ["*"]),
        ("z/v2", 8, ["z.Do"]),
    ]


@pytest.mark.parametrize(
    ("path", "qualifier"),
    [
        ("github.com/o/go-cmp", "cmp"),
        ("gopkg.in/yaml.v3", "yaml"),
        ("github.com/o/sdk-go", "sdk"),
        ("github.com/o/pkg/v4", "pkg"),
        ("github.com/o/go-mock-dns", "dns"),
        ("github.com/o/my-lib", "mylib"),
        ("github.com/o/my-lib", "my_lib"),
    ],
)
def test_a_package_may_be_called_otherwise_than_its_path(path: str, qualifier: str) -> None:
    (statement,) = parse(f'package a\nimport "{path}"\nvar v = {qualifier}.New()\n').imports
    assert [name.name for name in statement.names] == ["New"]


@pytest.mark.parametrize("constraint", ["//go:build linux && !cgo", "// +build linux"])
def test_imports_of_a_constrained_file_are_conditional(constraint: str) -> None:
    text = f'// Copyright.\n\n{constraint}\n\npackage a\n\nimport "b"\n'
    assert [entry.kind for entry in parse(text).imports] == ["conditional"]


def test_a_constraint_behind_the_package_clause_is_a_comment() -> None:
    assert [entry.kind for entry in parse('package a\n//go:build x\nimport "b"\n').imports] == ["runtime"]


def test_methods_belong_to_their_receivers() -> None:
    found = defined(
        "type T[K any] struct{}\nfunc (t *T[K]) Do(a, b int, rest ...string) {}\nfunc (T[K]) look() {}\n"
        "func run(int, string) {}\ntype i interface { Ask(q string) }\n"
    )
    assert [(name, entry.kind, entry.owner, entry.parameters, entry.public) for name, entry in found.items()] == [
        ("T", "class", None, (), True),
        ("Do", "method", "T", ("a", "b", "*rest"), True),
        ("look", "method", "T", (), False),
        ("run", "function", None, ("_", "_"), False),
        ("i", "class", None, (), False),
        ("Ask", "method", "i", ("q",), False),
    ]


def test_methods_of_interfaces_that_everybody_knows_have_given_names() -> None:
    found = defined("type T struct{}\nfunc (T) String() string { return x }\nfunc (T) Strings() {}\nfunc Error() {}\n")
    assert {name for name, entry in found.items() if entry.derived} == {"String"}


def test_what_a_type_embeds_is_its_base() -> None:
    found = defined(
        "type S struct {\n\tBase\n\t*pkg.Other\n\tList[int]\n\tn int\n}\nfunc (s S) M() {}\n"
        "type R interface { io.Reader; Close() error }\ntype U interface { ~int | ~string }\ntype A = S\n"
    )
    assert (found["S"].bases, found["S"].derived, found["M"].derived) == (("Base", "pkg.Other", "List"), True, True)
    assert (found["R"].bases, found["U"].bases, found["A"].bases) == (("io.Reader",), (), ())


def test_a_comment_right_above_documents_and_a_directive_or_a_trailing_one_does_not() -> None:
    text = (
        "// A does.\nfunc A() {}\n\n// Far.\n\nfunc B() {}\n//go:noinline\nfunc C() {}\n"
        "// D does.\n//go:noinline\nfunc D() {}\nvar x = 1 // trailing\nfunc E() {}\n"
        "/*\nF does.\n*/\ntype F struct{}\ntype (\n\t// G is.\n\tG int\n\tH int\n)\n"
    )
    assert {name for name, entry in defined(text).items() if entry.documented} == {"A", "D", "F", "G"}


def test_a_package_comment_documents_the_file() -> None:
    assert parse("// Package a does.\npackage a\n").documented
    assert not parse("// Licence.\n\npackage a\n").documented
    assert parse("package store // why\n").package == "store"


def test_only_constants_and_variables_of_the_package_are_assigned() -> None:
    text = "package a\nconst (\n\tA = iota\n\tB\n)\nvar c, _ = 1, 2\nvar (\n\td = 3\n)\nfunc f() { var g = 1 }\n"
    assert parse(text).assigned == {"A", "B", "c", "d"}


def test_calls_tell_arguments_and_what_they_are_bound_to() -> None:
    text = (
        "package a\nvar log = zap.New(1)\nvar a, b = f(), 2\n"
        "func f() {\n\tlocal := g(1, 2 /* c */)\n\th(xs...)\n\tk(pair())\n\tfuncs[0](1)\n\ts.t.u(1)\n}\n"
    )
    assert [(call.name, call.positional, call.spread, call.bound) for call in parse(text).calls] == [
        ("zap.New", 1, False, "log"),
        ("f", 0, False, ""),
        ("g", 2, False, ""),
        ("h", 0, True, ""),
        ("k", 0, True, ""),
        ("pair", 0, False, ""),
        ("s.t.u", 1, False, ""),
    ]


def test_types_within_functions_are_left_out() -> None:
    assert set(defined("func f() { type local struct{ io.Reader } }")) == {"f"}


@pytest.mark.parametrize(
    ("body", "cyclomatic", "cognitive"),
    [
        ("return", 1, 0),
        ("if a { b() }", 2, 1),
        ("if a && b || c { } else if d { } else { }", 5, 5),
        ("for i := range x { if i > 0 { continue } }", 3, 3),
        ("switch x { case 1: case 2: default: }", 3, 1),
        ("switch v := x.(type) { case int: _ = v }", 2, 1),
        ("select { case <-a: case b <- 1: default: }", 3, 1),
        ("func() { if a { } }()", 2, 2),
        ("L:\nfor {\nbreak L\n}", 2, 2),
        ("f()", 1, 1),
    ],
)
def test_complexity(body: str, cyclomatic: int, cognitive: int) -> None:
    found = defined(f"func f() {{\n{body}\n}}")["f"]
    assert (found.cyclomatic, found.cognitive) == (cyclomatic, cognitive)


def test_a_method_that_calls_itself_through_its_receiver_is_recursive() -> None:
    found = defined("func (n *Node) Walk() {\n\tn.Walk()\n}\nfunc (n *Node) Stop() {\n\tn.Walk()\n}")
    assert (found["Walk"].cognitive, found["Stop"].cognitive) == (1, 0)


def test_renamed_copies_have_the_same_sketch() -> None:
    body = (
        "for i, {0} := range {1} {{ if {0} > 3 && ok({0}) {{ total += {0} * 2; emit(`{0}`, total, i) }} }}\n"
        "return total, nil"
    )
    one = defined(f"func f() {{ {body.format('item', 'items')} }}")["f"].sketch
    other = defined(f"func g() {{ {body.format('value', 'values')} }}")["g"].sketch
    assert one == other != ()


def test_a_method_without_a_receiver_is_left_out() -> None:
    assert defined("func () f() {}\nfunc (a.B) g() {}\nfunc h() {}").keys() == {"g", "h"}


@pytest.mark.parametrize(
    "text",
    [
        "package",
        "package a\nimport",
        'package a\nimport "b',
        "package a\nfunc (",
        "package a\nfunc (x {} f() {}",
        "package a\ntype T struct { a",
        "<<<<<<< ours\npackage a\n=======\npackage b\n>>>>>>> theirs\n",
        "package a\nfunc f() " + "{" * 3000,
        "package a\nvar x = " + "(" * 20_000,
        "package a\nvar x = f(" + "a.b." * 20_000 + ")",
    ],
)
def test_broken_sources_are_read_as_far_as_they_go(text: str) -> None:
    assert parse(text).broken


def test_other_suffixes_are_not_read() -> None:
    assert GRAMMAR.parse("go.mod", b"module a") is None


@given(st.binary(max_size=300))
def test_never_raises_on_any_bytes(source: bytes) -> None:
    assert GRAMMAR.parse("x.go", source) is not None


@given(
    st.lists(
        st.sampled_from('package import func type struct interface ( ) { } [ ] * . , ; = \n " ` // a B 1'.split(" "))
    )
)
def test_never_raises_on_any_tokens(tokens: list[str]) -> None:
    parsed = GRAMMAR.parse("x.go", " ".join(tokens).encode())
    assert parsed is not None
    assert all(entry.name for entry in parsed.definitions)
