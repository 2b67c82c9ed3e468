import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters.grammars.rust import RustGrammar
from reviewlore.domain.source import Definition, ParsedModule

GRAMMAR = RustGrammar()


def parse(text: str) -> ParsedModule:
    parsed = GRAMMAR.parse("x.rs", text.encode())
    assert parsed is not None
    return parsed


def defined(text: str) -> dict[str, Definition]:
    return {entry.name: entry for entry in parse(text).definitions}


def imported(text: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    return [(entry.module, tuple((name.name, name.alias) for name in entry.names)) for entry in parse(text).imports]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(entry.module, entry.kind) for entry in parse(text).imports]


def test_only_rust_files_are_read() -> None:
    assert GRAMMAR.parse("x.rst", b"fn f() {}") is None


def test_a_use_tree_becomes_one_statement_for_each_module() -> None:
    text = "use std::{\n  fs,\n  io::{self, Read as R, *},\n};\n"
    text += "use a::b as c;\nuse serde;\nuse ::x::y;\nuse r#fn::r#type;\n"
    assert imported(text) == [
        ("std", (("fs", "fs"), ("io", "io"))),
        ("std::io", (("Read", "R"), ("*", "*"))),
        ("a", (("b", "c"),)),
        ("serde", ()),
        ("::x", (("y", "y"),)),
        ("fn", (("type", "type"),)),
    ]
    assert [name.line for entry in parse(text).imports[:2] for name in entry.names] == [2, 3, 3, 3]


def test_use_declarations_that_pass_names_on_are_told() -> None:
    text = "pub use crate::a::B;\npub(crate) use crate::a::C;\nuse crate::a::D;\nfn f() { pub use crate::a::E; }\n"
    assert [entry.reexported for entry in parse(text).imports] == [True, True, False, False]
    assert parse(text).offered == {"B"}


def test_module_declarations_are_imports_called_after_the_module() -> None:
    text = 'mod a;\npub mod r#b;\n#[path = "other/c.rs"]\nmod c;\nmod d { mod e; }\n#[cfg(test)]\nmod tests;\n'
    assert imported(text) == [
        ("mod a", ()),
        ("mod b", ()),
        ("mod c", (("other/c.rs", "c"),)),
        ("mod d::e", ()),
        ("mod tests", ()),
    ]
    assert kinds(text)[-1] == ("mod tests", "conditional")
    assert parse(text).offered == {"b"}


def test_extern_crates_are_imports() -> None:
    text = "extern crate serde;\n#[macro_use]\nextern crate log as logging;\nextern crate self as me;\n"
    assert imported(text) == [("serde", ()), ("", (("log", "logging"),))]


def test_paths_within_an_inline_module_are_told_from_the_file() -> None:
    text = (
        "mod outer {\n  use super::a::A;\n  use self::b::B;\n  mod inner { use super::super::c::C; use super::d::D; }\n"
        "  mod deep;\n  fn f() { deep::run(); self::deep::stop(); }\n}\n"
    )
    assert imported(text) == [
        ("self::a", (("A", "A"),)),
        ("self::outer::b", (("B", "B"),)),
        ("self::c", (("C", "C"),)),
        ("self::outer::d", (("D", "D"),)),
        ("mod outer::deep", ()),
        ("self::outer::deep", (("run", "deep::run"),)),
        ("self::outer::deep", (("stop", "self::deep::stop"),)),
    ]


def test_imports_in_functions_are_lazy_and_those_under_a_cfg_conditional() -> None:
    text = (
        "use a::A;\nfn f() { use b::B; crate::c::run(); }\n#[cfg(unix)]\nuse d::D;\n"
        "#[cfg(test)]\nmod tests { use e::E; fn g() { use h::H; } }\n#[cfg_attr(unix, allow(unused))]\nuse i::I;\n"
    )
    assert dict(kinds(text)) == {
        "a": "runtime",
        "b": "lazy",
        "crate::c": "runtime",
        "d": "conditional",
        "e": "conditional",
        "h": "conditional",
        "i": "runtime",
    }
    assert kinds('#![cfg(feature = "x")]\nuse a::A;\n') == [("a", "conditional")]


