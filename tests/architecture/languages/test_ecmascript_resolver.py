import json
import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.languages.ecmascript import EcmaScriptResolver, package_name
from reviewlore.architecture.languages.ecmascript_settings import Patterns
from reviewlore.architecture.languages.resolver import Resolution, Sources
from reviewlore.domain.source import language_of
from reviewlore.formats.manifests import is_manifest, parse_manifests

GRAMMARS = Grammars()
Tree = Mapping[str, object]


def resolver(tree: Tree) -> EcmaScriptResolver:
    """The resolver of a tree given as path -> content; what is no text is written as JSON."""
    texts = {path: text if isinstance(text, str) else json.dumps(text) for path, text in tree.items()}
    parsed = {
        path: found
        for path, text in sorted(texts.items())
        if language_of(path) and (found := GRAMMARS.parse(path, text.encode())) is not None
    }
    manifests = parse_manifests({path: text for path, text in texts.items() if is_manifest(path)})
    return EcmaScriptResolver(Sources(parsed, frozenset(texts), manifests))


def resolve(specifier: str, tree: Tree, importer: str = "src/app.ts") -> Resolution:
    return resolver({**tree, importer: f"import '{specifier}'"}).resolve(importer)


def target(specifier: str, tree: Tree, importer: str = "src/app.ts") -> str | None:
    """The file that a specifier leads to, nothing where it leads nowhere, None where it is external."""
    found = resolve(specifier, tree, importer)
    assert len(found.edges) + len(found.external) <= 1
    return None if found.external else next((edge.imported for edge in found.edges), "")


def files(*paths: str) -> dict[str, object]:
    return dict.fromkeys(paths, "")


@pytest.mark.parametrize(
    ("specifier", "present", "expected"),
    [
        ("./a", ("src/a.ts",), "src/a.ts"),
        ("./a", ("src/a.tsx", "src/a.js"), "src/a.tsx"),
        ("./a", ("src/a.d.ts",), "src/a.d.ts"),
        ("./a", ("src/a.mjs",), "src/a.mjs"),
        ("./a", ("src/a.ts", "src/a/index.ts"), "src/a.ts"),
        ("./a", ("src/a/index.tsx",), "src/a/index.tsx"),
        ("./a/", ("src/a/index.ts",), "src/a/index.ts"),
        ("./a.js", ("src/a.ts", "src/a.js"), "src/a.ts"),
        ("./a.js", ("src/a.js",), "src/a.js"),
        ("./a.jsx", ("src/a.tsx",), "src/a.tsx"),
        ("./a.mjs", ("src/a.mts",), "src/a.mts"),
        ("./a.cjs", ("src/a.cts",), "src/a.cts"),
        ("./a.ts", ("src/a.ts",), "src/a.ts"),
        ("./a.b", ("src/a.b.ts",), "src/a.b.ts"),
        ("./a.worker?worker&inline", ("src/a.worker.ts",), "src/a.worker.ts"),
        ("raw-loader!./a", ("src/a.ts",), "src/a.ts"),
        (".", ("src/index.ts",), "src/index.ts"),
        ("..", ("index.ts",), "index.ts"),
        ("../lib/a", ("lib/a.ts",), "lib/a.ts"),
        ("./a", ("src/a/package.json", "src/a/lib/b.ts"), ""),
        ("./a", (), ""),
        ("./a.css", ("src/a.css",), ""),
        ("./a.json", ("src/a.json",), ""),
        ("./a.vue", ("src/a.vue",), ""),
        ("../../a", ("a.ts",), ""),
        ("../../../../../etc/passwd", (), ""),
    ],
)
def test_relative_paths(specifier: str, present: tuple[str, ...], expected: str) -> None:
    assert target(specifier, files(*present)) == expected


def test_javascript_takes_javascript_first() -> None:
    assert target("./a", files("src/a.js", "src/a.ts"), "src/app.js") == "src/a.js"
    assert target("./a.js", files("src/a.js", "src/a.ts"), "src/app.js") == "src/a.js"
    assert target("./a.js", files("src/a.ts"), "src/app.js") == "src/a.ts"


def test_a_folder_with_a_manifest_has_an_entry_of_its_own() -> None:
    assert target("./a", {"src/a/package.json": {"main": "lib/b.js"}, **files("src/a/lib/b.js")}) == "src/a/lib/b.js"


@pytest.mark.parametrize(
    "specifier", ["react", "node:fs", "fs", "fs/promises", "@scope/a", "lodash/get", "a.js", "https://a.org/b.js"]
)
def test_packages_are_external_as_written(specifier: str) -> None:
    found = resolve(specifier, {})
    assert [one.target for one in found.external] == [specifier]
    assert found.edges == ()


