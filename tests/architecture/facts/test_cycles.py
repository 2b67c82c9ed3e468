"""Long circles and many of them cost little to find, and are told in a few steps."""

from tests.architecture.facts.changes import change_of

from reviewlore.architecture.facts.cycles import find_cycles

LENGTH = 800


def test_a_long_circle_is_told_by_its_first_steps_and_where_it_closes() -> None:
    before = {f"app/m{n}.py": f"import app.m{n + 1}\n" for n in range(LENGTH)}
    before |= {"app/__init__.py": "", f"app/m{LENGTH}.py": ""}
    (fact,) = find_cycles(change_of(before, {f"app/m{LENGTH}.py": "import app.m0\n"}))
    assert len(fact.evidence) == 11
    assert f"`app.m9` → {LENGTH - 9} more → `app.m{LENGTH}`" in fact.why


def test_a_circle_of_new_imports_alone_is_one_fact() -> None:
    before = {f"app/m{n}.py": "" for n in range(LENGTH)} | {"app/__init__.py": ""}
    after = {f"app/m{n}.py": f"import app.m{(n + 1) % LENGTH}\n" for n in range(LENGTH)}
    (fact,) = find_cycles(change_of(before, after))
    assert fact.path == "app/m0.py"
