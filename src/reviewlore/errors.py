"""Every error reviewlore raises on purpose.

    ReviewloreError
    ├── UserError           exit 2: somebody can mend it; the message may be posted
    │   ├── ConfigError     settings or arguments that cannot be used (all of them at once)
    │   ├── InputError      a file, a row, a repository or a revision that cannot be read
    │   ├── RefusedError    policy said no: too little data, a duplicate, missing permission
    │   └── MissingExtra    an optional part is not installed
    └── Fault               exit 3: not the user's doing
        ├── ForgeError      GitHub did not answer as documented
        ├── BudgetError     the requests that were allowed are used up; what was read is kept
        ├── StateError      the state branch is damaged, tampered with or from a newer version
        ├── StorageError    the disk or git could not complete a write; nothing was half-written
        ├── DeviceError     an accelerator or a process of a training stopped; checkpoints are kept
        └── StoppedError    the server stops; what was begun is put back

A message says what is wrong, where, and what to do next.
"""


class ReviewloreError(Exception):
    """Root of the tree; never raised itself."""

    exit_code = 3


class UserError(ReviewloreError):
    """Somebody can mend this; the message may be shown to anybody."""

    exit_code = 2


class ConfigError(UserError):
    """Settings or arguments that cannot be used; the message lists all of them."""


class InputError(UserError):
    """A file, a row, a repository or a revision that cannot be read."""


class RefusedError(UserError):
    """Policy said no; the message gives the reason and what would change it."""


class MissingExtra(UserError):  # noqa: N818 - reads as what it is
    """An optional part of reviewlore is not installed."""


class Fault(ReviewloreError):  # noqa: N818 - the opposite of UserError, not of success
    """Not the user's doing."""


class ForgeError(Fault):
    """GitHub did not answer as documented; `wait` is for how many seconds it asked to be left alone, 0 where not."""

    def __init__(self, message: str = "", wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class BudgetError(Fault):
    """The requests that were allowed are used up; what was read so far is kept."""


class StateError(Fault):
    """The state branch is damaged, tampered with, or written by a newer version."""


class StorageError(Fault):
    """The disk or git could not complete a write; nothing was half-written."""


class DeviceError(Fault):
    """An accelerator, or a process of a training, stopped working; what was checkpointed is kept."""


class StoppedError(Fault):
    """The server was told to stop in the middle of this; it is put back as if it had not been begun."""
