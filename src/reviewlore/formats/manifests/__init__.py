"""Manifests to records, one file for each ecosystem: what a repository publishes and depends on. Runs nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module

from reviewlore.domain.manifest import Manifest
from reviewlore.formats.manifests.inheritance import settle_manifests
from reviewlore.formats.manifests.python_requirements import is_requirements

__all__ = ["is_manifest", "parse_manifests", "settle_manifests"]

_Parse = Callable[[str, str], tuple[Manifest, ...]]
# By file name the module and function that reads it, loaded on first use: few repositories have many ecosystems. A
# reader takes (path, text) and never raises: what it cannot read becomes `Manifest.problem`.
READERS: Mapping[str, str] = {
    "Cargo.toml": "rust.parse_cargo",
    "build.gradle": "gradle.parse_build",
    "build.gradle.kts": "gradle.parse_build",
    "Pipfile": "python.parse_pipfile",
    "go.mod": "go.parse_go_mod",
    "go.work": "go.parse_go_work",
    "gradle.properties": "gradle.parse_properties",
    "lerna.json": "npm.parse_lerna",
    "libs.versions.toml": "gradle.parse_catalog",
    "package.json": "npm.parse_package",
    "pnpm-workspace.yaml": "npm.parse_pnpm_workspace",
    "pom.xml": "maven.parse_pom",
    "settings.gradle": "gradle.parse_settings",
    "settings.gradle.kts": "gradle.parse_settings",
    "pyproject.toml": "python.parse_pyproject",
    "setup.cfg": "python_setup.parse_setup_cfg",
    "setup.py": "python_setup.parse_setup_py",
}
# For names that differ from place to place, where the table above has none.
_TSCONFIG = re.compile(r"[tj]sconfig([.-].+)?\.json")
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
        if (reader := _reader(path)) is not None
        for manifest in load_reader(reader)(path, text)
    )


@cache
def load_reader(name: str) -> _Parse:
    """Return what reads a kind of manifest, by its place in this package."""
    module, _, function = name.partition(".")
    parse: _Parse = getattr(import_module(f"{__name__}.{module}"), function)
    return parse


def _without_credentials(manifest: Manifest) -> Manifest:
    asked = tuple(
        replace(entry, requirement=_ASKER.sub("", entry.requirement)) if "@" in entry.requirement else entry
        for entry in manifest.dependencies
    )
    return replace(manifest, dependencies=asked, problem=_ASKER.sub("", manifest.problem))


def _reader(path: str) -> str | None:
    *folders, name = path.split("/")
    if not _INSTALLED.isdisjoint(folders) or "{{" in path:  # a template is filled in before anybody installs it
        return None
    if named := READERS.get(name):
        return named
    if _TSCONFIG.fullmatch(name):
        return "tsconfig.parse_tsconfig"
    return "python_requirements.parse_requirements" if is_requirements(path) else None
