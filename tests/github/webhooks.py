"""Sends webhook events as GitHub does: signed over the raw bytes, with the event's name and a delivery id.

In: an address, an event and its payload. Out: the receiver's status and text. It never sends a delivery again by
itself, as GitHub never does.
"""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT = 10  # GitHub gives a receiver ten seconds


@dataclass(frozen=True)
class Delivered:
    """What a receiver answered to one delivery."""

    status: int
    text: str
    delivery: str


def signature(body: bytes, secret: str) -> str:
    """Return the `X-Hub-Signature-256` of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(
    url: str,
    event: str,
    payload: Any,
    secret: str | None,
    *,
    delivery: str | None = None,
    tamper: Callable[[bytes], bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Delivered:
    """Deliver one event; the payload is JSON, or bytes to be sent as they are.

    `secret` None sends no signature, `tamper` changes the body after it was signed, `headers` replaces any header.
    The same `delivery` again is what GitHub does on a redelivery.
    """
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    guid = delivery or str(uuid.uuid4())
    sent = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-GitHub-Hook-ID": "42",
    }
    if secret is not None:
        sent["X-Hub-Signature-256"] = signature(body, secret)
    request = urllib.request.Request(url, tamper(body) if tamper else body, {**sent, **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return Delivered(answer.status, answer.read().decode("utf8", "replace"), guid)
    except urllib.error.HTTPError as error:
        return Delivered(error.code, error.read().decode("utf8", "replace"), guid)
