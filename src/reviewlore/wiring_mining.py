"""The composition root of mining a forge: address, token and limits in, one pass on their adapters, its report out."""

from dataclasses import dataclass, replace
from functools import partial

from reviewlore.adapters.checkout import Remote, fetch_commits, fetch_pulls
from reviewlore.domain.model import LearnReport
from reviewlore.errors import InputError
from reviewlore.flows.learn_forge import Reach, learn_forge
from reviewlore.flows.state import read_cursors
from reviewlore.wiring import Workshop


@dataclass(frozen=True)
class ForgeLimits:
    """How much of a forge one run may use: requests, seconds of a single wait (None: as usual), and its code."""

    max_requests: int | None = None
    max_wait: float | None = None
    fetch_code: bool = True


def learn_remote(
    workshop: Workshop, remote: Remote, address: str, reach: Reach, limits: ForgeLimits, *, dry_run: bool = False
) -> LearnReport:
    """Mine a repository by its address: its code by git, what was said on it by the forge's interface."""
    from reviewlore.adapters.github import connect
    from reviewlore.adapters.github_answers import Patience
    from reviewlore.adapters.github_history import GithubHistory

    console = workshop.console
    patience = Patience(max_requests=limits.max_requests)
    if limits.max_wait is not None:
        patience = replace(patience, max_wait=limits.max_wait)
    connection = connect(remote.token, address, patience, console.say)
    known = read_cursors(workshop.store).repositories.get(remote.repository)
    history = GithubHistory(connection, remote.repository, known.tags if known else {})
    remote = replace(remote, repository=history.repository)  # its name of today
    fetch = None
    if limits.fetch_code:
        console.say("Fetching the heads of all pull requests")
        try:
            fetch_pulls(workshop.repo, remote)
            fetch = partial(fetch_commits, workshop.repo, remote)
        except InputError as error:
            # What is read without git's evidence would not be read again: better nothing than that, unless asked for.
            raise InputError(
                f"The code of the pull requests could not be fetched, so nothing was read. {error} "
                "With --no-fetch-code outcomes rest on replies and votes alone."
            ) from error
    return learn_forge(workshop.learn_context(fetch), history, reach, dry_run=dry_run)
