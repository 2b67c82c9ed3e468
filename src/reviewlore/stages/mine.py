"""From what a forge says to raw remarks, and from those to episodes: intent, concern, language. It never fetches."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewlore.domain.forge import MergedPull, PullRequest, Reaction, ReviewThread, ThreadComment
from reviewlore.domain.history import (
    Anchor,
    Confidence,
    Episode,
    Intent,
    Outcome,
    OutcomeEvidence,
    RawRemark,
    Reply,
    Vote,
    VoteKind,
)
from reviewlore.domain.markers import find_marker
from reviewlore.domain.origin import read_origin
from reviewlore.domain.people import Role, is_at_least

_LANGUAGES: Mapping[str, str] = {
    "py": "Python", "pyi": "Python", "js": "JavaScript", "jsx": "JavaScript", "mjs": "JavaScript", "ts": "TypeScript",
    "tsx": "TypeScript", "go": "Go", "java": "Java", "rs": "Rust", "rb": "Ruby", "php": "PHP", "md": "Markdown",
    "rst": "reStructuredText", "yml": "YAML", "yaml": "YAML", "toml": "TOML", "json": "JSON", "proto": "Protobuf",
    "css": "CSS", "html": "HTML", "sh": "Shell", "sql": "SQL", "c": "C", "h": "C", "cpp": "C++", "kt": "Kotlin",
}  # fmt: skip
_BOT = "[bot]"
# The other reactions are neither approval nor refusal.
_REACTIONS: Mapping[Reaction, VoteKind] = {"+1": "up", "heart": "up", "rocket": "up", "-1": "down", "confused": "down"}
_SHORT = 400  # characters: a longer word in the conversation is about more than that
_SETTLED = re.compile(
    r"\b(?:addressed|fixed|resolved|implemented|incorporated|applied|handled)\b[^.\n]{0,40}"
    r"\b(?:comments?|feedback|review|remarks?|suggestions?)\b|\b(?:all|everything)\b[^.\n]{0,20}\b(?:done|addressed|fixed)\b",
    re.IGNORECASE,
)
_NIT = re.compile(r"^\W*(?:nit|nitpick|minor|tiny|super nit|typo)\b", re.IGNORECASE)
_SUGGESTION = re.compile(
    r"```suggestion|\b(?:should|could you|can you|can we|please|let'?s|how about|what about|consider|instead|"
    r"needs? to|must|rename|remove|use|add|move|prefer|would be (?:better|nicer|good))\b",
    re.IGNORECASE,
)
_CONCERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "architecture",
            r"\b(?:layer|import|depend|circular|cycle|module|package|coupl|abstraction|boundary|interface)",
        ),
        ("testing", r"\b(?:tests?|coverage|assert|fixture|mock|regression)\b"),
        ("documentation", r"\b(?:doc(?:s|string|ument\w*)?|comment|changelog|readme|typo)\b"),
        ("error_handling", r"\b(?:error|exception|raise|catch|except|fail\w*|timeout|retry)\b"),
        ("naming", r"\b(?:nam(?:e|ed|ing)|rename|call(?:ed)? it)\b"),
        ("security", r"\b(?:secur\w+|inject\w+|secret|token|sanitiz\w+|escap\w+)\b"),
        ("performance", r"\b(?:perf\w*|slow|fast\w*|cach\w+|memory|alloc\w*|complexity)\b"),
        ("style", r"\b(?:style|format\w*|whitespace|indent\w*|lint\w*|blank line|quote)\b"),
    )
)


@dataclass(frozen=True, slots=True)
class Label:
    """What the outcome stage says of one remark."""

    outcome: Outcome
    confidence: Confidence
    evidence: tuple[OutcomeEvidence, ...]


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The texts and names of one remark after redaction; `author` and the rest are pseudonyms."""

    author: str
    pull_request_author: str | None
    body: str
    hunk: str
    replies: tuple[Reply, ...]
    code_before: str | None = None
    code_after: str | None = None


