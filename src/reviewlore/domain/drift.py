"""What a repository's structure was when something was learned from it, and how far it has moved since.

Made by `architecture/drift.py`; a fingerprint is stored with every trained version.
"""

from dataclasses import dataclass, field

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class MapFingerprint:
    """The structure of the shipped code of one commit, small enough to keep: folders, imports between them, layers.

    `packages` counts the modules of each folder, `imports` are (importer, imported, pairs of modules) of two folders,
    `dependencies` are declared third parties as `ecosystem:name`, `layers` from top to bottom where they are known.
    `conventions` is a hash of the habits, `lines` the size. Empty where nothing was recorded.
    """

    commit: str = ""
    packages: dict[str, int] = field(default_factory=dict)
    imports: tuple[tuple[str, str, int], ...] = ()
    dependencies: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    conventions: str = ""
    lines: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to compare with: no module, or a version from before fingerprints."""
        return not self.packages


@dataclass(frozen=True, slots=True)
class Drift:
    """How far two fingerprints lie apart, in 0..1, and what moved between them.

    `renamed` are folders (old, new) that moved with what they hold; that alone is no distance. Imports are
    (importer, imported) under the names of now.
    """

    distance: float
    renamed: tuple[tuple[str, str], ...] = ()
    packages_added: tuple[str, ...] = ()
    packages_removed: tuple[str, ...] = ()
    imports_added: tuple[tuple[str, str], ...] = ()
    imports_removed: tuple[tuple[str, str], ...] = ()
    dependencies_added: tuple[str, ...] = ()
    dependencies_removed: tuple[str, ...] = ()
    layers_changed: bool = False
    conventions_changed: bool = False

    @property
    def told(self) -> str:
        """The distance and the most telling moves, as the end of a sentence without its dot."""
        moved = [f"{old or 'the top'} is {new or 'the top'} now" for old, new in self.renamed[:_SHOWN]]
        for verb, names in (("new", self.packages_added), ("gone", self.packages_removed)):
            if names:
                more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                moved.append(f"{verb}: {', '.join(name or 'the top' for name in names[:_SHOWN])}{more}")
        if changed := len(self.imports_added) + len(self.imports_removed):
            moved.append(f"{changed} import{'' if changed == 1 else 's'} between folders changed")
        return f"{100 * self.distance:.0f} %" + (f" ({'; '.join(moved)})" if moved else "")


@dataclass(frozen=True, slots=True)
class AgedVersion:
    """A trained version, when it was trained (ISO 8601), and how far the code has moved since."""

    version: str
    trained_at: str
    drift: Drift

    def note(self, threshold: float) -> str | None:
        """Say how old the judgement is, where the code has moved by the threshold or more."""
        if self.drift.distance < threshold:
            return None
        return (
            f"{self.version} judges as it learned on {self.trained_at[:10]}; the structure of the code has moved by "
            f"{self.drift.told} since. Training is due (drift-threshold {100 * threshold:.0f} %)."
        )
