"""One training at a time on a state branch: who trains is written there first, and taken away however it ends.

In: the branch, the clock, a pulse that beats as long as the work goes on, and signs of life of this machine. Out:
nothing, or a refusal that names who trains and since when. It writes one small file; neither data nor the audit log.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from reviewlore.domain.hold import TrainingHold
from reviewlore.domain.visible import visible_line
from reviewlore.errors import RefusedError, ReviewloreError
from reviewlore.flows.state import TRAINING, read_hold
from reviewlore.formats import records
from reviewlore.ports import Clock, Console, LifeSigns, Store

T = TypeVar("T")

_BEAT_EVERY = 600.0  # seconds; each beat is a commit
EXPIRES_AFTER = 2700.0  # seconds without a beat: several were missed, or the clocks of two machines differ by much


class Pulse:
    """Tells whoever holds the lock that work goes on: every line and every step that is told is a beat."""

    def __init__(self) -> None:
        self._listener: Callable[[], None] | None = None

    def beat(self) -> None:
        """Tell whoever listens."""
        if self._listener is not None:
            self._listener()

    @contextmanager
    def heard_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Let a listener hear the beats of a block."""
        self._listener = listener
        try:
            yield
        finally:
            self._listener = None


class NoSigns:
    """Signs of life where none are kept: nothing is known of any training."""

    def shown(self, name: str) -> AbstractContextManager[None]:
        """Show nothing."""
        return nullcontext()

    def has_ended(self, name: str) -> bool:
        """Know nothing."""
        return False


class BeatingConsole:
    """A console under which a pulse beats with everything that is told: silence means that nothing goes on."""

    def __init__(self, console: Console, pulse: Pulse) -> None:
        self._console, self._pulse = console, pulse

    def step(self, title: str, text: str = "") -> None:
        """Announce a step of the story."""
        self._console.step(title, text)
        self._pulse.beat()

    def say(self, text: str) -> None:
        """Tell one line."""
        self._console.say(text)
        self._pulse.beat()

    def warn(self, text: str) -> None:
        """Tell one line that deserves attention."""
        self._console.warn(text)
        self._pulse.beat()

    def track(self, items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
        """Pass items through while showing how far the work is."""
        for item in self._console.track(items, label, total):
            self._pulse.beat()
            yield item


@contextmanager
def hold_training(
    store: Store,
    version: str,
    actor: str,
    clock: Clock,
    console: Console,
    pulse: Pulse,
    signs: LifeSigns,
) -> Iterator[None]:
    """Let nobody else train on this branch during the block; RefusedError where somebody does already.

    Who was not heard of for `EXPIRES_AFTER` seconds is taken for dead, which is said; who trained on this machine, as
    soon as its process is gone. A run that comes back to find its place taken ends at its next beat.
    """
    now = clock.now()
    name = hashlib.sha256(f"{version} {actor} {now} {clock.monotonic()}".encode()).hexdigest()[:16]
    hold = TrainingHold(name, version, actor, now, now)
    with signs.shown(name):
        _take(store, hold, console, signs)
        last = clock.monotonic()

        def beat() -> None:
            nonlocal last
            if clock.monotonic() - last < _BEAT_EVERY:
                return
            last = clock.monotonic()
            try:
                _renew(store, hold, clock)
            except RefusedError:
                raise
            except ReviewloreError as error:  # the next beat may get through
                console.warn(f"The state branch was not told that the training goes on: {error}")

        try:
            with pulse.heard_by(beat):
                yield
        finally:
            _release(store, hold, clock, console)


def is_expired(hold: TrainingHold, now: str) -> bool:
    """Return whether a hold was not heard of for so long that whoever trained is taken for dead.

    So is one with a time that is none, or that lies as far ahead: no clock of a training tells it.
    """
    beat, moment = _parse(hold.beat_at), _parse(now)
    return beat is None or moment is None or abs((moment - beat).total_seconds()) > EXPIRES_AFTER


def describe_hold(hold: TrainingHold, now: str) -> str:
    """Say who trains, since when, and when that was last heard of."""
    told = f"{hold.actor} trains {hold.version} since {hold.started_at}, last heard of at {hold.beat_at}"
    if is_expired(hold, now):
        told += "; it is taken for dead, and the next training takes its place"
    return visible_line(told)


def _take(store: Store, mine: TrainingHold, console: Console, signs: LifeSigns) -> None:
    now = mine.started_at
    dead: list[TrainingHold] = []

    def change(state: Store) -> dict[str, bytes | None]:
        there = read_hold(state)
        if there is not None and not is_expired(there, now) and not signs.has_ended(there.id):
            raise RefusedError(
                f"{there.actor} trains {there.version} on this state branch since {there.started_at} (last heard of at "
                f"{there.beat_at}). Wait for it to end; without a sign of life it is taken for dead after "
                f"{EXPIRES_AFTER / 60:.0f} minutes."
            )
        dead[:] = [] if there is None else [there]
        return {TRAINING: records.encode(mine)}

    store.update(change, lambda: f"Begin to train {mine.version}", now)
    for hold in dead:
        console.warn(
            f"{hold.actor} began to train {hold.version} at {hold.started_at} and was last heard of at {hold.beat_at}: "
            "its place is taken."
        )


def _renew(store: Store, hold: TrainingHold, clock: Clock) -> None:
    now = clock.now()

    def change(state: Store) -> dict[str, bytes | None]:
        there = read_hold(state)
        if there is None or there.id != hold.id:
            by = f"{there.actor}, who trains {there.version} since {there.started_at}" if there else "somebody"
            raise RefusedError(
                f"This training was taken for dead, and its place was taken by {by}. What it reached is kept here; "
                "start it again when the other one has ended."
            )
        return {TRAINING: records.encode(replace(hold, beat_at=now))}

    store.update(change, lambda: f"Go on to train {hold.version}", now)


def _release(store: Store, hold: TrainingHold, clock: Clock, console: Console) -> None:
    def change(state: Store) -> dict[str, bytes | None]:
        there = read_hold(state)
        return {TRAINING: None} if there is not None and there.id == hold.id else {}

    try:
        store.update(change, lambda: f"End to train {hold.version}", clock.now())
    except ReviewloreError as error:
        minutes = EXPIRES_AFTER / 60
        console.warn(f"The state branch still says that {hold.version} is trained, for {minutes:.0f} minutes: {error}")


def _parse(moment: str) -> datetime | None:
    """Return a time that was written down, in UTC where it says no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(moment)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        return None
