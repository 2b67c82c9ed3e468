"""A comment in a review thread, by its number from a run that has ended; the command in it, or why it is none.

The forge runs the workflow of such a comment as the pull request has it, a fork's without a token that may write. So a
second run answers, on the default branch (`workflows/thread.yml.j2`). It takes a number from the first, which a
stranger may have chosen: what an event of the comment itself would have told is asked of the forge.
"""

from datetime import datetime, timedelta

from reviewlore.domain.events import CommandEvent, Ignored, ThreadEvent
from reviewlore.domain.forge import ThreadComment
from reviewlore.errors import InputError
from reviewlore.ports import Forge

_FRESH = timedelta(days=1)  # a run may wait for a runner that long; an older comment was never heard, or is brought up


def find_command(event: ThreadEvent, forge: Forge) -> CommandEvent | Ignored:
    """Return the comment as its own event would have told of it; edits, bots and old comments count for nothing."""
    try:
        comment = forge.dated_comment(event.comment)
    except InputError:
        return Ignored("comment_not_found")
    if comment.author is None or comment.author_is_bot:
        return Ignored("author_is_bot")
    if comment.edited_at is not None or not _is_new(comment, event.at):
        return Ignored("comment_not_new")
    return CommandEvent(
        repository=event.repository,
        number=comment.pull_request,
        comment=comment.id,
        kind="review",
        author=comment.author,
        body=comment.body,
        default_branch=event.default_branch,
        thread=comment.in_reply_to or comment.id,
        at=comment.created_at,
    )


def _is_new(comment: ThreadComment, at: str) -> bool:
    """Whether a comment was said when a run began; one that waited in a review is said when that is sent."""
    try:
        return datetime.fromisoformat(at) - datetime.fromisoformat(comment.updated_at) < _FRESH
    except (ValueError, TypeError):
        return False
