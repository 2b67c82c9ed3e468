import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.domain.source import Definition, ParsedModule

GRAMMARS = Grammars()


def parse(text: str | bytes, path: str = "a.ts") -> ParsedModule:
    found = GRAMMARS.parse(path, text.encode() if isinstance(text, str) else text)
    assert found is not None
    return found


def imports(text: str, path: str = "a.ts") -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [(one.module, one.kind, [(n.name, n.alias) for n in one.names]) for one in parse(text, path).imports]


def only(text: str, path: str = "a.ts") -> Definition:
    (found,) = parse(text, path).definitions
    return found


def named(text: str, path: str = "a.ts") -> dict[str, Definition]:
    return {f"{one.owner}.{one.name}" if one.owner else one.name: one for one in parse(text, path).definitions}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a from './b'\na()", ("./b", "runtime", [("default", "a")])),
        ("import * as a from 'b/c'\na.b()", ("b/c", "runtime", [("*", "a")])),
        ("import a, {b as c, d} from './b'\n[a, c, d]", ("./b", "runtime", [("default", "a"), ("b", "c"), ("d", "d")])),
        ("import './styles.css'", ("./styles.css", "runtime", [])),
        ("import {} from './b'", ("./b", "runtime", [])),
        ("import type {A} from './b'", ("./b", "type_only", [("A", "A")])),
        ("import type A from './b'", ("./b", "type_only", [("default", "A")])),
        ("import x = require('./b')\nx()", ("./b", "runtime", [("*", "x")])),
        ("import a from './b' with { type: 'json' }\na()", ("./b", "runtime", [("default", "a")])),
        ("const {a, b: c} = require('./b')", ("./b", "runtime", [("a", "a"), ("b", "c")])),
        ("const a = require('./b')", ("./b", "runtime", [("*", "a")])),
        ("require('./b').run()", ("./b", "runtime", [])),
        ("require(`./b`)", ("./b", "runtime", [])),
        ("function f() { return require('./b') }", ("./b", "lazy", [])),
        ("const f = () => import('./b')", ("./b", "lazy", [])),
        ("import(/* webpackChunkName: 'b' */ './b')", ("./b", "lazy", [])),
        ("if (a) { require('./b') }", ("./b", "conditional", [])),
        ("try { require('./b') } catch {}", ("./b", "conditional", [])),
        ("const a = process.env.X ? require('./b') : 1", ("./b", "conditional", [])),
        ("a && require('./b')", ("./b", "conditional", [])),
        ("module.exports = a ? require('./b') : 1", ("./b", "conditional", [])),
        ("type A = import('./b').C", ("./b", "type_only", [])),
        ("let a: typeof import('./b')", ("./b", "type_only", [])),
        ("/// <reference path='b.d.ts' />\nlet a", ("./b.d.ts", "type_only", [])),
        ('#!/usr/bin/env node\n/// <reference types="node" />', ("node", "type_only", [])),
        ("new Worker(new URL('./b.ts', import.meta.url))", ("./b.ts", "lazy", [])),
        ("export {}\ndeclare module './b' { interface A {} }", ("./b", "type_only", [])),
        ("declare module 'a' { import { B } from 'b'; }", ("b", "type_only", [("B", "B")])),
    ],
)
def test_imports_of_each_form(text: str, expected: tuple[str, str, list[tuple[str, str]]]) -> None:
    assert imports(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "import(name)",
        "require(`./${name}`)",
        "require('./a' + b)",
        "require()",
        "declare module '*.svg' { }",
        "declare module 'a' { interface A {} }",  # says what a package is like, as this file is no module
        "foo.require('./a')",
        "new URL('./a', base)",
        "// import a from './a'",
        "`import a from './a'`",
        "export {a, b}",
    ],
)
def test_what_names_no_module_is_no_import(text: str) -> None:
    assert imports(text) == []


def test_types_are_told_apart_from_values_in_one_statement() -> None:
    assert imports("import {type A, B} from './b'\nB()") == [
        ("./b", "type_only", [("A", "A")]),
        ("./b", "runtime", [("B", "B")]),
    ]


@pytest.mark.parametrize(
    ("use", "kind"),
    [
        ("let a: A", "type_only"),
        ("function f(a: A[]): Promise<A> {}", "type_only"),
        ("class B implements A {}", "type_only"),
        ("let a: typeof A", "type_only"),
        ("let a: A.B", "type_only"),
        ("let a: A; // A", "type_only"),
        ("let a: A = 'A'", "type_only"),
        ("let a: A = b.A", "type_only"),
        ("let a: A = new A()", "runtime"),
        ("let a: A = { A }", "runtime"),
        ("let a: A = f(...A)", "runtime"),
        ("class B extends A {}", "runtime"),
        ("let a: A = `${A}`", "runtime"),
        ("let a: A; export { A }", "runtime"),
        ("", "runtime"),
        ("@B() class C { constructor(a: A) {} }", "runtime"),  # a framework may look at the types of parameters
    ],
)
def test_an_import_that_only_types_use_is_type_only(use: str, kind: str) -> None:
    assert imports(f"import {{ A }} from './b'\n{use}\n")[0][1] == kind


