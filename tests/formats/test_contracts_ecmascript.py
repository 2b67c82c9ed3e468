import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.domain.architecture import Contract
from reviewlore.formats.contracts_ecmascript import is_contract_file, parse_contracts
from reviewlore.formats.path_patterns import globs_of


def parse(value: object, path: str) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    return parse_contracts({path: value if isinstance(value, str) else json.dumps(value)})


def only(value: object, path: str = ".dependency-cruiser.json") -> Contract:
    (found,), notes = parse(value, path)
    assert notes == ()
    assert (found.kind, found.origin) == ("forbidden", path)
    return found


@pytest.mark.parametrize(
    ("pattern", "globs"),
    [
        ("^src/(a|b)/", ("src/a", "src/b")),
        ("^src/[^/]+/api", ("src/*/api*",)),
        ("^src", ("src*",)),
        ("src/ui/", ("**/src/ui",)),
        ("(^|/)test/", ("**/test",)),
        (r"^src/x\.ts$", ("src/x",)),
        (r"\.spec\.tsx?$", ("**/*.spec",)),
        (r"[.](?:spec|test)[.](?:js|mjs|ts)$", ("**/*.spec", "**/*.test")),
        ("^(packages|apps)/[^/]+/src/", ("packages/*/src", "apps/*/src")),
        ("^src/.+/db/", ("src/**/db",)),
        ("^src/features/([^/]+)/.+", ("src/features/*",)),
        ("^src/$1", None),
        ("(?!x)a", None),
        ("a{2}", None),
        ("(", None),
        (")", None),
        ("[a-z]+", None),
        ("(a|b)" * 20, None),
    ],
)
def test_globs_of_regular_expressions(pattern: str, globs: tuple[str, ...] | None) -> None:
    assert globs_of(pattern) == globs


def test_dependency_cruiser() -> None:
    found = only(
        """{
  // written by hand
  "forbidden": [{
    "name": "ui-not-to-db", "severity": "error",
    "from": { "path": "^src/ui/", "pathNot": ["[.]spec[.]ts$"] },
    "to": { "path": ["^src/db/", "^src/sql/"], "pathNot": "^src/db/types/" },
  }],
}"""
    )
    assert (found.name, found.sources, found.targets) == ("ui-not-to-db", ("src/ui",), ("src/db", "src/sql"))
    assert found.ignored == (
        ("**/*.spec", "**"),
        ("**/*.spec/**", "**"),
        ("**", "src/db/types"),
        ("**", "src/db/types/**"),
    )


def test_a_rule_without_a_start_is_about_everything() -> None:
    assert only({"forbidden": [{"name": "a", "from": {}, "to": {"path": "^x/"}}]}).sources == ("**",)


def test_a_configuration_that_is_one_literal_is_read_though_it_is_code() -> None:
    text = """/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [{
    name: 'a',
    comment: 'Because ' +
      'of it.',
    from: { path: '^a/' },
    to: { path: '^b/' },
  }],
  options: { doNotFollow: { path: 'node_modules' } },
};
// generated
"""
    assert only(text, ".dependency-cruiser.js").targets == ("b",)


def test_texts_written_as_a_sum_are_joined_whatever_their_quotes() -> None:
    text = r"""module.exports = {
  forbidden: [{
    name: 'it\'s ' + // why
      "an 'a'" +
      ' and a "b"',
    comment: 'a // no comment' + '/* neither */',
    from: { path: '^a/' + 'x/' }, to: { path: '^b' + "/" },
  }],
};
"""
    found = only(text, ".dependency-cruiser.js")
    assert found.name == """it's an 'a' and a "b\""""
    assert (found.sources, found.targets) == (("a/x",), ("b",))


def test_all_but_some_is_what_is_allowed() -> None:
    rule = {
        "name": "pure",
        "from": {"path": "^src/domain/", "pathNot": "^src/domain/x/"},
        "to": {"pathNot": "^src/domain/"},
    }
    ((found,), _) = parse({"forbidden": [rule]}, ".dependency-cruiser.json")
    assert (found.kind, found.sources, found.targets) == ("allowed", ("src/domain",), ("src/domain",))
    assert found.ignored == (("src/domain/x", "**"), ("src/domain/x/**", "**"))


def test_imports_of_types_count_where_it_is_asked_for() -> None:
    rule = {"name": "a", "from": {"path": "^a/"}, "to": {"path": "^b/"}}
    assert only({"forbidden": [rule]}).ignore_type_only
    assert not only({"forbidden": [rule], "options": {"tsPreCompilationDeps": True}}).ignore_type_only
    assert not only({"forbidden": [rule], "options": {"tsPreCompilationDeps": "specify"}}).ignore_type_only


def test_third_parties_are_called_by_their_name() -> None:
    rule = {"name": "a", "from": {"path": "^a/"}, "to": {"path": ["^node_modules/react/", "(^|/)node_modules/@vue/"]}}
    assert only({"forbidden": [rule]}).targets == ("react", "@vue")


