import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.domain.manifest import Manifest
from reviewlore.formats.manifests import is_manifest, parse_manifests
from reviewlore.formats.pep508 import name_of_file, normal_name, parse_requirement

NAMES = ["pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "requirements.txt"]


def parse(text: str, path: str = "pyproject.toml") -> Manifest:
    (found,) = parse_manifests({path: text})
    return found


def told(manifest: Manifest) -> list[tuple[str, str, int, str, bool]]:
    return [(one.name, one.scope, one.line, one.requirement, one.local) for one in manifest.dependencies]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pyproject.toml", True),
        ("a/setup.py", True),
        ("setup.cfg", True),
        ("Pipfile", True),
        ("requirements.txt", True),
        ("requirements-dev.txt", True),
        ("dev_requirements.txt", True),
        ("requirements/base.in", True),
        ("requirements/extras/redis.txt", True),
        ("docs/requirements.txt", True),
        ("constraints.txt", False),
        ("requirements/constraints.txt", False),
        ("apt_requirements.txt", False),
        ("docs/index.txt", False),
        ("requirements.md", False),
        ("lib/site-packages/a/setup.py", False),
        ("{{ cookiecutter.name }}/pyproject.toml", False),
        ("Pipfile.lock", False),
    ],
)
def test_what_is_a_python_manifest(path: str, expected: bool) -> None:
    assert is_manifest(path) is expected


def test_project_table_extras_groups_and_build_system() -> None:
    found = parse(
        """[build-system]
requires = ["setuptools>=61", "wheel"]

[project]
name = "Acme.App"
version = "1.2"
dependencies = [
  "Requests[socks]>=2,<3",
  'tomli>=2; python_version < "3.11"',  # not on new ones
  "acme_core @ file:../core",
]

[project.optional-dependencies]
cli = ["click~=8.1"]

[dependency-groups]
test = ["pytest", {include-group = "lint"}]
lint = ["ruff==0.5"]
""",
        "app/pyproject.toml",
    )
    assert (found.name, found.version, found.ecosystem, found.problem) == ("acme-app", "1.2", "pypi", "")
    assert told(found) == [
        ("requests", "runtime", 8, "[socks]<3,>=2", False),
        ("tomli", "runtime", 9, ">=2", False),
        ("acme-core", "runtime", 10, "file:../core", True),
        ("click", "optional", 14, "~=8.1", False),
        ("setuptools", "build", 2, ">=61", False),
        ("wheel", "build", 2, "", False),
        ("pytest", "development", 17, "", False),
        ("ruff", "development", 18, "==0.5", False),
    ]


def test_poetry_tables_and_groups() -> None:
    found = parse(
        """[tool.poetry]
name = "app"
version = "0.1"
packages = [{include = "app", from = "lib"}]
[tool.poetry.dependencies]
python = "^3.11"
Django = "^5"
psycopg = {version = "^3", optional = true}
core = {path = "../core", develop = true}
pinned = [{version = "1", python = "<3.12"}, {version = "2", python = ">=3.12"}]
[tool.poetry.group.main.dependencies]
attrs = "*"
[tool.poetry.group.test.dependencies]
pytest = "^8"
[tool.poetry.dev-dependencies]
black = {git = "https://example.org/black.git"}
""",
        "app/pyproject.toml",
    )
    assert (found.name, found.roots) == ("app", ("app/lib",))
    assert told(found) == [
        ("django", "runtime", 7, "^5", False),
        ("psycopg", "optional", 8, "^3", False),
        ("core", "runtime", 9, "", True),
        ("pinned", "runtime", 10, "1", False),
        ("black", "development", 16, "https://example.org/black.git", False),
        ("attrs", "runtime", 12, "*", False),
        ("pytest", "development", 14, "^8", False),
    ]


def test_groups_of_pdm_uv_and_hatch() -> None:
    found = parse(
        """[tool.pdm.dev-dependencies]
test = ["pytest>=8", "-e file:///x"]
[tool.uv]
dev-dependencies = ["mypy"]
[tool.uv.sources]
shared = {workspace = true}
[tool.uv.workspace]
members = ["packages/*", "../out"]
[tool.hatch.envs.docs]
dependencies = ["mkdocs"]
[tool.hatch.build.targets.wheel]
packages = ["src/app"]
[project]
dependencies = ["shared"]
"""
    )
    assert [(one.name, one.scope, one.local) for one in found.dependencies] == [
        ("shared", "runtime", True),
        ("pytest", "development", False),
        ("mypy", "development", False),
        ("mkdocs", "development", False),
    ]
    assert found.members == ("packages/*",)
    assert found.roots == ("src",)
    assert found.problem == "'-e file:///x' in test is no requirement"


