"""Repositories for measuring maps: invented Python code of any size, or files of clones joined; git objects out.

Everything is written by one `git fast-import`, so that a tree of 20,000 files takes seconds. The same seed gives the
same bytes.
"""

import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from reviewlore.adapters.git import GitRepo

_WORDS = "parse store merge fetch index score route batch token frame audit quota shard relay probe patch".split()
_PACKAGE = 40  # modules in one package


def invent(files: int, seed: int = 1) -> dict[str, bytes]:
    """Return path -> content of a package tree: some 9 KB a module, imports mostly of neighbours, few cycles."""
    rng = random.Random(seed)
    names = [f"app/p{number // _PACKAGE}/m{number}" for number in range(files)]
    tree = {f"{name}.py": _module(rng, names, number).encode() for number, name in enumerate(names)}
    inits = {f"{folder}/__init__.py" for name in names for folder in (name.rpartition("/")[0], "app")}
    keep = sorted(tree)[: files - len(inits)] if files > len(inits) else sorted(tree)
    return {path: tree[path] for path in keep} | dict.fromkeys(inits, b"")


def joined(clones: Mapping[str, Path], most: int, suffix: str = ".py") -> dict[str, bytes]:
    """Return up to `most` sources of clones at their heads, each below a folder of its clone's name."""
    return dict(islice(_sources(clones, suffix), most))


def commit(folder: Path, *trees: Mapping[str, bytes]) -> list[str]:
    """Write one commit for each tree, one after another, into a new bare repository; return their ids."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True, env=environment)
    stream = bytearray()
    for number, tree in enumerate(trees, 1):
        stream += b"commit refs/heads/main\nmark :%d\ncommitter A <a@example.org> %d +0000\n" % (number, 10**9 + number)
        stream += b"data 6\nChange\n" + (b"from :%d\n" % (number - 1) if number > 1 else b"") + b"deleteall\n"
        for path, content in tree.items():
            stream += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    subprocess.run(command, input=bytes(stream), check=True, env=environment)
    told = subprocess.run(
        ["git", "-C", str(folder), "rev-list", "--reverse", "main"], capture_output=True, text=True, check=True
    )
    return told.stdout.split()


def edited(tree: Mapping[str, bytes], files: int) -> dict[str, bytes]:
    """Return the tree with a function and an import added to some of its sources, spread over it."""
    paths = sorted(path for path, content in tree.items() if content)
    step = max(1, len(paths) // files)
    chosen = paths[::step][:files]
    return dict(tree) | {path: tree[path] + b"\n\nimport json\n\n\ndef added():\n    return json\n" for path in chosen}


def _sources(clones: Mapping[str, Path], suffix: str) -> Iterator[tuple[str, bytes]]:
    for name, clone in clones.items():
        repo = GitRepo(clone)
        files = [file for file in repo.files(repo.resolve("HEAD")) if file.path.endswith(suffix)]
        contents = dict(repo.blobs({file.blob for file in files}))
        yield from ((f"{name}/{file.path}", contents[file.blob]) for file in files)


def _module(rng: random.Random, names: list[str], number: int) -> str:
    near = [names[max(0, number - rng.randint(1, 2 * _PACKAGE))] for _ in range(4)]
    far = [names[rng.randrange(max(1, number))] for _ in range(2)]
    lines = ["import os", "from typing import Any", ""]
    lines += [f"from {name.rpartition('/')[0].replace('/', '.')} import {name.rpartition('/')[2]}" for name in near]
    lines += [f"import {name.replace('/', '.')}" for name in far]
    for index in range(4):
        lines += ["", "", f"class {rng.choice(_WORDS).title()}{index}:", f'    """A {rng.choice(_WORDS)} to read."""']
        for method in range(6):
            lines += ["", *_method(rng, method, near[method % 4].rpartition("/")[2])]
    return "\n".join(lines) + "\n"


def _method(rng: random.Random, number: int, module: str) -> Iterator[str]:
    one, two = rng.choice(_WORDS), rng.choice(_WORDS)
    yield f"    def {one}_{number}(self, {two}: Any, limit: int = {rng.randint(1, 99)}) -> Any:"
    yield f'        """Return the {one} of a {two}."""'
    yield f"        found = {module}.{two}({two}, limit=limit, name={one!r})"
    for step in range(rng.randint(2, 6)):
        yield f"        if found and {two} > {step * 7}:"
        yield f"            found = self.{one}_{number}(found[{step}], limit=limit - {step + 1})"
    yield f"        return os.path.join(str(found), {two!r})"
