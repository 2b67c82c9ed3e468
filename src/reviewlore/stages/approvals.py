"""Which dataset waits for whose word: a pure state machine. Approvals and a decision in, approvals out.

waiting --approve--> approved      waiting --a newer dataset asks--> superseded
    └----refuse----> refused       approved <--a second decision--> refused
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from reviewlore.domain.mining import Approval, Approvals, ApprovalState
from reviewlore.domain.people import Role
from reviewlore.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a dataset: `by` is a pseudonym, `at` ISO 8601 in UTC."""

    approved: bool
    by: str
    at: str
    reason: str


def request_approval(approvals: Approvals, dataset: str, role: Role, at: str) -> Approvals:
    """Return the approvals with a new dataset waiting for `role`; older ones that still wait are superseded by it.

    Nothing changes where policy names no role (`none`), or this dataset was decided about before: the same pairs are
    the same dataset.
    """
    known = find_approval(approvals, dataset)
    if role == "none" or (known is not None and known.state != "superseded"):
        return approvals
    kept = tuple(_superseded(old, dataset, at) for old in approvals.requests if old.dataset != dataset)
    return replace(approvals, requests=(*kept, Approval(dataset, role, at)))


def find_approval(approvals: Approvals, dataset: str) -> Approval | None:
    """Return what was asked about a dataset, or None."""
    return next((asked for asked in approvals.requests if asked.dataset == dataset), None)


def find_dataset(prefix: str, datasets: Collection[str]) -> str:
    """Return the one dataset whose id begins so; RefusedError names what there is. `datasets` are oldest first."""
    found = [name for name in datasets if name.startswith(prefix.lower())] if prefix else []
    if len(found) != 1:
        known = ", ".join(name[:12] for name in list(datasets)[-5:]) or "none yet: run `reviewlore mine` first"
        problem = "is the beginning of several datasets" if found else "is no dataset on the state branch"
        raise RefusedError(f"{prefix!r} {problem}. The latest: {known}.")
    return found[0]


def needed_role(approvals: Approvals, dataset: str, policy: Role) -> Role:
    """Return the least role that may decide: that of the policy in force, else the one the dataset waits for."""
    asked = find_approval(approvals, dataset)
    return asked.role if policy == "none" and asked is not None else policy


def decide(approvals: Approvals, dataset: str, role: Role, decision: Decision) -> Approvals:
    """Return the approvals after a decision; one that was made before policy asked is entered with it.

    RefusedError where a newer dataset superseded this one, or the same was decided already.
    """
    asked = find_approval(approvals, dataset) or Approval(dataset, role, decision.at)
    state: ApprovalState = "approved" if decision.approved else "refused"
    if asked.state == "superseded":
        raise RefusedError(
            f"Dataset {dataset[:12]} no longer waits: {asked.reason}. Only the newest dataset is trained on; decide "
            "about that one."
        )
    if asked.state == state:
        raise RefusedError(f"Dataset {dataset[:12]} was {state} already, on {asked.decided_at}. Nothing was changed.")
    decided = replace(
        asked,
        role=role,
        state=state,
        decided_by=decision.by,
        decided_at=decision.at,
        reason=decision.reason,
    )
    if asked not in approvals.requests:
        return replace(approvals, requests=(*approvals.requests, decided))
    return replace(approvals, requests=tuple(decided if old == asked else old for old in approvals.requests))


def find_obstacle(approvals: Approvals, dataset: str, policy: Role) -> str | None:
    """Say why nothing may be trained on a dataset and what to do, or None.

    A refusal holds also after the policy was withdrawn; waiting does not.
    """
    name, asked = dataset[:12], find_approval(approvals, dataset)
    how = f'`reviewlore approve {name} --github OWNER/NAME --reason "..."`, or `/lore approve {name}` on a pull request'
    if asked is not None and asked.state == "refused":
        why = f": {asked.reason}" if asked.reason else ""
        return (
            f"Dataset {name} was refused on {asked.decided_at[:10]}{why}. Mend what was meant and mine again, or "
            f"have it approved after all by {how}."
        )
    if policy == "none" or (asked is not None and asked.state == "approved"):
        return None
    return (
        f"Dataset {name} has not been approved yet, which `[learn] approval` in .reviewlore.toml asks for. Somebody "
        f"with the role {policy} or more decides: {how}."
    )


def _superseded(asked: Approval, by: str, at: str) -> Approval:
    if asked.state != "waiting":
        return asked
    return replace(asked, state="superseded", decided_at=at, reason=f"superseded by dataset {by[:12]}")
