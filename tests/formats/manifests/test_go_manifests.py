import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.domain.manifest import Dependency
from reviewlore.formats.manifests import is_manifest, parse_manifests
from reviewlore.formats.manifests.go import parse_go_mod, parse_go_work

TEXT = """// Deprecated: use v2.
module example.org/shop // comment

go 1.21
toolchain go1.22.0

require github.com/a/b v1.2.3

require (
\tgithub.com/c/d/v2 v2.0.0-20230101000000-abcdefabcdef
\tgolang.org/x/sys v0.1.0 // indirect
\t"example.org/quoted" `v1.0.0`
\texample.org/local v0.0.0
)

exclude github.com/a/b v1.2.0
retract [v1.0.0, v1.1.0] // broken
replace (
\texample.org/local => ./lib/local
\tgithub.com/a/b v1.2.3 => github.com/fork/b v1.2.4
\tgithub.com/c/d/v2 => ../../outside
)
"""


def test_reads_requirements_with_lines_scopes_and_local_replacements() -> None:
    (manifest,) = parse_go_mod("app/go.mod", TEXT)
    assert (manifest.name, manifest.folder, manifest.problem) == ("example.org/shop", "app", "")
    assert manifest.dependencies == (
        Dependency("github.com/a/b", "go", "runtime", 7, "v1.2.3"),
        Dependency("github.com/c/d/v2", "go", "runtime", 10, "v2.0.0-20230101000000-abcdefabcdef"),
        Dependency("golang.org/x/sys", "go", "indirect", 11, "v0.1.0"),
        Dependency("example.org/quoted", "go", "runtime", 12, "v1.0.0"),
        Dependency("example.org/local", "go", "runtime", 13, "v0.0.0", local=True),
    )
    assert manifest.aliases == (("example.org/local", ("app/lib/local",)),)


def test_a_workspace_names_its_members() -> None:
    (manifest,) = parse_go_work("go.work", "go 1.21\nuse .\nuse (\n\t./api\n\t../outside\n)\nreplace a.b/c => ./c\n")
    assert manifest.members == ("", "api")
    assert manifest.aliases == (("a.b/c", ("c",)),)


def test_lines_that_cannot_be_read_are_counted() -> None:
    (manifest,) = parse_go_mod("go.mod", "module a\n<<<<<<< ours\nrequire a.b/c v1\n=======\nrequire\n")
    assert manifest.problem == "3 lines could not be read, the first of them line 2"
    assert [entry.name for entry in manifest.dependencies] == ["a.b/c"]


def test_carriage_returns_do_not_belong_to_the_words() -> None:
    (manifest,) = parse_go_mod("go.mod", "module a.b/c\r\nrequire (\r\n\td.e/f v1.0.0\r\n)\r\n")
    assert (manifest.name, manifest.dependencies[0].requirement) == ("a.b/c", "v1.0.0")


@pytest.mark.parametrize("path", ["go.mod", "a/b/go.mod", "go.work"])
def test_is_registered(path: str) -> None:
    assert is_manifest(path)
    assert [entry.path for entry in parse_manifests({path: "module a\n"})] == [path]


@given(st.text(max_size=300))
def test_never_raises_on_any_text(text: str) -> None:
    assert parse_go_mod("go.mod", text)[0].ecosystem == "go"
    assert parse_go_work("go.work", text)[0].ecosystem == "go"


@given(st.lists(st.sampled_from('module require replace use ( ) => . ../x ./y " ` // v1 [ ] , \n'.split(" "))))
def test_never_raises_on_any_words(words: list[str]) -> None:
    (manifest,) = parse_go_mod("a/go.mod", " ".join(words))
    assert all(not target.startswith("..") for _, targets in manifest.aliases for target in targets)


def test_long_lines_are_read_in_linear_time() -> None:
    (manifest,) = parse_go_mod("go.mod", "require " + '"' * 500_000 + "\n" + "`" * 499_999 + "\n" + "( " * 300_000)
    assert manifest.problem


def test_quotes_that_never_end_are_read_in_linear_time() -> None:
    begun = time.perf_counter()
    (found,) = parse_manifests({"go.mod": "module a\nrequire " + '\\"' * 200_000})
    assert time.perf_counter() - begun < 2
    assert found.name == "a"
