from collections.abc import Mapping

import pytest

from reviewlore.adapters.grammars.rust import RustGrammar
from reviewlore.architecture.languages.resolver import Sources
from reviewlore.architecture.languages.rust import RustResolver
from reviewlore.domain.source import ParsedModule
from reviewlore.formats.manifests import is_manifest, parse_manifests

PACKAGE = '[package]\nname = "shop"\nedition = "2021"\n'


def resolver(files: Mapping[str, str]) -> RustResolver:
    grammar = RustGrammar()
    parsed: dict[str, ParsedModule] = {}
    for path, text in files.items():
        module = grammar.parse(path, text.encode())
        if module is not None:
            parsed[path] = module
    manifests = parse_manifests({path: text for path, text in files.items() if is_manifest(path)})
    return RustResolver(Sources(parsed, frozenset(files), manifests))


def edges(files: Mapping[str, str], path: str) -> list[tuple[str, str]]:
    found = resolver({"Cargo.toml": PACKAGE, **files}).resolve(path).edges
    return [(edge.imported, edge.name) for edge in found]


def targets(files: Mapping[str, str], path: str) -> list[str]:
    return [imported for imported, _ in edges(files, path)]


def external(files: Mapping[str, str], path: str) -> list[str]:
    found = resolver({"Cargo.toml": PACKAGE, **files}).resolve(path).external
    return [entry.target for entry in found]


STORE = {
    "src/lib.rs": "mod error;\npub mod store;\npub use error::Error;\n",
    "src/error.rs": "pub struct Error;\n",
    "src/store/mod.rs": "mod disk;\npub mod memory;\npub fn open() {}\n",
    "src/store/disk.rs": "pub fn read() {}\n",
    "src/store/memory.rs": "",
}


def test_declarations_lead_to_the_files_of_modules() -> None:
    assert edges(STORE, "src/lib.rs") == [
        ("src/error.rs", "shop::error"),
        ("src/store/mod.rs", "shop::store"),
        ("src/error.rs", "shop::error.Error"),
    ]
    assert edges(STORE, "src/store/mod.rs") == [
        ("src/store/disk.rs", "shop::store::disk"),
        ("src/store/memory.rs", "shop::store::memory"),
    ]


def test_a_module_may_be_a_file_beside_the_folder_of_its_children() -> None:
    files = {"src/lib.rs": "mod a;\n", "src/a.rs": "mod b;\n", "src/a/b.rs": "use super::f;\n", "src/b.rs": ""}
    assert targets(files, "src/a.rs") == ["src/a/b.rs"]
    assert edges(files, "src/a/b.rs") == [("src/a.rs", "shop::a.f")]


def test_paths_start_at_the_crate_at_this_module_or_above() -> None:
    text = "use crate::store::open;\nuse super::disk::read;\nuse self::inner::X;\nuse super::super::error;\n"
    assert edges({**STORE, "src/store/memory.rs": text}, "src/store/memory.rs") == [
        ("src/store/mod.rs", "shop::store.open"),
        ("src/store/disk.rs", "shop::store::disk.read"),
        ("src/error.rs", "shop::error"),
    ]


def test_a_glob_takes_from_the_module_itself() -> None:
    files = {**STORE, "src/store/memory.rs": "use super::*;\nuse crate::store::disk::*;\n"}
    assert edges(files, "src/store/memory.rs") == [
        ("src/store/mod.rs", "shop::store.*"),
        ("src/store/disk.rs", "shop::store::disk.*"),
    ]


def test_names_passed_on_lead_on_to_where_they_are_defined_from_inside_only() -> None:
    inside = {**STORE, "src/store/memory.rs": "use crate::Error;\n"}
    assert edges(inside, "src/store/memory.rs") == [("src/error.rs", "shop::error.Error")]
    outside = {**STORE, "tests/it.rs": "use shop::Error;\n"}
    assert edges(outside, "tests/it.rs") == [("src/lib.rs", "shop.Error")]


def test_names_passed_on_by_a_glob_are_followed() -> None:
    files = {"src/lib.rs": "mod a;\nmod b;\npub use self::a::*;\n", "src/a.rs": "pub struct A;\n"}
    assert edges({**files, "src/b.rs": "use crate::A;\n"}, "src/b.rs") == [("src/a.rs", "shop::a.A")]


def test_a_glob_of_an_inline_module_passes_on_what_that_defines_and_not_what_it_takes() -> None:
    files = {
        "src/lib.rs": "mod a;\nmod b;\nmod c;\npub use self::a::inner::*;\npub use self::b::*;\n",
        "src/a.rs": "pub mod inner {\n  use crate::B;\n  pub struct A;\n}\n",
        "src/b.rs": "pub struct B;\n",
        "src/c.rs": "use crate::A;\nuse crate::B;\n",
    }
    assert edges(files, "src/c.rs") == [("src/a.rs", "shop::a.A"), ("src/b.rs", "shop::b.B")]


