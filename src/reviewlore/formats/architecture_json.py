"""An overview of an architecture as JSON (docs/schema/architecture.schema.json). Record in, text out.

Adding a field keeps the number; removing one or changing a meaning raises it.
"""

from typing import Any

from reviewlore.domain.architecture import ImportEdge
from reviewlore.domain.layering import Layering, PackageEdge
from reviewlore.domain.overview import ContractStanding, Habit, Overview
from reviewlore.domain.visible import to_json

SCHEMA = "reviewlore/architecture/1"


def render_json(overview: Overview) -> str:
    """Return the overview as indented ASCII JSON with a final newline; equal overviews give equal text."""
    return to_json(
        {
            "schema": SCHEMA,
            "repository": overview.repository,
            "commit": overview.commit,
            "files": overview.files,
            "modules": {"shipped": overview.product, "languages": dict(overview.languages)},
            "layering": _layering(overview.layering) | {"proposal": overview.proposal},
            "contracts": [_contract(standing) for standing in overview.contracts],
            "hubs": [
                {"path": hub.path, "name": hub.name, "fan_in": hub.fan_in, "fan_out": hub.fan_out}
                for hub in overview.hubs
            ],
            "cycles": [list(group) for group in overview.cycles],
            "conventions": [_habit(habit) for habit in overview.habits],
            "commit_style": [_habit(habit) for habit in overview.commit_style],
            **_measures(overview),
            "frameworks": [
                {
                    "users": row.users,
                    "subject": row.subject,
                    "path": row.path,
                    "kind": row.kind,
                    "value": row.value,
                    "held": row.held,
                    "cases": row.cases,
                    "confidence": round(row.held / row.cases, 4),
                    "examples": list(row.examples),
                }
                for row in overview.frameworks
            ],
            "pipelines": [
                {
                    "path": row.path,
                    "name": row.name,
                    "triggers": list(row.triggers),
                    "jobs": list(row.jobs),
                    "runs": list(row.runs),
                    "documents": list(row.documents),
                }
                for row in overview.pipelines
            ],
            "third_parties": {entry.ecosystem: dict(entry.packages) for entry in overview.third_parties},
            "notes": list(overview.notes),
        }
    )


def _habit(habit: Habit) -> dict[str, Any]:
    return {
        "kind": habit.kind,
        "place": habit.place,
        "value": habit.value,
        "held": habit.held,
        "cases": habit.cases,
        "confidence": round(habit.held / habit.cases, 4),
        "examples": list(habit.examples),
    }


def _measures(overview: Overview) -> dict[str, Any]:
    return {
        "complexity": [
            {
                "language": row.language,
                "part": row.part,
                "functions": row.functions,
                "cyclomatic": row.cyclomatic,
                "cognitive": row.cognitive,
            }
            for row in overview.complexity
        ],
        "hotspots": [
            {
                "path": spot.path,
                "changes": spot.changes,
                "cognitive": spot.cognitive,
                "people": spot.people,
                "bus_factor": spot.bus_factor,
            }
            for spot in overview.hotspots
        ],
        "owners": [
            {
                "folder": row.folder,
                "people": row.people,
                "share": round(row.share, 4),
                "bus_factor": row.bus_factor,
                "declared": list(row.declared),
            }
            for row in overview.owners
        ],
        "migrations": [
            {
                "old": row.old,
                "new": row.new,
                "changes": row.commits,
                "old_uses": row.old_uses,
                "new_uses": row.new_uses,
            }
            for row in overview.migrations
        ],
    }


def _layering(layering: Layering) -> dict[str, Any]:
    return {
        "confidence": round(layering.confidence, 4),
        "layers": [list(layer) for layer in layering.layers],
        "borders": [
            {"down": border.down, "up": border.up, "confidence": round(border.confidence, 4)}
            for border in layering.borders
        ],
        "violations": [_package_edge(edge) for edge in layering.violations],
        "packages": {name: list(paths) for name, paths in layering.packages.items()},
        "unplaced": list(layering.unplaced),
        "facades": list(layering.facades),
    }


def _package_edge(edge: PackageEdge) -> dict[str, Any]:
    return {
        "importer": edge.importer,
        "imported": edge.imported,
        "modules": edge.weight,
        "examples": [_edge(example) for example in edge.examples],
    }


def _contract(standing: ContractStanding) -> dict[str, Any]:
    contract = standing.contract
    return {
        "kind": contract.kind,
        "name": contract.name,
        "origin": contract.origin,
        "layers": [list(layer.members) for layer in contract.layers],
        "sources": list(contract.sources),
        "targets": list(contract.targets),
        "broken": standing.broken,
        "examples": [_edge(example) for example in standing.examples],
    }


def _edge(edge: ImportEdge) -> dict[str, Any]:
    return {"importer": edge.importer, "imported": edge.imported, "line": edge.line, "name": edge.name}
