"""The App's installations on GitHub (`ports.app.Installations`), and the App as GitHub describes it.

In: the App's id and private key. Out: tokens for one repository each, with no more than what a job needs. Neither the
key nor a token is in any message or file.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from reviewlore.adapters.github import Connection, connect, connect_as_app
from reviewlore.adapters.github_answers import Patience
from reviewlore.domain.app import AppJob, Grant, Level
from reviewlore.errors import ForgeError, InputError, RefusedError, ReviewloreError

_KEY_REFUSED = "GitHub does not accept the App's key. Check the App's id, its private key and this machine's clock."
_LEVELS = ("", "read", "write", "admin")


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """Who the App is: its id (or client id), its private key as PEM, and the address of GitHub's interface."""

    app_id: str
    private_key: str = field(repr=False)
    api_url: str
    patience: Patience = field(default_factory=Patience)

    def connect(self) -> Connection:
        """Return a connection as the App; ConfigError where the key cannot sign."""
        return connect_as_app(self.app_id, self.private_key, self.api_url, self.patience)


@dataclass(frozen=True, slots=True)
class AppDescription:
    """The App as it is registered: its name in addresses, what it may ask for, and which events it is sent."""

    slug: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]


def describe_app(identity: AppIdentity) -> AppDescription:
    """Return how the App is registered. ConfigError or RefusedError where id and key do not belong together."""
    try:
        found = identity.connect().get("/app")
    except RefusedError as error:
        raise RefusedError(_KEY_REFUSED) from error
    events = found.get("events") or ()
    return AppDescription(str(found.get("slug") or ""), _texts(found.get("permissions")), tuple(map(str, events)))


class GithubInstallations:
    """Adapter of the `Installations` port; safe to call from several threads, each call being a connection."""

    def __init__(self, identity: AppIdentity) -> None:
        self._identity = identity

    def grant(self, job: AppJob) -> Grant:
        """Return a token for the job's repository alone. See `ports.app.Installations`.

        https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
        """
        connection = self._identity.connect()
        try:
            answer = self._ask(connection, job, job.permissions)
        except RefusedError as error:
            self._check_ourselves(connection, error)
            raise
        except InputError:
            lesser = self._granted(connection, job)
            if lesser == dict(job.permissions):
                raise
            answer = self._ask(connection, job, lesser)
        return _read_grant(answer, job)

    def revoke(self, grant: Grant) -> None:
        """Have a token end now. See `ports.app.Installations`."""
        with suppress(ReviewloreError):
            connect(grant.token, self._identity.api_url, self._identity.patience).write(
                "DELETE", "/installation/token", {}
            )

    def _ask(self, connection: Connection, job: AppJob, permissions: Mapping[str, Level]) -> Any:
        named: dict[str, object] = {"repository_ids": [job.repository_id]}
        if not job.repository_id:
            named = {"repositories": [job.repository.partition("/")[2]]}
        path = f"/app/installations/{job.installation}/access_tokens"
        return connection.write("POST", path, {**named, "permissions": dict(permissions)})

    def _granted(self, connection: Connection, job: AppJob) -> dict[str, Level]:
        """Return what of the job's permissions the installation has; InputError where there is none of its number."""
        found = connection.get(f"/app/installations/{job.installation}")
        granted = _texts(found.get("permissions"))
        lesser: dict[str, Level] = {}
        for name, level in job.permissions.items():
            held = granted.get(name, "")
            if held in _LEVELS[1:]:
                lesser[name] = level if _LEVELS.index(held) >= _LEVELS.index(level) else "read"
        return lesser

    def _check_ourselves(self, connection: Connection, refused: RefusedError) -> None:
        """Tell a refused installation from an App that GitHub does not know by this key any more.

        The latter, or a clock that is wrong, can be mended, and no delivery may be lost until it is: ForgeError.
        """
        try:
            connection.get("/app")
        except RefusedError:
            raise ForgeError(_KEY_REFUSED) from refused


def _read_grant(answer: Any, job: AppJob) -> Grant:
    token = answer.get("token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token:
        raise ForgeError("GitHub answered the request for an installation's token without one. Try again later.")
    listed = answer.get("repositories") or []
    if len(listed) != 1:  # with more, the token could write what the job is not about
        raise ForgeError(f"GitHub's token is for {len(listed)} repositories instead of one. Try again later.")
    return Grant(str(listed[0]["full_name"]), int(listed[0]["id"]), token)


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}
