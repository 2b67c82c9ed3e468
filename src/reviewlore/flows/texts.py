"""Files of a commit as text: paths in, what stands there out; nothing is judged."""

from collections.abc import Iterable

from reviewlore.ports import Repo


def read_texts(repo: Repo, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """Return the text of each file by path, in order; absent and empty ones are left out.

    Bytes that are no UTF-8 are replaced. InputError where an object cannot be read.
    """
    wanted = list(dict.fromkeys(paths))
    contents = repo.contents((commit, path) for path in wanted)
    return {path: data.decode("utf-8", "replace") for path, data in zip(wanted, contents, strict=True) if data}