def test_what_is_named_by_its_whole_path_in_passing_is_imported_once() -> None:
    text = (
        "use crate::store;\nfn f(a: crate::err::Error) -> Result<super::T, io::Error> {\n"
        "  store::open();\n  crate::err::Error::new();\n  store::open();\n  String::from(u8::MAX);\n"
        "  Vec::<m::V>::new()\n}\n"
    )
    assert imported(text) == [
        ("crate", (("store", "store"),)),
        ("crate::err", (("Error", "crate::err::Error"),)),
        ("super", (("T", "super::T"),)),
        ("io", (("Error", "io::Error"),)),
        ("crate::store", (("open", "store::open"),)),
        ("crate::err::Error", (("new", "crate::err::Error::new"),)),
        ("m", (("V", "m::V"),)),
    ]


def test_paths_in_macro_calls_count_and_texts_and_quoted_code_do_not() -> None:
    text = 'fn f() {\n  println!("see a::b", // c::d\n    crate::e::f());\n  quote! { crate::g::h() };\n}\n'
    assert imported(text) == [("crate::e", (("f", "crate::e::f"),))]
    assert parse(text).imports[0].names[0].line == 3


def test_paths_in_the_rules_of_a_macro_count_from_its_crate() -> None:
    text = "macro_rules! m { ($x:expr) => { $crate::run::it($x, crate::other::it()) }; }\n"
    assert {module for module, _ in imported(text)} == {"crate::run", "crate::other"}


def test_functions_types_and_methods() -> None:
    text = (
        "pub struct S<T>(T);\nimpl<T> S<T> {\n  pub fn new(x: T, (a, b): (i32, i32)) -> Self { todo!() }\n"
        "  fn look(&self, mut n: u8) {}\n}\nimpl fmt::Display for S<u8> { fn fmt(&self, f: &mut F) -> R { ok() } }\n"
        "pub trait Ask: Sized + fmt::Debug { fn ask(&self); }\npub(crate) enum E { A }\ntype Alias = u8;\n"
        'pub union U { a: u8 }\nextern "C" { pub fn c_call(n: i32, ...); }\n'
    )
    found = defined(text)
    assert [(name, entry.kind, entry.owner, entry.parameters, entry.public) for name, entry in found.items()] == [
        ("S", "class", None, (), True),
        ("new", "method", "S", ("x", "_"), True),
        ("look", "method", "S", ("self", "n"), False),
        ("fmt", "method", "S", ("self", "f"), False),
        ("Ask", "class", None, (), True),
        ("ask", "method", "Ask", ("self",), True),
        ("E", "class", None, (), False),
        ("Alias", "class", None, (), False),
        ("U", "class", None, (), True),
        ("c_call", "function", None, ("n", "*_"), True),
    ]
    assert (found["S"].bases, found["Ask"].bases) == (("fmt::Display",), ("Sized", "fmt::Debug"))
    assert (found["fmt"].derived, found["ask"].derived, found["look"].derived) == (True, False, False)


def test_methods_of_a_type_that_nobody_else_sees_are_not_public() -> None:
    text = "struct S;\nimpl S { pub fn new() {} }\nimpl Elsewhere { pub fn new2() {} }\n"
    assert {name: entry.public for name, entry in defined(text).items()} == {"S": False, "new": False, "new2": True}


def test_items_of_private_modules_and_of_functions() -> None:
    text = "mod a { pub fn hidden() {} }\npub mod b { pub fn seen() {} }\nfn f() { fn inner() {} struct Local; }\n"
    assert {name: entry.public for name, entry in defined(text).items()} == {"hidden": False, "seen": True, "f": False}


def test_exported_macros_are_functions_that_take_anything() -> None:
    found = defined("#[macro_export]\nmacro_rules! shout { () => {} }\nmacro_rules! whisper { () => {} }\n")
    assert [(name, entry.parameters, entry.public) for name, entry in found.items()] == [
        ("shout", ("*_",), True),
        ("whisper", ("*_",), False),
    ]


def test_attributes_and_derived_traits_are_decorators() -> None:
    found = defined(
        "#[derive(Debug, serde::Serialize)]\n// plain\n#[non_exhaustive]\npub struct S;\n#[test]\nfn t() {}\n"
    )
    assert found["S"].decorators == ("Debug", "serde::Serialize", "non_exhaustive")
    assert (found["t"].decorators, found["t"].decorated) == (("test",), True)


def test_documentation_comments_document_and_others_do_not() -> None:
    text = (
        '/// A does.\n#[inline]\nfn a() {}\n// Not.\nfn b() {}\n#[doc = "C does."]\nfn c() {}\n//// Line.\nfn d() {}\n'
        "/** E does. */\nfn e() {}\n/// F does.\n// And more.\nfn f() {}\n/// S does.\nstruct S;\n"
    )
    assert {name for name, entry in defined(text).items() if entry.documented} == {"a", "c", "e", "f", "S"}
    assert parse("//! The module.\nfn a() {}\n").documented
    assert not parse("mod a { //! Inner.\n}\n").documented


