"""What the first-parent line of a repository says about a change: git objects in, records for the facts out.

Reads only; what it mined of a commit is put on the shelf, so that the next change mines only what came since.
"""

from collections.abc import Sequence

from reviewlore.architecture.lineage import trace_file
from reviewlore.architecture.migrations import Migration, Step, count_uses, find_migrations, taken_up
from reviewlore.architecture.past import Past
from reviewlore.architecture.places import is_product
from reviewlore.architecture.swaps import Swap, find_swaps, pack_swaps, unpack_swaps
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import ArchitectureMap, Landed
from reviewlore.domain.source import language_of
from reviewlore.errors import InputError
from reviewlore.flows.kept import read_mainline, read_patches
from reviewlore.ports import Repo, Shelf

# Messages cost next to nothing; they name what reverts took back, however long ago.
LANDED = 3000
# Reading a thousand patches takes git about a second; what gave way longer ago is hardly on its way any more.
MINED = 1000
# Enough for the life of most files; what shaped a function before that is not what breaks it now.
TRACED = 300
# A change of more files than this is a sweep, and its lines are nobody's business in particular.
MAX_FILES = 30
_KIND = "swaps 1"  # another number whenever the same patch may be read differently


def read_past(
    repo: Repo,
    base: str,
    before: ArchitectureMap,
    patches: Sequence[FilePatch],
    shelf: Shelf | None = None,
    *,
    migrations: bool = True,
) -> tuple[Past, tuple[str, ...]]:
    """Return what is known of the past of the files that `patches` change, and in one sentence what could not be read.

    Everything is read at or before `base`; `before` is its map. A clone without old contents (`--filter=blob:none`)
    leaves the past empty but for its messages. Without `migrations` these are not mined, which spares 1,000 patches.
    """
    landed = read_mainline(repo, shelf, base, LANDED)
    if len(patches) > MAX_FILES:
        return Past(landed), ()
    traced = [patch.old_path for patch in patches if patch.status in ("modified", "renamed")]
    traced = sorted(path for path in traced if is_product(path) and path in before.modules)
    try:
        chain = read_patches(repo, shelf, base, TRACED, traced) if traced else ()
        ways = _migrations(repo, landed, before, patches, shelf) if migrations else ()
    except InputError as error:
        return Past(landed), (f"Does this clone lack old contents? Fixes and migrations are not known: {error}",)
    stories = {path: story for path in traced if (story := trace_file(chain, path))}
    return Past(landed, chain, stories, ways), ()


def read_steps(repo: Repo, landed: Sequence[Landed], shelf: Shelf | None = None) -> tuple[Step, ...]:
    """Return what each change along the line exchanged, newest first; all of `landed` are looked at."""
    known: dict[str, tuple[Swap, ...]] = {}
    kept = shelf.get(_KIND, [change.commit for change in landed]) if shelf else {}
    for commit, data in kept.items():
        swaps = unpack_swaps(data)
        if swaps is not None:
            known[commit] = swaps
    missing = [number for number, change in enumerate(landed) if change.commit not in known]
    if missing:
        fresh = {}
        first, last = missing[0], missing[-1]
        for patch in repo.patches(landed[first].commit, last - first + 1, mainline=True):
            if patch.commit not in known:
                known[patch.commit] = find_swaps(patch)
                fresh[patch.commit] = pack_swaps(known[patch.commit])
        if shelf:
            shelf.put(_KIND, fresh)
    return tuple(Step(change.commit, change.committed_at, known.get(change.commit, ())) for change in landed)


def count_remaining(repo: Repo, before: ArchitectureMap, migrations: Sequence[Migration]) -> tuple[Migration, ...]:
    """Return the migrations with their uses counted in the sources of a map."""
    if not migrations:
        return ()
    modules = list(before.modules.values())
    contents = repo.blobs([module.blob for module in modules])
    texts = {
        module.path: content.decode("utf-8", "replace") for module, (_, content) in zip(modules, contents, strict=True)
    }
    return count_uses(migrations, texts)


def _migrations(
    repo: Repo, landed: Sequence[Landed], before: ArchitectureMap, patches: Sequence[FilePatch], shelf: Shelf | None
) -> tuple[Migration, ...]:
    if not any(language_of(patch.path) for patch in patches) or not landed:
        return ()
    found = taken_up(find_migrations(read_steps(repo, landed[:MINED], shelf)), patches)
    return tuple(way for way in count_remaining(repo, before, found) if way.unfinished)
