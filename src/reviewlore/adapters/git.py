"""A git repository read from its objects: revisions, diffs, trees, blobs and history. Owns GitPython, with two more.

Nothing is checked out and no code, hook, filter or attribute of the repository runs. Every revision becomes a full
object id first; paths and ids are passed after `--end-of-options` or on standard input, never as options.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from configparser import Error as _ConfigParserError
from pathlib import Path

from git import Repo as _Repo
from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError
from gitdb.exc import BadName, BadObject

from reviewlore.adapters import git_bulk
from reviewlore.adapters import git_options as options
from reviewlore.adapters.git_run import GitRunner, last_words, name_repository
from reviewlore.domain.architecture import Change, Landed, Mention
from reviewlore.domain.patch import CommitPatch
from reviewlore.domain.source import SourceFile
from reviewlore.domain.trees import Listing, Step
from reviewlore.errors import InputError
from reviewlore.formats import commits, patches
from reviewlore.formats.trees import parse_listing, parse_steps

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SUFFIX = re.compile(r"[~^:]|@\{")  # what may stand behind the name of a ref in a revision, and in no name of one
_MOST_FOLDERS = 64
_MOST_TREES = 2  # a review asks for its base and its head, each more than once
# `https://host/owner/name.git` or `git@host:owner/name`; a folder on this machine has no owner.
_HOSTED = re.compile(r"^(?:(?!file:)\w+://[^/]+/|[^/:]+@[^/:]+:)(?:.*/)?([\w.-]+/[\w.-]+?)(?:\.git)?/?$")


class GitRepo:
    """Adapter of the `Repo` port over a local repository or bare clone."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._repo = _Repo(self.path, search_parent_directories=True)
        except InvalidGitRepositoryError as error:
            raise InputError(
                f"{self.path} is not a git repository. Run inside one, or name it with --repo PATH."
            ) from error
        except NoSuchPathError as error:
            raise InputError(f"{self.path} does not exist. Name an existing repository with --repo PATH.") from error
        self._refuse_unreadable()
        name_repository(self._repo)
        self._run = GitRunner(self._repo, self.path)
        self._trees: dict[str, Listing] = {}
        self._folders: dict[str, git_bulk.Folder] = {}
        self._last_diff: tuple[tuple[str, ...], str] = ((), "")

    @property
    def name(self) -> str:
        """`owner/name` from the `origin` remote where it looks like one, else the folder's name."""
        for remote in self._repo.remotes:
            if remote.name == "origin":
                match = _HOSTED.search(next(iter(remote.urls), ""))
                if match:
                    return match[1]
        return self.top.resolve().name.removesuffix(".git")

    @property
    def hosted(self) -> tuple[str, ...]:
        """`owner/name` of each remote whose address looks like one; none for a folder on this machine."""
        found = (_HOSTED.search(next(iter(remote.urls), "")) for remote in self._repo.remotes)
        return tuple(match[1] for match in found if match)

    @property
    def git_dir(self) -> Path:
        """The repository's git directory (shared by all its work trees), where untracked local state may live."""
        return Path(self._repo.common_dir)

    @property
    def top(self) -> Path:
        """The work tree's root; for a bare repository its own folder."""
        return Path(self._repo.working_tree_dir or self._repo.git_dir)

    @property
    def shallow(self) -> bool:
        """Whether the history was cut off by `git clone --depth`."""
        return (self.git_dir / "shallow").exists()

    def resolve(self, revision: str) -> str:
        """Return the full commit id of a revision; InputError if there is none."""
        try:
            if revision.startswith("refs/"):  # else git takes refs/heads/refs/... where there is no such one
                self._repo.git.show_ref("--verify", "--quiet", "--", _SUFFIX.split(revision, maxsplit=1)[0])
            name = f"{revision}^{{commit}}"
            found = str(self._repo.git.rev_parse("--verify", "--quiet", "--end-of-options", name)).strip()
        except GitCommandError as error:
            said = last_words(error)  # a name that is not there is an exit status without words
            raise InputError(f"git cannot read {self.path}: {said}" if said else self._missing(revision)) from error
        except (ValueError, BadName) as error:
            raise InputError(self._missing(revision)) from error
        lines = found.splitlines()
        if not lines or not _OBJECT_ID.fullmatch(lines[-1]):
            raise InputError(self._missing(revision))
        return lines[-1]

    def changed(self, paths: Sequence[str]) -> bool:
        """Whether anything below these paths is not as HEAD has it; what git ignores does not count."""
        top = [f":(top){path}" for path in paths]
        return bool(self._run.read("status", "--porcelain", "--", *top, env={"GIT_WORK_TREE": str(self.top)}))

    def contains(self, commit: str) -> bool:
        """Whether a full commit id is present in this repository."""
        try:
            kind = self._repo.git.get_object_header(commit)[1] if _OBJECT_ID.fullmatch(commit) else ""
        except (ValueError, BadObject):
            return False
        return kind in ("commit", b"commit")

    def merge_base(self, base: str, head: str) -> str:
        """Return the merge base of two commit ids; InputError if they share no history."""
        try:
            return str(self._repo.git.merge_base(self._id(base), self._id(head))).splitlines()[0].strip()
        except (GitCommandError, IndexError) as error:
            hint = " The clone is shallow: run `git fetch --unshallow` and retry." if self.shallow else ""
            message = (
                f"{base[:12]} and {head[:12]} have no common ancestor in {self.path}, so there is nothing to compare."
            )
            raise InputError(message + (hint or " Name another base with --base.")) from error

    def diff(self, base: str, head: str, paths: tuple[str, ...] = ()) -> str:
        """Return the unified diff (3 context lines, renames detected) from one commit id to another.

        Paths beyond ASCII are quoted as git does it, so that they are told whatever bytes they have.
        """
        asked = (self._id(base), self._id(head), "--", *(f":(top,literal){path}" for path in paths))
        if self._last_diff[0] != asked:  # a review asks for the same one before and after
            text = self._run.read("diff", *options.DIFF_OPTIONS, *asked).decode("utf-8", "replace")
            self._last_diff = (asked, text)
        return self._last_diff[1]

    def diffs(self, pairs: Iterable[tuple[str, str]], paths: Sequence[str] = ()) -> Iterator[str]:
        """Yield what `diff` returns for each pair of commit ids, in order, from one git process.

        With paths only those files are told of, and renames only between them. All pairs are read before the first
        diff comes. InputError where a commit is not here.
        """
        literal = [f":(top,literal){path}" for path in paths if options.may_stand(path)]
        if paths and not literal:
            yield from ("" for _ in pairs)
            return
        with tempfile.TemporaryFile() as wanted:  # not a pipe: git and we could wait for each other
            for base, head in pairs:
                wanted.write(f"{self._tree(base)} {self._tree(head)}\n".encode())
            wanted.seek(0)
            command = ("-r", "-p", "--stdin", *options.DIFF_OPTIONS, "--", *literal)
            for patch in self._run.stream("diff-tree", command, git_bulk.split_pairs, wanted):
                yield patch.decode("utf-8", "replace")

    def patches(
        self, commit: str, limit: int | None = None, paths: Sequence[str] = (), *, mainline: bool = False
    ) -> Iterator[CommitPatch]:
        """Yield non-merge commits, or those of the `mainline`, newest first, with files and hunks, while git runs."""
        most = () if limit is None else (f"--max-count={limit}",)
        literal = [f":(top,literal){path}" for path in paths if options.may_stand(path)]
        if paths and not literal:
            return
        line = options.MAINLINE_OPTIONS if mainline else ()
        command = (*options.DIFF_OPTIONS, *options.PATCH_OPTIONS, *line, *most, self._id(commit), "--", *literal)
        for record in self._run.stream("log", command, git_bulk.split_commits):
            yield patches.parse_commit(record)

    def files(self, commit: str) -> tuple[SourceFile, ...]:
        """Return all regular files of a commit's tree (no symbolic links, no submodules)."""
        return self.tree(commit).files

    def tree(self, commit: str) -> Listing:
        """Return everything in a commit's tree; links are not followed, submodules not read."""
        if commit not in self._trees:
            if len(self._trees) >= _MOST_TREES:
                self._trees.clear()
            listing = self._run.read("ls-tree", "-r", "-z", "--full-tree", self._id(commit))
            self._trees[commit] = parse_listing(listing)
        return self._trees[commit]

    def steps(self, commit: str) -> Iterator[Step]:
        """Yield what every commit reachable from `commit` did to its first parent's tree, parents first, in bulk."""
        command = (*options.STEP_OPTIONS, self._id(commit), "--")
        yield from parse_steps(self._run.stream("log", command, git_bulk.split_fields))

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (blob id, content) in the order asked, through one `git cat-file --batch`."""
        for blob in ids:
            try:
                _, _, _, content = self._repo.git.get_object_data(self._id(blob))
            except (ValueError, BadObject) as error:
                raise self._gone(f"Object {blob[:12]}") from error
            yield blob, content

    def read(self, commit: str, path: str) -> bytes | None:
        """Return one regular file's content at a commit, or None where there is none."""
        if not options.may_stand(path):
            return None
        *folders, name = path.encode("utf-8", "surrogateescape").split(b"/")
        found = self._folder(f"{self._id(commit)}^{{tree}}")
        for folder in folders:
            if folder not in found.folders:
                return None
            found = self._folder(found.folders[folder])
        return next(self.blobs([found.files[name]]))[1] if name in found.files else None

    def contents(self, places: Iterable[tuple[str, str]]) -> Iterator[bytes | None]:
        """Yield the content of a file, or None where there is none, for each (commit id, path), in bulk."""
        for commit, path in places:
            if "\n" in path or not path.isprintable() or not options.may_stand(path):
                yield self.read(commit, path)
                continue
            try:
                _, kind, _, content = self._repo.git.get_object_data(f"{self._id(commit)}:{path}")
            except (ValueError, BadObject):
                yield None
            else:
                yield content if kind in ("blob", b"blob") else None

    def history(self, commit: str, limit: int) -> tuple[Change, ...]:
        """Return up to `limit` non-merge commits, newest first; authors are told apart by the commit's `.mailmap`."""
        data = self._run.read(
            "log", *options.LOG_OPTIONS, f"--max-count={limit}", self._id(commit), "--", mailmap=commit
        )
        return commits.parse_history(data)

    def mainline(self, commit: str, limit: int) -> tuple[Landed, ...]:
        """Return the last `limit` commits along first parents, newest first, with their whole messages."""
        arguments = (*options.LANDED_OPTIONS, f"--max-count={limit}", self._id(commit), "--")
        return commits.parse_mainline(self._run.read("log", *arguments, mailmap=commit))

    def mentions(self, commit: str, words: Iterable[str]) -> tuple[Mention, ...] | None:
        """Return where words stand in the text files of a commit's tree, by `git grep`; None where it is too often."""
        wanted = [word for word in sorted(words) if word.isprintable() and 0 < len(word) <= options.MAX_WORD]
        if not wanted:
            return ()
        with tempfile.TemporaryFile() as rows:  # a command line has no room for many
            rows.write("".join(f"{word}\n" for word in wanted).encode())
            rows.seek(0)
            data = self._run.search((*options.GREP_OPTIONS, self._id(commit), "--", ":(top)"), rows, options.MAX_GREP)
        return None if data is None else git_bulk.parse_mentions(data)

    def default_branch(self) -> str:
        """Return the branch a review compares against: origin's head, else main, else master; InputError if none."""
        for name in ("refs/remotes/origin/HEAD", "main", "master", "origin/main", "origin/master"):
            try:
                self.resolve(name)
            except InputError:
                continue
            return name
        raise InputError(f"{self.path} has no branch main or master. Name the base with --base REVISION.")

    def _tree(self, commit: str) -> str:
        try:
            name: str | bytes = self._repo.git.get_object_header(f"{self._id(commit)}^{{tree}}")[0]
            return name.decode() if isinstance(name, bytes) else name
        except (ValueError, BadObject) as error:
            raise self._gone(f"Commit {commit[:12]}") from error

    def _folder(self, tree: str) -> git_bulk.Folder:
        """Return what a tree object names; InputError where it is missing. The same folders are asked for often."""
        if tree not in self._folders:
            try:
                _, _, _, data = self._repo.git.get_object_data(tree)
            except (ValueError, BadObject) as error:
                raise self._gone(f"Object {tree[:12]}") from error
            if len(self._folders) >= _MOST_FOLDERS:
                self._folders.clear()
            self._folders[tree] = git_bulk.parse_folder(data)
        return self._folders[tree]

    def _refuse_unreadable(self) -> None:
        try:
            reader = self._repo.config_reader("repository")
            reader.read()
            kind = str(reader.get_value("extensions", "objectformat", "sha1"))
        except (_ConfigParserError, OSError, ValueError) as error:
            said = " ".join(str(error).split())
            raise InputError(f"The git settings of {self.path} cannot be read: {said}. Correct its config.") from error
        if kind.lower() != "sha1":
            raise InputError(
                f"{self.path} has object ids of kind {kind}; reviewlore reads only SHA-1 repositories yet."
            )

    def _id(self, value: str) -> str:
        if not _OBJECT_ID.fullmatch(value):
            raise InputError(f"{value!r} is not a full object id; resolve it first.")
        return value

    def _gone(self, what: str) -> InputError:
        return InputError(f"{what} is missing from {self.path}. Fetch it, or clone again.")

    def _missing(self, revision: str) -> str:
        if not self._repo.references and not self._repo.head.is_valid():
            return f"{self.path} has no commits yet. Commit something first."
        hint = " The clone is shallow: `git fetch --unshallow` may bring it." if self.shallow else ""
        return f"{self.path} has no commit named {revision!r}. Check the name, or fetch it first.{hint}"
