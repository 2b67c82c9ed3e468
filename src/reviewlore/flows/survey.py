"""A repository and two commits to the facts of their difference: trees, blobs and history in. Writes nothing."""

from collections.abc import Iterable

from reviewlore.architecture.boundaries import infer_boundaries
from reviewlore.architecture.contracts import (
    declared_contracts,
    find_unmatched,
    infer_contracts,
    parse_layers,
)
from reviewlore.architecture.conventions import mine_conventions
from reviewlore.architecture.facts import find_facts
from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.architecture.gaps import SHALLOW, find_gaps
from reviewlore.architecture.history import index_history
from reviewlore.architecture.places import is_product, is_test
from reviewlore.config import ArchitectureSettings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.architecture import ArchitectureMap, Contract, Survey
from reviewlore.domain.pipeline import Command
from reviewlore.flows.cards import read_cards, read_changed_schemas
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.past import read_past
from reviewlore.formats import contracts_ecmascript as ecmascript
from reviewlore.formats import contracts_importlinter as importlinter
from reviewlore.formats.commands import is_build_file, parse_commands
from reviewlore.formats.contracts_archunit import read_archunit
from reviewlore.ports import Parsers, Repo, Store

# Enough for years of most repositories; older habits have had time to change.
HISTORY_LIMIT = 3000
# A pull request of more commits than this is judged by its newest ones.
SUBJECTS = 50
# Files that may declare rules about imports; a package.json of every fixture of a large repository is among them.
_MOST_FILES, _LARGEST = 2000, 1_000_000


def survey(  # noqa: PLR0913 - every option stands alone, and has a default
    repo: Repo,
    grammar: Parsers,
    base: str,
    head: str,
    *,
    settings: ArchitectureSettings | None = None,
    history_limit: int = HISTORY_LIMIT,
    mapper: Mapper | None = None,
    patches: tuple[FilePatch, ...] | None = None,
    store: Store | None = None,
) -> Survey:
    """Return what the change from one commit id to another does to the architecture.

    `base` should be the merge base: everything that counts as habit or rule is read there. `settings` are
    those of the base; the contracts of other tools hold beside theirs, and without any, directions and boundaries
    are inferred. `mapper` may be kept between calls on one repository, and knows where to keep what was read for
    the next run. `patches` spares the diff where the caller has it. `store` is where cards of other repositories may
    lie. Raises InputError where an object cannot be read.
    """
    mapper = mapper or Mapper(repo, grammar)
    settings = settings or ArchitectureSettings()
    listing = repo.tree(head)
    before, after = mapper.map(base).map, mapper.map_listing(listing).map
    contracts, notes = read_contracts(repo, base, before, settings)
    history = repo.history(base, history_limit)
    known = {commit.commit for commit in history}
    patches = parse_diff(repo.diff(base, head)) if patches is None else patches
    known_cards, unusable = read_cards(repo, base, before.files, settings.organisation, store)
    cards = tuple(card for card in known_cards if not repo.contains(card.commit))  # the others', not our own
    past, unread = read_past(repo, base, before, patches, mapper.shelf)
    change = ChangeContext(
        base=before,
        head=after,
        patches=patches,
        history=index_history(history),
        contracts=contracts,
        conventions=mine_conventions(before),
        mentions=lambda words: repo.mentions(head, words),
        commands_before=_commands(repo, base, before),
        commands_after=_commands(repo, head, after),
        past=past,
        cards=cards,
        schemas=read_changed_schemas(repo, base, head, patches) if cards else (),
        subjects=tuple(commit.subject for commit in repo.history(head, SUBJECTS) if commit.commit not in known),
    )
    facts = find_facts(change, frozenset(settings.facts))
    silent = (
        () if change.history.changes else ("No history before the base: what usually changes together is not known.",)
    )
    cut = (SHALLOW,) if repo.shallow else ()
    told = (*notes, *find_gaps(after, listing), *cut, *silent, *unread, *unusable, *mapper.notes)
    return Survey(facts, before, after, contracts, told)


def _commands(repo: Repo, commit: str, tree: ArchitectureMap) -> tuple[Command, ...]:
    paths = sorted(path for path in tree.files if is_build_file(path))
    texts = zip(paths, repo.contents((commit, path) for path in paths), strict=True)
    read = ((path, text.decode("utf-8", "replace")) for path, text in texts if text)
    return tuple(found for path, text in read for found in parse_commands(path, text))


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
