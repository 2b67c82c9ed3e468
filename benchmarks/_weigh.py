"""`python -m benchmarks._weigh FILE ARGUMENTS...`: run `reviewlore ARGUMENTS`, and write its peak memory (MiB) to FILE.

The system's own figure for a child process (`ru_maxrss`) starts at the size of the parent that it was forked from.
"""

import sys
from pathlib import Path

from reviewlore.cli import run


def peak_megabytes() -> float:
    """The largest resident size of this process so far, as Linux tells it."""
    rows = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith("VmHWM:"))


if __name__ == "__main__":
    status = run(sys.argv[2:])
    Path(sys.argv[1]).write_text(str(peak_megabytes()), encoding="ascii")
    sys.exit(status)
