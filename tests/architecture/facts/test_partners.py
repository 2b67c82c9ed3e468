"""What usually changes along is asked for where a change does something, not where it words or dates it anew."""

import dataclasses

import pytest
from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.partners import find_missing_partners
from reviewlore.architecture.history import index_history
from reviewlore.domain.architecture import Change

PARTNER = "pages/partner.js"


def missing(path: str, before: str, after: str) -> list[str]:
    """The partners a change of one file is asked for, where it always changed with one other."""
    both = [Change(f"{n:040x}", n, "Work", (path, PARTNER)) for n in range(12)]
    rest = [Change(f"{n:040x}", n, "Other", (f"noise/{n}.txt",)) for n in range(12, 80)]
    change = change_of({path: before, PARTNER: "let a = 1;\n"}, {path: after})
    facts = find_missing_partners(dataclasses.replace(change, history=index_history((*both, *rest))))
    return [fact.evidence[0].path or "" for fact in facts]


DOCUMENTED = 'def f():\n    """One."""\n    return 1\n'
PYPROJECT = '[project]\nname = "a"\ndependencies = ["b>=1.2,<2"]\n'
GO_MOD = """module example.org/app

go 1.23

require (
	github.com/google/uuid v1.6.0
	golang.org/x/net v0.38.0 // indirect
	golang.org/x/text v0.3.0 // indirect
)
"""


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("app/a.py", "# one\nx = 1\n", "# two\n\n# three\nx = 1\n"),
        ("app/a.py", "x = 1  # one\n", "x = 1  # two\n"),
        ("app/a.py", DOCUMENTED, DOCUMENTED.replace("One.", "Two.\n\n    More.\n    ")),
        ("app/a.go", "package a\n\n// One\nfunc F() {}\n", "package a\n\n/* Two\n * words\n */\nfunc F() {}\n"),
        ("app/a.ts", "let a = 1; // one\n", "let a = 1; // two\n\n"),
        ("config.yml", "# one\na: 1\n", "a: 1\n"),
        ("go.mod", GO_MOD, GO_MOD.replace("v0.38.0", "v0.45.0").replace("go 1.23", "go 1.24.0")),
        ("go.mod", GO_MOD, GO_MOD.replace("\tgolang.org/x/text v0.3.0 // indirect\n", "")),
        ("pyproject.toml", PYPROJECT, PYPROJECT.replace("1.2,<2", "1.3,<3")),
    ],
)
def test_comments_and_versions_alone_need_no_partner(path: str, before: str, after: str) -> None:
    assert missing(path, before, after) == []
    assert missing(path, before, f"{after}\nmore = 2\n") == [PARTNER]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("app/a.py", "x = 1\n", "x = 2\n"),
        ("app/a.py", "x = '#1'\n", "x = '#2'\n"),
        ("app/a.py", "x = 'a #1'\n", "x = 'a #2'\n"),
        ("app/a.go", "package a\n\nfunc f(p *int) {\n\t*p = 1\n}\n", "package a\n\nfunc f(p *int) {\n\t*p = 2\n}\n"),
        ("app/a.js", "class A {\n  #x = 1;\n}\n", "class A {\n  #x = 2;\n}\n"),
        ("go.mod", GO_MOD, GO_MOD.replace("google/uuid", "gofrs/uuid")),
        ("package.json", '{"name": "a", "scripts": {"b": "c"}}\n', '{"name": "a", "scripts": {"b": "d"}}\n'),
        ("versions.txt2", "1.0\n", "2.0\n"),
    ],
)
def test_what_does_something_else_needs_its_partner(path: str, before: str, after: str) -> None:
    assert missing(path, before, after) == [PARTNER]


def test_comments_of_other_languages_are_no_code_in_a_function() -> None:
    before = "package a\n\nfunc F() int {\n\treturn 1\n}\n"
    change = change_of(
        {"a.go": before}, {"a.go": before.replace("\treturn", "\t// One.\n\t/* Two. */\n\tx := 1\n\treturn")}
    )
    assert change.added_code("a.go") == {6}
