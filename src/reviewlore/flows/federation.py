"""A repository at one commit to its card: git objects in. It writes nothing."""

from reviewlore.architecture.federation import make_card
from reviewlore.domain.federation import Card, SharedSchema
from reviewlore.flows.architecture import MapContext
from reviewlore.formats.shared_schemas import is_schema_file, read_schema


def read_card(context: MapContext, commit: str) -> Card:
    """Return what a repository publishes and depends on at a commit. InputError where it cannot be read."""
    tree = context.mapper().map(commit).map
    paths = sorted(path for path in tree.files if is_schema_file(path))
    texts = context.repo.contents((commit, path) for path in paths)
    found: list[SharedSchema] = []
    for path, data in zip(paths, texts, strict=True):
        schema = read_schema(path, data.decode("utf-8", "replace")) if data else None
        if schema is not None:
            found.append(schema)
    return make_card(context.repository, commit, tree, found)
