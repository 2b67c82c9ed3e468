import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.domain.manifest import Manifest
from reviewlore.formats.manifests import is_manifest, parse_manifests


def parse(text: object, path: str = "package.json") -> Manifest:
    (found,) = parse_manifests({path: text if isinstance(text, str) else json.dumps(text)})
    return found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("package.json", True),
        ("a/package.json", True),
        ("tsconfig.json", True),
        ("tsconfig.base.json", True),
        ("tsconfig-webpack.json", True),
        ("jsconfig.json", True),
        ("pnpm-workspace.yaml", True),
        ("lerna.json", True),
        ("node_modules/a/package.json", False),
        ("package-lock.json", False),
        ("mytsconfig.json", False),
        ("deno.json", False),
    ],
)
def test_what_is_a_manifest(path: str, expected: bool) -> None:
    assert is_manifest(path) is expected


def test_dependencies_with_their_scope_and_line() -> None:
    found = parse("""{
  "name": "@acme/app", "version": "1.2.0", "main": "./lib/index.js",
  "dependencies": {
    "react": "^18.0.0", "@acme/ui": "workspace:*",
    "old": "file:../old"
  },
  "devDependencies": { "vitest":
    "~1" },
  "peerDependencies": {
    "react-dom": ">=18", "sass": "*"
  },
  "peerDependenciesMeta": { "sass": { "optional": true } },
  "optionalDependencies": { "fsevents": "2" },
  "scripts": { "react": "not a dependency" }
}""")
    assert (found.name, found.version, found.entry) == ("@acme/app", "1.2.0", "lib/index.js")
    assert [(one.name, one.scope, one.line, one.requirement, one.local) for one in found.dependencies] == [
        ("react", "runtime", 4, "^18.0.0", False),
        ("@acme/ui", "runtime", 4, "workspace:*", True),
        ("old", "runtime", 5, "file:../old", True),
        ("vitest", "development", 7, "~1", False),
        ("react-dom", "runtime", 10, ">=18", False),
        ("sass", "optional", 10, "*", False),
        ("fsevents", "optional", 13, "2", False),
    ]


@pytest.mark.parametrize(
    ("requirement", "local"),
    [
        ("workspace:^", True),
        ("link:../a", True),
        ("portal:../a", True),
        ("file:./a", True),
        ("../a", True),
        ("file:./a.tgz", False),
        ("file:a-1.0.tar.gz", False),
        ("^1.0.0", False),
        ("npm:other@1", False),
        ("git+https://example.org/a.git", False),
    ],
)
def test_what_points_into_the_repository(requirement: str, local: bool) -> None:
    assert parse({"dependencies": {"a": requirement}}).dependencies[0].local is local


def test_exports_stand_under_the_name_of_the_package() -> None:
    exports = {
        ".": {"types": "./dist/a.d.ts", "import": {"node": "./dist/node.mjs", "default": "./dist/a.mjs"}},
        "./sub/*": ["./dist/sub/*.js", "./dist/sub/*.js", None],
        "./package.json": "./package.json",
        "./out": "../outside.js",
    }
    assert parse({"name": "a", "exports": exports}, "p/package.json").aliases == (
        ("a", ("p/dist/a.d.ts", "p/dist/node.mjs", "p/dist/a.mjs")),
        ("a/sub/*", ("p/dist/sub/*.js",)),
        ("a/package.json", ("p/package.json",)),
    )


def test_entry_points_stand_in_for_exports() -> None:
    found = parse({"name": "a", "main": "a.js", "module": "./a.mjs", "types": "a.d.ts"})
    assert found.aliases == (("a", ("a.d.ts", "a.mjs", "a.js")),)
    assert found.entry == "a.mjs"


def test_the_main_export_may_stand_alone() -> None:
    assert parse({"name": "a", "exports": "./a.js"}).aliases == (("a", ("a.js",)),)
    assert parse({"name": "a", "exports": {"import": "./a.js"}}).entry == "a.js"


def test_imports_of_the_package() -> None:
    assert parse({"imports": {"#a": "./src/a.js", "#dep": "react", "b": "./b.js"}}).aliases == (("#a", ("src/a.js",)),)


def test_members_of_a_workspace() -> None:
    assert parse({"workspaces": ["packages/*", "!packages/old"]}, "x/package.json").members == (
        "x/packages/*",
        "!x/packages/old",
    )
    assert parse({"workspaces": {"packages": ["a"], "nohoist": ["b"]}}).members == ("a",)
    assert parse("packages:\n  - a/*\ncatalog:\n  react: ^18\n", "pnpm-workspace.yaml").members == ("a/*",)
    assert parse({"packages": ["a/*"]}, "lerna.json").members == ("a/*",)


