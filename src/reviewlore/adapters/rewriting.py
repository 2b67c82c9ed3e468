"""A branch's whole history made again, oldest first: raw git commits and trees in, raw git objects out.

Reads and writes objects through two functions and moves no ref. What does not change keeps its id, so that history
before the first change stays as it is. Formats: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviewlore.errors import StateError
from reviewlore.ports import Revision, Rewriting

_FOLDER = b"40000"
_SUBMODULE = b"160000"  # names a commit of another repository
_SIGNATURES = (b"gpgsig", b"gpgsig-sha256", b"mergetag")  # of a commit that is made again they are no longer true

Load = Callable[[str], bytes]
Save = Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: bytes
    name: bytes
    id: str


class Rewriter:
    """Makes commits again as a plan says; `load` returns an object's content by id, `save` writes one and names it.

    Each distinct content of a path is read once, and so is each distinct folder. `identity` (name and address in angle
    brackets) takes the place of one that the plan rewords.
    """

    def __init__(self, plan: Rewriting, load: Load, save: Save, identity: str) -> None:
        self._plan, self._load, self._save = plan, load, save
        self._identity = identity.encode()
        self._contents: dict[tuple[str, str], str | None] = {}  # (path, blob) -> the blob instead, None: removed
        self._folders: dict[tuple[str, str], str | None] = {}  # (path, tree) -> the tree instead, None: empty
        self._entries: dict[str, tuple[_Entry, ...]] = {}
        self.commits: dict[str, str] = {}

    def run(self, commits: Iterable[str]) -> str | None:
        """Make all commits (parents first) again and return the last one's id; StateError where a parent is missing."""
        last = None
        for commit in commits:
            last = self.commits[commit] = self._commit(commit)
        return last

    @property
    def changed(self) -> list[str]:
        """The commits that were made again, as they were, oldest first."""
        return [old for old, new in self.commits.items() if old != new]

    def _commit(self, commit: str) -> str:
        raw = self._load(commit)
        head, _, message = raw.partition(b"\n\n")
        rows = list(_headers(head))
        tree = next(value for name, value in rows if name == b"tree").decode()
        files = dict(self._files("", tree))
        fresh = tuple(path for path, blob in files.items() if (path, blob) not in self._contents)
        found = self._plan.alter(Revision(files, fresh, lambda path: self._load(files[path])))
        for path in fresh:
            self._contents[path, files[path]] = self._content(path, files[path], found)
        made = [(name, self._header(commit, name, value)) for name, value in rows]
        said = self._reword(message)
        if made == rows and said == message:
            return commit
        kept = [name + b" " + value for name, value in made if name not in _SIGNATURES]
        return self._save("commit", b"\n".join(kept) + b"\n\n" + said)

    def _content(self, path: str, blob: str, found: Mapping[str, bytes | None]) -> str | None:
        if path not in found:
            return blob
        data = found[path]
        return None if data is None else self._save("blob", data)

    def _header(self, commit: str, name: bytes, value: bytes) -> bytes:
        if name == b"tree":
            tree = value.decode()
            return (self._folder("", tree) or self._save("tree", b"")).encode()
        if name == b"parent":
            parent = self.commits.get(value.decode())
            if parent is None:
                raise StateError(
                    f"The history of the state branch is cut off behind {commit[:12]}, so it cannot be made again. "
                    "Fetch all of it (`git fetch --unshallow`), then run the command again."
                )
            return parent.encode()
        if name in (b"author", b"committer"):
            who, when = _split_identity(value)
            return value if self._reword(who) == who else self._identity + b" " + when
        return value

    def _reword(self, text: bytes) -> bytes:
        said = text.decode("utf-8", "surrogateescape")
        return self._plan.reword(said).encode("utf-8", "surrogateescape")

    def _files(self, folder: str, tree: str) -> Iterator[tuple[str, str]]:
        for entry in self._read_tree(tree):
            path = folder + entry.name.decode("utf-8", "surrogateescape")
            if entry.mode == _FOLDER:
                yield from self._files(f"{path}/", entry.id)
            elif entry.mode != _SUBMODULE:
                yield path, entry.id

    def _folder(self, folder: str, tree: str) -> str | None:
        """Return the tree instead of a tree: the same entries, without what was removed; None where none is left."""
        key = (folder, tree)
        if key not in self._folders:
            before = self._read_tree(tree)
            after = tuple(entry for entry in (self._entry(folder, entry) for entry in before) if entry is not None)
            if after == before:
                self._folders[key] = tree
            else:
                rows = (entry.mode + b" " + entry.name + b"\0" + bytes.fromhex(entry.id) for entry in after)
                self._folders[key] = self._save("tree", b"".join(rows)) if after else None
        return self._folders[key]

    def _entry(self, folder: str, entry: _Entry) -> _Entry | None:
        path = folder + entry.name.decode("utf-8", "surrogateescape")
        if entry.mode == _FOLDER:
            found = self._folder(f"{path}/", entry.id)
        else:
            found = self._contents.get((path, entry.id), entry.id)
        return None if found is None else _Entry(entry.mode, entry.name, found)

    def _read_tree(self, tree: str) -> tuple[_Entry, ...]:
        if tree not in self._entries:
            self._entries[tree] = tuple(_parse_tree(self._load(tree), len(tree) // 2))
        return self._entries[tree]


def object_id(kind: str, data: bytes) -> str:
    """Return the id that git gives an object, without writing it."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def _parse_tree(data: bytes, width: int) -> Iterator[_Entry]:
    start = 0
    while start < len(data):
        space = data.index(b" ", start)
        end = data.index(b"\0", space)
        stop = end + 1 + width
        yield _Entry(data[start:space], data[space + 1 : end], data[end + 1 : stop].hex())
        start = stop


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield a commit's headers; one that goes over several lines (a signature) is one."""
    name, value = b"", b""
    for line in head.split(b"\n"):
        if line.startswith(b" "):
            value += b"\n" + line
            continue
        if name:
            yield name, value
        name, _, value = line.partition(b" ")
    yield name, value


def _split_identity(value: bytes) -> tuple[bytes, bytes]:
    """Return `name <address>` and the time behind it."""
    end = value.rindex(b">") + 1
    return value[:end], value[end + 1 :]
