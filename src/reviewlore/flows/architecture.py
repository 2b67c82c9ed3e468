"""A repository at one commit, or a change of it, to everything that is told of its architecture. It writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reviewlore.architecture.codeowners import PLACES, CodeOwners, parse_codeowners
from reviewlore.architecture.commit_style import mine_commit_style
from reviewlore.architecture.conventions import measure_sizes, mine_conventions
from reviewlore.architecture.facts.habits import mine_habits
from reviewlore.architecture.folders import mine_folders
from reviewlore.architecture.frameworks import mine_frameworks
from reviewlore.architecture.gaps import SHALLOW, find_gaps
from reviewlore.architecture.history import index_history
from reviewlore.architecture.layers import find_layering, infer_layers, propose_contract
from reviewlore.architecture.migrations import find_migrations
from reviewlore.architecture.overview import (
    find_circles,
    find_hotspots,
    find_hubs,
    find_ranges,
    find_third_parties,
    judge_contracts,
)
from reviewlore.architecture.ownership import find_ownership
from reviewlore.architecture.picture import compare, picture_of
from reviewlore.architecture.places import is_product
from reviewlore.config import Settings
from reviewlore.diff import parse_diff
from reviewlore.domain.architecture import ArchitectureMap, Landed, Survey
from reviewlore.domain.layering import MapPicture
from reviewlore.domain.overview import Demand, Habit, MigrationStanding, Overview
from reviewlore.errors import InputError
from reviewlore.flows.contracts import read_contracts
from reviewlore.flows.mapping import Mapper
from reviewlore.flows.past import LANDED, MINED, count_remaining, read_steps
from reviewlore.flows.pipelines import read_pipelines
from reviewlore.flows.survey import survey
from reviewlore.ports import Console, Parsers, Repo, Shelf, Store
from reviewlore.stages.redact import redact, redact_mentions

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class MapContext:
    """What telling about an architecture needs: the repository by name, its objects, its parsers, and where to tell."""

    repository: str
    repo: Repo
    grammar: Parsers
    console: Console
    settings: Settings
    shelf: Shelf | None = None
    store: Store | None = None

    def mapper(self) -> Mapper:
        """Return what makes this repository's maps."""
        return Mapper(self.repo, self.grammar, shelf=self.shelf, console=self.console)


def describe(context: MapContext, commit: str) -> tuple[Overview, MapPicture]:
    """Return what is known of a commit's architecture, and what to draw of it. InputError where it cannot be read."""
    repo = context.repo
    mapper = context.mapper()
    context.console.say(f"Reading the tree of {commit[:12]}")
    listing = repo.tree(commit)
    tree = mapper.map_listing(listing).map
    shipped = tuple(path for path in tree.modules if is_product(path))
    owners, misread = _code_owners(repo, commit, tree)
    contracts, notes = read_contracts(repo, commit, tree, context.settings.architecture)
    declared = tuple(contract for contract in contracts if not contract.inferred)
    context.console.say("Reading the history")
    changes = repo.history(commit, context.settings.review.history_limit)
    history = index_history(changes)
    landed = repo.mainline(commit, LANDED)
    migrations, unread = _migrations(context, landed[:MINED], tree)
    inferred = infer_layers(tree)
    cut = (SHALLOW,) if repo.shallow else ()
    layering = find_layering(tree, declared)
    pipelines, untold = read_pipelines(repo, commit, tree.files)
    title = f"Architecture of {context.repository} at {commit[:12]}"
    found = Overview(
        repository=context.repository,
        commit=commit,
        files=len(tree.files),
        languages=tree.languages,
        product=len(shipped),
        layering=inferred,
        proposal=propose_contract(inferred),
        names={path: module.name for path, module in tree.modules.items()},
        contracts=judge_contracts(tree, declared),
        hubs=find_hubs(tree, _SHOWN),
        cycles=find_circles(tree),
        habits=tuple(_habits(tree)),
        commit_style=tuple(map(_masked_examples, mine_commit_style(changes, landed))),
        complexity=find_ranges(tree),
        hotspots=find_hotspots(tree, history, _SHOWN),
        owners=find_ownership(history, shipped, owners, _SHOWN),
        third_parties=find_third_parties(tree),
        migrations=migrations,
        frameworks=tuple(_demands(tree)),
        pipelines=tuple(replace(one, runs=tuple(map(_masked, one.runs))) for one in pipelines),
        notes=(*notes, *find_gaps(tree, listing), *cut, *unread, *misread, *untold, *mapper.notes),
    )
    return found, picture_of(title, tree, layering)


