"""REST operations on a repository as a whole, on the caller and on the app: what is not talk on a pull request.

In: a `Call`. Out: status and JSON, or ApiError with GitHub's own wording.
"""

import json
from typing import Any

from tests.github.bare import GitError
from tests.github.routing import REPO, Answer, ApiError, Call, Listing, find, operation, revision
from tests.github.shapes import NEEDS
from tests.github.state import ROLES, CheckRun, Dispatch

MAX_ANNOTATIONS = 50


@operation("GET", REPO)
def get_repository(call: Call) -> Answer:
    return 200, call.fake.shapes.repository(call.repo)


@operation("GET", "/user")
def get_user(call: Call) -> Answer:
    if call.token.permissions is not None:
        raise ApiError(403, "Resource not accessible by integration")
    return 200, call.fake.shapes.account(call.login)


@operation("GET", "/rate_limit")
def get_rate_limit(call: Call) -> Answer:
    value = call.fake.shapes.example("GET", "/rate_limit")
    left = call.fake.core
    value["rate"] = {"limit": left.limit, "remaining": left.remaining, "used": left.limit - left.remaining}
    value["rate"]["reset"] = int(left.reset)
    return 200, value


@operation("GET", REPO + "/collaborators/{username}/permission")
def get_permission(call: Call) -> Answer:
    login = call.values["username"]
    if not call.fake.knows(login):
        raise ApiError(404, f"{login} is not a user")
    return 200, call.fake.shapes.permission(login, call.fake.role_of(call.repo, login))


@operation("GET", REPO + "/collaborators")
def list_collaborators(call: Call) -> Answer:
    def rank(login: str) -> int:
        return ROLES.index(call.fake.role_of(call.repo, login))

    if call.token.permissions is None and rank(call.login) < ROLES.index("write"):
        raise ApiError(403, "Must have push access to view repository collaborators.")
    least = ROLES.index(NEEDS[call.query.get("permission", "pull")])
    people = sorted({call.repo.full_name.partition("/")[0], *call.repo.roles})
    chosen = [login for login in people if rank(login) >= least]
    return 200, Listing(chosen, lambda each: call.fake.shapes.collaborator(each, call.fake.role_of(call.repo, each)))


@operation("GET", REPO + "/contents/{path}")
def get_content(call: Call) -> Answer:
    try:
        data = call.git.blob(call.query.get("ref") or call.repo.default, call.values["path"])
    except GitError as error:
        raise ApiError(404, "Not Found") from error
    return 200, call.fake.shapes.content(call.values["path"], data)


@operation("GET", REPO + "/commits/{ref}")
def get_commit(call: Call) -> Answer:
    info = call.git.info(revision(call.git, call.values["ref"]))
    return 200, call.fake.shapes.commit(call.repo, info) | {"files": []}


@operation("GET", REPO + "/git/ref/{ref}")
def get_ref(call: Call) -> Answer:
    name = f"refs/{call.values['ref']}"
    sha = revision(call.git, name)
    value = call.fake.shapes.example("GET", REPO + "/git/ref/{ref}")
    me = call.fake.shapes.api(call.repo)
    value.update(ref=name, url=f"{me}/git/{name}")
    value["object"] = {"type": "commit", "sha": sha, "url": f"{me}/git/commits/{sha}"}
    return 200, value


@operation("POST", REPO + "/actions/workflows/{workflow_id}/dispatches")
def dispatch_workflow(call: Call) -> Answer:
    workflow = call.values["workflow_id"]
    if workflow not in call.repo.workflows:
        raise ApiError(404, "Not Found")
    try:
        call.git.rev(f"refs/heads/{call.body['ref']}")
    except GitError as error:
        raise ApiError(422, f"No ref found for: {call.body['ref']}") from error
    _refuse_inputs(call.body.get("inputs", {}), call.repo.workflow_inputs.get(workflow))
    call.repo.dispatches.append(Dispatch(workflow, call.body["ref"], call.body.get("inputs", {}), call.login))
    return 204, None


@operation("POST", REPO + "/check-runs")
def create_check_run(call: Call) -> Answer:
    body, at = call.body, call.fake.now()
    sha = revision(call.git, body["head_sha"])
    done = "conclusion" in body
    status = "completed" if done else body.get("status", "queued")
    run = CheckRun(
        next(call.fake.ids), body["name"], sha, status, body.get("conclusion"), None, None, body.get("details_url"),
        0, body.get("started_at") or at, at if done else None,
    )  # fmt: skip
    call.repo.checks[run.id] = run
    return 201, _with_output(call, run)


@operation("PATCH", REPO + "/check-runs/{check_run_id}")
def update_check_run(call: Call) -> Answer:
    run = find(call.repo.checks, call.id("check_run_id"))
    run.status = call.body.get("status", run.status)
    if "conclusion" in call.body:
        run.status, run.conclusion, run.completed_at = "completed", call.body["conclusion"], call.fake.now()
    return 200, _with_output(call, run)


@operation("GET", REPO + "/check-runs/{check_run_id}")
def get_check_run(call: Call) -> Answer:
    return 200, call.fake.shapes.check_run(call.repo, find(call.repo.checks, call.id("check_run_id")))


def _with_output(call: Call, run: CheckRun) -> dict[str, Any]:
    output = call.body.get("output", {})
    run.title, run.summary = output.get("title", run.title), output.get("summary", run.summary)
    run.annotations += len(output.get("annotations", []))
    return call.fake.shapes.check_run(call.repo, run)


def _refuse_inputs(given: dict[str, Any], known: set[str] | None) -> None:
    """A workflow takes the inputs that it declares, of which there may be 25; None: it was not told which."""
    if len(given) > 25:
        raise ApiError(422, "You may only define up to 25 `inputs` for a `workflow_dispatch` event")
    if known is not None and (unexpected := sorted(set(given) - known)):
        raise ApiError(422, f"Unexpected inputs provided: {json.dumps(unexpected)}")
