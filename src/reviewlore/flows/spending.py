"""Keeps the account of a model: what may still be spent is read from the state branch, what was spent written to it.

A request beyond the budget is not asked; it fails with the reason, like any other failure.
"""

from collections.abc import Iterable, Mapping, Sequence

from reviewlore.config import ModelSettings
from reviewlore.domain.asking import ModelAnswer, ModelFailure, ModelRequest
from reviewlore.domain.spending import Allowance, MonthSpending, Spent
from reviewlore.domain.usage import Usage
from reviewlore.errors import ReviewloreError
from reviewlore.flows import state
from reviewlore.formats import records
from reviewlore.ports import Generator, Store
from reviewlore.stages.budget import add_up_usage, admit, charge, find_allowance, measure, median_latency, summarise

_MONTHS = 12  # a pull request that is older is asked about as if it were new


class MeteredGenerator:
    """A `Generator` that asks another one within an allowance, and counts what that took."""

    def __init__(self, generator: Generator, settings: ModelSettings, allowance: Allowance) -> None:
        self._generator, self._settings, self._allowance = generator, settings, allowance
        self._calls: list[Usage] = []

    @property
    def model(self) -> str:
        """The model's name."""
        return self._generator.model

    @property
    def usage(self) -> Usage:
        """What was asked so far; requests beyond the budget are in no count."""
        return add_up_usage(self._calls, self.model)

    def generate(self, requests: Sequence[ModelRequest]) -> list[ModelAnswer | ModelFailure]:
        """Ask what the budget allows, in order; what it does not is a failure of the kind `budget`."""
        reasons = admit(requests, self._allowance, self._settings)
        admitted = [request for request, reason in zip(requests, reasons, strict=True) if not reason]
        outcomes = self._generator.generate(admitted) if admitted else []
        for request, outcome in zip(admitted, outcomes, strict=True):
            took = measure(request, outcome, self._settings)
            self._calls.append(took)
            self._allowance = charge(self._allowance, took.prompt_tokens, took.completion_tokens, took.cost)
        answered = iter(outcomes)
        return [ModelFailure("budget", reason) if reason else next(answered) for reason in reasons]

    def spent(self, at: str, repository: str, pull_request: int = 0) -> Spent | None:
        """Return the line of the account for what was asked so far; None where nothing was."""
        if not self._calls:
            return None
        total = self.usage
        return Spent(
            at=at,
            repository=repository,
            pull_request=pull_request,
            model=total.model,
            calls=total.calls,
            prompt_tokens=total.prompt_tokens,
            completion_tokens=total.completion_tokens,
            cost=round(total.cost, 6),
            seconds=round(total.seconds, 3),
            latency=round(median_latency(self._calls), 3),
            failed=total.failed,
        )


def remaining(
    store: Store, settings: ModelSettings, now: str, repository: str = "", pull_request: int = 0
) -> Allowance:
    """Return what a review of a pull request may still ask at a time (ISO 8601); the account is read only for limits.

    A pull request's tokens are those of its reviews in a year; 0 is a change that is none, and has the month's limits.
    """
    month = read_spent(store, now[:7]) if settings.monthly_tokens or settings.monthly_cost else ()
    own: Iterable[Spent] = ()
    if settings.max_tokens and pull_request:
        rows = (row for path in store.paths(state.USAGE)[-_MONTHS:] for row in _read(store, path))
        own = (row for row in rows if (row.repository, row.pull_request) == (repository, pull_request))
    return find_allowance(month, own, settings)


def spent_files(store: Store, spent: Iterable[Spent]) -> dict[str, bytes]:
    """Return the files of the account with more lines, to be written with others in one commit of `Store.update`."""
    files: dict[str, list[Spent]] = {}
    for row in spent:
        path = _path(row.at[:7])
        files.setdefault(path, _read(store, path)).append(row)
    return {path: records.encode_lines(rows) for path, rows in files.items()}


def record(store: Store, spent: Spent, now: str) -> str:
    """Write one line of the account in a commit of its own; return what is to be said where that is not possible."""

    def change(current: Store) -> Mapping[str, bytes | None]:
        return spent_files(current, [spent])

    def message() -> str:
        return f"Record what a review asked of {spent.model}"

    try:
        store.update(change, message, now)
    except ReviewloreError as error:
        return f"What the model took could not be recorded, so the month's limits do not see it: {error}"
    return ""


def read_spent(store: Store, month: str) -> tuple[Spent, ...]:
    """Return the account of one month (`2026-01`), oldest first."""
    return tuple(sorted(_read(store, _path(month)), key=lambda row: row.at))


def read_month(store: Store, now: str) -> MonthSpending:
    """Return what was spent in the month of a time (ISO 8601)."""
    return summarise(read_spent(store, now[:7]), now[:7])


def _read(store: Store, path: str) -> list[Spent]:
    return records.decode_lines(store.read(path) or b"", Spent, path)


def _path(month: str) -> str:
    return f"{state.USAGE}{month}.jsonl"
