"""A repository and two commits to the facts of their difference: trees, blobs and history in. Writes nothing."""

from reviewlore.architecture.building import Cache, build_map
from reviewlore.architecture.contracts import CONTRACT_FILES, infer_contracts, parse_contracts, parse_layers
from reviewlore.architecture.conventions import mine_conventions
from reviewlore.architecture.facts import find_facts
from reviewlore.architecture.facts.change import ChangeContext
from reviewlore.architecture.history import index_history
from reviewlore.config import ArchitectureSettings
from reviewlore.diff import FilePatch, parse_diff
from reviewlore.domain.architecture import ArchitectureMap, Contract, Survey
from reviewlore.domain.pipeline import Command
from reviewlore.formats.commands import is_build_file, parse_commands
from reviewlore.formats.manifests import is_manifest, parse_manifests
from reviewlore.ports import Grammar, Repo

# Enough for years of most repositories; older habits have had time to change.
HISTORY_LIMIT = 3000
# A pull request of more commits than this is judged by its newest ones.
SUBJECTS = 50


def survey(
    repo: Repo,
    grammar: Grammar,
    base: str,
    head: str,
    *,
    settings: ArchitectureSettings | None = None,
    history_limit: int = HISTORY_LIMIT,
    cache: Cache | None = None,
    patches: tuple[FilePatch, ...] | None = None,
) -> Survey:
    """Return what the change from one commit id to another does to the architecture.

    `base` should be the merge base: everything that counts as habit or rule is read there. `settings` are
    those of the base; where they declare no contract, import-linter's are read, and without those directions are
    inferred. `cache` may be kept between calls on one repository: it maps blob ids to
    what was read from them. `patches` spares the diff where the caller has it. Raises InputError where an object
    cannot be read.
    """
    cache = {} if cache is None else cache
    settings = settings or ArchitectureSettings()
    before, after = (_map(repo, grammar, commit, cache) for commit in (base, head))
    contracts, notes = _contracts(repo, base, before, settings)
    history = repo.history(base, history_limit)
    known = {commit.commit for commit in history}
    change = ChangeContext(
        base=before,
        head=after,
        patches=parse_diff(repo.diff(base, head)) if patches is None else patches,
        history=index_history(history),
        contracts=contracts,
        conventions=mine_conventions(before),
        mentions=lambda words: repo.mentions(head, words),
        commands_before=_commands(repo, base, before),
        commands_after=_commands(repo, head, after),
        subjects=tuple(commit.subject for commit in repo.history(head, SUBJECTS) if commit.commit not in known),
    )
    return Survey(
        find_facts(change, frozenset(settings.facts)), before, after, contracts, (*notes, *_gaps(change, after))
    )


def _map(repo: Repo, grammar: Grammar, commit: str, cache: Cache) -> ArchitectureMap:
    files = repo.files(commit)
    declared = [file for file in files if is_manifest(file.path)]
    texts = (content.decode("utf-8", "replace") for _, content in repo.blobs([file.blob for file in declared]))
    manifests = parse_manifests({file.path: text for file, text in zip(declared, texts, strict=True)})
    return build_map(files, repo.blobs, grammar.parse, cache, manifests)


def _commands(repo: Repo, commit: str, tree: ArchitectureMap) -> tuple[Command, ...]:
    paths = sorted(path for path in tree.files if is_build_file(path))
    texts = zip(paths, repo.contents((commit, path) for path in paths), strict=True)
    read = ((path, text.decode("utf-8", "replace")) for path, text in texts if text)
    return tuple(found for path, text in read for found in parse_commands(path, text))


def _contracts(
    repo: Repo, base: str, before: ArchitectureMap, settings: ArchitectureSettings
) -> tuple[tuple[Contract, ...], tuple[str, ...]]:
    declared = parse_layers(settings.layers)
    texts = {
        name: content.decode("utf-8", "replace")
        for name in CONTRACT_FILES
        if name in before.files and (content := repo.read(base, name)) is not None
    }
    found, notes = parse_contracts(texts)
    return (declared + found or infer_contracts(before)), notes


def _gaps(change: ChangeContext, after: ArchitectureMap) -> tuple[str, ...]:
    """Say in one sentence each what the facts do not rest on."""
    notes = []
    if not after.modules:
        notes.append("No module in a language reviewlore reads at the head: only history and file names were judged.")
    if after.skipped:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(after.skipped.items()))
        notes.append(f"Source files left out of the import graph: {reasons}.")
    if after.broken:
        names = ", ".join(repr(path) for path in after.broken[:3]) + (", …" if len(after.broken) > 3 else "")
        notes.append(f"{len(after.broken)} file(s) with syntax errors are known in part only: {names}.")
    if not change.history.changes:
        notes.append("No history before the base: what usually changes together is not known.")
    return tuple(notes)
