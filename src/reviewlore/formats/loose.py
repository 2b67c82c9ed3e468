"""Values of JSON that a stranger wrote, as what was hoped for or as nothing: it never raises."""

import json
from typing import Any

_MOST_LINES = 2**31


def json_value(document: str | bytes) -> Any:
    """Return what a JSON document says, or None where it is none."""
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return None


def mapping(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """Return a text, or an empty one."""
    return value if isinstance(value, str) else ""


def line_number(value: Any) -> int | None:
    """Return a 1-based line number, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST_LINES else None


def item(values: Any, index: Any) -> dict[str, Any]:
    """Return the object at a place of a list, or an empty one."""
    if not isinstance(values, list) or not isinstance(index, int) or isinstance(index, bool):
        return {}
    return mapping(values[index]) if 0 <= index < len(values) else {}