def test_a_file_that_only_configures_tools_is_no_manifest() -> None:
    assert parse_manifests({"pyproject.toml": "[tool.ruff]\nline-length = 99\n"}) == ()
    assert parse_manifests({"setup.cfg": "[flake8]\nmax-line-length = 99\n"}) == ()
    assert parse_manifests({"setup.py": "print('no call')\n"}) == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[build-system]\nrequires = ["hatchling"]', "its dependencies are computed when it is built"),
        ('[build-system]\nrequires = ["setuptools"]', ""),
        ("", ""),
        (
            '[tool.setuptools.dynamic]\ndependencies = {file = ["deps.lst"]}',
            "its dependencies stand in 'deps.lst', which is not read",
        ),
        ('[tool.setuptools.dynamic]\ndependencies = {file = ["requirements.txt"]}', ""),
        ('[tool.poetry.dependencies]\nattrs = "*"', ""),
    ],
)
def test_dynamic_dependencies(text: str, problem: str) -> None:
    assert parse(f'[project]\nname = "a"\ndynamic = ["dependencies"]\n{text}').problem == problem


def test_a_group_that_is_not_there_is_a_problem() -> None:
    found = parse('[dependency-groups]\na = [{include-group = "b"}]')
    assert found.problem == "the group 'a' includes one that is not there"


def test_pipfile() -> None:
    found = parse(
        """[[source]]
url = "https://example.org/simple"
[packages]
requests = "*"
own = {path = ".", editable = true}
[dev-packages]
pytest = {version = "==8", extras = ["x"]}
[docs]
sphinx = "*"
""",
        "Pipfile",
    )
    assert told(found) == [
        ("requests", "runtime", 4, "*", False),
        ("own", "runtime", 5, "", True),
        ("pytest", "development", 7, "==8", False),
        ("sphinx", "optional", 9, "*", False),
    ]


def test_requirements_with_everything_pip_reads() -> None:
    found = parse(
        """\ufeff# comment
--index-url https://example.org/simple
-r base.txt
-c constraints.txt
Django >= 4.2, < 5   # why
requests==2.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
exceptiongroup; python_version < "3.11"
name @ https://example.org/name.zip
git+https://example.org/x/y.git@main#egg=why_not
-e ../core
-e git+https://example.org/z.git#egg=zed&subdirectory=a
./wheels/local_one-1.0-py3-none-any.whl
https://example.org/far-2.0.tar.gz
"quoted>=1"
""",
        "requirements/prod.txt",
    )
    assert found.problem == ""
    assert [(one.name, one.line, one.local) for one in found.dependencies] == [
        ("django", 5, False),
        ("requests", 6, False),
        ("exceptiongroup", 9, False),
        ("name", 10, False),
        ("why-not", 11, False),
        ("zed", 13, False),
        ("local-one", 14, True),
        ("far", 15, False),
        ("quoted", 16, False),
    ]
    assert {one.scope for one in found.dependencies} == {"runtime"}


def test_what_a_requirements_file_leaves_open_is_a_problem() -> None:
    found = parse("https://example.org/archive.zip\n-r ../../deps.lst\n-r requirements-dev.txt\n", "requirements.txt")
    assert found.problem == "line 1 names no package; line 2 includes '../../deps.lst', which is not read"
    assert found.dependencies == ()


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("requirements.txt", "runtime"),
        ("requirements/base.txt", "runtime"),
        ("requirements-dev.txt", "development"),
        ("test_requirements.txt", "development"),
        ("docs/requirements.txt", "development"),
        ("requirements/extras/a.txt", "optional"),
        ("latest/requirements.txt", "runtime"),
    ],
)
def test_the_name_of_a_requirements_file_tells_the_scope(path: str, scope: str) -> None:
    assert parse("attrs\n", path).dependencies[0].scope == scope


def test_of_a_compiled_file_only_what_was_asked_for_counts() -> None:
    found = parse(
        """#
# This file is autogenerated by pip-compile with Python 3.11
#
amqp==5.3.1
    # via kombu
celery==5.6
    # via
    #   -r requirements/base.in
    #   other
direct==1  # via app (pyproject.toml)
unknown==2
""",
        "requirements/base.txt",
    )
    assert [(one.name, one.scope) for one in found.dependencies] == [
        ("amqp", "indirect"),
        ("celery", "runtime"),
        ("direct", "runtime"),
        ("unknown", "runtime"),
    ]


def test_setup_cfg() -> None:
    found = parse(
        """[metadata]
name = my_app
version = attr: my_app.__version__
[options]
package_dir =
    = src
install_requires =
    # why
    attrs>=21
    importlib-metadata; python_version<"3.8"
setup_requires = setuptools_scm
[options.packages.find]
where = src
[options.extras_require]
cli = click
all =
    %(cli)s
""",
        "a/setup.cfg",
    )
    assert (found.name, found.version, found.roots) == ("my-app", "", ("a/src", "a/src"))
    assert [(one.name, one.scope, one.line) for one in found.dependencies] == [
        ("attrs", "runtime", 9),
        ("importlib-metadata", "runtime", 10),
        ("setuptools-scm", "build", 11),
        ("click", "optional", 15),
    ]
    assert found.problem == "'%(cli)s' is no requirement"


def test_setup_cfg_that_points_to_files() -> None:
    text = "[options]\ninstall_requires = file: requirements.txt, deps.lst\n"
    assert parse(text, "setup.cfg").problem == "it takes requirements from 'deps.lst', which is not read"