def describe_change(context: MapContext, base: str, head: str) -> tuple[Survey, MapPicture]:
    """Return what a change between two commit ids does, from their merge base on, and its picture."""
    repo = context.repo
    start = repo.merge_base(base, head)
    context.console.say(f"Reading the change {start[:12]}..{head[:12]}")
    patches = parse_diff(repo.diff(start, head))
    result = survey(
        repo,
        context.grammar,
        start,
        head,
        settings=context.settings.architecture,
        history_limit=context.settings.review.history_limit,
        mapper=context.mapper(),
        patches=patches,
        store=context.store,
    )
    moved = {patch.old_path: patch.path for patch in patches if patch.status == "renamed"}
    layering, change = compare(result.base, result.head, moved, [patch.path for patch in patches], result.contracts)
    title = f"Architecture of {context.repository}, changed from {start[:12]} to {head[:12]}"
    return result, picture_of(title, result.head, layering, change)


def _habits(tree: ArchitectureMap) -> Iterator[Habit]:
    """Yield all that the code of a commit keeps to; how single modules are imported comes last."""
    for rule in (*mine_conventions(tree), *measure_sizes(tree)):
        yield Habit(rule.kind, rule.place or rule.language, rule.value, rule.held, rule.cases, rule.examples)
    for found in sorted(mine_habits(tree), key=lambda habit: bool(habit.topic)):
        yield Habit(found.kind, found.topic or found.language, found.value, found.held, found.cases, found.examples)


def _masked(text: str) -> str:
    return redact_mentions(redact(text)[0])


def _masked_examples(habit: Habit) -> Habit:
    """Return a habit of commits without the people and secrets that its examples, which are subjects, may name."""
    return replace(habit, examples=tuple(map(_masked, habit.examples)))


def _demands(tree: ArchitectureMap) -> Iterator[Demand]:
    for one in mine_frameworks(tree):
        yield Demand("subclasses", one.base, one.path, one.kind, one.value, one.held, one.cases, one.examples)
    for rule in mine_folders(tree):
        kind = "registered" if rule.kind == "modules" else "decorated"
        yield Demand(rule.kind, rule.folder, rule.folder, kind, rule.value, rule.held, rule.cases, rule.examples)


def _code_owners(repo: Repo, commit: str, tree: ArchitectureMap) -> tuple[CodeOwners | None, tuple[str, ...]]:
    """Return the rules of the CODEOWNERS file in force, if any, and a note on lines that GitHub would not take."""
    there = [place for place in PLACES if place in tree.files]
    texts = {place: (repo.read(commit, place) or b"").decode("utf-8", "replace") for place in there[:1]}
    owners = parse_codeowners(texts)
    if owners is None or not owners.skipped:
        return owners, ()
    lines = ", ".join(map(str, owners.skipped[:_SHOWN])) + (", …" if len(owners.skipped) > _SHOWN else "")
    return owners, (f"{owners.origin} has lines that GitHub does not take: {lines}.",)


def _migrations(
    context: MapContext, landed: Sequence[Landed], tree: ArchitectureMap
) -> tuple[tuple[MigrationStanding, ...], tuple[str, ...]]:
    """Return the unfinished migrations of the first-parent line, and a note where it cannot be read."""
    try:
        steps = read_steps(context.repo, landed, context.shelf)
        counted = count_remaining(context.repo, tree, find_migrations(steps))
    except InputError as error:
        return (), (f"Does this clone lack old contents? Migrations are not known: {error}",)
    return tuple(
        MigrationStanding(found.old, found.new, len(found.commits), found.old_uses, found.new_uses)
        for found in counted
        if found.unfinished
    ), ()
