"""Facts about third-party packages, for Python, npm, Go and Rust."""

import json
from collections.abc import Mapping

import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.distributions import candidates, is_standard, is_unexplained, tops_of
from reviewlore.architecture.facts.dependencies import (
    find_new_dependencies,
    find_undeclared,
    find_unused_dependencies,
)
from reviewlore.architecture.rivals import find_rival
from reviewlore.domain.architecture import Fact
from reviewlore.domain.manifest import Ecosystem


def pyproject(*wanted: str, more: str = "") -> str:
    rows = "".join(f'  "{one}",\n' for one in wanted)
    return f'[project]\nname = "app"\ndependencies = [\n{rows}]\n{more}'


def package(**sections: Mapping[str, str]) -> str:
    return json.dumps({"name": "app", **sections}, indent=1)


def go_mod(*wanted: str) -> str:
    return "module example.org/app\n\nrequire (\n" + "".join(f"\t{one} v1.0.0\n" for one in wanted) + ")\n"


def cargo(*wanted: str) -> str:
    return '[package]\nname = "app"\n[dependencies]\n' + "".join(f'{one} = "1"\n' for one in wanted)


def told(facts: object) -> list[tuple[str, str, int | None]]:
    assert not isinstance(facts, str)
    return [(fact.kind, fact.path, fact.line) for fact in facts]  # type: ignore[attr-defined]


def only(facts: object) -> Fact:
    (fact,) = facts  # type: ignore[misc]
    assert isinstance(fact, Fact)
    return fact


BEFORE_AND_AFTER = [
    ("pyproject.toml", pyproject("attrs"), pyproject("attrs", "lxml>=5"), "lxml", 5, "app/a.py", "import lxml.etree\n"),
    ("requirements.txt", "attrs\n", "attrs\nPyYAML==6\n", "pyyaml", 2, "app/a.py", "import yaml\n"),
    (
        "package.json",
        package(dependencies={"react": "1"}),
        package(dependencies={"react": "1", "@acme/ui": "2"}),
        "@acme/ui",
        5,
        "src/a.ts",
        "import { B } from '@acme/ui/button';\n",
    ),
    (
        "go.mod",
        go_mod("github.com/a/b"),
        go_mod("github.com/a/b", "github.com/c/d"),
        "github.com/c/d",
        5,
        "main.go",
        'package main\n\nimport "github.com/c/d/inner"\n\nfunc main() { inner.Run() }\n',
    ),
    (
        "Cargo.toml",
        cargo("serde"),
        cargo("serde", "serde-json"),
        "serde-json",
        5,
        "src/lib.rs",
        "use serde_json::Value;\n",
    ),
]


@pytest.mark.parametrize(("manifest", "before", "after", "name", "line", "path", "source"), BEFORE_AND_AFTER)
def test_a_gained_package_is_told_with_who_imports_it(
    manifest: str, before: str, after: str, name: str, line: int, path: str, source: str
) -> None:
    change = change_of({manifest: before, path: ""}, {manifest: after, path: source})
    fact = only(find_new_dependencies(change))
    assert (fact.kind, fact.path, fact.line, fact.severity) == ("dependency_new", manifest, line, "info")
    assert f"`{name}`" in fact.title
    assert [entry.path for entry in fact.evidence] == [path]


@pytest.mark.parametrize(
    "after",
    [
        pyproject("attrs>=24"),
        pyproject("attrs", more='[project.optional-dependencies]\nx = ["lxml"]\n'),
        pyproject("attrs", more='[dependency-groups]\ndev = ["lxml"]\n'),
        pyproject("attrs", "pytest"),
        pyproject("attrs", "app[all]"),
    ],
    ids=["version", "extra", "group", "known", "itself"],
)
def test_what_changes_nothing_for_users_is_no_new_dependency(after: str) -> None:
    before = {"pyproject.toml": pyproject("attrs"), "requirements-dev.txt": "pytest\n"}
    assert list(find_new_dependencies(change_of(before, {"pyproject.toml": after}))) == []


def test_types_of_a_package_that_is_there_are_no_new_dependency() -> None:
    before, after = package(dependencies={"react": "19"}), package(dependencies={"react": "19", "@types/react": "19"})
    assert list(find_new_dependencies(change_of({"package.json": before}, {"package.json": after}))) == []


def test_one_package_in_two_manifests_is_one_fact_and_goes_to_the_package() -> None:
    before = {"pyproject.toml": pyproject("attrs"), "requirements.txt": "attrs\n"}
    after = {"pyproject.toml": pyproject("attrs", "lxml"), "requirements.txt": "attrs\nlxml==5\n"}
    assert told(find_new_dependencies(change_of(before, after))) == [("dependency_new", "pyproject.toml", 5)]


