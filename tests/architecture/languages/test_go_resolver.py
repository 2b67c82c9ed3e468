from collections.abc import Mapping

from reviewlore.adapters.grammars.go import GoGrammar
from reviewlore.architecture.languages.go import GoResolver
from reviewlore.architecture.languages.resolver import Sources
from reviewlore.domain.source import ParsedModule
from reviewlore.formats.manifests import is_manifest, parse_manifests

MOD = "module example.org/shop\n\ngo 1.21\n"


def resolver(files: Mapping[str, str]) -> GoResolver:
    grammar = GoGrammar()
    parsed: dict[str, ParsedModule] = {}
    for path, text in files.items():
        module = grammar.parse(path, text.encode())
        if module is not None:
            parsed[path] = module
    manifests = parse_manifests({path: text for path, text in files.items() if is_manifest(path)})
    return GoResolver(Sources(parsed, frozenset(files), manifests))


def edges(files: Mapping[str, str], path: str) -> list[tuple[str, str]]:
    return [(edge.imported, edge.name) for edge in resolver(files).resolve(path).edges]


def external(files: Mapping[str, str], path: str) -> list[str]:
    return [entry.target for entry in resolver(files).resolve(path).external]


def using(module: str, *names: str) -> str:
    package = module.rpartition("/")[2]
    uses = "".join(f"var _ = {package}.{name}\n" for name in names)
    return f'package main\nimport "{module}"\n{uses}'


STORE = {
    "go.mod": MOD,
    "store/store.go": "package store\ntype Store struct{}\n",
    "store/open.go": "package store\nfunc Open() {}\nconst Limit = 1\nfunc hidden() {}\n",
    "store/open_test.go": "package store_test\nfunc Helper() {}\n",
}


def test_an_import_leads_to_the_files_that_define_the_names_used() -> None:
    files = {**STORE, "main.go": using("example.org/shop/store", "Open", "Limit", "Store")}
    assert edges(files, "main.go") == [
        ("store/open.go", "store/open.Open"),
        ("store/open.go", "store/open.Limit"),
        ("store/store.go", "store/store.Store"),
    ]


def test_the_edge_has_the_line_and_kind_of_the_import() -> None:
    text = f"//go:build linux\n\n{using('example.org/shop/store', 'Open')}"
    (edge,) = resolver({**STORE, "main.go": text}).resolve("main.go").edges
    assert (edge.importer, edge.line, edge.kind) == ("main.go", 4, "conditional")


def test_names_the_package_has_not_lead_to_its_face_once() -> None:
    files = {**STORE, "main.go": using("example.org/shop/store", "Generated", "Other")}
    assert edges(files, "main.go") == [("store/store.go", "store/store")]
    blank = {**STORE, "main.go": 'package main\nimport _ "example.org/shop/store"\n'}
    assert edges(blank, "main.go") == [("store/store.go", "store/store")]


def test_without_a_file_called_like_the_package_its_doc_or_first_file_is_the_face() -> None:
    blank = 'package main\nimport _ "example.org/shop/db"\n'
    files = {"go.mod": MOD, "main.go": blank, "db/a.go": "package db\n", "db/doc.go": "package db\n"}
    assert edges(files, "main.go") == [("db/doc.go", "db/doc")]
    del files["db/doc.go"]
    assert edges(files, "main.go") == [("db/a.go", "db/a")]


def test_tests_import_and_are_not_imported() -> None:
    test = 'package store_test\nimport "example.org/shop/store"\nvar _ = store.Helper\nvar _ = store.Open\n'
    files = {**STORE, "store/open_test.go": test, "main.go": using("example.org/shop/store", "Helper")}
    assert edges(files, "store/open_test.go") == [("store/open.go", "store/open.Open")]
    assert edges(files, "main.go") == [("store/store.go", "store/store")]


def test_standard_library_and_other_modules_are_external() -> None:
    text = 'package main\nimport (\n\t"fmt"\n\t"example.org/shopping/cart"\n\t"C"\n\t"example.org/shop/gen"\n)\n'
    files = {**STORE, "main.go": text}
    assert external(files, "main.go") == ["fmt", "example.org/shopping/cart", "C"]
    assert edges(files, "main.go") == []  # example.org/shop/gen is ours and not in the tree


