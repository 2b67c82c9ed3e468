"""Turns GitHub's GraphQL answers into the records of `domain/forge.py`; the queries are `adapters/github_queries.py`.

In: one pull request with its connections whole. Out: one record, or an error of Python where it is not as documented
(`formats.github.parsed` makes a ForgeError of it). GraphQL spells some things differently from REST; records do not.
"""

from collections import Counter
from typing import Any

from reviewlore.domain.forge import (
    IssueComment,
    MergedPull,
    OwnThread,
    Posted,
    PostedReview,
    PullRequest,
    Reacted,
    Reaction,
    ReviewThread,
    Standing,
    ThreadComment,
)
from reviewlore.formats.github import BOT_SUFFIX, is_same_account, review_state

# GraphQL's names of reactions, REST's beside them.
_CONTENT: dict[str, Reaction] = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "CONFUSED": "confused",
    "HOORAY": "hooray",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}


def parse_merged_pull(value: Any) -> MergedPull:
    """Read a merged pull request of a GraphQL answer, its connections whole (asked by `adapters/github_queries.py`)."""
    number = int(value["number"])
    threads = (_thread(number, each) for each in _nodes(value["reviewThreads"]))
    return MergedPull(
        _graph_pull(value),
        tuple(thread for thread in threads if thread is not None),
        tuple(_graph_review(number, each) for each in _nodes(value["reviews"])),
        tuple(_graph_issue_comment(number, each) for each in _nodes(value["comments"])),
    )


def parse_standing(value: Any, marker: str) -> Standing:
    """Read one pull request with what its reader has said on it with `marker` in the text; of others only counts.

    `value` is a whole answer (asked by `adapters/github_standing.py`), its connections whole.
    """
    login, repository = str(value["viewer"]["login"]), value["repository"]
    node = repository["pullRequest"]
    number = int(node["number"])

    def own(said: PostedReview | ThreadComment | IssueComment) -> bool:
        return marker in said.body and is_same_account(login, said.author, said.author_is_bot)

    threads = [_own_thread(number, each) for each in _nodes(node["reviewThreads"])]
    posted = Posted(
        tuple(filter(own, (_graph_review(number, each) for each in _nodes(node["reviews"])))),
        tuple(comment for _, comments in threads for comment in comments if own(comment)),
        tuple(filter(own, (_graph_issue_comment(number, each) for each in _nodes(node["comments"])))),
        tuple(thread for thread, _ in threads if thread is not None and own(thread.comment)),
    )
    return Standing(str(repository["nameWithOwner"]), login, _graph_pull(node), posted)


def _own_thread(number: int, value: Any) -> tuple[OwnThread | None, list[ThreadComment]]:
    """Read a thread and its comments; no thread where its first comment was deleted."""
    roots = _nodes(value["root"])
    hunk = roots[0]["diffHunk"] if roots else ""
    comments = [_graph_thread_comment(number, value["diffSide"], hunk, each) for each in _nodes(value["comments"])]
    if not roots or not comments or comments[0].in_reply_to is not None:
        return None, comments
    thread = OwnThread(
        node=value["id"],
        comment_node=roots[0]["id"],
        comment=comments[0],
        answers=int(value["comments"]["totalCount"]) - 1,
        reactions=int(roots[0]["reactions"]["totalCount"]),
        resolved=bool(value["isResolved"]),
        outdated=bool(value["isOutdated"]),
        may_resolve=bool(value["viewerCanResolve"]),
        may_minimise=bool(roots[0]["viewerCanMinimize"]),
    )
    return thread, comments


def _graph_pull(value: Any) -> PullRequest:
    login, is_bot = _actor(value["author"])
    head = value["headRepository"]
    return PullRequest(
        number=int(value["number"]),
        title=value["title"],
        body=value["body"],
        author=login,
        author_is_bot=is_bot,
        state="open" if value["state"] == "OPEN" else "closed",
        draft=bool(value["isDraft"]),
        merged=value["mergedAt"] is not None,
        base_ref=value["baseRefName"],
        base_sha=value["baseRefOid"],
        head_ref=value["headRefName"],
        head_sha=value["headRefOid"],
        head_repository=head["nameWithOwner"] if head else None,
        labels=tuple(str(label["name"]) for label in _nodes(value["labels"])),
        merge_commit=_oid(value["mergeCommit"]),
        created_at=value["createdAt"],
        updated_at=value["updatedAt"],
        merged_at=value["mergedAt"],
        url=value["url"],
        locked=bool(value["locked"]),
    )


