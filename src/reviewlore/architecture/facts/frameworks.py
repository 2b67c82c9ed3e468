"""New subclasses that leave out what nearly all others of their base class do. Change in, one fact for each out."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reviewlore.architecture.facts.change import ChangeContext, fingerprint
from reviewlore.architecture.frameworks import Expectation, Subclass, keeps, mine_frameworks, subclasses_of
from reviewlore.domain.architecture import Evidence, Fact

_SAID = {
    "method": "define `{value}`",
    "suffix": "are called `…{value}`",
    "folder": "lie in `{value}/`",
    "registered": "are imported by `{value}`",
}


def find_misused_frameworks(change: ChangeContext) -> Iterator[Fact]:
    """Yield one fact for each class this change adds that does not do as the other subclasses of its base do.

    A class that is itself a base of others says what it likes.
    """
    new = {
        (patch.path, definition.name)
        for patch in change.patches
        for definition in change.added_definitions(patch.path)
        if definition.kind == "class" and definition.bases
    }
    if not new:
        return
    rules: defaultdict[str, list[Expectation]] = defaultdict(list)
    for expectation in mine_frameworks(change.base):
        rules[expectation.base].append(expectation)
    users = subclasses_of(change.head)
    extended = {name for name, _ in users}
    for (base, _), found in users.items():
        for user in found:
            fresh = (user.path, user.definition.name) in new and user.definition.name not in extended
            broken = [rule for rule in rules[base] if not keeps(change.head, rule, user)] if fresh else []
            if broken and user.definition.public:
                yield _misused(change, user, broken)


def _misused(change: ChangeContext, user: Subclass, broken: Sequence[Expectation]) -> Fact:
    rule, name = broken[0], user.definition.name
    habits = "; ".join(f"{one.held} of {one.cases} {_SAID[one.kind].format(value=one.value)}" for one in broken)
    return Fact(
        kind="framework_misused",
        path=user.path,
        line=change.line(user.path, user.definition.line),
        title=f"`{name}` does not do what the other subclasses of `{rule.base}` do",
        why=f"Of the subclasses of `{rule.base}`, {habits}; `{name}` does not.",
        advice="Follow the others, or say why this one is different.",
        severity="info",
        confidence=round(0.85 * rule.held / rule.cases, 2),
        fingerprint=fingerprint("framework_misused", user.path, name, *(f"{one.kind}:{one.value}" for one in broken)),
        evidence=(
            Evidence(f"`{rule.base}` is defined here", rule.path),
            *(Evidence(f"keeps it: {example}") for example in rule.examples),
        ),
    )