def test_vendored_and_testdata_packages_are_not_ours() -> None:
    files = {
        "go.mod": MOD,
        "main.go": 'package main\nimport (\n\t_ "other.org/dep"\n\t_ "example.org/shop/testdata/x"\n)\n',
        "vendor/other.org/dep/dep.go": "package dep\n",
        "vendor/other.org/dep/go.mod": "module other.org/dep\n",
        "testdata/x/x.go": "package x\n",
    }
    assert edges(files, "main.go") == []
    assert external(files, "main.go") == ["other.org/dep"]


def test_the_longest_module_path_decides_among_several() -> None:
    files = {
        "go.mod": MOD,
        "api/go.mod": "module example.org/shop/api\n",
        "api/v1/v1.go": "package v1\nfunc New() {}\n",
        "lib/go.mod": "module example.org/lib\n",
        "lib/lib.go": "package lib\nfunc Do() {}\n",
        "main.go": using("example.org/shop/api/v1", "New"),
        "api/cmd/main.go": using("example.org/lib", "Do"),
    }
    assert edges(files, "main.go") == [("api/v1/v1.go", "api/v1/v1.New")]
    assert edges(files, "api/cmd/main.go") == [("lib/lib.go", "lib/lib.Do")]


def test_a_replacement_by_a_local_folder_is_followed() -> None:
    files = {
        "go.mod": f"{MOD}replace other.org/dep v1.0.0 => ./forks/dep\nreplace far.org/dep => ../outside\n",
        "forks/dep/dep.go": "package dep\nfunc Do() {}\n",
        "main.go": 'package main\nimport (\n\t"other.org/dep"\n\tfar "far.org/dep"\n)\nvar _, _ = dep.Do, far.Do\n',
    }
    assert edges(files, "main.go") == [("forks/dep/dep.go", "forks/dep/dep.Do")]
    assert external(files, "main.go") == ["far.org/dep"]


def test_of_two_manifests_that_claim_a_path_the_upper_one_wins() -> None:
    files = {**STORE, "examples/copy/go.mod": MOD, "main.go": using("example.org/shop/store", "Open")}
    assert edges(files, "main.go") == [("store/open.go", "store/open.Open")]


def test_without_a_manifest_the_imports_tell_the_module_path() -> None:
    files = {
        **STORE,
        "main.go": using("example.org/shop/store", "Open"),
        "http/http.go": 'package http\nimport "net/http"\n',
    }
    del files["go.mod"]
    assert edges(files, "main.go") == [("store/open.go", "store/open.Open")]
    assert external(files, "http/http.go") == ["net/http"]


def test_a_module_below_the_top_and_packages_at_its_root() -> None:
    files = {
        "src/go.mod": "module shop\n",
        "src/shop.go": "package shop\nfunc New() {}\n",
        "src/cmd/main.go": using("shop", "New"),
    }
    assert edges(files, "src/cmd/main.go") == [("src/shop.go", "src/shop.New")]


def test_a_file_that_belongs_to_all_platforms_is_preferred() -> None:
    files = {
        "go.mod": MOD,
        "os/a_linux.go": '//go:build linux\n\npackage os\nimport "fmt"\nfunc Open() {}\n',
        "os/z.go": "package os\nfunc Open() {}\n",
        "main.go": using("example.org/shop/os", "Open"),
    }
    assert edges(files, "main.go") == [("os/z.go", "os/z.Open")]


def test_relative_imports_cannot_climb_out_of_the_tree() -> None:
    files = {**STORE, "cmd/main.go": 'package main\nimport (\n\t_ "../store"\n\t_ "../../x"\n\t_ "./"\n)\n'}
    assert edges(files, "cmd/main.go") == [("store/store.go", "store/store")]
    assert external(files, "cmd/main.go") == ["../../x"]


def test_the_name_of_a_file_is_its_package_and_its_own() -> None:
    assert resolver(STORE).name("store/open.go") == "store/open"


def test_the_signature_changes_with_what_others_resolve_to_and_not_otherwise() -> None:
    before = resolver(STORE).signature
    assert resolver({**STORE, "store/open.go": STORE["store/open.go"] + "func alsoHidden() {}\n"}).signature == before
    assert resolver({**STORE, "store/open.go": STORE["store/open.go"] + "func Close() {}\n"}).signature != before
    assert resolver({**STORE, "go.mod": "module other\n"}).signature != before
    hash(before)
