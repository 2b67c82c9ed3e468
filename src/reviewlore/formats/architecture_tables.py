"""What is told of an architecture as rows of texts and numbers, for a page. Records in, tables out; draws nothing."""

from collections.abc import Iterator, Sequence
from typing import Any

from reviewlore.domain.overview import Overview
from reviewlore.domain.report import MapReport

# (caption, heads, rows, how many of the columns are words)
Table = tuple[str, tuple[str, ...], list[tuple[object, ...]], int]

# A longer list is read as data: `status --architecture --format json`.
_ROWS = 25
_NAMES = 8


def name_sections(report: MapReport | None) -> Iterator[tuple[bool, str, str, str]]:
    """Yield the sections of the page: whether there is one, its anchor, its name, and how much it holds."""
    if report is None:
        return
    known = report.overview
    yield True, "map", "Map", ""
    yield bool(report.base), "facts", "Change", str(len(report.facts))
    yield bool(known.layering.layers or known.contracts), "layers", "Layers", ""
    yield any(table[2] for table in _measures(known)), "measures", "What stands out", ""
    yield bool(report.organisation), "organisation", "Organisation", ""


def make_tables(report: MapReport | None) -> dict[str, Any]:
    """Return the tables by the names the page calls them: empty where there is nothing to tell."""
    if report is None:
        return {}
    overview, federation = report.overview, report.federation
    names = overview.names
    return {
        "declared": [
            (item.contract.name, item.contract.kind, item.contract.origin, item.broken or "none")
            for item in overview.contracts
        ],
        "broken": [
            (f"{edge.importer}:{edge.line}", names.get(edge.imported, edge.imported), item.contract.name)
            for item in overview.contracts
            for edge in item.examples
        ],
        "against": [
            (edge.importer, edge.imported, "".join(f"{e.importer}:{e.line}" for e in edge.examples[:1]), edge.weight)
            for edge in overview.layering.violations
        ],
        "tables": [_cut(table) for table in _measures(overview) if table[2]],
        "links": [
            (link.consumer, f"{link.ecosystem}: {link.package}", link.provider, link.requirement, link.uses)
            for link in federation.provisions
        ],
        "shared": [
            (item.identity, item.kind.replace("_", " "), ", ".join(f"{who}: {path}" for who, path in item.places))
            for item in federation.shared
        ],
    }


def _measures(overview: Overview) -> Iterator[Table]:
    yield from _structure(overview)
    yield from _ways(overview)


def _structure(overview: Overview) -> Iterator[Table]:
    """Yield what stands out in the code, and who knows it."""
    yield (
        "Hubs: modules that many others meet in",
        ("Module", "Imported by", "Imports"),
        [(hub.name, hub.fan_in, hub.fan_out) for hub in overview.hubs],
        1,
    )
    yield (
        "Circles of modules that import each other when loaded",
        ("Modules", "Count"),
        [(_some([overview.names.get(path, path) for path in group]), len(group)) for group in overview.cycles],
        1,
    )
    yield (
        "Hotspots: complex files that change often",
        ("File", "Commits", "Cognitive complexity", "People"),
        [(spot.path, spot.changes, spot.cognitive, spot.people or "–") for spot in overview.hotspots],
        1,
    )
    yield (
        "Who changes what: people are counted, never named",
        ("Folder", "Declared owners", "People", "Share of the first", "People who make up half"),
        [
            (row.folder or "whole repository", ", ".join(row.declared), row.people, f"{row.share:.0%}", row.bus_factor)
            for row in overview.owners
        ],
        2,
    )


def _ways(overview: Overview) -> Iterator[Table]:
    """Yield what is usual here: of the code, its commits, its pipelines, and what it takes from others."""
    yield (
        "Migrations on their way",
        ("Old", "New", "Uses of the old", "Uses of the new", "Changes that replaced it"),
        [(row.old, row.new, row.old_uses, row.new_uses, row.commits) for row in overview.migrations],
        2,
    )
    yield (
        "Conventions that hold in nine of ten cases",
        ("Convention", "Where", "Value", "Held", "Cases"),
        [(row.kind.replace("_", " "), row.place, row.value, row.held, row.cases) for row in overview.habits],
        3,
    )
    yield (
        "How nearly all newest commits are written",
        ("Aspect", "Value", "As in", "Held", "Cases"),
        [
            (row.kind.replace("_", " "), row.value, row.examples[0] if row.examples else "–", row.held, row.cases)
            for row in overview.commit_style
        ],
        3,
    )
    yield (
        "Internal frameworks: what their users do",
        ("Users", "Of or in", "Expected", "Held", "Cases"),
        [(row.users, row.subject or "(top)", row.expected, row.held, row.cases) for row in overview.frameworks],
        3,
    )
    yield (
        "Pipelines: workflows and build files",
        ("File", "Started by", "Jobs or targets", "Named in"),
        [
            (row.path, _some(row.triggers) or "people", _some(row.jobs) or "–", _some(row.documents) or "no document")
            for row in overview.pipelines
        ],
        4,
    )
    yield (
        "Complexity that is ordinary here, at most",
        ("Language", "Part", "Cyclomatic", "Cognitive", "Functions"),
        [(row.language, row.part, row.cyclomatic, row.cognitive, row.functions) for row in overview.complexity],
        2,
    )
    yield (
        "Third parties that manifests ask for",
        ("Package", "Ecosystem", "Requirement"),
        [(name, entry.ecosystem, asked) for entry in overview.third_parties for name, asked in entry.packages],
        3,
    )


def _cut(table: Table) -> Table:
    caption, heads, rows, words = table
    if len(rows) <= _ROWS:
        return table
    return f"{caption} (the first {_ROWS} of {len(rows)})", heads, rows[:_ROWS], words


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
