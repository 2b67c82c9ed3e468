"""Runs the git processes that read a repository: fixed options and full ids in, bytes out, errors in one sentence.

It owns GitPython with `git.py` and `store.py`, and has no network.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from git import Git, Repo
from git.exc import GitCommandError

from reviewlore.adapters import git_options as options
from reviewlore.adapters.git_bulk import Stream
from reviewlore.errors import InputError


class GitRunner:
    """Runs the commands that `git.py` asks for; InputError with git's own words where one fails."""

    def __init__(self, repo: Repo, path: Path) -> None:
        self._repo, self._path = repo, path

    def read(
        self, command: str, *arguments: str, mailmap: str | None = None, env: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the output untouched; people are told apart by the `.mailmap` of the commit `mailmap`."""
        blob = (f"mailmap.blob={mailmap}:.mailmap",) if mailmap else ()
        git = self._repo.git(c=[*options.SETTINGS, *blob], no_optional_locks=True)  # `status` would write the index
        try:
            run = getattr(git, command.replace("-", "_"))
            output: bytes = run(*arguments, stdout_as_string=False, strip_newline_in_stdout=False, env=dict(env or {}))
        except GitCommandError as error:
            raise self._failed(command, error) from error
        return output

    def stream(
        self,
        command: str,
        arguments: Sequence[str],
        split: Callable[[Stream], Iterator[bytes]],
        stdin: IO[bytes] | None = None,
    ) -> Iterator[bytes]:
        """Yield the records of the output as they come; the process ends with the iteration, read or not."""
        run = getattr(self._repo.git(c=list(options.SETTINGS)), command.replace("-", "_"))
        process = run(*arguments, as_process=True, istream=stdin)
        held: list[bytes] = []  # the last record is whole only if git ended well
        try:
            for record in split(process.stdout):
                yield from held
                held = [record]
            process.wait()
            yield from held
        except GitCommandError as error:
            raise self._failed(command, error) from error
        finally:
            process.stdout.close()  # git ends by itself once nobody reads
            process.stderr.close()

    def search(self, arguments: Sequence[str], stdin: IO[bytes], most: int) -> bytes | None:
        """Return the output of `git grep`, empty where nothing is found; None where it has more than `most` bytes."""
        run = self._repo.git(c=list(options.SETTINGS)).grep
        process = run(*arguments, as_process=True, istream=stdin)
        try:
            data: bytes = process.stdout.read(most + 1)
            if len(data) <= most:
                process.wait()
        except GitCommandError as error:
            if error.status == 1:  # there is none
                return b""
            raise self._failed("grep", error) from error
        finally:
            process.stdout.close()
            process.stderr.close()
        return data if len(data) <= most else None

    def _failed(self, command: str, error: GitCommandError) -> InputError:
        return InputError(f"git {command} failed in {self._path}: {last_words(error) or 'no reason given'}")


def name_repository(repo: Repo) -> None:
    """Tell every git process which repository is meant, whatever folder, hook or environment we were started from.

    The git directory itself stands in for the work tree, where git would read `.gitattributes` that a pull request
    brought along: they could declare code binary and so hide it. And an id is that object's, not one's that
    `refs/replace` puts in its place.
    """
    folder = str(Path(repo.git_dir).absolute())
    repo.git = Git(folder)
    magic = {f"GIT_{kind}_PATHSPECS": "0" for kind in ("LITERAL", "GLOB", "NOGLOB", "ICASE")}
    repo.git.update_environment(GIT_DIR=folder, GIT_WORK_TREE=folder, GIT_NO_REPLACE_OBJECTS="1", **magic)


def last_words(error: GitCommandError) -> str:
    """Return the last line of what git said before it failed; empty where it said nothing."""
    said = str(error.stderr or "").strip().removeprefix("stderr:").strip().strip("'")
    return said.splitlines()[-1].strip() if said else ""
