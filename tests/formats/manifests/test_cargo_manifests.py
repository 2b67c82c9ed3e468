import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.manifest import Dependency
from reviewlore.formats.manifests import is_manifest, parse_manifests
from reviewlore.formats.manifests.rust import parse_cargo

TEXT = """[package]
name = "shop-core"
version = "1.2.3"
build = "gen/build.rs"

[lib]
name = "core_of_shop"
path = "lib/main.rs"

[[bin]]
name = "shop"
path = "cmd/shop.rs"

[dependencies]
serde = "1.0"
log = { version = "0.4", optional = true }
money = { path = "../money", version = "0.1" }
far = { path = "../../../far" }
Renamed = { package = "real-name", git = "https://example.org/real" }
shared.workspace = true

[dependencies.late]
version = "2"

[dev-dependencies]
quickcheck = "1"

[build-dependencies]
cc = "1"

[target.'cfg(windows)'.dependencies]
winapi = "0.3"

[target."cfg(unix)".dev-dependencies]
nix = "0.2"
"""


def test_reads_dependencies_of_all_tables_with_their_lines_and_scopes() -> None:
    (manifest,) = parse_cargo("crates/core/Cargo.toml", TEXT)
    assert (manifest.name, manifest.version, manifest.problem) == ("shop-core", "1.2.3", "")
    assert manifest.dependencies == (
        Dependency("serde", "crates", "runtime", 15, "1.0"),
        Dependency("log", "crates", "optional", 16, "0.4"),
        Dependency("money", "crates", "runtime", 17, "0.1", local=True),
        Dependency("far", "crates", "runtime", 18),
        Dependency("real-name", "crates", "runtime", 19, "https://example.org/real", called="Renamed"),
        Dependency("shared", "crates", "runtime", 20, "workspace"),
        Dependency("late", "crates", "runtime", 22, "2"),
        Dependency("quickcheck", "crates", "development", 26, "1"),
        Dependency("cc", "crates", "build", 29, "1"),
        Dependency("winapi", "crates", "runtime", 32, "0.3"),
        Dependency("nix", "crates", "development", 35, "0.2"),
    )


def test_says_where_code_starts_and_what_it_calls_the_crates_of_the_repository() -> None:
    (manifest,) = parse_cargo("crates/core/Cargo.toml", TEXT)
    assert manifest.entry == "crates/core/lib/main.rs"
    assert manifest.roots == ("crates/core/cmd/shop.rs", "crates/core/gen/build.rs")
    assert manifest.aliases == (("core_of_shop", ("crates/core/lib/main.rs",)), ("money", ("crates/money",)))


def test_a_library_lies_where_cargo_looks_for_it() -> None:
    (manifest,) = parse_cargo("Cargo.toml", '[package]\nname = "a"\n')
    assert (manifest.entry, manifest.roots, manifest.aliases) == ("src/lib.rs", (), ())


def test_a_workspace_has_members_and_names_its_crates() -> None:
    text = (
        '[workspace]\nmembers = ["crates/*", "./tools", "../outside"]\n'
        '[workspace.dependencies]\nserde = "1"\nmoney = { path = "crates/money" }\n'
    )
    (manifest,) = parse_cargo("Cargo.toml", text)
    assert (manifest.name, manifest.entry, manifest.members) == ("", "", ("crates/*", "tools"))
    assert manifest.aliases == (("money", ("crates/money",)),)


@pytest.mark.parametrize(
    "text",
    ["[package", "a = 1\na = 2\n", "[dependencies]\nx = [\n", "x = " + "[" * 5_000, ".".join("a" * 500) + " = 1"],
)
def test_what_is_no_toml_is_a_problem(text: str) -> None:
    (manifest,) = parse_cargo("Cargo.toml", text)
    assert manifest.problem
    assert manifest.dependencies == ()


@pytest.mark.parametrize(
    "text",
    [
        "package = 1\nlib = []\nbin = {}\ndependencies = 3\ntarget = []\nworkspace = 'x'\n",
        "[package]\nname = 1\nversion.workspace = true\nbuild = false\n[[bin]]\npath = 3\n",
        "[dependencies]\na = 1\nb = []\nc = {}\n[target.x]\ndependencies = 1\n",
        "[workspace]\nmembers = [1, {}]\ndependencies = []\n",
    ],
)
def test_values_of_another_kind_than_meant_are_left_out(text: str) -> None:
    (manifest,) = parse_cargo("Cargo.toml", text)
    assert manifest.problem == ""
    assert {entry.requirement for entry in manifest.dependencies} <= {""}


def test_it_is_registered_by_its_file_name() -> None:
    assert is_manifest("crates/a/Cargo.toml")
    assert not is_manifest("Cargo.lock")
    (manifest,) = parse_manifests({"Cargo.toml": '[package]\nname = "a"\n'})
    assert (manifest.name, manifest.ecosystem) == ("a", "crates")


@given(st.text(max_size=200))
def test_never_raises_on_any_text(text: str) -> None:
    assert len(parse_cargo("Cargo.toml", text)) == 1


_VALUES = st.recursive(
    st.sampled_from(['"../a"', '"b"', "1", "true", '""', '"a:b"', '"/x"']),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
        st.sampled_from(["path", "workspace", "package", "version", "members", "name"]).flatmap(
            lambda key: inner.map(lambda value: f"{{ {key} = {value} }}")
        ),
    ),
    max_leaves=4,
)
_TABLES = ("package", "lib", "dependencies", "workspace", "target", "bin", "dev-dependencies", "build-dependencies")


@given(st.dictionaries(st.sampled_from(_TABLES), _VALUES))
def test_never_raises_on_any_values(tables: dict[str, str]) -> None:
    (manifest,) = parse_cargo("a/Cargo.toml", "".join(f"{key} = {value}\n" for key, value in tables.items()))
    assert manifest.problem == ""
