import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.architecture.trees import map_of

from reviewlore.architecture.members import Called, Member, Names, call, call_outside, find_member, is_exactly
from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.manifest import Manifest

TREE = {
    "app/__init__.py": "",
    "app/web/__init__.py": "",
    "app/web/views.py": "",
    "ui/src/index.ts": "export const a = 1\n",
    "ui/src/shop/cart.test.ts": "export const a = 1\n",
    "srv/go.mod": "",
    "srv/api/http.go": "package api\n",
}


@pytest.fixture(scope="module")
def names() -> Names:
    tree = map_of(TREE)
    go = Manifest("srv/go.mod", "go", name="example.org/shop")
    return Names(ArchitectureMap(tree.modules, tree.edges, files=tree.files, manifests=(go,)))


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("app.web", "app/web/views.py", "app.web"),
        ("app", "app/web/views.py", "app"),
        ("app", "app/__init__.py", "app"),
        ("app.*", "app/web/views.py", "app.web"),
        ("*.web", "app/web/views.py", "app.web"),
        ("app.w*.views", "app/web/views.py", "app.web.views"),
        ("app.**", "app/__init__.py", None),
        ("app.we", "app/web/views.py", None),
        ("app/web", "app/web/views.py", "app/web"),
        ("app/web/views.py", "app/web/views.py", "app/web/views.py"),
        ("app/__init__.py", "app/web/views.py", None),
        ("ui/src", "ui/src/shop/cart.test.ts", "ui/src"),
        ("./ui/src/", "ui/src/shop/cart.test.ts", "ui/src"),
        ("**/shop", "ui/src/shop/cart.test.ts", "ui/src/shop"),
        ("ui/**/cart*", "ui/src/shop/cart.test.ts", "ui/src/shop/cart.test"),
        ("**/*.test.ts", "ui/src/shop/cart.test.ts", "ui/src/shop/cart.test.ts"),
        ("ui/src/index", "ui/src/index.ts", "ui/src/index"),
        ("ui/src/index", "ui/src/shop/cart.test.ts", None),
        ("example.org/shop/api", "srv/api/http.go", "example.org/shop/api"),
        ("srv/api", "srv/api/http.go", "srv/api"),
        ("example.org/shop/ap", "srv/api/http.go", None),
        ("**", "srv/api/http.go", "srv"),
        ("", "srv/api/http.go", None),
    ],
)
def test_a_pattern_means_modules_by_name_or_path(names: Names, pattern: str, path: str, covered: str | None) -> None:
    found = find_member((pattern,), names[path])
    if pattern == "**":
        assert found is not None
    else:
        assert (found.name if found else None) == covered


def test_the_closest_pattern_wins() -> None:
    assert find_member(("app", "app.web", "app.*"), call("app.web.views")) == Member("app.web", "app.web")
    assert find_member(("app", "app.web.*"), call("app.web")) == Member("app", "app")


def test_rust_and_third_parties_are_named_as_their_language_does() -> None:
    assert find_member(("shop::api",), call("shop::api::users")) is not None
    assert find_member(("shop::ap",), call("shop::api::users")) is None
    assert find_member(("lodash",), call_outside("a.ts", "lodash/fp")) is not None
    assert find_member(("lodash",), call_outside("a.ts", "lodash.get")) is None
    assert find_member(("java.util",), call_outside("A.java", "java.util.List")) is not None
    assert find_member(("@shop/*",), call_outside("a.ts", "@shop/core/x")) == Member("@shop/*", "@shop/core")
    assert find_member(("serde",), call_outside("src/a.rs", "serde::de")) is not None


def test_an_exception_is_about_what_it_names_alone(names: Names) -> None:
    views = names["app/web/views.py"]
    assert is_exactly("app.web.views", views)
    assert is_exactly("app/web/views.py", views)
    assert is_exactly("app.**", views)
    assert not is_exactly("app.web", views)


def test_a_path_that_is_no_module_is_called_by_its_path(names: Names) -> None:
    assert names["docs/a.md"] == Called("docs/a.md", (("/", ("docs", "a.md")), ("/", ("docs", "a"))))


@given(pattern=st.text(alphabet="a*./:", max_size=40), name=st.text(alphabet="a./:", max_size=40))
def test_any_pattern_can_be_asked(pattern: str, name: str) -> None:
    found = find_member((pattern,), call(name))
    assert found is None or found.pattern == pattern
    if is_exactly(pattern, call(name)):
        assert found is not None


def test_many_stars_cost_no_time() -> None:
    assert find_member(("/".join(["**", "a*" * 30] * 60) + "/b",), call("/".join(["a" * 90] * 200))) is None