def test_jsx_uses_values() -> None:
    text = "import { A, B, C } from './b'\nlet a: A, b: B, c: C\nexport const d = <A><B.D /></A>\n"
    assert imports(text, "a.tsx") == [
        ("./b", "runtime", [("A", "A"), ("B", "B")]),
        ("./b", "type_only", [("C", "C")]),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("export {a as b} from './c'", [("a", "b")]),
        ("export * from './c'", [("*", "*")]),
        ("export * as d from './c'", [("*", "d")]),
        ("import {a} from './c'\nexport {a}", [("a", "a")]),
        ("import a from './c'\nexport default a", [("default", "a")]),
        ("const a = require('./c')\nmodule.exports = a", [("*", "a")]),
    ],
)
def test_what_is_offered_again_is_reexported(text: str, names: list[tuple[str, str]]) -> None:
    (found,) = parse(text).imports
    assert found.reexported
    assert [(one.name, one.alias) for one in found.names] == names


def test_a_type_can_be_offered_again() -> None:
    (found,) = parse("export type {A} from './c'").imports
    assert (found.kind, found.reexported) == ("type_only", True)


def test_names_have_lines_of_their_own() -> None:
    (found,) = parse("import {\n  a,\n  b,\n} from './c'\na(b)").imports
    assert (found.line, [one.line for one in found.names]) == (1, [2, 3])


@pytest.mark.parametrize(
    ("text", "kind", "name", "public"),
    [
        ("export function a() {}", "function", "a", True),
        ("export async function* a() {}", "function", "a", True),
        ("export default function () {}", "function", "default", True),
        ("export default () => 1", "function", "default", True),
        ("export default class {}", "class", "default", True),
        ("export const a = () => 1", "function", "a", True),
        ("const a = function b() {}; export default 1", "function", "a", False),
        ("function a() {}\nexport { a as b }", "function", "a", True),
        ("function a() {}", "function", "a", True),  # a script: everybody sees it
        ("export {}\nfunction a() {}", "function", "a", False),
        ("export interface A {}", "class", "A", True),
        ("export type A = string", "class", "A", True),
        ("export enum A { B }", "class", "A", True),
        ("export abstract class A {}", "class", "A", True),
        ("export declare function a(): void", "function", "a", True),
        ("export = A; class A {}", "class", "A", True),
        ("namespace A { export function b() {} }\nexport {}", "function", "b", True),
        ("exports.a = function () {}", "function", "a", True),
        ("module.exports.a = exports.b = () => 1", "function", "b", True),
        ("module.exports = function () {}", "function", "default", True),
        ("function a() {}\nmodule.exports = { a }", "function", "a", True),
        ("function a() {}\nmodule.exports = { b: a }", "function", "a", True),
        ("function a() {}\nexports.b = 1", "function", "a", False),
        ("A.prototype.b = function () {}", "method", "b", True),
        ("if (x) { function a() {} }", "function", "a", True),
    ],
)
def test_definitions_of_each_form(text: str, kind: str, name: str, public: bool) -> None:
    found = only(text)
    assert (found.kind, found.name, found.public) == (kind, name, public)


@pytest.mark.parametrize(
    "text",
    [
        "app.get('/', function handler() {})",
        "(function () { function inner() {} })()",
        "const a = { b() {}, c: () => 1 }",
        "const a = items.map((item) => item.b)",
        "declare module 'x' { function a(): void }",
        "const { a } = () => 1",
    ],
)
def test_what_nobody_can_name_is_no_definition(text: str) -> None:
    assert parse(text).definitions == ()


def test_members_of_a_class() -> None:
    text = """
@Component({ a: 1 })
export class A<T> extends core.Base<T> implements I, J.K {
  private secret() {}
  protected half() {}
  #hidden() {}
  static open(a: number, b?: string, c = 1, { d }: X = {}, ...e: any[]) {}
  @action.bound run = async (a) => { await a }
  constructor(private readonly a: string) { super() }
  get value() { return 1 }
  'quoted'() {}
  [Symbol.iterator]() {}
}
"""
    found = named(text)
    assert list(found) == [
        "A", "A.secret", "A.half", "A.#hidden", "A.open", "A.run", "A.constructor", "A.value", "A.quoted",
    ]  # fmt: skip
    assert (found["A"].bases, found["A"].decorators, found["A"].derived) == (
        ("core.Base", "I", "J.K"),
        ("Component",),
        True,
    )
    assert {name for name, one in found.items() if not one.public} == {"A.secret", "A.half", "A.#hidden"}
    assert found["A.open"].parameters == ("a", "b=", "c=", "_=", "*e")
    assert (found["A.run"].decorators, found["A.run"].parameters) == (("action.bound",), ("a",))
    assert found["A.constructor"].parameters == ("a",)
    assert found["A.value"].decorated
    assert all(one.derived for one in found.values())


