"""Manifests to records, one file for each ecosystem: what a repository publishes and depends on. Runs nothing."""

import re
from collections.abc import Callable, Mapping

from reviewlore.domain.manifest import Manifest
from reviewlore.formats.manifests.go import parse_go_mod, parse_go_work
from reviewlore.formats.manifests.npm import parse_lerna, parse_package, parse_pnpm_workspace
from reviewlore.formats.manifests.rust import parse_cargo
from reviewlore.formats.manifests.tsconfig import parse_tsconfig

_Parse = Callable[[str, str], tuple[Manifest, ...]]
# By file name; a reader takes (path, text) and never raises: what it cannot read becomes `Manifest.problem`.
_READERS: dict[str, _Parse] = {
    "Cargo.toml": parse_cargo,
    "go.mod": parse_go_mod,
    "go.work": parse_go_work,
    "lerna.json": parse_lerna,
    "package.json": parse_package,
    "pnpm-workspace.yaml": parse_pnpm_workspace,
}
# For names that differ from place to place, where the table above has none.
_PATTERNS: tuple[tuple[re.Pattern[str], _Parse], ...] = ((re.compile(r"[tj]sconfig([.-].+)?\.json"), parse_tsconfig),)
# What an installer puts there is somebody else's; some repositories hold thousands of them.
_INSTALLED = "node_modules"


def is_manifest(path: str) -> bool:
    """Whether a path is a manifest that this package reads."""
    return _reader(path) is not None


def parse_manifests(texts: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return the manifests among files given as path -> text, sorted by path."""
    return tuple(
        manifest
        for path, text in sorted(texts.items())
        if (parse := _reader(path)) is not None
        for manifest in parse(path, text)
    )


def _reader(path: str) -> _Parse | None:
    *folders, name = path.split("/")
    if _INSTALLED in folders:
        return None
    return _READERS.get(name) or next((parse for pattern, parse in _PATTERNS if pattern.fullmatch(name)), None)
