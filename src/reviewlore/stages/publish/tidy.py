"""What becomes of our own remarks that no longer hold: minimised, resolved where asked for, or left, with the reason.

In: our threads, the review of the new head, and which comments say its findings. Out: records of what to do. Whatever
somebody answered, reacted to or resolved is never touched, and nothing is ever deleted or reworded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reviewlore.domain.finding import Review
from reviewlore.domain.forge import OwnThread, ThreadComment
from reviewlore.domain.markers import find_marker, find_place
from reviewlore.domain.origin import read_origin
from reviewlore.stages.publish.render import plain_id


@dataclass(frozen=True, slots=True)
class Minimise:
    """Our comment on a finding is to be hidden as outdated; `node` is the forge's name of it."""

    finding: str
    node: str


@dataclass(frozen=True, slots=True)
class Resolve:
    """Our thread on a finding is to be resolved; `node` is the forge's name of it."""

    finding: str
    node: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Our comment on a finding stays as it is, for a snake_case reason."""

    finding: str
    reason: str


def decide_threads(
    threads: tuple[OwnThread, ...], review: Review, said: Mapping[str, ThreadComment], resolve: bool
) -> tuple[Minimise | Resolve | Leave, ...]:
    """Return what becomes of each of our threads whose finding the review does not say (`said`: those it does say).

    A fact is looked for in the whole change each time, so that one that is not found no longer holds. A model is not
    asked again about code that it saw: its remark is outdated only when the forge says that its lines are gone.
    """
    held = {comment.id for comment in said.values()}
    candidates = {plain_id(item.id) for item in review.dropped}
    repeated = {item.rule for item in review.dropped if item.reason == "already_said"}  # under an id of its own
    actions: list[Minimise | Resolve | Leave] = []
    for thread in threads:
        name = find_marker("finding", thread.comment.body)
        if name is None or thread.comment.id in held:
            continue
        holds = name in candidates or read_origin(thread.comment.body).rule in repeated
        reason = "still_holds" if holds else _why_left(thread)
        if reason:
            actions.append(Leave(name, reason))
        elif resolve and thread.may_resolve:
            actions.append(Resolve(name, thread.node))
        elif thread.may_minimise:
            actions.append(Minimise(name, thread.comment_node))
        else:
            actions.append(Leave(name, "no_permission"))
    return tuple(actions)


def _why_left(thread: OwnThread) -> str:
    facts = find_place(thread.comment.body).source in {"architecture", ""}  # of old, only facts were posted
    checks = (
        ("already_minimised", thread.comment.hidden is not None),
        ("resolved", thread.resolved),
        ("answered", thread.answers > 0),
        ("reacted_to", thread.reactions > 0),
        ("code_unchanged", not facts and not thread.outdated),
    )
    return next((name for name, hit in checks if hit), "")
