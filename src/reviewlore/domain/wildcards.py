"""Patterns in which `*` stands for any text, and every other character for itself. Text in, yes or no out."""


def fits(pattern: str, text: str) -> bool:
    """Whether a whole text has the form of a pattern; each part is taken where it first fits.

    Linear in the text, which may be a stranger's; brackets are no classes, since a bot's login ends in `[bot]`.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    *middle, last = rest
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
