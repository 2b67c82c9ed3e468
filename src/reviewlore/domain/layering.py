"""The packages of a repository in the order in which they rest on each other. Made by `architecture/layers.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reviewlore.domain.architecture import ImportEdge

ModuleStatus = Literal["added", "modified", "removed"]


@dataclass(frozen=True, slots=True)
class PackageEdge:
    """What one package imports of another: `weight` is the number of importing modules, `examples` the first imports.

    `upward` where it runs against the layers.
    """

    importer: str
    imported: str
    weight: int
    upward: bool
    examples: tuple[ImportEdge, ...] = ()


@dataclass(frozen=True, slots=True)
class Border:
    """The order of two adjacent layers: the weight that crosses the border between them downwards, and upwards."""

    down: int
    up: int

    @property
    def confidence(self) -> float:
        """The share of the weight that points down, in 0..1; 0 where nothing crosses."""
        return self.down / (self.down + self.up) if self.down + self.up else 0.0


@dataclass(frozen=True, slots=True)
class Layering:
    """Layers of packages, top to bottom, read off the imports: nobody has declared them.

    `packages` maps each package's name to its modules (paths). `borders[i]` lies between `layers[i]` and
    `layers[i + 1]`. `unplaced` are packages that no import connects with another one; `facades` are modules (paths)
    in no package: the `__init__` (index, lib, main) of one whose parts are listed one by one. `origin` says who
    declared the layers, empty where they are inferred.
    """

    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layers: tuple[tuple[str, ...], ...] = ()
    borders: tuple[Border, ...] = ()
    edges: tuple[PackageEdge, ...] = ()
    unplaced: tuple[str, ...] = ()
    facades: tuple[str, ...] = ()
    origin: str = ""

    @property
    def violations(self) -> tuple[PackageEdge, ...]:
        """The imports that run against the order, heaviest first."""
        upward = (edge for edge in self.edges if edge.upward)
        return tuple(sorted(upward, key=lambda edge: (-edge.weight, edge.importer, edge.imported)))

    @property
    def confidence(self) -> float:
        """The share of all weight between layers that points down, in 0..1; 0 where there are no layers."""
        depth = {name: number for number, layer in enumerate(self.layers) for name in layer}
        between = [edge for edge in self.edges if depth.get(edge.importer) != depth.get(edge.imported)]
        total = sum(edge.weight for edge in between)
        return sum(edge.weight for edge in between if not edge.upward) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class ChangedEdge:
    """An import of one module by another that a change adds or takes away: paths, names and packages of both ends.

    `breaking` where a declared contract does not allow it.
    """

    importer: str
    imported: str
    names: tuple[str, str]
    packages: tuple[str, str]
    status: Literal["added", "removed"]
    breaking: bool = False


@dataclass(frozen=True, slots=True)
class MapChange:
    """What a change does to a map: its modules (paths of the head, of the base where removed) and its imports."""

    modules: Mapping[str, ModuleStatus] = field(default_factory=dict)
    edges: tuple[ChangedEdge, ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """What the parts of a drawing stand for: cells, boxes, the weight of a thin and a wide line, lines, the order."""

    cells: str = "modules"
    boxes: str = "packages"
    one: str = "module imports"
    many: str = "modules import"
    line: str = "imports (downwards; wider: more modules)"
    up: str = "against the layers"
    order: str = "inferred from the imports: {share} of the weight between layers points down"


@dataclass(frozen=True, slots=True)
class MapPicture:
    """Everything a drawing of a map shows: packages by layer, modules by name, imports, and the change on it.

    `names` and `fan` (importers plus imported modules) are by path. `notes` are sentences shown below.
    """

    title: str
    layering: Layering
    names: Mapping[str, str]
    fan: Mapping[str, int] = field(default_factory=dict)
    change: MapChange | None = None
    notes: tuple[str, ...] = ()
    wording: Wording = field(default_factory=Wording)
