"""Reviews that say nothing, onto the state branch and measured there once their pull requests are merged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reviewlore.domain.finding import Review
from reviewlore.domain.forge import MergedPull
from reviewlore.domain.history import RawRemark
from reviewlore.domain.shadow import ShadowReview
from reviewlore.errors import Fault, InputError, RefusedError
from reviewlore.flows import state
from reviewlore.flows.labelling import LearnContext, follow_code
from reviewlore.flows.texts import read_texts
from reviewlore.ports import Repo, Store
from reviewlore.stages import outcome
from reviewlore.stages.redact import redact
from reviewlore.stages.shadow import as_remarks, make_shadow
from reviewlore.stages.shadow import settle as settle_one


def record_shadow(store: Store, review: Review, repository: str, number: int, now: str) -> str:
    """Keep what a review would have said, the newest of each head; return one sentence on what was done.

    A run that may not write the state branch says so instead: the review itself is in its results all the same.
    """
    shadow = _scrubbed(make_shadow(review, repository, number, now))
    count = len(shadow.findings)
    told = f"Shadow mode: nothing is posted; {count} remark{'s' * (count != 1)} would have been"

    def change(snapshot: Store) -> Mapping[str, bytes | None]:
        known = {each.id: each for each in state.read_shadows(snapshot)}
        before = known.get(shadow.id)
        if before is not None and replace(before, at=now) == shadow:
            return {}
        return dict(state.shadow_files(snapshot, {shadow.id: shadow}))

    try:
        store.update(change, lambda: f"Record a shadow review of pull request {number}", now)
    except (InputError, RefusedError, Fault) as error:
        return f"{told}. That could not be recorded on the state branch: {error}"
    return f"{told}, and that is recorded on the state branch."


def settle_shadows(
    context: LearnContext, known: Iterable[ShadowReview], merged: Sequence[MergedPull]
) -> dict[str, ShadowReview]:
    """Return, by id, the records of pull requests that were merged since, measured against git and people's remarks."""
    pulls = {each.pull.number: each for each in merged}
    waiting = [shadow for shadow in known if not shadow.settled and shadow.pull_request in pulls]
    if not waiting:
        return {}
    raws: list[RawRemark] = []
    for shadow in waiting:
        raws += as_remarks(shadow, pulls[shadow.pull_request], _sources(context.repo, shadow))
    outcomes = {
        name: outcome.decide_outcome(change.evidence)[0] for (_, name), change in follow_code(context, raws).items()
    }
    return {shadow.id: settle_one(shadow, pulls[shadow.pull_request], outcomes) for shadow in waiting}


def _sources(repo: Repo, shadow: ShadowReview) -> dict[str, str]:
    """Return the files that findings stand in, at the reviewed head; what is not here is not known."""
    paths = sorted({finding.path for finding in shadow.findings})
    if not repo.contains(shadow.head):
        return {}
    return read_texts(repo, shadow.head, paths)


def _scrubbed(shadow: ShadowReview) -> ShadowReview:
    """Take secrets, and bytes that are no UTF-8, out of the one thing in a record that strangers name: paths."""
    return replace(
        shadow,
        findings=tuple(replace(finding, path=_written(redact(finding.path)[0])) for finding in shadow.findings),
    )


def _written(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
