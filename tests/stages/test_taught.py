import pytest

from reviewlore.domain.retrieval import Rule
from reviewlore.stages.taught import rules_for, tell_taught

EVERYWHERE, DOCS, CODE = (
    Rule("r1", "be kind"),
    Rule("r2", "short sentences", ("docs/**",)),
    Rule("r3", "x" * 300, ("*.py",)),
)


def test_rules_of_the_changed_paths_come_before_those_for_all_and_others_not_at_all() -> None:
    assert rules_for([EVERYWHERE, DOCS, CODE], ["src/a.py"]) == (CODE, EVERYWHERE)
    assert rules_for([EVERYWHERE, DOCS, CODE], []) == (EVERYWHERE,)
    assert len(rules_for([EVERYWHERE] * 50, ["a"])) == 20


def test_only_rules_of_the_changed_paths_are_named_and_few_of_them() -> None:
    assert tell_taught([EVERYWHERE, DOCS], ["a.py"]) == ()
    assert tell_taught([EVERYWHERE, DOCS], ["docs/a/b.md"]) == (
        "Maintainers taught for the changed files: “short sentences” (r2).",
    )
    (told,) = tell_taught([DOCS, CODE, DOCS, DOCS, DOCS], ["docs/a.py"])
    assert told.endswith("; and 2 more.") and "x" * 100 + "" in tell_taught([CODE], ["a.py"])[0]
    assert len(tell_taught([CODE], ["a.py"])[0]) < 230


@pytest.mark.parametrize("named", ["docs", "docs/", "docs/a", "./docs/a", "/docs", "docs/a/b.md", "doc*", "docs/**"])
def test_a_folder_is_what_lies_below_it_however_it_is_written(named: str) -> None:
    rule = Rule("r4", "no jokes", (named,))
    assert rules_for([rule], ["docs/a/b.md"]) == (rule,)
    assert rules_for([rule], ["src/docs.py", "src/docs/a/b.md"]) == ()


@pytest.mark.parametrize(
    ("named", "held"),
    [
        ("**/*.md", ["docs/a/b.md", "docs/b.md", "b.md"]),
        ("docs/**/*.md", ["docs/a/b.md", "docs/b.md"]),
        ("docs/**/b.md", ["docs/a/b.md", "docs/b.md"]),
        ("**/a", ["docs/a/b.md", "a/b.txt"]),
    ],
)
def test_two_stars_also_stand_for_no_folder(named: str, held: list[str]) -> None:
    rule = Rule("r5", "no jokes", (named,))
    assert [path for path in ("docs/a/b.md", "docs/b.md", "b.md", "a/b.txt") if rules_for([rule], [path])] == held
