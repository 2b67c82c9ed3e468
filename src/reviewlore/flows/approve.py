"""A person's word on a dataset: who decides is checked by the caller's forge, what was decided is kept and audited."""

from collections.abc import Callable
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
    """What is decided about the dataset whose id begins with `dataset`; `now` is ISO 8601 in UTC."""

    dataset: str
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
    manifest = _find(store, verdict.dataset)
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
    _check(manifest, decider, needed)
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
        decision = approvals.Decision(verdict.approved, who.pseudonym, verdict.now, _clean(verdict.reason))
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


def _check(manifest: DatasetManifest, decider: Decider, needed: Role) -> None:
    """A role counts in a repository that the dataset was made from; anybody owns some repository."""
    if decider.repository.casefold() not in {name.casefold() for name in manifest.split_at}:
        raise RefusedError(
            f"Dataset {manifest.id[:12]} was not made from {decider.repository}, so a role there does not count. "
            f"Name one of {_repositories(manifest)}."
        )
    if not is_at_least(decider.role, needed):
        raise RefusedError(
            f"To decide about dataset {manifest.id[:12]} takes the role {needed} in {decider.repository}; GitHub says "
            f"{decider.role}. Ask somebody who has it."
        )


def _repositories(manifest: DatasetManifest) -> str:
    return ", ".join(sorted(manifest.split_at)) or "the repositories it was made from"


def _clean(reason: str) -> str:
    return redact_mentions(redact(" ".join(reason.split())[:500])[0])
