"""A repository and two commits to the facts of their difference: trees, blobs and history in. Writes nothing."""

from collections.abc import Iterator
from typing import TypedDict, Unpack

from reviewlore.architecture.facts import find_facts, is_said
from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.architecture.gaps import SHALLOW, find_gaps
from reviewlore.architecture.history import index_history
from reviewlore.config import ArchitectureSettings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.architecture import ArchitectureMap, Survey
from reviewlore.domain.pipeline import Command
from reviewlore.flows.cards import read_cards, read_changed_schemas
from reviewlore.flows.contracts import read_revised
from reviewlore.flows.kept import read_conventions, read_history, read_rules
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.past import read_past
from reviewlore.formats.commands import is_build_file, parse_commands
from reviewlore.ports import Parsers, Repo, Store

# Enough for years of most repositories; older habits have had time to change.
HISTORY_LIMIT = 3000
# A pull request of more commits than this is judged by its newest ones.
SUBJECTS = 50


class SurveyOptions(TypedDict, total=False):
    """What a survey may be told besides the two commits.

    `settings` are those of the base; the contracts of other tools hold beside theirs, and without any, directions and
    boundaries are inferred. `mapper` may be kept between calls on one repository, and knows where to keep what was read
    for the next run. `patches` spares the diff where the caller has it. `store` is where cards of other repositories
    may lie.
    """

    settings: ArchitectureSettings
    history_limit: int
    mapper: Mapper
    patches: tuple[FilePatch, ...]
    store: Store | None


def survey(repo: Repo, grammar: Parsers, base: str, head: str, **options: Unpack[SurveyOptions]) -> Survey:
    """Return what the change from one commit id to another does to the architecture; see `study`."""
    return study(repo, grammar, base, head, **options)[0]


def study(
    repo: Repo, grammar: Parsers, base: str, head: str, **options: Unpack[SurveyOptions]
) -> tuple[Survey, ChangeContext]:
    """Return what the change from one commit id to another does to the architecture, and all that this rests on.

    `base` should be the merge base: everything that counts as habit or rule is read there. Raises InputError where an
    object cannot be read.
    """
    mapper = options.get("mapper") or Mapper(repo, grammar)
    settings = options.get("settings") or ArchitectureSettings()
    listing = repo.tree(head)
    before, after = mapper.map(base).map, mapper.map_listing(listing).map
    contracts, notes = read_rules(repo, before, base, settings, (grammar, mapper.shelf))
    history = read_history(repo, mapper.shelf, base, options.get("history_limit", HISTORY_LIMIT))
    known = {commit.commit for commit in history}
    patches = options["patches"] if "patches" in options else parse_diff(repo.diff(base, head))
    known_cards, unusable = read_cards(repo, base, before.files, settings.organisation, options.get("store"))
    cards = tuple(card for card in known_cards if not repo.contains(card.commit))  # the others', not our own
    also = frozenset(settings.facts)
    reversals = is_said("migration_reversed", also)
    past, unread = read_past(repo, base, before, patches, mapper.shelf, migrations=reversals)
    change = ChangeContext(
        base=before,
        head=after,
        patches=patches,
        history=index_history(history),
        contracts=contracts,
        revised=read_revised(repo, head, after, patches, contracts),
        conventions=read_conventions(before, base, grammar, mapper.shelf),
        mentions=lambda words: repo.mentions(head, words),
        commands_before=_commands(repo, base, before),
        commands_after=_commands(repo, head, after),
        past=past,
        cards=cards,
        schemas=read_changed_schemas(repo, base, head, patches) if cards else (),
        subjects=tuple(commit.subject for commit in repo.history(head, SUBJECTS) if commit.commit not in known),
    )
    facts = find_facts(change, also)
    told = (*notes, *find_gaps(after, listing), *_untold(repo, change), *unread, *unusable, *mapper.notes)
    return Survey(facts, before, after, contracts, told), change


def _untold(repo: Repo, change: ChangeContext) -> Iterator[str]:
    if repo.shallow:
        yield SHALLOW
    if not change.history.changes:
        yield "No history before the base: what usually changes together is not known."


def _commands(repo: Repo, commit: str, tree: ArchitectureMap) -> tuple[Command, ...]:
    paths = sorted(path for path in tree.files if is_build_file(path))
    texts = zip(paths, repo.contents((commit, path) for path in paths), strict=True)
    read = ((path, text.decode("utf-8", "replace")) for path, text in texts if text)
    return tuple(found for path, text in read for found in parse_commands(path, text))
