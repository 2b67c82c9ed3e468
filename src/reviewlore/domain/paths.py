"""Paths inside a repository, from its root and with slashes. Strings only."""


def climb(folder: str, relative: str) -> str | None:
    """Return where a relative path leads from a folder (the root: empty); None where it leaves the repository."""
    parts = folder.split("/") if folder else []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
