"""Python's requirement specifiers (PEP 508) to names: a text in, name and rest out. Owns `packaging`, never raises.

It is loaded by what needs it: most runs find what manifests say on the shelf.
"""

from dataclasses import dataclass

# No hand-written requirement is longer; what is would only cost time.
_MAX_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A requirement taken apart: `name` normalised after PEP 503, `version` the extras and the specifier, or the url.

    `extra` says that the marker asks for an extra, so that nobody gets it who does not ask.
    """

    name: str
    version: str = ""
    url: str = ""
    extra: bool = False


def parse_requirement(text: str) -> Wanted | None:
    """Return what a specifier like `a[b]>=1; python_version < "3.9"` asks for, or None where it is none."""
    from packaging.requirements import InvalidRequirement, Requirement

    if len(text) > _MAX_CHARACTERS:
        return None
    try:
        found = Requirement(text.strip())
        marker = str(found.marker or "")
    except (InvalidRequirement, ValueError, RecursionError):
        return None
    extras = f"[{','.join(sorted(found.extras))}]" if found.extras else ""
    version = found.url or f"{extras}{found.specifier}"
    return Wanted(normal_name(found.name), version, found.url or "", "extra ==" in marker)


def normal_name(name: str) -> str:
    """Return a distribution's name as PEP 503 writes it, or nothing where it cannot be one."""
    from packaging.utils import canonicalize_name

    plain = name.strip()
    inner = plain.replace("-", "").replace("_", "").replace(".", "")
    return canonicalize_name(plain) if len(plain) <= 200 and inner.isascii() and inner.isalnum() else ""


def name_of_file(name: str) -> str:
    """Return the distribution that a wheel or source archive is of, by its file name; nothing for other files."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        return parse_wheel_filename(name)[0] if name.endswith(".whl") else parse_sdist_filename(name)[0]
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return ""
