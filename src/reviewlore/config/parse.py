"""A TOML text to typed settings, by the records' own types; every key that is unknown or of a wrong type is named."""

import difflib
import sys
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from reviewlore.config.checks import find_problems
from reviewlore.config.settings import Settings
from reviewlore.config.toml import load_toml, shown_value
from reviewlore.domain.visible import visible_line
from reviewlore.errors import ConfigError

FILE = ".reviewlore.toml"


def parse_settings(text: str, where: str = FILE) -> Settings:
    """Return the settings in a TOML text; ConfigError lists everything that is wrong with it."""
    try:
        raw = load_toml(text)
    except ValueError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}. Correct it and retry.") from error
    problems: list[str] = []
    settings: Settings = parse_section(Settings, raw, "", problems)
    problems += find_problems(settings, raw)
    if problems:
        raise ConfigError(f"{where} cannot be used: " + "; ".join(problems) + ".")
    return settings


def parse_section(kind: type[Any], raw: Mapping[str, Any], prefix: str, problems: list[str]) -> Any:
    """Return a table as the record `kind`; what is wrong with it is added to `problems`, named with the prefix."""
    hints = get_type_hints(kind)
    known = {item.name.replace("_", "-"): item for item in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in raw.items():
        item = known.get(key)
        if item is None:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f" (did you mean {prefix}{near[0]}?)" if near else f" (known here: {', '.join(known)})"
            problems.append(f"unknown key {prefix}{visible_line(key)}{hint}")
            continue
        values[item.name] = _value(hints[item.name], value, f"{prefix}{key}", problems)
    return kind(**{name: value for name, value in values.items() if value is not MISSING})


def _value(hint: Any, value: Any, name: str, problems: list[str]) -> Any:
    inner = get_args(hint)[-1] if get_origin(hint) is dict else get_args(hint)[0] if get_origin(hint) is tuple else hint
    if get_origin(hint) is tuple and _is_record(inner):
        if not isinstance(value, list):
            problems.append(f"{name} must be a list of tables, each under [[{name}]]")
            return MISSING
        found = (_value(inner, row, f"{name}[{place}]", problems) for place, row in enumerate(value, 1))
        return tuple(row for row in found if row is not MISSING)
    if get_origin(hint) is dict or _is_record(hint):
        if not isinstance(value, dict):
            problems.append(f"{name} must be a table")
            return MISSING
        if _is_record(hint):
            return parse_section(hint, value, f"{name}.", problems)
        return {key: _value(inner, row, f"{name}.{key}", problems) for key, row in value.items()}
    checked, expected = _check(hint, value)
    if checked is MISSING:
        problems.append(f"{name} must be {expected}, not {shown_value(value)}")
    return checked


def _is_record(hint: Any) -> bool:
    return isinstance(hint, type) and hasattr(hint, "__dataclass_fields__")


def _check(hint: Any, value: Any) -> tuple[Any, str]:
    origin = get_origin(hint)
    if origin is Literal:
        allowed = get_args(hint)
        return (value if value in allowed else MISSING), f"one of {', '.join(map(str, allowed))}"
    if origin is tuple:
        fine = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return (tuple(value) if fine else MISSING), "a list of texts"
    if hint is float:
        fine = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
        return (float(value) if fine else MISSING), "a number"
    if hint is bool:
        return (value if isinstance(value, bool) else MISSING), "true or false"
    if hint is int:
        return (value if isinstance(value, int) and not isinstance(value, bool) else MISSING), "a whole number"
    if hint is str or isinstance(hint, types.UnionType):
        return (value if isinstance(value, str) else MISSING), "a text"
    raise AssertionError(f"no check for settings of type {hint}")
