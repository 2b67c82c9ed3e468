"""A commit's workflows and build files, with the documents that tell people of them: git objects in, records out."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from reviewlore.architecture.places import is_changelog, is_prose
from reviewlore.domain.pipeline import Pipeline
from reviewlore.formats.commands import is_build_file, parse_commands
from reviewlore.formats.pipelines import parse_pipeline
from reviewlore.ports import Repo

# More build files than this are those of examples and fixtures.
_MOST_FILES = 200
# More words than this cost git too much for an overview.
_MOST_WORDS = 400


def read_pipelines(repo: Repo, commit: str, files: Iterable[str]) -> tuple[tuple[Pipeline, ...], tuple[str, ...]]:
    """Return the pipelines among a commit's files, workflows first, and in a sentence what is not known of them.

    A document names a pipeline by the name of a workflow's file, or by the call of one of its targets. Change
    logs tell of the past, and are none.
    """
    paths = sorted((path for path in files if is_build_file(path)), key=lambda path: (not path.startswith("."), path))
    notes = (f"Of {len(paths)} build files, {_MOST_FILES} were read.",) if len(paths) > _MOST_FILES else ()
    found: list[Pipeline] = []
    pipeline_of: defaultdict[str, list[int]] = defaultdict(list)
    kept = paths[:_MOST_FILES]
    for path, content in zip(kept, repo.contents((commit, path) for path in kept), strict=True):
        text = (content or b"").decode("utf-8", "replace")
        pipeline = parse_pipeline(path, text)
        if pipeline:
            for word in (word for command in parse_commands(path, text) for word in command.spelled):
                pipeline_of[word].append(len(found))
            found.append(pipeline)
    mentions = repo.mentions(commit, pipeline_of) if len(pipeline_of) <= _MOST_WORDS else None
    if mentions is None:
        return tuple(found), (*notes, "There are too many build targets to tell which ones documents name.")
    told: defaultdict[int, set[str]] = defaultdict(set)
    for mention in mentions:
        if is_prose(mention.path) and not is_changelog(mention.path):
            for number in pipeline_of[mention.word]:
                told[number].add(mention.path)
    return tuple(replace(one, documents=tuple(sorted(told[number]))) for number, one in enumerate(found)), notes
