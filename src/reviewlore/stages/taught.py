"""Which of the rules that maintainers taught concern a change: rules and paths in, few of them or a sentence out."""

from collections.abc import Iterable, Sequence

from reviewlore.domain.retrieval import Rule, covers

_MOST = 20
_NAMED = 3
_SHOWN = 160


def rules_for(rules: Sequence[Rule], paths: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules that hold for one of the paths, those that name paths first, the newest first of each."""
    changed = tuple(paths)
    scoped = [rule for rule in rules if rule.paths and _holds(rule, changed)]
    return tuple([*reversed(scoped), *reversed([rule for rule in rules if not rule.paths])][:_MOST])


def tell_taught(rules: Sequence[Rule], paths: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence that names the rules taught for these very paths; none where there are none."""
    found = [rule for rule in rules_for(rules, paths) if rule.paths]
    if not found:
        return ()
    named = "; ".join(f"“{_cut(rule.text)}” ({rule.id})" for rule in found[:_NAMED])
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (f"Maintainers taught for the changed files: {named}{more}.",)


def _holds(rule: Rule, paths: Sequence[str]) -> bool:
    return any(covers(rule.paths, path) for path in paths)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
