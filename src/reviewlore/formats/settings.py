"""The settings in force as text for people and as JSON for tools. No setting is a secret: keys come otherwise."""

import json
from typing import Any

from reviewlore.config import FILE, Settings
from reviewlore.config.schema import find_changed, list_settings
from reviewlore.domain.visible import visible_line


def render_settings_in_force(settings: Settings, source: str, notes: tuple[str, ...]) -> str:
    """Return what differs from the defaults, a setting a line, and where the settings come from."""
    changed = find_changed(settings)
    lines = [f"Settings in force: {source}.\n"]
    for name, (value, usual) in changed.items():
        told = "" if usual is None else f"  # default: {_toml(usual)}"
        lines.append(f"  {name} = {_toml(value)}{told}\n")
    rest = len(list_settings(settings)) - len(changed)
    lines.append(
        f"{'All' if not changed else 'The other'} {rest} settings are the defaults; docs/guide.md lists them.\n"
    )
    return "".join((*lines, *(f"{note}\n" for note in notes)))


def settings_json(settings: Settings, source: dict[str, Any], problem: str) -> dict[str, Any]:
    """Return all settings, those that are no defaults, where they come from, and what is wrong."""
    changed = {name: {"value": value, "default": usual} for name, (value, usual) in find_changed(settings).items()}
    found = {"file": FILE, **source, "settings": list_settings(settings), "changed": changed}
    return {**found, "problems": [problem] if problem else []}


def _toml(value: Any) -> str:
    # JSON's texts, numbers, truth values and lists are TOML's, too; a table is shown as JSON has it.
    return visible_line(json.dumps(value, ensure_ascii=False))
