"""REST operations of an app: who it is, its installation, and tokens for it.

In: a `Call`, already known to be the app's. Out: status and JSON, or ApiError with GitHub's own wording.
"""

import time
from typing import Any

from tests.github.routing import REPO, Answer, ApiError, Call, operation
from tests.github.state import Repository

LEVELS = ("none", "read", "write", "admin")
NOT_GRANTED = "The permissions requested are not granted to this installation."
NOT_ACCESSIBLE = "There is at least one repository that does not exist or is not accessible to the parent installation."


@operation("GET", "/app")
def get_app(call: Call) -> Answer:
    value = call.fake.shapes.example("GET", "/app") | {"slug": "reviewlore", "id": call.fake.access.app_id}
    value["permissions"] = call.fake.installation.permissions
    return 200, value | {"events": call.fake.app_events}


@operation("GET", REPO + "/installation")
def get_repository_installation(call: Call) -> Answer:
    return 200, _shown(call)


@operation("GET", "/app/installations/{installation_id}")
def get_installation(call: Call) -> Answer:
    _check_installation(call)
    return 200, _shown(call)


@operation("POST", "/app/installations/{installation_id}/access_tokens")
def create_installation_token(call: Call) -> Answer:
    _check_installation(call)
    held = call.fake.installation
    if held.suspended:
        raise ApiError(403, "This installation has been suspended")
    permissions = call.body.get("permissions") or held.permissions
    if any(LEVELS.index(held.permissions.get(name, "none")) < LEVELS.index(permissions[name]) for name in permissions):
        raise ApiError(422, NOT_GRANTED)
    chosen = _chosen(call)
    value = call.fake.shapes.example("POST", "/app/installations/{installation_id}/access_tokens", 201)
    value.pop("repositories", None)
    names = None if chosen is None else [repo.full_name for repo in chosen]
    value["token"] = call.fake.token("reviewlore[bot]", permissions, repositories=names)
    value["expires_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    if chosen is not None:
        value["repositories"] = [call.fake.shapes.repository(repo) for repo in chosen]
    return 201, value | {"permissions": permissions, "repository_selection": "all" if chosen is None else "selected"}


@operation("DELETE", "/installation/token")
def revoke_token(call: Call) -> Answer:
    call.fake.tokens = {value: token for value, token in call.fake.tokens.items() if token is not call.token}
    return 204, None


def _chosen(call: Call) -> list[Repository] | None:
    """The repositories that a token is asked for, None: all; GitHub refuses the whole request for one unknown."""
    names, ids = call.body.get("repositories"), call.body.get("repository_ids")
    if not names and not ids:
        return None
    known = call.fake.installation.repositories
    found = [
        repo
        for name, repo in call.fake.repos.items()
        if (known is None or name in known) and (name.partition("/")[2] in (names or ()) or repo.id in (ids or ()))
    ]
    if len(found) != len(names or []) + len(ids or []):
        raise ApiError(422, NOT_ACCESSIBLE)
    return found


def _shown(call: Call) -> dict[str, Any]:
    held = call.fake.installation
    value = call.fake.shapes.example("GET", REPO + "/installation") | {"id": held.id, "permissions": held.permissions}
    return value | {"suspended_at": call.fake.now() if held.suspended else None}


def _check_installation(call: Call) -> None:
    if call.id("installation_id") != call.fake.installation.id:
        raise ApiError(404, "Not Found")
