"""Ordinary code of a repository, by which forgetting is measured: a commit and what was trained on in, texts out."""

import hashlib
from collections.abc import Collection

from reviewlore.ports import Repo
from reviewlore.stages.mine import find_language

_FILES = 24
_CHARACTERS = 2000
_LEAST_BYTES = 300  # a shorter file says little of how code is written
_PROSE = {None, "Markdown", "reStructuredText", "YAML", "TOML", "JSON"}


def sample_code(repo: Repo, commit: str, touched: Collection[str]) -> tuple[str, ...]:
    """Return the beginnings of up to 24 source files that no training pair is about, the same ones for one commit.

    They are chosen by the hash of their blob ids, so a file stays in the sample as long as it stays as it is.
    """
    found = {file.blob for file in repo.files(commit) if file.path not in touched and _is_code(file.path)}
    texts: list[str] = []
    for _, data in repo.blobs(sorted(found, key=lambda blob: hashlib.sha256(blob.encode()).digest())):
        if len(data) >= _LEAST_BYTES and (text := _decode(data)) is not None:
            texts.append(text[:_CHARACTERS])
        if len(texts) == _FILES:
            break
    return tuple(texts)


def _is_code(path: str) -> bool:
    return find_language(path) not in _PROSE


def _decode(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
