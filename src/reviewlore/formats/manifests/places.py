"""Where a relative path of a manifest leads: folder and path in, path from the repository's root out. Strings only.

Beside it what readers of manifests and their heirs share: the names of settings that are no properties.
"""

from reviewlore.domain.paths import climb

MANAGED, PARENT = "managed:", "parent:"


def place(folder: str, relative: str) -> str | None:
    """Return where a path as written in a folder's manifest leads; None where it leaves the repository.

    Absolute paths, and those of another drive or scheme, lie outside. Backslashes are taken for slashes.
    """
    written = relative.strip().replace("\\", "/")
    if not written or written.startswith("/") or ":" in written or "\0" in written:
        return None
    return climb(folder, written)
