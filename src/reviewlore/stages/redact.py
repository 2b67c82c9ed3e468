"""Takes secrets and personal data out of text before anything is stored, and turns names into keyed pseudonyms.

The token formats are the issuers' documented prefixes; a high-entropy value counts only beside a name that says it is
a secret, because plain entropy flags hashes and test data. What is replaced keeps its kind: `[redacted:github-token]`.
"""

import hashlib
import hmac
import re

_KINDS: tuple[tuple[str, str], ...] = (
    ("private-key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]{0,8000}?-----END [A-Z ]*PRIVATE KEY-----)?"),
    ("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9_.-]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("gitlab-token", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("slack-webhook", r"https://hooks\.slack\.com/services/[A-Za-z0-9/_-]+"),
    ("aws-key", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b"),
    ("google-key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("model-api-key", r"\b(?:sk-ant-|sk-proj-|sk-|hf_)[A-Za-z0-9_-]{20,}"),
    ("package-token", r"\b(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,})"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("url-password", r"(?<=://)[^\s/:@]{1,64}:[^\s/@]{1,128}(?=@)"),
    ("email", r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}\b"),
    (
        "secret",
        r"(?i:(?<=password)|(?<=passwd)|(?<=secret)|(?<=api_key)|(?<=apikey)|(?<=api-key)|(?<=token))"
        r"[\"']?\s{0,3}[:=]\s{0,3}[\"'](?=[^\"'\s]*\d)[^\"'\s]{8,200}[\"']",
    ),
)
_ANY = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_KINDS)))
# A dot ends a sentence, or leads on in a decorator; companies' accounts end in `_name`.
_MENTION = re.compile(r"(?<![\w@`/.])@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,60}))(?![\w(]|\.\w)")


def redact(text: str) -> tuple[str, dict[str, int]]:
    """Return text without secrets, e-mail addresses and people's handles, and how many of each kind were taken out."""
    counts: dict[str, int] = {}

    def replace(match: re.Match[str]) -> str:
        kind = _KINDS[int((match.lastgroup or "k0")[1:])][0]
        counts[kind] = counts.get(kind, 0) + 1
        return f"[redacted:{kind}]"

    return _ANY.sub(replace, text), counts


def redact_mentions(text: str) -> str:
    """Return prose with `@login` mentions made anonymous (code keeps its decorators: use on remarks only)."""
    return _MENTION.sub("@someone", text)


def pseudonym(login: str | None, key: bytes) -> str:
    """Return a stable name for a person that cannot be reversed without the key (HMAC-SHA256, 12 hex digits)."""
    if not login:
        return "person-deleted"
    digest = hmac.new(key, login.lower().encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
    return f"person-{digest[:12]}"
