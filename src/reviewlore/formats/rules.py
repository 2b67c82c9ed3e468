"""`rules.toml` of the state branch: what maintainers taught, read as records and written rule by rule.

One `[[rule]]` a rule, with `id` and `text`, and where given `paths` (globs). Reading is lenient: it never raises and
tells what is wrong. Writing leaves every other byte alone: people's comments, and keys that a newer reviewlore knows.
"""

import json
import re
from collections.abc import Mapping

from reviewlore.domain.retrieval import Rule
from reviewlore.errors import RefusedError
from reviewlore.formats.toml_text import read_toml

MOST_RULES = 1_000
_LENGTH = 2_000
_NAME = "rules.toml on the state branch"
_RULE = re.compile(r"[ \t]*\[\[[ \t]*(?:rule|\"rule\"|'rule')[ \t]*\]\]")
_TABLE = re.compile(r"[ \t]*\[")
_LONG_QUOTE = re.compile("\"\"\"|'''")


def parse_rules(data: bytes) -> tuple[tuple[Rule, ...], str]:
    """Return the rules in order, and in a sentence which were left out (empty: none)."""
    table, problem = read_toml(data.decode("utf-8", "replace"))
    if problem:
        return (), f"rules.toml on the state branch is not used: {problem}."
    rows = table.get("rule", [])
    if not isinstance(rows, list):
        return (), "rules.toml on the state branch is not used: `rule` must be a list of tables, each under [[rule]]."
    found: dict[str, Rule] = {}
    for row in rows[:MOST_RULES]:
        rule = _rule(row) if isinstance(row, Mapping) else None
        if rule is not None:
            found.setdefault(rule.id, rule)
    left = len(rows) - len(found)
    note = (
        f"{left} of {len(rows)} rules in rules.toml on the state branch are not used: each needs an id of its own and "
        f"a text of at most {_LENGTH} characters, and there may be {MOST_RULES}."
    )
    return tuple(found.values()), note if left else ""


def add_rule(data: bytes, rule: Rule, added_by: str, added_at: str) -> bytes:
    """Return the file with one more rule at its end, who taught it (a pseudonym) and when (ISO 8601).

    RefusedError where the file as it is cannot be added to; then somebody has to mend it first.
    """
    before = data.decode("utf-8", "replace")
    values = {"id": rule.id, "text": rule.text, "paths": list(rule.paths), "added_by": added_by, "added_at": added_at}
    rows = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value]
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    after = data + "\n".join([f"{gap}[[rule]]", *rows, ""]).encode("utf-8", "replace")
    _check(data, after, [*_rows(data), values | {"paths": list(rule.paths) or None}])
    return after


def remove_rule(data: bytes, name: str) -> bytes:
    """Return the file without the rule of that id; comments above it stay. Errors as in `add_rule`."""
    lines = re.split(r"(?<=\n)", data.decode("utf-8", "surrogateescape"))
    kept = [row for row in _rows(data) if not _is_named(row, name)]
    for start, end in _blocks(lines):
        block, problem = read_toml("".join(lines[start:end]))
        rows = block.get("rule", [])
        if not problem and isinstance(rows, list) and len(rows) == 1 and _is_named(rows[0], name):
            after = "".join(lines[:start] + lines[end:]).encode("utf-8", "surrogateescape")
            _check(data, after, kept)
            return after
    raise RefusedError(f"{_NAME} has no rule {name} that could be taken out of it. Mend the file by hand.")


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    """Return where each rule begins and ends; blank and comment lines before the next table belong to that."""
    heads, quote = list[int](), ""
    for number, line in enumerate(lines):
        if not quote and _TABLE.match(line):
            heads.append(number)
        for mark in _LONG_QUOTE.findall(line):
            quote = mark if not quote else "" if quote == mark else quote
    found = []
    for start, following in zip(heads, [*heads, len(lines)][1:], strict=True):
        if not _RULE.match(lines[start]):
            continue
        end = following
        while end < len(lines) and end > start + 1 and lines[end - 1].strip()[:1] in ("", "#"):
            end -= 1
        found.append((start, end))
    return found


def _check(before: bytes, after: bytes, rows: list[Mapping[str, object]]) -> None:
    """Raise RefusedError where the file does not say what it said before, but for its rules, which are `rows`."""
    old, problem = read_toml(before.decode("utf-8", "replace"))
    new, broken = read_toml(after.decode("utf-8", "replace"))
    wanted = [{key: value for key, value in row.items() if value is not None} for row in rows]
    if problem or broken or {**old, "rule": wanted} != {**new, "rule": new.get("rule", [])}:
        why = problem or broken or "its rules are not written as tables, each under [[rule]]"
        raise RefusedError(f"{_NAME} cannot be changed: {why}. Mend the file on that branch first.")


def _rows(data: bytes) -> list[Mapping[str, object]]:
    rows = read_toml(data.decode("utf-8", "replace"))[0].get("rule", [])
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _is_named(row: object, name: str) -> bool:
    found = row.get("id") if isinstance(row, Mapping) else None
    return isinstance(found, str) and found.strip() == name


def _rule(row: Mapping[str, object]) -> Rule | None:
    name, text, paths = row.get("id"), row.get("text"), row.get("paths", [])
    if not (isinstance(name, str) and name.strip() and isinstance(text, str) and text.strip()):
        return None
    if len(text) > _LENGTH or not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return None
    return Rule(name.strip(), text.strip(), tuple(paths))
