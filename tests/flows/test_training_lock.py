"""One training at a time on a state branch: held, heard, taken over, released; on real branches."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lessons import Heard
from tests.repositories import make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.life_sign import FileLifeSigns
from reviewlore.adapters.store import GitStore
from reviewlore.domain.hold import TrainingHold
from reviewlore.errors import RefusedError, StorageError
from reviewlore.flows import state
from reviewlore.flows.doctor import tell_training
from reviewlore.flows.training_lock import BeatingConsole, NoSigns, Pulse, describe_hold, hold_training
from reviewlore.formats import records


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> str:
        """Return the time of day on one morning."""
        minutes, seconds = divmod(int(self.seconds), 60)
        return f"2026-03-02T{8 + minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}Z"

    def monotonic(self) -> float:
        """Return the same in seconds."""
        return self.seconds


@pytest.fixture
def branches(tmp_path: Path) -> tuple[GitStore, GitStore]:
    """Return the same branch as two processes see it."""
    home = make_repository(tmp_path)
    return GitStore(GitRepo(home)), GitStore(GitRepo(home))


def test_a_second_training_is_told_who_trains_and_since_when(branches: tuple[GitStore, GitStore]) -> None:
    ours, theirs = branches
    clock, heard = Watch(), Heard()
    with hold_training(ours, "adapter-1", "actions:learn", clock, heard, Pulse(), NoSigns()):
        clock.seconds = 300
        said = r"actions:learn trains adapter-1 on this state branch since 2026-03-02T08:00:00Z"
        with pytest.raises(RefusedError, match=said), hold_training(theirs, "b", "x", clock, heard, Pulse(), NoSigns()):
            pytest.fail("two trainings at once")
        assert tell_training(theirs, clock.now()).startswith("actions:learn trains adapter-1 since 2026-03-02T08:00")
    assert state.read_hold(theirs) is None
    assert tell_training(theirs, clock.now()) == "nobody trains"
    with hold_training(theirs, "b", "x", clock, heard, Pulse(), NoSigns()):
        assert state.read_hold(ours) is not None
    assert heard.warnings == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RefusedError, ValueError])
def test_it_is_released_however_the_training_ends(branches: tuple[GitStore, GitStore], error: type[Exception]) -> None:
    with pytest.raises(error), hold_training(branches[0], "a", "x", Watch(), Heard(), Pulse(), NoSigns()):
        raise error
    assert state.read_hold(branches[1]) is None


def test_who_works_on_is_heard_and_who_is_silent_is_taken_for_dead(branches: tuple[GitStore, GitStore]) -> None:
    ours, theirs = branches
    clock, heard, pulse = Watch(), Heard(), Pulse()
    console = BeatingConsole(heard, pulse)
    dead = pytest.raises(RefusedError, match="taken for dead, and its place was taken by y, who trains b")
    with dead, hold_training(ours, "a", "x", clock, heard, pulse, NoSigns()):
        for _ in console.track(range(101), "Training", 100):
            clock.seconds += 60
        held = state.read_hold(theirs)
        assert held is not None
        assert held.beat_at == "2026-03-02T09:40:00Z"
        commits = len(str(ours._repo.git.rev_list(ours.ref)).split())  # each beat is one
        assert commits == 11
        clock.seconds += 2701
        with hold_training(theirs, "b", "y", clock, heard, Pulse(), NoSigns()):
            assert heard.warnings == [
                "x began to train a at 2026-03-02T08:00:00Z and was last heard of at 2026-03-02T09:40:00Z: its "
                "place is taken."
            ]
            console.say("still here")
    assert state.read_hold(theirs) is None


def test_a_silent_one_is_said_to_be_taken_for_dead(branches: tuple[GitStore, GitStore]) -> None:
    clock = Watch()
    with hold_training(branches[0], "a", "x", clock, Heard(), Pulse(), NoSigns()):
        clock.seconds = 2701
        hold = state.read_hold(branches[0])
        assert hold is not None
        assert describe_hold(hold, clock.now()).endswith("taken for dead, and the next training takes its place")
        assert not describe_hold(replace(hold, beat_at=clock.now()), clock.now()).endswith("its place")


def test_what_cannot_be_written_does_not_end_a_training(branches: tuple[GitStore, GitStore]) -> None:
    clock, heard, pulse = Watch(), Heard(), Pulse()
    broken = Broken(branches[0])
    with hold_training(broken, "a", "x", clock, heard, pulse, NoSigns()):
        broken.full = True
        clock.seconds = 700
        BeatingConsole(heard, pulse).say("on")
    assert heard.warnings[0] == "The state branch was not told that the training goes on: no room"
    assert heard.warnings[1].startswith("The state branch still says that a is trained, for 45 minutes")


@pytest.mark.parametrize("beat", ["", "soon", "9999-12-31T23:59:59Z", "2026-03-02", "2026-03-02T23:59", "\x1b[2J"])
def test_a_time_that_no_training_tells_blocks_nobody(branches: tuple[GitStore, GitStore], beat: str) -> None:
    ours, theirs = branches
    clock, heard = Watch(), Heard()
    hold = TrainingHold("0" * 16, "a", "x", "2026-03-02T08:00:00Z", beat)
    theirs.update(lambda _: {state.TRAINING: records.encode(hold)}, lambda: "Begin", clock.now())
    told = tell_training(ours, clock.now())
    assert told.endswith("it is taken for dead, and the next training takes its place")
    assert told.isprintable()
    with hold_training(ours, "b", "y", clock, heard, Pulse(), NoSigns()):
        assert heard.warnings[0].startswith("x began to train a at 2026-03-02T08:00:00Z")


def test_who_was_killed_on_this_machine_holds_nobody_up(branches: tuple[GitStore, GitStore], tmp_path: Path) -> None:
    ours, theirs = branches
    clock, heard, signs = Watch(), Heard(), FileLifeSigns(tmp_path / "signs")
    script = """
