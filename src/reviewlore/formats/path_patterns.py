"""Regular expressions over paths to globs over module names, where one says what the other says. Strings only.

A glob names modules by path, without the suffix of the file: `*` is part of one name, `**` any number of folders, and
what it names holds all that lies below it.
"""

import re

# Alternatives multiply; a pattern that stands for more globs than this is not read.
_MAX_GLOBS = 64
_TOKEN = re.compile(
    r"""(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<or>\|)|(?P<name>\[\^/\]|\[\^\\/\]|\[A-Za-z0-9_-\]|\\w)[+*]\??
    |(?P<any>\.[+*]\??)|(?P<escaped>\\[./\-_@])|\[(?P<one>[.@_-])\]|(?P<plain>[\w/@-])|(?P<maybe>\?)|(?P<dot>\.)""",
    re.VERBOSE,
)
_SUFFIX = re.compile(r"\.(?:d\.)?(?:[cm]?[jt]sx?)$")
_STEPS = re.compile(r"\*{3,}")


def globs_of(pattern: str) -> tuple[str, ...] | None:
    """Return the globs that a regular expression stands for, or None where it says more than globs can.

    `^src/(a|b)/` is `src/a` and `src/b`; `^src/[^/]+/api` is `src/*/api*`. One that is not anchored is taken to start
    at the name of a folder. Suffixes of files are dropped, as module names have none.
    """
    if len(pattern) > 500:
        return None
    starts, ends = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith(r"\$")
    inner = pattern[starts : len(pattern) - ends]
    for lead in ("(^|/)", "(?:^|/)", "(?:^|\\/)", "(^|\\/)"):
        inner = inner.removeprefix(lead)
    texts = _alternatives(inner)
    if texts is None:
        return None
    found = [_glob(text, starts, ends) for text in texts]
    return tuple(dict.fromkeys(glob for glob in found if glob)) or None


def _alternatives(pattern: str) -> list[str] | None:
    """Return every text a pattern of literals, stars and groups stands for, `*` and `**` being the only wildcards."""
    stack: list[tuple[list[str], list[str]]] = [([], [""])]  # per open group: finished alternatives, current ones
    at = 0
    while at < len(pattern):
        match = _TOKEN.match(pattern, at)
        if match is None:
            return None
        at, kind = match.end(), match.lastgroup
        finished, current = stack[-1]
        if kind == "open":
            stack.append(([], [""]))
            continue
        if kind == "or":
            stack[-1] = ([*finished, *current], [""])
            continue
        if kind == "close":
            if len(stack) == 1:
                return None
            parts = [*finished, *current]
            stack.pop()
            finished, current = stack[-1]
            if pattern.startswith("?", at):
                parts, at = [*parts, ""], at + 1
            elif pattern[at : at + 1] in ("+", "*", "{"):
                return None
        elif kind == "maybe":
            current, parts = [*current, *(text[:-1] for text in current)], [""]
        else:
            parts = [_literal(match)]
        joined = [text + part for text in current for part in parts]
        if len(joined) > _MAX_GLOBS:
            return None
        stack[-1] = (finished, joined)
    finished, current = stack[0]
    return [*finished, *current] if len(stack) == 1 else None


def _literal(match: re.Match[str]) -> str:
    if match["name"]:
        return "*"
    if match["any"]:
        return "**"
    return match["one"] or (match["escaped"] or "")[1:] or match["plain"] or "."


def _glob(text: str, starts: bool, ends: bool) -> str:
    whole = ends or text.endswith("/")
    bare = _SUFFIX.sub("", text) if ends else text
    bare = bare.rstrip("/") if text.endswith("/") else bare
    if not whole and not bare.endswith("*"):
        bare += "*"
    steps = [step if step in ("*", "**") else _STEPS.sub("*", step.replace("**", "*")) for step in bare.split("/")]
    if not starts and not steps[0] and len(steps) > 1:  # `/api/` is a folder anywhere
        steps.pop(0)
    if not starts and steps[0] != "**":
        steps.insert(0, "**")
    if steps[-1].startswith(".") and ends:  # `\.spec\.ts$` is about the end of a name
        steps[-1] = f"*{steps[-1]}"
    while len(steps) > 1 and steps[-1] == "**":
        steps.pop()
    return "/".join(steps) if any(steps) else ""
