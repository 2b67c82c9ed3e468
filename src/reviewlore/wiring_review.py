"""The composition root of reviewing a pull request from the command line: its address in, the pull request out.

Also any version of the state branch by its name, to compare with the one in force.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewlore.domain.markers import MARKER
from reviewlore.errors import InputError
from reviewlore.wiring import Workshop
from reviewlore.wiring_secrets import find_secrets

if TYPE_CHECKING:
    from reviewlore.flows.pulls import PullSite
    from reviewlore.flows.scoring import Judgement


def open_pull(workshop: Workshop, repository: str, number: int) -> "PullSite":
    """Return a pull request as it stands on GitHub; it is reviewed in the workshop's clone, with what that learned.

    One request. InputError where there is no such pull request, or where the clone is plainly of another repository.
    """
    from reviewlore.adapters.checkout import fetch_commits, fetch_pull
    from reviewlore.adapters.github import connect
    from reviewlore.adapters.github_forge import GithubForge
    from reviewlore.flows.publish import Desk
    from reviewlore.flows.pulls import PullSite

    repo = workshop.repo
    remote, address = workshop.github(repository)
    forge = GithubForge(connect(remote.token, address, tell=workshop.console.say), repository)
    workshop.console.say(f"Reading pull request {number} of {repository}")
    standing = forge.standing(number, MARKER)
    _refuse_other(workshop, repository, standing.repository)
    remote = replace(remote, repository=standing.repository)  # its name of today
    pull = standing.pull
    fetch_pull(repo, remote, pull.number, pull.base_sha, pull.head_sha)  # the base says which version judges
    url = f"{remote.server_url}/{standing.repository}"
    return PullSite(
        desk=Desk(forge, forge, url, find_secrets()),
        standing=standing,
        context=workshop.review_context(standing.repository, pull.number, pull.base_sha),
        fetch=lambda number, base, head: fetch_pull(repo, remote, number, base, head),
        bring=lambda commits: fetch_commits(repo, remote, commits),
        now=workshop.clock.now,
    )


def open_version(workshop: Workshop, version: str) -> "Judgement":
    """Return any version's judgement by its id, an unambiguous prefix of it, or `prior`; see `comparing.load_named`."""
    from reviewlore.flows.comparing import load_named

    prior, calibrations = workshop.prior, workshop.prior_calibrations
    return load_named(workshop.store, version, prior, calibrations, workshop.adapters)


def _refuse_other(workshop: Workshop, asked: str, now: str) -> None:
    """Raise InputError where no remote of the clone is the repository, by its old name or its new one."""
    hosted = workshop.repo.hosted
    if hosted and not {name.lower() for name in hosted} & {asked.lower(), now.lower()}:
        raise InputError(
            f"{workshop.repo.path} is a clone of {', '.join(hosted)}, not of {now}. Name a clone of {now} with --repo, "
            "or add it as a remote."
        )
