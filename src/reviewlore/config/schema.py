"""The settings as a JSON schema, for editors and other tools: made from the records that the settings are read into.

What goes beyond types (ranges, keys that belong together) is said by `reviewlore config`, not here.
"""

import re
from dataclasses import MISSING, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from reviewlore.config.settings import Settings

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = re.compile(r"`[^`]+`")
_PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string"}


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of `.reviewlore.toml`, with every default."""
    return {"$schema": _DIALECT, "title": "Settings of reviewlore (.reviewlore.toml)", **_table(Settings)}


def list_settings(settings: Settings) -> dict[str, Any]:
    """Return every setting as `section.key` with its value, as TOML has it: lists for tuples, tables for records."""
    found: dict[str, Any] = {}
    for section in fields(settings):
        record = getattr(settings, section.name)
        if isinstance(record, dict):
            rows = {f"{section.name}.{name}.{key}": value for name, row in record.items() for key, value in _row(row)}
        else:
            rows = {f"{section.name}.{key}": value for key, value in _row(record)}
        found |= rows
    return found


def find_changed(settings: Settings) -> dict[str, tuple[Any, Any]]:
    """Return the settings that are no defaults: by `section.key` the value, and the default (None: there is none)."""
    usual = list_settings(Settings())
    return {
        name: (value, usual.get(name)) for name, value in list_settings(settings).items() if value != usual.get(name)
    }


def _row(record: Any) -> list[tuple[str, Any]]:
    return [(item.name.replace("_", "-"), _value(getattr(record, item.name))) for item in fields(record)]


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return dict(_row(value)) if hasattr(value, "__dataclass_fields__") else value


def _table(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    keys = {}
    for item in fields(kind):
        shape = _shape(hints[item.name])
        if item.default is not MISSING:
            shape["default"] = _value(item.default)
        keys[item.name.replace("_", "-")] = shape
    said = _NAME.sub(lambda found: found[0].replace("_", "-"), " ".join((kind.__doc__ or "").split()))
    return {"type": "object", "description": said, "properties": keys, "additionalProperties": False}


def _shape(hint: Any) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin is tuple:
        return {"type": "array", "items": _shape(get_args(hint)[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _shape(get_args(hint)[1])}
    return {"type": _PLAIN[hint]} if hint in _PLAIN else _table(hint)
