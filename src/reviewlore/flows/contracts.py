"""Rules about imports at one commit: reviewlore's own and those of other tools, read from its objects, or inferred."""

from collections.abc import Iterable

from reviewlore.architecture.boundaries import infer_boundaries
from reviewlore.architecture.contracts import declared_contracts, find_unmatched, infer_contracts, parse_layers
from reviewlore.architecture.places import is_product, is_test
from reviewlore.config import FILE, ArchitectureSettings, parse_settings
from reviewlore.diff import FilePatch
from reviewlore.domain.architecture import ArchitectureMap, Contract
from reviewlore.errors import ConfigError
from reviewlore.formats import contracts_ecmascript as ecmascript
from reviewlore.formats import contracts_importlinter as importlinter
from reviewlore.formats.contracts_archunit import read_archunit
from reviewlore.ports import Repo

# Files that may declare rules about imports; a package.json of every fixture of a large repository is among them.
_MOST_FILES, _LARGEST = 2000, 1_000_000


def read_revised(
    repo: Repo, head: str, after: ArchitectureMap, patches: Iterable[FilePatch], contracts: Iterable[Contract]
) -> tuple[Contract, ...]:
    """Return what the head declares in those files of the base's contracts that the change edits.

    No rule of the head is ever judged by: these only tell whether a change that breaks a rule changes that rule too.
    Settings of the head that cannot be read declare nothing.
    """
    modified = {patch.path for patch in patches if patch.status == "modified"}
    edited = {one.origin for one in contracts if not one.inferred} & modified
    if not edited:
        return ()
    try:
        settings = parse_settings((repo.read(head, FILE) or b"").decode("utf-8", "replace")).architecture
    except ConfigError:
        settings = ArchitectureSettings()
    found, _ = read_contracts(repo, head, after, settings)
    return tuple(one for one in found if one.origin in edited and not one.inferred)


def read_contracts(
    repo: Repo, base: str, before: ArchitectureMap, settings: ArchitectureSettings
) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    """Return the contracts of a commit, declared or else inferred, and in one sentence each what was not read.

    Declared are reviewlore's own and those of the tools of each language; where both speak, both hold.
    """
    own = parse_layers(settings.layers) + declared_contracts(settings.contracts)
    texts, missed = _texts(repo, base, sorted(filter(_declares, before.files)))
    modules = {module.name for module in before.modules.values() if module.parsed.language == "python"}
    python, unread = importlinter.parse_contracts(texts, modules)
    texts, left_out = _texts(repo, base, sorted(filter(_declares_for_scripts, before.files)))
    scripts, more = ecmascript.parse_contracts(texts)
    rules, untold, passed = _archunit(repo, base, before)
    found = own + python + scripts + rules
    notes = (*find_unmatched(own, before), *unread, *more, *untold, *dict.fromkeys((*missed, *left_out, *passed)))
    return (found or infer_contracts(before) + infer_boundaries(before)), notes


def _archunit(
    repo: Repo, base: str, before: ArchitectureMap
) -> tuple[tuple[Contract, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the contracts of the Java files that import ArchUnit, notes on them, and on files that were not read."""
    paths = sorted({entry.importer for entry in before.external if entry.target.startswith("com.tngtech.archunit.")})
    texts, left_out = _texts(repo, base, paths)
    read = [read_archunit(path, text) for path, text in texts.items()]
    return (
        tuple(contract for contracts, _ in read for contract in contracts),
        tuple(note for _, notes in read for note in notes),
        left_out,
    )


def _declares(path: str) -> bool:
    """Whether a file may hold import-linter's contracts of what ships: not those of a test's own trees."""
    folder = path.rpartition("/")[0]
    return importlinter.is_contract_file(path) and (not folder or is_product(f"{folder}/x.py"))


def _declares_for_scripts(path: str) -> bool:
    """Whether a file may hold contracts of JavaScript's tools, or says what they are about: not a test's own trees."""
    folder = path.rpartition("/")[0]
    return ecmascript.is_contract_file(path) and (not folder or not is_test(f"{folder}/x.js"))


def _texts(repo: Repo, base: str, paths: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the files that can be read as path -> text, and what of them was left out."""
    found: dict[str, str] = {}
    large, chosen = 0, tuple(paths)
    some = chosen[:_MOST_FILES]
    for path, content in zip(some, repo.contents((base, path) for path in some), strict=True):
        if content is not None and len(content) <= _LARGEST:
            found[path] = content.decode("utf-8", "replace")
        large += content is not None and len(content) > _LARGEST
    notes = []
    if large:
        files = "1 file that may declare import rules was" if large == 1 else f"{large} files of import rules were"
        notes.append(f"{files} too large to be read.")
    if len(chosen) > len(some):
        notes.append(f"{len(chosen) - len(some)} more files may declare import rules and were not read.")
    return found, tuple(notes)