@pytest.mark.parametrize("path", ["tests/data/pyproject.toml", "examples/a/pyproject.toml", "docs/requirements.txt"])
def test_what_does_not_ship_takes_on_nothing(path: str) -> None:
    texts = (pyproject("attrs"), pyproject("attrs", "lxml")) if path.endswith("toml") else ("attrs\n", "attrs\nlxml\n")
    assert list(find_new_dependencies(change_of({path: texts[0]}, {path: texts[1]}))) == []


def test_a_new_manifest_is_no_news() -> None:
    assert list(find_new_dependencies(change_of({}, {"pyproject.toml": pyproject("lxml")}))) == []


@pytest.mark.parametrize(
    ("path", "before", "after", "gained", "rival", "purpose"),
    [
        ("pyproject.toml", pyproject("requests"), pyproject("requests", "httpx"), "httpx", "requests", "HTTP client"),
        (
            "package.json",
            package(dependencies={"moment": "1"}),
            package(dependencies={"moment": "1", "dayjs": "1"}),
            "dayjs",
            "moment",
            "dates",
        ),
        (
            "go.mod",
            go_mod("github.com/sirupsen/logrus"),
            go_mod("github.com/sirupsen/logrus", "go.uber.org/zap"),
            "go.uber.org/zap",
            "github.com/sirupsen/logrus",
            "logging",
        ),
        ("Cargo.toml", cargo("anyhow"), cargo("anyhow", "eyre"), "eyre", "anyhow", "errors"),
    ],
)
def test_a_second_package_for_one_purpose(
    path: str, before: str, after: str, gained: str, rival: str, purpose: str
) -> None:
    fact = only(find_new_dependencies(change_of({path: before}, {path: after})))
    assert fact.kind == "dependency_duplicate"
    assert fact.title == f"`{gained}` joins `{rival}`: two packages for one purpose ({purpose})"


def test_who_replaces_a_package_doubles_nothing() -> None:
    change = change_of({"pyproject.toml": pyproject("requests")}, {"pyproject.toml": pyproject("httpx")})
    assert told(find_new_dependencies(change)) == [("dependency_new", "pyproject.toml", 4)]


def test_packages_of_other_parts_are_no_rivals() -> None:
    before = {"a/package.json": package(dependencies={"moment": "1"}), "b/package.json": package(dependencies={})}
    change = change_of(before, {"b/package.json": package(dependencies={"dayjs": "1"})})
    assert told(find_new_dependencies(change)) == [("dependency_new", "b/package.json", 4)]


@pytest.mark.parametrize(
    ("ecosystem", "name", "others", "expected"),
    [
        ("pypi", "httpx", ["attrs", "requests", "aiohttp"], ("aiohttp", "HTTP client")),
        ("pypi", "httpx", ["httpx"], None),
        ("pypi", "unheard-of", ["requests"], None),
        ("npm", "requests", ["axios"], None),
        ("maven", "com.google.code.gson:gson", ["com.alibaba:fastjson"], ("com.alibaba:fastjson", "JSON")),
    ],
)
def test_rivals(ecosystem: Ecosystem, name: str, others: list[str], expected: tuple[str, str] | None) -> None:
    assert find_rival(ecosystem, name, others) == expected


def undeclared(manifests: Mapping[str, str], source: str, path: str = "app/a.py") -> list[tuple[str, str, int | None]]:
    before = {**manifests, path: "", "app/b.py": "import attr\nimport click\n"}
    return told(find_undeclared(change_of(before, {path: source})))


FOUND = [("dependency_undeclared", "app/a.py", 1)]


