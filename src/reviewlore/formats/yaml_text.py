"""YAML as configuration files use it: text in, plain values out. Owns PyYAML; never raises, never makes an object.

Words are read as YAML 1.2's core schema says: `on`, `off`, `yes` and dates are text, `true` and `false` are not.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

# Workflows and workspace files stay far below these; an alias bomb (a billion laughs) does not.
MAX_CHARACTERS = 500_000
_MAX_ALIASES = 100
_MAX_DEPTH = 60
# Merge keys copy: what one mapping may hold after them, so that merges of merges do not grow by powers.
_MAX_MERGED = 5_000
_CORE = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?[0-9]{1,300}|0x[0-9a-fA-F]{1,250}", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
)


@cache
def _loaders() -> "tuple[type[yaml.SafeLoader], type[yaml.SafeLoader]]":
    """Return PyYAML's safe loader, and the same with YAML 1.2's words and bounded merges; loaded where YAML is read."""
    import yaml

    # libyaml's parser, which PyYAML's wheels bring, takes a tenth of the time of the one in Python.
    safe: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[valid-type, misc]
        yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own way)

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            super().flatten_mapping(node)
            if len(node.value) > _MAX_MERGED:
                raise yaml.constructor.ConstructorError(None, None, "merge keys make it too large", node.start_mark)

        def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
            return int(str(self.construct_scalar(node)), 16 if "x" in str(node.value) else 10)

    for kind, pattern, first in _CORE:
        for letter in [*first, ""] if kind == "null" else first:
            Loader.yaml_implicit_resolvers.setdefault(letter, []).append(
                (f"tag:yaml.org,2002:{kind}", re.compile(rf"(?:{pattern})\Z"))
            )
    Loader.add_constructor("tag:yaml.org,2002:int", Loader.construct_yaml_int)
    return safe, Loader


def read_yaml(text: str) -> tuple[object, str]:
    """Return the value of a text's only document and no problem, or None and half a sentence saying why there is none.

    An empty text is None without a problem. Tags of somebody's own (`!Ref`) are refused.
    """
    import yaml

    if len(text) > MAX_CHARACTERS:
        return None, f"it is longer than {MAX_CHARACTERS} characters"
    safe, loader = _loaders()
    try:
        problem = _excess(yaml.parse(text, Loader=safe))
        return (None, problem) if problem else (yaml.load(text, Loader=loader), "")  # noqa: S506 (it is the safe one)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        return None, f"it is no YAML this reads ({' '.join(str(error).split())[:120]})"


def _excess(events: "Iterator[yaml.Event]") -> str:
    """Say what a text has too much of, before anything is built from it."""
    import yaml

    aliases = 0
    within: list[str | None] = []
    for event in events:
        if isinstance(event, yaml.CollectionStartEvent):
            within.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            within.pop()
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if event.anchor in within:
                return "it contains itself"
        if len(within) > _MAX_DEPTH:
            return f"it is nested more than {_MAX_DEPTH} deep"
        if aliases > _MAX_ALIASES:
            return f"it has more than {_MAX_ALIASES} aliases"
    return ""
