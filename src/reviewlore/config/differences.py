"""Settings to those of them that are no defaults, as text for people. Pure; no credential of an address is in it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from urllib.parse import urlsplit

from reviewlore.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is no default: its name as in the file (`review.max-comments`), its value, and the default."""

    name: str
    value: str
    default: str


def find_differences(settings: Settings) -> tuple[Difference, ...]:
    """Return the settings that differ from the defaults, in the order of their records."""
    return tuple(_differences(settings, Settings(), ""))


def _differences(record: Any, default: Any, prefix: str) -> Iterator[Difference]:
    for item in fields(record):
        value, usual = getattr(record, item.name), getattr(default, item.name)
        name = f"{prefix}{item.name.replace('_', '-')}"
        if value == usual:
            continue
        if is_dataclass(value):
            yield from _differences(value, usual, f"{name}.")
        else:
            yield Difference(name, _shown(value), _shown(usual))


def _shown(value: Any) -> str:
    """Return a value as the file would have it; of tables only how many there are."""
    if isinstance(value, Mapping):
        return ", ".join(value) or "none"
    if isinstance(value, tuple) and any(map(is_dataclass, value)):
        return f"{len(value)} table{'s' * (len(value) != 1)}"
    if isinstance(value, str) and "://" in value:
        value = _bare(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _bare(address: str) -> str:
    """Return an address without user, password and query: it is said in public."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