def test_members_of_what_is_not_exported_are_not_public() -> None:
    assert not any(one.public for one in parse("export {}\nclass A { b() {} }").definitions)


def test_members_of_an_interface() -> None:
    found = named("export interface A extends B, C.D<E> { f(a: string, b?: number): void; g: () => void; (x: Y): Z }")
    assert list(found) == ["A", "A.f"]
    assert (found["A"].bases, found["A.f"].parameters) == (("B", "C.D"), ("a", "b="))


def test_a_base_that_a_function_makes_is_called_like_the_function() -> None:
    assert only("class A extends mixin(B, C) {}", "a.js").bases == ("mixin",)


def test_overloads_are_one_definition_that_takes_anything() -> None:
    found = only("/** Adds. */\nexport function a(b: string): void;\nexport function a(b: number, c: number): void;\n"
                 "export function a(...d: any[]) {}")  # fmt: skip
    assert (found.line, found.parameters, found.documented) == (4, ("*args",), True)


def test_a_parameter_called_this_is_only_a_type() -> None:
    assert only("export function a(this: Window, b: string) {}").parameters == ("b",)


def test_a_component_in_a_wrapper_is_a_decorated_function() -> None:
    found = only("export const Row = React.memo(({ a }) => { return a })", "a.jsx")
    assert (found.name, found.decorators, found.parameters, found.public) == ("Row", ("React.memo",), ("_",), True)


@pytest.mark.parametrize(
    ("text", "documented"),
    [
        ("/** It runs. */\nexport function a() {}", True),
        ("/** It runs. */\n// eslint-disable-next-line\nfunction a() {}", True),
        ("/** It runs. */\nexport const a = () => 1", True),
        ("/** It runs. */\n@b\nexport class A {}", True),
        ("/** It runs. */\nexports.a = function () {}", True),
        ("/* No JSDoc. */\nexport function a() {}", False),
        ("/** Of b. */\nlet b\nfunction a() {}", False),
        ("// it runs\nfunction a() {}", False),
    ],
)
def test_a_definition_is_documented_by_a_comment_right_above(text: str, documented: bool) -> None:
    assert only(text).documented is documented


@pytest.mark.parametrize(
    ("text", "documented"),
    [
        ("/** What this file is for. */\n\nexport const a = 1", True),
        ("/** What this file is for. */\nimport a from 'b'", True),
        ("/**\n * @fileoverview Helpers.\n */\nfunction a() {}", True),
        ("/** Copyright somebody. */\n\nimport a from 'b'", False),
        ("/** Of a. */\nfunction a() {}", False),
        ("// a comment\nimport a from 'b'", False),
        ("", False),
    ],
)
def test_a_module_is_documented_by_its_first_comment(text: str, documented: bool) -> None:
    assert parse(text).documented is documented


def test_calls_with_their_arguments() -> None:
    found = parse("const app = createApp(1, ...a)\nfunction f() { this.b?.c(2, 3); new D.E(); g<T>(); a[0]() }").calls
    assert [(one.name, one.line, one.positional, one.spread, one.bound) for one in found] == [
        ("createApp", 1, 1, True, "app"),
        ("this.b.c", 2, 2, False, ""),
        ("D.E", 2, 0, False, ""),
        ("g", 2, 0, False, ""),
    ]


def test_errors_thrown() -> None:
    found = parse("function f() { throw new errors.NotFound('a') }\nthrow TypeError('b')\nthrow error\n").raised
    assert [(one.name, one.line) for one in found] == [("errors.NotFound", 1), ("TypeError", 2)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("export const a = 1, { b, c: d } = e", {"a", "b", "d"}),
        ("export default 1", {"default"}),
        ("export { a, b as c, d as default }", {"a", "c", "default"}),
        ("export * as a from './b'", {"a"}),
        ("export class A {}\nexport type B = 1", {"A", "B"}),
        ("export declare const a: number", {"a"}),
        ("exports.a = module.exports.b = 1", {"a", "b"}),
        ("module.exports = { a, b: c, d() {}, ...e }", {"a", "b", "d"}),
        ("namespace A { export const b = 1 }", set()),
        ("const a = 1", set()),
    ],
)
def test_offered_names(text: str, names: set[str]) -> None:
    assert parse(text).offered == names


