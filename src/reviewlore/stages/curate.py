"""Which remarks are worth learning from: raw remarks in; out the kept ones, and counted reasons for the rest."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from reviewlore.domain.history import RawRemark

GENERATED = (
    "*.lock", "*.min.js", "*.min.css", "*.map", "*.snap", "*.pb.go", "*_pb2.py", "*_pb2_grpc.py", "*.generated.*",
    "package-lock.json", "*/package-lock.json", "go.sum", "*/go.sum",
)  # fmt: skip
VENDORED = ("vendor/*", "*/vendor/*", "node_modules/*", "*/node_modules/*", "third_party/*", "*/third_party/*")
_MIN_LETTERS = 6
_PRAISE = re.compile(
    r"^\W*(?:nice(?: one| work| catch)?|lgtm|looks good(?: to me)?|great(?: work| job)?|awesome|love (?:it|this)|"
    r"thanks?(?: you)?(?: so much| a lot)?|perfect|cool|good (?:job|work)|\+1|neat)\W*$",
    re.IGNORECASE,
)


# Talk about the thread, not about the code.
_CHATTER = re.compile(
    r"^\W*(?:(?:ditto|same(?: here| as above| thing)?|see above|as above|idem|ping|bump|poke|done|fixed|yes|no|"
    r"ok(?:ay)?|sure|right|agreed|why|what|huh|hm+|oh|ah|ack|cc|wdyt|rebased?|resolved|never ?mind|not sure|please|up|"
    r"here too|again|and here|also here|this too)\W*|(?:cc|ping)\s+(?:@[\w-]+[\s,]*)+)$",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"^\s*/[a-z][\w-]*(?:\s|$)")
_NIT = re.compile(r"^\W*(?:nit(?:pick)?|super nit|tiny|minor)\b", re.IGNORECASE)
_HIDDEN = frozenset({"spam", "abuse", "off_topic"})


@dataclass(frozen=True, slots=True)
class CurationPolicy:
    """What a team leaves out: glob patterns of paths, and people who opted out. Logins are real, in any case.

    `licenses` are patterns of what a source may say of its text's licence (none: any, also nothing). `nits` False
    leaves remarks out that call themselves minor.
    """

    excluded_paths: tuple[str, ...] = ()
    opted_out: frozenset[str] = frozenset()
    bot_logins: frozenset[str] = frozenset()
    licenses: tuple[str, ...] = ()
    nits: bool = True


@dataclass(frozen=True, slots=True)
class Curated:
    """Kept remarks (in the order given), and how many were dropped or marked, by snake_case reason."""

    kept: tuple[RawRemark, ...]
    dropped: dict[str, int]
    marked: dict[str, int]


def curate(raws: Sequence[RawRemark], policy: CurationPolicy) -> Curated:
    """Drop what teaches nothing; mark accounts that are named like bots, which stay as examples of what to ignore.

    What people who opted out said in reply to others goes too. Each remark is judged by itself: bots that only their
    behaviour gives away are found over all episodes, in `stages/dataset`.
    """
    policy = replace(policy, opted_out=_lowered(policy.opted_out), bot_logins=_lowered(policy.bot_logins))
    dropped: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    kept = []
    seen = set[tuple[str, int, str]]()
    for raw in raws:
        reason = _drop_reason(raw, policy, seen)
        if reason is not None:
            dropped[reason] += 1
            continue
        seen.add((raw.repository, raw.pull_request, raw.comment_id))
        replies = tuple(reply for reply in raw.replies if reply.author.lower() not in policy.opted_out)
        kept.append(_mark(replace(raw, replies=replies), policy, marked))
    return Curated(tuple(kept), dict(sorted(dropped.items())), dict(sorted(marked.items())))


def _drop_reason(raw: RawRemark, policy: CurationPolicy, seen: set[tuple[str, int, str]]) -> str | None:
    body = raw.body.strip()
    checks = (
        ("duplicate_row", (raw.repository, raw.pull_request, raw.comment_id) in seen),
        ("author_opted_out", (raw.author or "").lower() in policy.opted_out),
        ("empty_body", not body),
        ("no_hunk", not raw.hunk.strip()),
        ("path_excluded", matches(raw.path, policy.excluded_paths)),
        ("generated_path", matches(raw.path, GENERATED)),
        ("vendored_path", matches(raw.path, VENDORED)),
        ("license_excluded", bool(policy.licenses) and not matches(raw.license or "", policy.licenses)),
        ("hidden_by_maintainers", (raw.hidden or "").lower().replace("-", "_") in _HIDDEN),
        ("command", _COMMAND.match(body) is not None),
        ("chatter", _CHATTER.match(body) is not None),
        ("nit", not policy.nits and (raw.intent == "nit" or _NIT.match(body) is not None)),
        ("praise", raw.intent == "praise" or _PRAISE.match(body) is not None),
        ("too_short", sum(char.isalnum() for char in body) < _MIN_LETTERS),
        ("own_pull_request", raw.author is not None and raw.author == raw.pull_request_author),
    )
    return next((reason for reason, hit in checks if hit), None)


def _mark(raw: RawRemark, policy: CurationPolicy, marked: Counter[str]) -> RawRemark:
    if raw.author_is_bot or not raw.author:
        return raw
    if raw.author.lower() in policy.bot_logins or raw.author.endswith("[bot]"):
        marked["bot_by_login"] += 1
        return replace(raw, author_is_bot=True)
    return raw


def _lowered(logins: frozenset[str]) -> frozenset[str]:
    """Return logins as they are compared: GitHub takes `Mira` and `mira` for one account."""
    return frozenset(login.removeprefix("@").lower() for login in logins)


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether a repository path matches one of the glob patterns (`*` crosses folders)."""
    return any(fnmatchcase(path, pattern) for pattern in patterns)
