"""Where a relative path of a manifest leads: folder and path in, path from the repository's root out. Strings only."""


def place(folder: str, relative: str) -> str | None:
    """Return where a path as written in a folder's manifest leads; None where it leaves the repository.

    Absolute paths, and those of another drive or scheme, lie outside. Backslashes are taken for slashes.
    """
    written = relative.strip().replace("\\", "/")
    if not written or written.startswith("/") or ":" in written or "\0" in written:
        return None
    parts = folder.split("/") if folder else []
    for part in written.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
