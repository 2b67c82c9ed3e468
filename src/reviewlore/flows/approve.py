"""A person's word on a dataset: who decides is checked by the caller's forge, what was decided is kept and audited."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from reviewlore.domain.mining import Approvals
from reviewlore.domain.model import DatasetManifest
from reviewlore.domain.people import Role, is_at_least
from reviewlore.errors import RefusedError
from reviewlore.flows import state
from reviewlore.ports import Store
from reviewlore.stages import approvals
from reviewlore.stages.redact import redact, redact_mentions


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: a pseudonym, and the role that the forge says the person has in a repository."""

    pseudonym: str
    role: Role
    repository: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided about the dataset or version whose id begins with `subject`; `now` is ISO 8601 in UTC."""

    subject: str
    approved: bool
    reason: str
    now: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about which dataset by whom; `trained` are the versions that learned from it before."""

    dataset: str
    approved: bool
    decider: Decider
    trained: tuple[str, ...]
    dry_run: bool


def approve(
    store: Store, verdict: Verdict, policy: Role, ask: Callable[[], Decider] | None, *, dry_run: bool = False
) -> Decided:
    """Decide about a dataset.

    `ask` asks the forge who decides; None: there is no forge to ask. RefusedError where nothing asks for a decision,
    the role is too low or cannot be checked, or the decision was made already.
    """
    manifest = _find(store, verdict.subject)
    needed = approvals.needed_role(state.read_approvals(store), manifest.id, policy)
    if needed == "none":
        raise RefusedError(
            f"Dataset {manifest.id[:12]} waits for nobody: [learn] approval in .reviewlore.toml names no role, so it "
            "may be trained on."
        )
    if ask is None:
        raise RefusedError(
            f"Dataset {manifest.id[:12]} waits for the role {needed}, and a role can only be checked on GitHub: add "
            f"--github OWNER/NAME with one of {_repositories(manifest)}, and set GITHUB_TOKEN to your own token."
        )
    decider = ask()
    refuse_role(f"dataset {manifest.id[:12]}", manifest.split_at, decider, needed)
    saving = _Saving(manifest.id, needed, decider, verdict)
    if dry_run:
        saving.files(store)
    else:
        store.update(saving.files, saving.message, verdict.now)
    trained = tuple(version.id for version in state.read_versions(store) if version.dataset == manifest.id)
    return Decided(manifest.id, verdict.approved, decider, trained, dry_run)


def refuse_unapproved(found: Approvals, dataset: str, policy: Role) -> None:
    """Raise RefusedError, with what to do, where policy wants a person's word on a dataset and has none."""
    obstacle = approvals.find_obstacle(found, dataset, policy)
    if obstacle is not None:
        raise RefusedError(obstacle)


def tell_decision(decided: Decided) -> str:
    """Return one sentence for whoever decided."""
    who, verb = decided.decider, "approve" if decided.approved else "refuse"
    did = f"Would {verb}" if decided.dry_run else f"{verb.capitalize()}d"
    text = f"{did} dataset {decided.dataset[:12]} as {who.pseudonym} ({who.role} in {who.repository})."
    if decided.approved:
        return f"{text} `reviewlore train` may use it."
    before = ", ".join(decided.trained)
    undo = f" Trained on it before: {before}; `reviewlore rollback` undoes a promotion." if before else ""
    return f"{text} Nothing is trained on it.{undo}"


def refuse_role(subject: str, repositories: Collection[str], decider: Decider, needed: Role) -> None:
    """Raise RefusedError where somebody's role is too low, or is one in a repository that nothing was made from.

    Anybody owns some repository, so a role there does not count.
    """
    if decider.repository.casefold() not in {name.casefold() for name in repositories}:
        known = ", ".join(sorted(repositories)) or "the repositories it was made from"
        raise RefusedError(
            f"{subject[0].upper()}{subject[1:]} was not made from {decider.repository}, so a role there does not "
            f"count. Name one of {known}."
        )
    if not is_at_least(decider.role, needed):
        raise RefusedError(
            f"To decide about {subject} takes the role {needed} in {decider.repository}; GitHub says "
            f"{decider.role}. Ask somebody who has it."
        )


def clean_reason(reason: str) -> str:
    """Return a reason as it may be kept: short, on one line, without secrets and names of people."""
    return redact_mentions(redact(" ".join(reason.split())[:500])[0])


@dataclass(frozen=True, slots=True)
class _Saving:
    """One decision into `approvals.json` and the audit log; made again where somebody else wrote first."""

    dataset: str
    role: Role
    decider: Decider
    verdict: Verdict

    def files(self, store: Store) -> dict[str, bytes | None]:
        """Return the files to write; RefusedError where the decision cannot be made."""
        verdict, who = self.verdict, self.decider
        decision = approvals.Decision(verdict.approved, who.pseudonym, verdict.now, clean_reason(verdict.reason))
        decided = approvals.decide(state.read_approvals(store), self.dataset, self.role, decision)
        entry = state.audited(
            store,
            at=verdict.now,
            actor=who.pseudonym,
            action=self._verb,
            subject=self.dataset,
            detail={"role": who.role, "repository": who.repository, "reason": decision.reason},
        )
        return {**state.approval_file(decided), state.AUDIT: entry}

    def message(self) -> str:
        """Return the message of the commit."""
        return f"{self._verb.capitalize()} dataset {self.dataset[:12]}"

    @property
    def _verb(self) -> str:
        return "approve" if self.verdict.approved else "refuse"


def _find(store: Store, prefix: str) -> DatasetManifest:
    manifests = {manifest.id: manifest for manifest in state.read_datasets(store)}
    return manifests[approvals.find_dataset(prefix, list(manifests))]


def _repositories(manifest: DatasetManifest) -> str:
    return ", ".join(sorted(manifest.split_at)) or "the repositories it was made from"
