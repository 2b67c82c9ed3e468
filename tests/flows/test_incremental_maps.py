"""Random histories of repositories in all languages: each map from the one before it equals the map from nothing."""

import hashlib
from collections.abc import Iterable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewlore.adapters.grammars import Grammars
from reviewlore.domain.source import SourceFile
from reviewlore.domain.trees import Listing
from reviewlore.flows.mapping import Mapper

CONTENTS = {
    "app/__init__.py": ("", "from .core import x\n"),
    "app/core.py": ("import app.util\n", "from app import util\n", "def f(:\n"),
    "src/app/util.py": ("from app.core import x\n", "import os\n"),
    "web/package.json": ('{"name": "web", "main": "a.ts"}', '{"name": "other"}', "{"),
    "package.json": ('{"workspaces": ["web", "lib"]}', '{"dependencies": {"web": "1"}}'),
    "tsconfig.json": (
        '{"compilerOptions": {"paths": {"@/*": ["./web/*"]}}}',
        '{"compilerOptions": {"baseUrl": "lib"}}',
    ),
    "web/a.ts": ("import { b } from '@/b';\n", "import { b } from './b';\nexport * from 'web';\n"),
    "web/b.ts": ("export const b = 1;\n", "import x from '../lib/c';\n"),
    "lib/c.js": ("require('web');\n", "import '@/a';\n", "require('b');\n"),
    "go.mod": ("module example.org/m\n", "module example.org/n\n"),
    "go/a/a.go": ('package a\nimport "example.org/m/go/b"\nvar _ = b.F\n', "package a\nfunc G() {}\n"),
    "go/b/b.go": ("package b\nfunc F() {}\n", 'package b\nimport "example.org/n/go/a"\nvar _ = a.G\n'),
    "Cargo.toml": ('[package]\nname = "one"\n', '[package]\nname = "two"\n', '[workspace]\nmembers = ["sub"]\n'),
    "src/lib.rs": ("mod m;\nuse crate::m::x;\n", "pub mod m;\nuse one::m;\n"),
    "src/m.rs": ("pub fn x() {}\n", "use super::*;\nuse two::m::x;\n"),
    "java/p/A.java": ("package p;\nimport q.B;\nclass A { B b; }\n", "package p;\nclass A {}\n"),
    "java/q/B.java": ("package q;\npublic class B {}\n", "package q;\nimport p.*;\npublic class B { A a; }\n"),
    "pyproject.toml": ('[project]\nname = "app"\n', "[["),
    "README": ("x",),
}
Tree = dict[str, str]
writes = st.sampled_from([(path, text) for path, texts in CONTENTS.items() for text in (*texts, None)])
renames = st.tuples(st.sampled_from(sorted(CONTENTS)), st.sampled_from([*sorted(CONTENTS), "App/core.py", "web/B.ts"]))
steps = st.lists(
    st.one_of(writes.map(lambda one: ("write", *one)), renames.map(lambda one: ("move", *one))), max_size=4
)
starts = st.fixed_dictionaries({path: st.sampled_from((*texts, None)) for path, texts in CONTENTS.items()})


class Memory:
    """A repository of trees in memory, each known by its number."""

    def __init__(self) -> None:
        self.trees: list[Tree] = []
        self._blobs: dict[str, bytes] = {}

    def add(self, tree: Tree) -> str:
        self.trees.append(tree)
        return str(len(self.trees) - 1)

    def tree(self, commit: str) -> Listing:
        files = []
        for path, text in sorted(self.trees[int(commit)].items()):
            blob = hashlib.sha1(text.encode()).hexdigest()
            self._blobs[blob] = text.encode()
            files.append(SourceFile(path, blob))
        return Listing(tuple(files))

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((blob, self._blobs[blob]) for blob in ids)


def step(tree: Tree, edits: list[tuple[str, str, str | None]]) -> Tree:
    after = dict(tree)
    for what, path, value in edits:
        if what == "move" and value is not None and path in after:
            after[value] = after.pop(path)
        elif what == "write":
            after.pop(path, None)
            if value is not None:
                after[path] = value
    return after


@settings(max_examples=60, deadline=None)
@given(starts, st.lists(steps, min_size=1, max_size=5))
def test_maps_along_random_histories_equal_those_from_nothing(
    start: dict[str, str | None], history: list[list[tuple[str, str, str | None]]]
) -> None:
    repo = Memory()
    tree = {path: text for path, text in start.items() if text is not None}
    along = Mapper(repo, Grammars(1))
    for edits in ([], *history):
        tree = step(tree, edits)
        commit = repo.add(tree)
        found, cold = along.map(commit), Mapper(repo, Grammars(1)).map(commit)
        assert found.map == cold.map
        assert list(found.map.modules) == list(cold.map.modules)
        assert found.resolved == cold.resolved
