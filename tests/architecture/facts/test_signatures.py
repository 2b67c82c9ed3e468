import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.signatures import find_stale_callers
from reviewlore.domain.architecture import Fact

APP = {"app/__init__.py": "", "app/core.py": "def run(a, b=0):\n    return a\n"}
RUN = {"app/core.py": "def run(a, c, b=0):\n    return a\n"}


def found(before: dict[str, str], after: dict[str, str | None], moved: dict[str, str] | None = None) -> list[Fact]:
    return list(find_stale_callers(change_of(before, after, moved)))


def test_a_required_parameter_that_a_caller_does_not_pass() -> None:
    (fact,) = found(APP | {"app/web.py": "from app.core import run\n\nrun(1)\nrun(2)\n"}, RUN)
    assert (fact.path, fact.line, fact.severity) == ("app/core.py", 1, "error")
    assert fact.title == "`run` changed its parameters, but 2 calls still fit only the old ones"
    assert fact.why.startswith("`run(…)` in `app/web.py` line 3 does not pass `c`, which raises a TypeError when it ")
    assert [(entry.path, entry.line) for entry in fact.evidence] == [("app/web.py", 3), ("app/web.py", 4)]


@pytest.mark.parametrize(
    ("new", "call", "reason"),
    [
        ("def run(a):", "run(1, 2)", "passes 2 by position where 1 is taken"),
        ("def run(a, *, b=0):", "run(1, 2)", "passes 2 by position where 1 is taken"),
        ("def run(a, c=0):", "run(1, b=2)", "passes `b`, which is not taken"),
        ("def run(a, /, b=0):", "run(a=1)", "passes `a`, which is not taken"),
        ("def run(*, a, b=0):", "run(1)", "passes 1 by position where 0 are taken"),
        ("def run(a, b):", "run(1)", "does not pass `b`"),
        ("def run(a, c=0, b=0):", "run(1, 2)", "argument 2 was `b` and is now `c`"),
        ("def run(b=0, a=1):", "run(1)", "argument 1 was `a` and is now `b`"),
    ],
)
def test_ways_not_to_fit(new: str, call: str, reason: str) -> None:
    (fact,) = found(
        APP | {"app/web.py": f"from app.core import run\n\n{call}\n"}, {"app/core.py": f"{new}\n    pass\n"}
    )
    assert reason in fact.why


@pytest.mark.parametrize(
    "new",
    [
        "def run(a, b=0, c=0):",
        "def run(a, b=0, *rest):",
        "def run(*everything, **more):",
        "def run(x, b=0):",
        "def run(a: int, b: int = 1) -> int:",
        "@wraps(other)\ndef run(a, c):",
        "async def run(a, b=0):",
        "if X:\n    def run(a, c): ...\nelse:\n  def run(a, b, d):",
    ],
)
def test_changes_that_take_the_old_calls_or_cannot_be_judged(new: str) -> None:
    before = APP | {"app/web.py": "from app.core import run\n\nrun(1)\nrun(1, 2)\nrun(*x)\nrun(1, **y)\n"}
    assert found(before, {"app/core.py": f"{new}\n    pass\n"}) == []


@pytest.mark.parametrize(
    "importer",
    [
        "from app.core import run as go\n\ngo(1)\n",
        "from app import core\n\ncore.run(1)\n",
        "import app.core\n\napp.core.run(1)\n",
        "from .core import run\n\n\ndef f(x):\n    return run(x)\n",
        "from app.core import *\n\nrun(1)\n",
        "def f():\n    from app.core import run\n    return run(1)\n\n\ndef g():\n    from app.core import run\n",
    ],
)
def test_callers_are_found_through_their_imports(importer: str) -> None:
    (fact,) = found(APP | {"app/web.py": importer}, RUN)
    assert fact.evidence[0].path == "app/web.py"


def test_callers_are_found_through_a_package_that_offers_the_name() -> None:
    before = APP | {"app/__init__.py": "from app.core import run\n", "web.py": "import app\n\napp.run(1)\n"}
    before |= {"cli.py": "from app import run\n\nrun(1)\n"}
    (fact,) = found(before, RUN)
    assert [entry.path for entry in fact.evidence] == ["cli.py", "web.py"]