def test_setup_py_is_read_where_it_is_literal() -> None:
    found = parse(
        """from setuptools import setup
NAME = "Acme"
BASE = ["attrs>=21", "click"]
more = BASE + [
    "rich"
]
extras = {"yaml": ["PyYAML"], "all": more}
setup(
    name=NAME, version="1.0", package_dir={"": "src"},
    install_requires=more, extras_require=extras,
    tests_require=('pytest',),
)
""",
        "setup.py",
    )
    assert (found.name, found.version, found.roots, found.problem) == ("acme", "1.0", ("src",), "")
    assert [(one.name, one.scope, one.line) for one in found.dependencies] == [
        ("attrs", "runtime", 3),
        ("click", "runtime", 3),
        ("rich", "runtime", 5),
        ("pyyaml", "optional", 7),
        ("attrs", "optional", 3),
        ("click", "optional", 3),
        ("rich", "optional", 5),
        ("pytest", "development", 11),
    ]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("setup(install_requires=compute())", "install_requires is computed in part"),
        ("setup(install_requires=['a', *more()])", "install_requires is computed in part"),
        ("a = ['x']\na += ['y']\nsetup(install_requires=a)", "install_requires is computed in part"),
        ("a = ['x']\na.append('y')\nsetup(install_requires=a)", "install_requires is computed in part"),
        ("a = ['x']\nif 1:\n    a = []\nsetup(install_requires=a)", "install_requires is computed in part"),
        ("e = {}\ne['x'] = ['y']\nsetup(extras_require=e)", "extras_require is computed in part"),
        ("setup(**options)", "some arguments of setup() are computed"),
        ("setuptools.setup(install_requires=read('requirements/base.in'))", ""),
        ("o = {'install_requires': ['a']}\nsetup(**o)", ""),
        ("setup()", ""),
    ],
)
def test_what_only_running_it_would_tell_stays_unknown(body: str, problem: str) -> None:
    assert parse(f"{body}\n", "setup.py").problem == problem


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000,
        "a" * 3_000_000,
        "(" * 50_000,
        "-" * 50_000 + "1",
        "1+" * 50_000 + "1",
        "a = []\n" + "\n".join(f"x{n} = [x{n - 1}, x{n - 1}]" for n in range(1, 60)) + "\nsetup(install_requires=x59)",
        "x0 = []\n" + "\n".join(f"x{n} = [x{n - 1}, x{n - 1}]" for n in range(1, 28)) + "\nsetup(install_requires=x27)",
        "setup(install_requires=[" + "'a'," * 20_000 + "])",
        "a = a\nsetup(install_requires=a)",
        "[project]\ndependencies = [" + '"a>=1",' * 20_000 + "]",
        '[project]\ndependencies = ["a; ' + "(" * 900 + "x" + ")" * 900 + '"]',
        "-r \\\n" * 10_000,
        "#" * 100_000 + "\n" + " #" * 100_000,
        "[options]\ninstall_requires =\n" + "\n".join(f"    a{n}" for n in range(20_000)),
        "[project]\ndependencies = [\n" + "\n".join(f'"a{n}",' for n in range(20_000)) + "\n]",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_files_are_read_in_time(path: str, text: str) -> None:
    started = time.perf_counter()
    assert all(found.path == path for found in parse_manifests({path: text}))
    assert time.perf_counter() - started < 4


@given(st.text(max_size=200), st.sampled_from(NAMES))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read(text: str, path: str) -> None:
    assert all(found.path == path for found in parse_manifests({path: text}))


_PIECES = st.sampled_from(
    ["a>=1", "[project]", "dependencies", "=", "[", "]", '"', "'", "\n", "setup(", ")", "install_requires=", "-r ",
     "-e ", "x.txt", "git+https://h/x", "#egg=", "\\", ";", "python_version", "<", ",", "{", "}", "[options]", "file:",
     " ", "@", "**a", "a", "tool.poetry", ".", "packages", "../", "\0", "é"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=30).map("".join), st.sampled_from(NAMES))
@settings(max_examples=400, deadline=None)
def test_any_mixture_of_what_such_files_hold_is_read(text: str, path: str) -> None:
    for found in parse_manifests({path: text}):
        assert not any(root.startswith(("../", "/")) for root in found.roots)
        assert all(1 <= one.line <= text.count("\n") + 1 for one in found.dependencies)
        assert all(one.name == normal_name(one.name) for one in found.dependencies)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Foo.Bar_baz>=1", "foo-bar-baz"),
        ("a[b,c] (>=1)", "a"),
        ("", None),
        ("a b", None),
        ("../a", None),
        ("a" * 3_000, None),
        ("a; extra == 'x'", "a"),
    ],
)
def test_requirements_have_normal_names(text: str, name: str | None) -> None:
    found = parse_requirement(text)
    assert (found.name if found else None) == name


def test_names_of_archives() -> None:
    assert name_of_file("Foo_Bar-1.0-py3-none-any.whl") == "foo-bar"
    assert name_of_file("foo-1.0.tar.gz") == "foo"
    assert name_of_file("foo.zip") == ""
    assert [normal_name(name) for name in ("A.b", "ä", "", "../x", "a b")] == ["a-b", "", "", "", ""]
