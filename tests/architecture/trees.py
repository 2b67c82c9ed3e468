"""Small trees for architecture tests: in memory, and as real git repositories with pinned dates and identity."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.grammars import Grammars
from reviewlore.architecture.building import Cache, build_map
from reviewlore.config import ArchitectureSettings
from reviewlore.domain.architecture import ArchitectureMap, Fact, Survey
from reviewlore.domain.source import SourceFile
from reviewlore.flows.survey import survey
from reviewlore.formats.manifests import is_manifest, parse_manifests


def map_of(files: Mapping[str, str | bytes], cache: Cache | None = None) -> ArchitectureMap:
    """The map of a tree given as path -> content, with its manifests."""
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    blobs = {hashlib.sha1(content).hexdigest(): content for content in contents.values()}
    sources = [SourceFile(path, hashlib.sha1(content).hexdigest()) for path, content in contents.items()]
    manifests = {path: data.decode("utf-8", "replace") for path, data in contents.items() if is_manifest(path)}
    return build_map(
        sources,
        lambda ids: ((blob, blobs[blob]) for blob in ids),
        Grammars().parse,
        {} if cache is None else cache,
        parse_manifests(manifests),
    )


def imports_of(tree: ArchitectureMap) -> set[tuple[str, str]]:
    """Who imports whom, by path."""
    return {(edge.importer, edge.imported) for edge in tree.edges}


class Tree:
    """A real repository in a folder: write files, commit, survey."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._second = 1_700_000_000
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        identity = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
        identity |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
        dates = {"GIT_AUTHOR_DATE": f"{self._second} +0000", "GIT_COMMITTER_DATE": f"{self._second} +0000"}
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=os.environ | identity | dates | quiet,
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change") -> str:
        """Write (None removes) and commit; return the commit's id."""
        self._second += 86_400
        for path, content in files.items():
            target = self.folder / path
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def survey(
        self, base: str, head: str, layers: tuple[str | tuple[str, ...], ...] = (), also: tuple[str, ...] = ()
    ) -> Survey:
        """Return what a change does; `also` are kinds to be said although they are silent by default."""
        return survey(
            GitRepo(self.folder),
            Grammars(),
            base,
            head,
            settings=ArchitectureSettings(
                layers=tuple(" | ".join([e] if isinstance(e, str) else e) for e in layers), facts=also
            ),
        )

    def facts(
        self, before: Mapping[str, str | bytes | None], after: Mapping[str, str | bytes | None], *also: str
    ) -> list[Fact]:
        """Commit one state and then another; return the facts of the difference."""
        base = self.commit(before, "Before")
        return list(self.survey(base, self.commit(after, "After"), also=also).facts)
