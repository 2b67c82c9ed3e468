"""Signs that trainings of this machine are alive: a file each, held by the process until it ends, however it ends.

In: a folder, the names of trainings. Out: whether one that began here has ended. The system lets go of the file when
its process is killed, so that no number of a process is believed.
"""

import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_NAME = re.compile(r"[0-9a-f]{1,64}")  # a file in our folder, and nothing beside it
_HERE = platform.node().encode("utf-8", "replace")


class FileLifeSigns:
    """Adapter of the `LifeSigns` port: one file a training, in a folder that is made when the first one begins.

    Where the system has no such locks (Windows), or the folder cannot be written, nothing is known of any training.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def shown(self, name: str) -> Iterator[None]:
        """Let everybody on this machine see during the block that a training goes on."""
        held = _take(self._folder / name, create=True) if _NAME.fullmatch(name) else None
        try:
            yield
        finally:
            if held is not None:
                with held, suppress(OSError):
                    Path(held.name).unlink()

    def has_ended(self, name: str) -> bool:
        """Return whether a training began on this machine and its process is gone; what it left is removed then."""
        path = self._folder / name
        held = _take(path, create=False) if _NAME.fullmatch(name) else None
        if held is None:
            return False
        with held, suppress(OSError):
            here = held.read() == _HERE  # a folder that machines share may tell none of another's locks
            if here:
                path.unlink()
            return here
        return False


def _take(path: Path, *, create: bool) -> IO[bytes] | None:
    """Return a file that this process now holds alone; None where another one does, or it cannot be had."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        if create:
            path.parent.mkdir(exist_ok=True)
        held = path.open("x+b" if create else "r+b")
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if create:
            held.write(_HERE)
            held.flush()
    except OSError:
        held.close()
        return None
    return held
