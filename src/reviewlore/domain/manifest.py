"""What a repository publishes and depends on, as its manifests say. Made by `formats/manifests/`."""

from dataclasses import dataclass
from typing import Literal

Ecosystem = Literal["pypi", "npm", "go", "maven", "crates"]
DependencyScope = Literal["runtime", "development", "optional", "build", "indirect"]


@dataclass(frozen=True, slots=True)
class Dependency:
    """One declared third-party (or sibling) package: `line` is 1-based in its manifest, `requirement` as written.

    `name` is normalised as its ecosystem does (PEP 503 for pypi; `group:artifact` for maven). `local` where the
    manifest points to a folder of the same repository (workspace, path or replace). An `indirect` one is listed for the
    sake of others: no code here imports it (go.mod). `called` is what code imports it as, where the manifest gives it
    another name (Cargo's `package`).
    """

    name: str
    ecosystem: Ecosystem
    scope: DependencyScope
    line: int
    requirement: str = ""
    local: bool = False
    called: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest file: the package it publishes (empty: none), its dependencies, and how imports find its code.

    `entry` is the file that importing the package by its name gives, and `roots` are folders (Cargo: files) where its
    code starts, both from the repository's root. `aliases` are (pattern, targets) of import paths that stand for
    folders or files (tsconfig `paths`, package.json `imports` and `exports`, go.mod `replace`, Cargo's `path`), targets
    from the repository's root.
    `members` are the folders or globs of a workspace. `extends` is the path of the manifest whose settings this one
    inherits; `settings` are (name, value) of what it and its heirs may mean by a name (Maven's properties and managed
    versions, Gradle's properties and catalogs). `problem` says why the file could not be read, or was read in part.
    """

    path: str
    ecosystem: Ecosystem
    name: str = ""
    version: str = ""
    dependencies: tuple[Dependency, ...] = ()
    entry: str = ""
    roots: tuple[str, ...] = ()
    aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    members: tuple[str, ...] = ()
    extends: str = ""
    problem: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> str:
        """The folder the manifest lies in, empty for the top."""
        return self.path.rpartition("/")[0]
