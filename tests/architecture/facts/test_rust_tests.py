"""Rust's tests stand beside the code they test: a change that writes one has a test, and tests may be alike."""

import pytest
from tests.architecture.facts.changes import change_of
from tests.architecture.trees import Tree

from reviewlore.architecture.facts.clones import find_clones
from reviewlore.architecture.facts.partners import find_missing_tests
from reviewlore.architecture.places import is_generated

BODY = (
    "    let mut found = Vec::new();\n    for row in {0}.lines() {{\n        if row.is_empty() || found.len() > 9 {{\n"
    "            continue;\n        }}\n        found.push(row.trim().to_string());\n        found.sort_by_key(key);\n"
    "    }}\n    assert_eq!(found.len(), {0}.len());\n"
)
CARGO = {"Cargo.toml": '[package]\nname = "a"\n'}


def function(name: str, argument: str, head: str = "") -> str:
    return f"{head}fn {name}({argument}: &str) {{\n{BODY.format(argument)}}}\n\n"


@pytest.mark.parametrize("mark", ["#[test]\n", "#[tokio::test]\n", "#[rstest]\n"])
def test_tests_may_be_alike(mark: str) -> None:
    before = {**CARGO, "src/lib.rs": function("one", "text", mark)}
    after = {"src/lib.rs": before["src/lib.rs"] + function("two", "other", mark)}
    assert list(find_clones(change_of(before, after))) == []
    plain = {path: text.replace(mark, "") for path, text in before.items()}
    (fact,) = find_clones(change_of(plain, {"src/lib.rs": after["src/lib.rs"].replace(mark, "")}))
    assert fact.kind == "duplicated_helper"


def test_what_is_done_to_a_reference_and_a_mutable_one_has_to_be_written_twice() -> None:
    before = {**CARGO, "src/lib.rs": function("rows", "text")}
    after = {"src/lib.rs": before["src/lib.rs"] + function("rows_mut", "text")}
    assert list(find_clones(change_of(before, after))) == []


NEW = "pub fn run(n: u8) -> u8 {\n    let a = n + 1;\n    let b = a * 2;\n    let c = b + a;\n    a + b + c\n}\n"


def test_a_change_that_writes_a_test_in_the_same_file_has_a_test() -> None:
    base = {
        **CARGO,
        "src/store.rs": "pub fn open() {}\n",
        "src/lib.rs": "mod store;\n",
        "tests/store_test.rs": "fn t() {}\n",
    }
    (fact,) = find_missing_tests(change_of(base, {"src/store.rs": base["src/store.rs"] + NEW}))
    assert fact.kind == "test_partner_missing"
    tested = f"{NEW}\n#[cfg(test)]\nmod tests {{\n    #[test]\n    fn runs() {{\n        super::run(1);\n    }}\n}}\n"
    assert list(find_missing_tests(change_of(base, {"src/store.rs": base["src/store.rs"] + tested}))) == []


@pytest.mark.parametrize(
    "path",
    [
        "a/x.pb.go",
        "x_grpc_mock.pb.go",
        "x.pb.gw.go",
        "api/zz_generated.deepcopy.go",
        "x.gen.go",
        "a_pb2.py",
        "a_pb2_grpc.pyi",
    ],
)
def test_code_that_tools_write_is_known_by_its_name(path: str) -> None:
    assert is_generated(path)


@pytest.mark.parametrize("path", ["generated.go", "pb.go", "mapgen.go", "gen.rs", "src/pb2.py"])
def test_names_that_only_resemble_those_of_generated_code(path: str) -> None:
    assert not is_generated(path)


def test_facts_of_a_rust_change_know_modules_and_names(tmp_path) -> None:
    before = {
        **CARGO,
        "src/lib.rs": "mod a;\nmod b;\n",
        "src/a.rs": "use crate::b::go;\npub fn run() { go() }\n",
        "src/b.rs": "pub fn go() {}\n",
    }
    tree = Tree(tmp_path / "repo")
    facts = tree.facts(before, {"src/b.rs": "use crate::a::run;\npub fn stop() { run() }\n"})
    assert [(fact.kind, fact.path) for fact in facts] == [("removed_name_still_imported", "src/b.rs")]