def test_paths_are_written_from_the_folder_that_the_tool_is_run_in() -> None:
    rule = {"name": "a", "from": {"path": "^src/a/"}, "to": {"path": ["^web/src/b/", "/c/"], "pathNot": "^src/c/x/"}}
    config = json.dumps({"forbidden": [rule, {"name": "b", "from": {}, "to": {"path": "^src/b/"}}]})
    (found, all_of_it), notes = parse_contracts(
        {"web/package.json": "{}", "web/config/.dependency-cruiser.json": config}
    )
    assert notes == ()
    assert (found.sources, found.targets) == (("web/src/a",), ("web/src/b", "web/**/c"))
    assert found.ignored == (("**", "web/src/c/x"), ("**", "web/src/c/x/**"))
    assert all_of_it.sources == ("web",)


@pytest.mark.parametrize(
    "text",
    ["const a = 1", "module.exports = require('./base')", "module.exports = { forbidden: make() }", "export default {"],
)
def test_code_is_named_in_a_note(text: str) -> None:
    assert parse(text, ".dependency-cruiser.cjs")[0] == ()
    assert "it is code" in parse(text, ".dependency-cruiser.cjs")[1][0]


def test_rules_that_say_more_are_named_in_one_note() -> None:
    rules = [
        {"name": "no-circular", "from": {}, "to": {"circular": True}},
        {"name": "no-orphans", "from": {"orphan": True}, "to": {}},
        {"name": "own", "from": {"path": "^f/([^/]+)/"}, "to": {"path": "^f/", "pathNot": "^f/$1/"}},
        {"name": "off", "severity": "ignore", "from": {}, "to": {"circular": True}},
    ]
    contracts, notes = parse({"forbidden": rules, "allowed": [{}]}, ".dependency-cruiser.json")
    assert contracts == ()
    assert notes == (
        ".dependency-cruiser.json: these import rules say more than is judged here: "
        "“no-circular”, “no-orphans”, “own”, “allowed”.",
    )


ZONES = {
    "zones": [
        {"target": "./src/client", "from": "./src/server", "except": ["./shared"], "message": "Ask over HTTP."},
        {"target": ["./src/{a,b}"], "from": "./src/c"},
    ]
}


@pytest.mark.parametrize("path", [".eslintrc.json", ".eslintrc", "web/.eslintrc.json"])
def test_restricted_paths(path: str) -> None:
    (found,), notes = parse({"rules": {"import/no-restricted-paths": ["error", ZONES]}}, path)
    base = "web/" if "/" in path else ""
    assert (found.name, found.sources) == ("Ask over HTTP.", (f"{base}src/client",))
    assert found.targets == (f"{base}src/server",)
    assert found.ignored == (("**", f"{base}src/server/shared"), ("**", f"{base}src/server/shared/**"))
    assert "import/no-restricted-paths" in notes[0]


def test_restricted_paths_in_yaml_and_in_a_manifest() -> None:
    text = "rules:\n  import/no-restricted-paths: [2, {zones: [{target: a, from: b}]}]\n"
    assert only(text, ".eslintrc.yml").sources == ("a",)
    rules = {"import/no-restricted-paths": [1, {"zones": [{"target": "a", "from": "b/**/*"}]}]}
    assert only({"eslintConfig": {"rules": rules}}, "package.json").targets == ("b",)
    assert only({"overrides": [{"files": ["*.ts"], "rules": rules}]}, ".eslintrc.json").targets == ("b",)


@pytest.mark.parametrize("level", ["off", 0])
def test_a_rule_that_is_off_says_nothing(level: object) -> None:
    assert parse({"rules": {"import/no-restricted-paths": [level, ZONES]}}, ".eslintrc.json") == ((), ())


BOUNDARIES = {
    "settings": {
        "boundaries/elements": [
            {"type": "helpers", "pattern": "helpers/*"},
            {"type": "components", "pattern": "src/components", "mode": "full"},
            {"type": "modules", "pattern": ["modules/*"]},
        ]
    },
    "rules": {
        "boundaries/element-types": [
            2,
            {
                "default": "disallow",
                "rules": [
                    {"from": "components", "allow": ["helpers"]},
                    {"from": ["modules"], "allow": "*"},
                    {"from": "modules", "disallow": ["helpers"]},
                ],
            },
        ]
    },
}


def test_boundaries() -> None:
    found = {one.name.partition(": ")[2]: one for one in parse(BOUNDARIES, ".eslintrc.json")[0]}
    assert {name: (one.sources, one.targets) for name, one in found.items()} == {
        "helpers": (("**/helpers/*",), ("src/components", "**/modules/*")),
        "components": (("src/components",), ("**/modules/*",)),
        "modules": (("**/modules/*",), ("**/helpers/*",)),
    }


