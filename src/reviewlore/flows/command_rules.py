"""`/lore remember` and `/lore forget rule`: an event in, a rule on the state branch or off it, the answer out.

A rule is a maintainer's own words, cleaned like everything that is kept; later reviews read it from there.
"""

import hashlib

from reviewlore.domain.commands import ForgetCommand, RememberCommand
from reviewlore.domain.events import CommandEvent
from reviewlore.domain.retrieval import Rule
from reviewlore.domain.visible import visible_line
from reviewlore.errors import RefusedError
from reviewlore.flows import command_privacy, state
from reviewlore.flows.command_tools import CommandTools
from reviewlore.formats.rules import MOST_RULES, add_rule, remove_rule
from reviewlore.ports import Store
from reviewlore.stages import commands
from reviewlore.stages.redact import pseudonym, redact, redact_mentions


def remember(command: RememberCommand, event: CommandEvent, tools: CommandTools) -> str:
    """Keep a rule; one that is kept already stays as it is.

    RefusedError for somebody who opted out, where there are too many rules, or where the file cannot be added to.
    """
    store, key, now = tools.store(), tools.key(), tools.clock.now()
    command_privacy.refuse_opted_out(event, store, key)
    text = visible_line(redact_mentions(redact(command.text)[0]))
    paths = tuple(visible_line(redact(path)[0]) for path in command.paths)
    rule = Rule(_name(text, paths), text, paths)
    if known := _same(state.read_rules(store), rule):
        return commands.render_known_rule(known)
    author = pseudonym(event.author, key)

    def change(current: Store) -> dict[str, bytes | None]:
        rules = state.read_rules(current)
        if _same(rules, rule):
            return {}
        if len(rules) >= MOST_RULES:
            raise RefusedError(f"there are {len(rules)} rules, and there may be {MOST_RULES}. Forget some first.")
        entry = _entry(current, event, author, now, "remember", rule)
        return {state.RULES: add_rule(current.read(state.RULES) or b"", rule, author, now), state.AUDIT: entry}

    store.update(change, lambda: f"Remember a rule ({rule.id})", now)
    return commands.render_remembered(rule, scrubbed=text != command.text or paths != command.paths)


def forget_rule(command: ForgetCommand, event: CommandEvent, tools: CommandTools) -> str:
    """Take the rule off whose id begins so; RefusedError where there is none, or several."""
    store, now = tools.store(), tools.clock.now()
    author = pseudonym(event.author, tools.key())
    gone = _find(state.read_rules(store), command.name)

    def change(current: Store) -> dict[str, bytes | None]:
        if all(rule.id != gone.id for rule in state.read_rules(current)):
            return {}
        entry = _entry(current, event, author, now, "forget rule", gone)
        left = remove_rule(current.read(state.RULES) or b"", gone.id)
        return {state.RULES: left or None, state.AUDIT: entry}

    store.update(change, lambda: f"Forget a rule ({gone.id})", now)
    return commands.render_rule_forgotten(gone)


def _name(text: str, paths: tuple[str, ...]) -> str:
    """Return an id of what a rule says, so that the same rule has the same id."""
    said = "\n".join((_plain(text), *sorted(paths)))
    return f"rule-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def _same(rules: tuple[Rule, ...], rule: Rule) -> Rule | None:
    """Return the rule that says the same for the same paths, in whatever case and punctuation."""
    wanted = (_plain(rule.text), sorted(rule.paths))
    return next((each for each in rules if (_plain(each.text), sorted(each.paths)) == wanted), None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")


def _find(rules: tuple[Rule, ...], name: str) -> Rule:
    found = [rule for rule in rules if rule.id == name] or [
        rule for rule in rules if rule.id.startswith((name, f"rule-{name}"))
    ]
    if len(found) != 1:
        raise RefusedError(commands.render_which_rule(name, rules))
    return found[0]


def _entry(store: Store, event: CommandEvent, actor: str, now: str, action: str, rule: Rule) -> bytes:
    """Return the audit log with an entry that names the rule by its hash: its id may be somebody's own words."""
    subject = hashlib.sha256(rule.id.encode("utf-8", "surrogateescape")).hexdigest()
    where = f"{event.repository}#{event.number}"
    return state.audited(store, at=now, actor=actor, action=action, subject=subject, detail={"pull_request": where})