@pytest.mark.parametrize(
    ("wanted", "source", "expected"),
    [
        (("attrs",), "import yaml\n", FOUND),
        (("attrs",), "from PIL import Image\n", FOUND),
        (("attrs",), "import requests\n", FOUND),
        (("attrs", "PyYAML"), "import yaml\n", []),
        (("attrs", "Pillow-SIMD"), "import PIL\n", []),
        (("attrs", "psycopg2-binary"), "import psycopg2\n", []),
        (("attrs", "opencv-python-headless"), "import cv2\n", []),
        (("attrs", "types-requests"), "import requests\n", []),
        (("attrs", "click"), "import unheard_of\n", FOUND),  # by elimination
        (("attrs", "acme-suite"), "import unheard_of\n", []),  # may come from what nothing here imports
        (("attrs", "acme-suite"), "import requests\n", FOUND),
        (("attrs",), "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n", []),
        (("attrs",), "def f():\n    import yaml\n", []),
        (("attrs",), "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml\n", []),
        (("attrs",), "import os, json, tomllib, distutils.core\nimport annotationlib\n", []),
        (("attrs",), "import app.b\nfrom . import b\n", []),
        (("attrs",), "import click\n", []),  # the repository imported it before
        (("attrs", "google-cloud-storage"), "from google.cloud import storage\n", []),
        (("attrs", "litestar[standard]>=2"), "import uvicorn\n", []),  # an extra may bring it
        ((), "import yaml\n", []),  # nobody declares anything
    ],
)
def test_undeclared_python_packages(
    wanted: tuple[str, ...], source: str, expected: list[tuple[str, str, int | None]]
) -> None:
    assert undeclared({"pyproject.toml": pyproject(*wanted)}, source) == expected


@pytest.mark.parametrize(
    "manifests",
    [
        {"pyproject.toml": pyproject("attrs", "not a requirement at all")},
        {"setup.py": "setup(name='app', install_requires=['attrs'] + more())"},
        {"pyproject.toml": pyproject("attrs"), "environment.yml": "dependencies: [pyyaml]"},
        {"other/pyproject.toml": pyproject("attrs")},
        {"docs/requirements.txt": "attrs\n"},
        {"pyproject.toml": pyproject("attrs"), "requirements/base.txt": "pyyaml\n"},
    ],
    ids=["unread", "computed", "conda", "elsewhere", "docs", "requirements"],
)
def test_nothing_is_said_where_it_is_not_sure(manifests: Mapping[str, str]) -> None:
    assert undeclared(manifests, "import yaml\n") == []


def test_requirements_in_their_folder_speak_for_what_lies_beside_it() -> None:
    assert undeclared({"requirements/base.txt": "attrs\n"}, "import yaml\n") == FOUND


def test_tests_and_scripts_may_import_what_they_like() -> None:
    for path in ("tests/test_a.py", "scripts/a.py", "setup.py"):
        assert undeclared({"pyproject.toml": pyproject("attrs")}, "import yaml\n", path) == []


@pytest.mark.parametrize(
    ("wanted", "source", "expected"),
    [
        ({"react": "1"}, "import x from 'lodash/get';\n", True),
        ({"react": "1"}, "import x from '@acme/ui/button';\n", True),
        ({"lodash": "1"}, "import x from 'lodash/get';\n", False),
        ({"@types/vscode": "1"}, "import * as x from 'vscode';\n", False),
        ({"@types/geojson": "1"}, "import x from 'geojson';\n", False),
        ({"@types/acme__ui": "1"}, "import x from '@acme/ui';\n", False),
        ({"react": "1"}, "import fs from 'fs';\nimport p from 'node:path';\n", False),
        ({"react": "1"}, "import x from '@/components/a';\nimport y from '~/b';\nimport z from '#c';\n", False),
        ({"react": "1"}, "import x from '@theme/Layout';\nimport y from '!!raw-loader!./z';\n", False),
        ({"react": "1"}, "import type { X } from 'lodash';\n", False),
        ({"react": "1"}, "import x from 'app';\n", False),
    ],
)
def test_undeclared_npm_packages(wanted: dict[str, str], source: str, expected: bool) -> None:
    before = {"package.json": package(dependencies=wanted), "src/a.ts": ""}
    found = told(find_undeclared(change_of(before, {"src/a.ts": source})))
    assert found == ([("dependency_undeclared", "src/a.ts", 1)] if expected else [])


def test_compilers_say_themselves_what_is_missing() -> None:
    go = {"go.mod": go_mod("github.com/a/b"), "a.go": "package a\n"}
    assert list(find_undeclared(change_of(go, {"a.go": 'package a\n\nimport "github.com/c/d"\n'}))) == []
    rust = {"Cargo.toml": cargo("serde"), "src/lib.rs": ""}
    assert list(find_undeclared(change_of(rust, {"src/lib.rs": "use rand::Rng;\n"}))) == []


UNUSED = [
    (
        "pyproject.toml",
        pyproject("python-dateutil", "attrs"),
        "app/a.py",
        "import dateutil.parser\n",
        "python-dateutil",
    ),
    ("requirements.txt", "psycopg2-binary\n", "app/a.py", "import psycopg2\n", "psycopg2-binary"),
    ("package.json", package(dependencies={"lodash": "1"}), "src/a.js", "import x from 'lodash/get';\n", "lodash"),
    ("go.mod", go_mod("github.com/c/d"), "a.go", 'package a\n\nimport "github.com/c/d/e"\n', "github.com/c/d"),
    ("Cargo.toml", cargo("serde-json"), "src/lib.rs", "use serde_json::Value;\n", "serde-json"),
]


