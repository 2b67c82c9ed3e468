"""Labels that fit: a text and a width in pixels in, a shorter text out. Letters are measured without any font."""

import re
from collections.abc import Sequence

# Label widths by character, in parts of the font size; measured generously, so that nothing runs out of its cell.
_NARROW, _WIDE = frozenset("iljtfrI.,:;|!'()[] "), frozenset("mwMW@%")
# How much wider bold letters are.
BOLD = 1.1


def shorten(text: str, width: float, size: float) -> str:
    """Return the text so that it is at most `width` pixels wide in a font of `size` pixels.

    Leading parts of a dotted name become their first letter (`d.h.http2`); then the middle is cut out.
    """
    parts = re.split(r"([./:]+)", text)
    for number in range(0, len(parts) - 1, 2):
        if text_width(text, size) <= width:
            return text
        parts[number] = parts[number][:1]
        text = "".join(parts)
    if text_width(text, size) <= width:
        return text
    keep = len(text) - 1
    while keep > 2 and text_width(text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :], size) > width:
        keep -= 1
    return text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :]


def inner_name(name: str, path: str, package: str) -> str:
    """Return what of a module's name its package does not say already; for the package's own module its file."""
    inner = name[len(package) :].lstrip("./:") if name != package and name.startswith(package) else ""
    file = path.rpartition("/")[2]
    return inner or (file if "." in file and len(file) < 16 else name)


def drop_common(names: Sequence[str]) -> list[str]:
    """Return names without the leading folders (up to `/` or `::`) that all of them have in common."""
    parts = [re.split(r"(?<=[/:])(?![/:])", name) for name in names]
    shared = 0
    while len(names) > 1 and all(len(row) > shared + 1 and row[shared] == parts[0][shared] for row in parts):
        shared += 1
    return ["".join(row[shared:]) for row in parts]


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is, rather too much than too little."""
    return size * sum(
        0.37 if char in _NARROW else 0.95 if char in _WIDE else 1.05 if ord(char) > 0x2E80 else 0.7 if char.isupper()
        else 0.62 for char in text
    )  # fmt: skip
