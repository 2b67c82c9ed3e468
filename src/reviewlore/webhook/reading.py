"""What a signed delivery asks for: its bytes in, what is kept of it out. Pure."""

from dataclasses import replace

from reviewlore.domain.delivery import Delivery, Withdrawal
from reviewlore.domain.events import CommandEvent, Event, Ignored, PullRequestEvent, PushEvent
from reviewlore.formats.strict_json import read_strict
from reviewlore.stages.commands import parse_command
from reviewlore.stages.installations import is_repository, read_installation, read_updated, read_withdrawal
from reviewlore.stages.intake import read_event


def read_delivery(name: str, guid: str, body: bytes, at: str) -> Delivery | Withdrawal | Ignored:
    """Turn a signed delivery into what is worth keeping of it; ValueError where its body is no JSON object.

    What the worker would pass over is ignored here already, so that words of no concern to us are never stored.
    """
    payload = read_strict(body)
    if not isinstance(payload, dict):
        raise ValueError("no object")
    if withdrawal := read_withdrawal(name, payload):
        return withdrawal
    event = read_event(name, payload)
    if isinstance(event, Ignored):
        return event
    if not isinstance(event, PullRequestEvent | CommandEvent | PushEvent):
        return Ignored("event_not_for_app")
    if isinstance(event, CommandEvent) and parse_command(event.body) is None:
        return Ignored("not_a_command")
    installation = read_installation(payload)
    if not installation or not is_repository(event.repository):
        return Ignored("payload_incomplete")
    return _about(event, Delivery(guid, name, event.repository, installation, "", body, at), payload)


def _about(event: Event, plain: Delivery, payload: object) -> Delivery:
    """Say what a delivery is about, and whether it makes earlier ones needless: a review reads the latest head."""
    if isinstance(event, PullRequestEvent):
        subject = f"pull/{event.number}"
        return replace(plain, subject=subject, replaces=True, happened_at=read_updated(payload))
    if isinstance(event, CommandEvent):
        return replace(plain, subject=f"pull/{event.number}")
    return replace(plain, replaces=True, background=True)  # a push, which is learned from
