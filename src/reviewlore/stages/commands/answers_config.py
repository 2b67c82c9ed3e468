"""The answer to `/lore config`: settings in force in, Markdown out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from reviewlore.config import FILE
from reviewlore.domain.inert import inert, inert_code, inert_line

# What is asked of the code under review is the base's to say; what governs, and where a key is sent, is not.
_OF_THE_BASE = ("review.", "architecture.")


@dataclass(frozen=True, slots=True)
class InForce:
    """Settings in force on one pull request: what is no default, and where they were read.

    `changed` is what `config.schema.find_changed` returns: by name the value, and the default (None: there is none).
    `base` and `branch` are the commit and the branch, `found` whether the base has the file; `pinned` says which
    version a lock pins, `notes` what has to be known of them (both may be empty).
    """

    changed: Mapping[str, tuple[Any, Any]]
    base: str
    branch: str
    found: bool
    pinned: str = ""
    notes: Sequence[str] = ()


def render_config(known: InForce) -> str:
    """Return the settings that are no defaults, each with the default and where it comes from."""
    base = f"`{FILE}` of the base, `{known.base[:12]}`"
    head = f"Settings come from {base}" if known.found else f"The base, `{known.base[:12]}`, has no `{FILE}`"
    head += f"; those of `model`, `learn`, `train`, `state` and `recipes` from the branch {inert_code(known.branch)}."
    parts = [f"{head} What the pull request itself says is not read."]
    if known.changed:
        rows = [
            f"| {_cell(name)} | {_cell(_shown(value))} | {_cell(_shown(usual))} | "
            f"{'base' if name.startswith(_OF_THE_BASE) else inert_code(known.branch)} |"
            for name, (value, usual) in known.changed.items()
        ]
        parts.append("\n".join(["| setting | value | default | from |", "| --- | --- | --- | --- |", *rows]))
    parts.append(f"All {'other ' if known.changed else ''}settings have their defaults.")
    parts += [inert_line(known.pinned)] if known.pinned else []
    parts += ["\n".join(f"- {inert_line(note)}" for note in known.notes)] if known.notes else []
    return "\n\n".join(parts)


def render_config_problem(problem: str) -> str:
    """Return what is wrong with settings that cannot be used."""
    return f"The settings in force cannot be used, so nothing is reviewed:\n\n> {inert(' '.join(problem.split()))}"


def _cell(text: str) -> str:
    return inert_code(text if len(text) <= 200 else f"{text[:199]}…").replace("|", "\\|")


def _shown(value: Any) -> str:
    """Return a value as the file would have it; of tables only how many there are."""
    if value is None:
        return "none"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return f"{len(value)} table{'s' * (len(value) != 1)}"
    if isinstance(value, str) and "://" in value:
        value = _bare(value)
    return json.dumps(value, ensure_ascii=False)


def _bare(address: str) -> str:
    """Return an address without user, password and query: it is said in public."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
