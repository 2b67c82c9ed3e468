"""Recipes that people keep themselves: a path in, a name and where its text may come from out.

A recipe decides what is downloaded and computed, so none is read from a pull request.
"""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from reviewlore.errors import ConfigError
from reviewlore.ports import Repo

_ENDING = ".toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LARGEST = 1 << 18  # bytes; a shipped one has some 5,000


def is_own(name: str) -> bool:
    """Return whether what was named is a file and not a shipped recipe."""
    return name.endswith(_ENDING)


def name_own(path: str, shipped: Collection[str]) -> str:
    """Return a file's name as a recipe; ConfigError where it cannot be one, or is a shipped recipe's."""
    name = PurePosixPath(path.replace("\\", "/")).name.removesuffix(_ENDING)
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} cannot name a recipe; use small letters, digits, - and _.")
    if name in shipped:
        raise ConfigError(f"{name} is a shipped recipe's name, and versions are told apart by it. Rename your file.")
    return name


def read_committed(repo: Repo, commit: str | None, path: str, besides: str = "") -> str:
    """Return the text of a recipe file of the default branch, whose commit is given; ConfigError where it has none.

    `besides` says where else it was looked for.
    """
    data = repo.read(commit, PurePosixPath(path).as_posix()) if commit else None
    if data is None:
        raise ConfigError(
            f"There is no recipe {path} {besides}on the default branch. Commit it, or name a shipped one."
        )
    return decode(data, path)


def decode(data: bytes, path: str) -> str:
    """Return a recipe file's text; ConfigError where it is none."""
    if len(data) > _LARGEST:
        raise ConfigError(f"{path} has {len(data)} bytes; a recipe has at most {_LARGEST}.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.") from error
