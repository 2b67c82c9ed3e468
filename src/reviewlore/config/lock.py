"""`reviewlore.lock`: which version judges in a repository, by its hash, and where it comes from. Text in, a record out.

It is read from the base of a change, never from a pull request's head. Unknown keys and wrong values are errors.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from reviewlore.config.checks import is_branch
from reviewlore.config.parse import parse_section
from reviewlore.config.settings import StateSettings
from reviewlore.config.toml import load_toml
from reviewlore.errors import ConfigError

LOCK_FILE = "reviewlore.lock"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")  # a folder of the state branch, and nothing above it
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HEAD = """\
# The version of reviewlore's judgement that every review here uses, wherever else something newer is active.
# Written by `reviewlore lock`; read from the base of a change, never from a pull request.
"""


@dataclass(frozen=True, slots=True)
class Lock:
    """One version, pinned: its id and the SHA-256 of its manifest, which names the SHA-256 of each of its files.

    `repository` is the address of the repository whose state branch `branch` holds it; empty: this one's own holds it,
    whose name the settings tell.
    """

    version: str = ""
    manifest: str = ""
    repository: str = ""
    branch: str = StateSettings().branch

    @property
    def source(self) -> str:
        """Where the version comes from, for people."""
        return f"{self.branch} of {self.repository}" if self.repository else "this repository's state branch"


def parse_lock(text: str, where: str = LOCK_FILE) -> Lock:
    """Return the lock in a TOML text; ConfigError lists everything that is wrong with it."""
    try:
        raw = load_toml(text)
    except ValueError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}. Write it anew by `reviewlore lock`.") from error
    problems: list[str] = []
    lock: Lock = parse_section(Lock, raw, "", problems)
    problems += _problems(lock)
    if problems:
        raise ConfigError(f"{where} cannot be used: " + "; ".join(problems) + ". Write it anew by `reviewlore lock`.")
    return lock


def render_lock(lock: Lock) -> str:
    """Return the text of `reviewlore.lock`."""
    rows = {"version": lock.version, "manifest": lock.manifest}
    rows |= {"repository": lock.repository, "branch": lock.branch} if lock.repository else {}
    return _HEAD + "".join(f'{name} = "{value}"\n' for name, value in rows.items())


def find_address_problem(address: str) -> str | None:
    """Say why git may not fetch from an address, or None.

    Only transports that start no program of the address's choice: https, http to this machine, a folder. No name and
    no password: the file is for everybody to read.
    """
    wanted = "must be an https:// address without a name or password, or a folder's full path"
    if not re.fullmatch(r"(?:https?://|file:///|/)[!-~]+", address) or set(address) & set('"\\<>?#@'):
        return wanted
    if address.startswith("/"):
        return None
    try:
        parts = urlsplit(address)
        host, known = parts.hostname or "", parts.port != 0
    except ValueError:
        return wanted
    if parts.scheme == "file":
        return None if not host and parts.path.startswith("/") else wanted
    fine = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    return None if fine and host and known and parts.path.strip("/") else wanted


def _problems(lock: Lock) -> Iterator[str]:
    if not _VERSION.fullmatch(lock.version):
        yield "version must be the id of a version"
    if not _SHA256.fullmatch(lock.manifest):
        yield "manifest must be the SHA-256 of the version's manifest, 64 hexadecimal digits"
    if not is_branch(lock.branch):
        yield "branch must be the name of a branch"
    problem = find_address_problem(lock.repository) if lock.repository else None
    if problem:
        yield f"repository {problem}"