def test_an_edge_says_what_is_taken_and_where() -> None:
    tree = {"src/a/index.ts": "", "src/app.ts": "import {\n  b,\n  type C,\n} from './a'\nexport * from './a'\nb()"}
    found = resolver(tree).resolve("src/app.ts").edges
    assert [(one.name, one.line, one.kind, one.reexported) for one in found] == [
        ("src/a.b", 2, "runtime", False),
        ("src/a.C", 3, "type_only", False),
        ("src/a", 5, "runtime", True),
    ]


def test_a_file_that_imports_itself_has_no_edge() -> None:
    assert resolve("./app", {}).edges == ()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/a.ts", "src/a"),
        ("src/a.d.ts", "src/a"),
        ("src/a.test.tsx", "src/a.test"),
        ("src/a/index.mjs", "src/a"),
        ("index.ts", "index"),
        ("a.cjs", "a"),
    ],
)
def test_names(path: str, name: str) -> None:
    assert resolver({path: ""}).name(path) == name


CONFIG = {
    "compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"], "lib": ["src/lib/main"], "lib/*": ["x/*", "y/*"]}}
}


@pytest.mark.parametrize(
    ("specifier", "present", "expected"),
    [
        ("@/a", ("src/a.ts",), "src/a.ts"),
        ("@/a", ("src/a/index.ts",), "src/a/index.ts"),
        ("lib", ("src/lib/main.ts",), "src/lib/main.ts"),
        ("lib/a", ("y/a.ts",), "y/a.ts"),
        ("lib/a", ("x/a.ts", "y/a.ts"), "x/a.ts"),
        ("other/a", ("other/a.ts",), "other/a.ts"),  # baseUrl
        ("@/a.svg", ("src/a.svg",), ""),
        ("@/missing", (), ""),
        ("react", (), None),
    ],
)
def test_paths_of_tsconfig(specifier: str, present: tuple[str, ...], expected: str | None) -> None:
    assert target(specifier, {"tsconfig.json": CONFIG, **files(*present)}) == expected


def test_the_longest_prefix_wins_and_is_the_only_one_tried() -> None:
    config = {"compilerOptions": {"paths": {"a/*": ["one/*"], "a/b/*": ["two/*"], "*": ["types/*"]}}}
    tree = {"tsconfig.json": config, **files("one/c.ts", "one/b/c.ts", "two/c.ts", "types/d.d.ts")}
    assert target("a/b/c", tree) == "two/c.ts"
    assert target("a/c", tree) == "one/c.ts"
    assert target("d", tree) == "types/d.d.ts"
    assert target("e", tree) is None


def test_paths_are_inherited_from_what_is_extended() -> None:
    tree = {
        "tsconfig.base.json": {"compilerOptions": {"baseUrl": "./src", "paths": {"~/*": ["./*"]}}},
        "packages/app/tsconfig.json": {"extends": "../../tsconfig.base"},
        **files("src/a.ts"),
    }
    assert target("~/a", tree, "packages/app/main.ts") == "src/a.ts"


def test_the_last_of_several_bases_wins() -> None:
    tree = {
        "one.json": "",
        "tsconfig.one.json": {"compilerOptions": {"paths": {"x": ["./a.ts"]}}},
        "tsconfig.two.json": {"compilerOptions": {"paths": {"x": ["./b.ts"]}}},
        "app/tsconfig.json": {"extends": ["../tsconfig.one.json", "../tsconfig.two.json"]},
        **files("a.ts", "b.ts"),
    }
    assert target("x", tree, "app/main.ts") == "b.ts"


def test_a_package_of_the_repository_can_be_extended() -> None:
    tree = {
        "package.json": {"workspaces": ["packages/*"]},
        "packages/config/package.json": {"name": "@acme/config"},
        "packages/config/tsconfig.web.json": {"compilerOptions": {"paths": {"x": ["./x.ts"]}}},
        "packages/app/tsconfig.json": {"extends": "@acme/config/tsconfig.web.json"},
        **files("packages/config/x.ts"),
    }
    assert target("x", tree, "packages/app/main.ts") == "packages/config/x.ts"


def test_the_nearest_configuration_counts() -> None:
    tree = {
        "tsconfig.json": {"compilerOptions": {"paths": {"x": ["./a.ts"]}}},
        "app/tsconfig.json": {"compilerOptions": {"paths": {"x": ["./b.ts"]}}},
        **files("a.ts", "app/b.ts"),
    }
    assert target("x", tree, "app/src/main.ts") == "app/b.ts"
    assert target("x", tree, "lib/main.ts") == "a.ts"


