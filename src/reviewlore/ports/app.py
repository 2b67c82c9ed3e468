"""What the App's worker needs of the world: tokens, clones, and processes in which jobs run."""

from contextlib import AbstractContextManager
from typing import Protocol

from reviewlore.domain.app import AppJob, Grant, JobReport


class Installations(Protocol):
    """The App's installations on the forge."""

    def grant(self, job: AppJob) -> Grant:
        """Return a token for the job's repository alone, with no more than the job's permissions.

        InputError or RefusedError where the installation is gone, suspended or does not have the repository: to ask
        again is no use. ForgeError where it may be.
        """
        ...

    def revoke(self, grant: Grant) -> None:
        """Have a token end now; what fails is passed over, since it ends by itself within the hour."""
        ...


class Clones(Protocol):
    """Clones of repositories on this machine."""

    def hold(self, grant: Grant, *, background: bool = False) -> AbstractContextManager[str]:
        """Keep the clone of a repository, brought up to date, during the block, which gets its folder.

        A repository has two, one for jobs in the `background`: two jobs never write the same clone. StoppedError where
        the server stops meanwhile, ForgeError where the forge does not give it.
        """
        ...


class Jobs(Protocol):
    """Runs of the action, each in a process of its own."""

    def run(self, job: AppJob, grant: Grant, clone: str) -> JobReport:
        """Run the action for a job on a clone, within its limits, and return how it ended."""
        ...
