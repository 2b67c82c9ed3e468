"""The composition root of answering for the data on a forge: a repository's name in, who asks and what was said out."""

from typing import TYPE_CHECKING

from reviewlore.flows.approve import Decider
from reviewlore.flows.postings import Postings
from reviewlore.stages.redact import pseudonym
from reviewlore.wiring import Workshop

if TYPE_CHECKING:
    from reviewlore.adapters.github_forge import GithubForge


def ask_decider(workshop: Workshop, repository: str) -> Decider:
    """Return whose token it is, and the role that GitHub says the person has in a repository."""
    forge = _forge(workshop, repository)
    return Decider(pseudonym(forge.login, workshop.pseudonym_key()), forge.role(forge.login), forge.repository)


def open_postings(workshop: Workshop, repository: str) -> Postings:
    """Return where our own comments can be looked for."""
    remote, _ = workshop.github(repository)
    return Postings(_forge(workshop, repository), remote.server_url, workshop.pseudonym_key)


def _forge(workshop: Workshop, repository: str) -> "GithubForge":
    from reviewlore.adapters.github import connect
    from reviewlore.adapters.github_forge import GithubForge

    remote, address = workshop.github(repository)
    return GithubForge(connect(remote.token, address), remote.repository)
