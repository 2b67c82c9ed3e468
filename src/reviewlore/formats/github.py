"""Turns the JSON of GitHub's REST answers into the records of `domain/forge.py`, reading only what is needed.

In: one JSON object, of an answer or of a dump of answers. Out: one record, or ForgeError where it is not as documented.
Deleted accounts (null users) and deleted forks (null repositories) are values here, not errors.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast, get_args

from reviewlore.domain.forge import (
    IssueComment,
    PostedReview,
    PullRequest,
    Reaction,
    ReviewState,
    ThreadComment,
)
from reviewlore.domain.people import Role
from reviewlore.errors import ForgeError

R = TypeVar("R")
_REACTIONS = frozenset(get_args(Reaction))
_ROLES = frozenset(get_args(Role))
BOT_SUFFIX = "[bot]"


def parsed(parse: Callable[[Any], R], value: Any) -> R:
    """Apply a parser of this module; ForgeError where a documented field is missing or cannot be read."""
    try:
        return parse(value)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = parse.__name__.removeprefix("parse_").replace("_", " ")
        raise ForgeError(f"GitHub's answer is no {what} as documented ({error!r}); check the API address.") from error


def parse_pull(value: Any) -> PullRequest:
    """Read a pull request, from a list or by itself."""
    head, merged_at = value["head"], value.get("merged_at")
    login, is_bot = _author(value)
    return PullRequest(
        number=int(value["number"]),
        title=value["title"],
        body=value.get("body") or "",
        author=login,
        author_is_bot=is_bot,
        state="open" if value["state"] == "open" else "closed",
        draft=bool(value.get("draft")),
        merged=merged_at is not None,
        base_ref=value["base"]["ref"],
        base_sha=value["base"]["sha"],
        head_ref=head["ref"],
        head_sha=head["sha"],
        head_repository=head["repo"]["full_name"] if head.get("repo") else None,
        labels=tuple(str(label["name"]) for label in value.get("labels") or ()),
        merge_commit=value.get("merge_commit_sha") if merged_at else None,
        created_at=value["created_at"],
        updated_at=value["updated_at"],
        merged_at=merged_at,
        url=value["html_url"],
        locked=bool(value.get("locked")),
    )


def parse_thread_comment(value: Any) -> ThreadComment:
    """Read a review comment; before `line` and `side` existed GitHub knew positions only, which stay None."""
    login, is_bot = _author(value)
    return ThreadComment(
        id=int(value["id"]),
        in_reply_to=value.get("in_reply_to_id"),
        review=value.get("pull_request_review_id"),
        pull_request=pull_number(value),
        path=value["path"],
        line=value.get("line"),
        original_line=value.get("original_line"),
        side="LEFT" if value.get("side") == "LEFT" else "RIGHT",
        start_line=value.get("start_line"),
        original_start_line=value.get("original_start_line"),
        diff_hunk=value.get("diff_hunk") or "",
        body=value.get("body") or "",
        author=login,
        author_is_bot=is_bot,
        author_association=value.get("author_association") or "NONE",
        created_at=value["created_at"],
        updated_at=value["updated_at"],
        original_commit=value["original_commit_id"],
        commit=value["commit_id"],
        url=value["html_url"],
        reactions=_reactions(value),
        whole_file=value.get("subject_type") == "file",
    )


def parse_issue_comment(value: Any) -> IssueComment:
    """Read a comment of a conversation."""
    login, is_bot = _author(value)
    return IssueComment(
        id=int(value["id"]),
        number=_last_number(value["issue_url"]),
        body=value.get("body") or "",
        author=login,
        author_is_bot=is_bot,
        author_association=value.get("author_association") or "NONE",
        created_at=value["created_at"],
        updated_at=value["updated_at"],
        url=value["html_url"],
        reactions=_reactions(value),
    )


def parse_review(value: Any) -> PostedReview:
    """Read a review of a REST answer."""
    login, is_bot = _author(value)
    return PostedReview(
        id=int(value["id"]),
        pull_request=_last_number(value["pull_request_url"]),
        author=login,
        author_is_bot=is_bot,
        state=review_state(value["state"]),
        body=value.get("body") or "",
        commit=value.get("commit_id"),
        submitted_at=value.get("submitted_at"),
        url=value["html_url"],
    )


def pull_number(value: Any) -> int:
    """Return the number of the pull request that a review comment is on."""
    return _last_number(value["pull_request_url"])


def parse_role(value: Any) -> Role:
    """Read a role: `role_name`, or where an organisation named its own roles, the coarser `permission`."""
    for name in (value.get("role_name"), value.get("permission")):
        if name in _ROLES:
            return cast(Role, name)
    return "none"


def review_state(state: str) -> ReviewState:
    """Return a review's verdict; ValueError where GitHub has none of that name."""
    if state not in get_args(ReviewState):
        raise ValueError(f"review state {state}")
    return cast(ReviewState, state)


def parse_collaborator(value: Any) -> tuple[str, bool]:
    """Read a collaborator: the login, and whether it may write."""
    return str(value["login"]), bool(value["permissions"]["push"])


def is_same_account(login: str, author: str | None, author_is_bot: bool) -> bool:
    """Tell whether a comment's author is this identity; an app may be told its name without the suffix."""
    return author is not None and (author == login or (author_is_bot and author == login + BOT_SUFFIX))


def _author(value: Any) -> tuple[str | None, bool]:
    user = value.get("user")
    if not user:
        return None, False
    login = str(user["login"])
    return login, user.get("type") == "Bot" or login.endswith(BOT_SUFFIX)


def _reactions(value: Any) -> dict[str, int]:
    counts = value.get("reactions") or {}
    return {name: int(count) for name, count in counts.items() if name in _REACTIONS and count}


def _last_number(address: str) -> int:
    return int(address.rstrip("/").rpartition("/")[2])
