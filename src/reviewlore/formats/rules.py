"""`rules.toml` of the state branch: what maintainers taught, as records. Lenient: never raises, tells what is wrong.

One `[[rule]]` a rule, with `id` and `text`, and where given `paths` (globs). Other keys are left alone: who taught it
and when (`added_by`, `added_at`) is for people to read, and a newer reviewlore may know more.
"""

from collections.abc import Mapping

from reviewlore.domain.retrieval import Rule
from reviewlore.formats.toml_text import read_toml

_MOST = 1_000
_LENGTH = 2_000


def parse_rules(data: bytes) -> tuple[tuple[Rule, ...], str]:
    """Return the rules in order, and in a sentence which were left out (empty: none)."""
    table, problem = read_toml(data.decode("utf-8", "replace"))
    if problem:
        return (), f"rules.toml on the state branch is not used: {problem}."
    rows = table.get("rule", [])
    if not isinstance(rows, list):
        return (), "rules.toml on the state branch is not used: `rule` must be a list of tables, each under [[rule]]."
    found: dict[str, Rule] = {}
    for row in rows[:_MOST]:
        rule = _rule(row) if isinstance(row, Mapping) else None
        if rule is not None:
            found.setdefault(rule.id, rule)
    left = len(rows) - len(found)
    note = (
        f"{left} of {len(rows)} rules in rules.toml on the state branch are not used: each needs an id of its own and "
        f"a text of at most {_LENGTH} characters, and there may be {_MOST}."
    )
    return tuple(found.values()), note if left else ""


def _rule(row: Mapping[str, object]) -> Rule | None:
    name, text, paths = row.get("id"), row.get("text"), row.get("paths", [])
    if not (isinstance(name, str) and name.strip() and isinstance(text, str) and text.strip()):
        return None
    if len(text) > _LENGTH or not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return None
    return Rule(name.strip(), text.strip(), tuple(paths))
