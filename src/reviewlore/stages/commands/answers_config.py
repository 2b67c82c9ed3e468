"""The answer to `/lore config`: settings in force in, Markdown out."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviewlore.config import FILE
from reviewlore.config.differences import Difference
from reviewlore.domain.inert import inert, inert_code, inert_line

# What is asked of the code under review is the base's to say; what governs, and where a key is sent, is not.
OF_THE_BASE = ("review.", "architecture.")


@dataclass(frozen=True, slots=True)
class InForce:
    """Settings in force on one pull request: what is no default, and where they were read.

    `base` and `branch` are the commit and the branch, `found` whether the base has the file; `pinned` says which
    version a lock pins, `notes` what has to be known of them (both may be empty).
    """

    differences: Sequence[Difference]
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
    if known.differences:
        rows = [
            f"| `{each.name}` | {_cell(each.value)} | {_cell(each.default)} | "
            f"{'base' if each.name.startswith(OF_THE_BASE) else inert_code(known.branch)} |"
            for each in known.differences
        ]
        parts.append("\n".join(["| setting | value | default | from |", "| --- | --- | --- | --- |", *rows]))
    parts.append(f"All {'other ' if known.differences else ''}settings have their defaults.")
    parts += [inert_line(known.pinned)] if known.pinned else []
    parts += ["\n".join(f"- {inert_line(note)}" for note in known.notes)] if known.notes else []
    return "\n\n".join(parts)


def render_config_problem(problem: str) -> str:
    """Return what is wrong with settings that cannot be used."""
    return f"The settings in force cannot be used, so nothing is reviewed:\n\n> {inert(' '.join(problem.split()))}"


def _cell(text: str) -> str:
    return inert_code(text if len(text) <= 200 else f"{text[:199]}…").replace("|", "\\|")