def test_a_configuration_may_leave_its_paths_to_those_it_refers_to() -> None:
    tree = {
        "tsconfig.json": {"files": [], "references": [{"path": "./tsconfig.app.json"}]},
        "tsconfig.app.json": "{ /* made by a template */ 'compilerOptions': { 'paths': { '@/*': ['./src/*'], }, }, }",
        **files("src/a.ts"),
    }
    assert target("@/a", tree) == "src/a.ts"


def test_cyclic_configurations_end() -> None:
    tree = {
        "tsconfig.json": {"extends": "./tsconfig.b.json", "references": [{"path": "./tsconfig.b.json"}]},
        "tsconfig.b.json": {"extends": "./tsconfig.json", "references": [{"path": "."}]},
    }
    assert target("x", tree) is None


WORKSPACE: Tree = {
    "package.json": {"name": "root", "workspaces": ["packages/*", "!packages/old"]},
    "packages/ui/package.json": {"name": "@acme/ui", "main": "dist/index.js", "types": "dist/index.d.ts"},
    "packages/ui/src/index.ts": "",
    "packages/ui/src/button.tsx": "",
    "packages/ui/theme.css": "",
    "packages/old/package.json": {"name": "old"},
    "packages/old/index.js": "",
    "elsewhere/package.json": {"name": "elsewhere"},
    "elsewhere/index.js": "",
}


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("@acme/ui", "packages/ui/src/index.ts"),  # dist/ is not built
        ("@acme/ui/dist/button", "packages/ui/src/button.tsx"),
        ("@acme/ui/src/button", "packages/ui/src/button.tsx"),
        ("@acme/ui/theme.css", ""),
        ("@acme/other", None),
        ("old", None),
        ("elsewhere", None),
    ],
)
def test_packages_of_a_workspace(specifier: str, expected: str | None) -> None:
    assert target(specifier, WORKSPACE, "packages/app/main.ts") == expected


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        ("pnpm-workspace.yaml", "packages:\n  - 'packages/*'\n"),
        ("lerna.json", '{"packages": ["packages/**"]}'),
        ("packages/app/package.json", '{"dependencies": {"ui": "workspace:^1.0.0"}}'),
        ("packages/app/package.json", '{"dependencies": {"ui": "file:../ui"}}'),
        ("packages/app/package.json", '{"dependencies": {"ui": "link:../ui"}}'),
        ("package.json", '{"workspaces": {"packages": ["./packages/*/"]}}'),
    ],
)
def test_members_are_declared_in_several_ways(manifest: str, text: str) -> None:
    tree = {manifest: text, "packages/ui/package.json": {"name": "ui"}, "packages/ui/index.ts": ""}
    assert target("ui", tree, "packages/app/main.ts") == "packages/ui/index.ts"


EXPORTS = {
    ".": {"types": "./dist/index.d.ts", "import": "./dist/index.mjs", "require": "./dist/index.js"},
    "./button": "./dist/button.js",
    "./icons/*": ["./dist/icons/*.js", "./icons/*.js"],
    "./hidden": None,
}


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("ui", "packages/ui/src/index.ts"),
        ("ui/button", "packages/ui/src/button.ts"),
        ("ui/icons/a", "packages/ui/icons/a.js"),
        ("ui/hidden", ""),
    ],
)
def test_exports(specifier: str, expected: str) -> None:
    tree = {
        "package.json": {"workspaces": ["packages/*"]},
        "packages/ui/package.json": {"name": "ui", "exports": EXPORTS},
        **files("packages/ui/src/index.ts", "packages/ui/src/button.ts", "packages/ui/icons/a.js"),
    }
    assert target(specifier, tree, "packages/app/main.ts") == expected


def test_a_condition_that_leads_to_the_source_is_taken() -> None:
    exports = {".": {"@acme/source": "./code/main.ts", "default": "./dist/main.js"}}
    tree = {"package.json": {"name": "ui", "exports": exports}, **files("code/main.ts", "src/main.ts")}
    assert target("ui", tree, "test/main.ts") == "code/main.ts"  # a package may import itself


def test_what_is_compiled_into_outdir_comes_from_the_sources() -> None:
    tree = {
        "package.json": {"workspaces": ["ui"]},
        "ui/package.json": {"name": "ui", "main": "build/cjs/deep/run.js"},
        "ui/tsconfig.json": {"compilerOptions": {"outDir": "build/cjs"}},
        "ui/src/deep/run.ts": "",
    }
    assert target("ui", tree, "app.ts") == "ui/src/deep/run.ts"


def test_what_runs_is_preferred_to_what_declares_it_where_nobody_checks_types() -> None:
    manifest = {"name": "ui", "exports": {".": {"types": "./index.d.ts", "default": "./index.js"}}}
    tree = {"package.json": manifest, **files("index.js", "index.d.ts")}
    assert target("ui", tree, "test/a.js") == "index.js"
    assert target("ui", tree, "test/a.ts") == "index.d.ts"