def test_constants_and_statics_of_the_file_are_assigned() -> None:
    text = "pub const A: u8 = 1;\nstatic B: u8 = 2;\nconst _: () = ();\n"
    text += "fn f() { const C: u8 = 3; }\nimpl S { const D: u8 = 4; }\n"
    assert parse(text).assigned == {"A", "B"}
    assert parse(text).offered == {"A"}


def test_calls_tell_arguments_and_what_they_are_bound_to() -> None:
    text = (
        "static LOG: Log = Log::new(1);\nfn f(&self) {\n  g(1, 2 /* c */);\n  self.store.open::<T>();\n"
        "  Vec::<u8>::new();\n  (g)(1);\n  vec![crate::m::n(1)];\n  fs[0](1);\n}\n"
    )
    assert [(call.name, call.positional, call.spread, call.bound) for call in parse(text).calls] == [
        ("Log::new", 1, False, "LOG"),
        ("g", 2, False, ""),
        ("self.store.open", 0, False, ""),
        ("Vec::new", 0, False, ""),
        ("vec", 0, True, ""),
        ("crate::m::n", 0, True, ""),
    ]


@pytest.mark.parametrize(
    ("body", "cyclomatic", "cognitive"),
    [
        ("a()", 1, 0),
        ("if a { b() }", 2, 1),
        ("if a && b || c { } else if d { } else { }", 5, 5),
        ("for i in x { if i > 0 { continue; } }", 3, 3),
        ("loop { break }", 2, 1),
        ("match x { 1 => a(), 2 => b(), _ => c() }", 3, 1),
        ("let Some(a) = b else { return };", 2, 1),
        ("'l: loop { break 'l }", 2, 2),
        ("x.map(|y| if y { 1 } else { 2 });", 2, 3),
    ],
)
def test_complexity(body: str, cyclomatic: int, cognitive: int) -> None:
    found = defined(f"fn f() {{\n{body}\n}}")["f"]
    assert (found.cyclomatic, found.cognitive) == (cyclomatic, cognitive)


def test_renamed_copies_have_the_same_sketch() -> None:
    body = 'for {0} in {1}.iter() {{ if *{0} > 3 && ok({0}) {{ total += {0} * 2; emit("{0}", total); }} }} total'
    one = defined(f"fn f() {{ {body.format('item', 'items')} }}")["f"].sketch
    other = defined(f"fn g() {{ {body.format('value', 'values')} }}")["g"].sketch
    assert one == other != ()


def test_broken_sources_are_read_as_far_as_they_go() -> None:
    parsed = parse("use a::B;\nfn f( {\nfn g() {}\n")
    assert parsed.broken
    assert [entry.module for entry in parsed.imports] == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "a<" * 20_000,
        "(" * 50_000,
        "&" * 50_000,
        "fn f() { x = " + "-" * 50_000,
        "mod a { " * 5_000,
        "use a::{" * 20_000,
        "/// x\n" * 20_000,
        "#[a]\n" * 5_000 + "fn f() {}",
        "use a::{b, " * 900,
    ],
    ids=["angles", "brackets", "references", "signs", "modules", "uses", "comments", "attributes", "shared uses"],
)
def test_hostile_sources_cost_what_long_ones_do(text: str) -> None:
    assert parse(text).lines == text.count("\n") + (not text.endswith("\n"))


@given(st.binary(max_size=300))
def test_never_raises_on_any_bytes(source: bytes) -> None:
    parsed = GRAMMAR.parse("x.rs", source)
    assert parsed is not None
    assert parsed.language == "rust"


_TOKENS = (
    "mod use pub fn impl struct trait macro_rules! extern crate self super as r#a a::b :: { } ( ) < > ; , * = "
    '#[cfg(x)] #[path=""] #![a] /// " \' quote! m! $crate::x &self'
).split()


@given(st.lists(st.sampled_from([*_TOKENS, "\n"]), max_size=40))
def test_never_raises_on_any_tokens(tokens: list[str]) -> None:
    parsed = GRAMMAR.parse("x.rs", " ".join(tokens).encode())
    assert parsed is not None
    assert all(definition.name for definition in parsed.definitions)
