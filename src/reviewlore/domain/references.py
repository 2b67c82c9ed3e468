"""How people write which pull request or comment they mean: `owner/name#12/34`, or an address. Text in, parts out."""

import re
from dataclasses import dataclass

_NAME = r"[\w.-]+/[\w.-]+"
_NUMBER = r"[1-9][0-9]{0,17}"
_PULL = re.compile(rf"({_NAME})#({_NUMBER})")
_PULL_URL = re.compile(rf"https?://[^/\s]+/({_NAME})/pull/({_NUMBER})(?:[/#?]\S*)?")
# A repository that no forge hosts has no owner.
_COMMENT = re.compile(r"(?!https?://)(\S+)#([0-9]{1,19})/(\S+)")
# https://docs.github.com/en/rest/pulls/comments: addresses of comments on code, in the file view, in the conversation.
_COMMENT_URL = re.compile(
    rf"https?://[^/\s]+/({_NAME})/pull/({_NUMBER})(?:[/?]\S*)?#(discussion_r|issuecomment-|r)([0-9]{{1,18}})"
)


@dataclass(frozen=True, slots=True)
class CommentReference:
    """One comment, by the parts of its name; `in_talk`: its address says that it is one of the conversation."""

    repository: str
    pull_request: int
    comment_id: str
    in_talk: bool = False


def read_pull_reference(text: str) -> tuple[str, int] | None:
    """Return the repository and number that `owner/name#number` or an address names, or None."""
    found = _PULL.fullmatch(text) or _PULL_URL.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def read_comment_reference(text: str) -> CommentReference | None:
    """Return the comment that `repository#number/id` or an address names, or None."""
    if found := _COMMENT_URL.fullmatch(text):
        return CommentReference(found[1], int(found[2]), found[4], found[3] == "issuecomment-")
    found = _COMMENT.fullmatch(text)
    return CommentReference(found[1], int(found[2]), found[3]) if found else None
