"""Manifests to records, one file for each ecosystem: what a repository publishes and depends on. Runs nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from reviewlore.domain.manifest import Manifest
from reviewlore.formats.manifests.go import parse_go_mod, parse_go_work
from reviewlore.formats.manifests.gradle import parse_build, parse_catalog, parse_properties, parse_settings
from reviewlore.formats.manifests.inheritance import settle_manifests
from reviewlore.formats.manifests.maven import parse_pom
from reviewlore.formats.manifests.npm import parse_lerna, parse_package, parse_pnpm_workspace
from reviewlore.formats.manifests.python import parse_pipfile, parse_pyproject
from reviewlore.formats.manifests.python_requirements import is_requirements, parse_requirements
from reviewlore.formats.manifests.python_setup import parse_setup_cfg, parse_setup_py
from reviewlore.formats.manifests.rust import parse_cargo
from reviewlore.formats.manifests.tsconfig import parse_tsconfig

__all__ = ["is_manifest", "parse_manifests", "settle_manifests"]

_Parse = Callable[[str, str], tuple[Manifest, ...]]
# By file name; a reader takes (path, text) and never raises: what it cannot read becomes `Manifest.problem`.
_READERS: dict[str, _Parse] = {
    "Cargo.toml": parse_cargo,
    "build.gradle": parse_build,
    "build.gradle.kts": parse_build,
    "Pipfile": parse_pipfile,
    "go.mod": parse_go_mod,
    "go.work": parse_go_work,
    "gradle.properties": parse_properties,
    "lerna.json": parse_lerna,
    "libs.versions.toml": parse_catalog,
    "package.json": parse_package,
    "pnpm-workspace.yaml": parse_pnpm_workspace,
    "pom.xml": parse_pom,
    "settings.gradle": parse_settings,
    "settings.gradle.kts": parse_settings,
    "pyproject.toml": parse_pyproject,
    "setup.cfg": parse_setup_cfg,
    "setup.py": parse_setup_py,
}
# For names that differ from place to place, where the table above has none.
_PATTERNS: tuple[tuple[re.Pattern[str], _Parse], ...] = ((re.compile(r"[tj]sconfig([.-].+)?\.json"), parse_tsconfig),)
# Who asks, in an address that something is fetched from: often a password or a token.
_ASKER = re.compile(r"(?<=://)(?!(?:git|hg|svn)@)[^/@\s'\"]*+@")
# What an installer puts there is somebody else's; some repositories hold thousands of them.
_INSTALLED = frozenset({"node_modules", "site-packages"})


def is_manifest(path: str) -> bool:
    """Whether a path is a manifest that this package reads."""
    return _reader(path) is not None


def parse_manifests(texts: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return the manifests among files given as path -> text, sorted by path, each by itself (`settle_manifests`).

    Credentials in addresses are left out: what a manifest says is told to others.
    """
    return tuple(
        _without_credentials(manifest)
        for path, text in sorted(texts.items())
        if (parse := _reader(path)) is not None
        for manifest in parse(path, text)
    )


def _without_credentials(manifest: Manifest) -> Manifest:
    asked = tuple(
        replace(entry, requirement=_ASKER.sub("", entry.requirement)) if "@" in entry.requirement else entry
        for entry in manifest.dependencies
    )
    return replace(manifest, dependencies=asked, problem=_ASKER.sub("", manifest.problem))


def _reader(path: str) -> _Parse | None:
    *folders, name = path.split("/")
    if not _INSTALLED.isdisjoint(folders) or "{{" in path:  # a template is filled in before anybody installs it
        return None
    named = _READERS.get(name) or next((parse for pattern, parse in _PATTERNS if pattern.fullmatch(name)), None)
    return named or (parse_requirements if is_requirements(path) else None)
