"""Starts a program that may do little: bounded memory, no core file, few files, and no life beyond its parent's.

In: a JSON text (`Bounds`) and the program with its arguments. Out: the program's own end, or exit 125. On Linux this
process stays, and when the program ends, or SIGTERM comes, it ends all that the program started, in whatever session.
It runs by itself (`python -I -m reviewlore.adapters.confine`) and imports nothing else of reviewlore.
Linux keeps files out of reach by Landlock: https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NoReturn, TypedDict

FAILED = 125
# Numbers of Linux's system calls, the same on all architectures.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH, _VERSION = 1, 1
_SET_NO_NEW_PRIVS, _SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_CHILD_SUBREAPER = 38, 1, 4, 36
# Rights on files: execute 1, write 2, read 4, list 8; all others make, remove, move or truncate. 15 (devices) is left.
_READ, _WRITE, _ON_FILES = 0b1101, (1 << 15) - 1, 0b100_0000_0000_0111
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1}  # by Landlock's version; from 3 on, all that are used here
_SCOPED = 0b11  # abstract sockets and signals stay within the program, from version 6 on


class Bounds(TypedDict):
    """`memory` bytes of address space; the parent's number; folders and files to read, and to read and write."""

    memory: int
    parent: int
    read: list[str]
    write: list[str]


def is_confining() -> bool:
    """Whether this system can keep files out of a program's reach."""
    return _landlock_version() > 0


def hide_process() -> None:
    """Keep other programs of the same user from reading this process's memory and environment, and write no core."""
    if sys.platform == "linux":
        _call_prctl(_SET_DUMPABLE, 0)


def main(arguments: Sequence[str]) -> NoReturn:
    """Run the program within its bounds and end as it ended; OSError where that fails."""
    bounds: Bounds = json.loads(arguments[0])
    if sys.platform != "linux":
        _become(arguments[1:], bounds)
    signal.signal(signal.SIGTERM, _end_early)
    _die_with(bounds["parent"], signal.SIGTERM)
    _call_prctl(_SET_CHILD_SUBREAPER, 1)
    keeper, program = os.getpid(), os.fork()
    if not program:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _become(arguments[1:], {**bounds, "parent": keeper})
    code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    _end_children()
    if code < 0:  # a signal ended it, so it ends this process too
        with suppress(OSError):  # SIGKILL and SIGSTOP take no handler
            signal.signal(-code, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.kill(keeper, -code)
    os._exit(code if code >= 0 else FAILED)


def _become(program: Sequence[str], bounds: Bounds) -> NoReturn:
    """Confine this process and become the program."""
    _die_with(bounds["parent"], signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (bounds["memory"], bounds["memory"]))
    if is_confining():
        _keep_out(bounds["read"], bounds["write"])
    os.execv(program[0], list(program))  # noqa: S606 - what the App was told to run, without a shell


def _end_early(*_: object) -> NoReturn:
    _end_children()
    os._exit(128 + signal.SIGTERM)


def _end_children() -> None:
    """End all below this process: whoever loses its parent, in whatever session, becomes a child of ours."""
    with suppress(ChildProcessError):
        while True:
            for child in _children():
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> Iterator[int]:
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 - names are enough
        with suppress(OSError), open(f"/proc/{name}/stat", "rb") as stream:  # noqa: PTH123
            if int(stream.read().rpartition(b")")[2].split()[1]) == os.getpid():
                yield int(name)


def _die_with(parent: int, by: signal.Signals) -> None:
    """Have this process sent a signal when its parent ends, in whatever way: a restarted server does the job anew."""
    if sys.platform == "linux":
        _call_prctl(_SET_PARENT_DEATH_SIGNAL, by)
    if os.getppid() != parent:
        os._exit(FAILED)


def _keep_out(read: Iterable[str], write: Iterable[str]) -> None:
    version = _landlock_version()
    handled = _RIGHTS.get(version, _WRITE)
    attributes = struct.pack("=QQQ", handled, 0, _SCOPED)[: 24 if version >= 6 else 8]
    rules = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    for allowed, paths in ((_READ, read), (_WRITE, write)):
        for path in paths:
            _allow(rules, path, allowed & handled)
    _call_prctl(_SET_NO_NEW_PRIVS, 1)
    _call(_RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    """Allow what lies at a path; a path that is not there needs no rule."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{place}"):  # noqa: PTH112 - the file that was opened, not its name
            rights &= _ON_FILES
        rule = struct.pack("=Qi", rights, place)
        _call(_ADD_RULE, rules, _PATH_BENEATH, rule, 0)
    finally:
        os.close(place)


def _landlock_version() -> int:
    """Return the version of Landlock that runs, 0 or less where there is none."""
    if sys.platform != "linux":
        return 0
    return int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION))


def _call(number: int, *arguments: bytes | int) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    found = int(library.syscall(number, *arguments))
    if found < 0:
        raise OSError(ctypes.get_errno(), f"Landlock refused ({number})")
    return found


def _call_prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option})")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, ValueError, KeyError, IndexError) as error:
        sys.stderr.write(f"The job could not be confined and was not started: {error}\n")
        sys.exit(FAILED)
