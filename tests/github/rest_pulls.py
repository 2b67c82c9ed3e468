"""REST operations on pull requests and reviews, with GitHub's rules for where an inline comment may stand.

In: a `Call`. Out: status and JSON, or ApiError with GitHub's own wording.
"""

from collections.abc import Callable
from typing import Any

from tests.github.bare import hunk_lines
from tests.github.routing import PULL, REPO, Answer, ApiError, Call, Listing, check_length, operation, revision
from tests.github.state import Pull, Repository, Review

REVIEW_STATE = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED", None: "PENDING"}
THREAD = "Pull request review thread"
NO_HUNK = f"{THREAD} diff hunk can't be blank"


@operation("GET", REPO + "/pulls")
def list_pulls(call: Call) -> Answer:
    query = call.query
    wanted = query.get("state", "open")
    pulls = [pull for pull in call.repo.pulls.values() if wanted in {pull.state, "all"}]
    if "base" in query:
        pulls = [pull for pull in pulls if pull.base == query["base"]]
    if "head" in query:
        pulls = [pull for pull in pulls if query["head"].endswith(f":{pull.head}")]
    sort = query.get("sort", "created")
    key: Callable[[Pull], Any] = {"created": _created, "updated": _updated}.get(sort, _updated)
    default = "desc" if sort == "created" else "asc"
    pulls.sort(key=key, reverse=query.get("direction", default) == "desc")
    return 200, Listing(pulls, lambda pull: call.fake.shapes.pull_summary(call.repo, pull))


def _created(pull: Pull) -> tuple[str, int]:
    return pull.created_at, pull.number


def _updated(pull: Pull) -> tuple[str, int]:
    return pull.updated_at, pull.number


@operation("GET", PULL)
def get_pull(call: Call) -> Answer:
    return 200, call.fake.shapes.pull(call.repo, call.pull)


@operation("GET", PULL + "/files")
def list_files(call: Call) -> Answer:
    pull = call.pull
    files = call.git.changes(pull.base_sha, pull.head_sha)
    return 200, Listing(files, lambda changed: call.fake.shapes.file(call.repo, pull, changed))


@operation("GET", PULL + "/commits")
def list_commits(call: Call) -> Answer:
    pull = call.pull
    commits = call.git.commits(pull.base_sha, pull.head_sha)[:250]
    return 200, Listing(commits, lambda info: call.fake.shapes.commit(call.repo, info))


@operation("GET", PULL + "/reviews")
def list_reviews(call: Call) -> Answer:
    number = call.pull.number
    reviews = [review for review in call.repo.reviews.values() if review.pull == number]
    return 200, Listing(reviews, lambda review: call.fake.shapes.review(call.repo, review))


@operation("POST", PULL + "/reviews")
def create_review(call: Call) -> Answer:
    pull, body, event = call.pull, call.body, call.body.get("event")
    text, comments = body.get("body") or "", body.get("comments") or []
    check_length(text, "PullRequestReview")
    if event in {"COMMENT", "REQUEST_CHANGES"} and not (text or comments):
        raise ApiError(422, "Unprocessable Entity", ["Review body can't be blank"])
    if event in {"APPROVE", "REQUEST_CHANGES"} and call.login == pull.login:
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise ApiError(422, "Unprocessable Entity", [f"Can not {verb} your own pull request"])
    commit = revision(call.git, body["commit_id"]) if body.get("commit_id") else pull.head_sha
    for comment in comments:  # atomic: one bad anchor refuses the whole review
        check_length(comment["body"], "PullRequestReviewComment")
        check_anchor(call.repo, pull, comment, commit)
    review = call.fake.add_review(call.repo.full_name, pull.number, REVIEW_STATE[event], text, call.login)
    review.commit = commit
    for comment in comments:
        add_inline(call, pull, comment, review)
    return 200, call.fake.shapes.review(call.repo, review)


def add_inline(call: Call, pull: Pull, comment: dict[str, Any], review: Review | None) -> int:
    """Store one inline comment of a request and return its id."""
    start = comment.get("start_line")
    stored = call.fake.add_review_comment(
        call.repo.full_name,
        pull.number,
        comment["path"],
        comment["body"],
        call.login,
        line=comment.get("line"),
        side=comment.get("side", "RIGHT"),
        start_line=start,
        commit=review.commit if review else comment.get("commit_id"),
        review=review.id if review else None,
        whole_file=comment.get("subject_type") == "file",
    )
    return stored.id


def check_anchor(repo: Repository, pull: Pull, comment: dict[str, Any], commit: str) -> None:
    """Refuse an anchor outside the diff; the wording is GitHub's, as seen in public issues."""
    if comment.get("subject_type") == "file" or (comment.get("line") is None and "position" in comment):
        return
    changes = repo.git.changes(pull.base_sha, commit)
    changed = next((each for each in changes if each.path == comment["path"]), None)
    if changed is None:
        raise ApiError(422, "Unprocessable Entity", [f"{THREAD} path is invalid and {NO_HUNK}"])
    line, side = comment.get("line") or 0, comment.get("side", "RIGHT")
    start, start_side = comment.get("start_line"), comment.get("start_side", comment.get("side", "RIGHT"))
    here = [lines for lines in hunk_lines(changed.patch or "") if line in lines[side == "RIGHT"]]
    errors = [] if here else [f"{THREAD} line must be part of the diff"]
    if start is not None and start >= line and start_side == side:
        errors.append(f"{THREAD} start line must precede the end line.")
    elif start is not None and not (here and start in here[0][start_side == "RIGHT"]):
        errors.append(f"{THREAD} start line must be part of the same hunk as the line.")
    if errors:
        raise ApiError(422, "Unprocessable Entity", [_joined(errors if here else [*errors, NO_HUNK])])


def _joined(errors: list[str]) -> str:
    if len(errors) == 1:
        return errors[0]
    return ", ".join(errors[:-1]) + (", and " if len(errors) > 2 else " and ") + errors[-1]
