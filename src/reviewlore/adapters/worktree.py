"""The work tree of a repository: the few files that `init` and `uninstall` read, write and remove there.

No link leads out of it; a file is written beside its place and renamed. Everything else reads git objects instead.
"""

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reviewlore.adapters.git import GitRepo
from reviewlore.errors import InputError, StorageError

_HEAD = re.compile(r"ref: refs/(?:heads|remotes/origin)/(\S+)\n?")


def is_bare(repo: GitRepo) -> bool:
    """Whether a repository has no work tree."""
    return repo.top.resolve() == repo.git_dir.resolve()


def open_folder(repo: GitRepo) -> "WorkFolder":
    """Return the work tree of a repository; InputError where it has none."""
    if is_bare(repo):
        raise InputError(f"{repo.path} is a bare repository: it has no work tree. Name a clone with --repo PATH.")
    return WorkFolder(repo.top)


def name_default_branch(repo: GitRepo) -> str:
    """Return the name of the default branch: the one that origin had when it was cloned, else the best guess.

    Source: https://git-scm.com/docs/gitrepository-layout
    """
    try:
        found = repo.default_branch()
    except InputError:
        found = "HEAD"
    if not found.endswith("HEAD"):
        return found.removeprefix("origin/")
    try:
        named = _HEAD.fullmatch((repo.git_dir / found).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        named = None
    return named[1] if named else "main"


@dataclass(frozen=True)
class WorkFolder:
    """Implements `flows.init.Folder` over the work tree of a repository: no link leads out of it."""

    top: Path

    def read(self, path: str) -> str | None:
        """Return a file's text, or None; InputError where it is something else than a file inside."""
        place = self._inside(path)
        if not place.exists():
            return None
        try:
            return place.read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            raise InputError(
                f"{path} cannot be read: {error.strerror}. Make it a readable file, or remove it."
            ) from error

    def write(self, path: str, text: str) -> None:
        """Write a file whole, with the folders above it."""
        place = self._inside(path)
        partial = place.with_name(f".reviewlore-{secrets.token_hex(8)}.partial")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            partial.replace(place)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be written: {error.strerror}. It was not changed; check permissions, then run it again."
            ) from error
        finally:
            with suppress(OSError):  # the folder may not even be there
                partial.unlink(missing_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file."""
        try:
            self._inside(path).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{path} cannot be removed: {error.strerror}. It is still there.") from error

    def listed(self, path: str) -> tuple[str, ...]:
        """Return the paths of the files in a folder, sorted."""
        folder = self._inside(path)
        names = (each.name for each in folder.iterdir() if each.is_file()) if folder.is_dir() else ()
        return tuple(sorted(f"{path}/{name}" for name in names))

    def _inside(self, path: str) -> Path:
        place = self.top / path
        if not place.resolve().is_relative_to(self.top.resolve()):
            raise InputError(f"{path} leads out of the repository by a link. Remove the link.")
        return place
