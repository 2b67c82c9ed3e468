"""Adapters outside the state branch: written for other programs, and taken up by a server that runs."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Protocol

from reviewlore.domain.model import VersionManifest
from reviewlore.domain.serving import Exported, ExportForm


class Exporter(Protocol):
    """Writes an adapter so that other programs load it."""

    def export(
        self, manifest: VersionManifest, files: Mapping[str, bytes], output: PurePath, form: ExportForm
    ) -> Exported:
        """Write a version's files, once they are what its manifest promised, to a folder that does not exist yet.

        StateError where a file was changed, RefusedError where the folder is there, StorageError where it cannot be
        written, InputError or MissingExtra where a merged checkpoint is wanted and the base model or the libraries are
        not here.
        """
        ...

    def find(self, version: str, output: PurePath) -> Exported | None:
        """Return what was exported to a folder before; None where nothing was, or not this version, or it changed."""
        ...


class AdapterServer(Protocol):
    """A running server that takes adapters up and puts them down without a restart."""

    @property
    def shown(self) -> str:
        """The server as text for people."""
        ...

    def served(self) -> frozenset[str]:
        """Return the names of models and adapters it lists; InputError where it does not answer."""
        ...

    def load(self, version: str, folder: str) -> None:
        """Have it serve an adapter from a folder on its machine, by the version's name; InputError where it refuses."""
        ...

    def unload(self, version: str) -> None:
        """Have it forget an adapter; InputError where it refuses."""
        ...
