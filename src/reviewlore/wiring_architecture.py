"""The composition root of what is told of an architecture: a workshop and a commit in, what the flows need out."""

from reviewlore.flows.architecture import MapContext
from reviewlore.flows.review import read_settings
from reviewlore.wiring import Workshop


def map_context(workshop: Workshop, commit: str) -> MapContext:
    """Return what telling of a commit needs; its settings are the commit's own. ConfigError where they are unusable."""
    settings = read_settings(workshop.repo, commit)
    return MapContext(
        workshop.repo.name, workshop.repo, workshop.grammar, workshop.console, settings, workshop.shelf, workshop.store
    )
