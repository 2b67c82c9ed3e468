"""A text and the path of a file that a person named in, the file written whole out: a page, a picture, a lock."""

import secrets
from pathlib import Path

from reviewlore.errors import InputError, StorageError


def write_text(path: Path, text: str) -> None:
    """Write beside the target first, then rename: an interruption leaves the old file or the new one.

    Only a file is replaced, and the name beside it is a new one that nobody can have laid a link at.
    """
    if not path.name or (path.exists() and not path.is_file()):
        raise InputError(f"{path} is no file that can be written. Name a file.")
    partial = path.with_name(f".reviewlore-{secrets.token_hex(8)}.partial")
    try:
        with partial.open("x", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        partial.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}. Nothing was changed.") from error
    finally:
        partial.unlink(missing_ok=True)
