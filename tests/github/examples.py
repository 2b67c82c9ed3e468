"""The webhook payloads that GitHub's users published, as records; `data/SOURCES.md` says where they come from."""

import json
import lzma
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "github-webhook-examples.json.xz"


@dataclass(frozen=True)
class Example:
    """One published payload: the event's name (`X-GitHub-Event`), its place among that event's, and the payload."""

    event: str
    place: int
    payload: dict[str, Any]

    @property
    def id(self):
        return f"{self.event}-{self.place}"


@cache
def load_examples():
    """Return all payloads in the published order; treat them as read only."""
    published = json.loads(lzma.decompress(DATA.read_bytes()))
    return [Example(event, place, each) for event, found in published.items() for place, each in enumerate(found)]


def find_example(event, **fields):
    """Return a copy of the first published payload of an event with these top-level values."""
    for example in load_examples():
        if example.event == event and all(example.payload.get(name) == value for name, value in fields.items()):
            return json.loads(json.dumps(example.payload))
    raise LookupError(f"no published example of {event} with {fields}")
