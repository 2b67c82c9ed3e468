from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.architecture.trees import Tree

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.adapters.shelf import SqliteShelf
from reviewlore.flows.mapping import Mapper, maps_along


class Counting(Grammars):
    """The real grammars, which count what they are asked."""

    def __init__(self) -> None:
        super().__init__(1)
        self.asked: list[str] = []
        self.batches = 0

    def read_many(self, sources: Iterable[tuple[str, bytes]], total: int):
        self.batches += 1

        def counted():
            for path, content in sources:
                if path:
                    self.asked.append(path)
                yield path, content

        return super().read_many(counted(), total)


class Tracking:
    """A console that remembers what was tracked."""

    def __init__(self) -> None:
        self.labels: list[tuple[str, int | None, int]] = []

    def track(self, items, label, total=None):
        told = 0
        for item in items:
            told += 1
            yield item
        self.labels.append((label, total, told))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "repo")


def history(tree: Tree) -> list[str]:
    """Twelve commits on a main line and two branches, one of them merged, with renames and removals."""
    made = [tree.commit({"app/__init__.py": "", "app/a.py": "import app.b\n", "README": "x"}, "Start")]
    made.append(tree.commit({"app/b.py": "from . import a\n"}))
    tree.git("checkout", "-q", "-b", "side")
    made.append(tree.commit({"app/c.py": "from app import b\n", "app/a.py": "import app.c\n"}))
    made.append(tree.commit({"app/c.py": None, "lib/c.py": "from app import b\n"}))
    tree.git("checkout", "-q", "main")
    made.append(tree.commit({"app/b.py": "import os\n"}))
    made.append(tree.commit({"app/b.py": "from . import a\n", "package.json": "{}"}))
    tree.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    made.append(tree.git("rev-parse", "HEAD"))
    made.append(tree.commit({"tests/test_a.py": "import app.a\n"}))
    made.append(tree.commit({}))
    made.append(tree.commit({"app/a.py": None, "package.json": None}))
    made.append(tree.commit({"app/A.py": "import app.b\n"}))
    tree.git("checkout", "-q", "--orphan", "other")
    made.append(tree.commit({"app/b.py": "from . import A\n"}))
    tree.git("checkout", "-q", "main")
    tree.git("merge", "-q", "--no-ff", "--allow-unrelated-histories", "-X", "ours", "-m", "Join", "other")
    made.append(tree.git("rev-parse", "HEAD"))
    return made


def test_every_commit_has_the_map_that_is_built_from_nothing(tree: Tree) -> None:
    made = history(tree)
    repo = GitRepo(tree.folder)
    found = {step.commit: snapshot.map for step, snapshot in maps_along(repo, Grammars(1), made[-1])}
    assert found.keys() == set(made)
    for commit, along in found.items():
        assert along == Mapper(repo, Grammars(1)).map(commit).map


def test_maps_one_after_another_equal_those_built_from_nothing(tree: Tree) -> None:
    made = history(tree)
    repo = GitRepo(tree.folder)
    mapper = Mapper(repo, Grammars(1))
    for commit in (*made, *reversed(made)):
        assert mapper.map(commit).map == Mapper(repo, Grammars(1)).map(commit).map


def test_a_blob_is_parsed_once_in_all_runs(tree: Tree, tmp_path: Path) -> None:
    made = history(tree)
    repo, shelf = GitRepo(tree.folder), SqliteShelf(tmp_path)
    first, second = Counting(), Counting()
    cold = [snapshot.map for _, snapshot in maps_along(repo, first, made[-1], shelf=shelf)]
    warm = [snapshot.map for _, snapshot in maps_along(repo, second, made[-1], shelf=SqliteShelf(tmp_path))]
    assert cold == warm
    assert first.asked
    assert second.asked == []
    assert Mapper(repo, second, shelf=shelf).map(made[3]).map == Mapper(repo, Grammars()).map(made[3]).map
    assert second.asked == []


def test_parsers_are_asked_for_nothing_where_the_shelf_has_it_all(tree: Tree, tmp_path: Path) -> None:
    head, repo, shelf = history(tree)[-1], GitRepo(tree.folder), SqliteShelf(tmp_path)
    first, second = Counting(), Counting()
    cold, warm = (Mapper(repo, parsers, shelf=shelf).map(head).map for parsers in (first, second))
    assert cold == warm
    assert (first.batches, second.batches) == (1, 0)


def test_a_shelf_that_was_filled_by_other_grammars_is_not_believed(tree: Tree, tmp_path: Path) -> None:
    class Other(Counting):
        version = "other"

    head = tree.commit({"a.py": "import os\n"})
    shelf = SqliteShelf(tmp_path)
    Mapper(GitRepo(tree.folder), Counting(), shelf=shelf).map(head)
    other = Other()
    Mapper(GitRepo(tree.folder), other, shelf=shelf).map(head)
    assert other.asked == ["a.py"]


def test_a_value_damaged_on_the_shelf_is_read_again(tree: Tree, tmp_path: Path) -> None:
    head = tree.commit({"a.py": "import b\n", "b.py": ""})
    shelf, repo, parsers = SqliteShelf(tmp_path), GitRepo(tree.folder), Counting()
    blob = tree.git("rev-parse", "HEAD:a.py")
    shelf.put(f"source/{parsers.version}/python", {blob: b"damaged"})
    snapshot = Mapper(repo, parsers, shelf=shelf).map(head)
    assert [edge.imported for edge in snapshot.map.edges] == ["b.py"]
    assert sorted(parsers.asked) == ["a.py", "b.py"]


def test_long_work_is_shown_and_short_work_is_not(tree: Tree, tmp_path: Path) -> None:
    console = Tracking()
    base = tree.commit({f"m{number}.py": f"X = {number}\n" for number in range(520)})
    mapper = Mapper(GitRepo(tree.folder), Grammars(1), shelf=SqliteShelf(tmp_path), console=console)
    mapper.map(base)
    mapper.map(tree.commit({"m1.py": "Y = 1\n"}))
    Mapper(GitRepo(tree.folder), Grammars(1), shelf=SqliteShelf(tmp_path), console=console).map(base)
    assert console.labels == [("Reading sources", 520, 520)]


def test_an_empty_history_and_an_empty_tree(tree: Tree) -> None:
    head = tree.commit({})
    ((step, snapshot),) = maps_along(GitRepo(tree.folder), Grammars(1), head)
    assert (step.commit, step.parents, step.changes) == (head, (), ())
    assert snapshot.map.files == frozenset()


def test_the_same_content_is_read_as_what_each_path_says_it_is(tree: Tree, tmp_path: Path) -> None:
    """An assertion `<any>x` is TypeScript in `.ts` and an element in `.tsx`: neither may answer for the other."""
    text = "const w = <any>window;\nimport { a } from './db';\n"
    decoy = tree.commit({"src/db.ts": "export const a = 1;\n", "src/z.tsx": text})
    both = tree.commit({"src/x.ts": text})
    shelf = SqliteShelf(tmp_path / "shelf")
    repo = GitRepo(tree.folder)
    Mapper(repo, Grammars(1), shelf=shelf).map(decoy)
    for mapper in (Mapper(repo, Grammars(1)), Mapper(repo, Grammars(1), shelf=shelf)):
        found = mapper.map(both).map
        assert [(edge.importer, edge.imported) for edge in found.edges] == [("src/x.ts", "src/db.ts")]
        assert found.broken == ("src/z.tsx",)
    shelf.close()
