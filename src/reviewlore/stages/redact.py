"""Takes secrets and personal data out of text before anything is stored, and turns names into keyed pseudonyms.

The token formats are the issuers' documented prefixes; a high-entropy value counts only beside a name that says it is
a secret, because plain entropy flags hashes and test data. What is replaced keeps its kind: `[redacted:github-token]`.
"""

import hashlib
import hmac
import re

# What a secret is called; the value stands right behind it.
_NAMES = (
    "password", "passwd", "passphrase", "_pwd", "secret", "token", "credentials", "api_key", "apikey", "api-key",
    "secret_key", "secretkey", "secret-key", "access_key", "accesskey", "access-key", "account_key", "accountkey",
    "auth_key", "private_key", "encryption_key",
)  # fmt: skip
# The two looks at single characters spare most places the search for a name.
_NAMED = (
    r"(?<=[dtnsey])(?=[\"'\s:=])(?:" + "|".join(f"(?<={name})" for name in _NAMES) + r")[\"']?\s{0,3}(?:=>|[:=])\s{0,3}"
)

_KINDS: tuple[tuple[str, str], ...] = (
    (
        "private-key",  # a hunk may end before the key does
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]{0,8000}?-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:[\s+\\n\"'-]{0,8}[A-Za-z0-9+/=]{12,200}){0,400})",
    ),
    ("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9_.-]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("gitlab-token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_-]{16,}"),
    ("slack-token", r"\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10,}"),
    ("slack-webhook", r"https://hooks\.slack\.com/services/[A-Za-z0-9/_-]+"),
    ("aws-key", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b"),
    ("google-key", r"\b(?:AIza[A-Za-z0-9_-]{35}|(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,})"),
    ("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("model-api-key", r"\b(?:sk-ant-|sk-proj-|sk-|hf_)[A-Za-z0-9_-]{20,}"),
    ("package-token", r"\b(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,})"),
    (
        "service-token",  # Sendgrid, Twilio, Telegram, Discord, Digitalocean, Shopify, Vault, Docker
        r"\b(?:SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}|SK[0-9a-f]{32}\b|\d{8,10}:AA[A-Za-z0-9_-]{32,36}"
        r"|[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}|do[opr]_v1_[0-9a-f]{40,}"
        r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|hv[sbr]\.[A-Za-z0-9_-]{20,}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,})",
    ),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("authorization", r"\b(?i:bearer|basic)\s{1,3}(?=[^\s\d]{0,80}\d)[A-Za-z0-9._~+/=-]{16,}"),
    ("url-password", r"(?<=://)(?:[^\s/:@]{0,64}:[^\s/]{1,128}|[A-Za-z0-9_-]{20,100})(?=@)"),
    ("url-password", r"(?<=\s-u )[^\s:\"']{1,64}:[^\s\"']{4,128}"),
    ("email", r"\b[\w.%+'-]{1,64}@(?:(?:[^\W_]|-){1,63}\.){1,4}[^\W\d_]{2,24}\b"),
    (
        "secret",  # without quotation marks, as in settings and headers: names of things in code have one digit at most
        rf"(?i:{_NAMED})(?:[\"'](?=[^\"'\s]*\d)[^\"'\s]{{8,200}}[\"']|(?=[^\s\d]{{0,80}}\d[^\s\d]{{0,80}}\d)"
        r"[A-Za-z0-9+/_!#$%^*~-][A-Za-z0-9+/_=!@#$%^*~-]{7,200}(?![\w(.\[]))",
    ),
)
_ANY = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_KINDS)))
# A dot ends a sentence, or leads on in a decorator; companies' accounts end in `_name`.
_MENTION = re.compile(
    r"(?<![^\W_])(?<![@`/])@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,60}))(?![\w(]|\.\w)(?:/[\w-]{1,64})?"
    r"|(?<=github\.com/)[A-Za-z0-9-]{1,39}(?![\w/.-])"
)
_TRAILER = re.compile(
    r"^((?:co-authored|co-developed|signed-off|reviewed|acked|tested|reported|suggested|helped)-by:)[^\n]{0,200}",
    re.IGNORECASE | re.MULTILINE,
)


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
    return _MENTION.sub("@someone", _TRAILER.sub(r"\1 someone", text))


def pseudonym(login: str | None, key: bytes) -> str:
    """Return a stable name for a person that cannot be reversed without the key (HMAC-SHA256, 12 hex digits)."""
    if not login:
        return "person-deleted"
    digest = hmac.new(key, login.lower().encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
    return f"person-{digest[:12]}"