import os, signal, sys
from pathlib import Path
from reviewlore.adapters.life_sign import FileLifeSigns
with FileLifeSigns(Path(sys.argv[1])).shown("abc"):
    print("shown", flush=True)
    sys.stdin.readline()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "signs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"shown\n"
        hold = TrainingHold("abc", "a", "x", clock.now(), clock.now())
        theirs.update(lambda _: {state.TRAINING: records.encode(hold)}, lambda: "Begin", clock.now())
        refused = pytest.raises(RefusedError, match="x trains a on this state branch")
        with refused, hold_training(ours, "a", "x", clock, heard, Pulse(), signs):
            pytest.fail("two trainings at once")
        process.kill()
        process.wait()
        with hold_training(ours, "a", "x", clock, heard, Pulse(), signs):
            assert heard.warnings[0].endswith("its place is taken.")
            assert [path.name for path in (tmp_path / "signs").iterdir()] != ["abc"]
    assert list((tmp_path / "signs").iterdir()) == []


@pytest.mark.parametrize("name", ["", "../registry", "abc", "x" * 200])
def test_of_a_training_of_another_machine_nothing_is_known(tmp_path: Path, name: str) -> None:
    signs = FileLifeSigns(tmp_path / "signs")
    assert not signs.has_ended(name)
    with signs.shown("abc"):
        assert not signs.has_ended(name)
        (tmp_path / "signs" / "def").write_bytes(b"another machine")
        assert not signs.has_ended("def")
    with FileLifeSigns(tmp_path / "signs" / "def").shown("abc"):  # where none can be shown, work goes on
        assert not signs.has_ended("abc")


class Broken:
    """A branch whose disk fills up."""

    def __init__(self, store: GitStore) -> None:
        self._store, self.full = store, False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def update(self, *arguments: object) -> object:
        """Write, unless there is no room."""
        if self.full:
            raise StorageError("no room")
        return self._store.update(*arguments)  # type: ignore[arg-type]


def test_of_two_that_begin_at_once_one_is_refused(branches: tuple[GitStore, GitStore]) -> None:
    ours, theirs = branches
    clock = Watch()

    class Slow(Broken):
        def update(self, *arguments: object) -> object:
            """Let the other one write first, as if it had been faster by a moment."""
            change, message, now = arguments

            def late(files: object) -> object:
                made = change(files)  # type: ignore[operator]
                if state.read_hold(theirs) is None:
                    theirs.update(lambda _: {state.TRAINING: records.encode(rival)}, lambda: "Begin", now)  # type: ignore[arg-type]
                return made

            return self._store.update(late, message, now)  # type: ignore[arg-type]

    with hold_training(theirs, "b", "y", clock, Heard(), Pulse(), NoSigns()):
        rival = state.read_hold(theirs)
    with (
        pytest.raises(RefusedError, match="y trains b"),
        hold_training(Slow(ours), "a", "x", clock, Heard(), Pulse(), NoSigns()),
    ):  # type: ignore[arg-type]
        pytest.fail("two trainings at once")