@pytest.mark.parametrize(("manifest", "text", "path", "source", "name"), UNUSED)
def test_the_last_import_goes_but_the_declaration_stays(
    manifest: str, text: str, path: str, source: str, name: str
) -> None:
    rest = "package a\n" if path.endswith(".go") else ""
    fact = only(find_unused_dependencies(change_of({manifest: text, path: source + "\n"}, {path: rest})))
    assert (fact.kind, fact.path, fact.severity) == ("dependency_unused", path, "info")
    assert fact.title == f"The last import of `{name}` goes, but `{manifest}` still declares it"


def test_several_last_imports_that_go_from_one_file_are_one_fact() -> None:
    before = {"pyproject.toml": pyproject("lxml", "attrs"), "app/a.py": "import attrs\nimport lxml\n"}
    fact = only(find_unused_dependencies(change_of(before, {"app/a.py": "X = 1\n"})))
    assert fact.title == "The last imports of `attrs`, `lxml` go, but `pyproject.toml` still declares them"
    assert len(fact.evidence) == 4


@pytest.mark.parametrize(
    "more",
    [
        {"app/b.py": "import lxml\n"},
        {"Dockerfile": "RUN python -m lxml\n"},
        {"app/settings.ini": "backend = lxml\n"},
        {"pyproject.toml": pyproject("attrs")},
        {"pyproject.toml": pyproject("attrs", more='[project.optional-dependencies]\nx = ["lxml"]\n')},
    ],
    ids=["imported", "run", "named", "gone", "optional"],
)
def test_what_is_still_used_or_no_longer_declared_is_not_unused(more: Mapping[str, str]) -> None:
    before = {"pyproject.toml": pyproject("lxml"), "app/a.py": "import lxml\n", "app/b.py": ""}
    assert list(find_unused_dependencies(change_of(before, {"app/a.py": "X = 1\n", **more}))) == []


def test_manifests_lock_files_and_prose_do_not_use_a_package() -> None:
    before = {
        "pyproject.toml": pyproject("lxml"),
        "app/a.py": "import lxml\n",
        "uv.lock": 'name = "lxml"\n',
        "README.md": "Needs lxml.\n",
    }
    assert len(list(find_unused_dependencies(change_of(before, {"app/a.py": "X = 1\n"})))) == 1


def test_a_package_of_another_part_is_not_unused() -> None:
    before = {"a/pyproject.toml": pyproject("lxml"), "b/app.py": "import lxml\n"}
    assert list(find_unused_dependencies(change_of(before, {"b/app.py": "X = 1\n"}))) == []


@pytest.mark.parametrize(
    ("target", "names", "sure"),
    [
        ("yaml", ("pyyaml",), True),
        ("yaml.nodes", ("pyyaml",), True),
        ("google.protobuf.message", ("protobuf",), True),
        ("google.cloud", ("google", "google-cloud"), False),
        ("requests.adapters", ("requests", "requests-adapters"), True),
        ("foo_bar", ("foo-bar",), False),
    ],
)
def test_names_of_distributions(target: str, names: tuple[str, ...], sure: bool) -> None:
    assert candidates(target) == (names, sure)


def test_distributions_that_nothing_explains() -> None:
    tops = tops_of(["yaml", "foo.bar", "attr"])
    assert [name for name in ("pyyaml", "python-foo", "attrs", "other") if is_unexplained(name, tops)] == ["other"]
    assert [name for name in ("os", "imp", "annotationlib", "yaml") if is_standard(name)] == [
        "os",
        "imp",
        "annotationlib",
    ]


def test_a_crate_under_another_name_is_known_by_the_one_it_is_declared_by() -> None:
    manifest = '[package]\nname = "app"\n\n[dependencies]\nserde = "1"\n\nrng = { package = "rand", version = "1" }\n'
    files = {"Cargo.toml": manifest, "src/lib.rs": "pub mod a;\n", "src/a.rs": "use rng::Rng;\nuse serde::Serialize;\n"}
    change = change_of(files, {"src/a.rs": "use serde::Serialize;\n"})
    (fact,) = find_unused_dependencies(change)
    assert fact.title == "The last import of `rand` goes, but `Cargo.toml` still declares it"
    passing = change_of(files, {"src/a.rs": "pub fn f() -> u8 {\n    rng::random()\n}\n"})
    assert [entry.target for entry in passing.head.external] == ["rng"]
