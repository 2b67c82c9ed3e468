"""What a map does not know, one sentence for each gap: a map and its tree's listing in, notes out. Pure."""

from collections.abc import Iterator, Sequence

from reviewlore.domain.architecture import ArchitectureMap
from reviewlore.domain.manifest import Ecosystem
from reviewlore.domain.source import Language, language_of
from reviewlore.domain.trees import Listing

_SHOWN = 3
_REASONS: dict[str, str] = {
    "too_large": "too large to be written by hand",
    "not_utf8": "in no known encoding",
    "unsupported_language": "in a language without a grammar here",
    "unreadable": "not among the objects of this clone",
    "too_slow": "too entangled to parse in time",
}
# Where a language's imports cannot be told from third parties' without its manifest.
_NEEDED: dict[Ecosystem, tuple[tuple[Language, ...], str]] = {
    "go": (("go",), "go.mod"),
    "crates": (("rust",), "Cargo.toml"),
    "npm": (("typescript", "javascript"), "package.json"),
}


SHALLOW = "The clone is shallow: what changed before its oldest commits is not known (`git fetch --unshallow` tells)."


def find_gaps(tree: ArchitectureMap, listing: Listing) -> tuple[str, ...]:
    """Return in one sentence each what facts about this tree do not rest on."""
    return (*_unread(tree), *_manifests(tree), *_left_out(listing))


def _unread(tree: ArchitectureMap) -> Iterator[str]:
    if not tree.modules:
        yield "No module in a language reviewlore reads at the head: only history and file names were judged."
    if tree.skipped:
        reasons = "; ".join(f"{count} {_REASONS.get(reason, reason)}" for reason, count in sorted(tree.skipped.items()))
        yield f"Source files left out of the import graph: {reasons}."
    if tree.broken:
        some = _some(tree.broken)
        yield f"{_count(tree.broken, 'file')} with syntax errors or conflict markers known in part only: {some}."


def _manifests(tree: ArchitectureMap) -> Iterator[str]:
    broken = [manifest for manifest in tree.manifests if manifest.problem]
    for manifest in broken[:_SHOWN]:
        yield f"{manifest.path} could not be read in whole: {manifest.problem.rstrip('.')}."
    if others := broken[_SHOWN:]:
        yield f"Neither could {_count(others, 'other manifest')}: {_some([manifest.path for manifest in others])}."
    there = {manifest.ecosystem for manifest in tree.manifests}
    for ecosystem, (languages, name) in _NEEDED.items():
        count = sum(tree.languages.get(language, 0) for language in languages)
        if count and ecosystem not in there:
            yield f"No {name} beside {count} {'/'.join(languages)} file(s): imports were resolved by their paths alone."


def _left_out(listing: Listing) -> Iterator[str]:
    if listing.submodules:
        verb = "is" if len(listing.submodules) == 1 else "are"
        yield f"{_count(listing.submodules, 'submodule')} {verb} not read: {_some(listing.submodules)}."
    # A link without a suffix may stand for a folder of sources; links to pictures or texts are nobody's loss.
    links = [path for path in listing.links if language_of(path) or "." not in path.rpartition("/")[2]]
    if links:
        verb = "is" if len(links) == 1 else "are"
        yield f"{_count(links, 'symbolic link')} {verb} not followed: {_some(links)}."


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _some(items: Sequence[str]) -> str:
    return ", ".join(repr(item) for item in items[:_SHOWN]) + (", …" if len(items) > _SHOWN else "")
