import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.hubs import find_hubs
from reviewlore.architecture.signatures import narrows, read_signature
from reviewlore.domain.architecture import Fact

CORE = "LIMIT = 1\n\n\ndef run(a, b=0):\n    return a\n\n\ndef stop():\n    return 0\n"
CORE += "\n\nclass Box:\n    def open(self, x): ...\n"
USERS = {f"app/u{number}.py": "from app.core import run, stop, Box\n" for number in range(22)}
APP = {"app/__init__.py": "", "app/core.py": CORE} | USERS | {"app/far.py": "import app.u1\n"}


def found(before: dict[str, str], core: str) -> list[Fact]:
    return list(find_hubs(change_of(before, {"app/core.py": core})))


def test_a_narrower_signature_in_a_hub() -> None:
    (fact,) = found(APP, CORE.replace("a, b=0", "a, c"))
    assert (fact.path, fact.line, fact.severity) == ("app/core.py", 4, "info")
    assert fact.title == "`run` now takes (a, c), and 22 modules import it from here"
    assert fact.why.startswith("`app.core` is among the 1 % most imported modules: 22 import it, 23 reach it ")


@pytest.mark.parametrize(
    ("core", "title"),
    [
        (CORE.replace("def stop", "def halt"), "`stop` is gone, and 22 modules import it from here"),
        (CORE.replace("self, x", "self"), "`Box.open` now takes (self), and 22 modules import it from here"),
        (CORE.replace("open", "shut"), "`Box.open` is gone, and 22 modules import it from here"),
    ],
)
def test_what_else_breaks_an_interface(core: str, title: str) -> None:
    assert [fact.title for fact in found(APP, core)] == [title]


def test_several_breaks_are_one_fact() -> None:
    (fact,) = found(APP, "LIMIT = 1\n")
    assert fact.title == "`run` is gone, and 22 modules import it from here"
    assert "The same holds for 2 more of its names." in fact.why


@pytest.mark.parametrize(
    "core",
    [
        CORE.replace("return a", "return -a"),
        CORE.replace("b=0", "b=0, c=1"),
        CORE.replace("def stop():", "def stop(*, hard=False):"),
        CORE + "\n\ndef more(): ...\n",
        CORE.replace("def stop():\n    return 0\n", "from app.u1 import stop\n"),
        CORE.replace("class Box:", "class Box(Base):").replace("    def open(self, x): ...\n", "    y = 1\n"),
    ],
)
def test_what_stays_compatible_is_silent(core: str) -> None:
    assert found(APP, core) == []


def test_a_module_of_a_crate_is_no_hub_to_others() -> None:
    users = {f"src/u{number}.rs": "use crate::tools::shorten;\n" for number in range(22)}
    lib = "mod tools;\n" + "".join(f"mod u{number};\n" for number in range(22))
    crate = {"Cargo.toml": '[package]\nname = "app"\nversion = "1.0.0"\n', "src/lib.rs": lib} | users
    tools = "pub fn shorten(text: &str) -> &str {\n    text\n}\n"
    change = change_of(crate | {"src/tools.rs": tools}, {"src/tools.rs": "\n"})
    assert len([edge for edge in change.base.edges if edge.imported == "src/tools.rs"]) >= 22
    assert list(find_hubs(change)) == []


def test_a_module_that_few_import_is_no_hub() -> None:
    few = {path: text for path, text in APP.items() if path not in list(USERS)[:5]}
    assert found(few, CORE.replace("a, b=0", "a, c")) == []


def test_a_name_that_few_take_from_a_hub_is_not_why_it_is_one() -> None:
    before = APP | {"app/core.py": CORE + "\n\ndef rare(): ...\n", "app/far.py": "from app.core import rare\n"}
    assert found(before, CORE) == []


def test_private_names_are_nobodys_business() -> None:
    private = APP | {"app/core.py": CORE + "\n\ndef _help(a): ...\n\n\nclass _In:\n    def run(self, a): ...\n"}
    assert found(private, CORE) == []


@pytest.mark.parametrize(
    ("before", "after", "narrower"),
    [
        ("a", "a", False),
        ("a", "a b=", False),
        ("a", "a *", False),
        ("a b=", "a *rest **more", False),
        ("a b=", "a", True),
        ("a", "a b", True),
        ("a b=", "b= a", True),
        ("a *rest", "a", True),
        ("a **more", "a b=", True),
        ("a= b=", "a=", True),
        ("* a", "* a b", True),
        ("* a=", "**more", False),
        ("a", "_a", False),
        ("a b", "b c", True),
        ("a b= c=", "a c= b=", True),
        ("a *", "a * b", True),
    ],
)
def test_narrower(before: str, after: str, narrower: bool) -> None:
    sides = [read_signature(text.split(), bound=False) for text in (before, after)]
    assert narrows(*sides) is narrower


JAVA = "package app;\npublic class Core {\n%s}\n"
OVERLOADS = "  public void run(int a) {}\n  public void run(int a, int b) {}\n"
JAVA_USERS = {f"u{number}/U.java": f"package u{number};\nimport app.Core;\nclass U {{}}\n" for number in range(22)}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (OVERLOADS, OVERLOADS + "  void more() {}\n", []),
        (OVERLOADS, OVERLOADS + "  public void run() {}\n", []),
        (OVERLOADS, "  public void run(int a, int b) {}\n", ["`Core.run` now takes (a, b)"]),
        ("  public void run() {}\n", "  public void run(int a) {}\n", ["`Core.run` now takes (a)"]),
    ],
)
def test_overloads_break_where_one_of_them_goes(before: str, after: str, told: list[str]) -> None:
    change = change_of({**JAVA_USERS, "app/Core.java": JAVA % before}, {"app/Core.java": JAVA % after})
    assert [fact.title.partition(", and")[0] for fact in find_hubs(change)] == told
