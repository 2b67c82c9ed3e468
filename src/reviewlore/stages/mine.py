"""From raw remarks to episodes: intent, concern, language. It never stores or fetches anything."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from reviewlore.domain.forge import PullActivity, PullRequest, ThreadComment
from reviewlore.domain.history import (
    Anchor,
    Confidence,
    Episode,
    Intent,
    Outcome,
    OutcomeEvidence,
    RawRemark,
    Reply,
)

_LANGUAGES: Mapping[str, str] = {
    "py": "Python", "pyi": "Python", "js": "JavaScript", "jsx": "JavaScript", "mjs": "JavaScript", "ts": "TypeScript",
    "tsx": "TypeScript", "go": "Go", "java": "Java", "rs": "Rust", "rb": "Ruby", "php": "PHP", "md": "Markdown",
    "rst": "reStructuredText", "yml": "YAML", "yaml": "YAML", "toml": "TOML", "json": "JSON", "proto": "Protobuf",
    "css": "CSS", "html": "HTML", "sh": "Shell", "sql": "SQL", "c": "C", "h": "C", "cpp": "C++", "kt": "Kotlin",
}  # fmt: skip
_BOT = "[bot]"  # the end of an app's name in REST; the graph leaves it out
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
        reviewed_commit=raw.reviewed_commit,
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


def join_threads(
    repository: str,
    pulls: Mapping[int, PullRequest],
    comments: tuple[ThreadComment, ...],
    activity: Mapping[int, PullActivity],
) -> tuple[tuple[RawRemark, ...], dict[str, int]]:
    """Join what a forge lists apart (pull requests, comments, thread resolutions) into raw remarks of merged ones.

    The second value counts comments left out, by reason.
    """
    roots = {comment.id for comment in comments if comment.in_reply_to is None}
    bots = frozenset(
        comment.author.removesuffix(_BOT) for comment in comments if comment.author and comment.author_is_bot
    )
    replies: dict[int, list[ThreadComment]] = {}
    dropped: Counter[str] = Counter()
    for comment in comments:
        if comment.in_reply_to is not None:
            replies.setdefault(comment.in_reply_to, []).append(comment)
            dropped["reply_to_a_remark_not_read"] += comment.in_reply_to not in roots
    raws = []
    for comment in comments:
        if comment.in_reply_to is not None:
            continue
        pull = pulls.get(comment.pull_request)
        if pull is None or not pull.merged:
            dropped["pull_request_not_merged"] += 1
            continue
        answers = sorted(replies.get(comment.id, ()), key=lambda reply: (reply.created_at, reply.id))
        raws.append(_raw(repository, pull, comment, answers, activity.get(pull.number), bots))
    return tuple(raws), {reason: count for reason, count in dropped.items() if count}


def _raw(
    repository: str,
    pull: PullRequest,
    comment: ThreadComment,
    answers: list[ThreadComment],
    activity: PullActivity | None,
    bots: frozenset[str],
) -> RawRemark:
    thread = next((t for t in activity.threads if t.root == comment.id), None) if activity else None
    return RawRemark(
        repository=repository,
        pull_request=pull.number,
        comment_id=str(comment.id),
        path=comment.path,
        line=comment.original_line or comment.line,
        start_line=comment.original_start_line or comment.start_line,
        side=comment.side,
        hunk=comment.diff_hunk,
        body=comment.body,
        author=comment.author,
        author_is_bot=comment.author_is_bot,
        pull_request_author=pull.author,
        created_at=comment.created_at,
        replies=tuple(Reply(a.author or "", a.body, a.created_at) for a in answers),
        url=comment.url,
        reviewed_commit=comment.original_commit,
        last_commit=pull.head_sha,
        resolved=thread.resolved and _is_person(thread.resolved_by, bots) if thread else None,
        source="github",
    )


def _is_person(login: str | None, bots: frozenset[str]) -> bool:
    return login is not None and not login.endswith(_BOT) and login not in bots