def make_episode(raw: RawRemark, scrubbed: Scrubbed, label: Label) -> Episode:
    """Join a raw remark with its scrubbed texts and its label into the record that is stored."""
    return Episode(
        id=f"{raw.repository}#{raw.pull_request}/{raw.comment_id}",
        repository=raw.repository,
        pull_request=raw.pull_request,
        comment_id=raw.comment_id,
        author=scrubbed.author,
        author_kind="bot" if raw.author_is_bot else "human",
        pull_request_author=scrubbed.pull_request_author,
        anchor=Anchor(raw.path, raw.line, raw.side, raw.start_line),
        hunk=scrubbed.hunk,
        body=scrubbed.body,
        created_at=raw.created_at,
        intent=raw.intent or classify_intent(raw.body),
        language=raw.language or find_language(raw.path),
        outcome=label.outcome,
        confidence=label.confidence,
        evidence=label.evidence,
        replies=scrubbed.replies,
        concern=classify_concern(raw.body),
        url=raw.url,
        author_role=raw.author_role,
        reviewed_commit=raw.reviewed_commit,
        last_commit=raw.last_commit,
        finding=raw.finding,
        said=raw.said,
        code_before=scrubbed.code_before,
        code_after=scrubbed.code_after,
        source=raw.source,
    )


def classify_intent(body: str) -> Intent:
    """Return what kind of speech act a remark is, by its words (rough; curation has taken praise out)."""
    text = body.strip()
    if _NIT.match(text):
        return "nit"
    if _SUGGESTION.search(text):
        return "suggestion"
    return "question" if "?" in text else "statement"


def classify_concern(body: str) -> str:
    """Return what a remark is about: the first concern whose words it uses, else `other`."""
    return next((name for name, pattern in _CONCERNS if pattern.search(body)), "other")


def find_language(path: str) -> str | None:
    """Return the language a path's suffix stands for, or None."""
    return _LANGUAGES.get(path.rpartition("/")[2].rpartition(".")[2].lower())


def read_pull(
    repository: str, merged: MergedPull, role: Callable[[str], Role | None]
) -> tuple[tuple[RawRemark, ...], dict[str, int]]:
    """Return the raw remarks of one merged pull request: the roots of its threads, with all that was said to them.

    `role` tells a login's role in the repository at mining time, None where it cannot be told. The second value counts
    remarks left out, by reason: what is said after the merge, of an old commit perhaps, was never taken up here, nor
    were the words that somebody who may not write put in place of others after it.
    """
    pull = merged.pull
    approvals = [(review.author, review.submitted_at or "") for review in merged.reviews if review.state == "APPROVED"]
    words = (c for c in merged.conversation if _is_one(c.author, pull.author) and says_settled(c.body))
    settled = max((word.created_at for word in words), default="")
    raws = []
    dropped: Counter[str] = Counter()
    for thread in merged.threads:
        root, *answers = thread.comments
        if reason := _too_late(root, pull.merged_at, role):
            dropped[reason] += 1
            continue
        raws.append(
            replace(
                _raw(repository, root, answers),
                pull_request_author=pull.author,
                last_commit=pull.head_sha,
                base=pull.base_sha,
                author_role=_author_role(root, role),
                votes=_votes(thread, role),
                approved_after=any(_is_one(by, root.author) and at > root.created_at for by, at in approvals),
                settled=settled > root.created_at,
                source="github",
            )
        )
    return tuple(raws), dict(dropped)


def says_settled(body: str) -> bool:
    """Whether a word in the conversation says that the remarks were taken up."""
    return len(body) <= _SHORT and _SETTLED.search(body) is not None