def test_assigned_names_are_those_of_the_module() -> None:
    assert parse("const a = 1\nlet [b, c] = d, { e: f } = g\nfunction h() { const i = 1 }").assigned == {
        "a",
        "b",
        "c",
        "f",
    }


def test_complexity_is_counted_with_what_is_inside() -> None:
    found = named("""
export function a(b, c) {
  if (b && c) { for (const d of b) { if (d) {} else {} } }
  switch (c) { case 1: break; case 2: break; default: }
  return b.map((x) => x ? 1 : 2)
}
export const flat = () => 1
""")
    assert (found["a"].cyclomatic, found["a"].cognitive) == (8, 11)
    assert (found["flat"].cyclomatic, found["flat"].cognitive) == (1, 0)


def test_recursion_counts() -> None:
    assert only("function a(b) { return a(b - 1) }").cognitive == 1


def test_near_clones_have_like_sketches() -> None:
    body = (
        "{ const total = []; for (const one of rows) { if (one.ready && one.size > 3) { total.push(one.size * 2) } } "
    )
    first = only(f"function a(rows) {body} return total }}").sketch
    second = only(f"function b(rows) {body.replace('total', 'sum')} return sum }}").sketch
    assert first
    assert first == second


def test_block_comments_that_stand_alone_are_no_code() -> None:
    assert parse("/* a\n b */\nlet c /* d */\n  /** e */\n").docstrings == ((1, 2), (4, 4))


@pytest.mark.parametrize("path", ["a.ts", "a.tsx", "a.mts", "a.cts", "a.js", "a.jsx", "a.mjs", "a.cjs", "a.d.ts"])
def test_every_suffix_is_read(path: str) -> None:
    found = parse("import a from './b'\na()", path)
    assert (len(found.imports), found.language) == (1, "typescript" if "ts" in path else "javascript")


def test_flow_types_are_read() -> None:
    found = parse("// @flow\nimport type { A } from './b'\nexport function a(b: ?A): string { return b }", "a.js")
    assert [(one.module, one.kind) for one in found.imports] == [("./b", "type_only")]
    assert [one.name for one in found.definitions] == ["a"]


def test_single_file_components_are_not_read() -> None:
    assert GRAMMARS.parse("a.vue", b"<script>import a from './b'</script>") is None


def test_a_file_with_errors_is_read_as_far_as_it_goes() -> None:
    found = parse(
        "import a from './b';\n\n<<<<<<< HEAD\nexport function c() {}\n=======\nexport function d( {\n>>>>>>> x\n"
    )
    assert found.broken
    assert [one.module for one in found.imports] == ["./b"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "{" * 20_000,
        "[" * 20_000 + "]" * 20_000,
        "function a(){" * 8_000,
        "class A { b = " * 5_000,
        "a" + ".b()" * 30_000,
        "import {" + "a," * 30_000 + "} from 'b'",
        "import('a');" * 10_000,
        "if(a){}else " * 8_000,
        "/** a */" * 20_000,
        "let a: A;" * 15_000 + "import {A} from 'b'",
        "x=" * 20_000 + "1",
        "exports.a=" * 10_000 + "1",
        "`${" * 10_000,
        "@a" * 20_000 + " class B {}",
        "'" + "x" * 300_000,
        "<a>" * 10_000,
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.parametrize("path", ["a.tsx", "a.js"])
def test_hostile_sources_take_no_time(text: str, path: str) -> None:
    started = time.perf_counter()
    assert parse(text, path).lines
    assert time.perf_counter() - started < 5


@given(st.binary(max_size=300), st.sampled_from(["a.ts", "a.tsx", "a.js"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read(source: bytes, path: str) -> None:
    assert parse(source, path).lines >= 0


_PIECES = st.sampled_from(
    """import export default { } ( ) [ ] , ; = => * as from 'a' "./b" `c` type class extends function async if else try
    catch require( import( new throw const a B.c ... ? : @d # /** */ // \n <T> interface enum namespace module.exports
    declare return && ||""".split(" ")
)


@given(st.lists(_PIECES, max_size=40), st.sampled_from(["a.ts", "a.tsx", "a.js"]))
@settings(max_examples=300, deadline=None)
def test_any_tokens_are_read(pieces: list[str], path: str) -> None:
    text = " ".join(pieces)
    found = parse(text, path)
    assert all(1 <= one.line <= text.count("\n") + 1 for one in (*found.imports, *found.definitions, *found.calls))
    assert all(one.line <= one.end_line and one.name for one in found.definitions)