@pytest.mark.parametrize(
    "other",
    [
        "from app.other import run\n\nrun(1)\n",
        "def f(run):\n    run(1)\n\n\nfrom app.core import run\n",
        "try:\n    from fast import run\nexcept ImportError:\n    from app.core import run\n\nrun(1)\n",
        "from app.core import run\n\nthing.run(1)\n",
        "run(1)\n",
    ],
)
def test_calls_that_may_mean_something_else_do_not_count(other: str) -> None:
    assert found(APP | {"app/web.py": other}, RUN) == []


def test_calls_that_follow_and_calls_that_never_fitted_are_fine() -> None:
    before = APP | {"app/web.py": "from app.core import run\n\nrun(1)\nrun()\n"}
    assert found(before, RUN | {"app/web.py": "from app.core import run\n\nrun(1, 2)\nrun()\n"}) == []


def test_arguments_swapped_together_with_the_parameters_are_fine() -> None:
    before = {"a.py": "def run(a, b): ...\n", "b.py": "from a import run\n\nrun(1, 2)\n"}
    after = {"a.py": "def run(b, a): ...\n", "b.py": "from a import run\n\nrun(2, 1)\n"}
    assert found(before, after) == []
    (fact,) = found(before, {"a.py": after["a.py"]})
    assert "so the call now means something else" in fact.why


CLASS = "class Base:\n    def __init__(self, a):\n        self.go(a)\n\n    def go(self, a):\n        return a\n"


@pytest.mark.parametrize(
    ("new", "caller", "line"),
    [
        (CLASS.replace("self, a)", "self, a, b)", 1), "from m import Base\n\nBase(1)\n", 3),
        (CLASS.replace("self, a)", "self, a, b)", 1), "import m\n\n\nclass Sub(m.Base):\n    x = 1\n\n\nSub(1)\n", 8),
        (CLASS.replace("go(self, a)", "go(self, a, b)"), "", 3),
        (
            CLASS.replace("go(self, a)", "go(self, a, b)").replace("self.go(a)", "self.go(a, 1)"),
            "from m import Base\n\n\nclass Sub(Base):\n    def run(self):\n        return self.go(1)\n",
            6,
        ),
    ],
)
def test_constructors_and_own_methods(new: str, caller: str, line: int) -> None:
    (fact,) = found({"m.py": CLASS, "c.py": caller}, {"m.py": new})
    assert fact.evidence[0].line == line


@pytest.mark.parametrize(
    "caller",
    [
        "from m import Base\n\n\nclass Sub(Base):\n    def go(self, a): ...\n\n    def f(self):\n        self.go(1)\n",
        "class Sub(Other):\n    def run(self):\n        return self.go(1)\n",
        "def run(thing):\n    return thing.go(1)\n",
        "from m import Base\n\nBase(1).go(1)\n",
    ],
)
def test_overriding_and_unknown_methods_do_not_count(caller: str) -> None:
    new = CLASS.replace("go(self, a)", "go(self, a, b)").replace("self.go(a)", "self.go(a, 1)")
    assert found({"m.py": CLASS, "c.py": caller}, {"m.py": new}) == []


def test_a_dataclass_makes_its_own_constructor() -> None:
    before = {"m.py": f"@dataclass\n{CLASS}", "c.py": "from m import Base\n\nBase(1)\n"}
    assert found(before, {"m.py": before["m.py"].replace("self, a)", "self, a, b)", 1)}) == []


def test_a_static_method_has_no_self_to_drop() -> None:
    text = "class A:\n    @staticmethod\n    def f(a): ...\n\n    def g(self):\n        return self.f(1)\n"
    (fact,) = found({"m.py": text}, {"m.py": text.replace("f(a)", "f(a, b)")})
    assert "does not pass `b`" in fact.why


def test_a_moved_module_is_followed() -> None:
    before = {"old.py": "def run(a): ...\n", "c.py": "from old import run\n\nrun(1)\n"}
    after: dict[str, str | None] = {"new.py": "def run(a, b): ...\n", "c.py": "from new import run\n\nrun(1)\n"}
    (fact,) = found(before, after, {"old.py": "new.py"})
    assert fact.path == "new.py"


def test_a_broken_file_is_not_judged() -> None:
    before = APP | {"app/web.py": "from app.core import run\n\nrun(1)\n"}
    assert found(before, {"app/core.py": "def run(a, c):\n    pass\n\n\ndef oops(:\n"}) == []
