"""REST operations on what a repository is set to: Actions, environments, rules of a branch, runners. All of them read.

In: a `Call`. Out: status and JSON, or ApiError with GitHub's own wording where a token may not look.
"""

from typing import Any

from tests.github.routing import REPO, Answer, ApiError, Call, operation


def _needs(call: Call, permission: str) -> None:
    """A person's token needs the role admin, an app's the permission to read."""
    if call.token.permissions is None:
        allowed = call.fake.role_of(call.repo, call.login) == "admin"
    else:
        allowed = call.token.permissions.get(permission) in ("read", "write")
    if not allowed:
        said = (
            "Resource not accessible by integration"
            if call.token.permissions is not None
            else "Must have admin rights."
        )
        raise ApiError(403, said)


@operation("GET", REPO + "/actions/permissions")
def get_actions_permissions(call: Call) -> Answer:
    _needs(call, "administration")
    value = call.fake.shapes.example("GET", REPO + "/actions/permissions")
    return 200, value | {"enabled": call.repo.setup.actions}


@operation("GET", REPO + "/environments/{environment_name}")
def get_environment(call: Call) -> Answer:
    name = _environment(call)
    return 200, call.fake.shapes.example("GET", REPO + "/environments/{environment_name}") | {"name": name}


@operation("GET", REPO + "/environments/{environment_name}/secrets")
def list_environment_secrets(call: Call) -> Answer:
    _needs(call, "environments")
    template = REPO + "/environments/{environment_name}/secrets"
    one = call.fake.shapes.example("GET", template)["secrets"][0]
    found = [one | {"name": name} for name in call.repo.setup.environments[_environment(call)]]
    return 200, {"total_count": len(found), "secrets": found}


@operation("GET", REPO + "/rules/branches/{branch}")
def list_rules(call: Call) -> Answer:
    source = {"ruleset_source_type": "Repository", "ruleset_source": call.repo.full_name, "ruleset_id": 1}
    kinds = call.repo.setup.rules.get(call.values["branch"], [])
    return 200, [{"type": kind, **source} for kind in kinds]


@operation("GET", REPO + "/actions/runners")
def list_runners(call: Call) -> Answer:
    _needs(call, "administration")
    template = call.fake.shapes.example("GET", REPO + "/actions/runners")["runners"][0]
    found: list[dict[str, Any]] = []
    for number, (labels, status) in enumerate(call.repo.setup.runners, 1):
        listed = [{"id": place, "name": label, "type": "custom"} for place, label in enumerate(labels, 1)]
        found.append(template | {"id": number, "status": status, "labels": listed})
    return 200, {"total_count": len(found), "runners": found}


def _environment(call: Call) -> str:
    name = call.values["environment_name"]
    if name not in call.repo.setup.environments:
        raise ApiError(404, "Not Found")
    return name
