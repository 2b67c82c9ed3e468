"""The file that an earlier run left, as it was downloaded: whoever wrote it may be hostile. Path in, bytes out.

Follows no link, opens no device or pipe, and reads no more than is allowed. Nothing of it is ever executed.
"""

import os
import stat
from itertools import islice
from pathlib import Path

from reviewlore.errors import InputError


def refuse_in_checkout(path: str, checkout: Path) -> None:
    """Raise InputError where an artefact was unpacked over a checkout, or around it; before git reads anything there.

    Among its files may then be `.git/config`, by which git starts programs.
    """
    given = Path(path)
    if not path or not os.path.lexists(given):
        return
    folder = given.resolve() if given.is_dir() else given.parent.resolve()
    if checkout.resolve().is_relative_to(folder):
        raise InputError(f"The artefact at {path} was unpacked over the checkout. Download it to a folder of its own.")


def read_artefact(path: str, limit: int) -> bytes | None:
    """Return the bytes of a file, or of the only file of a folder; None where there is none.

    InputError where there are several files, or one that is not plain or has more than `limit` bytes.
    """
    given = Path(path)
    if not path or not os.path.lexists(given):
        return None
    if given.is_dir() and not given.is_symlink():
        with os.scandir(given) as entries:
            names = [entry.name for entry in islice(entries, 2)]
        if len(names) != 1:
            raise InputError(f"The artefact at {path} is not one file.")
        given = given / names[0]
    return _read_plain(given, limit)


def _read_plain(file: Path, limit: int) -> bytes:
    try:
        # Without O_NONBLOCK, opening a named pipe waits for its other end.
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"The artefact is no plain file ({error.strerror}).") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError("The artefact is no plain file.")
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"The artefact has more than {limit} bytes.")
    return data