def test_circles_of_names_passed_on_end() -> None:
    files = {"src/lib.rs": "mod a;\nmod b;\nmod c;\n", "src/c.rs": "use crate::a::X;\n"}
    files |= {"src/a.rs": "pub use crate::b::X;\npub use super::b::*;\n", "src/b.rs": "pub use crate::a::X;\n"}
    assert targets(files, "src/a.rs") == ["src/b.rs", "src/b.rs"]
    assert len(targets(files, "src/c.rs")) == 1


def test_a_path_attribute_names_the_file() -> None:
    files = {
        "src/lib.rs": '#[path = "odd/file.rs"]\nmod a;\nmod c;\n',
        "src/odd/file.rs": "mod b;\n",
        "src/odd/b.rs": "use super::super::c::X;\n",
        "src/c.rs": "",
    }
    assert edges(files, "src/lib.rs")[0] == ("src/odd/file.rs", "shop::a")
    assert targets(files, "src/odd/file.rs") == ["src/odd/b.rs"]
    assert edges(files, "src/odd/b.rs") == [("src/c.rs", "shop::c.X")]


@pytest.mark.parametrize("path", ["../../../etc/x.rs", "/abs.rs", "", "..", "nope.rs"])
def test_a_path_attribute_that_leads_nowhere_is_no_edge(path: str) -> None:
    assert edges({"src/lib.rs": f'#[path = "{path}"]\nmod a;\n'}, "src/lib.rs") == []


def test_modules_within_an_inline_module_lie_in_its_folder() -> None:
    files = {"src/lib.rs": "mod outer {\n  mod deep;\n  fn f() { deep::run() }\n}\n", "src/outer/deep.rs": ""}
    assert edges(files, "src/lib.rs") == [
        ("src/outer/deep.rs", "shop::outer::deep"),
        ("src/outer/deep.rs", "shop::outer::deep.run"),
    ]


def test_the_crates_of_a_workspace_know_those_they_declare() -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
        "crates/my-core/Cargo.toml": '[package]\nname = "my-core"\n',
        "crates/my-core/src/lib.rs": "pub mod money;\n",
        "crates/my-core/src/money.rs": "pub struct Coin;\n",
        "crates/app/Cargo.toml": '[package]\nname = "app"\n[dependencies]\nmy-core = { path = "../my-core" }\n',
        "crates/app/src/main.rs": "use my_core::money::Coin;\nfn main() { my_core::money::Coin::new(); }\n",
        "crates/other/Cargo.toml": '[package]\nname = "other"\n',
        "crates/other/src/lib.rs": "use my_core::money::Coin;\n",
    }
    coin = ("crates/my-core/src/money.rs", "my_core::money.Coin")
    assert edges(files, "crates/app/src/main.rs") == [coin, coin]
    assert (edges(files, "crates/other/src/lib.rs"), external(files, "crates/other/src/lib.rs")) == (
        [],
        ["my_core::money"],
    )


def test_a_renamed_dependency_is_called_by_its_new_name() -> None:
    files = {
        "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nmoney = { package = "b-core", path = "../b" }\n',
        "a/src/lib.rs": "use money::Coin;\n",
        "b/Cargo.toml": '[package]\nname = "b-core"\n',
        "b/src/lib.rs": "pub struct Coin;\n",
    }
    assert edges(files, "a/src/lib.rs") == [("b/src/lib.rs", "b_core.Coin")]


@pytest.mark.parametrize("written", ["b.workspace = true", "b = { workspace = true }"])
def test_a_dependency_inherited_from_the_workspace_is_known(written: str) -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["a", "libs/*"]\n[workspace.dependencies]\nb = { path = "libs/b-dir" }\n',
        "a/Cargo.toml": f'[package]\nname = "a"\n[dependencies]\n{written}\n',
        "a/src/lib.rs": "use b::Coin;\n",
        "libs/b-dir/Cargo.toml": '[package]\nname = "b"\n',
        "libs/b-dir/src/lib.rs": "pub struct Coin;\n",
    }
    assert edges(files, "a/src/lib.rs") == [("libs/b-dir/src/lib.rs", "b.Coin")]


def test_a_renamed_dependency_inherited_from_the_workspace_is_known() -> None:
    shared = '[workspace.dependencies]\nmoney = { package = "b-core", path = "b" }\n'
    files = {
        "Cargo.toml": f'[workspace]\nmembers = ["a", "b"]\n{shared}',
        "a/Cargo.toml": '[package]\nname = "a"\n[dependencies]\nmoney.workspace = true\n',
        "a/src/lib.rs": "use money::Coin;\n",
        "b/Cargo.toml": '[package]\nname = "b-core"\n',
        "b/src/lib.rs": "pub struct Coin;\n",
    }
    assert edges(files, "a/src/lib.rs") == [("b/src/lib.rs", "b_core.Coin")]