@pytest.mark.parametrize("name", ["../evil", "a b", "a/b/c", "@a", "", "\n", "a:b", "ä", 3, None, ["a"]])
def test_what_is_no_name_names_nothing(name: object) -> None:
    assert parse({"name": name, "main": "a.js"}).name == ""
    if isinstance(name, str):
        assert parse({"dependencies": {name: "1"}}).dependencies == ()


def test_names_of_object_internals_are_names() -> None:
    found = parse('{"dependencies": {"__proto__": "1", "constructor": "2"}}')
    assert [one.name for one in found.dependencies] == ["__proto__", "constructor"]


def test_tsconfig_with_comments() -> None:
    found = parse(
        """{
  // made by hand
  "extends": "../tsconfig.base.json",
  "compilerOptions": {
    "baseUrl": "./src", /* the sources */
    "outDir": "../dist",
    "paths": { "@/*": ["./*"], "lib": ["../../lib/main.ts"], "out": ["../../../x"],
      "far": ["../../../../x"], "a*b*": ["c"] },
  },
  "references": [{ "path": "./tsconfig.node.json" }, { "path": "../other" }],
}""",
        "web/app/tsconfig.json",
    )
    assert found.aliases == (("@/*", ("web/app/src/*",)), ("lib", ("web/lib/main.ts",)), ("out", ("x",)))
    assert found.roots == ("web/app/src",)
    assert found.entry == "web/dist"
    assert found.extends == "web/tsconfig.base.json"
    assert found.members == ("web/app/tsconfig.node.json", "web/other")


def test_paths_without_a_base_start_at_the_configuration() -> None:
    assert parse({"compilerOptions": {"paths": {"a": ["./b"]}}}, "x/tsconfig.json").aliases == (("a", ("x/b",)),)


def test_the_folder_of_the_configuration_may_be_named() -> None:
    config = {"compilerOptions": {"paths": {"a": ["${configDir}/b"]}, "outDir": "${configDir}/dist"}}
    found = parse(config, "x/tsconfig.json")
    assert (found.aliases, found.entry) == ((("a", ("x/b",)),), "x/dist")


def test_each_further_base_is_a_record() -> None:
    found = parse_manifests({"tsconfig.json": '{"extends": ["./a.json", "@org/b", "./c.json"]}'})
    assert [one.extends for one in found] == ["c.json", "@org/b", "a.json"]


@pytest.mark.parametrize("path", ["package.json", "tsconfig.json", "lerna.json", "pnpm-workspace.yaml"])
@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 5_000, "{]", "{" * 100_000, "\0", '{"a": ' * 5_000, "- " * 5_000 + "&a [*a]"],
    ids=lambda text: text[:6],
)
def test_what_cannot_be_read_says_so(path: str, text: str) -> None:
    started = time.perf_counter()
    found = parse(text, path)
    assert found.problem or (path.endswith("yaml") and not text)
    assert (found.path, found.dependencies, found.aliases) == (path, (), ())
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("path", ["package.json", "tsconfig.json"])
def test_a_huge_manifest_is_refused(path: str) -> None:
    assert "longer" in parse('{"a": "' + "x" * 1_100_000 + '"}', path).problem


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_KEYS = """name version main module types exports imports workspaces dependencies devDependencies peerDependencies
peerDependenciesMeta optionalDependencies packages extends compilerOptions paths baseUrl outDir
references path""".split()


@given(
    st.dictionaries(st.sampled_from(_KEYS), _JSON | st.dictionaries(st.sampled_from(_KEYS), _JSON), max_size=5),
    st.sampled_from(["package.json", "a/tsconfig.json", "lerna.json", "pnpm-workspace.yaml"]),
)
@settings(max_examples=120, deadline=None)
def test_any_values_are_read(value: dict[str, object], path: str) -> None:
    for found in parse_manifests({path: json.dumps(value)}):
        places = [*found.roots, *(target for _, targets in found.aliases for target in targets), found.entry]
        assert not any(place.startswith(("../", "/")) or place == ".." for place in places)
        json.dumps(found.name + found.version).encode()


@given(st.text(max_size=100), st.sampled_from(["package.json", "tsconfig.json", "lerna.json", "pnpm-workspace.yaml"]))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str, path: str) -> None:
    assert all(found.path == path for found in parse_manifests({path: text}))