def join_dump(
    repository: str, comments: Sequence[ThreadComment], pulls: Mapping[int, PullRequest]
) -> tuple[tuple[RawRemark, ...], dict[str, int]]:
    """Join a dump's comments (and its pull requests, where it has them) into raw remarks.

    A comment whose pull request is in the dump and was not merged is left out; one whose pull request is not in it is
    taken for merged. Of a comment that stands in it twice the one updated last counts. The second value counts comments
    left out, by reason.
    """
    latest = {comment.id: comment for comment in sorted(comments, key=lambda comment: comment.updated_at)}
    dropped = Counter(duplicate_row=len(comments) - len(latest))
    comments = tuple(latest[each] for each in dict.fromkeys(comment.id for comment in comments))
    roots = {comment.id for comment in comments if comment.in_reply_to is None}
    replies: dict[int, list[ThreadComment]] = {}
    for comment in comments:
        if comment.in_reply_to is not None:
            replies.setdefault(comment.in_reply_to, []).append(comment)
            dropped["reply_to_a_remark_not_read"] += comment.in_reply_to not in roots
    raws = []
    for comment in comments:
        if comment.in_reply_to is not None:
            continue
        pull = pulls.get(comment.pull_request)
        if pull is not None and not pull.merged:
            dropped["pull_request_not_merged"] += 1
            continue
        if pull is not None and comment.created_at > (pull.merged_at or ""):
            dropped["said_after_merge"] += 1
            continue
        answers = sorted(replies.get(comment.id, ()), key=lambda reply: (reply.created_at, reply.id))
        raws.append(
            replace(
                _raw(repository, comment, answers),
                pull_request_author=pull.author if pull else None,
                # Without the pull request, a comment that is not outdated tells the last commit: it moved along.
                last_commit=pull.head_sha if pull else comment.commit if comment.line else None,
                base=pull.base_sha if pull else None,
                source="dump",
            )
        )
    return tuple(raws), {reason: count for reason, count in dropped.items() if count}


def _author_role(root: ThreadComment, role: Callable[[str], Role | None]) -> Role | None:
    """Return the role of a person; `none` for a deleted account, which anybody can leave behind; None for a bot."""
    if root.author_is_bot:
        return None
    return role(root.author) if root.author else "none"


def _too_late(root: ThreadComment, merged_at: str | None, role: Callable[[str], Role | None]) -> str:
    """Return why a remark's words cannot be what the merged code answers, empty where they may be."""
    if merged_at is None or max(root.created_at, root.edited_at or "") <= merged_at:
        return ""
    if root.created_at > merged_at:
        return "said_after_merge"
    trusted = root.author_is_bot or is_at_least(_author_role(root, role), "write")
    return "" if trusted else "edited_after_merge"


def _is_one(one: str | None, other: str | None) -> bool:
    """Whether two authors are one person; deleted accounts all look alike, and need not be."""
    return one is not None and one == other


def _raw(repository: str, root: ThreadComment, answers: Sequence[ThreadComment]) -> RawRemark:
    finding = find_marker("finding", root.body) if root.author_is_bot else None
    origin = read_origin(root.body) if finding else None
    return RawRemark(
        repository=repository,
        pull_request=root.pull_request,
        comment_id=str(root.id),
        path=root.path,
        line=root.original_line or root.line,
        start_line=root.original_start_line or root.start_line,
        side=root.side,
        hunk=root.diff_hunk,
        # What follows the last rule of our own remarks tells how to dismiss them, not what is wrong with the code.
        body=root.body.rpartition("<sub>")[0].rstrip() if finding else root.body,
        author=root.author,
        author_is_bot=root.author_is_bot,
        pull_request_author=None,
        created_at=root.created_at,
        replies=tuple(Reply(answer.author or "", answer.body, answer.created_at, str(answer.id)) for answer in answers),
        url=root.url,
        reviewed_commit=root.original_commit,
        edited_at=root.edited_at,
        hidden=root.hidden,
        finding=finding,
        said=origin if origin and origin.version else None,
    )


def _votes(thread: ReviewThread, role: Callable[[str], Role | None]) -> tuple[Vote, ...]:
    votes = [
        Vote(each.login, _REACTIONS[each.reaction], each.at, None if each.is_bot else role(each.login), each.is_bot)
        for each in thread.comments[0].reacted
        if each.reaction in _REACTIONS
    ]
    if thread.resolved and thread.resolved_by:
        bot = thread.resolved_by_bot or thread.resolved_by.endswith(_BOT)
        votes.append(Vote(thread.resolved_by, "resolved", "", None if bot else role(thread.resolved_by), bot))
    return tuple(votes)
