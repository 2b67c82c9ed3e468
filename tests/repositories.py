"""Real git repositories in temporary folders, with fixed people and dates. Used by many tests."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "someone",
    "GIT_AUTHOR_EMAIL": "someone@example.org",
    "GIT_COMMITTER_NAME": "someone",
    "GIT_COMMITTER_EMAIL": "someone@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> str:
    """Run git in a folder and return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        input=stdin,
        env={**os.environ, **ENVIRONMENT},
    )
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def make_repository(folder: Path) -> Path:
    """Return a new repository on branch main without commits."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    return folder


def mirror(source: Path, folder: Path) -> Path:
    """Return a bare copy of a repository with all its references."""
    git(source, "clone", "-q", "--mirror", str(source), str(folder))
    return folder


def commit(folder: Path, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
    """Write (None: remove) files, commit all of them, and return the commit id."""
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")
