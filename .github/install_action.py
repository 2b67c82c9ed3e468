"""Installs reviewlore for the steps of action.yml: the runner's environment in, the path of an interpreter out.

A runner of one's own keeps the installation in RUNNER_TOOL_CACHE, by what is installed and the interpreter. Two jobs at
once each build beside, and the first to rename wins. Nothing is kept in a cache that jobs share over the network.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_OLD = 30 * 24 * 3600  # seconds; the longest job of a runner of one's own takes five days
_LEAST_PIP = (23, 1)  # installs into another environment, so that none needs a pip of its own


def install(environ: Mapping[str, str]) -> Path:
    """Return an interpreter that has reviewlore of GITHUB_ACTION_PATH; with the extra `model` where MODE trains."""
    source = Path(environ["GITHUB_ACTION_PATH"])
    extra = "[model]" if environ.get("MODE") == "train" else ""
    kept = _find_kept(environ)
    if kept is None:
        return _build(Path(environ["RUNNER_TEMP"], "reviewlore-venv"), f"{source}{extra}")
    final = kept / f"{_name(source)}{'-model' if extra else ''}"
    if not (final / "bin" / "python").exists():
        beside = Path(tempfile.mkdtemp(prefix=".building-", dir=kept))
        _remove_old(kept, beside.stat().st_mtime)
        try:
            _build(beside, f"{source}{extra}")
            beside.rename(final)
        except OSError:
            if not (final / "bin" / "python").exists():
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    os.utime(final)
    return final / "bin" / "python"


def _find_kept(environ: Mapping[str, str]) -> Path | None:
    """Return the folder that this runner keeps; none where it is thrown away after the job, or is not ours to write."""
    cache = environ.get("RUNNER_TOOL_CACHE", "")
    if not cache or environ.get("RUNNER_ENVIRONMENT") == "github-hosted":
        return None
    folder = Path(cache, "reviewlore")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    found = folder.lstat()  # what others may write, or a link of theirs, could hold an interpreter of theirs
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return folder if ours and os.access(folder, os.W_OK) else None


def _name(source: Path) -> str:
    """Return a name for what is installed and for whom: other code, or another interpreter, has another one."""
    digest = hashlib.sha256(f"{sys.version}\0{sys.base_prefix}\0".encode())
    files = [source / "pyproject.toml", *(source / "src").rglob("*")]
    for file in sorted(file for file in files if file.is_file() and file.suffix != ".pyc"):
        digest.update(f"{file.relative_to(source)}\0".encode("utf-8", "surrogateescape"))
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _build(venv: Path, requirement: str) -> Path:
    """Make a virtual environment with reviewlore and return its interpreter; pip stays outside where it can."""
    python = venv / "bin" / "python"
    outside = _pip_version() >= _LEAST_PIP
    _run("venv", *(["--without-pip"] if outside else []), str(venv))
    # Bytecode is made for what a job imports, not for all that is installed: a third of the size.
    options = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", requirement]
    if outside:
        _run("pip", "--python", str(python), *options)
    else:
        _run("pip", *options, python=str(python))
    return python


def _pip_version() -> tuple[int, ...]:
    """Return the version of this interpreter's pip; (0,) where it has none."""
    try:
        return tuple(int(part) for part in version("pip").split(".")[:2] if part.isdigit())
    except PackageNotFoundError:
        return (0,)


def _run(module: str, *arguments: str, python: str = sys.executable) -> None:
    # -I keeps the checkout, which a stranger may have written, off the import path.
    subprocess.run([python, "-I", "-m", module, *arguments], check=True)


def _remove_old(kept: Path, now: float) -> None:
    """Remove what no job has used for a month."""
    for entry in kept.iterdir():
        if entry.is_dir() and not entry.is_symlink() and entry.stat().st_mtime < now - _OLD:
            shutil.rmtree(entry, ignore_errors=True)


def main() -> int:
    """Install, and name the interpreter as the step's output; 2 where that fails, which pip then has told."""
    try:
        python = install(os.environ)
    except (OSError, subprocess.CalledProcessError) as error:
        what = type(error).__name__ if isinstance(error, OSError) else f"status {error.returncode}"
        sys.stdout.write(f"::error title=reviewlore::The installation failed ({what}); the log above says why.\n")
        return 2
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
        stream.write(f"python={python}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
