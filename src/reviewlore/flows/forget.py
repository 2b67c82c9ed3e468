"""Forgetting that holds: a person, a pull request, a comment or what is too old goes from every commit of the branch.

The commit that ends the rewriting lists it, so that mining does not bring it back, marks the datasets and versions that
held it, and writes one audit entry of counts and hashes. Copies elsewhere are out of reach: `formats/forgetting.py`.
"""

from dataclasses import dataclass

from reviewlore.domain.forgetting import ForgetReport, OlderThan, Person, Target
from reviewlore.errors import InputError
from reviewlore.flows import state
from reviewlore.flows.forgetting import KINDS, Forgetting
from reviewlore.ports import Store
from reviewlore.stages import forget as rules
from reviewlore.stages import redact


@dataclass(frozen=True, slots=True)
class Act:
    """Who forgets, and when (ISO 8601 in UTC); a dry run tells and writes nothing."""

    actor: str
    now: str
    dry_run: bool = False


def name_person(login: str, key: bytes) -> Person:
    """Return a person as the state branch knows them: by keyed names only; InputError where nobody is named."""
    plain = login.strip().removeprefix("@")
    if not plain:
        raise InputError("Nobody is named. Give the person's login.")
    return Person(
        plain, redact.pseudonym(plain, key), redact.suppression_token(plain, key), redact.suppression_token("", key)
    )


def forget(store: Store, target: Target, act: Act) -> ForgetReport:
    """Take a target out of the whole branch and list it; see `domain.forgetting.ForgetReport`.

    RefusedError where a comment's id stands for several, StateError where the branch is damaged. What was done once is
    not done again: then nothing is written.
    """
    state.read_audit(store)  # what is made again must be sound before, or the new chain would hide that it was not
    plan = Forgetting(target, act.actor, act.now)
    rewritten = store.rewrite(plan, act.now, dry_run=act.dry_run)
    return ForgetReport(
        kind=KINDS[type(target)],
        dry_run=act.dry_run,
        rewritten=rewritten,
        found=plan.counts(),
        items=plan.items() if act.dry_run else (),
        datasets=plan.datasets,
        versions=plan.versions,
        active=plan.active,
        suppressed=not isinstance(target, OlderThan),
        listed_before=plan.listed_before,
    )


def allow_again(store: Store, target: Target, act: Act) -> bool:
    """Take a target off the list, so that the next mining may read it; False where it was not on it."""
    found: list[bool] = []

    def change(snapshot: Store) -> dict[str, bytes | None]:
        before = state.read_suppressions(snapshot)
        if isinstance(target, Person):
            rules.check_key(before, target.key_check)
        after = rules.allow(before, target)
        found.append(after != before)
        if after == before:
            return {}
        kind = KINDS[type(target)]
        log = state.audited(snapshot, at=act.now, actor=act.actor, action="allow", subject=kind, detail={})
        return {**state.suppression_file(after), state.AUDIT: log}

    if act.dry_run:
        change(store)
    else:
        store.update(change, lambda: "Allow what was forgotten to be mined again", act.now)
    return found[-1]
