"""What this machine and this installation are: the time, versions, processor, the commit of our own code."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from time import monotonic

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.runs import MODEL_EXTRA
from reviewlore.errors import InputError

_RANKER = ("lightgbm", "numpy", "threadpoolctl")


class SystemClock:
    """Adapter of the `Clock` port."""

    def now(self) -> str:
        """Return the current time as ISO 8601 in UTC, to the second."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start."""
        return monotonic()


def package_versions() -> dict[str, str]:
    """Return the versions of Python, of reviewlore and of everything a training may depend on, for the lineage."""
    found = {"python": platform.python_version()}
    for name in ("reviewlore", *MODEL_EXTRA, *_RANKER, "bitsandbytes"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def processor_name() -> str:
    """Return the processor's name and its number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def code_commit() -> str:
    """Return the commit of reviewlore's own code: of its checkout, of what pip installed it from, or `unknown`.

    `-dirty` follows where the checkout's code, prompts or recipes are not as that commit has them.
    """
    package = Path(__file__).resolve().parents[1]
    try:
        if package.parent.name == "src":
            return _checkout_commit(package.parent.parent)
        origin = distribution("reviewlore").read_text("direct_url.json")
        return str(json.loads(origin or "{}")["vcs_info"]["commit_id"])
    except (InputError, PackageNotFoundError, KeyError, ValueError):
        return "unknown"


def _checkout_commit(top: Path) -> str:
    repo = GitRepo(top)
    return repo.resolve("HEAD") + ("-dirty" if repo.changed(("src", "prompts")) else "")