def test_a_library_may_say_its_name_and_its_file() -> None:
    files = {
        "Cargo.toml": '[package]\nname = "shop"\n[lib]\nname = "till"\npath = "lib/all.rs"\n',
        "lib/all.rs": "mod a;\n",
        "lib/a.rs": "",
        "tests/it.rs": "use till::X;\n",
    }
    assert targets(files, "lib/all.rs") == ["lib/a.rs"]
    assert edges(files, "tests/it.rs") == [("lib/all.rs", "till.X")]


def test_tests_examples_and_binaries_are_crates_of_their_own() -> None:
    files = {
        **STORE,
        "src/main.rs": "mod cli;\nuse shop::store::open;\n",
        "src/cli.rs": "use crate::cli;\n",
        "src/bin/tool/main.rs": "mod part;\nuse crate::part::X;\n",
        "src/bin/tool/part.rs": "",
        "tests/it/main.rs": "mod util;\n",
        "tests/it/util.rs": "use crate::util;\nuse shop::Error;\n",
    }
    assert edges(files, "src/main.rs") == [("src/cli.rs", "shop::cli"), ("src/store/mod.rs", "shop::store.open")]
    assert targets(files, "src/bin/tool/main.rs") == ["src/bin/tool/part.rs", "src/bin/tool/part.rs"]
    assert targets(files, "tests/it/main.rs") == ["tests/it/util.rs"]
    assert edges(files, "tests/it/util.rs") == [("src/lib.rs", "shop.Error")]


def test_paths_of_the_2015_edition_start_at_the_crate() -> None:
    text = "extern crate serde;\nuse store::disk::read;\nuse ::store::open;\n"
    files = {**STORE, "Cargo.toml": '[package]\nname = "shop"\n', "src/store/memory.rs": text}
    assert targets(files, "src/store/memory.rs") == ["src/store/disk.rs", "src/store/mod.rs"]
    assert external(files, "src/store/memory.rs") == ["serde"]


def test_standard_library_and_other_crates_are_external() -> None:
    needs = f'{PACKAGE}[dependencies]\nserde-json = "1"\n'
    text = (
        "use std::io::Read;\nuse serde_json::{from_str, Value};\nfn f() { serde_json::to_string(); rand::random() }\n"
    )
    assert external({"Cargo.toml": needs, "src/lib.rs": text}, "src/lib.rs") == ["std::io", "serde_json"]


def test_exported_macros_lead_to_the_file_that_has_them() -> None:
    files = {
        "src/lib.rs": "#[macro_use]\nmod macros;\nmod a;\n",
        "src/macros.rs": "#[macro_export]\nmacro_rules! shout { () => { $crate::a::run() } }\n",
        "src/a.rs": "use crate::shout;\n",
    }
    assert edges(files, "src/a.rs") == [("src/macros.rs", "shop::macros.shout")]
    assert edges(files, "src/macros.rs") == [("src/a.rs", "shop::a.run")]


def test_without_a_manifest_folders_that_look_like_packages_are_taken_for_them() -> None:
    files = {"Cargo.toml": "[broken", "core/src/lib.rs": "mod a;\n", "core/src/a.rs": "use crate::X;\n"}
    assert targets(files, "core/src/lib.rs") == ["core/src/a.rs"]
    assert edges(files, "core/src/a.rs") == [("core/src/lib.rs", "core.X")]


def test_files_that_nothing_declares_have_the_module_of_their_place() -> None:
    files = {
        **STORE,
        "src/gen/table.rs": "use crate::store::open;\n",
        "src/store/memory.rs": "use crate::gen::table::X;\n",
    }
    assert edges(files, "src/gen/table.rs") == [("src/store/mod.rs", "shop::store.open")]
    assert edges(files, "src/store/memory.rs") == [("src/gen/table.rs", "shop::gen::table.X")]


def test_a_module_that_declares_itself_is_read_once() -> None:
    files = {
        "src/lib.rs": '#[path = "lib.rs"]\nmod a;\n#[path = "b.rs"]\nmod b;\n',
        "src/b.rs": '#[path = "b.rs"]\nmod b;\n',
    }
    assert targets(files, "src/lib.rs") == ["src/b.rs"]


def test_names_and_signature_tell_where_files_belong() -> None:
    files = {"Cargo.toml": PACKAGE, **STORE, "tests/it.rs": "", "src/bin/tool.rs": ""}
    found = resolver(files)
    assert [found.name(path) for path in ("src/lib.rs", "src/store/disk.rs", "tests/it.rs", "src/bin/tool.rs")] == [
        "shop",
        "shop::store::disk",
        "shop::tests::it",
        "shop::bin::tool",
    ]
    assert found.signature == resolver(files).signature
    assert found.signature != resolver({**files, "src/error.rs": "pub struct Other;\n"}).signature


def test_a_package_with_another_name_gives_it_to_its_loose_files() -> None:
    one, two = (
        resolver({"Cargo.toml": f'[package]\nname = "{name}"\n', "src/m.rs": "pub fn x() {}\n"})
        for name in ("one", "two")
    )
    assert one.name("src/m.rs") != two.name("src/m.rs")
    assert one.signature != two.signature
