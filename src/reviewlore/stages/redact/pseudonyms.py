"""Names and the secret key in, stable names that cannot be reversed without the key out. It never stores a name."""

import hmac

_SUPPRESSION = b"suppression\0"  # no login holds a zero byte: a token never equals a pseudonym's digest


def pseudonym(login: str | None, key: bytes) -> str:
    """Return a stable name for a person that cannot be reversed without the key (HMAC-SHA256, 12 hex digits)."""
    if not login:
        return "person-deleted"
    return f"person-{_digest(b'', login, key)[:12]}"


def suppression_token(login: str, key: bytes) -> str:
    """Return what an opt-out list holds instead of a login (HMAC-SHA256 of another context, 32 hex digits).

    It differs from the pseudonym of the same person, so that nobody without the key can tell from the list whose
    episodes they were.
    """
    return f"optout-{_digest(_SUPPRESSION, login, key)[:32]}"


def _digest(context: bytes, login: str, key: bytes) -> str:
    return hmac.digest(key, context + login.lower().encode("utf-8", "surrogateescape"), "sha256").hex()