def test_imports_of_a_package() -> None:
    tree = {
        "package.json": {"imports": {"#a": "./src/a.ts", "#lib/*": {"default": "./lib/*.js"}}},
        **files("src/a.ts", "lib/b.js"),
    }
    assert target("#a", tree) == "src/a.ts"
    assert target("#lib/b", tree) == "lib/b.js"
    assert target("#c", tree) == ""


def test_an_unknown_alias_with_a_slash_is_tried_in_the_sources() -> None:
    tree = {"app/package.json": {"name": "app"}, **files("app/src/a.ts", "app/components/b.js")}
    assert target("@/a", tree, "app/test/main.ts") == "app/src/a.ts"
    assert target("~/components/b", tree, "app/test/main.ts") == "app/components/b.js"
    assert target("@/missing", tree, "app/test/main.ts") == ""


def test_a_declared_package_is_external_whatever_a_pattern_says() -> None:
    tree = {
        "tsconfig.json": {"compilerOptions": {"paths": {"@acme/*": ["packages/*/src"]}}},
        "package.json": {"dependencies": {"@acme/published": "^1"}},
    }
    assert target("@acme/published/sub", tree) is None
    assert target("@acme/unbuilt", tree) == ""


def test_a_path_from_the_root_is_one_of_the_nearest_package() -> None:
    tree = {"web/package.json": {"name": "web"}, **files("web/src/main.ts")}
    assert target("/src/main.ts", tree, "web/src/app.ts") == "web/src/main.ts"


def test_broken_manifests_leave_the_rest() -> None:
    tree = {"package.json": "{", "tsconfig.json": "nonsense", "src/package.json": "[]", "src/a.ts": ""}
    assert target("./a", tree) == "src/a.ts"
    assert target("react", tree) is None


def test_the_signature_tells_all_that_resolving_rests_on() -> None:
    one = resolver({"a.ts": "import './b'", "b.ts": ""})
    assert one.signature == resolver({"a.ts": "import './c'", "b.ts": "1"}).signature
    assert one.signature != resolver({"a.ts": "import './b'", "b.ts": "", "c.ts": ""}).signature
    assert one.signature != resolver({"a.ts": "", "b.ts": "", "tsconfig.json": CONFIG}).signature
    assert hash(one.signature) == hash(resolver({"a.ts": "import './b'", "b.ts": ""}).signature)


def test_resolving_is_linear() -> None:
    count = 1500
    paths = {f"@acme/p{number}/*": [f"packages/p{number}/src/*"] for number in range(count)}
    tree: dict[str, object] = {"tsconfig.json": {"compilerOptions": {"paths": paths}}}
    tree |= {f"packages/p{number}/src/a.ts": f"import '@acme/p{(number + 1) % count}/a'" for number in range(count)}
    made = resolver(tree)
    started = time.perf_counter()
    edges = [edge for path in tree if path.endswith(".ts") for edge in made.resolve(path).edges]
    assert time.perf_counter() - started < 2
    assert len(edges) == count


@pytest.mark.parametrize(
    ("specifier", "name"),
    [
        ("a", "a"),
        ("a/b", "a"),
        ("@s/a/b", "@s/a"),
        ("@s", ""),
        ("@/a", ""),
        ("node:fs", ""),
        ("__proto__", "__proto__"),
    ],
)
def test_package_names(specifier: str, name: str) -> None:
    assert package_name(specifier) == name


def test_a_star_may_stand_inside_a_pattern() -> None:
    patterns = Patterns((("a/*.js", ("b/*.ts",)), ("a/*", ("c/*",))))
    assert [targets for _, targets in patterns.find("a/x.js")] == [("b/x.ts",), ("c/x.js",)]
    assert list(patterns.find("a")) == []


_SPECIFIER = st.text("ab@#~./*?!:-_\\ \0", max_size=12)


@given(
    _SPECIFIER,
    st.dictionaries(_SPECIFIER, st.lists(_SPECIFIER, max_size=2), max_size=3),
    st.sampled_from(["workspaces", "exports", "imports", "main", "name", "dependencies"]),
)
@settings(max_examples=200, deadline=None)
def test_any_manifest_and_specifier_resolve(specifier: str, mapping: dict[str, list[str]], key: str) -> None:
    values: list[object] = [mapping, *mapping, *mapping.values()]
    for value in values:
        made = resolver(
            {
                "package.json": {"name": "a", "workspaces": ["*"], key: value},
                "b/package.json": {"name": "b", key: value},
                "tsconfig.json": {"extends": specifier, "compilerOptions": {"paths": mapping, "baseUrl": specifier}},
                "b/a.ts": f"import {json.dumps(specifier)}\nimport 'b/a'",
            }
        )
        assert len(made.resolve("b/a.ts").edges) <= 2
