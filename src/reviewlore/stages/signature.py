"""Whether bytes were signed by who shares a secret with us: raw bytes and a header in, yes or no out.

GitHub: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. Only SHA-256 counts; the older
`X-Hub-Signature` (SHA-1) is never looked at.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

from reviewlore.errors import ConfigError

LEAST_SECRET = 16  # bytes; a shorter one can be guessed from one signed delivery
_HEADER = re.compile(r"sha256=[0-9a-f]{64}")


def check_secrets(secrets: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the secrets without blanks around them; ConfigError where there is none or one is too short."""
    kept = tuple(secret.strip() for secret in secrets)
    if not kept:
        raise ConfigError("There is no secret for webhooks, and without one anybody could send them. Set one.")
    if short := [len(secret) for secret in kept if len(secret) < LEAST_SECRET]:
        raise ConfigError(
            f"A secret for webhooks has {short[0]} bytes; it needs {LEAST_SECRET} or more. "
            "Make one with `openssl rand -hex 32`, and set it at the App on GitHub, too."
        )
    return kept


def is_signature(header: str) -> bool:
    """Whether a header has the form of a signature, so that reading what it would sign is worth it."""
    return _HEADER.fullmatch(header) is not None


def is_signed(body: bytes | bytearray, header: str, secrets: Sequence[bytes]) -> bool:
    """Whether `header` (`X-Hub-Signature-256`) is the signature of exactly these bytes by one of the secrets.

    All secrets are tried in constant time; there are two while one is replaced by another.
    """
    if not is_signature(header):
        return False
    given = header.encode("ascii")
    wanted = [b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode("ascii") for secret in secrets]
    return sum(hmac.compare_digest(each, given) for each in wanted) > 0
