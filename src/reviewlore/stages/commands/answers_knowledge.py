"""Every sentence of an answer to a command about what is known and taught: records in, Markdown out."""

from collections.abc import Sequence

from reviewlore.domain.inert import inert_code, inert_line
from reviewlore.domain.retrieval import Rule
from reviewlore.stages.commands.words import PREFIX


def render_accepted(finding: str, taken_back: bool) -> str:
    """Return the answer to `/lore accept`; `taken_back`: it had been dismissed before."""
    again = " Its dismissal is taken back: the remark may be made again." if taken_back else ""
    return f"Noted: `{finding}` is right. It is kept on the state branch, and learned from.{again}"


def render_remembered(rule: Rule, scrubbed: bool) -> str:
    """Return the answer to `/lore remember`; `scrubbed`: something of its words was taken out."""
    where = f"changes to {_listed(rule.paths)}" if rule.paths else "every change"
    less = " Names, addresses and secrets in it were taken out." if scrubbed else ""
    stop = "" if rule.text.endswith((".", "!", "?")) else "."
    return (
        f"Remembered as `{rule.id}`: “{inert_line(rule.text)}”{stop}{less} From the next review on it holds for "
        f"{where}. `{PREFIX} forget rule {rule.id}` takes it back."
    )


def render_known_rule(rule: Rule) -> str:
    """Return the answer to a rule that was taught before."""
    return f"That is taught already, as {inert_code(rule.id)}. Nothing was changed."


def render_rule_forgotten(rule: Rule) -> str:
    """Return the answer to `/lore forget rule`."""
    return (
        f"Forgotten: {inert_code(rule.id)}, “{inert_line(rule.text)}”. Reviews do not know it any more; the history of "
        "the state branch does."
    )


def render_which_rule(name: str, rules: Sequence[Rule]) -> str:
    """Return why a rule cannot be told by the beginning of an id, with the rules that there are."""
    if not rules:
        return f"no rule was taught here. `{PREFIX} remember <rule>` teaches one."
    known = ", ".join(inert_code(rule.id) for rule in rules[:20])
    more = f" and {len(rules) - 20} more" if len(rules) > 20 else ""
    return f"{inert_code(name[:60])} is the beginning of no rule's id, or of several. There are: {known}{more}."


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(map(inert_code, paths))