def nx(*constraints: dict[str, object]) -> dict[str, str]:
    rule = ["error", {"depConstraints": list(constraints)}]
    block = {"files": ["*.ts", "*.tsx"], "rules": {"@nx/enforce-module-boundaries": rule}}
    return {
        ".eslintrc.json": json.dumps({"overrides": [block]}),
        "libs/ui/project.json": '{"tags": ["type:ui", "scope:shared"]}',
        "libs/data/project.json": '{"tags": ["type:data"]}',
        "apps/web/package.json": '{"nx": {"tags": ["type:app"]}}',
        "libs/untagged/project.json": "{}",
    }


def test_tags_of_nx() -> None:
    texts = nx({"sourceTag": "type:ui", "onlyDependOnLibsWithTags": ["type:ui"]})
    (found,), notes = parse_contracts(texts)
    assert (found.sources, found.targets, notes) == (("libs/ui",), ("apps/web", "libs/data"), ())
    texts = nx({"sourceTag": "type:app", "onlyDependOnLibsWithTags": ["*"], "notDependOnLibsWithTags": ["type:data"]})
    assert parse_contracts(texts)[0][0].targets == ("libs/data",)
    texts = nx({"allSourceTags": ["type:ui", "scope:shared"], "onlyDependOnLibsWithTags": []})
    assert parse_contracts(texts)[0][0].sources == ("libs/ui",)
    texts = nx({"sourceTag": "*", "onlyDependOnLibsWithTags": ["*"]})
    assert parse_contracts(texts) == ((), ())
    assert "type:*" in parse_contracts(nx({"sourceTag": "type:*", "onlyDependOnLibsWithTags": ["a"]}))[1][0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".dependency-cruiser.json", True),
        ("a/.dependency-cruiser.cjs", True),
        (".eslintrc", True),
        (".eslintrc.yaml", True),
        ("eslint.config.mjs", True),
        ("libs/a/project.json", True),
        ("package.json", True),
        ("node_modules/a/.eslintrc.json", False),
        ("eslint.md", False),
    ],
)
def test_which_files_are_asked_for(path: str, expected: bool) -> None:
    assert is_contract_file(path) is expected


def test_a_configuration_without_such_rules_says_nothing() -> None:
    texts = {".eslintrc.json": '{"rules": {"semi": 2}}', "eslint.config.js": "export default [a]", "package.json": "{"}
    assert parse_contracts(texts) == ((), ())


@pytest.mark.parametrize("text", ["{" * 50_000, "[" * 50_000, "module.exports = {" + "a" * 300_000, "'' + " * 50_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.perf_counter()
    parse_contracts({".dependency-cruiser.js": text, ".eslintrc.json": f"{text} no-restricted-paths"})
    assert time.perf_counter() - started < 2


_VALUES = st.recursive(
    st.none() | st.booleans() | st.text("ab^$/.*()|[]+?\\", max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("from to path pathNot name rules zones target except files tags".split()), inner
        )
    ),
    max_leaves=10,
)


@given(_VALUES)
@settings(max_examples=150, deadline=None)
def test_any_values_are_read(value: object) -> None:
    rules = {"import/no-restricted-paths": [2, value], "boundaries/element-types": [2, value]}
    rules["@nx/enforce-module-boundaries"] = [2, {"depConstraints": value}]
    config = {"rules": rules, "overrides": value, "settings": {"boundaries/elements": value}, "forbidden": value}
    for path in (".eslintrc.json", ".dependency-cruiser.json"):
        assert all(one.sources and one.targets for one in parse(config, path)[0])


@given(st.text("ab^$/.*()|[]+?\\-w", max_size=30))
@settings(max_examples=300)
def test_any_pattern_is_read(pattern: str) -> None:
    assert all(globs_of(pattern) or ["a"])


@pytest.mark.parametrize("path", [True, ["a", 1], "^a|" * 200 + "b", {"a": "b"}])
def test_a_path_that_cannot_be_read_forbids_nothing_else_instead(path: object) -> None:
    rule = {"name": "odd", "from": {}, "to": {"path": path}}
    found, (note,) = parse({"forbidden": [rule]}, ".dependency-cruiser.json")
    assert found == ()
    assert "“odd”" in note


def test_a_pattern_of_many_choices_is_refused_before_they_are_made() -> None:
    start = time.perf_counter()
    assert globs_of("^a" + "?" * 400) is None
    assert globs_of("^" + "ab?" * 100) is None
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("part", ["/*", '"\\"', "'a'+", "//", "'", "\"'", "+", "{", "/**/+"])
def test_long_configurations_as_code_take_little_time(part: str) -> None:
    text = "module.exports = {" + part * (400_000 // len(part))
    assert parse(text, ".dependency-cruiser.js")[0] == ()


def test_hundreds_of_types_of_elements_and_of_rules_about_them_are_told_not_multiplied() -> None:
    elements = [{"type": f"t{number}", "pattern": "a/*"} for number in range(500)]
    rules = {"boundaries/element-types": [2, {"rules": [{"from": "*", "allow": "*"}] * 500}]}
    started = time.process_time()
    found, (note,) = parse({"settings": {"boundaries/elements": elements}, "rules": rules}, ".eslintrc.json")
    assert time.process_time() - started < 2
    assert found == ()
    assert "boundaries/element-types" in note