def _thread(number: int, value: Any) -> ReviewThread | None:
    """Read a review thread; None where its first comment was deleted."""
    comments, roots = _nodes(value["comments"]), _nodes(value["root"])
    if not comments or not roots or comments[0]["replyTo"] is not None:
        return None
    hunk, side = roots[0]["diffHunk"], value["diffSide"]
    root = _graph_thread_comment(number, side, hunk, {**comments[0], "reactions": roots[0]["reactions"]})
    # Every comment of a thread is shown beside the same hunk, so that it is asked for once.
    replies = (_graph_thread_comment(number, side, hunk, each) for each in comments[1:])
    by, by_bot = _actor(value["resolvedBy"])
    return ReviewThread(
        (root, *replies),
        resolved=bool(value["isResolved"]),
        resolved_by=by,
        resolved_by_bot=by_bot,
        outdated=bool(value["isOutdated"]),
    )


def _graph_thread_comment(number: int, side: str, hunk: str, value: Any) -> ThreadComment:
    login, is_bot = _actor(value["author"])
    commit = _oid(value["commit"]) or ""
    reactions = [(_CONTENT[each["content"]], each) for each in _nodes(value.get("reactions"))]
    return ThreadComment(
        id=_id(value),
        in_reply_to=_id(value["replyTo"]) if value["replyTo"] else None,
        review=_id(value["pullRequestReview"]) if value["pullRequestReview"] else None,
        pull_request=number,
        path=value["path"],
        line=value["line"],
        original_line=value["originalLine"],
        side="LEFT" if side == "LEFT" else "RIGHT",
        start_line=value["startLine"],
        original_start_line=value["originalStartLine"],
        diff_hunk=hunk,
        body=value["body"],
        author=login,
        author_is_bot=is_bot,
        author_association=value["authorAssociation"],
        created_at=value["createdAt"],
        updated_at=value["updatedAt"],
        original_commit=_oid(value["originalCommit"]) or commit,
        commit=commit,
        url=value["url"],
        reactions=dict(Counter(content for content, _ in reactions)),
        whole_file=value["subjectType"] == "FILE",
        # A deleted account's reaction is nobody's vote, but counts among `reactions`.
        reacted=tuple(_reacted(content, each) for content, each in reactions if each["user"]),
        edited_at=value["lastEditedAt"],
        hidden=(value["minimizedReason"] or "unspecified") if value["isMinimized"] else None,
    )


def _reacted(content: Reaction, value: Any) -> Reacted:
    login, is_bot = str(value["user"]["login"]), str(value["user"]["login"]).endswith(BOT_SUFFIX)
    return Reacted(login, content, value["createdAt"], is_bot)


def _graph_review(number: int, value: Any) -> PostedReview:
    login, is_bot = _actor(value["author"])
    return PostedReview(
        id=_id(value),
        pull_request=number,
        author=login,
        author_is_bot=is_bot,
        state=review_state(value["state"]),
        body=value["body"],
        commit=_oid(value["commit"]),
        submitted_at=value["submittedAt"],
        url=value["url"],
    )


def _graph_issue_comment(number: int, value: Any) -> IssueComment:
    login, is_bot = _actor(value["author"])
    return IssueComment(
        id=_id(value),
        number=number,
        body=value["body"],
        author=login,
        author_is_bot=is_bot,
        author_association=value["authorAssociation"],
        created_at=value["createdAt"],
        updated_at=value["updatedAt"],
        url=value["url"],
    )


def _nodes(connection: Any) -> list[Any]:
    """The elements of a GraphQL connection; those the token may not see are null."""
    return [each for each in connection["nodes"] if each is not None] if connection else []


def _actor(value: Any) -> tuple[str | None, bool]:
    """A GraphQL author and whether it is a bot; GraphQL names a bot without its suffix, REST with it."""
    if not value:
        return None, False
    login = str(value["login"])
    if value.get("__typename") == "Bot":
        return f"{login.removesuffix(BOT_SUFFIX)}{BOT_SUFFIX}", True
    return login, login.endswith(BOT_SUFFIX)


def _id(value: Any) -> int:
    return int(value["fullDatabaseId"])  # today's ids have outgrown GraphQL's 32-bit `databaseId`


def _oid(commit: Any) -> str | None:
    return str(commit["oid"]) if commit else None
