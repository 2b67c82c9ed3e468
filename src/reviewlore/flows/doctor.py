"""Is everything in place? Checks a repository, its state branch and what is installed; pins a base model's revision."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewlore.config import parse_settings
from reviewlore.errors import ReviewloreError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `fine` is False where somebody has to do something."""

    name: str
    fine: bool
    said: str


def run_checks(checks: Sequence[tuple[str, Callable[[], str]]]) -> tuple[Check, ...]:
    """Run each check; one of our errors is its finding, not the end."""
    found = []
    for name, look in checks:
        try:
            found.append(Check(name, True, look()))
        except ReviewloreError as error:
            found.append(Check(name, False, str(error)))
    return tuple(found)


def render_checks(checks: Sequence[Check]) -> str:
    """Return the checks as lines of text."""
    return "".join(f"{'ok     ' if check.fine else 'PROBLEM'}  {check.name}: {check.said}\n" for check in checks)


def pin_in_settings(text: str, recipe: str, revision: str) -> str:
    """Return the text of `.reviewlore.toml` with a recipe's base revision set; the rest stays as it is.

    ConfigError where the text cannot be used before or after.
    """
    parse_settings(text)
    section = re.compile(rf"^\[recipes\.{re.escape(recipe)}\][ \t]*$", re.MULTILINE)
    line = f'revision = "{revision}"'
    found = section.search(text)
    if found is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        changed = f"{text}{gap}[recipes.{recipe}]\n{line}\n"
    else:
        following = re.compile(r"^\[", re.MULTILINE).search(text, found.end())
        end = following.start() if following else len(text)
        body, count = re.subn(r"^revision\s*=.*$", line, text[found.end() : end], count=1, flags=re.MULTILINE)
        body = body if count else f"\n{line}{body}"
        changed = text[: found.end()] + body + text[end:]
    parse_settings(changed)
    return changed
